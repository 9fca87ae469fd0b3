// The checkup of a project: ten checks with verdict, evidence and what to do.

import { get } from './api.js';
import { full, h, icon, set } from './dom.js';
import { trouble } from './notice.js';

const VERDICTS = {
    ok: ['Good', 'check'], warning: ['Look at it', 'warn'], problem: ['Problem', 'warn'],
    unknown: ['Not known', 'info'],
};

/** The card; it looks at once, and again when asked to. */
export function openCheckup(id) {
    const said = h('p.hint', { role: 'status' });
    const list = h('ul.checks', { 'aria-label': 'Checks' });
    const again = h('button', { type: 'button', onclick: run }, icon('reopen'), 'Run again');

    async function run() {
        set(again, { disabled: true });
        said.textContent = 'Looking, and asking Telegram…';
        try {
            const { data } = await get(`/projects/${id}/checkup`);
            list.replaceChildren(...[...data.checks, data.deliveries].map(row));
            said.textContent = `${summary(data)} ${full(data.at)}`;
        } catch (problem) {
            said.textContent = '';
            list.replaceChildren(h('li', trouble(problem)));
        }
        set(again, { disabled: false });
    }

    run();
    return h('section.card', { 'aria-label': 'Checkup' }, h('h2', 'Checkup'), said, list,
        h('footer', again));
}

function summary({ checks, deliveries }) {
    const good = checks.filter((each) => each.verdict === 'ok').length;
    const rest = deliveries.verdict === 'ok' ? '' : ', and messages that did not arrive';
    return `${good} of ${checks.length} checks are good${rest}.`;
}

function row(check) {
    const [word, mark] = VERDICTS[check.verdict] ?? VERDICTS.unknown;
    return h('li', { 'data-check': check.id, 'data-verdict': check.verdict },
        h('h3', icon(mark), check.title, h('span.verdict', word)),
        h('ul', check.evidence.map((each) =>
            h('li', { 'data-verdict': each.verdict }, each.text))),
        check.fix && h('p.fix', check.fix));
}
