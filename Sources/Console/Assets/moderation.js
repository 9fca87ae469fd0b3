// What a project does not want said, by customers or to them.

import { get, put } from './api.js';
import { notSaved } from './conflict.js';
import { select } from './dialog.js';
import { h, icon } from './dom.js';
import { tell } from './notice.js';

const MATCHES = [['word', 'Whole words'], ['pattern', 'Pattern']];
const DIRECTIONS = [['both', 'Both ways'], ['in', 'By customers'], ['out', 'By agents']];
const ACTIONS = [['flag', 'Flag'], ['confirm', 'Confirm'], ['block', 'Block']];

/** The card with all rules; `reload` loads the page anew. */
export async function openModeration(id, reload) {
    let { data } = await get(`/projects/${id}/moderation`);
    const rules = h('ul.rules');
    for (const each of data.rules) rules.append(ruleRow(each));
    const said = h('p.said', { role: 'alert' });
    return h('form.card', {
        onsubmit: async (event) => {
            event.preventDefault();
            said.textContent = '';
            try {
                ({ data } = await put(`/projects/${id}/moderation`, {
                    rules: [...rules.children].map((row) => {
                        const [match, direction, action] = row.querySelectorAll('select');
                        return {
                            text: row.querySelector('input').value.trim(), match: match.value,
                            direction: direction.value, action: action.value,
                        };
                    }),
                }, data.etag));
                tell('Rules saved');
            } catch (problem) {
                notSaved(said, problem, reload);
            }
        },
    }, h('h2', 'Not to be said'),
    h('p.hint', 'Flag: it goes its way, marked. Confirm: an agent confirms to send it, or to see '
        + 'what a customer wrote. Block: it is not taken; the session tells that there was one. '
        + 'In a pattern, * is anything, ? one character, # a digit.'),
    rules, h('button', {
        type: 'button',
        onclick: () => {
            const row = ruleRow({ text: '', match: 'word', direction: 'both', action: 'flag' });
            rules.append(row);
            row.querySelector('input').focus();
        },
    }, icon('plus'), 'Add a rule'),
    said, h('footer', h('button.primary', { type: 'submit' }, 'Save rules')));
}

function ruleRow({ text, match, direction, action }) {
    const row = h('li',
        h('input', {
            value: text, required: true, maxlength: 64, dir: 'auto', 'aria-label': 'Words',
        }),
        select(MATCHES, match, { 'aria-label': 'How to compare' }),
        select(DIRECTIONS, direction, { 'aria-label': 'Whose texts' }),
        select(ACTIONS, action, { 'aria-label': 'What happens' }),
        h('button.bare', {
            type: 'button', 'aria-label': 'Remove the rule', onclick: () => row.remove(),
        }, icon('close')));
    return row;
}
