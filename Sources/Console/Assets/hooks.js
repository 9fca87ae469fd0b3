// Where a project's events are posted to, and how that goes.

import { itemsIn } from './admin.js';
import { call, get, post, put } from './api.js';
import { field, formDialog, secretDialog } from './dialog.js';
import { full, h, icon } from './dom.js';
import { alertOf, tell } from './notice.js';

const EVENTS = [['session.assigned', 'A session is given to an agent'],
    ['session.completed', 'A session ends'], ['link.clicked', 'Somebody clicks on a link']];

/** The card with all hooks. */
export async function openHooks(project) {
    const list = h('ul.hooks');
    const page = { list, read: () => get(`/projects/${project}/hooks`) };
    await refresh(page);
    return h('section.card', h('h2', 'Hooks'),
        h('p.hint', 'Events are posted to these addresses, signed and in their order, again and '
            + 'again for a day until the receiver takes them.'),
        list, h('footer', h('button', {
            type: 'button', onclick: () => edit(page, project, null),
        }, icon('plus'), 'Add a hook')));
}

async function refresh(page) {
    const hooks = itemsIn((await page.read()).data);
    page.list.replaceChildren(...hooks.map((hook) => row(page, hook)));
    page.list.hidden = hooks.length === 0;
}

function row(page, hook) {
    const does = (name, what) => h('button', {
        type: 'button',
        onclick: async () => {
            try {
                await what();
                await refresh(page);
            } catch (problem) {
                alertOf(problem);
            }
        },
    }, name);
    const path = `/hooks/${hook.id}`;
    return h('li', h('p.title', hook.url),
        h('dl.facts', facts(hook).map(([name, text]) => h('div', h('dt', name), h('dd', text)))),
        h('p.actions',
            h('button', {
                type: 'button', onclick: () => edit(page, hook.project, hook),
            }, 'Change'),
            does(hook.enabled ? 'Turn off' : 'Turn on',
                () => put(path, { enabled: !hook.enabled })),
            hook.enabled && does('Try it', async () => {
                await post(`${path}/ping`, {});
                tell('Posted', { detail: 'How it went is shown when the page is read again.' });
            }),
            does('New secret', async () => showSecret((await post(`${path}/secret`, {})).data)),
            h('button', { type: 'button', onclick: () => remove(page, hook) }, 'Remove')));
}

function facts(hook) {
    const names = EVENTS.filter(([key]) => hook.events.includes(key)).map(([, name]) => name);
    const shown = [['Told when', names.join('; ')],
        ['Now', hook.enabled ? `On, ${hook.waiting} waiting` : `Off, ${hook.waiting} kept`],
        ['Delivered', String(hook.delivered)]];
    if (hook.givenUp) shown.push(['Given up', String(hook.givenUp)]);
    if (hook.dropped) shown.push(['Dropped: too many waited', String(hook.dropped)]);
    if (hook.lastError) {
        const when = hook.lastFailed ? `, ${full(hook.lastFailed)}` : '';
        shown.push(['Last error', `${hook.lastError}${when}`]);
    }
    if (hook.nextTry) shown.push(['Next try', full(hook.nextTry)]);
    return shown;
}

/** The form for a hook's address and events; without a hook it makes one. */
function edit(page, project, hook) {
    const url = h('input', {
        type: 'url', required: true, maxlength: 1024, value: hook?.url ?? '', spellcheck: 'false',
    });
    const boxes = EVENTS.map(([key]) => h('input', {
        type: 'checkbox', checked: hook ? hook.events.includes(key) : true, value: key,
    }));
    const choices = h('fieldset', h('legend', 'Told when'),
        EVENTS.map(([, name], place) => h('label.check', boxes[place], name)));
    formDialog(hook ? 'Change the hook' : 'New hook', [field('Address', url), choices], {
        verb: hook ? 'Save' : 'Add the hook',
        submit: async () => {
            const events = boxes.filter((box) => box.checked).map((box) => box.value);
            const body = { url: url.value.trim(), events };
            const { data } = hook ? await put(`/hooks/${hook.id}`, body)
                : await post(`/projects/${project}/hooks`, body);
            await refresh(page);
            if (hook) tell('Hook saved');
            else showSecret(data);
        },
    });
}

/** Shows a secret, which no node gives out again. */
function showSecret(hook) {
    if (!hook.secret) return;
    secretDialog('The hook’s secret', 'Give it to the receiver now: it is never shown again.',
        'Secret', hook.secret);
}

function remove(page, hook) {
    const waits = hook.waiting ? ` ${hook.waiting} events that wait for it are lost.` : '';
    formDialog('Remove the hook?', [h('p', `Nothing is posted to ${hook.url} any more.${waits}`)], {
        verb: 'Remove', isDanger: true,
        submit: async () => {
            await call('DELETE', `/hooks/${hook.id}`);
            await refresh(page);
            tell('Hook removed');
        },
    });
}
