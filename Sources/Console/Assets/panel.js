// The right column: the customer, where they came from, and why the session is where it is.

import { blockersCard, decisionCard } from './decision.js';
import { full, h, icon, reconcile } from './dom.js';
import { eraseButton } from './erase.js';
import { aboutRow } from './notes.js';
import { isMine, project, session, state, talk } from './store.js';
import { reachOf } from './words.js';

const LANGUAGES = new Intl.DisplayNames(['en'], { type: 'language', fallback: 'code' });

/** Builds the panel; gives { node, draw, onClose }. */
export function openPanel() {
    let close = () => {};
    const body = h('div.scroll');
    const node = h('aside.panel', { 'aria-label': 'Details and reasons', tabindex: '-1' },
        h('button.bare.shut', {
            type: 'button', 'aria-label': 'Close details', onclick: () => close(),
        }, icon('close')), body);
    node.addEventListener('keydown', (event) => {
        if (event.key === 'Escape') close();
    });

    function draw() {
        const { id } = state.route;
        const each = id && session(id);
        node.hidden = !each;
        if (!each) return;
        const one = talk(id);
        const waits = each.state === 'unassigned';
        reconcile(body, [
            {
                key: 'customer', each, part: customerPart,
                stamp: JSON.stringify([each.customer, each.source, each.openedAt, each.id,
                    each.project]),
            },
            !one.isGone && aboutRow(each),
            waits && one.blockers && {
                key: 'blockers', list: one.blockers, part: blockersPart,
                stamp: JSON.stringify(one.blockers),
            },
            one.decision && {
                key: 'decision', each, decision: one.decision, part: decisionPart,
                stamp: JSON.stringify([one.decision, each.owner, each.state]),
            },
        ].filter(Boolean), (row) => row.part(row));
    }

    return { node, draw, onClose: (callback) => { close = callback; } };
}

function customerPart({ each }) {
    const { name, username, language } = each.customer;
    const fact = (label, value) => value && h('div', h('dt', label), h('dd', value));
    return h('section.card', h('h2', 'Customer'),
        h('dl.facts',
            fact('Name', h('span', { dir: 'auto' }, name)),
            fact('Username', username && h('a', {
                href: `https://t.me/${encodeURIComponent(username)}`, target: '_blank',
                rel: 'noopener noreferrer',
            }, `@${username}`)),
            fact('Language', language && languageName(language)),
            fact('Came by', sourceText(each.source)),
            fact('First came by', isOther(each) && sourceText(each.customer.firstSource)),
            fact('Telegram', reachOf(each.customer.unreachable)?.fact),
            fact('Project', project(each.project).name),
            fact('Opened', full(each.openedAt)),
            fact('Session', each.id)),
        eraseButton(each));
}

/** Whether another link than this session's led the customer here first. */
function isOther({ source, customer }) {
    return customer.firstSource && customer.firstSource.link !== source?.link;
}

function sourceText(source) {
    if (!source) return 'Direct, no link';
    const status = {
        pending: ', click details follow', shared: ', passed on by somebody',
        foreignToken: ', the link of another project',
    }[source.status] ?? '';
    return `${source.name || 'A link'}${status}`;
}

function languageName(tag) {
    try {
        return `${LANGUAGES.of(tag)} (${tag})`;
    } catch {
        return tag;
    }
}

function blockersPart({ list }) {
    return h('section.card', h('h2', 'Why it waits'),
        h('p.hint', 'Everyone who could be asked, and all that stands in the way now.'),
        blockersCard(list));
}

function decisionPart({ each, decision }) {
    const { chosen } = decision;
    if (!chosen || each.state === 'unassigned') {
        return h('section.card', h('details', h('summary', h('h2', 'The last decision')),
            decisionCard(decision)));
    }
    const isYou = chosen.id === state.me.agent.id;
    const isOld = each.owner && each.owner.id !== chosen.id && each.state === 'assigned';
    return h('section.card', h('h2', `Why ${isYou ? 'you' : chosen.name}`),
        isOld && h('p.hint', `Decided before ${isMine(each) ? 'you' : each.owner.name} had it; `
            + 'a choice made by a person needs no candidates.'),
        decisionCard(decision));
}
