// The lists of sessions.

import { face, h, icon, reconcile, set, since } from './dom.js';
import { loadList } from './load.js';
import { trouble } from './notice.js';
import { searchDialog } from './search.js';
import {
    LISTS, isAlerted, isMine, isUnanswered, listed, manages, may, project, state,
} from './store.js';
import { said } from './words.js';

const NAMES = {
    mine: ['Mine', 'inbox'], waiting: ['Waiting', 'clock'],
    completed: ['Completed', 'check'], all: ['All', 'list'], alerted: ['No reply', 'warn'],
};

const EMPTY = {
    mine: ['No open sessions', 'New ones arrive here by themselves while you are receiving.'],
    waiting: ['Nobody is waiting', 'Sessions wait here only while nobody can be given them.'],
    completed: ['Nothing completed yet', 'Sessions that you completed can be reopened here.'],
    alerted: ['Nobody waits for a first reply too long',
        'Sessions that nobody answers in time are shown to managers here.'],
    all: ['No sessions', 'When a customer writes to a bot of yours, the session appears here.'],
};

/** Builds the left column; gives { node, draw, routed, focusFilter }. */
export function openList() {
    const tabs = h('nav.tabs', { 'aria-label': 'Lists of sessions' });
    const filter = h('input', {
        type: 'search', placeholder: 'Filter by name or text', 'aria-label': 'Filter this list',
        oninput: draw,
    });
    const rows = h('ul.rows', { 'aria-label': 'Sessions' });
    const foot = h('div.foot');
    const scroll = h('div.scroll', rows, foot);
    const node = h('section.list', { 'aria-label': 'Sessions' },
        tabs, h('div.finding', h('label.filter', icon('search'), filter),
            h('button.quiet', {
                type: 'button', title: 'Search all messages',
                onclick: () => searchDialog(filter.value.trim()),
            }, 'Search')), scroll);

    function draw() {
        const { area, id } = state.route;
        const list = state.lists[area];
        reconcile(tabs, tabRows(area), tab);
        const wanted = filter.value.trim().toLowerCase();
        const found = listed(area).filter((each) => !wanted || matches(each, wanted));
        reconcile(rows, sessionRows(found, area, id), line);
        const footRow = { key: 'foot', list, area, found: found.length, wanted };
        footRow.stamp = JSON.stringify([
            area, list.isLoaded, list.isLoading, list.next, list.problem?.title, found.length > 0,
            wanted !== '',
        ]);
        reconcile(foot, [footRow], footer);
    }

    function routed() {
        const list = state.lists[state.route.area];
        if (!list.isLoaded && !list.isLoading) loadList(state.route.area);
        draw();
        scroll.querySelector('[aria-current]')?.scrollIntoView({ block: 'nearest' });
    }

    return {
        node, routed, focusFilter: () => filter.focus(),
        draw() {
            const list = state.lists[state.route.area];
            const isMissing = list && !list.isLoaded && !list.isLoading && !list.problem;
            if (isMissing) loadList(state.route.area);
            draw();
        },
    };
}

function tabRows(area) {
    const seesAll = state.me.agent.isAdmin
        || state.me.projects.some((each) => may(each.id, 'view', 'manage'));
    const isCalled = area === 'alerted' || listed('alerted').length > 0;
    const isShown = { all: seesAll, alerted: manages() && isCalled };
    return LISTS.filter((name) => isShown[name] ?? true).map((name) => {
        const isCounted = name !== 'completed' && name !== 'all';
        const more = isCounted && state.lists[name].next ? '+' : '';
        const count = isCounted && state.lists[name].isLoaded
            ? `${listed(name).length}${more}` : '';
        const isCalling = name === 'mine'
            ? listed('mine').some(isUnanswered) : isCounted && parseInt(count) > 0;
        const stamp = `${count} ${isCalling} ${name === area}`;
        return { key: name, name, count, isCalling, isHere: name === area, stamp };
    });
}

