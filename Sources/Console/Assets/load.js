// Brings what the page shows: lists, conversations, and the live events that keep them current.

import { get, post, probe } from './api.js';
import { Live } from './live.js';
import { alertOf } from './notice.js';
import {
    absorbAgent, absorbItem, absorbMe, absorbSession, changed, forgetSession, isAlerted, isIdle,
    isMine, itemsOf, manages, maySee, newer, state, talk,
} from './store.js';

const PAGE = 50;
/** Conversations kept in memory for quick switching. */
const KEPT_TALKS = 30;

let live = null;
let detailTimer = null;
let wasLost = false;
let onArrival = () => {};

/** Names who is told of news for this agent: ('assigned'|'message'|'alerted', session). */
export function whenArrived(callback) {
    onArrival = callback;
}

/** Loads who we are and the lists that need attention, then follows the log. */
export async function begin() {
    const { data, index } = await get('/me');
    absorbMe(data);
    const names = manages() ? ['mine', 'waiting', 'alerted'] : ['mine', 'waiting'];
    const indexes = await Promise.all(names.map((name) => loadList(name)));
    live = new Live({ message: received, state: linked, probe: check });
    live.start(Math.min(index, ...indexes.filter(Number.isFinite)));
}

/** Stops following. */
export function end() {
    live?.stop();
    live = null;
    clearTimeout(detailTimer);
}

/** Loads a list's first page, or its next; gives the log index of the answer. */
export async function loadList(name, { more = false } = {}) {
    const list = state.lists[name];
    if (list.isLoading) return NaN;
    list.isLoading = true;
    list.problem = null;
    changed();
    try {
        let cursor = more ? list.next : null;
        let first = Infinity;
        do {
            const query = new URLSearchParams({ list: name });
            const isNarrowed = name === 'completed' || name === 'all';
            if (isNarrowed && state.project) query.set('project', state.project);
            if (cursor) query.set('cursor', cursor);
            const { data, index } = await get(`/sessions?${query}`);
            first = Math.min(first, Number(data.index ?? index));
            for (const each of data.items) absorbSession(each, Number(data.index ?? index));
            cursor = data.next;
            // One's own sessions are counted, so all of them are wanted; there are few.
        } while (name === 'mine' && cursor);
        list.next = cursor;
        list.isLoaded = true;
        return first;
    } catch (problem) {
        list.problem = problem;
        return NaN;
    } finally {
        list.isLoading = false;
        changed();
    }
}

/** Loads a conversation, or brings it up to date. */
export async function loadTalk(id) {
    const one = talk(id);
    if (one.isLoading) return;
    one.isLoading = true;
    one.problem = null;
    trim(id);
    try {
        await Promise.all([loadDetail(id), loadHistory(one)]);
        one.isLoaded = true;
    } catch (problem) {
        one.problem = problem;
        if (problem.status === 404 || problem.status === 403) forgetSession(id);
    } finally {
        one.isLoading = false;
        changed();
    }
}

async function loadHistory(one, before) {
    const query = new URLSearchParams({ limit: PAGE, ...(before ? { before } : {}) });
    const { data, index } = await get(`/sessions/${one.id}/history?${query}`);
    const known = itemsOf(one).map((item) => Number(item.ordinal));
    const oldest = Math.min(...data.items.map((item) => Number(item.ordinal)));
    // A gap between what was kept and the newest page: start afresh from the newest.
    if (!before && data.next && known.length && Math.max(...known) < oldest) one.items.clear();
    for (const item of data.items) absorbItem(one.id, item, index);
    if (before || !one.isLoaded || one.items.size <= data.items.length) one.next = data.next;
}

/** Loads the page of history before the oldest item shown. */
export async function loadOlder(id) {
    const one = talk(id);
    if (!one.next || one.isLoading) return;
    one.isLoading = true;
    changed();
    try {
        await loadHistory(one, one.next);
    } catch (problem) {
        alertOf(problem, 'Older messages were not loaded');
    } finally {
        one.isLoading = false;
        changed();
    }
}

async function loadDetail(id) {
    const { data, index } = await get(`/sessions/${id}`);
    const { decision, blockers, ...rest } = data;
    absorbSession(rest, index);
    const one = talk(id);
    one.decision = newer(one.decision, decision ?? null);
    one.blockers = rest.state === 'unassigned' ? blockers ?? null : null;
    changed();
}

/** Reads anew why a session waits, a moment later: presence often changes in bursts. */
function refreshBlockers() {
    if (detailTimer) return;
    detailTimer = setTimeout(async () => {
        detailTimer = null;
        const id = state.route.id;
        if (!id || !state.talks.get(id)?.isLoaded) return;
        // What fails here is read again at the next event or opening.
        await loadDetail(id).catch(() => {});
    }, 400);
}

function trim(keep) {
    for (const [id, one] of state.talks) {
        if (state.talks.size <= KEPT_TALKS) return;
        if (id !== keep && isIdle(one)) state.talks.delete(id);
    }
}

