// The file in a message: pictures as thumbnails that open large, sounds and films with a player,
// everything else as a link that saves it. The node brings each from Telegram when it is asked for.

import { dialog } from './dialog.js';
import { h } from './dom.js';
import { kindName } from './words.js';

/** What the Bot API gives to bots, in bytes. */
const LIMIT = 20 * 1024 * 1024;
const PICTURES = ['photo', 'sticker'];
const SOUNDS = ['voice', 'audio'];
const FILMS = ['video', 'video_note', 'animation'];

/** Where the node has the file of a message: of a session, or of an earlier one, `{ id, from }`. */
export function fileAddress(session, ordinal, size) {
    const { id = session, from } = session;
    const query = new URLSearchParams({ ...(size && { size }), ...(from && { from }) });
    const more = query.size ? `?${query}` : '';
    return `/api/v1/sessions/${id}/messages/${ordinal}/file${more}`;
}

/** The element for a message's file. */
export function fileOf(item, session, isHidden) {
    const { messageKind: kind, file, ordinal } = item;
    const address = fileAddress(session, ordinal);
    const name = file.name || kindName(kind);
    // An agent's file can be fetched once it is at Telegram.
    if (item.delivery && item.delivery !== 'sent') {
        const size = file.size ? ` (${sizeText(file.size)})` : '';
        return h('p.file', { dir: 'auto' }, name + size);
    }
    if (file.size > LIMIT) {
        return h('p.file', `${name}, ${sizeText(file.size)}: too large for a bot. `
            + 'Telegram gives bots files of 20 MB at most.');
    }
    if (PICTURES.includes(kind) && !isHidden) return picture(item, session, name);
    if (SOUNDS.includes(kind)) {
        return h('div.file', h('audio', {
            controls: true, preload: 'none', src: address, 'aria-label': name,
        }), saveLink(address, name, file));
    }
    if (FILMS.includes(kind) && !isHidden) {
        return h('div.file', h('video', {
            controls: true, preload: 'none', src: address, 'aria-label': name,
            poster: file.hasThumbnail ? fileAddress(session, ordinal, 'thumbnail') : null,
        }), saveLink(address, name, file));
    }
    return h('p.file', saveLink(address, name, file));
}

function picture(item, session, name) {
    const { ordinal, file } = item;
    const large = fileAddress(session, ordinal);
    const small = file.hasThumbnail ? fileAddress(session, ordinal, 'thumbnail') : large;
    const holder = h('div.file');
    const image = h('img', {
        src: small, alt: name, loading: 'lazy',
        onerror: () => holder.replaceChildren(
            h('p', 'The picture could not be shown. ', saveLink(large, name, file))),
    });
    holder.append(h('button.thumbnail', {
        type: 'button', 'aria-label': `${name}: show large`,
        onclick: () => openLarge(large, name, file),
    }, image));
    return holder;
}

function openLarge(address, name, file) {
    const said = h('p', { role: 'status' }, 'Loading…');
    const image = h('img', {
        src: address, alt: name, onload: () => said.remove(),
        onerror: () => {
            image.remove();
            said.textContent = 'The picture could not be loaded. Try again in a moment.';
        },
    });
    const node = dialog(name, said, image, h('footer', saveLink(address, name, file)));
    node.classList.add('picture');
}

function saveLink(address, name, file) {
    const size = file.size ? ` (${sizeText(file.size)})` : '';
    return h('a', { href: address, download: name, dir: 'auto' }, `Save ${name}${size}`);
}

/** "1.4 MB". */
export function sizeText(bytes) {
    if (bytes < 1024) return `${bytes} bytes`;
    const units = ['kB', 'MB', 'GB'];
    let size = bytes / 1024;
    while (size >= 1024 && units.length > 1) {
        size /= 1024;
        units.shift();
    }
    return `${size < 10 ? size.toFixed(1) : Math.round(size)} ${units[0]}`;
}
