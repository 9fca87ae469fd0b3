// Projects: the list, and one project's settings, members, webhook and checkup.

import { itemsIn, pageHead, table } from './admin.js';
import { get, post, put } from './api.js';
import { openCheckup } from './checkup.js';
import { openDeskBook } from './deskbook.js';
import { field, select } from './dialog.js';
import { h, icon } from './dom.js';
import { openHooks } from './hooks.js';
import { openMembers } from './members.js';
import { openModeration } from './moderation.js';
import { explain, tell } from './notice.js';
import { absorbMe, state } from './store.js';
import { webhookCard } from './webhook.js';

const MODES = [['roundRobin', 'Round robin'], ['onlineFirst', 'Online first']];

/** Shows the list, or one project ("new" for the empty form). */
export async function openProjects(page, id) {
    if (id) return openProject(page, id === 'new' ? null : id);
    const projects = itemsIn((await get('/projects')).data);
    const isAdmin = state.me.agent.isAdmin;
    page.replaceChildren(
        pageHead('Projects', 'Each project is one bot with its rules and its agents.',
            isAdmin && h('a.button.primary', { href: '#/admin/projects/new' }, icon('plus'),
                'New project')),
        table('Projects', ['Name', 'Bot', 'Mode', 'Scope', 'Seats', 'Members'],
            projects.map((each) => [
                h('a', { href: `#/admin/projects/${each.id}` }, each.name),
                each.botUsername ? `@${each.botUsername}` : '—',
                MODES.find(([key]) => key === each.mode)?.[1] ?? each.mode,
                each.scope === 'specifiedAgents' ? 'Specified agents' : 'All agents',
                each.seats ? String(each.seats) : 'No limit',
                each.members ? String(each.members.length) : '',
            ]),
            ['No projects yet', 'Create one with the token that BotFather gave you.']));
    return null;
}

async function openProject(page, id) {
    const found = id ? (await get(`/projects/${id}`)).data : {
        name: '', botUsername: '', mode: 'roundRobin', balance: 'roundRobin',
        assignOffline: null, scope: 'allAgents', seats: null, members: [],
    };
    const parts = [
        pageHead(id ? found.name : 'New project',
            id ? `@${found.botUsername}` : 'A bot, and how its sessions are shared out.',
            h('a.button', { href: '#/admin/projects' }, 'All projects')),
        settings(id, found),
    ];
    if (id) {
        parts.push(await openMembers(id, found), await openDeskBook(id),
            await openModeration(id), webhookCard(id, found), await openHooks(id),
            openCheckup(id));
    }
    page.replaceChildren(...parts);
    return null;
}

function settings(id, found) {
    const inputs = {
        name: h('input', { value: found.name, required: true, maxlength: 100 }),
        botUsername: h('input', {
            value: found.botUsername, required: true, pattern: '@?[A-Za-z0-9_]{3,40}',
            autocapitalize: 'none', spellcheck: 'false',
        }),
        token: h('input', {
            type: 'password', autocomplete: 'off', required: !id, spellcheck: 'false',
            placeholder: id ? 'Kept as it is' : '123456789:AA…',
        }),
        secret: h('input', {
            value: id ? '' : freshSecret(), autocomplete: 'off', required: !id, spellcheck: 'false',
            pattern: '[A-Za-z0-9_\\-]{1,256}', placeholder: id ? 'Kept as it is' : '',
        }),
        mode: select(MODES, found.mode),
        balance: select([['roundRobin', 'In turn'], ['leastLoaded', 'Fewest open sessions'],
            ['random', 'At random']], found.balance ?? 'roundRobin'),
        offline: select([['default', 'As the mode says'], ['never', 'Never: it waits'],
            ['after', 'After a time']], offlineKind(found.assignOffline)),
        seconds: h('input', {
            type: 'number', min: 0, max: 86_400,
            value: found.assignOffline?.afterSeconds ?? 0, 'aria-label': 'Seconds',
        }),
        scope: select([['allAgents', 'All agents'], ['specifiedAgents', 'Specified agents']],
            found.scope ?? 'allAgents'),
        seats: h('input', {
            type: 'number', min: 0, value: found.seats || '', placeholder: 'No limit',
        }),
    };
    const said = h('p.said', { role: 'alert' });
    const show = () => {
        inputs.balance.disabled = inputs.mode.value !== 'onlineFirst';
        inputs.seconds.disabled = inputs.offline.value !== 'after';
    };
    const form = h('form.card.grid', {
        onchange: show,
        onsubmit: async (event) => {
            event.preventDefault();
            said.textContent = '';
            try {
                await save(id, found, inputs);
            } catch (problem) {
                said.textContent = explain(problem);
            }
        },
    }, h('h2', 'Settings'),
    field('Name', inputs.name), field('Bot username', inputs.botUsername),
    field('Bot token', inputs.token, 'From BotFather. Kept encrypted, never shown again.'),
    field('Webhook secret', inputs.secret, 'Telegram shows it with each message. Never shown '
        + 'again.'),
    field('Mode', inputs.mode, 'Round robin goes down the list. Online first chooses among those '
        + 'who are receiving.'),
    field('Online first chooses', inputs.balance),
    field('Give to agents who are not receiving', inputs.offline,
        'Only when nobody who could have it is receiving.'),
    field('… after seconds', inputs.seconds), field('Scope', inputs.scope,
        'Who of the members is given sessions.'),
    field('Seats', inputs.seats, 'The first members with Reply hold a seat each.'),
    said, h('footer', h('button.primary', { type: 'submit' }, id ? 'Save' : 'Create project')));
    show();
    return form;
}

/** A secret as Telegram allows it, from the browser's random generator. */
function freshSecret() {
    const bytes = crypto.getRandomValues(new Uint8Array(24));
    return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

function offlineKind(value) {
    if (value === null || value === undefined) return 'default';
    return value === 'never' ? 'never' : 'after';
}

async function save(id, found, inputs) {
    const offline = inputs.offline.value;
    const body = {
        name: inputs.name.value.trim(),
        botUsername: inputs.botUsername.value.trim().replace(/^@/, ''),
        mode: inputs.mode.value, balance: inputs.balance.value, scope: inputs.scope.value,
        seats: Number(inputs.seats.value),
        assignOffline: offline === 'default' ? null
            : offline === 'never' ? 'never' : { afterSeconds: Number(inputs.seconds.value) },
    };
    if (inputs.secret.value) body.webhookSecret = inputs.secret.value.trim();
    if (inputs.token.value) body.token = inputs.token.value.trim();
    const { data } = id ? await put(`/projects/${id}`, body) : await post('/projects', body);
    absorbMe((await get('/me')).data);
    tell(id ? 'Project saved' : 'Project created',
        { detail: id ? 'New decisions follow it.' : 'Now name its members, then its webhook.' });
    if (!id) location.hash = `#/admin/projects/${data.id}`;
}
