// A project's ordered list of members, with their permissions.

import { itemsIn } from './admin.js';
import { get, put } from './api.js';
import { notSaved } from './conflict.js';
import { select } from './dialog.js';
import { h, icon, set } from './dom.js';
import { tell } from './notice.js';
import { absorbMe, state } from './store.js';

const PERMISSIONS = [
    ['view', 'View', 'sees all sessions'], ['reply', 'Reply', 'answers and is given sessions'],
    ['transfer', 'Transfer', 'hands own sessions on'], ['manage', 'Manage', 'runs the project'],
];

/** The card with the list; the order is the order of turns. `reload` loads the page anew. */
export async function openMembers(id, project, reload) {
    const agents = await accounts();
    const name = (agent) => agents.find((each) => each.id === agent)?.name ?? `agent ${agent}`;
    let members = (project.members ?? []).map((each) => ({
        agent: each.agent?.id ?? each.agent ?? each.id,
        permissions: [...each.permissions], inScope: each.inScope ?? true,
    }));
    const list = h('ol.members');
    const said = h('p.said', { role: 'alert' });
    const save = h('button.primary', { type: 'button', onclick: store, disabled: true },
        'Save members');
    const add = select([], '', {
        'aria-label': 'Add a member',
        onchange: () => {
            members.push({
                agent: add.value, permissions: ['reply', 'transfer'], inScope: true,
            });
            edited();
        },
    });

    function edited() {
        save.disabled = false;
        draw();
    }

    async function store() {
        said.textContent = '';
        try {
            const { data } = await put(`/projects/${id}/members`, members, project.membersETag);
            project.membersETag = data.membersETag;
            save.disabled = true;
            absorbMe((await get('/me')).data);
            tell('Members saved', { detail: 'The next decision follows the new list.' });
        } catch (problem) {
            notSaved(said, problem, reload);
        }
    }

    function move(at, by) {
        const [one] = members.splice(at, 1);
        members.splice(at + by, 0, one);
        edited();
        list.children[at + by].querySelector(by < 0 ? '.up' : '.lower')?.focus();
    }

    function row(member, at) {
        const who = name(member.agent);
        const toggle = (permission) => (event) => {
            member.permissions = event.target.checked
                ? [...member.permissions, permission]
                : member.permissions.filter((each) => each !== permission);
            save.disabled = false;
        };
        return h('li',
            h('span.place', `${at + 1}`), h('span.name', who),
            h('span.permissions', PERMISSIONS.map(([key, label, what]) => h('label.check',
                { title: `${label}: ${what}` },
                h('input', {
                    type: 'checkbox', checked: member.permissions.includes(key),
                    'aria-label': `${who}: ${label}`, onchange: toggle(key),
                }), label)),
            h('label.check', { title: 'Counts when the scope is "Specified agents"' },
                h('input', {
                    type: 'checkbox', checked: member.inScope, 'aria-label': `${who}: in scope`,
                    onchange: (event) => {
                        member.inScope = event.target.checked;
                        save.disabled = false;
                    },
                }), 'In scope')),
            h('span.moves',
                h('button.bare.up', {
                    type: 'button', disabled: at === 0, 'aria-label': `Move ${who} up`,
                    onclick: () => move(at, -1),
                }, icon('up')),
                h('button.bare.lower', {
                    type: 'button', disabled: at === members.length - 1,
                    'aria-label': `Move ${who} down`, onclick: () => move(at, 1),
                }, icon('lower')),
                h('button.bare', {
                    type: 'button', 'aria-label': `Remove ${who}`,
                    onclick: () => {
                        members = members.filter((each) => each !== member);
                        edited();
                    },
                }, icon('close'))));
    }

    function draw() {
        list.replaceChildren(...members.map(row));
        const others = agents.filter((each) => each.isActive !== false
            && !members.some((member) => member.agent === each.id));
        add.replaceChildren(h('option', { value: '' }, 'Add a member…'),
            ...others.map((each) => h('option', { value: each.id }, each.name)));
        set(add, { value: '', disabled: !others.length });
    }

    draw();
    return h('section.card', h('h2', 'Members'),
        h('p.hint', 'Turns go down this list. Someone new joins at their place.'),
        list, said, h('footer', add, save));
}

/** All accounts, or those that one knows from the own projects. */
async function accounts() {
    try {
        return itemsIn((await get('/agents')).data);
    } catch (problem) {
        if (problem.status !== 403) throw problem;
        return [...state.agents.values()];
    }
}
