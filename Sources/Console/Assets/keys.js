// The single keys of the desk.

import { act, transferDialog } from './actions.js';
import { dialog } from './dialog.js';
import { h } from './dom.js';
import { LISTS, listed, session, state } from './store.js';
import { choice, choose } from './theme.js';

/** The single keys; they rest while one types, in dialogs, and when switched off. */
export function pressed(event, { list, talk, togglePanel }) {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    const isTyping = event.target.closest('input, textarea, select, dialog, [popover]');
    if (event.key === 'Escape' && isTyping?.matches('textarea, input')) {
        event.target.blur();
        return;
    }
    if (isTyping || choice('shortcuts') !== 'yes') return;
    const id = state.route.id;
    const open = id ? session(id) : null;
    const run = {
        j: () => step(1), k: () => step(-1),
        r: () => talk.focusComposer(),
        c: () => open && act(open, 'claim'),
        e: () => open && act(open, 'complete'),
        o: () => open && act(open, 'reopen'),
        b: () => open && act(open, 'give-back'),
        t: () => open && transferDialog(open),
        i: togglePanel,
        u: () => { location.hash = `#/${state.route.area}`; },
        '/': () => list.focusFilter(),
        '?': showKeys,
    }[event.key];
    const number = Number(event.key);
    if (run) {
        event.preventDefault();
        run();
    } else if (number >= 1 && number <= LISTS.length) {
        location.hash = `#/${LISTS[number - 1]}`;
    }
}

/** Opens the next or the previous session of the list. */
function step(distance) {
    const ids = listed(state.route.area).map((each) => each.id);
    if (!ids.length) return;
    const at = ids.indexOf(state.route.id);
    const next = at < 0 ? 0 : Math.min(ids.length - 1, Math.max(0, at + distance));
    location.hash = `#/${state.route.area}/${ids[next]}`;
}

const KEYS = [
    ['j / k', 'Next or previous session'], ['1 … 5', 'Mine, waiting, completed, all, no reply'],
    ['r', 'Write an answer'], ['Esc', 'Leave the text'], ['c', 'Claim'], ['t', 'Transfer'],
    ['b', 'Give back'], ['e', 'Complete'], ['o', 'Reopen'],
    ['i', 'Show or hide details'], ['/', 'Filter the list'],
    ['u', 'Back to the list'], ['?', 'This page'],
];

/** What the keys do, and the switch that turns them off. */
export function showKeys() {
    const box = h('input', {
        type: 'checkbox', checked: choice('shortcuts') === 'yes',
        onchange: (event) => choose('shortcuts', event.target.checked ? 'yes' : 'no'),
    });
    dialog('Keyboard', h('dl.keys', KEYS.map(([name, what]) => h('div',
        h('dt', h('kbd', name)), h('dd', what)))),
    h('label.check', box, 'Single keys work'));
}
