// What the page knows. Every object remembers the log index it is from, so that answers and live
// events may arrive in any order: the newer wins.

/** The lists of sessions, in the order of their keys 1 to 5; the last is for managers. */
export const LISTS = ['mine', 'waiting', 'completed', 'all', 'alerted'];

/** The state of the page; changed only through the functions below and then announced. */
export const state = {
    me: null,
    agents: new Map(),
    sessions: new Map(),
    lists: emptyLists(),
    talks: new Map(),
    gone: new Map(),
    project: localStorage.getItem('project') ?? '',
    route: { area: 'mine', id: null, part: null },
    link: 'connecting',
    isReadOnly: false,
    seen: new Map(),
};

function emptyLists() {
    return Object.fromEntries(LISTS.map((name) => [
        name, { isLoaded: false, isLoading: false, next: null, problem: null },
    ]));
}

/** Forgets everything that belongs to who was signed in. */
export function reset() {
    state.me = null;
    const { agents, sessions, talks, gone, seen } = state;
    for (const map of [agents, sessions, talks, gone, seen]) map.clear();
    state.lists = emptyLists();
    state.link = 'connecting';
    state.isReadOnly = false;
}

const watchers = new Set();
let isAnnounced = false;

/** Calls back once per turn in which something changed; gives the way to stop. */
export function watch(callback) {
    watchers.add(callback);
    return () => watchers.delete(callback);
}

/** Says that something changed. A microtask, because a hidden page draws no frames. */
export function changed() {
    if (isAnnounced) return;
    isAnnounced = true;
    queueMicrotask(() => {
        isAnnounced = false;
        watchers.forEach((callback) => callback());
    });
}

/** Takes what /me says. */
export function absorbMe(me) {
    state.me = me;
    for (const project of me.projects) project.members?.forEach(absorbAgent);
    absorbAgent(me.agent);
    if (!me.projects.some((project) => project.id === state.project)) state.project = '';
    changed();
}

/** Takes an agent's name and presence. */
export function absorbAgent(agent) {
    state.agents.set(agent.id, { ...state.agents.get(agent.id), ...agent });
    if (agent.id === state.me?.agent.id) state.me.agent = { ...state.me.agent, ...agent };
    changed();
}

/** Whether a session's customer was erased: a pseudonym is a negative number. */
export function isErased(session) {
    return session.customer.id.startsWith('-');
}

/** Takes a session as of a log index; gives what was known before, or null if this is old news. */
export function absorbSession(session, index) {
    const known = state.sessions.get(session.id);
    if (known && known.index > index) return null;
    // A list that was asked for before it went may arrive after the word that it is gone.
    if (state.gone.get(session.id) > index) return null;
    state.gone.delete(session.id);
    if (isErased(session)) session.customer.name = 'Erased customer';
    state.sessions.set(session.id, { session, index });
    const talk = state.talks.get(session.id);
    if (talk) talk.isGone = false;
    changed();
    return { before: known?.session ?? null };
}

/** Sessions of which is remembered when they went. */
const KEPT_GONE = 2000;

/** Forgets a session that this agent no longer sees, as of a log index if one is known. */
export function forgetSession(id, index) {
    state.sessions.delete(id);
    if (index) state.gone.set(id, index);
    if (state.gone.size > KEPT_GONE) state.gone.delete(state.gone.keys().next().value);
    const talk = state.talks.get(id);
    if (talk) talk.isGone = true;
    changed();
}

/** A session by id, or undefined. */
export const session = (id) => state.sessions.get(id)?.session;

/** The project of a session, with this agent's permissions in it. */
export function project(id) {
    return state.me.projects.find((each) => each.id === id)
        ?? { id, name: `Project ${id}`, permissions: [], members: [] };
}

/** Whether this agent has one of the permissions in a project. */
export function may(projectID, ...permissions) {
    const own = project(projectID).permissions;
    return permissions.some((permission) => own.includes(permission));
}

