// What messages say of each other: which one is answered or changed, and the way there. Customers'
// messages name others by Telegram's numbers; the node tells ordinals where it looked for them.

import { h, icon } from './dom.js';
import { loadOlder } from './load.js';
import { enclosureName } from './places.js';
import { changed, isWritable, session, state, talk } from './store.js';
import { kindName } from './words.js';

/** The most of a message that a quotation shows, in characters. */
const LENGTH = 90;
/** How many pages are brought to find what is quoted. */
const PAGES = 40;

/** Of albums: the parts by the ordinal of the first; the others have null. */
export function albumsOf(items) {
    const first = new Map();
    const found = new Map();
    for (const item of items) {
        if (item.kind !== 'message' || !item.album || item.unsupported) continue;
        const parts = first.get(item.album);
        if (!parts || item.opening || item.decision) {
            first.set(item.album, [item]);
            found.set(item.ordinal, first.get(item.album));
        } else {
            parts.push(item);
            found.set(item.ordinal, null);
        }
    }
    return found;
}

/** Finds what items speak of, among those that are here. */
export function quoter(items, hidden) {
    const byOrdinal = new Map(items.map((item) => [item.ordinal, item]));
    const byNumber = new Map(items.filter((item) => item.number && item.kind === 'message')
        .map((item) => [item.number, item]));
    return (item) => {
        const isEdit = item.kind === 'edited';
        const ordinal = isEdit ? item.of : item.replyTo;
        const number = isEdit ? item.ofNumber : item.replyToNumber;
        if (!ordinal && !number) return null;
        const target = byOrdinal.get(ordinal) ?? byNumber.get(number);
        if (!target) return { ordinal: ordinal ?? null, words: 'An earlier message' };
        return { ordinal: target.ordinal, words: excerpt(target, hidden.has(target.ordinal)) };
    };
}

function excerpt(item, isHidden) {
    if (isHidden) return 'A message that a rule hides';
    if (item.text) {
        const words = Array.from(item.text.replace(/\s+/g, ' '));
        return words.length > LENGTH ? `${words.slice(0, LENGTH).join('')}…` : words.join('');
    }
    return enclosureName(item) || kindName(item.messageKind ?? 'message');
}

/** A short quotation that leads to what is quoted. */
export function quoteOf(quoted, id, title = 'In reply to') {
    if (!quoted) return null;
    const words = [h('span.unseen', `${title}: `), quoted.words];
    if (!quoted.ordinal) return h('p.quote', { dir: 'auto', title }, words);
    return h('button.quote', {
        type: 'button', dir: 'auto', title: `${title}: show it`,
        onclick: () => show(id, quoted.ordinal),
    }, words);
}

/** Leads to a message, which is brought if it is too old to be here. */
async function show(id, ordinal) {
    // Earlier sessions are brought by the conversation that shows them.
    const one = id === state.route.id ? talk(id) : null;
    for (let page = 0; page < PAGES && one && !one.items.has(ordinal) && one.next; page += 1) {
        await loadOlder(id);
    }
    await new Promise((done) => { setTimeout(done); }); // The rows are drawn in a microtask.
    const node = document.querySelector(
        `.log [data-session="${Number(id)}"][data-ordinals~="${Number(ordinal)}"]`);
    if (!node) return;
    node.scrollIntoView({ block: 'center' });
    node.setAttribute('tabindex', '-1');
    node.focus({ preventScroll: true });
    node.classList.add('shown');
    setTimeout(() => node.classList.remove('shown'), 2_000);
}

/** Whether an agent can answer this very message. */
export function isAnswerable(item, id) {
    return Boolean(item.number) && session(id)?.state !== 'completed';
}

/** The button that makes the next answer one to this message. */
export function replyButton(item, id, isHidden) {
    if (!isAnswerable(item, id)) return null;
    return h('button.quiet', {
        type: 'button', disabled: !isWritable(),
        onclick: () => {
            talk(id).replyTo = { ordinal: item.ordinal, words: excerpt(item, isHidden) };
            changed();
            dispatchEvent(new CustomEvent('replychosen'));
        },
    }, 'Reply');
}

/** What the next answer answers, above the field: { node, draw }. */
export function replyBar() {
    const words = h('span', { dir: 'auto' });
    let shown = null;
    const node = h('div.answers', { hidden: true },
        words, h('button.bare', {
            type: 'button', 'aria-label': 'Do not answer this message', onclick: () => {
                if (shown) shown.replyTo = null;
                changed();
            },
        }, icon('close')));
    return {
        node,
        draw(one) {
            shown = one;
            node.hidden = !one?.replyTo;
            words.textContent = one?.replyTo ? `In reply to: ${one.replyTo.words}` : '';
        },
    };
}
