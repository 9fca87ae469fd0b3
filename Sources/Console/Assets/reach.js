// Customers whom Telegram delivers nothing to: why, and what to do. The codes are the API's.

/** `fact` is for the panel, `closed` takes the place of the composer, `warns` stands below it. */
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
