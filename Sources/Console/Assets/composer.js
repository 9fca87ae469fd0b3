// The answer: a text, kept as a draft per session until the log has it.

import { ask } from './actions.js';
import { post, Problem } from './api.js';
import { CAPTION, openAttachments } from './attach.js';
import { chooseCanned } from './canned.js';
import { h, icon, set } from './dom.js';
import { read } from './format.js';
import { reply } from './load.js';
import { alertOf } from './notice.js';
import { replyBar } from './quotes.js';
import { changed, isErased, isMine, isWritable, may, session, state, talk } from './store.js';
import { choice } from './theme.js';
import { reachOf } from './words.js';

/** Telegram's limit for one message; longer answers are split. */
const MESSAGE = 4_096;
/** Telegram shows for five seconds that somebody is typing. */
const TYPING = 4_500;

/** Builds the composer; gives { node, draw, opened, focus }. */
export function openComposer({ onSent }) {
    const text = h('textarea', {
        rows: 2, 'aria-label': 'Answer', dir: 'auto', onkeydown: keyed, oninput: typed,
        onpaste: pasted,
    });
    const attachments = openAttachments({ onChanged: () => drawHint() });
    const hint = h('span.hint', { id: 'composer-hint' });
    const button = h('button.primary.send', { type: 'submit' });
    const canned = h('button.quiet', {
        type: 'button', title: 'Canned replies',
        onclick: () => chooseCanned(id, (words) => {
            text.value = text.value ? `${text.value}\n${words}` : words;
            typed();
            text.focus();
        }),
    }, icon('list'), h('span', 'Canned'));
    const answered = replyBar();
    const form = h('form', { onsubmit: submitted },
        h('div.box', answered.node, attachments.node, text,
            h('div.under', hint, attachments.button, canned, button)));
    const bar = h('div.closed', { role: 'note' });
    const node = h('div.composer', form, bar);
    text.setAttribute('aria-describedby', 'composer-hint');
    addEventListener('replychosen', () => text.focus());
    let id = null;
    let stamp = null;
    let toldAt = 0;
    /** Sessions whose files are on their way to the node. */
    const sending = new Set();

    function submitted(event) {
        event.preventDefault();
        const words = text.value.trim();
        if (!isWritable()) return;
        if (!attachments.isEmpty()) sendFiles(text.value.trim());
        else if (words) send(words);
    }

    /** Sends the files, with the words as a caption; words that did not go come back. */
    async function sendFiles(words) {
        if (sending.has(id)) return;
        const { text: plain, entities } = read(words);
        if (Array.from(plain).length > CAPTION) {
            alertOf(new Problem(0, {
                title: 'The text is too long for a caption',
                detail: `With a file it may have ${CAPTION} characters.`,
                hint: 'Send the file alone, then the text.',
            }));
            return;
        }
        const to = id;
        sending.add(to);
        text.value = '';
        keep();
        let { problem, isCaptionSent } = await attachments.send(to, { text: plain, entities });
        if (problem?.code === 'confirm_text' && await isSureOf(problem)) {
            ({ problem, isCaptionSent } = await attachments.send(
                to, { text: plain, entities }, true));
        }
        sending.delete(to);
        changed();
        drawHint();
        onSent();
        if (problem) {
            if (!isCaptionSent) restore(to, words);
            alertOf(problem, 'The file was not sent');
        } else follow(to);
    }

    /** Words that were not taken are the draft again, before what was written since. */
    function restore(to, words) {
        const one = talk(to);
        one.draft = [words, one.draft].filter(Boolean).join('\n');
        if (to === id) text.value = one.draft;
        drawHint();
    }

    function pasted(event) {
        const files = [...event.clipboardData?.files ?? []];
        if (!files.length) return;
        event.preventDefault();
        attachments.add(files);
    }

    async function send(words) {
        const to = id;
        const replyTo = talk(to).replyTo?.ordinal;
        talk(to).replyTo = null;
        text.value = '';
        keep();
        const { text: plain, entities: found } = read(words);
        const entities = found.length ? found : undefined;
        const more = { entities, replyTo };
        const sent = reply(to, plain, more);
        onSent();
        const problem = await confirmed(to, plain, more, await sent);
        if (problem && !problem.isUncertain) alertOf(problem, 'The answer was not sent');
        if (!problem) follow(to);
    }

    /** What an answer claimed is among one's own now; where a manager steps in, it waits. */
    function follow(to) {
        if (to !== state.route.id || state.route.area !== 'waiting') return;
        if (talk(to).stepsIn) return;
        history.replaceState(null, '', `#/mine/${to}`);
        dispatchEvent(new HashChangeEvent('hashchange'));
    }

    const isSureOf = (problem) => ask('Send it all the same?',
        `${problem.body.detail} It will be recorded.`, 'Send it');

    /** Asks where a rule of the project wants it; gives what went wrong in the end. */
    async function confirmed(to, words, more, problem) {
        if (problem?.code !== 'confirm_text') return problem;
        if (!await isSureOf(problem)) return problem;
        const one = talk(to);
        one.pending = one.pending.filter((each) => each.problem !== problem);
        return reply(to, words, { ...more, confirm: true });
    }

    function keyed(event) {
        if (event.key !== 'Enter' || event.isComposing || event.shiftKey) return;
        const isSending = choice('enterSends') === 'yes' || event.ctrlKey || event.metaKey;
        if (!isSending) return;
        event.preventDefault();
        form.requestSubmit();
    }

    function typed() {
        keep();
        drawHint();
        const each = session(id);
        if (!text.value || !each || !isMine(each) || !isWritable()) return;
        if (Date.now() - toldAt < TYPING) return;
        toldAt = Date.now();
        // Nothing depends on it: what fails is told anew with a later letter.
        post(`/sessions/${id}/typing`).catch(() => {});
    }

    function keep() {
        talk(id).draft = text.value;
    }

    function drawHint() {
        const { text: plain, entities } = read(text.value);
        const length = Array.from(plain).length;
        const parts = Math.ceil(length / MESSAGE);
        if (!attachments.isEmpty()) {
            hint.textContent = length > CAPTION
                ? `${length} characters: a caption may have ${CAPTION}` : 'The text is the caption';
            return;
        }
        hint.textContent = parts > 1 ? `${length} characters: goes out as ${parts} messages`
            : entities.length ? `Formatted: ${looks(entities)}` : choice('enterSends') === 'yes'
                ? 'Enter sends, Shift+Enter starts a line' : 'Ctrl+Enter sends';
    }

    function draw(each, one) {
        const mode = each ? modeFor(each, one) : { closed: '' };
        answered.draw(one);
        form.hidden = mode.closed !== undefined;
        const says = mode.closed ?? reachOf(each.customer.unreachable)?.warns;
        bar.hidden = !says;
        const isOn = isWritable();
        set(button, { disabled: !isOn || sending.has(id) });
        attachments.draw();
        const next = JSON.stringify([id, says, mode.step, mode.verb, mode.place, isOn]);
        if (next === stamp) return;
        stamp = next;
        button.replaceChildren(icon('send'), h('span', mode.verb ?? 'Send'));
        text.placeholder = isOn ? mode.place ?? '' : 'Read-only. Your draft is kept.';
        drawHint();
        if (!says) return;
        bar.replaceChildren(h('p', says), mode.step ? h('button', {
            type: 'button',
            onclick: () => {
                one.stepsIn = true;
                changed();
                queueMicrotask(() => text.focus());
            },
        }, mode.step) : '');
    }

    return {
        node, draw,
        focus: () => text.focus(),
        /** Takes files that were dropped on the conversation, where an answer can be written. */
        attach: (files) => (form.hidden ? undefined : attachments.add(files)),
        opened(next) {
            id = next;
            attachments.opened(id);
            if (!id) return;
            text.value = talk(id).draft;
            drawHint();
        },
    };
}

