// The middle: who writes, what can be done, what was said, and the answer.

import { act, actionsFor } from './actions.js';
import { openComposer } from './composer.js';
import { face, h, icon, reconcile, since } from './dom.js';
import { earlierRows, hasEarlier, loadEarlier, showEarlier } from './earlier.js';
import { loadOlder, loadTalk } from './load.js';
import { explain, trouble } from './notice.js';
import {
    changed, isAlerted, isMine, isWritable, itemsOf, project, session, state, talk,
} from './store.js';
import { timelineRow, timelineRows } from './timeline.js';

const NEAR_END = 80;

/** Builds the conversation; gives { node, draw, routed, focusComposer }. */
export function openConversation({ togglePanel }) {
    const head = h('header.head');
    const older = h('button.quiet.older', {
        type: 'button', onclick: () => keepPlace(() => further(state.route.id)),
    }, 'Earlier messages');
    const log = h('ol.log', { role: 'log', 'aria-label': 'Conversation', 'aria-live': 'polite' });
    const note = h('div.note');
    const scroll = h('div.scroll', { tabindex: '0', 'aria-label': 'Messages', role: 'region' },
        older, log, note);
    const toEnd = h('button.toend', { type: 'button', hidden: true, onclick: jump },
        icon('lower'), 'Newest');
    const composer = openComposer({ onSent: jump });
    const blank = h('div.blank', icon('inbox'), h('p.title', 'No session chosen'),
        h('p', 'Choose one at the left, or press j.'));
    const dropping = { ondragover: dragged, ondragleave: left, ondrop: dropped };
    const body = h('div.body', dropping, head, h('div.middle', scroll, toEnd), composer.node);
    const node = h('section.talk', { 'aria-label': 'Session' }, blank, body);
    let shownID = null;
    let isAtEnd = true;

    scroll.addEventListener('scroll', () => {
        isAtEnd = scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < NEAR_END;
        toEnd.hidden = isAtEnd;
        if (scroll.scrollTop < 40 && shownID && talk(shownID).next) {
            keepPlace(() => further(shownID));
        }
    }, { passive: true });
    const sizes = new ResizeObserver(() => { if (isAtEnd) jump(); });
    sizes.observe(scroll);
    sizes.observe(log);

    const hasFiles = (event) => [...event.dataTransfer?.types ?? []].includes('Files');

    function dragged(event) {
        if (!hasFiles(event)) return;
        event.preventDefault();
        body.classList.add('dropping');
    }

    function left(event) {
        if (!body.contains(event.relatedTarget)) body.classList.remove('dropping');
    }

    function dropped(event) {
        if (!hasFiles(event)) return;
        event.preventDefault();
        body.classList.remove('dropping');
        composer.attach([...event.dataTransfer.files]);
        composer.focus();
    }

    function jump() {
        scroll.scrollTop = scroll.scrollHeight;
        isAtEnd = true;
        toEnd.hidden = true;
    }

    /** Further back: in this session, then in the customer's sessions before it. */
    function further(id) {
        return talk(id).next ? loadOlder(id) : loadEarlier(id);
    }

    async function keepPlace(load) {
        const before = scroll.scrollHeight - scroll.scrollTop;
        await load();
        queueMicrotask(() => { scroll.scrollTop = scroll.scrollHeight - before; });
    }

    function draw() {
        const { id } = state.route;
        blank.hidden = Boolean(id);
        body.hidden = !id;
        if (!id) return;
        const each = session(id);
        const one = talk(id);
        drawHead(each);
        showEarlier(one, each);
        older.hidden = !one.next && !hasEarlier(one, each);
        older.disabled = one.isLoading || Boolean(one.isReadingBack);
        const names = [each?.customer.name, each?.owner?.id];
        const wasAtEnd = isAtEnd;
        const rows = [...earlierRows(one, names), ...timelineRows(one, names)];
        reconcile(log, rows, timelineRow);
        drawNote(one, each);
        composer.draw(each, one);
        if (wasAtEnd) jump();
        if (each && !document.hidden) {
            const at = each.lastMessage?.at;
            if (at && state.seen.get(id) !== at && one.isLoaded) {
                state.seen.set(id, at);
                changed();
            }
        }
    }

    function drawHead(each) {
        const stamp = each ? JSON.stringify([
            each.customer, each.state, each.owner, each.project, each.waitingSince,
            isMine(each), isAlerted(each), state.me.projects.length, state.route.area,
        ]) : 'unknown';
        const actions = each ? actionsFor(each) : [];
        reconcile(head, [
            { key: 'back', stamp: state.route.area },
            { key: 'title', stamp, each },
            { key: 'actions', actions, each, stamp: JSON.stringify([
                actions, isWritable(), each?.id, each?.version]) },
            { key: 'panel', stamp: '' },
        ], headPart);
    }

    function headPart({ key, each, actions }) {
        if (key === 'back') {
            return h('a.bare.backlink', {
                href: `#/${state.route.area}`, 'aria-label': 'Back to the list',
            }, icon('left'));
        }
        if (key === 'title') return title(each);
        if (key === 'actions') {
            return h('div.actions', { role: 'toolbar', 'aria-label': 'Session' },
                actions.map((action) => actionButton(each, action)));
        }
        return h('button.bare', {
            type: 'button', onclick: togglePanel, 'aria-label': 'Details and reasons',
            title: 'Details and reasons (i)',
        }, icon('panel'));
    }

    function drawNote(one, each) {
        const row = { key: 'note', one, each };
        row.stamp = JSON.stringify([one.isGone, one.problem?.title, one.isLoaded, one.isLoading]);
        reconcile(note, [row], noteFor);
    }

    return {
        node, draw,
        focusComposer: () => composer.focus(),
        routed() {
            if (state.route.id !== shownID) {
                shownID = state.route.id;
                isAtEnd = true;
                composer.opened(shownID);
            }
            draw();
        },
    };
}

