// The form of a magic link: where it leads, who has its sessions, and what it does with a click.

import { itemsIn } from './admin.js';
import { get, put } from './api.js';
import { notSaved } from './conflict.js';
import { field, select } from './dialog.js';
import { h } from './dom.js';
import { rulesField } from './linkrules.js';
import { tell } from './notice.js';
import { state } from './store.js';

const OPENS = [['web', 't.me, works everywhere'], ['app', 'Telegram app directly']];
const ADDRESSES = [['whole', 'Whole'], ['truncated', 'The network alone (/24, /48)'],
    ['dropped', 'Nothing']];
const UTM = [['source', 'Source'], ['medium', 'Medium'], ['campaign', 'Campaign'],
    ['term', 'Term'], ['content', 'Content']];

/** The form; `reload` loads the page anew. */
export async function linkForm(link, reload) {
    const [project, projects, pools] = await Promise.all([
        get(`/projects/${link.project}`).then(({ data }) => data),
        get('/projects').then(({ data }) => itemsIn(data)), poolsOf(link.project),
    ]);
    const inputs = basics(link, pools);
    const preferred = preference(link, project);
    const utm = UTM.map(([key]) => h('input', { maxlength: 100, value: link.utm?.[key] ?? '' }));
    const rules = rulesField(link, projects, poolsOf);
    const said = h('p.said', { role: 'alert' });
    const show = () => { preferred.node.disabled = Boolean(inputs.pool.value); };
    const body = () => ({
        name: inputs.name.value.trim(), code: inputs.code.value.trim(),
        enabled: inputs.enabled.checked, open: inputs.open.value,
        expires: momentOf(inputs.expires.value, link.expires),
        pool: inputs.pool.value, prefer: inputs.pool.value ? NOBODY : preferred.value(),
        language: inputs.language.value.trim(), addresses: inputs.addresses.value,
        utm: Object.fromEntries(UTM.map(([key], at) => [key, utm[at].value.trim()])),
        rules: rules.value(),
    });
    const form = h('form.card.grid', {
        onchange: show,
        onsubmit: async (event) => {
            event.preventDefault();
            said.textContent = '';
            try {
                await put(`/links/${link.id}`, body(), link.etag);
                tell('Link saved', { detail: 'Clicks follow it from now on.' });
                await reload();
            } catch (problem) {
                notSaved(said, problem, reload);
            }
        },
    }, h('h2', `Settings, ${project.name}`), basicFields(inputs),
    h('h3', 'Who has its sessions'),
    field('Pool', inputs.pool, 'Its members alone, until the pool’s time is over.'),
    field('Language', inputs.language, 'For example pt-br. Empty: the customer’s own.'),
    preferred.node,
    h('h3', 'Where clicks come from'),
    h('p.hint.wide', 'UTM values of clicks that bring none.'),
    UTM.map(([, name], at) => field(name, utm[at])),
    field('Kept of a visitor’s address', inputs.addresses),
    h('h3', 'Parameter rules'), rules.node, said,
    h('footer', h('button.primary', { type: 'submit' }, 'Save')));
    show();
    return form;
}

const NOBODY = { agents: [], tags: [] };

/** The pools of a project as choices. */
async function poolsOf(project) {
    const pools = itemsIn((await get(`/projects/${project}/pools`)).data);
    return [['', 'None'], ...pools.map((each) => [each.id, each.name])];
}

/** A choice that also shows what is chosen and no more there. */
export function keeping(choices, value) {
    return !value || choices.some(([key]) => key === value) ? choices
        : [...choices, [value, `Removed (${value})`]];
}

function basics(link, pools) {
    return {
        name: h('input', { required: true, maxlength: 100, value: link.name }),
        code: h('input', {
            required: true, pattern: '[A-Za-z0-9_\\-]{2,64}', autocapitalize: 'none',
            spellcheck: 'false', value: link.code,
        }),
        expires: h('input', { type: 'datetime-local', value: local(link.expires) }),
        open: select(OPENS, link.open ?? 'web'),
        enabled: h('input', { type: 'checkbox', checked: link.enabled }),
        pool: select(keeping(pools, link.pool), link.pool ?? ''),
        language: h('input', {
            maxlength: 35, value: link.language ?? '', autocapitalize: 'none',
            spellcheck: 'false',
        }),
        addresses: select(ADDRESSES, link.addresses ?? 'whole'),
    };
}

const basicFields = (inputs) => [
    field('Name', inputs.name, 'The source that agents see.'),
    field('Code', inputs.code, 'The end of the address.'), field('Opens', inputs.open),
    field('Expires', inputs.expires, 'Empty: never. A later moment renews it.'),
    h('label.check', inputs.enabled, 'Switched on'),
];

/** Agents and tags that come first: { node, value() }. */
function preference(link, project) {
    const chosen = new Set((link.prefer?.agents ?? []).map((each) => each.id ?? each));
    const agents = (project.members ?? []).map((each) => each.agent?.id ?? each.agent);
    const boxes = [...new Set([...agents, ...chosen])].map((id) => h('input', {
        type: 'checkbox', value: id, checked: chosen.has(id),
    }));
    const name = (id) => project.members?.find((each) => each.agent?.id === id)?.agent.name
        ?? state.agents.get(id)?.name ?? `agent ${id}`;
    const tags = h('input', { value: (link.prefer?.tags ?? []).join(', ') });
    return {
        node: h('fieldset.wide', h('legend', 'Who comes first'),
            h('p.hint', 'Only where it has no pool. The others come when none of them can.'),
            h('div.permissions', boxes.map((box) => h('label.check', box, name(box.value)))),
            field('Tags of members who come first', tags, 'With commas between them.')),
        value: () => ({
            agents: boxes.filter((box) => box.checked).map((box) => box.value),
            tags: tags.value.split(',').map((tag) => tag.trim()).filter(Boolean),
        }),
    };
}

/** The moment that a field says; one that is as it was keeps its seconds. */
function momentOf(value, before) {
    if (value === local(before)) return before ?? '';
    return value ? new Date(value).toISOString() : '';
}

/** A moment as the local date-and-time field wants it. */
function local(at) {
    if (!at) return '';
    const date = new Date(at);
    return new Date(date - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}