/** "bold, link" for what a draft's marks do. */
function looks(entities) {
    const names = entities.map(({ type }) => (type === 'text_link' ? 'link' : type));
    return [...new Set(names)].join(', ');
}

/** Whether and how this agent may write here. */
function modeFor(each, one) {
    const first = each.customer.name.split(' ')[0];
    if (isErased(each)) {
        return { closed: 'This customer was erased: nothing can be written any more.' };
    }
    const reach = reachOf(each.customer.unreachable);
    if (reach?.closed) return { closed: reach.closed };
    if (each.state === 'completed') {
        return { closed: 'This session is completed. Reopen it to write, or wait: a new message '
            + 'of the customer opens it again.' };
    }
    if (isMine(each)) return { place: `Answer ${first}` };
    if (each.state === 'unassigned') {
        if (each.canClaim) {
            return { place: `Answer ${first}: the session becomes yours`, verb: 'Claim and send' };
        }
        const closed = 'You cannot be given this session now. The details say why.';
        if (!may(each.project, 'manage')) return { closed };
        return one.stepsIn ? { place: `Write to ${first}; the session waits on`, verb: 'Send' }
            : { closed, step: 'Step in' };
    }
    const owner = each.owner?.name ?? 'Another agent';
    if (!may(each.project, 'manage')) return { closed: `${owner} answers here. You can read.` };
    if (one.stepsIn) {
        return { place: `Write into ${owner}'s session; it is recorded`, verb: 'Send' };
    }
    return { closed: `${owner} answers here.`, step: 'Step in' };
}
