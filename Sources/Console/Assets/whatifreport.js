// The report of a what-if: figures side by side, who was given what, and which sessions differ.

import { table } from './admin.js';
import { full, h } from './dom.js';

/** The report as elements. */
export function whatIfReport(data) {
    const { asItWas, asAsked } = data;
    return [
        h('section.card', { 'aria-label': 'Report' },
            h('h2', `${full(data.from)} to ${full(data.to)}`),
            h('p', { role: 'status' }, verdict(data)), notes(data)),
        table('Figures', ['', 'As it was', 'As asked', 'Difference'],
            FIGURES.map(([name, key, shown, isLessBetter]) => [
                name, shown(asItWas[key]), shown(asAsked[key]),
                difference(asItWas[key], asAsked[key], shown, isLessBetter),
            ]), ['', '']),
        h('h2', 'Sessions of each agent'),
        table('Sessions of each agent', ['Agent', 'As it was', 'As asked', 'Difference'],
            shares(asItWas.agents, asAsked.agents),
            ['Nobody was given a session', 'Choose another time.']),
        h('h2', 'Sessions that came to other agents'),
        table('Sessions that came to other agents', ['Session', 'As it was', 'As asked'],
            data.differences.map((each) => [
                h('a', { href: `#/all/${each.session}` }, each.session),
                path(each.asItWas), path(each.asAsked),
            ]),
            ['Every session came to the same agents', 'The rules made no difference to who was '
                + 'given what.']),
    ];
}

const FIGURES = [
    ['Given to agents', 'assigned', String],
    ['Handed on', 'handedOn', String, true],
    ['Waited (median)', 'medianWaitSeconds', length, true],
    ['Waited (95 in 100 less)', 'p95WaitSeconds', length, true],
    ['Waited longest', 'longestWaitSeconds', length, true],
    ['Waited, all together', 'unassignedSeconds', length, true],
    ['Still waiting at the end', 'waiting', String, true],
];

function verdict({ changed, asItWas, asAsked }) {
    const waits = asAsked.unassignedSeconds - asItWas.unassignedSeconds;
    const sessions = changed === 0 ? 'No session would have come to another agent'
        : `${changed} ${changed === 1 ? 'session' : 'sessions'} would have come to other agents`;
    if (Math.abs(waits) < 1) return `${sessions}; customers would have waited as long.`;
    return `${sessions}; customers would have waited ${length(Math.abs(waits))} `
        + `${waits < 0 ? 'less' : 'more'} in all.`;
}

/** What limits the report, where something does. */
function notes({ notRepeated, unknown, record, changed, differences }) {
    const found = [
        notRepeated > 0 && `${notRepeated} of the things that agents did found no place under `
            + 'these rules.',
        unknown > 0 && `${unknown} were done with sessions that had been completed for long.`,
        record.different > 0 && `${record.different} of ${record.compared} assignments as it was `
            + 'differ from the histories: the journal lacks something, the report is not whole.',
        changed > differences.length && `The first ${differences.length} of ${changed} sessions `
            + 'are listed.',
    ].filter(Boolean);
    return found.length > 0 && h('ul.notes', found.map((text) => h('li.quiet', text)));
}

function shares(before, after) {
    const rows = new Map(before.map(({ agent, assigned }) => [agent.id,
        { name: agent.name, was: assigned, is: 0 }]));
    for (const { agent, assigned } of after) {
        const row = rows.get(agent.id) ?? { name: agent.name, was: 0 };
        rows.set(agent.id, { ...row, is: assigned });
    }
    return [...rows.values()].map(({ name, was, is }) => [
        name, String(was), String(is), signed(is - was, String),
    ]);
}

function difference(was, is, shown, isLessBetter) {
    if (was === null || is === null) return '—';
    const by = is - was;
    const text = signed(by, shown);
    if (!isLessBetter || Math.abs(by) < 0.05) return text;
    return h(by < 0 ? 'span.on' : 'span.bad', text);
}

function signed(by, shown) {
    if (Math.abs(by) < 0.05) return 'the same';
    return `${by < 0 ? '−' : '+'}${shown(Math.abs(by))}`;
}

const path = (agents) => (agents.length ? agents.map((each) => each.name).join(', then ')
    : 'Nobody');

function length(seconds) {
    if (seconds === null) return '—';
    if (seconds < 90) return `${Math.round(seconds * 10) / 10} s`;
    if (seconds < 5_400) return `${Math.round(seconds / 60)} min`;
    return `${(seconds / 3600).toFixed(1)} h`;
}
