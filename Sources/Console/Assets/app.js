// The page: who is signed in, which view is shown, the bar at the top, the keyboard.

import { get, post, whenSignedOut } from './api.js';
import { openAdmin } from './admin.js';
import { openDesk } from './desk.js';
import { face, h, icon, set } from './dom.js';
import { begin, end, whenArrived } from './load.js';
import { arrived, goOn, standBy, unpack } from './move.js';
import { inform, tell } from './notice.js';
import { presenceSwitch, settingsMenu } from './presence.js';
import { openSignIn } from './signin.js';
import { LISTS, changed, isUnanswered, listed, project, reset, state, watch } from './store.js';
import { applyTheme } from './theme.js';

const page = document.getElementById('page');
let view = null;

applyTheme();
whenSignedOut(() => leave('Your sign-in has ended. Sign in again to go on.'));
addEventListener('signedout', () => leave('You were signed out.'));
addEventListener('hashchange', route);
document.addEventListener('visibilitychange', headline);
watch(headline);
whenArrived(notify);
start();

async function start(isFresh = false) {
    const luggage = arrived();
    readRoute();
    try {
        if (luggage) await goOn(luggage);
        else if (!isFresh) await get('/me');
        await enter(luggage);
    } catch (problem) {
        if (problem.status === 401) return openSignIn(page, { onDone: () => start(true) });
        openSignIn(page, { onDone: () => start(true), problem, retry: () => start() });
    }
}

async function enter(luggage) {
    await begin();
    standBy();
    if (luggage && !luggage.isStrange) {
        unpack(luggage);
        tell(`You go on at ${location.host}`,
            { detail: 'The other node was gone. Your drafts came along.' });
    }
    const main = h('main', { id: 'main', tabindex: '-1' });
    page.replaceChildren(
        h('button.skip', { type: 'button', onclick: () => main.focus() }, 'Skip to the content'),
        bar(), banner(), main);
    route();
}

function leave(message) {
    if (!state.me) return;
    end();
    view?.close();
    view = null;
    reset();
    openSignIn(page, { onDone: () => start(true), message });
}

async function signOut() {
    try {
        await post('/sign-out');
    } catch (problem) {
        if (problem.status !== 401) {
            inform('Not signed out on the node', { detail: 'It did not answer. Try again.' });
            return;
        }
    }
    leave('You are signed out.');
}

function bar() {
    const projects = h('select.project', {
        'aria-label': 'Project',
        onchange: (event) => {
            state.project = event.target.value;
            localStorage.setItem('project', state.project);
            for (const name of ['completed', 'all']) state.lists[name].isLoaded = false;
            changed();
        },
    });
    const admin = h('a.admin', { href: '#/admin/projects' }, icon('tools'), h('span', 'Manage'));
    const desk = h('a.admin', { href: '#/mine' }, icon('inbox'), h('span', 'Sessions'));
    const who = h('button.who', { type: 'button', popovertarget: 'menu', 'aria-label': 'Account' });
    const node = h('header.bar',
        h('a.brand', { href: '#/mine', 'aria-label': 'Roundhouse, to my sessions' },
            h('img', { src: '/assets/icon.svg', alt: '', width: 22, height: 22 }),
            h('span', 'Roundhouse')),
        projects, h('span.gap'), presenceSwitch(), desk, admin, who, settingsMenu(signOut));
    let stamp = null;
    const draw = () => {
        if (!state.me) return;
        const { agent, projects: list } = state.me;
        const manages = agent.isAdmin || list.some((each) => each.permissions.includes('manage'));
        const isAdmin = state.route.area === 'admin';
        admin.hidden = !manages || isAdmin;
        desk.hidden = !isAdmin;
        projects.hidden = isAdmin || list.length < 2;
        const next = JSON.stringify([agent.name, list.map((each) => [each.id, each.name])]);
        if (next === stamp) return;
        stamp = next;
        who.replaceChildren(face(agent.name, agent.id), h('span', agent.name));
        set(who, { 'aria-label': `${agent.name}: settings and sign-out` });
        projects.replaceChildren(h('option', { value: '' }, 'All projects'),
            ...list.map((each) => h('option', { value: each.id }, each.name)));
        projects.value = state.project;
    };
    watch(draw);
    draw();
    return node;
}

