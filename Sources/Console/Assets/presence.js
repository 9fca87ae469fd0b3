// Presence: what the agent says (available or away), and what the cluster believes.

import { put } from './api.js';
import { h, icon, set } from './dom.js';
import { showKeys } from './keys.js';
import { alertOf } from './notice.js';
import { changed, isWritable, state, watch } from './store.js';
import { choice, choose } from './theme.js';
import { presenceMeaning, presenceName } from './words.js';

/** The switch in the bar, with what the cluster believes beside it. */
export function presenceSwitch() {
    const button = h('button.switch', {
        type: 'button', role: 'switch', 'aria-checked': 'true', 'aria-describedby': 'belief',
        onclick: async () => {
            button.disabled = true;
            try {
                await setAway(!state.me.agent.away);
            } catch (problem) {
                alertOf(problem, 'Your availability was not changed');
            } finally {
                draw();
            }
        },
    }, h('span.knob', { 'aria-hidden': 'true' }), h('span.label', 'Available'));
    const belief = h('span.belief', { id: 'belief', role: 'status' });
    function draw() {
        if (!state.me) return;
        const { away, presence } = state.me.agent;
        const seen = state.link === 'live' ? presence ?? 'offline' : 'unknown';
        set(button, { 'aria-checked': away ? 'false' : 'true', disabled: !isWritable() });
        if (belief.dataset.seen === seen) return;
        belief.dataset.seen = seen;
        const name = seen === 'unknown' ? 'Not connected' : presenceName(seen);
        belief.title = seen === 'unknown'
            ? 'What the cluster believes is not known while the connection is lost.'
            : presenceMeaning(seen);
        belief.replaceChildren(h(`span.dot.${seen}`), h('span.label', name));
    }
    watch(draw);
    draw();
    return h('div.presence', button, belief);
}

/** Declares this agent available or away. */
async function setAway(away) {
    const { data } = await put('/me/presence', { away });
    state.me.agent = { ...state.me.agent, away, ...(data?.agent ?? {}) };
    changed();
}

/** The menu behind one's name. */
export function settingsMenu(signOut) {
    const notices = h('button.quiet', {
        type: 'button',
        onclick: async () => {
            await Notification.requestPermission();
            drawNotices();
        },
    });
    const noticeText = h('p.hint');
    function drawNotices() {
        const permission = globalThis.Notification?.permission ?? 'unsupported';
        notices.hidden = permission !== 'default';
        notices.textContent = 'Allow notifications';
        noticeText.textContent = {
            granted: 'Notifications are on while this page is hidden.',
            denied: 'Notifications are blocked. Allow them in the browser\'s site settings.',
            default: 'Without notifications a hidden page is easily missed.',
            unsupported: 'This browser offers no notifications here.',
        }[permission];
    }
    drawNotices();
    const who = h('p.title');
    const facts = h('p.hint');
    const menu = h('div.menu', { id: 'menu', popover: true, 'aria-label': 'Settings' },
        who, facts,
        h('fieldset', h('legend', 'Colours'), h('div.segments', ['auto', 'light', 'dark']
            .map((name) => h('label', h('input', {
                type: 'radio', name: 'theme', value: name, checked: choice('theme') === name,
                onchange: () => choose('theme', name),
            }), h('span', name.charAt(0).toUpperCase() + name.slice(1)))))),
        h('label.check', h('input', {
            type: 'checkbox', checked: choice('enterSends') === 'yes',
            onchange: (event) => choose('enterSends', event.target.checked ? 'yes' : 'no'),
        }), 'Enter sends (otherwise Ctrl+Enter)'),
        noticeText, notices, h('hr'),
        h('button.item', {
            type: 'button', onclick: () => { menu.hidePopover(); showKeys(); },
        }, icon('info'), 'Keyboard'),
        h('button.item', {
            type: 'button', onclick: () => { menu.hidePopover(); signOut(); },
        }, icon('back'), 'Sign out'));
    menu.addEventListener('toggle', () => {
        drawNotices();
        const { agent, node } = state.me ?? {};
        if (!agent) return;
        who.textContent = agent.name;
        facts.textContent = `${agent.login ?? ''} · node ${state.node ?? node}`;
    });
    return menu;
}
