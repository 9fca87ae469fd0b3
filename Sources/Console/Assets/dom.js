// Elements, keyed rows, icons, and how times read. Text only ever enters the page as text nodes.

const PROPERTIES = new Set(['value', 'checked', 'disabled', 'selected', 'htmlFor']);

/** An element: h('button.primary', { onclick }, 'Save'); objects are attributes. */
export function h(spec, ...parts) {
    const [tag, ...classes] = spec.split('.');
    const node = document.createElement(tag);
    if (classes.length) node.className = classes.join(' ');
    put(node, parts);
    return node;
}

function put(node, part) {
    if (part === null || part === undefined || part === false) return;
    if (Array.isArray(part)) part.forEach((each) => put(node, each));
    else if (part instanceof Node) node.append(part);
    else if (typeof part === 'object') setAll(node, part);
    else node.append(String(part));
}

function setAll(node, attributes) {
    for (const [name, value] of Object.entries(attributes)) {
        if (typeof value === 'function') node.addEventListener(name.slice(2), value);
        else if (PROPERTIES.has(name)) node[name] = value;
        else if (value === true) node.setAttribute(name, '');
        else if (value !== null && value !== undefined && value !== false) {
            node.setAttribute(name, value);
        }
    }
}

/** Sets or removes attributes on an element that stays. */
export function set(node, attributes) {
    for (const [name, value] of Object.entries(attributes)) {
        if (PROPERTIES.has(name)) node[name] = value;
        else if (value === null || value === undefined || value === false) {
            node.removeAttribute(name);
        } else node.setAttribute(name, value === true ? '' : value);
    }
    return node;
}

const kept = new WeakMap();

/**
 * Makes the children of `parent` be `rows`, in order. A row is { key, stamp, ... }; its element is
 * made again only when the stamp changed, and keyboard focus stays on the row that had it.
 */
export function reconcile(parent, rows, make) {
    const old = kept.get(parent) ?? new Map();
    const now = new Map();
    const active = parent.contains(document.activeElement) ? document.activeElement : null;
    let focusedKey = null;
    if (active) {
        for (const [key, entry] of old) if (entry.node.contains(active)) focusedKey = key;
    }
    let at = parent.firstChild;
    for (const row of rows) {
        let entry = old.get(row.key);
        if (!entry || entry.stamp !== row.stamp) {
            const node = make(row);
            if (entry) {
                if (entry.node === at) at = node;
                entry.node.replaceWith(node);
            }
            entry = { node, stamp: row.stamp };
        }
        now.set(row.key, entry);
        if (entry.node === at) at = at.nextSibling;
        else parent.insertBefore(entry.node, at);
    }
    while (at) {
        const next = at.nextSibling;
        at.remove();
        at = next;
    }
    kept.set(parent, now);
    if (focusedKey !== null && document.activeElement !== active) {
        const node = now.get(focusedKey)?.node;
        (active.isConnected ? active : focusable(node))?.focus({ preventScroll: true });
    }
}

function focusable(node) {
    if (!node) return null;
    return node.matches('a, button') ? node : node.querySelector('a, button, input, select');
}

