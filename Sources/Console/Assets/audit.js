// The audit log: who changed what of the configuration.

import { itemsIn, pageHead, table } from './admin.js';
import { get } from './api.js';
import { changeList } from './conflict.js';
import { field, select } from './dialog.js';
import { full, h } from './dom.js';
import { trouble } from './notice.js';
import { state } from './store.js';

const ACTS = {
    createdAgent: 'Created the account', changedAgent: 'Changed the account',
    forcedOffline: 'Signed out', createdProject: 'Created the project',
    changedProject: 'Changed the project', changedMembers: 'Changed the members of',
    changedDesk: 'Changed the desk of', createdPool: 'Created the pool',
    changedPool: 'Changed the pool', removedPool: 'Deleted the pool',
    createdLink: 'Created the link', changedLink: 'Changed the link',
    createdToken: 'Created the token', revokedToken: 'Revoked the token',
    changedModeration: 'Changed the rules about texts of', erasedCustomer: 'Erased a customer:',
    changedWebhook: 'Moved the webhook of', raisedLevel: 'Raised the level of',
    createdHook: 'Created the hook', changedHook: 'Changed the hook',
    removedHook: 'Removed the hook',
};

/** Shows the lines, newest first. */
export async function openAudit(page) {
    const managed = state.me.projects.filter((each) => state.me.agent.isAdmin
        || each.permissions.includes('manage'));
    const project = select([['', 'Everything'], ...managed.map((each) => [each.id, each.name])],
        '');
    const body = h('div');
    let lines = [];
    let turn = 0;
    const draw = async (cursor) => {
        const mine = ++turn;
        const query = new URLSearchParams(project.value ? { project: project.value } : {});
        const download = `/api/v1/audit?${new URLSearchParams([...query, ['format', 'csv']])}`;
        if (cursor) query.set('cursor', cursor);
        try {
            const { data } = await get(`/audit?${query}`);
            if (mine !== turn) return;
            lines = [...(cursor ? lines : []), ...itemsIn(data)];
            body.replaceChildren(...parts(lines, data.next, draw, download));
        } catch (problem) {
            if (mine === turn) body.replaceChildren(trouble(problem, () => draw(cursor)));
        }
    };
    project.addEventListener('change', () => draw());
    page.replaceChildren(
        pageHead('Audit log', 'Every change of the configuration, newest first. Kept for 400 days, '
            + '20,000 lines at most.'),
        h('div.choices', field('Project', project)), body);
    await draw();
}

function parts(lines, next, draw, download) {
    return [
        table('Audit log', ['When', 'Who', 'What', 'Fields'], lines.map(row),
            ['Nothing was changed', 'What is changed from now on is written here.']),
        h('div.actions',
            next && h('button', { type: 'button', onclick: () => draw(next) }, 'Show older'),
            h('a', { href: download, download: 'audit.csv' }, 'Download as CSV')),
    ];
}

function row({ at, actor, token, act, subject, changes, more }) {
    const who = actor?.name ?? 'The cluster';
    return [
        full(at), token ? `${who}, by the token ${token.name}` : who,
        `${ACTS[act] ?? act} ${subject.name}`,
        changeList({ changes, more }),
    ];
}
