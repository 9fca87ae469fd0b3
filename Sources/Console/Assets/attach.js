// Files to be sent with the next answer: chosen, dropped or pasted, each a row of a strip with its
// name, size and a small picture. The text that is being written is the caption of the first.

import { Problem } from './api.js';
import { h, icon, reconcile } from './dom.js';
import { sizeText } from './files.js';
import { alertOf, explain } from './notice.js';
import { changed, isWritable, talk } from './store.js';
import { sendFile } from './upload.js';

/** What Telegram takes from bots as photos, and gives back to them as documents, in bytes. */
const PHOTO = 10 * 1024 * 1024;
const DOCUMENT = 20 * 1024 * 1024;
/** Telegram's limit for what stands under a file, in characters. */
export const CAPTION = 1_024;
/** Files in one strip. */
const MOST = 10;
const PREVIEW = 44;
const PICTURES = ['image/jpeg', 'image/png', 'image/webp'];

/** Builds the strip and its button; gives { node, button, opened, add, isEmpty, send, draw }. */
export function openAttachments({ onChanged }) {
    let id = null;
    const picker = h('input', {
        type: 'file', multiple: true, hidden: true, tabindex: '-1',
        'aria-label': 'Files to send', onchange: () => {
            add([...picker.files]);
            picker.value = '';
        },
    });
    const button = h('button.quiet.clip', {
        type: 'button', title: 'Attach photos or documents', 'aria-label': 'Attach files',
        onclick: () => picker.click(),
    }, icon('clip'));
    const strip = h('ul.attached', { 'aria-label': 'Attached' });
    const node = h('div', strip, picker);

    const files = () => (id ? talk(id).files : []);

    function add(chosen) {
        if (!id || !isWritable()) return;
        for (const file of chosen) {
            const problem = objection(file, files().length);
            if (problem) alertOf(problem);
            else files().push(entry(file));
        }
        onChanged();
        changed();
    }

    function draw() {
        const isOn = isWritable();
        button.disabled = !isOn;
        strip.hidden = !files().length;
        reconcile(strip, files().map((each) => ({
            key: each.key, each, isOn,
            stamp: JSON.stringify([each.kind, each.isSending, each.problem?.title, isOn]),
        })), (shown) => row(shown, removed));
    }

    function removed(each) {
        talk(id).files = files().filter((other) => other !== each);
        onChanged();
        changed();
    }

    return {
        node, button, add, draw,
        isEmpty: () => !files().length,
        opened(next) { id = next; },
        send: sendAll,
    };
}

/** What speaks against a file; null: nothing. */
function objection(file, count) {
    const says = (title, detail, hint) => new Problem(0, { title, detail, hint });
    if (count >= MOST) return says(`${MOST} files at once`, 'These are sent first.');
    if (!file.size) return says('An empty file', `${file.name} has nothing in it.`);
    if (file.size <= DOCUMENT) return null;
    return says('The file is too large',
        `${file.name} has ${sizeText(file.size)}; 20 MB can be sent.`,
        'Make it smaller, or send a link to it.');
}

const newKey = () => crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}`;

function entry(file) {
    const mayBePhoto = PICTURES.includes(file.type) && file.size <= PHOTO;
    return {
        key: newKey(), file, mayBePhoto, kind: mayBePhoto ? 'photo' : 'document',
        isSending: false, problem: null, request: null, bar: null,
    };
}

function row({ each, isOn }, removed) {
    const { file, mayBePhoto, kind, isSending, problem } = each;
    const choice = mayBePhoto && h('select', {
        'aria-label': `Send ${file.name} as`, disabled: isSending,
        onchange: (event) => {
            each.kind = event.currentTarget.value;
            changed();
        },
    }, h('option', { value: 'photo', selected: kind === 'photo' }, 'Photo'),
    h('option', { value: 'document', selected: kind === 'document' }, 'Document'));
    each.bar = isSending ? h('progress', {
        max: '1', value: 0, 'aria-label': `Sending ${file.name}`,
    }) : null;
    return h(problem ? 'li.refused' : 'li',
        mayBePhoto ? preview(file) : icon('clip'),
        h('span.named', h('span', { dir: 'auto' }, file.name),
            h('span.size', sizeText(file.size)), each.bar,
            problem && h('span.why', { role: 'alert' }, explain(problem))),
        choice,
        h('button.bare', {
            type: 'button', 'aria-label': `Remove ${file.name}`, disabled: isSending || !isOn,
            onclick: () => removed(each),
        }, icon('close')));
}

/** A small picture, drawn on a canvas: the page's policy allows no other sources of pictures. */
function preview(file) {
    const canvas = h('canvas', { width: PREVIEW, height: PREVIEW, 'aria-hidden': 'true' });
    createImageBitmap(file).then((picture) => {
        const scale = Math.max(PREVIEW / picture.width, PREVIEW / picture.height);
        const [width, height] = [picture.width * scale, picture.height * scale];
        canvas.getContext('2d').drawImage(
            picture, (PREVIEW - width) / 2, (PREVIEW - height) / 2, width, height);
        picture.close();
    }).catch(() => canvas.replaceWith(icon('clip')));
    return canvas;
}

/**
 * Sends a session's files in order, the first with the words; stops at the first that is not
 * taken, which stays in the strip with its reason. Gives { problem, isCaptionSent }.
 */
async function sendAll(id, { text, entities }, confirmed) {
    const one = talk(id);
    let isCaptionSent = false;
    // What is attached meanwhile waits for the next answer.
    for (const each of [...one.files]) {
        if (!one.files.includes(each)) continue;
        const words = isCaptionSent ? { text: '', entities: [] } : { text, entities };
        const problem = await sendOne(id, each, words, confirmed);
        if (problem) return { problem, isCaptionSent };
        isCaptionSent = true;
        one.files = one.files.filter((other) => other !== each);
        changed();
    }
    return { problem: null, isCaptionSent };
}

async function sendOne(id, each, { text, entities }, confirmed) {
    const wanted = { kind: each.kind, caption: text, entities, confirm: confirmed };
    // The same again is the same request: what the node may have taken is not sent twice.
    const stamp = JSON.stringify(wanted);
    if (each.request?.stamp !== stamp) each.request = { stamp, key: newKey() };
    Object.assign(each, { isSending: true, problem: null });
    changed();
    try {
        await sendFile(id, each.file, { ...wanted, key: each.request.key }, (part) => {
            if (each.bar) each.bar.value = part;
        });
        return null;
    } catch (problem) {
        if (!problem.isUncertain) each.request = null;
        each.problem = problem;
        return problem;
    } finally {
        each.isSending = false;
        changed();
    }
}