const PATHS = {
    inbox: 'M2 9.5h3.2l1 2h3.6l1-2H14M2 9.5 4 3h8l2 6.5V13H2z',
    clock: 'M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12ZM8 4.8V8l2.2 1.6',
    check: 'm3 8.6 3.2 3.2L13 4.6',
    list: 'M2.5 4h11M2.5 8h11M2.5 12h11',
    tools: 'M2 5h6M12 5h2M2 11h2M8 11h6M10 3v4M6 9v4',
    transfer: 'M2 5.5h10.5m-3-3 3 3-3 3M14 10.5H3.5m3-3-3 3 3 3',
    back: 'M6 3 2.5 6.5 6 10M2.5 6.5h7a4 4 0 0 1 0 8H8',
    claim: 'M8 2.5v7m-3-3 3 3 3-3M2.5 11v2.5h11V11',
    reopen: 'M13 8a5 5 0 1 1-1.6-3.7M13.2 2v3h-3',
    left: 'M10 3 5 8l5 5',
    down: 'm3.5 6 4.5 4.5L12.5 6',
    close: 'm4 4 8 8M12 4l-8 8',
    search: 'M7 11.5a4.5 4.5 0 1 0 0-9 4.5 4.5 0 0 0 0 9ZM10.3 10.3 14 14',
    link: 'M6.8 9.2a3 3 0 0 0 4.2 0l2-2a3 3 0 0 0-4.2-4.2l-.8.8'
        + 'M9.2 6.8a3 3 0 0 0-4.2 0l-2 2A3 3 0 0 0 7.2 13l.8-.8',
    people: 'M6 7.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5Z'
        + 'M1.5 13.5c0-2.5 2-4 4.5-4s4.5 1.5 4.5 4'
        + 'M10.5 2.8a2.4 2.4 0 0 1 0 4.5M12 9.9c1.5.5 2.5 1.8 2.5 3.6',
    cluster: 'M2.5 2.5h11v4h-11zM2.5 9.5h11v4h-11zM5 4.5h.1M5 11.5h.1',
    bot: 'M3 6h10v7H3zM8 6V3M6 9.3h.1M10 9.3h.1M1.5 8.5v2M14.5 8.5v2',
    copy: 'M5.5 5.5h8v8h-8zM10.5 5.5v-3h-8v8h3',
    info: 'M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12ZM8 7.5V11M8 5.1v.1',
    warn: 'M8 2.5 14.5 13.5h-13zM8 6.5v3.2M8 11.5v.1',
    up: 'M8 13V3.5M4 7l4-4 4 4',
    lower: 'M8 3v9.5M4 9l4 4 4-4',
    plus: 'M8 3v10M3 8h10',
    send: 'M2.5 13.5 14 8 2.5 2.5 4.5 8zM4.5 8H9',
    panel: 'M2 3h12v10H2zM10 3v10',
    clip: 'M13 7.5 7.8 12.7a3 3 0 0 1-4.3-4.3L8.9 3a2 2 0 0 1 2.9 2.9l-5.3 5.3a1 1 0 0 1-1.4-1.4'
        + 'L9.7 5.2',
};

/** A 16-pixel line icon; decoration, so hidden from assistive technology. */
export function icon(name) {
    const space = 'http://www.w3.org/2000/svg';
    const svg = document.createElementNS(space, 'svg');
    svg.setAttribute('viewBox', '0 0 16 16');
    svg.setAttribute('class', 'icon');
    svg.setAttribute('aria-hidden', 'true');
    const path = document.createElementNS(space, 'path');
    path.setAttribute('d', PATHS[name]);
    svg.append(path);
    return svg;
}

/** A round mark with initials; its colour follows the name, so a person keeps it. */
export function face(name, key = name) {
    const words = name.trim().split(/\s+/).filter(Boolean);
    const letters = words.length > 1 ? [words[0], words.at(-1)] : words;
    let hash = 0;
    for (const character of key) hash = (hash * 31 + character.codePointAt(0)) % 9973;
    const text = letters.map((word) => Array.from(word)[0]).join('').toUpperCase();
    return h(`span.face.hue${hash % 6}`, { 'aria-hidden': 'true' }, text || '?');
}

const CLOCK = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' });
const DAY = new Intl.DateTimeFormat('en-GB', { weekday: 'long', day: 'numeric', month: 'long' });
const FULL = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'medium' });
const SHORT = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' });

/** "14:05". */
export function clock(at) {
    return CLOCK.format(new Date(at));
}

/** "Saturday 21 November", "Today" or "Yesterday". */
export function day(at) {
    const midnight = new Date().setHours(0, 0, 0, 0);
    const distance = midnight - new Date(at).setHours(0, 0, 0, 0);
    if (distance <= 0) return 'Today';
    return distance <= 90_000_000 ? 'Yesterday' : DAY.format(new Date(at));
}

/** Date and time in full, for tooltips and details. */
export function full(at) {
    return FULL.format(new Date(at));
}

function sinceText(at) {
    const seconds = Math.max(0, (Date.now() - new Date(at)) / 1000);
    if (seconds < 45) return 'now';
    if (seconds < 3570) return `${Math.round(seconds / 60)} min`;
    if (seconds < 86_400) return `${Math.round(seconds / 3600)} h`;
    return SHORT.format(new Date(at));
}

/** A short "how long ago" that keeps itself current. */
export function since(at) {
    const node = h('time', { datetime: at, title: full(at) }, sinceText(at));
    node.dataset.since = at;
    return node;
}

setInterval(() => {
    for (const node of document.querySelectorAll('time[data-since]')) {
        const text = sinceText(node.dataset.since);
        if (node.textContent !== text) node.textContent = text;
    }
}, 15_000);