/** Whether the session is this agent's own. */
export const isMine = (each) => each.owner?.id === state.me.agent.id && each.state === 'assigned';

/** Whether this agent still finds the session after handing it on. */
export const maySee = (each) => each.state !== 'assigned' || isMine(each)
    || may(each.project, 'view', 'manage') || state.me.agent.isAdmin;

/** Whether the customer waits for words that nobody has answered. */
export const isUnanswered = (each) => each.unread > 0 && each.state !== 'completed';

/** Whether this agent manages a project; without one, any. */
export const manages = (projectID) => state.me.agent.isAdmin || (projectID
    ? may(projectID, 'manage') : state.me.projects.some((each) => may(each.id, 'manage')));

/** Whether it got no first reply, which a manager of its project is told. */
export const isAlerted = (each) => Boolean(each.isAlerted) && each.state !== 'completed'
    && manages(each.project);

const belongs = {
    mine: isMine,
    waiting: (each) => each.state === 'unassigned',
    completed: (each) => each.state === 'completed',
    all: () => true,
    alerted: isAlerted,
};

const lastAt = (each) => each.lastMessage?.at ?? each.openedAt;
const waitedFrom = (each) => each.waitingSince ?? lastAt(each);
const oldestFirst = (a, b) => waitedFrom(a).localeCompare(waitedFrom(b));
const newestFirst = (a, b) => lastAt(b).localeCompare(lastAt(a));

/** The sessions of a list: those who wait longest first, the rest by their last message. */
export function listed(name, { everywhere = false } = {}) {
    const found = [];
    for (const { session: each } of state.sessions.values()) {
        if (!everywhere && state.project && each.project !== state.project) continue;
        if (belongs[name](each)) found.push(each);
    }
    if (name === 'waiting' || name === 'alerted') return found.sort(oldestFirst);
    if (name !== 'mine') return found.sort(newestFirst);
    return [
        ...found.filter(isUnanswered).sort(oldestFirst),
        ...found.filter((each) => !isUnanswered(each)).sort(newestFirst),
    ];
}

/** A conversation: its items by ordinal, what the server says about it, and what we are sending. */
export function talk(id) {
    if (!state.talks.has(id)) {
        state.talks.set(id, {
            id, items: new Map(), next: null, isLoaded: false, isLoading: false, isGone: false,
            problem: null, decision: null, blockers: null, pending: [], draft: '', files: [],
            stepsIn: false, replyTo: null,
        });
    }
    return state.talks.get(id);
}

/** Whether nothing would be lost with a conversation that is not shown. */
export const isIdle = (one) => !one.draft && !one.pending.length && !one.files.length;

/** Takes one item of a conversation as of a log index. */
export function absorbItem(id, item, index) {
    const one = state.talks.get(id);
    if (!one) return;
    const known = one.items.get(String(item.ordinal));
    if (known && known.index > index) return;
    one.items.set(String(item.ordinal), { item, index });
    if (item.outbox && !known) settlePending(one, item);
    if (item.decision) one.decision = newer(one.decision, item.decision);
    changed();
}

/** Our message reached the log, perhaps before the answer to the call that brought it there. */
function settlePending(one, item) {
    const isSame = (each) => each.outbox === item.outbox || (each.state === 'posting'
        && item.agent?.id === state.me.agent.id && each.text.startsWith(item.text)
        && Number(item.ordinal) > each.after);
    const at = one.pending.findIndex(isSame);
    if (at >= 0) one.pending.splice(at, 1);
}

/** The later of two decisions. */
export function newer(a, b) {
    if (!a || !b) return a ?? b;
    return Number(b.index) >= Number(a.index) ? b : a;
}

/** The items in order. */
export function itemsOf(one) {
    return [...one.items.values()].map(({ item }) => item)
        .sort((a, b) => Number(a.ordinal) - Number(b.ordinal));
}

/** Whether this page may change anything now. */
export const isWritable = () => state.link === 'live' && !state.isReadOnly;
