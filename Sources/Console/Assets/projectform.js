// The form of a project's settings.

import { get, post, put } from './api.js';
import { notSaved } from './conflict.js';
import { field, select } from './dialog.js';
import { h } from './dom.js';
import { hoursField } from './hours.js';
import { tell } from './notice.js';
import { absorbMe } from './store.js';

/** The modes by their names for people. */
export const MODES = [['roundRobin', 'Round robin'], ['onlineFirst', 'Online first']];
/** How online first chooses. */
export const BALANCES = [['roundRobin', 'In turn'], ['leastLoaded', 'Fewest open sessions'],
    ['random', 'At random']];
/** Who of the members is given sessions. */
export const SCOPES = [['allAgents', 'All agents'], ['specifiedAgents', 'Specified agents']];
/** What becomes of sessions while nobody is receiving. */
export const OFFLINE = [['default', 'As the mode says'], ['never', 'Never: it waits'],
    ['after', 'After a time']];

/** Which of `OFFLINE` a project has. */
export function offlineKind(value) {
    if (value === null || value === undefined || value === 'default') return 'default';
    return value === 'never' ? 'never' : 'after';
}

/** What the interface takes for a choice of `OFFLINE` with its seconds. */
export function offlineValue(kind, seconds) {
    return kind === 'after' ? { afterSeconds: Number(seconds) } : kind;
}

// Numbers: name, label, explanation, what an empty field means (null: it may not be empty).
const LIMITS = [
    ['openLimit', 'Open sessions of one agent here', '0 is no limit of its own.', null],
    ['newPerMinute', 'New sessions of one agent in a minute', '0 is no limit of its own.', null],
    ['messagesPerMinute', 'Messages of one customer taken in a minute', '0 is no limit.', null],
];
const TIMERS = [
    ['hiddenGraceSeconds', 'A hidden page counts as visible for (s)',
        'Empty: for as long as it is open.', -1],
    ['reopenSeconds', 'A message reopens a session for (s)',
        'After its completion; later it opens a new one.', null],
    ['firstReplySeconds', 'First reply due after (s)',
        'Then it goes to another agent. Empty: never.', 0],
    ['firstReplyMoves', 'How often it goes on', 'After that a manager is alerted.', null],
    ['goneSeconds', 'Agent counts as gone after (s)',
        'Their unanswered sessions are routed anew. Empty: never.', 0],
    ['autoCompleteSeconds', 'Completed by itself after (s)',
        'Since the last answer. Empty: never.', 0],
    ['clickRetentionDays', 'Clicks on its links are kept for (days)', 'Empty or 0: for ever.', 0],
];

/** The form; `reload` loads the page anew when somebody else was quicker. */
export function settingsForm(id, found, reload) {
    const inputs = basicInputs(id, found);
    const more = id ? moreInputs(found) : null;
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
                await save(id, found, { ...basicBody(inputs), ...more?.body() });
            } catch (problem) {
                notSaved(said, problem, reload);
            }
        },
    }, h('h2', 'Settings'), basicFields(inputs), more?.fields, said,
    h('footer', h('button.primary', { type: 'submit' }, id ? 'Save' : 'Create project')));
    show();
    return form;
}

function basicInputs(id, found) {
    return {
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
        balance: select(BALANCES, found.balance ?? 'roundRobin'),
        offline: select(OFFLINE, offlineKind(found.assignOffline)),
        seconds: h('input', {
            type: 'number', min: 0, max: 604_800,
            value: found.assignOffline?.afterSeconds ?? 0, 'aria-label': 'Seconds',
        }),
        scope: select(SCOPES, found.scope ?? 'allAgents'),
        seats: h('input', {
            type: 'number', min: 0, value: found.seats || '', placeholder: 'No limit',
        }),
    };
}

function basicFields(inputs) {
    return [
        field('Name', inputs.name), field('Bot username', inputs.botUsername),
        field('Bot token', inputs.token, 'From BotFather. Kept encrypted, never shown again.'),
        field('Webhook secret', inputs.secret, 'Telegram shows it with each message. Never shown '
            + 'again.'),
        field('Mode', inputs.mode, 'Round robin goes down the list. Online first chooses among '
            + 'those who are receiving.'),
        field('Online first chooses', inputs.balance),
        field('Give to agents who are not receiving', inputs.offline,
            'Only when nobody who could have it is receiving.'),
        field('… after seconds', inputs.seconds), field('Scope', inputs.scope,
            'Who of the members is given sessions.'),
        field('Seats', inputs.seats, 'The first members with Reply hold a seat each.'),
    ];
}

function basicBody(inputs) {
    const body = {
        name: inputs.name.value.trim(),
        botUsername: inputs.botUsername.value.trim().replace(/^@/, ''),
        mode: inputs.mode.value, balance: inputs.balance.value, scope: inputs.scope.value,
        seats: Number(inputs.seats.value),
        assignOffline: offlineValue(inputs.offline.value, inputs.seconds.value),
    };
    if (inputs.secret.value) body.webhookSecret = inputs.secret.value.trim();
    if (inputs.token.value) body.token = inputs.token.value.trim();
    return body;
}

/** What a project has beyond what a new one needs: { fields, body() }. */
function moreInputs(found) {
    const numbers = [...LIMITS, ...TIMERS].map(([name, label, hint, empty]) => ({
        name, empty,
        input: h('input', {
            type: 'number', min: 0, value: found[name] ?? '', required: empty === null,
        }),
        label, hint,
    }));
    const shown = (names) => numbers.filter((each) => names.some(([name]) => name === each.name))
        .map(({ label, input, hint }) => field(label, input, hint));
    const claim = select([['any', 'Any'], ['head', 'The one that waits longest']],
        found.claim ?? 'any');
    const claimOnly = h('input', { type: 'checkbox', checked: Boolean(found.claimOnly) });
    const hours = hoursField(found.hours);
    return {
        fields: [
            h('h3', 'Queue and limits'),
            field('Waiting sessions that may be claimed', claim),
            h('label.check', claimOnly, 'Sessions are only claimed, never given'),
            shown(LIMITS),
            h('h3', 'What happens by itself'), shown(TIMERS),
            h('h3', 'Hours'), hours.node,
        ],
        body: () => ({
            claim: claim.value, claimOnly: claimOnly.checked, hours: hours.value(),
            ...Object.fromEntries(numbers.map(({ name, input, empty }) =>
                [name, input.value === '' ? empty : Number(input.value)])),
        }),
    };
}

/** A secret as Telegram allows it, from the browser's random generator. */
function freshSecret() {
    const bytes = crypto.getRandomValues(new Uint8Array(24));
    return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

async function save(id, found, body) {
    const { data } = id ? await put(`/projects/${id}`, body, found.etag)
        : await post('/projects', body);
    found.etag = data.etag;
    absorbMe((await get('/me')).data);
    tell(id ? 'Project saved' : 'Project created',
        { detail: id ? 'New decisions follow it.' : 'Now name its members, then its webhook.' });
    if (!id) location.hash = `#/admin/projects/${data.id}`;
}