/** What stands between the agent and the cluster, if anything. */
function banner() {
    const node = h('div.banner', { role: 'status', hidden: true });
    let stamp = null;
    const draw = () => {
        const kind = state.link === 'lost' ? 'lost' : state.isReadOnly ? 'readonly' : '';
        if (kind === stamp) return;
        stamp = kind;
        node.hidden = !kind;
        if (kind === 'lost') {
            node.replaceChildren(icon('warn'), h('p', h('strong', 'Connection lost, read-only.'),
                ' What you see may be old. The page reconnects by itself, or goes on at another '
                    + 'node, and keeps your drafts.'),
            otherNodes());
        } else if (kind) {
            node.replaceChildren(icon('warn'), h('p',
                h('strong', 'This node has no majority, read-only.'),
                ' It shows what it knows and takes no answers until it reaches the others.'),
            otherNodes());
        }
    };
    watch(draw);
    draw();
    return node;
}

/** Links to the other nodes' consoles, if the node named them. */
function otherNodes() {
    const others = (state.me?.nodes ?? []).map((each) => each.url ?? each)
        .filter((url) => /^https?:/.test(url) && new URL(url).origin !== location.origin);
    if (!others.length) return '';
    return h('p.nodes', 'Open at ', others.map((url) => [
        h('a', { href: `${url.replace(/\/$/, '')}/${location.hash}` }, new URL(url).host), ' ',
    ]));
}

function readRoute() {
    const parts = location.hash.replace(/^#\/?/, '').split('/');
    const area = parts[0] === 'admin' || LISTS.includes(parts[0]) ? parts[0] : 'mine';
    state.route = area === 'admin'
        ? { area, id: null, part: parts[1] || 'projects', item: parts[2] ?? null }
        : { area, id: parts[1] || null, part: null };
}

function route() {
    const was = state.route.area;
    readRoute();
    const main = document.getElementById('main');
    if (!state.me || !main) return;
    const isAdmin = state.route.area === 'admin';
    if (!view || (was === 'admin') !== isAdmin) {
        view?.close();
        view = isAdmin ? openAdmin(main) : openDesk(main);
    } else {
        view.routed();
    }
    changed();
}

/** The number of one's sessions that need an answer, in the title and on the icon. */
function headline() {
    const count = state.me
        ? listed('mine', { everywhere: true }).filter(isUnanswered).length : 0;
    const title = count ? `(${count}) Roundhouse` : 'Roundhouse';
    if (document.title !== title) document.title = title;
    const image = count ? '/assets/iconalert.svg' : '/assets/icon.svg';
    const link = document.getElementById('icon');
    if (link.getAttribute('href') !== image) link.setAttribute('href', image);
}

function notify(kind, session) {
    const { name } = session.customer;
    const area = kind === 'alerted' ? 'alerted' : 'mine';
    const open = () => { location.hash = `#/${area}/${session.id}`; };
    if (kind === 'alerted' && !document.hidden) {
        const whose = session.owner ? `${session.owner.name} has the session.` : '';
        inform(`No first reply: ${name}`, { detail: whose, action: { name: 'Open', run: open } });
    }
    if (!document.hidden || globalThis.Notification?.permission !== 'granted') return;
    const title = { assigned: `New session: ${name}`, alerted: `No first reply: ${name}` }[kind]
        ?? name;
    const note = new Notification(title, {
        body: session.lastMessage?.text || project(session.project).name,
        tag: `session-${session.id}`, icon: '/assets/icon.svg',
    });
    note.addEventListener('click', () => {
        window.focus();
        open();
        note.close();
    });
}
