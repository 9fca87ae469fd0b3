// Why this agent, or why nobody yet: each candidate with every reason.

import { full, h, icon } from './dom.js';
import { state } from './store.js';
import { causeText, reasonTexts } from './words.js';

/** The candidates of a decision, in list order, each with every reason against. */
export function candidates(list) {
    return h('ul.candidates', list.map((each) => {
        const reasons = reasonTexts(each.reasons ?? []);
        return h(each.chosen ? 'li.chosen' : reasons.length ? 'li.refused' : 'li.free',
            icon(each.chosen ? 'check' : reasons.length ? 'close' : 'clock'),
            h('div', h('span.name', nameOf(each.agent)),
                each.chosen && h('span.verdict', 'chosen'),
                !each.chosen && !reasons.length && h('span.verdict', 'could have had it'),
                reasons.length > 0 && h('ul.reasons', reasons.map((text) => h('li', text)))));
    }));
}

function nameOf(agent) {
    if (agent.id === state.me.agent.id) return `${agent.name} (you)`;
    return agent.name;
}

/** A decision in full. */
export function decisionCard(decision) {
    return h('div.decision',
        h('p.cause', causeText(decision)),
        decision.override && h('p.hint', 'Override: a person decided so although load or presence '
            + 'spoke against it.'),
        candidates(decision.candidates ?? []),
        h('p.figures', `Log index ${decision.index} · `,
            h('time', { datetime: decision.at }, full(decision.at))));
}

/** All that stands in the way of a waiting session. */
export function blockersCard(blockers) {
    if (!blockers.length) {
        return h('p.hint', 'This project has no members who could answer. '
            + 'A manager adds them under Manage, Projects.');
    }
    const free = blockers.filter((each) => !(each.reasons ?? []).length);
    return h('div.decision',
        free.length > 0 && h('p.hint', 'Somebody is free: it is assigned in a moment, '
            + 'unless the project leaves sessions to be claimed.'),
        candidates(blockers));
}
