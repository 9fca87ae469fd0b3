// Short notices in the corner: what happened, and what to do.

import { h, icon } from './dom.js';

const STAYS = 6_000;
const MOST = 4;

function show(kind, title, detail, action) {
    const host = document.getElementById(kind === 'bad' ? 'alerts' : 'notices');
    const close = () => node.remove();
    const node = h(`div.notice.${kind}`,
        icon(kind === 'bad' ? 'warn' : kind === 'good' ? 'check' : 'info'),
        h('div.words', h('p.title', title), detail && h('p', detail)),
        action && h('button.quiet', {
            type: 'button', onclick: () => { close(); action.run(); },
        }, action.name),
        h('button.bare', { type: 'button', 'aria-label': 'Dismiss', onclick: close },
            icon('close')));
    host.append(node);
    while (host.children.length > MOST) host.firstChild.remove();
    const leave = () => setTimeout(() => {
        if (node.matches(':hover, :focus-within')) leave();
        else close();
    }, kind === 'bad' ? STAYS * 2 : STAYS);
    leave();
}

/** Something went well; `action` is { name, run }, for example undo. */
export const tell = (title, { detail, action } = {}) => show('good', title, detail, action);

/** Something to know. */
export const inform = (title, { detail, action } = {}) => show('info', title, detail, action);

/** Something failed: `what` was wanted, the problem says why and what to do. */
export function alertOf(problem, what) {
    show('bad', what ?? problem.title, explain(problem, Boolean(what)));
}

/** One or two sentences: what happened, what to do. */
export function explain(problem, withTitle = true) {
    const parts = [withTitle && problem.title, problem.detail, problem.hint].filter(Boolean);
    const sentences = parts.map((part) => (/[.!?]$/.test(part) ? part : `${part}.`));
    return [...new Set(sentences)].join(' ');
}

/** A block in place of content that could not be loaded. */
export function trouble(problem, retry) {
    return h('div.trouble', { role: 'alert' },
        icon('warn'), h('p.title', problem.title), h('p', explain(problem, false)),
        retry && h('button', { type: 'button', onclick: retry }, 'Try again'));
}
