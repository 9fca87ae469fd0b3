// Magic links: addresses that lead to a bot and say where a customer came from.

import { itemsIn, pageHead, table } from './admin.js';
import { get, post, put } from './api.js';
import { field, formDialog, select } from './dialog.js';
import { full, h, icon } from './dom.js';
import { alertOf, inform, tell } from './notice.js';
import { state } from './store.js';

/** Shows the links. */
export async function openLinks(page) {
    const draw = () => openLinks(page);
    const links = itemsIn((await get('/links')).data);
    page.replaceChildren(
        pageHead('Magic links', 'Put one address behind each advertisement or page. '
            + 'The session shows which one brought the customer.',
        h('button.primary', { type: 'button', onclick: () => edit(null, draw) }, icon('plus'),
            'New link')),
        table('Magic links', ['Name', 'Address', 'Project', 'Expires', 'Opens', 'Clicks', 'Starts',
            'State', ''],
            links.map((each) => row(each, draw)),
            ['No links yet', 'Create one; its address works on every node at once.']));
}

const address = (link) => link.url ?? `${location.origin}/${link.code}`;

function row(link, draw) {
    const isOver = link.expires && new Date(link.expires) < new Date();
    return [
        link.name, h('code', address(link)), projectName(link.project),
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
            h('button', {
                type: 'button', 'aria-label': `Edit ${link.name}`, onclick: () => edit(link, draw),
            }, 'Edit'),
            h('button', {
                type: 'button',
                'aria-label': `${link.enabled ? 'Switch off' : 'Switch on'} ${link.name}`,
                onclick: () => change(link, { enabled: !link.enabled }, draw),
            }, link.enabled ? 'Switch off' : 'Switch on')),
    ];
}

const projectName = (id) => state.me.projects.find((each) => each.id === id)?.name
    ?? `project ${id}`;

async function copy(text) {
    try {
        await navigator.clipboard.writeText(text);
        tell('Address copied', { detail: text });
    } catch {
        inform('Copy it by hand', { detail: text });
    }
}

const settingsOf = ({ code, name, project, enabled, expires, open }) => ({
    code, name, project, enabled, expires: expires ?? '', open: open ?? 'web',
});

async function change(link, what, draw) {
    try {
        await put(`/links/${link.id}`, { ...settingsOf(link), ...what }, link.etag);
    } catch (problem) {
        alertOf(problem, `${link.name} was not changed`);
    }
    draw();
}

function edit(link, draw) {
    const name = h('input', { required: true, maxlength: 100, value: link?.name ?? '' });
    const code = h('input', {
        value: link?.code ?? '', pattern: '[A-Za-z0-9_\\-]{2,64}', autocapitalize: 'none',
        spellcheck: 'false', placeholder: 'Chosen for you', required: Boolean(link),
    });
    const managed = state.me.projects.filter((each) => state.me.agent.isAdmin
        || each.permissions.includes('manage') || each.id === link?.project);
    const project = select(managed.map((each) => [each.id, each.name]),
        link?.project ?? managed[0]?.id ?? '', { required: true, disabled: Boolean(link) });
    const expires = h('input', { type: 'datetime-local', value: local(link?.expires) });
    const open = select([['web', 't.me, works everywhere'], ['app', 'Telegram app directly']],
        link?.open ?? 'web');
    formDialog(link ? `Edit ${link.name}` : 'New magic link', [
        field('Name', name, 'The source that agents see, for example "Autumn newsletter".'),
        field('Project', project), field('Code', code, 'The end of the address.'),
        field('Expires', expires, 'Empty: never.'), field('Opens', open),
    ], {
        verb: link ? 'Save' : 'Create',
        submit: async () => {
            const body = {
                name: name.value.trim(), project: project.value, open: open.value,
                enabled: link?.enabled ?? true,
                expires: expires.value ? new Date(expires.value).toISOString() : '',
                ...(code.value ? { code: code.value.trim() } : {}),
            };
            const { data } = link
                ? await put(`/links/${link.id}`, body, link.etag) : await post('/links', body);
            tell(link ? 'Link saved' : 'Link created', data?.code && {
                detail: address(data),
                action: { name: 'Copy', run: () => copy(address(data)) },
            });
            draw();
        },
        reload: draw,
    });
}

/** A moment as the local date-and-time field wants it. */
function local(at) {
    if (!at) return '';
    const date = new Date(at);
    return new Date(date - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}
