// Agents' accounts: create, deactivate, reset a password.

import { itemsIn, pageHead, table } from './admin.js';
import { ask } from './actions.js';
import { get, post, put } from './api.js';
import { field, formDialog } from './dialog.js';
import { h, icon } from './dom.js';
import { alertOf, tell } from './notice.js';
import { state } from './store.js';
import { presenceName } from './words.js';

/** Shows the accounts. */
export async function openAgents(page) {
    if (!state.me.agent.isAdmin) {
        page.replaceChildren(pageHead('Agents', 'Accounts are kept by administrators.'));
        return;
    }
    const draw = () => openAgents(page);
    const agents = itemsIn((await get('/agents')).data);
    page.replaceChildren(
        pageHead('Agents', 'One account per person, for all projects.',
            h('button.primary', { type: 'button', onclick: () => create(draw) }, icon('plus'),
                'New agent')),
        table('Agents', ['Name', 'Login', 'Presence', 'Role', 'Limits', ''],
            agents.map((each) => row(each, draw)),
            ['No agents yet', 'Create an account for each person who answers.']));
}

function row(agent, draw) {
    const isActive = agent.isActive !== false;
    const presence = isActive ? agent.presence ?? 'offline' : 'offline';
    const open = agent.openLimit === 0 ? 'no limit' : `${agent.openLimit ?? 20} open`;
    const rate = agent.newPerMinute === 0 ? '' : `, ${agent.newPerMinute ?? 6} new a minute`;
    return [
        agent.name, agent.login,
        isActive ? [h(`span.dot.${presence}`), ' ', presenceName(presence)]
            : h('span.off', 'Deactivated'),
        agent.isAdmin ? 'Administrator' : 'Agent', `${open}${rate}`,
        h('span.rowactions',
            h('button', {
                type: 'button', 'aria-label': `Edit ${agent.name}`,
                onclick: () => edit(agent, draw),
            }, 'Edit'),
            h('button', {
                type: 'button', 'aria-label': `Reset ${agent.name}'s password`,
                onclick: () => reset(agent, draw),
            }, 'Reset password'),
            h('button', {
                type: 'button', disabled: agent.id === state.me.agent.id,
                'aria-label': `${isActive ? 'Deactivate' : 'Activate'} ${agent.name}`,
                onclick: () => activate(agent, !isActive, draw),
            }, isActive ? 'Deactivate' : 'Activate')),
    ];
}

const password = () => h('input', {
    type: 'password', required: true, minlength: 8, autocomplete: 'new-password',
});

function create(draw) {
    const name = h('input', { required: true, maxlength: 100, autocomplete: 'off' });
    const login = h('input', {
        required: true, autocapitalize: 'none', spellcheck: 'false', autocomplete: 'off',
    });
    const secret = password();
    const isAdmin = h('input', { type: 'checkbox' });
    formDialog('New agent', [
        field('Name', name, 'Colleagues see it; customers do not.'), field('Login', login),
        field('First password', secret, 'At least 8 characters. Hand it over in person.'),
        h('label.check', isAdmin, 'Administrator of the whole installation'),
    ], {
        verb: 'Create',
        submit: async () => {
            await post('/agents', {
                login: login.value.trim(), name: name.value.trim(), password: secret.value,
                isAdmin: isAdmin.checked,
            });
            tell(`${name.value.trim()} can sign in now`,
                { detail: 'Add the account to a project to give it sessions.' });
            draw();
        },
    });
}

function edit(agent, draw) {
    const name = h('input', { required: true, maxlength: 100, value: agent.name });
    const number = (value, fallback) => h('input', {
        type: 'number', min: 0, required: true, value: value ?? fallback,
    });
    const openLimit = number(agent.openLimit, 20);
    const newPerMinute = number(agent.newPerMinute, 6);
    const isAdmin = h('input', { type: 'checkbox', checked: Boolean(agent.isAdmin) });
    formDialog(`Edit ${agent.name}`, [
        field('Name', name),
        field('Open sessions at most', openLimit, 'Over all projects; 0 is no limit.'),
        field('New sessions a minute at most', newPerMinute, '0 is no limit.'),
        h('label.check', isAdmin, 'Administrator of the whole installation'),
    ], {
        verb: 'Save',
        submit: async () => {
            await put(`/agents/${agent.id}`, {
                name: name.value.trim(), isAdmin: isAdmin.checked,
                openLimit: Number(openLimit.value), newPerMinute: Number(newPerMinute.value),
            }, agent.etag);
            tell(`${name.value.trim()} saved`);
            draw();
        },
        reload: draw,
    });
}

function reset(agent, draw) {
    const secret = password();
    formDialog(`New password for ${agent.name}`, [
        field('Password', secret, 'At least 8 characters. Signed-in browsers are signed out.'),
    ], {
        verb: 'Set password',
        submit: async () => {
            await put(`/agents/${agent.id}`, { password: secret.value });
            tell(`${agent.name} has a new password`);
            draw();
        },
    });
}

async function activate(agent, isActive, draw) {
    if (!isActive) {
        const isSure = await ask(`Deactivate ${agent.name}?`, 'The account is signed out '
            + 'everywhere and is given nothing more. Its open sessions go back to the queue, at '
            + 'their old places.', 'Deactivate');
        if (!isSure) return;
    }
    try {
        await put(`/agents/${agent.id}`, { isActive });
        tell(`${agent.name} is ${isActive ? 'active' : 'deactivated'}`);
    } catch (problem) {
        alertOf(problem, `${agent.name} was not changed`);
    }
    draw();
}
