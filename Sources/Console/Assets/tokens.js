// API tokens for integrations: made, shown once, revoked. For administrators.

import { itemsIn, pageHead, table } from './admin.js';
import { ask } from './actions.js';
import { get, post, remove } from './api.js';
import { field, formDialog, secretDialog, select } from './dialog.js';
import { full, h, icon } from './dom.js';
import { alertOf, tell } from './notice.js';
import { state } from './store.js';

const SCOPES = [
    ['read', 'Read', 'looks at everything that the agent may see'],
    ['sessions', 'Sessions', 'answers, claims, hands on, completes'],
    ['manage', 'Manage', 'changes projects, members, agents and links'],
];

/** Shows the tokens. */
export async function openTokens(page) {
    if (!state.me.agent.isAdmin) {
        page.replaceChildren(pageHead('API tokens', 'Tokens are kept by administrators.'));
        return;
    }
    const draw = () => openTokens(page);
    const tokens = itemsIn((await get('/tokens')).data);
    page.replaceChildren(
        pageHead('API tokens', 'What other programs sign in with. A token acts for one agent, '
            + 'within its scopes, until it ends or is revoked.',
        h('button.primary', { type: 'button', onclick: () => create(draw) }, icon('plus'),
            'New token')),
        table('API tokens', ['Name', 'Acts for', 'Scopes', 'Made', 'Ends', ''],
            tokens.map((each) => row(each, draw)),
            ['No tokens yet', 'Make one for each program, so that one can be revoked alone.']));
}

function row(token, draw) {
    return [
        token.name, token.agent.name,
        SCOPES.filter(([key]) => token.scopes.includes(key)).map(([, name]) => name).join(', '),
        full(token.createdAt), endOf(token),
        h('span.rowactions', h('button', {
            type: 'button', 'aria-label': `Revoke ${token.name}`,
            onclick: () => revoke(token, draw),
        }, 'Revoke')),
    ];
}

function endOf({ expiresAt }) {
    if (!expiresAt) return 'When revoked';
    return new Date(expiresAt) > new Date() ? full(expiresAt)
        : h('span.off', `Ended ${full(expiresAt)}`);
}

async function create(draw) {
    let agents;
    try {
        agents = itemsIn((await get('/agents')).data).filter((each) => each.isActive !== false);
    } catch (problem) {
        alertOf(problem, 'No token can be made now');
        return;
    }
    const name = h('input', { required: true, maxlength: 100, autocomplete: 'off' });
    const agent = select(agents.map((each) => [each.id, each.name]), state.me.agent.id);
    const scopes = SCOPES.map(([key, label, what]) => h('label.check',
        h('input', { type: 'checkbox', name: 'scope', value: key, checked: key === 'read' }),
        `${label}: ${what}`));
    const ends = h('input', { type: 'datetime-local' });
    formDialog('New API token', [
        field('Name', name, 'What it is for, for example "Billing system".'),
        field('Acts for', agent, 'It never exceeds what this agent may do.'),
        h('fieldset', h('legend', 'Scopes'), scopes),
        field('Ends', ends, 'Empty: when it is revoked.'),
    ], {
        verb: 'Make token',
        submit: async ({ form, said }) => {
            const chosen = new FormData(form).getAll('scope');
            if (!chosen.length) {
                said.textContent = 'Choose one scope at least.';
                return false;
            }
            const { data } = await post('/tokens', {
                name: name.value.trim(), agent: agent.value, scopes: chosen,
                ...(ends.value ? { expiresAt: new Date(ends.value).toISOString() } : {}),
            });
            draw();
            secretDialog(`The token "${data.name}"`,
                'Copy it now: it is not shown again. Who has it acts for the agent.',
                'The token', data.token);
            return true;
        },
    });
}

async function revoke(token, draw) {
    const isSure = await ask(`Revoke ${token.name}?`, 'What uses it is refused from now on, at '
        + 'every node. This cannot be undone.', 'Revoke');
    if (!isSure) return;
    try {
        await remove(`/tokens/${token.id}`);
        tell(`${token.name} is revoked`);
    } catch (problem) {
        alertOf(problem, `${token.name} was not revoked`);
    }
    draw();
}
