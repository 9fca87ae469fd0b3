// What happened in a session, in order: messages as bubbles, everything else as one line.

import { decisionCard } from './decision.js';
import { clock, day, full, h, icon } from './dom.js';
import { fileOf } from './files.js';
import { formatted } from './format.js';
import { reply, resend } from './load.js';
import { messageTools, revisionsOf, wordsNow } from './messages.js';
import { alertOf, explain } from './notice.js';
import { enclosureOf } from './places.js';
import { albumsOf, isAnswerable, quoteOf, quoter } from './quotes.js';
import { changed, isWritable, itemsOf, state, talk } from './store.js';
import { kindName, reachOf } from './words.js';

/** Messages of one side within this time are drawn as one group. */
const GROUP = 4 * 60_000;

/** The rows of a conversation, keyed by ordinal; `names` are what else the rows show. */
export function timelineRows(one, names) {
    const rows = [];
    let lastDay = null;
    let before = null;
    const hidden = new Set(itemsOf(one)
        .filter((item) => item.moderation?.action === 'confirm' && !item.agent)
        .map((item) => String(Number(item.ordinal) - 1)));
    const revisions = revisionsOf(itemsOf(one));
    const albums = albumsOf(itemsOf(one));
    const quoted = quoter(itemsOf(one), hidden);
    for (const item of itemsOf(one)) {
        const parts = albums.get(item.ordinal);
        if (parts === null) continue; // It is in the bubble of its album's first part.
        const today = day(item.at);
        if (today !== lastDay) {
            rows.push({ key: `day ${today}`, stamp: today, today });
            before = null;
        }
        lastDay = today;
        const isMessage = item.kind === 'message';
        const isAnswered = isMessage && isAnswerable(item, one.id);
        const quote = quoted(item);
        const isNext = isMessage && before && before.from === item.from
            && before.agent?.id === item.agent?.id
            && new Date(item.at) - new Date(before.at) < GROUP;
        const isShown = isWritable();
        // A message may open the session and bring the router's decision with it.
        if (isMessage && item.opening) {
            const opening = { ...item, kind: item.opening, decision: null };
            rows.push({ key: `opening ${item.ordinal}`, item: opening, stamp: item.at });
        }
        const revision = isMessage ? revisions.get(item.ordinal) : null;
        rows.push({
            key: `item ${item.ordinal}`, item, isNext, id: one.id, revision,
            isHidden: hidden.has(item.ordinal), quote,
            parts: parts?.map((each) => ({ item: each, isHidden: hidden.has(each.ordinal) })),
            stamp: JSON.stringify([
                item, isNext, names, (item.outbox || isAnswered) && isShown, isAnswered, quote,
                hidden.has(item.ordinal), revision, parts,
                parts?.map((each) => hidden.has(each.ordinal)),
            ]),
        });
        before = isMessage && !item.unsupported ? item : null;
        if (isMessage && item.decision) {
            const given = { ...item, kind: 'assigned' };
            rows.push({
                key: `given ${item.ordinal}`, item: given, stamp: JSON.stringify([given, names]),
            });
            before = null;
        }
    }
    for (const each of one.pending) {
        rows.push({
            key: each.key, pending: each, id: one.id, stamp: `${each.state} ${isWritable()}`,
        });
    }
    return rows;
}

/** The element of a row. */
export function timelineRow(row) {
    if (row.today) return h('li.day', h('span', row.today));
    if (row.divider) return h('li.day.divider', h('span', row.divider));
    if (row.pending) return pendingBubble(row);
    const isBubble = row.item.kind === 'message' && !row.item.unsupported;
    return isBubble ? bubble(row) : event(row.item, row.id, row);
}

function bubble({ item, isNext, id, isHidden, revision, quote, parts, from }) {
    const ref = from ? { id, from } : id;
    const all = parts ?? [{ item, isHidden }];
    const isAlbum = all.length > 1;
    const said = all.filter((each) => each.item.text);
    const isOurs = item.from === 'agent';
    const isMe = item.agent?.id === state.me.agent.id;
    const side = isOurs ? 'ours' : item.from === 'system' ? 'ours.system' : 'theirs';
    const kind = item.messageKind && item.messageKind !== 'text' && !item.file
        ? item.messageKind : null;
    const who = isOurs ? (isMe ? 'You' : nameOf(item.agent)) : null;
    return h(`li.message.${side}${isNext ? '.next' : ''}`,
        { 'data-session': id, 'data-ordinals': all.map((each) => each.item.ordinal).join(' ') },
        !isNext && who && !isMe && h('span.who', who),
        h('div.bubble',
            h('span.unseen', isOurs ? `${who}: ` : 'Customer: '),
            quoteOf(quote, id),
            isAlbum ? h('div.album', all.map((each) => fileOf(each.item, ref, each.isHidden)))
                : item.file && fileOf(item, ref, isHidden),
            kind && h('p.kind', kindName(kind), item.text ? ': ' : ''),
            enclosureOf(item),
            item.source && item.opening !== 'opened'
                && h('p.kind', `Came by the link ${item.source}`),
            said.map((each) => words(each.item, each.isHidden, revision)),
            !said.length && revision && words(item, isHidden, revision),
            !said.length && !revision && !kind && !item.file && h('p.kind', 'Empty message'),
            h('span.when',
                h('time', { datetime: item.at, title: full(item.at) }, clock(item.at)),
                item.changed && h('span', 'changed'),
                item.delivery && delivery(item.delivery))),
        !from && messageTools(item, id, revision, isHidden), !from && trouble(item, id));
}

