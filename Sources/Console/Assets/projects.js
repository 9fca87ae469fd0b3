// Projects: the list, and one project's settings, members, webhook and checkup.

import { itemsIn, pageHead, table } from './admin.js';
import { get } from './api.js';
import { openCheckup } from './checkup.js';
import { openDeskBook } from './deskbook.js';
import { h, icon } from './dom.js';
import { openHooks } from './hooks.js';
import { openMembers } from './members.js';
import { openModeration } from './moderation.js';
import { MODES, settingsForm } from './projectform.js';
import { state } from './store.js';
import { webhookCard } from './webhook.js';

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
    const reload = () => openProject(page, id);
    const parts = [
        pageHead(id ? found.name : 'New project',
            id ? `@${found.botUsername}` : 'A bot, and how its sessions are shared out.',
            h('a.button', { href: '#/admin/projects' }, 'All projects')),
        settingsForm(id, found, reload),
    ];
    if (id) {
        parts.push(await openMembers(id, found, reload), await openDeskBook(id, reload),
            await openModeration(id, reload), webhookCard(id, found), await openHooks(id),
            openCheckup(id));
    }
    page.replaceChildren(...parts);
    return null;
}
