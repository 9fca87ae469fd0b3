// What an agent does with a message of theirs: changes it, deletes it, takes it back. The way to
// Telegram is that of every message; the old words stay in the conversation for the desk.

import { ask } from './actions.js';
import { put, remove } from './api.js';
import { field, formDialog } from './dialog.js';
import { h } from './dom.js';
import { formatted, read, written } from './format.js';
import { alertOf } from './notice.js';
import { replyButton } from './quotes.js';
import { isWritable, state } from './store.js';

/** What became of messages: by their ordinal, { shown, isDeleted, items }. */
export function revisionsOf(items) {
    const found = new Map();
    for (const item of items) {
        if (item.kind !== 'revised' && item.kind !== 'deleted') continue;
        const known = found.get(item.of) ?? { shown: null, isDeleted: false, isUnderWay: false };
        if (item.delivery === 'sent') {
            if (item.kind === 'deleted') known.isDeleted = true;
            else known.shown = item;
        }
        if (item.delivery === 'queued' || item.delivery === 'sending') known.isUnderWay = true;
        found.set(item.of, known);
    }
    return found;
}

/** The words of a message as its reader has them, and what they were. */
export function wordsNow(item, revision) {
    if (revision?.isDeleted) {
        return [h('p.kind', 'Deleted for the customer'),
            item.text && before(item, 'What it said')];
    }
    const shown = revision?.shown ?? item;
    const words = h('p.text', { dir: 'auto' }, formatted(shown.text, shown.entities));
    if (!shown.text) return [];
    return revision?.shown && item.text
        ? [words, before(item, 'Changed: what it said before')] : [words];
}

function before(item, title) {
    return h('details.before', h('summary', title),
        h('p', { dir: 'auto' }, formatted(item.text, item.entities)));
}

/** What its author can do with a message now; null: nothing. */
export function messageTools(item, session, revision, isHidden = false) {
    const answers = revision?.isDeleted ? null : replyButton(item, session, isHidden);
    const own = ownTools(item, session, revision);
    return answers || own ? h('p.tools', answers, answers && own && ' ', own) : null;
}

function ownTools(item, session, revision) {
    const isMine = item.from === 'agent' && item.agent?.id === state.me.agent.id;
    if (!isMine || !item.outbox || revision?.isDeleted || revision?.isUnderWay) return null;
    const isSent = item.delivery === 'sent';
    const isWaiting = item.delivery === 'queued';
    if (!isSent && !isWaiting && item.delivery !== 'failed') return null;
    const now = revision?.shown ?? item;
    return [
        (isSent || isWaiting) && h('button.quiet', {
            type: 'button', disabled: !isWritable(),
            onclick: () => changeDialog(item, now, session),
        }, 'Change'), ' ',
        h('button.quiet', {
            type: 'button', disabled: !isWritable(),
            onclick: () => deleteMessage(item, session, isSent),
        }, isSent ? 'Delete' : 'Withdraw'),
    ];
}

const address = (item, session) => `/sessions/${session}/messages/${item.ordinal}`;

function changeDialog(item, now, session) {
    const words = h('textarea', { rows: 6, value: written(now.text, now.entities) });
    let isConfirmed = false;
    words.addEventListener('input', () => { isConfirmed = false; });
    formDialog('Change the message', [field('Text', words,
        'The customer sees the new text. The desk keeps the old one.')], {
        verb: 'Change',
        submit: async ({ button }) => {
            const { text, entities } = read(words.value.trim());
            try {
                await put(address(item, session), {
                    text, entities: entities.length ? entities : undefined,
                    confirm: isConfirmed || undefined,
                });
            } catch (problem) {
                if (problem.code === 'confirm_text') {
                    isConfirmed = true;
                    button.textContent = 'Change anyway';
                }
                throw problem;
            }
        },
    });
    words.focus();
}

async function deleteMessage(item, session, isSent) {
    const isSure = await ask(isSent ? 'Delete the message?' : 'Take the message back?',
        isSent ? 'It disappears from the customer’s chat, within 48 hours of its sending. '
            + 'The desk keeps what it said.' : 'It will not be sent.',
        isSent ? 'Delete' : 'Withdraw');
    if (!isSure) return;
    try {
        await remove(address(item, session));
    } catch (problem) {
        alertOf(problem, isSent ? 'Not deleted' : 'Not withdrawn');
    }
}