function tab({ name, count, isCalling, isHere }) {
    const [title, mark] = NAMES[name];
    return h('a', { href: `#/${name}`, 'aria-current': isHere ? 'page' : null },
        icon(mark), h('span', title),
        count && count !== '0' && h(isCalling ? 'span.count.calling' : 'span.count', count));
}

function matches(each, wanted) {
    const { name, username } = each.customer;
    return [name, username, each.lastMessage?.text, each.source?.name, each.owner?.name,
        ...each.tags ?? []]
        .some((text) => text?.toLowerCase().includes(wanted));
}

function sessionRows(found, area, id) {
    const made = [];
    let heading = null;
    for (const each of found) {
        const group = area !== 'mine' ? null
            : isUnanswered(each) ? 'Needs an answer' : 'Answered';
        if (group && group !== heading) {
            heading = group;
            made.push({ key: `group ${group}`, stamp: group, group });
        }
        const isHere = each.id === id;
        const isSeen = state.seen.get(each.id) === each.lastMessage?.at;
        const shown = state.agents.get(each.owner?.id)?.name;
        const stamp = JSON.stringify([each, isHere, isSeen, area, shown, state.project]);
        made.push({ key: each.id, stamp, each, isHere, isSeen, area });
    }
    return made;
}

function line({ group, each, isHere, isSeen, area }) {
    if (group) return h('li.group', h('h2', group));
    const { customer, lastMessage: last } = each;
    const isCalling = isUnanswered(each);
    const link = h(isCalling && !isSeen ? 'a.session.fresh' : 'a.session',
        { href: `#/${area}/${each.id}` },
        face(customer.name, `${customer.id}`),
        h('span.top',
            h('strong', { dir: 'auto' }, customer.name),
            each.state === 'unassigned' && each.waitingSince
                ? h('span.waits', 'waits ', since(each.waitingSince))
                : since(last?.at ?? each.openedAt)),
        h('span.middle',
            h('span.text', { dir: 'auto' }, last?.from === 'agent' && h('i', '↩ '),
                last ? said(last) : 'No message yet'),
            isCalling && h('span.unread', each.unread > 99 ? '99+' : each.unread,
                h('span.unseen', ' unanswered'))),
        tags(each, area));
    set(link, { 'aria-current': isHere ? 'true' : null });
    return h('li', link);
}

/** Where it came from, and whose it is where that isn't plain from the list. */
function tags(each, area) {
    const parts = [];
    if (isAlerted(each)) parts.push('No first reply');
    if (state.me.projects.length > 1 && !state.project) parts.push(project(each.project).name);
    const isShared = area === 'all' || area === 'completed' || area === 'alerted';
    if (each.source && !isShared) parts.push(each.source.name);
    if (isShared) {
        const whose = each.owner && (isMine(each) || each.owner.id === state.me.agent.id
            ? 'you' : each.owner.name);
        const how = { unassigned: 'waiting', assigned: 'with', completed: 'completed' };
        parts.push([how[each.state], each.state !== 'unassigned' && whose]
            .filter(Boolean).join(each.state === 'completed' ? ' · ' : ' '));
    }
    parts.push(...each.tags ?? []);
    const mark = isAlerted(each) ? 'span.tags.alerted' : 'span.tags';
    return parts.length > 0 && h(mark, parts.map((part) => h('span', part)));
}

function footer({ list, area, found, wanted }) {
    if (list.problem) return trouble(list.problem, () => loadList(area));
    if (!list.isLoaded) return h('p.quiet', { role: 'status' }, 'Loading…');
    if (!found && wanted) {
        return h('div.empty', h('p.title', 'Nothing matches'),
            h('p', 'The filter looks at the sessions loaded here.'), older(list, area));
    }
    if (!found) {
        const [title, text] = EMPTY[area];
        return h('div.empty', icon(NAMES[area][1]), h('p.title', title), h('p', text));
    }
    return h('div', older(list, area));
}

function older(list, area) {
    return list.next && h('button.quiet', {
        type: 'button', disabled: list.isLoading,
        onclick: () => loadList(area, { more: true }),
    }, list.isLoading ? 'Loading…' : 'Load more');
}
