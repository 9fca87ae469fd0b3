// The cluster as this node sees it.

import { pageHead, table } from './admin.js';
import { get } from './api.js';
import { h } from './dom.js';

const EVERY = 3_000;

const TILES = [
    ['node', 'This node'], ['role', 'Role'], ['leader', 'Leader'], ['term', 'Term'],
    ['commit', 'Committed'], ['applied', 'Applied'], ['durable', 'Durable'],
];

/** Shows the node's status and keeps it current; gives the way to stop. */
export async function openCluster(page) {
    const body = h('div');
    const draw = async () => {
        const { data } = await get('/cluster');
        body.replaceChildren(...parts(data));
    };
    try {
        await draw();
    } catch (problem) {
        if (problem.status !== 404 && problem.status !== 403) throw problem;
        body.replaceChildren(h('div.empty', h('p.title', 'Not shown here'),
            h('p', problem.status === 403 ? 'Only administrators see the cluster.'
                : 'This node does not offer its status on the public address. On the machine, '
                    + 'run "roundhouse status".')));
    }
    page.replaceChildren(pageHead('Cluster', 'As the node that served this page sees it.'), body);
    const timer = setInterval(() => {
        if (document.hidden) return;
        draw().catch(() => {}); // The banner shows a lost connection; the next turn tries again.
    }, EVERY);
    return () => clearInterval(timer);
}

function parts(status) {
    const known = new Set([...TILES.map(([key]) => key), 'members', 'index']);
    const rest = Object.entries(status).filter(([key]) => !known.has(key));
    return [
        h('dl.tiles', TILES.filter(([key]) => status[key] !== undefined).map(([key, name]) =>
            h('div', h('dt', name), h('dd', shown(status[key]))))),
        table('Nodes', ['Node', 'Part', 'Has the log through', 'Behind by'],
            (status.members ?? []).map((each) => [
                `Node ${each.id}`, part(each, status), shown(each.match), shown(each.lag),
            ]), ['No members reported', 'The node has not joined a cluster yet.']),
        rest.length > 0 && h('section.card', h('h2', 'More'), h('dl.facts',
            rest.map(([key, value]) => h('div', h('dt', words(key)), h('dd', shown(value)))))),
    ].filter(Boolean);
}

function part(member, status) {
    const id = String(member.id);
    const name = id === String(status.leader) ? 'Leader' : 'Follower';
    return id === String(status.node) ? `${name}, this one` : name;
}

function shown(value) {
    if (value === null || value === undefined) return '—';
    if (typeof value === 'boolean') return value ? 'yes' : 'no';
    if (typeof value !== 'object') return String(value);
    return Object.entries(value).map(([key, each]) => `${words(key)} ${shown(each)}`).join(', ');
}

function words(key) {
    if (key === 'statedbApplied') return 'Saved in state.db through';
    const text = key.replace(/([a-z])([A-Z])/g, '$1 $2').toLowerCase();
    return text.charAt(0).toUpperCase() + text.slice(1);
}
