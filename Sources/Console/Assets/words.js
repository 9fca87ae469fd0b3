// The words for the codes of the interface: reasons, causes, modes, presence, kinds of messages.

import { clock, day, full } from './dom.js';

const LABELS = {
    deactivated: 'Account deactivated', cannotReply: 'May not reply here', overSeat: 'No seat',
    notInScope: 'Not among the specified agents', linkRestricted: 'Not for this link',
    atCapacity: 'At capacity', rateLimited: 'No more new sessions',
    excluded: 'Gave it back or left it', away: 'Away', notReceiving: 'Page hidden',
    offline: 'Offline', neverSignedIn: 'Never signed in',
};

const CAUSES = {
    new: 'New session', reopen: 'Reopened by the customer', drain: 'From the queue',
    transfer: 'Transfer', claim: 'Claimed', giveBack: 'Given back', returned: 'Returned',
    queued: 'Entered the queue', unanswered: 'Left unanswered', agentGone: 'Agent gone',
    leaving: 'The agent left', question: 'As of now',
};

const MODES = { roundRobin: 'round robin', onlineFirst: 'online first' };

/** The cause and the mode of a decision, in words. */
export function causeText(decision) {
    const cause = CAUSES[decision.cause] ?? decision.cause;
    const mode = MODES[decision.mode] ?? decision.mode;
    return mode ? `${cause}, ${mode}` : cause;
}

/** Reasons in words: the label, with the figure or the time that the node gives. */
export function reasonTexts(reasons) {
    return reasons.map((reason) => {
        const { code, text = '' } = typeof reason === 'string' ? { code: reason } : reason;
        const label = LABELS[code];
        if (!label) return text || code;
        const moment = /\b(since|until) (\d{4}-\d\d-\d\dT\S+Z)/.exec(text);
        if (moment) return `${label} ${moment[1]} ${shortly(moment[2])}`;
        return /^\d/.test(text) ? `${label}: ${text}` : label;
    });
}

function shortly(at) {
    return day(at) === 'Today' ? clock(at) : full(at);
}

const PRESENCES = {
    receiving: 'Receiving', hidden: 'Page hidden', away: 'Away', offline: 'Offline',
};

const MEANINGS = {
    receiving: 'New sessions can be given to you.',
    hidden: 'This page has been hidden for a while; new sessions go to others. Show it to go on.',
    away: 'You said that you are away. You keep your sessions and are given no new ones.',
    offline: 'The cluster sees no page of yours. New sessions go to others.',
};

/** What it means for the agent. */
export const presenceMeaning = (presence) => MEANINGS[presence] ?? MEANINGS.offline;

/** "Receiving" for receiving. */
export const presenceName = (presence) => PRESENCES[presence] ?? 'Offline';

/** The kinds of messages that a conversation shows; `withheld` by a rule. */
const SHOWN = ['text', 'photo', 'document', 'voice', 'audio', 'video', 'video_note', 'animation',
    'sticker', 'location', 'venue', 'contact', 'withheld', 'message'];

/** The words of a message, or its kind. */
export function said(message) {
    if (message.text) return message.text;
    const kind = message.kind ?? message.messageKind ?? 'message';
    if (!SHOWN.includes(kind)) return `unsupported: ${kind}`;
    return kind === 'text' ? 'Empty message' : kindName(kind);
}

/** "Video note" for video_note. */
export function kindName(kind) {
    const words = kind.replace(/_/g, ' ');
    return words.charAt(0).toUpperCase() + words.slice(1);
}

/**
 * Why Telegram delivers nothing to a customer: `fact` is for the panel, `closed` takes the place of
 * the composer, `warns` stands below it.
 */
const REACH = {
    blockedBot: {
        fact: 'Has blocked the bot',
        event: 'The customer blocked the bot',
        closed: 'This customer has blocked the bot: Telegram delivers nothing to them. Complete '
            + 'the session; they come back by writing.',
    },
    deactivated: {
        fact: 'The account is gone',
        event: 'Telegram says that the customer\'s account is gone',
        closed: 'This customer\'s Telegram account is gone: nothing reaches them. Complete the '
            + 'session.',
    },
    chatNotFound: {
        fact: 'Has not started the bot',
        event: 'Telegram knows no chat of the customer with this bot',
        warns: 'Telegram knows no chat of this customer with the bot: they must press Start in it '
            + 'first.',
    },
    notAllowed: {
        fact: 'The bot may not write to them',
        event: 'Telegram does not let the bot write to the customer',
        warns: 'Telegram does not let the bot write to this customer. A manager looks whether it '
            + 'is the bot that they wrote to and whether it is restricted; then send again.',
    },
};

/** What is known of a code; of one that this page does not know, as of `notAllowed`. */
export function reachOf(code) {
    return code ? REACH[code] ?? REACH.notAllowed : null;
}
