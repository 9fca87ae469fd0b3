import Routing

/// When the sender may call: Telegram's rates, and the pauses that it asks for.
///
/// Telegram takes about 30 messages a second of a bot and one a second for a chat
/// (core.telegram.org/bots/faq). What counts is when calls arrive there, and what is given to the
/// cluster to be committed now is called a little later, and later still when all connections are
/// busy; so a place is taken when a message is chosen and held until `Limits.span` after its call.
///
/// A bot begins `Limits.calls` calls in any span at most, 25 a second: calls that arrived within a
/// second were begun within 1.2 s, six spans, if the way there delays one no more than 0.2 s longer
/// than another, and six spans have 30 calls. A chat's second counts from its last call.
///
/// Telegram does not say whether a 429 is for the chat or for the bot. It holds the chat, in the
/// replicated outbox, so also under the next leader; and when another chat of the bot gets one
/// while the first is held, it was not about the chats, and the bot is held.
struct SendingPace {
    /// Telegram's rates, with room for what calls meet on their way.
    enum Limits {
        /// Calls of one bot in any `span`.
        static let calls = 5
        /// In nanoseconds.
        static let span: Int64 = 200_000_000
        /// From one call for a chat to the next, in nanoseconds.
        static let chatPause: Int64 = 1_000_000_000
        /// A new office waits this long, in nanoseconds: the last one's calls are not known to it.
        static let officePause: Int64 = 1_000_000_000
        /// Chats that are remembered; beyond, those whose pause is over are forgotten.
        static let chats = 10_000
    }
    /// What a message may do.
    enum Answer: Hashable {
        /// It goes; its place is taken.
        case go
        /// Not before so many nanoseconds have passed.
        case wait(Int64)
        /// Not before a call that was chosen is made or given up.
        case waitForOthers
    }

    private struct Bot {
        /// When the last calls were made, ascending, `Limits.calls` at most.
        var calls: [Int64] = []
        /// How many were chosen and are not made yet.
        var chosen = 0
        /// Nothing goes before this moment.
        var heldUntil = Int64.min
        /// The chat that is held longest by a 429, and until when.
        var refused: (chat: Chat, until: Int64)?
    }
    private var bots: [ProjectID: Bot] = [:]
    private var freeAt: [Chat: Int64] = [:]
    private var opensAt = Int64.min

    /// A new office began: nothing is known of the calls before it. All times are the loop's, in
    /// nanoseconds.
    mutating func beganOffice(now: Int64) { opensAt = now + Limits.officePause }

    /// Asks for a message's place. Each `go` is followed by one `called` or `gaveUp`.
    mutating func choose(_ chat: Chat, now: Int64) -> Answer {
        let bot = bots[chat.project] ?? Bot()
        let free = max(opensAt, bot.heldUntil, freeAt[chat] ?? .min)
        if free > now { return .wait(free - now) }
        let recent = bot.calls.filter { now - $0 < Limits.span }
        if recent.count + bot.chosen >= Limits.calls {
            return recent.first.map { .wait($0 + Limits.span - now) } ?? .waitForOthers
        }
        bots[chat.project, default: Bot()].chosen += 1
        return .go
    }

    /// A chosen message's call is made: it is about to be written to a connection.
    mutating func called(_ chat: Chat, now: Int64) {
        gaveUp(chat)
        let older = bots[chat.project]!.calls.suffix(Limits.calls - 1)
        bots[chat.project]!.calls = older + [now]
        if freeAt.count >= Limits.chats { freeAt = freeAt.filter { $0.value > now } }
        freeAt[chat] = now + Limits.chatPause
    }

    /// A call that another node made for a chat, which counts from its turn on, is over: when it
    /// arrived is not known, so the chat's second counts from now.
    mutating func ended(_ chat: Chat, now: Int64) { freeAt[chat] = now + Limits.chatPause }

    /// A chosen message is not called for.
    mutating func gaveUp(_ chat: Chat) {
        let chosen = bots[chat.project]?.chosen ?? 0
        precondition(chosen > 0, "nothing was chosen")
        bots[chat.project]!.chosen = chosen - 1
    }

    /// Telegram answered a chat's call by 429 and asks for a pause of so many nanoseconds.
    mutating func refused(_ chat: Chat, pause: Int64, now: Int64) {
        let until = now + pause
        var bot = bots[chat.project] ?? Bot()
        if let first = bot.refused, first.until > now {
            if first.chat != chat { bot.heldUntil = max(bot.heldUntil, until) }
            if first.until < until { bot.refused = (chat, until) }
        } else {
            bot.refused = (chat, until)
        }
        bots[chat.project] = bot
    }
}