/** A text, which is shown on demand where a rule wants it confirmed. */
function words(item, isHidden, revision) {
    const shown = wordsNow(item, revision);
    if (!isHidden) return shown;
    return h('details', h('summary', 'A rule of the project hides this message. Show it'), shown);
}

const DELIVERIES = {
    queued: ['clock', 'Queued'], sending: ['up', 'Sending'], sent: ['check', 'Sent'],
    failed: ['warn', 'Not delivered'], uncertain: ['info', 'Uncertain'],
    withdrawn: ['back', 'Withdrawn'],
};

function delivery(state) {
    const [mark, name] = DELIVERIES[state] ?? ['info', state];
    return h(`span.delivery.${state}`, { title: name }, icon(mark), h('span', name));
}

/** Under a message that did not arrive, or of which that is unknown: why, and what to do. */
function trouble(item, id) {
    if (item.delivery !== 'failed' && item.delivery !== 'uncertain') return null;
    const isChange = item.kind !== 'message';
    const text = item.delivery === 'failed'
        ? `Not ${isChange ? 'done' : 'delivered'}: ${item.failure || 'Telegram refused it'}.`
        : `It may or may not have arrived${item.failure ? `: ${item.failure}` : ''}. `
            + (isChange ? 'Trying again does no harm.' : 'Sending again could show it twice.');
    const advice = item.advice ? ` ${item.advice}` : '';
    const isSendable = item.outbox && isWritable();
    return h('p.aftermath', text, advice, ' ', item.outbox && h('button.quiet', {
        type: 'button', disabled: !isSendable,
        onclick: async (click) => {
            click.currentTarget.disabled = true;
            try {
                await resend(item, id);
            } catch (problem) {
                alertOf(problem, 'Not sent again');
            }
        },
    }, isChange ? 'Try again' : 'Send again'));
}

function pendingBubble({ pending, id }) {
    const words = {
        posting: 'Passing it to the cluster…', accepted: 'Queued',
        unknown: 'The connection broke while sending. The page looks whether it arrived.',
        lost: 'It did not arrive at the cluster.',
        refused: pending.problem && explain(pending.problem),
    }[pending.state];
    const isOver = pending.state === 'lost' || pending.state === 'refused';
    const drop = () => {
        const one = talk(id);
        one.pending = one.pending.filter((each) => each !== pending);
        changed();
    };
    return h(`li.message.ours.pending.${pending.state}`,
        h('div.bubble',
            h('p.text', { dir: 'auto' }, formatted(pending.text, pending.entities)),
            h('span.when', h('time', { datetime: pending.at }, clock(pending.at)))),
        h('p.aftermath', { role: isOver ? 'alert' : null }, words, ' ',
            isOver && h('button.quiet', {
                type: 'button', disabled: !isWritable(),
                onclick: () => {
                    drop();
                    reply(id, pending.text, {
                        entities: pending.entities, replyTo: pending.replyTo,
                    });
                },
            }, 'Send again'), ' ',
            isOver && h('button.quiet', { type: 'button', onclick: drop }, 'Discard')));
}

const MARKS = {
    opened: 'inbox', requeued: 'back', blocked: 'warn', unreachable: 'warn', edited: 'reopen',
    assigned: 'claim', claimed: 'claim', transferred: 'transfer',
    completed: 'check', reopened: 'reopen', gaveBack: 'back', queued: 'clock', waiting: 'clock',
    revised: 'reopen', deleted: 'close', noted: 'info', remarked: 'people', tagged: 'list',
    moderated: 'warn',
};

/** What a customer's message is after a change: under the line that tells of it. */
function changedTo(item, id, { isHidden, quote, from }) {
    return h('div.change', quoteOf(quote, id, 'What was changed'),
        item.file && fileOf(item, from ? { id, from } : id, isHidden), enclosureOf(item),
        item.text && words(item, isHidden, null));
}

