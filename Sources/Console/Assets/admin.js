// The area for managers and administrators.

import { openAgents } from './agents.js';
import { openAudit } from './audit.js';
import { openCluster } from './cluster.js';
import { h, icon, set } from './dom.js';
import { openLinks } from './links.js';
import { trouble } from './notice.js';
import { openNumbers } from './numbers.js';
import { openProjects } from './projects.js';
import { state } from './store.js';
import { openTokens } from './tokens.js';
import { openWhatIf } from './whatif.js';

const PARTS = [
    ['projects', 'Projects', 'bot', openProjects],
    ['agents', 'Agents', 'people', openAgents],
    ['links', 'Magic links', 'link', openLinks],
    ['numbers', 'Numbers', 'list', openNumbers],
    ['whatif', 'What if', 'reopen', openWhatIf],
    ['tokens', 'API tokens', 'tools', openTokens],
    ['audit', 'Audit log', 'clock', openAudit],
    ['cluster', 'Cluster', 'cluster', openCluster],
];

/** Builds the area inside `main`; gives { routed, close }. */
export function openAdmin(main) {
    const items = PARTS.map(([part, name, mark]) => h('a',
        { href: `#/admin/${part}`, 'data-part': part }, icon(mark), h('span', name)));
    const content = h('div.content');
    main.replaceChildren(h('div.adminarea',
        h('nav.side', { 'aria-label': 'Manage' }, items), content));
    let leave = null;
    let turn = 0;

    async function routed() {
        const { part, item } = state.route;
        const mine = ++turn;
        leave?.();
        leave = null;
        for (const link of items) {
            set(link, { 'aria-current': link.dataset.part === part ? 'page' : null });
        }
        const open = (PARTS.find(([name]) => name === part) ?? PARTS[0])[3];
        const page = h('div.pagebody', h('p.quiet', { role: 'status' }, 'Loading…'));
        content.replaceChildren(page);
        try {
            const close = await open(page, item);
            if (mine === turn) leave = close ?? null;
            else close?.();
        } catch (problem) {
            if (mine === turn) page.replaceChildren(trouble(problem, routed));
        }
    }

    routed();
    return {
        routed,
        close() {
            turn += 1;
            leave?.();
        },
    };
}

/** The head of a page: its title, a sentence, and what can be started from it. */
export function pageHead(title, text, ...actions) {
    return h('header.pagehead', h('div', h('h1', title), text && h('p', text)),
        h('div.actions', actions));
}

/** A table with named columns; cells are texts or elements. */
export function table(label, columns, rows, empty) {
    if (!rows.length) return h('div.empty', h('p.title', empty[0]), h('p', empty[1]));
    return h('div.tablebox', { role: 'region', 'aria-label': label, tabindex: '0' },
        h('table', h('thead', h('tr', columns.map((name) => h('th', { scope: 'col' }, name)))),
            h('tbody', rows.map((cells) => h('tr', cells.map((cell) => h('td', cell)))))));
}

/** The list in an answer, which may be bare or under `items`. */
export const itemsIn = (data) => (Array.isArray(data) ? data : data?.items ?? []);
