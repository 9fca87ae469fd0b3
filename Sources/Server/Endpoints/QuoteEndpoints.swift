import Routing
import Storage
import Wire

/// Which items of a history are meant by Telegram's numbers in it: customers answer and change
/// messages by these. Found when the history is read, since the log has no need of it.
struct MessageNumbers: Sendable {
    /// Bounds of a look-up.
    enum Limits {
        /// Items before a page that are looked through for what the page speaks of.
        static let further = 500
    }

    /// The ordinals of messages by their numbers.
    private var ordinals: [Int64: Int64] = [:]
    /// Numbers that are spoken of and not found.
    private var wanted: Set<Int64> = []
    /// The first item that was looked at.
    private var first = Int64.max

    /// What the items of a page say of each other.
    init(_ items: [(item: HistoryItem, ordinal: Int64)]) {
        for (item, ordinal) in items {
            note(item, ordinal)
            wanted.formUnion(item.numbersMeant)
        }
        wanted.subtract(ordinals.keys)
    }

    private mutating func note(_ item: HistoryItem, _ ordinal: Int64) {
        first = min(first, ordinal)
        guard let number = item.number else { return }
        ordinals[number] = ordinal
        wanted.remove(number)
    }

    /// Looks for what is missing among the items before the page.
    mutating func lookFurther(
        in session: SessionID, _ reader: StateReader
    ) throws(StorageError) {
        guard !wanted.isEmpty, first > 0 else { return }
        let rows = try reader.rows(
            .history, major: session.rawValue, minorIn: 0...first - 1, descending: true,
            limit: Limits.further)
        for row in rows where !wanted.isEmpty {
            guard let item = try? HistoryItem(value: row.value) else { continue }
            note(item, row.minor)
        }
    }

    /// Names the items that an item speaks of.
    func name(_ view: inout API.Item, of item: HistoryItem) {
        switch item.what {
        case .inbound(let message):
            view.replyTo = ordinals[message.extras.replyTo].map { "\($0)" }
        case .edited(let edited):
            view.of = ordinals[edited.messageID].map { "\($0)" }
            view.replyTo = ordinals[edited.extras.replyTo].map { "\($0)" }
        default: return  // These name items themselves, or none.
        }
    }
}

extension HistoryItem {
    /// Telegram's number of the message that it is; nil: it is none, or has none yet.
    var number: Int64? {
        switch what {
        case .inbound(let message): message.messageID > 0 ? message.messageID : nil
        case .outbound(let message):
            if case .sent(let number) = message.state, number > 0 { number } else { nil }
        default: nil  // No message of its own.
        }
    }

    /// Telegram's numbers of the messages that it speaks of.
    fileprivate var numbersMeant: [Int64] {
        switch what {
        case .inbound(let message): [message.extras.replyTo].filter { $0 > 0 }
        case .edited(let edited): [edited.messageID, edited.extras.replyTo].filter { $0 > 0 }
        default: []  // These name items, or none.
        }
    }
}

extension Node {
    /// An agent's reply to one of the messages of the session.
    func answer(
        _ target: String, in id: SessionID, _ body: API.Reply, _ call: APICall
    ) throws(Problem) {
        let (text, entities) = try body.checked()
        guard let ordinal = Int64(target), ordinal >= 0 else { throw .noQuoted }
        // A history is read by who sees it; whether they may write is told by the log.
        guard state.canSee(call.caller.agent, id) else {
            throw call.problem(state.session(id)?.owner.map { .ownedBy($0) } ?? .notFound)
        }
        read(call) { reader throws(StorageError) in
            try reader.row(.history, major: id.rawValue, minor: ordinal)
        } completion: { [self] row in
            do throws(Problem) {
                guard let row, let item = try? HistoryItem(value: row) else { throw .noQuoted }
                try answer(item, ordinal, in: id, text, entities, body, call)
            } catch {
                call.respond(error)
            }
        }
    }

    private func answer(
        _ item: HistoryItem, _ ordinal: Int64, in id: SessionID, _ text: Text,
        _ entities: [TextEntity], _ body: API.Reply, _ call: APICall
    ) throws(Problem) {
        guard let number = item.number else {
            if case .outbound = item.what { throw .quotedNotSent }
            throw .noQuoted
        }
        let agent = call.caller.agent
        let quoted = SentMessage(ordinal: ordinal, messageID: number, at: item.at)
        struct Answer: Encodable { var outbox: String }
        try submitText(
            text, entities, in: id, isConfirmed: body.confirm ?? false, call
        ) { verdict in
            .answer(id, by: agent, to: quoted, text: text, entities, verdict)
        } done: { outbox in
            call.respond(Answer(outbox: "\(outbox)"), status: 201)
        }
    }
}

extension Problem {
    static let noQuoted = Problem.invalid(
        "The field replyTo must be the ordinal of a message of this session.")
    static let quotedNotSent = Problem(
        409, "wrong_state", "Not at Telegram yet",
        detail: "The message that is to be answered was not sent, or is on its way.",
        hint: "Try again once it is sent, or write without replyTo.")
}
