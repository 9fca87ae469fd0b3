// Magic links: addresses that lead to a bot and say where a customer came from.

import { itemsIn, pageHead, table } from './admin.js';
import { get, post, put } from './api.js';
import { field, formDialog, select } from './dialog.js';
import { full, h, icon } from './dom.js';
import { openLink } from './linkpage.js';
import { openComparison } from './linkreport.js';
import { alertOf, inform, tell } from './notice.js';
import { state } from './store.js';

/** Shows the links, one link, or all links of a project side by side ("compare"). */
export async function openLinks(page, item) {
    if (item === 'compare') return openComparison(page);
    if (item) return openLink(page, item);
    const draw = () => openLinks(page);
    const links = itemsIn((await get('/links')).data);
    page.replaceChildren(
        pageHead('Magic links', 'Put one address behind each advertisement or page. '
            + 'The session shows which one brought the customer.',
        h('a.button', { href: '#/admin/links/compare' }, icon('list'), 'Compare links'),
        h('button.primary', { type: 'button', onclick: () => create(draw) }, icon('plus'),
            'New link')),
        table('Magic links', ['Name', 'Address', 'Project', 'Expires', 'Opens', 'Clicks', 'Starts',
            'State', ''],
            links.map((each) => row(each, draw)),
            ['No links yet', 'Create one; its address works on every node at once.']));
    return null;
}

/** What visitors open. */
export const address = (link) => link.url ?? `${location.origin}/${link.code}`;

function row(link, draw) {
    const isOver = link.expires && new Date(link.expires) < new Date();
    return [
        h('a', { href: `#/admin/links/${link.id}` }, link.name),
        h('code', address(link)), projectName(link.project),
        link.expires ? full(link.expires) : 'Never',
        link.open === 'app' ? 'Telegram app' : 't.me',
        String(link.humanClicks ?? '—'), String(link.starts ?? '—'),
        h(link.enabled && !isOver ? 'span.on' : 'span.off',
            isOver ? 'Expired' : link.enabled ? 'On' : 'Off'),
        h('span.rowactions',
            h('button', {
                type: 'button', 'aria-label': `Copy the address of ${link.name}`,
                onclick: () => copy(address(link)),
            }, icon('copy'), 'Copy'),
            h('a.button', {
                href: `#/admin/links/${link.id}`,
                'aria-label': `Settings and report of ${link.name}`,
            }, 'Open'),
            h('button', {
                type: 'button',
                'aria-label': `${link.enabled ? 'Switch off' : 'Switch on'} ${link.name}`,
                onclick: () => change(link, { enabled: !link.enabled }, draw),
            }, link.enabled ? 'Switch off' : 'Switch on')),
    ];
}

const projectName = (id) => state.me.projects.find((each) => each.id === id)?.name
    ?? `project ${id}`;

/** Copies an address, or says that one has to do it. */
export async function copy(text) {
    try {
        await navigator.clipboard.writeText(text);
        tell('Address copied', { detail: text });
    } catch {
        inform('Copy it by hand', { detail: text });
    }
}

async function change(link, what, draw) {
    try {
        await put(`/links/${link.id}`, what, link.etag);
    } catch (problem) {
        alertOf(problem, `${link.name} was not changed`);
    }
    draw();
}

function create(draw) {
    const name = h('input', { required: true, maxlength: 100 });
    const code = h('input', {
        pattern: '[A-Za-z0-9_\\-]{2,64}', autocapitalize: 'none', spellcheck: 'false',
        placeholder: 'Chosen for you',
    });
    const managed = state.me.projects.filter((each) => state.me.agent.isAdmin
        || each.permissions.includes('manage'));
    const project = select(managed.map((each) => [each.id, each.name]), managed[0]?.id ?? '',
        { required: true });
    formDialog('New magic link', [
        field('Name', name, 'The source that agents see, for example "Autumn newsletter".'),
        field('Project', project),
        field('Code', code, 'The end of the address. All else is set on the link’s own page.'),
    ], {
        verb: 'Create',
        submit: async () => {
            const body = {
                name: name.value.trim(), project: project.value,
                ...(code.value ? { code: code.value.trim() } : {}),
            };
            const { data } = await post('/links', body);
            tell('Link created', data?.code && {
                detail: address(data),
                action: { name: 'Copy', run: () => copy(address(data)) },
            });
            draw();
        },
    });
}
