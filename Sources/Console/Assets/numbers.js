// Numbers for managers: a project and its agents over a span of time.

import { pageHead, table } from './admin.js';
import { get } from './api.js';
import { field, select } from './dialog.js';
import { full, h } from './dom.js';
import { trouble } from './notice.js';
import { state } from './store.js';

const HOUR = 3_600_000;
const SPANS = [['24', 'Last 24 hours'], ['168', 'Last 7 days'], ['720', 'Last 30 days']];

/** Shows the numbers of a project. */
export async function openNumbers(page) {
    const managed = state.me.projects.filter((each) => state.me.agent.isAdmin
        || each.permissions.includes('manage'));
    const head = pageHead('Numbers', 'How soon customers are given to somebody, answered and done '
        + 'with. Compared with the same time before.');
    if (!managed.length) {
        page.replaceChildren(head, h('div.empty', h('p.title', 'No project to show'),
            h('p', 'Numbers are for managers of a project.')));
        return;
    }
    const body = h('div');
    const project = select(managed.map((each) => [each.id, each.name]), managed[0].id);
    const span = select(SPANS, SPANS[0][0]);
    let turn = 0;
    const draw = async () => {
        const mine = ++turn;
        const to = Date.now();
        const from = to - Number(span.value) * HOUR;
        const path = `/projects/${project.value}/numbers`
            + `?from=${new Date(from).toISOString()}&to=${new Date(to).toISOString()}`;
        try {
            const { data } = await get(path);
            if (mine === turn) body.replaceChildren(...parts(data, path));
        } catch (problem) {
            if (mine === turn) body.replaceChildren(trouble(problem, draw));
        }
    };
    for (const choice of [project, span]) choice.addEventListener('change', draw);
    page.replaceChildren(head,
        h('div.choices', field('Project', project), field('Time', span)), body);
    await draw();
}

function parts(data, path) {
    const { all } = data;
    return [
        data.alert && h('p.alarm', { role: 'alert' }, data.alert.text),
        !data.whole && h('p.alarm', { role: 'alert' }, 'There were more sessions than are counted '
            + 'at once. Choose a shorter time.'),
        h('dl.tiles', [
            ['Sessions', all.sessions], ['Waiting now', data.unassignedNow],
            ['Given within a minute', rate(all)], ['The time before', rate(data.before)],
            ['Given while offline', all.offline], ['To an agent', lengths(all.assignment)],
            ['First reply', lengths(all.firstReply)], ['Done', lengths(all.resolution)],
        ].map(([name, value]) => h('div', h('dt', name), h('dd', String(value))))),
        table('Numbers of each agent', ['Agent', 'Sessions', 'Within a minute', 'First reply',
            'Done', 'Open', 'Online', 'Handed on', 'Received', 'Came back', 'Last sign-in'],
            data.agents.map(row),
            ['No agents', 'Add members to the project.']),
        h('p.quiet', 'Times are the median and, behind it, what nine in ten stayed below. ',
            h('a', { href: `/api/v1${path}&format=csv`, download: 'numbers.csv' },
                'Download as CSV')),
    ].filter(Boolean);
}

function row({ agent, isMember, figures, onlineSeconds, lastSignIn, isInactive }) {
    const signedIn = lastSignIn ? full(lastSignIn) : 'Never';
    return [
        isMember ? agent.name : `${agent.name} (not in the list)`, String(figures.sessions),
        rate(figures), lengths(figures.firstReply), lengths(figures.resolution),
        figures.meanOpen === null ? String(figures.openNow)
            : `${figures.openNow}, on average ${figures.meanOpen.toFixed(1)}`,
        length(onlineSeconds), String(figures.handedOn), String(figures.received),
        String(figures.bounces),
        isInactive ? h('span.off', `Inactive: ${signedIn}`) : signedIn,
    ];
}

const rate = ({ successRate, inTime, judged }) => successRate === null ? '—'
    : `${Math.round(successRate * 100)} % (${inTime} of ${judged})`;

const lengths = ({ count, median, p90 }) => count === 0 ? '—'
    : `${length(median)}, ${length(p90)}`;

function length(seconds) {
    if (seconds < 60) return `${Math.round(seconds)} s`;
    if (seconds < 3570) return `${Math.round(seconds / 60)} min`;
    return `${(seconds / 3600).toFixed(1)} h`;
}
