// What one can do with a session: claim, transfer, give back, complete, reopen.

import { dialog, field, formDialog } from './dialog.js';
import { h } from './dom.js';
import { act as post, loadTalk } from './load.js';
import { alertOf, inform, tell } from './notice.js';
import { isErased, isMine, isWritable, may, project, session as latest, state } from './store.js';
import { presenceName, reasonTexts } from './words.js';

const FAILED = {
    claim: 'Not claimed', 'give-back': 'Not given back', complete: 'Not completed',
    reopen: 'Not reopened', transfer: 'Not transferred',
};

/** The actions open to this agent for a session: [{ verb, name, icon, key, isMain }]. */
export function actionsFor(session) {
    const mine = isMine(session);
    const manages = may(session.project, 'manage');
    const found = [];
    if (session.state === 'unassigned') {
        found.push({
            verb: 'claim', name: 'Claim', icon: 'claim', key: 'c', isMain: true,
            isOff: !session.canClaim,
            why: 'You cannot be given this session now; the details say why.',
        });
        if (manages) found.push({ verb: 'transfer', name: 'Assign', icon: 'transfer', key: 't' });
    }
    if (session.state === 'assigned') {
        if (manages || (mine && may(session.project, 'transfer'))) {
            found.push({ verb: 'transfer', name: 'Transfer', icon: 'transfer', key: 't' });
        }
        if (mine) found.push({ verb: 'give-back', name: 'Give back', icon: 'back', key: 'b' });
        if (mine || manages) {
            found.push({ verb: 'complete', name: 'Complete', icon: 'check', key: 'e' });
        }
    }
    const mayReopen = may(session.project, 'reply', 'manage');
    if (session.state === 'completed' && mayReopen && !isErased(session)) {
        found.push({ verb: 'reopen', name: 'Reopen', icon: 'reopen', key: 'o', isMain: true });
    }
    return found;
}

/** Does one of them, if it is open to this agent. */
export async function act(session, verb) {
    const action = actionsFor(session).find((each) => each.verb === verb);
    if (!action || action.isOff || !isWritable()) return;
    if (verb === 'transfer') {
        transferDialog(session);
        return;
    }
    try {
        const after = await post(session.id, verb, { version: session.version });
        done(verb, after ?? session);
    } catch (problem) {
        refused(problem, verb, session);
    }
}

function done(verb, session) {
    const name = session.customer.name;
    if (verb === 'claim' || verb === 'reopen') location.hash = `#/mine/${session.id}`;
    if (verb === 'claim') tell(`${name} is yours now`);
    if (verb === 'give-back') {
        tell(`${name} is back in the queue`, { detail: 'At the old place, and not to you.' });
    }
    if (verb === 'complete') {
        tell(`Completed: ${name}`, { action: { name: 'Undo', run: () => undo(session) } });
    }
}

function undo(session) {
    const now = latest(session.id) ?? session;
    if (now.state === 'completed') act(now, 'reopen');
    else inform('Nothing to undo', { detail: 'The session is already open again.' });
}

function refused(problem, verb, session) {
    const { code, body } = problem;
    if (code === 'version_conflict' || code === 'owned') {
        const owner = body.owner?.name ?? body.owner;
        inform(FAILED[verb], {
            detail: owner ? `${owner} has this session now.`
                : 'The session changed meanwhile. You see its newest state.',
        });
        loadTalk(session.id);
        return;
    }
    alertOf(problem, FAILED[verb]);
}

/** Chooses to whom a session goes, with a remark; asks again where the rules want it confirmed. */
export function transferDialog(session) {
    const action = actionsFor(session).find((each) => each.verb === 'transfer');
    if (!action || !isWritable()) return;
    if (document.querySelector('dialog[open]')) return;
    const people = members(session);
    const choices = h('div.choices', { role: 'radiogroup', 'aria-label': 'To whom' },
        option('any', 'Anyone', 'The routing mode decides; you are left out.', true),
        people.map((each) => option(each.id, each.name, presenceName(each.presence), false,
            each.presence)));
    const remark = h('textarea', { rows: 2, maxlength: 500 });
    let isConfirmed = false;
    let warned = null;
    choices.addEventListener('change', () => {
        isConfirmed = false;
        warned?.remove();
    });
    const node = formDialog(`${action.name}: ${session.customer.name}`, [
        choices, field('Remark for the next agent (optional)', remark,
            'Colleagues see it in the conversation, the customer does not.'),
    ], {
        verb: action.name,
        submit: async ({ form, button }) => {
            const to = new FormData(form).get('to');
            try {
                await post(session.id, 'transfer', {
                    version: latest(session.id)?.version ?? session.version, to,
                    remark: remark.value.trim() || undefined, confirm: isConfirmed || undefined,
                });
            } catch (problem) {
                if (problem.code !== 'needs_confirmation') throw problem;
                isConfirmed = true;
                warned?.remove();
                warned = confirmation(to, problem.body.reasons ?? []);
                form.querySelector('.said').before(warned);
                button.textContent = `${action.name} anyway`;
                return false;
            }
            const name = people.find((each) => each.id === to)?.name ?? 'the next agent';
            tell(`${session.customer.name} went to ${name}`);
            return true;
        },
    });
    choices.addEventListener('change', () => {
        node.querySelector('button[type=submit]').textContent = action.name;
    });
    choices.querySelector('input').focus();
}

function members(session) {
    return (project(session.project).members ?? [])
        .map((each) => ({ ...each, ...state.agents.get(each.id) }))
        .filter((each) => each.id !== session.owner?.id);
}

function option(value, name, text, isChosen, presence) {
    return h('label.choice',
        h('input', { type: 'radio', name: 'to', value, checked: isChosen }),
        h(`span.dot.${presence ?? 'any'}`), h('span.name', name), h('span.text', text));
}

function confirmation(to, reasons) {
    const name = state.agents.get(to)?.name ?? 'This agent';
    return h('div.confirm', { role: 'alert' },
        h('p.title', `${name} would not be given this session now`),
        h('ul', reasonTexts(reasons).map((text) => h('li', text))),
        h('p', 'You can decide otherwise; it is recorded as an override.'));
}

/** Asks before something that cannot be taken back; gives whether it was confirmed. */
export function ask(title, text, verb) {
    return new Promise((resolve) => {
        const node = dialog(title, h('p', text), h('footer',
            h('button', { type: 'button', onclick: () => node.close() }, 'Cancel'),
            h('button.danger', {
                type: 'button', onclick: () => { resolve(true); node.close(); },
            }, verb)));
        node.addEventListener('close', () => resolve(false));
    });
}
