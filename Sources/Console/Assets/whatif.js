// What-if: how a time would have looked under other rules. For managers of a project.

import { pageHead } from './admin.js';
import { call, get } from './api.js';
import { field, select } from './dialog.js';
import { h, icon } from './dom.js';
import { explain } from './notice.js';
import { BALANCES, MODES, OFFLINE, SCOPES, offlineValue } from './projectform.js';
import { state } from './store.js';
import { whatIfReport } from './whatifreport.js';

const HOUR = 3_600_000;
/** A node plays one at a time and lets four wait. */
const LONGEST = 600_000;
const AS_IT_WAS = ['', 'As it was'];

/** Shows the form, and the report below it. */
export async function openWhatIf(page) {
    const managed = state.me.projects.filter((each) => state.me.agent.isAdmin
        || each.permissions.includes('manage'));
    const head = pageHead('What if', 'Plays a time of the past again under other rules, and '
        + 'compares. Nothing is changed by it.');
    if (!managed.length) {
        page.replaceChildren(head, h('div.empty', h('p.title', 'No project to ask about'),
            h('p', 'What-ifs are for managers of a project.')));
        return;
    }
    const chosen = select(managed.map((each) => [each.id, each.name]), managed[0].id);
    const body = h('div');
    const draw = async () => {
        const { data } = await get(`/projects/${chosen.value}`);
        if (data.id === chosen.value) body.replaceChildren(...form(data));
    };
    chosen.addEventListener('change', () => draw().catch((problem) => {
        body.replaceChildren(h('p.alarm', { role: 'alert' }, explain(problem)));
    }));
    page.replaceChildren(head, h('div.choices', field('Project', chosen)), body);
    await draw();
}

function form(project) {
    const span = spanFields();
    const rules = ruleFields(project);
    const members = memberFields(project);
    const said = h('p.said', { role: 'alert' });
    const button = h('button.primary', { type: 'submit' }, 'Play it again');
    const report = h('div.report');
    const node = h('form.card.grid', {
        onsubmit: async (event) => {
            event.preventDefault();
            button.disabled = true;
            said.textContent = '';
            const stop = passing(report);
            try {
                const changes = { ...rules.changes(), ...members.changes() };
                const { data } = await call('POST', `/projects/${project.id}/what-if`,
                    { ...span.value(), changes }, { timeout: LONGEST });
                report.replaceChildren(...whatIfReport(data));
            } catch (problem) {
                report.replaceChildren();
                said.textContent = explain(problem);
            } finally {
                stop();
                button.disabled = false;
            }
        },
    }, h('h2', 'The time and the rules'), span.fields, rules.fields, h('h3', 'Members'),
    members.node, said, h('footer', button));
    return [node, report];
}

/** Says how long it has been playing; gives the way to stop. */
function passing(report) {
    const began = Date.now();
    const text = h('p.quiet', { role: 'status' }, 'The node plays it twice…');
    const seconds = h('span', { 'aria-hidden': 'true' });
    report.replaceChildren(h('div.card', h('progress', { 'aria-label': 'Playing' }), text,
        seconds));
    const timer = setInterval(() => {
        seconds.textContent = `${Math.round((Date.now() - began) / 1000)} s`;
    }, 1_000);
    return () => clearInterval(timer);
}

function spanFields() {
    const now = Date.now();
    const from = h('input', {
        type: 'datetime-local', required: true, value: local(now - 24 * HOUR),
    });
    const to = h('input', { type: 'datetime-local', value: '' });
    return {
        fields: [field('From', from, 'As far back as the node’s journal goes, some days.'),
            field('To', to, 'Empty: now.')],
        value: () => ({
            from: new Date(from.value).toISOString(),
            ...(to.value ? { to: new Date(to.value).toISOString() } : {}),
        }),
    };
}

/** The rules; what is left as it was is not sent. */
function ruleFields(project) {
    const choice = (options) => select([AS_IT_WAS, ...options], '');
    const number = (value) => h('input', {
        type: 'number', min: 0, placeholder: `As it was (now ${value || 'no limit'})`,
    });
    const inputs = {
        mode: choice(MODES), balance: choice(BALANCES), scope: choice(SCOPES),
        seats: number(project.seats), openLimit: number(project.openLimit),
        newPerMinute: number(project.newPerMinute),
    };
    const offline = choice(OFFLINE);
    const seconds = h('input', { type: 'number', min: 0, max: 604_800, value: 60, disabled: true });
    offline.addEventListener('change', () => { seconds.disabled = offline.value !== 'after'; });
    return {
        fields: [
            field('Mode', inputs.mode), field('Online first chooses', inputs.balance),
            field('Scope', inputs.scope),
            field('Give to agents who are not receiving', offline),
            field('… after seconds', seconds), field('Seats', inputs.seats, '0: no limit.'),
            field('Open sessions of one agent here', inputs.openLimit, '0: no limit of its own.'),
            field('New sessions in a minute here', inputs.newPerMinute, '0: no limit of its own.'),
        ],
        changes: () => {
            const found = Object.entries(inputs).filter(([, input]) => input.value !== '')
                .map(([name, input]) => [name,
                    input.type === 'number' ? Number(input.value) : input.value]);
            if (offline.value) {
                found.push(['assignOffline', offlineValue(offline.value, seconds.value)]);
            }
            return Object.fromEntries(found);
        },
    };
}

/** The list: who takes part, in which order, with which limits over all projects. */
function memberFields(project) {
    let isOther = false;
    const list = h('ol.members');
    for (const each of project.members) list.append(memberRow(each, () => { isOther = true; }));
    const rows = () => [...list.children];
    return {
        node: h('div.wide', h('p.hint', 'Who is ticked takes part, in this order. Limits are those '
            + 'over all projects; empty: as they were.'), list),
        changes: () => {
            const limits = rows().map((row) => row.limits()).filter(Boolean);
            return {
                ...(limits.length ? { agents: limits } : {}),
                ...(isOther ? { members: rows().map((row) => row.member()).filter(Boolean) } : {}),
            };
        },
    };
}

function memberRow({ agent, permissions, inScope, tags }, edited) {
    const { name } = agent;
    const takesPart = h('input', {
        type: 'checkbox', checked: true, 'aria-label': `${name} takes part`, onchange: edited,
    });
    const number = (what) => h('input', { type: 'number', min: 0, placeholder: what,
        'aria-label': `${name}: ${what}` });
    const open = number('Open at most');
    const rate = number('New in a minute');
    const move = (by) => () => {
        const other = by < 0 ? node.previousElementSibling : node.nextElementSibling;
        if (!other) return;
        if (by < 0) other.before(node);
        else other.after(node);
        edited();
    };
    const node = h('li', h('label.check', takesPart, h('span.name', name)),
        h('span.permissions', open, rate),
        h('span.moves',
            h('button.bare.up', {
                type: 'button', 'aria-label': `Move ${name} up`, onclick: move(-1),
            }, icon('up')),
            h('button.bare.lower', {
                type: 'button', 'aria-label': `Move ${name} down`, onclick: move(1),
            }, icon('lower'))));
    node.member = () => (takesPart.checked
        ? { agent: agent.id, permissions, inScope, tags } : null);
    node.limits = () => (open.value === '' && rate.value === '' ? null : {
        agent: agent.id,
        ...(open.value === '' ? {} : { openLimit: Number(open.value) }),
        ...(rate.value === '' ? {} : { newPerMinute: Number(rate.value) }),
    });
    return node;
}

/** A moment as the local date-and-time field wants it. */
function local(at) {
    const date = new Date(at);
    return new Date(date - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}
