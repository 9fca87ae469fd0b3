// What the customer and the desk said in sessions before this one: shown above it, to read alone.

import { get } from './api.js';
import { alertOf } from './notice.js';
import { changed, session, talk } from './store.js';
import { timelineRows } from './timeline.js';

const PAGE = 50;

/** The session whose history comes next, going back, and from where; null: there is none. */
function nextOf(one, each) {
    const oldest = one.earlier?.[0];
    if (!oldest) return each?.previous ? { id: each.previous, before: null } : null;
    if (oldest.next) return { id: oldest.id, before: oldest.next };
    return oldest.previous ? { id: oldest.previous, before: null } : null;
}

/** Whether there is more to be loaded. */
export const hasEarlier = (one, each) => Boolean(nextOf(one, each));

/** Brings the end of the session before, once, when the whole of this one is shown. */
export function showEarlier(one, each) {
    if (one.earlier || !one.isLoaded || one.next || one.isGone || !each?.previous) return;
    one.earlier = [];
    loadEarlier(one.id);
}

/** Loads one page further back. */
export async function loadEarlier(id) {
    const one = talk(id);
    const wanted = nextOf(one, session(id));
    if (!wanted || one.isReadingBack) return;
    one.isReadingBack = true;
    changed();
    try {
        const query = new URLSearchParams({ limit: PAGE, from: id });
        if (wanted.before) query.set('before', wanted.before);
        const { data } = await get(`/sessions/${wanted.id}/history?${query}`);
        absorb(one, wanted.id, data);
    } catch (problem) {
        alertOf(problem, 'Earlier conversations were not loaded');
    } finally {
        one.isReadingBack = false;
        changed();
    }
}

function absorb(one, id, { items, next, previous }) {
    one.earlier ??= [];
    let part = one.earlier.find((each) => each.id === id);
    if (!part) {
        part = { id, items: new Map(), pending: [] };
        one.earlier.unshift(part);
    }
    Object.assign(part, { next, previous });
    for (const item of items) part.items.set(String(item.ordinal), { item, index: 0 });
}

/** The rows of earlier sessions, oldest first, each with a line where the next one begins. */
export function earlierRows(one, names) {
    return (one.earlier ?? []).flatMap((part) => [
        ...timelineRows(part, names).map((row) => (
            { ...row, key: `${part.id} ${row.key}`, from: one.id })),
        { key: `end ${part.id}`, stamp: part.id, divider: `End of session ${part.id}` },
    ]);
}
