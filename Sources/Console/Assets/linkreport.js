// What became of the clicks: the report on one link, and all links of a project side by side.

import { pageHead, table } from './admin.js';
import { get } from './api.js';
import { field, select } from './dialog.js';
import { full, h } from './dom.js';
import { trouble } from './notice.js';
import { state } from './store.js';

const HOUR = 3_600_000;
const SPANS = [['', 'All that is kept'], ['24', 'Last 24 hours'], ['168', 'Last 7 days'],
    ['720', 'Last 30 days']];
const PROPERTIES = [['source', 'Source'], ['medium', 'Medium'], ['campaign', 'Campaign'],
    ['term', 'Term'], ['content', 'Content'], ['referrer', 'Referrer'],
    ['network', 'IP range'], ['language', 'Language'], ['browser', 'Browser'],
    ['system', 'System'], ['device', 'Device'], ['node', 'Node'], ['day', 'Day'],
    ['hour', 'Hour']];
const STEPS = [['clicks', 'Clicked'], ['starts', 'Started the bot'],
    ['assigned', 'Given to an agent'], ['firstReplies', 'Got a first reply'],
    ['completed', 'Completed']];
const PARTS = [['breakdown', 'Breakdown'], ['totals', 'Totals'], ['funnel', 'Funnel'],
    ['attribution', 'First and last link']];

/** The card with a link's report. */
export function reportCard(link) {
    const property = select(PROPERTIES, 'source');
    return h('section.card.report', h('h2', 'Report'), report(
        [field('Broken down by', property)],
        () => [`/links/${link.id}/report`, { by: property.value }], (data, csv) => [
            ...both(data),
            table('Breakdown', [nameOf(PROPERTIES, data.by), 'Clicks', 'People', 'Unique'],
                data.items.map((each) => [each.value || 'None', ...counts(each)]),
                ['No clicks', 'Nothing to break down in this time.']),
            downloads(csv),
        ]));
}

/** The page with all links of a project. */
export async function openComparison(page) {
    const managed = state.me.projects.filter((each) => state.me.agent.isAdmin
        || each.permissions.includes('manage'));
    const head = pageHead('Links compared', 'Which of a project’s links bring customers, and how '
        + 'far they get.', h('a.button', { href: '#/admin/links' }, 'All links'));
    if (!managed.length) {
        page.replaceChildren(head, h('div.empty', h('p.title', 'No project to show'),
            h('p', 'Reports are for managers of a project.')));
        return null;
    }
    const project = select(managed.map((each) => [each.id, each.name]), managed[0].id);
    page.replaceChildren(head, report([field('Project', project)],
        () => [`/projects/${project.value}/links/report`, {}], (data, csv) => [
            ...both(data),
            table('Links', ['Link', 'Clicks', 'People', 'Unique', 'Started', 'Given', 'Replied',
                'Completed', 'Led here first', 'Led here last'],
            data.items.map(line),
            ['No links', 'The project has none.']),
            downloads(csv),
        ]));
    return null;
}

function line({ link, name, clicks, funnel, attribution }) {
    return [
        h('a', { href: `#/admin/links/${link}` }, name), ...counts(clicks),
        ...STEPS.slice(1).map(([key]) => String(funnel[key])),
        String(attribution.sessions.first), String(attribution.sessions.last),
    ];
}

/** Choices, and below them what the node counts for them: read anew whenever one changes. */
function report(choices, asked, parts) {
    const span = select(SPANS, '');
    const unique = h('input', { type: 'number', min: 1, max: 8784, required: true, value: 24 });
    const body = h('div.report');
    let turn = 0;
    const draw = async () => {
        if (!unique.reportValidity()) return;
        const mine = ++turn;
        const [path, more] = asked();
        const query = new URLSearchParams({ ...more, uniqueHours: unique.value });
        if (span.value) query.set('from', new Date(Date.now() - span.value * HOUR).toISOString());
        body.setAttribute('aria-busy', 'true');
        try {
            const { data } = await get(`${path}?${query}`);
            const csv = (what) => `/api/v1${path}?${query}&format=csv&what=${what}`;
            if (mine === turn) body.replaceChildren(...parts(data, csv));
        } catch (problem) {
            if (mine === turn) body.replaceChildren(trouble(problem, draw));
        }
        body.removeAttribute('aria-busy');
    };
    const node = h('div.report', { onchange: draw }, h('div.choices', choices,
        field('Time', span),
        field('Unique again after (hours)', unique, 'Without a click.')), body);
    draw();
    return node;
}

/** What both reports tell. */
function both(data) {
    const { clicks, attribution } = data;
    return [
        !data.whole && h('p.alarm', { role: 'alert' }, 'There were more clicks than are counted '
            + 'at once. Choose a shorter time.'),
        data.keptSince && h('p.quiet', `Clicks are kept since ${full(data.keptSince)}.`),
        h('dl.tiles', [
            ['Clicks', clicks.total], ['By people', clicks.human],
            ['Unique people', clicks.unique], ['Bots and previews', clicks.other],
            ['Sessions led here first', attribution.sessions.first],
            ['Sessions led here last', attribution.sessions.last],
            ['Customers led here first', attribution.customers.first],
            ['Customers led here last', attribution.customers.last],
        ].map(([name, value]) => h('div', h('dt', name), h('dd', String(value))))),
        table('Funnel', ['Step', 'Count', 'Of the clicks', 'Of the step before'],
            STEPS.map(([key, name], at) => [
                name, String(data.funnel[key]), share(data.funnel[key], data.funnel.clicks),
                at ? share(data.funnel[key], data.funnel[STEPS[at - 1][0]]) : '—',
            ]), ['', '']),
    ].filter(Boolean);
}

const share = (part, whole) => (whole ? `${Math.round(part / whole * 100)} %` : '—');
const counts = (each) => [each.total, each.human, each.unique].map(String);
const nameOf = (choices, key) => choices.find(([each]) => each === key)?.[1] ?? key;

const downloads = (csv) => h('p.quiet.downloads', 'Download as CSV: ',
    PARTS.map(([what, name]) => h('a', { href: csv(what), download: `${what}.csv` }, name)));