function received(message) {
    switch (message.type) {
    case 'hello':
        state.node = message.node;
        if (wasLost) catchUp();
        wasLost = false;
        break;
    case 'session':
        sessionChanged(message.session, Number(message.index));
        break;
    case 'gone':
        forgetSession(message.session, Number(message.index));
        break;
    case 'item':
        absorbItem(message.session, message.item, Number(message.index));
        break;
    case 'agent':
        absorbAgent(message.agent);
        if (state.talks.get(state.route.id)?.blockers) refreshBlockers();
        break;
    case 'refresh':
        refresh();
        break;
    case 'signedOut':
        dispatchEvent(new CustomEvent('signedout'));
        break;
    }
}

function sessionChanged(session, index) {
    const told = absorbSession(session, index);
    if (!told) return;
    const { before } = told;
    if (isAlerted(session) && !before?.isAlerted) onArrival('alerted', session);
    if (isMine(session)) {
        if (!before || !isMine(before)) onArrival('assigned', session);
        else if (session.unread > before.unread) onArrival('message', session);
    }
    const isTurned = before?.state !== session.state || before?.owner?.id !== session.owner?.id;
    if (session.id === state.route.id && isTurned) refreshBlockers();
}

/** Everything anew: the node no longer has the events that we missed. */
export async function refresh() {
    try {
        absorbMe((await get('/me')).data);
    } catch {} // The lists below report the same trouble where it is seen.
    state.sessions.clear();
    const loaded = Object.keys(state.lists).filter((name) => state.lists[name].isLoaded);
    await Promise.all(loaded.map((name) => loadList(name)));
    for (const [id, one] of state.talks) {
        if (id !== state.route.id && isIdle(one)) state.talks.delete(id);
    }
    if (state.route.id) await loadTalk(state.route.id);
}

/** After an interruption: the node tells which sessions changed, their histories are read. */
function catchUp() {
    for (const one of state.talks.values()) {
        if (one.pending.length) settle(one);
        else if (one.id === state.route.id) loadTalk(one.id);
    }
}

/** Looks whether what was sent arrived, where that is not known. */
export async function settle(one) {
    try {
        await loadHistory(one);
    } catch {
        return; // Still unknown; the next connection looks again.
    }
    const written = itemsOf(one).filter((item) => item.from === 'agent');
    one.pending = one.pending.filter((each) => {
        const arrived = written.findIndex((item) =>
            item.text && each.text.startsWith(item.text) && Number(item.ordinal) > each.after);
        if (arrived >= 0) written.splice(arrived, 1);
        return each.state !== 'unknown' || arrived < 0;
    });
    for (const each of one.pending) if (each.state === 'unknown') each.state = 'lost';
    changed();
}

function linked(next) {
    // A refused handshake looks like a broken one; only a call tells whether the sign-in ended.
    if (next === 'lost') {
        wasLost = true;
        get('/me').catch(() => {});
    }
    if (state.link === next) return;
    state.link = next;
    changed();
    if (next === 'live') check();
}

async function check() {
    const answer = await probe();
    if (!live) return;
    if (answer === 'unreachable') live.fail();
    const isReadOnly = answer === 'readOnly';
    if (answer !== 'unreachable' && state.isReadOnly !== isReadOnly) {
        state.isReadOnly = isReadOnly;
        changed();
    }
}

/** Does something to a session; gives its new state. Refusals come as Problems. */
export async function act(id, verb, body) {
    const { data, index } = await post(`/sessions/${id}/${verb}`, body);
    if (data?.id && maySee(data)) absorbSession(data, index);
    else if (data?.id) forgetSession(data.id);
    refreshBlockers();
    return data;
}

/** Sends an answer, which shows at once; `more`: { entities, confirm: although a rule speaks }. */
export async function reply(id, text, more = {}) {
    const one = talk(id);
    const newest = itemsOf(one).at(-1);
    const pending = {
        key: crypto.randomUUID?.() ?? String(Math.random()), text, state: 'posting', ...more,
        at: new Date().toISOString(), after: Number(newest?.ordinal ?? -1),
    };
    one.pending.push(pending);
    changed();
    try {
        const { data, index } = await post(`/sessions/${id}/reply`, { text, ...more });
        if (data.item) absorbItem(id, data.item, index);
        pending.outbox = data.outbox ?? data.item.outbox;
        pending.state = 'accepted';
        const isShown = itemsOf(one).some((item) => item.outbox === pending.outbox);
        if (isShown) one.pending = one.pending.filter((each) => each !== pending);
    } catch (problem) {
        pending.state = problem.isUncertain ? 'unknown' : 'refused';
        pending.problem = problem;
        if (problem.isUncertain && state.link === 'live') settle(one);
    }
    changed();
    return pending.problem ?? null;
}

/** Asks for a message to be sent again. */
export async function resend(item, id) {
    const { data, index } = await post(`/outbox/${item.outbox}/resend`);
    if (data?.item) absorbItem(id, data.item, index);
}
