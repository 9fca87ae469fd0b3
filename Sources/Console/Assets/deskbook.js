// What a project's desk says and files by: tags, canned replies, automatic messages.

import { get, put } from './api.js';
import { notSaved } from './conflict.js';
import { field } from './dialog.js';
import { h, icon } from './dom.js';
import { tell } from './notice.js';
import { absorbMe } from './store.js';

/** The card with all of it; `reload` loads the page anew. */
export async function openDeskBook(id, reload) {
    const { data: book } = await get(`/projects/${id}/desk`);
    const long = (value) => h('textarea', { rows: 3, maxlength: 1000, dir: 'auto', value });
    const inputs = {
        tags: h('textarea', { rows: 3, dir: 'auto', value: book.tags.join('\n') }),
        welcome: long(book.welcome), privacy: long(book.privacyNotice),
        nobody: long(book.nobodyAvailable), closed: long(book.outOfHours),
    };
    const replies = h('ul.replies');
    for (const each of book.cannedReplies) replies.append(replyRow(each));
    const said = h('p.said', { role: 'alert' });
    const wait = book.expectedWaitSeconds;
    return h('form.card', {
        onsubmit: async (event) => {
            event.preventDefault();
            said.textContent = '';
            try {
                const { data } = await put(`/projects/${id}/desk`, {
                    tags: inputs.tags.value.split('\n').map((each) => each.trim())
                        .filter(Boolean),
                    welcome: inputs.welcome.value.trim(),
                    privacyNotice: inputs.privacy.value.trim(),
                    nobodyAvailable: inputs.nobody.value.trim(),
                    outOfHours: inputs.closed.value.trim(),
                    cannedReplies: [...replies.children].map((row) => ({
                        name: row.querySelector('input').value.trim(),
                        text: row.querySelector('textarea').value.trim(),
                    })),
                }, book.etag);
                book.etag = data.etag;
                absorbMe((await get('/me')).data);
                tell('Texts saved');
            } catch (problem) {
                notSaved(said, problem, reload);
            }
        },
    }, h('h2', 'Texts and tags'),
    field('Welcome', inputs.welcome, 'Sent when a session opens. {customer} and {project} stand '
        + 'for their names. Empty: nothing is sent.'),
    field('Privacy notice', inputs.privacy, 'Follows the welcome.'),
    field('Nobody is available', inputs.nobody, 'Sent once to a customer who has to wait. '
        + '{minutes} stands for the expected wait'
        + (wait === null ? ', which is not known yet: its line is left out until it is.'
            : `, now ${Math.max(1, Math.ceil(wait / 60))}.`)),
    field('Outside the hours', inputs.closed, 'Sent instead of it to who has to wait while the '
        + 'project is closed. Empty: the same text as when it is open.'),
    field('Tags, one a line', inputs.tags),
    h('fieldset', h('legend', 'Canned replies'),
        h('p.hint', '{customer}, {agent} and {project} stand for their names.'), replies,
        h('button', {
            type: 'button',
            onclick: () => {
                const row = replyRow({ name: '', text: '' });
                replies.append(row);
                row.querySelector('input').focus();
            },
        }, icon('plus'), 'Add a reply')),
    said, h('footer', h('button.primary', { type: 'submit' }, 'Save texts')));
}

function replyRow({ name, text }) {
    const row = h('li',
        h('input', {
            value: name, required: true, maxlength: 40, 'aria-label': 'Name of the reply',
        }),
        h('textarea', {
            rows: 2, value: text, required: true, maxlength: 1000, dir: 'auto',
            'aria-label': 'Text of the reply',
        }),
        h('button.bare', {
            type: 'button', 'aria-label': 'Remove the reply', onclick: () => row.remove(),
        }, icon('close')));
    return row;
}
