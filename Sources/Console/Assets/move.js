// Going on at another node when this one is lost. Browsers take another host for another site: no
// cookie and nothing stored follows. So the page keeps a ticket for its sign-in while the node
// lives, and takes along what only it has, behind the # that no server sees.

import { get, hasSeen, post, seenIndex } from './api.js';
import { h } from './dom.js';
import { hiddenSeconds, wasHidden } from './live.js';
import { settle } from './load.js';
import { isWritable, state, talk } from './store.js';

/** How long a node may be away before the page goes. */
const PATIENCE = 8_000;
const LOOK_EVERY = 1_000;
/** A ticket is good for a quarter of an hour. */
const TICKET_EVERY = 240_000;
/** Bytes of drafts that go along; addresses have an end. */
const ROOM = 60_000;
const MARK = '?move=';

let ticket = null;
let nodes = [];
let lostAt = null;
let isLooking = false;
let timers = [];

/** From now on the page goes to another node if this one stays away. */
export function standBy() {
    timers.forEach(clearInterval);
    lostAt = null;
    fetchTicket();
    timers = [setInterval(fetchTicket, TICKET_EVERY), setInterval(look, LOOK_EVERY)];
}

async function fetchTicket() {
    if (!state.me || !isWritable()) {
        // The live connection may just be opening.
        if (state.me && !ticket) setTimeout(fetchTicket, LOOK_EVERY);
        return;
    }
    try {
        const { data } = await post('/me/move');
        ({ ticket, nodes } = data);
    } catch {} // Without one the next node asks for the password.
}

async function look() {
    if (!state.me || isWritable()) {
        lostAt = null;
        return;
    }
    lostAt ??= Date.now();
    if (isLooking || Date.now() - lostAt < PATIENCE) return;
    isLooking = true;
    try {
        const url = await firstReady();
        // It may have come back meanwhile.
        if (url && state.me && !isWritable()) {
            leaveFor(url);
            lostAt = Date.now();
        }
    } finally {
        isLooking = false;
    }
}

/** The other nodes, beginning at another one for each agent: not all go to the same. */
function others() {
    const list = nodes.filter((url) => /^https?:/.test(url)
        && new URL(url).origin !== location.origin);
    const first = Number(state.me.agent.id) % (list.length || 1);
    return [...list.slice(first), ...list.slice(0, first)];
}

async function firstReady() {
    for (const url of others()) {
        try {
            const response = await fetch(`${url.replace(/\/$/, '')}/readyz`, {
                cache: 'no-store', credentials: 'omit', signal: AbortSignal.timeout(3_000),
            });
            if (response.ok) return url;
        } catch {} // Not this one.
    }
    return null;
}

function leaveFor(url) {
    const luggage = encode({
        ticket, index: seenIndex(), talks: talksToTake(), hidden: hiddenSeconds(),
    });
    const hash = location.hash || '#/mine';
    // The address of this page, and nothing else, is what the next one knows where we come from by.
    h('a', {
        href: `${url.replace(/\/$/, '')}/${hash}${MARK}${luggage}`, referrerpolicy: 'origin',
    }).click();
}

/** Drafts, and what was sent and not confirmed: the open conversation first, as far as they fit. */
function talksToTake() {
    const found = [...state.talks.values()]
        .filter((one) => one.draft || one.replyTo || one.pending.length)
        .sort((a, b) => (b.id === state.route.id) - (a.id === state.route.id));
    const talks = {};
    let room = ROOM;
    for (const { id, draft, replyTo, pending } of found) {
        const kept = pending.filter((each) => each.state !== 'accepted')
            .map(({ key, text, entities, replyTo: to, at, after }) => (
                { key, text, entities, replyTo: to, at, after }));
        room -= JSON.stringify([draft, replyTo, kept]).length;
        if (room >= 0) talks[id] = { draft, replyTo, pending: kept };
    }
    return talks;
}

/** What a page took along from another node; null: it comes from nowhere. It is taken once. */
export function arrived() {
    const at = location.hash.indexOf(MARK);
    if (at < 0) return null;
    const text = location.hash.slice(at + MARK.length);
    history.replaceState(null, '', location.hash.slice(0, at));
    try {
        const { ticket: shown, index, talks, hidden } = decode(text);
        wasHidden(Number(hidden));
        return { ticket: shown, index: Number(index) || 0, talks: talks ?? {} };
    } catch {
        return null;
    }
}

/**
 * Shows the ticket: the browser is signed in here then, if the cookie did not follow or another tab
 * was quicker. Where it does not count, what came along is dropped: any site can make up a link.
 */
export async function goOn(luggage) {
    hasSeen(Number.isSafeInteger(luggage.index) ? luggage.index : 0);
    const from = document.referrer && new URL(document.referrer).origin;
    const show = () => post('/sign-in/move', { ticket: luggage.ticket, from });
    try {
        // A node that is far behind is asked again, without waiting for it.
        await show().catch((problem) => {
            if (problem.code === 'behind') return show();
            throw problem;
        });
    } catch {
        luggage.talks = {};
        luggage.isStrange = true;
    }
    await get('/me');
}

/** Drafts, and what was sent without an answer: the page looks whether it arrived. */
export function unpack({ talks }) {
    for (const [id, { draft, replyTo, pending }] of Object.entries(talks)) {
        const one = talk(id);
        one.draft = draft;
        one.replyTo = replyTo ?? null;
        one.pending = pending.map((each) => ({ ...each, state: 'unknown' }));
        if (one.pending.length) settle(one);
    }
}

function encode(value) {
    const bytes = new TextEncoder().encode(JSON.stringify(value));
    let text = '';
    for (const byte of bytes) text += String.fromCharCode(byte);
    return btoa(text).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

function decode(text) {
    const plain = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
    return JSON.parse(new TextDecoder().decode(Uint8Array.from(plain, (each) =>
        each.charCodeAt(0))));
}
