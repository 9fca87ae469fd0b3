// Search over everything that this agent may see: what was said, by tag, status, agent, link, date
// and project.

import { itemsIn } from './admin.js';
import { get } from './api.js';
import { dialog, field, select } from './dialog.js';
import { full, h, since } from './dom.js';
import { explain } from './notice.js';
import { enclosureName } from './places.js';
import { project, state } from './store.js';

const STATUSES = [['', 'Any status'], ['unassigned', 'Waiting'], ['assigned', 'With an agent'],
    ['completed', 'Completed']];

/** Asks what to look for, beginning with some words, and shows what was found. */
export function searchDialog(words) {
    const projects = state.me.projects;
    const inputs = {
        text: h('input', { type: 'search', value: words, maxlength: 60, name: 'text' }),
        status: select(STATUSES, ''),
        tag: select([['', 'Any tag'], ...allTags().map((tag) => [tag, tag])], ''),
        project: select([['', 'All projects'], ...projects.map((each) => [each.id, each.name])],
            state.project),
        agent: select([['', 'Any agent'], ...[...state.agents.values()]
            .map((each) => [each.id, each.name]).sort((a, b) => a[1].localeCompare(b[1]))], ''),
        link: select([['', 'Any link']], ''),
        from: h('input', { type: 'date' }),
        to: h('input', { type: 'date' }),
    };
    const links = field('Link', inputs.link);
    links.hidden = true;
    offerLinks(inputs.link, links);
    const rows = h('ul.found', { 'aria-label': 'Found' });
    const said = h('p.quiet', { role: 'status' });
    const more = h('button.quiet', { type: 'button', hidden: true, onclick: () => load() },
        'Show more');
    let query = null;
    let cursor = null;

    async function load() {
        more.disabled = true;
        said.textContent = 'Searching…';
        try {
            if (cursor) query.set('cursor', cursor);
            const { data } = await get(`/search?${query}`);
            rows.append(...data.items.map(row));
            cursor = data.next;
            said.textContent = rows.children.length || cursor ? '' : 'Nothing was found.';
        } catch (problem) {
            said.textContent = explain(problem);
        }
        more.disabled = false;
        more.hidden = !cursor;
    }

    function row({ session, item }) {
        const said = item ? item.text || enclosureName(item)
            : session.lastMessage?.text ?? '';
        const at = item?.at ?? session.lastMessage?.at ?? session.openedAt;
        return h('li', h('a', {
            href: `#/${state.route.area}/${session.id}`, title: full(at),
            onclick: () => node.close(),
        }, h('strong', { dir: 'auto' }, session.customer.name), ' ', since(at),
        h('span.text', { dir: 'auto' }, said),
        h('span.tags', [project(session.project).name, session.owner?.name, ...session.tags ?? []]
            .filter(Boolean).join(' · '))));
    }

    const form = h('form.search', {
        onsubmit: (event) => {
            event.preventDefault();
            query = new URLSearchParams();
            for (const [name, input] of Object.entries(inputs)) {
                const value = DATES[name]?.(input.value) ?? input.value.trim();
                if (value) query.set(name, value);
            }
            cursor = null;
            rows.replaceChildren();
            load();
        },
    }, field('Words', inputs.text), field('Status', inputs.status), field('Tag', inputs.tag),
    projects.length > 1 && field('Project', inputs.project), field('Agent', inputs.agent), links,
    field('From', inputs.from), field('To', inputs.to),
    h('button.primary', { type: 'submit' }, 'Search'));
    const node = dialog('Search', form, said, rows, more);
    node.classList.add('wide');
    if (words) form.requestSubmit();
    else inputs.text.focus();
}

/** Days as the moments at which they begin here; the last one is searched, too. */
const DATES = {
    from: (day) => dayAt(day, 0),
    to: (day) => dayAt(day, 1),
};

function dayAt(day, later) {
    if (!day) return '';
    const [year, month, date] = day.split('-').map(Number);
    return new Date(year, month - 1, date + later).toISOString();
}

/** Lets managers choose among the links; nobody else knows them. */
async function offerLinks(choice, node) {
    const isManager = state.me.agent.isAdmin
        || state.me.projects.some((each) => each.permissions.includes('manage'));
    if (!isManager) return;
    // Without them the other fields still search.
    const found = await get('/links').then(({ data }) => itemsIn(data), () => []);
    choice.append(...found.map((each) => h('option', { value: each.id }, each.name)));
    node.hidden = !found.length;
}

function allTags() {
    return [...new Set(state.me.projects.flatMap((each) => each.tags ?? []))];
}
