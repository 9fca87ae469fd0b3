// What a form says when its settings were not saved, above all when somebody else was quicker.

import { get } from './api.js';
import { h } from './dom.js';
import { explain } from './notice.js';

/**
 * Says in `said` why something was not saved. Where it was changed since the form was filled in, it
 * tells what by whom, as far as one may know, and offers to load it: `reload` does that, and what
 * was typed is lost with it.
 */
export async function notSaved(said, problem, reload) {
    said.textContent = explain(problem);
    if (problem.status !== 412) return;
    const button = h('button', { type: 'button', onclick: reload }, 'Load what is there now');
    said.append(' ', button);
    const { version } = problem.body;
    try {
        const { data } = await get(`/audit?limit=1&cursor=${version + 1}`);
        const line = data.items.find((each) => Number(each.index) === version);
        if (line && button.isConnected) button.before(changeList(line));
    } catch {
        // Who may not read the audit log has been told who it was.
    }
}

/** The fields of one line: what they were and what they are. */
export function changeList({ changes, more }) {
    return h('ul.changes', changes.map((each) => h('li', h('strong', each.field), ' ', said(each))),
        more > 0 && h('li', `and ${more} more`));
}

function said({ before, after, secret }) {
    if (secret) return 'is another (not shown)';
    if (before === null) return `is ${after}`;
    return after === null ? `was ${before}` : `was ${before}, is ${after}`;
}
