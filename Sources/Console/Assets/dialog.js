// Modal dialogs on the browser's own <dialog>: focus stays inside, Escape closes.

import { h, icon } from './dom.js';
import { notSaved } from './conflict.js';
import { inform, tell } from './notice.js';

let serial = 0;

/** Shows a dialog with a title and any content; gives its element. */
export function dialog(title, ...content) {
    const id = `dialog${++serial}`;
    const node = h('dialog', { 'aria-labelledby': id, onclose: () => node.remove() },
        h('header', h('h2', { id }, title),
            h('button.bare', {
                type: 'button', 'aria-label': 'Close', onclick: () => node.close(),
            }, icon('close'))),
        ...content);
    document.body.append(node);
    node.showModal();
    return node;
}

/**
 * A form in a dialog. `submit` may throw a Problem, which is shown in the form; the dialog closes
 * when it returns anything but false. `reload` shows anew what was edited, if somebody else has
 * changed it meanwhile.
 */
export function formDialog(title, fields, { verb, submit, reload, isDanger = false }) {
    const said = h('p.said', { role: 'alert' });
    const button = h(isDanger ? 'button.danger' : 'button.primary', { type: 'submit' }, verb);
    const form = h('form', {
        onsubmit: async (event) => {
            event.preventDefault();
            button.disabled = true;
            said.textContent = '';
            try {
                if (await submit({ form, button, said }) !== false) node.close();
            } catch (problem) {
                notSaved(said, problem, () => {
                    node.close();
                    reload?.();
                });
            } finally {
                button.disabled = false;
            }
        },
    }, fields, said, h('footer',
        h('button', { type: 'button', onclick: () => node.close() }, 'Cancel'), button));
    const node = dialog(title, form);
    return node;
}

/** Shows what nobody can show again, to be copied. */
export function secretDialog(title, words, label, value) {
    const text = h('input.secret', {
        value, readonly: true, spellcheck: 'false', 'aria-label': label,
        onfocus: () => text.select(),
    });
    const node = dialog(title, h('p', words), text, h('footer',
        h('button', { type: 'button', onclick: () => copy(text) }, icon('copy'), 'Copy'),
        h('button.primary', { type: 'button', onclick: () => node.close() }, 'Done')));
    text.focus();
}

async function copy(text) {
    try {
        await navigator.clipboard.writeText(text.value);
        tell('Copied');
    } catch {
        text.select();
        inform('Copy it by hand', { detail: 'The browser does not let the page do it.' });
    }
}

let fieldSerial = 0;

/** A labelled control with an optional explanation below. */
export function field(label, control, hint) {
    const id = control.id || `field${++fieldSerial}`;
    control.id = id;
    if (hint) control.setAttribute('aria-describedby', `${id}-hint`);
    return h('div.field', h('label', { htmlFor: id }, label), control,
        hint && h('p.hint', { id: `${id}-hint` }, hint));
}

/** A choice of [value, name] pairs. */
export function select(options, value, attributes = {}) {
    const node = h('select', options.map(([key, name]) => h('option', { value: key }, name)),
        attributes);
    node.value = value;
    return node;
}