function title(each) {
    if (!each) return h('div.title', h('h1', 'Session'));
    const { customer } = each;
    return h('div.title', face(customer.name, `${customer.id}`),
        h('div', h('h1', { dir: 'auto' }, customer.name), h('p', standing(each))));
}

function standing(each) {
    const parts = [];
    if (state.me.projects.length > 1) parts.push(project(each.project).name, ' · ');
    if (each.state === 'unassigned') {
        parts.push(h('strong.waits', 'Waiting'));
        if (each.waitingSince) parts.push(' for ', since(each.waitingSince));
    } else if (each.state === 'completed') {
        parts.push(`Completed${each.owner ? ` by ${whom(each)}` : ''}`);
    } else {
        parts.push(isMine(each) ? 'Yours' : `With ${whom(each)}`);
    }
    if (isAlerted(each)) parts.push(' · ', h('strong.waits', 'No first reply'));
    return parts;
}

const whom = (each) => (each.owner?.id === state.me.agent.id ? 'you' : each.owner?.name ?? '');

function actionButton(each, action) {
    return h(action.isMain ? 'button.main' : 'button', {
        type: 'button', disabled: action.isOff || !isWritable(),
        title: action.isOff ? action.why : `${action.name} (${action.key})`,
        'aria-keyshortcuts': action.key,
        onclick: async (event) => {
            const button = event.currentTarget;
            button.disabled = true;
            await act(each, action.verb);
            if (button.isConnected) button.disabled = false;
        },
    }, icon(action.icon), h('span', action.name));
}

function noteFor({ one, each }) {
    if (one.isGone) {
        return h('div.trouble', icon('info'), h('p.title', 'No longer yours to see'),
            h('p', 'This session was handed on, or it does not exist. '
                + 'What is above is as it was.'));
    }
    if (one.problem) {
        return each
            ? h('p.said', explain(one.problem), ' ', h('button.quiet', {
                type: 'button', onclick: () => loadTalk(one.id),
            }, 'Try again'))
            : trouble(one.problem, () => loadTalk(one.id));
    }
    if (!one.isLoaded && !itemsOf(one).length) {
        return h('p.quiet', { role: 'status' }, 'Loading the conversation…');
    }
    return h('span');
}