function event(item, id, row = {}) {
    const line = h('span', sentence(item), ' ',
        h('time', { datetime: item.at, title: full(item.at) }, clock(item.at)),
        item.override && h('span.override', 'Override'),
        item.delivery && item.delivery !== 'sent' && delivery(item.delivery));
    const isNote = item.kind === 'noted';
    const words = item.remark ?? (isNote || item.kind === 'remarked' ? item.text : null);
    const remark = words && h(isNote ? 'p.remark.private' : 'p.remark', { dir: 'auto' },
        h('span.unseen', isNote ? 'Note: ' : 'Remark: '), words);
    const mark = icon(MARKS[item.kind] ?? 'info');
    if (!item.decision?.candidates || item.unsupported) {
        const place = { 'data-session': id, 'data-ordinals': item.ordinal };
        return h('li.event', place, h('p', mark, line), remark,
            item.kind === 'edited' && changedTo(item, id, row),
            item.unsupported && item.text && words(item, row.isHidden, null),
            !row.from && trouble(item, id));
    }
    return h('li.event', h('details',
        h('summary', mark, line, h('span.why', 'Why?')), decisionCard(item.decision)), remark);
}

function sentence(item) {
    const who = nameOf(item.agent) || 'Somebody';
    const to = item.to === 'any' ? 'anyone' : nameOf(item.to);
    const chosen = nameOf(item.decision?.chosen) || to;
    switch (item.kind) {
    case 'opened': return item.source ? `Session opened by ${item.source}` : 'Session opened';
    case 'assigned':
        return chosen ? `Given to ${chosen}` : 'Nobody could be given it: waiting';
    case 'claimed': return `Claimed by ${who}`;
    case 'transferred': return to ? `Transferred by ${who} to ${to}` : `Transferred by ${who}`;
    case 'completed': return item.agent ? `Completed by ${who}` : 'Completed';
    case 'reopened':
        return item.agent ? `Reopened by ${who}` : 'Reopened by the customer\'s message';
    case 'gaveBack': return `Given back by ${who}`;
    case 'requeued': return `Back in the queue: ${who} no longer answers here`;
    case 'rerouted':
        return item.text === 'gone' ? `Taken from ${who}, who is gone` : `${who} did not answer`;
    case 'tookOver': return `Taken over by ${who}`;
    case 'handedOver': return to ? `Left by ${who} to ${to}` : `Left by ${who}`;
    case 'barred': return `${who} blocked the customer`;
    case 'unbarred': return `${who} let the customer in again`;
    case 'flooded': return 'The customer writes too much: what is beyond the limit is not kept';
    case 'alerted': return `A manager was told that ${who} does not answer`;
    case 'autoCompleted': return 'Completed: the customer said nothing more';
    case 'blocked': return 'The customer blocked the bot';
    case 'unreachable': return reachOf(item.text || 'notAllowed').event;
    case 'noted':
        return item.text ? 'Your private note' : `${who} wrote a private note`;
    case 'remarked': return `Remark by ${who}`;
    case 'tagged': return `Tags by ${who}: ${tagChanges(item)}`;
    case 'moderated': return moderated(item);
    case 'unblocked': return 'The customer unblocked the bot';
    case 'message': return ['The customer sent what can\u2019t be shown: ', unsupported(item)];
    case 'edited':
        return item.location ? 'The place that the customer sent moved'
            : 'The customer changed a message';
    case 'revised': return `A message was changed by ${who}`;
    case 'deleted': return `A message was deleted by ${who}`;
    case 'callback': return `The customer pressed a button: ${item.text}`;
    case 'queued':
    case 'waiting': return 'Nobody could be given it: waiting';
    default: return `${kindName(item.kind)}${item.text ? `: ${item.text}` : ''}`;
    }
}

const unsupported = (item) => h('span.unsupported', `unsupported: ${item.messageKind}`);

function moderated({ agent, moderation: { action, rule } }) {
    if (action === 'block') {
        return agent ? `A message by ${nameOf(agent)} was blocked: rule “${rule}”`
            : `A message of the customer was blocked: rule “${rule}”`;
    }
    if (action === 'confirm' && agent) return `Sent by ${nameOf(agent)} despite rule “${rule}”`;
    return `Rule “${rule}” speaks of the message above`;
}

function tagChanges({ added = [], removed = [] }) {
    return [...added.map((tag) => `+ ${tag}`), ...removed.map((tag) => `− ${tag}`)].join(', ');
}

function nameOf(agent) {
    if (!agent) return '';
    const id = agent.id ?? agent;
    if (id === state.me.agent.id) return 'you';
    return agent.name ?? state.agents.get(id)?.name ?? `agent ${id}`;
}
