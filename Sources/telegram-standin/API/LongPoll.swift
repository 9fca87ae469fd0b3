import Transport
import Wire

/// A request of `getUpdates`, which may wait for an update. One at a time for each bot.
final class LongPoll {
    private let bot: Bot
    private let offset: Int64
    private let limit: Int
    private var answer: ((Reply) -> Void)?
    private var timer: LoopTimer?

    /// The longest wait, in Telegram's seconds.
    static let maxTimeout: Int64 = 50

    private init(
        _ bot: Bot, offset: Int64, limit: Int, answer: @escaping (Reply) -> Void
    ) {
        self.bot = bot
        self.offset = offset
        self.limit = limit
        self.answer = answer
    }

    /// Answers at once when updates wait or no time was given, else as soon as one comes.
    static func begin(_ bot: Bot, _ arguments: Arguments, answer: @escaping (Reply) -> Void) {
        guard bot.webhook == nil else {
            return answer(
                .error(
                    409,
                    Text(
                        "Conflict: can't use getUpdates method while webhook is active; "
                            + "use deleteWebhook to delete the webhook first")))
        }
        bot.longPoll?.end(
            with: .error(
                409,
                Text(
                    "Conflict: terminated by other getUpdates request; "
                        + "make sure that only one bot instance is running")))
        WebhookMethods.readAllowedUpdates(of: bot, arguments)
        bot.forgetExpired()
        let offset = arguments.int("offset") ?? 0
        if offset > 0 {
            bot.forget(through: offset - 1)
        } else if offset < 0 {
            let ids = bot.pending.keys.sorted()
            if ids.count > -Int(clamping: offset) {
                bot.forget(through: ids[ids.count + Int(clamping: offset)] - 1)
            }
        }
        let poll = LongPoll(
            bot, offset: offset, limit: Int(arguments.int("limit", standard: 100, in: 1...100)),
            answer: answer)
        let timeout = arguments.int("timeout", standard: 0, in: 0...maxTimeout)
        if !bot.pending.isEmpty || timeout == 0 { return poll.finish() }
        bot.longPoll = poll
        poll.timer = bot.world.clock.after(Double(timeout)) { [weak poll] in poll?.finish() }
    }

    /// An update came.
    func updatesArrived() { finish() }

    /// Ends the wait with another answer.
    func end(with reply: Reply) {
        timer?.cancel()
        if bot.longPoll === self { bot.longPoll = nil }
        answer?(reply)
        answer = nil
    }

    private func finish() {
        let updates = bot.pending.keys.sorted().prefix(limit).compactMap { id -> JSONValue? in
            guard let update = bot.pending[id] else { return nil }
            return try? JSONValue.parse(Bot.body(of: update))
        }
        end(with: .ok(.array(Array(updates))))
    }
}
