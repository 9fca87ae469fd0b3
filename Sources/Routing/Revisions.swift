import Wire

/// What an agent makes of a message that they wrote.
public enum Revision: Hashable, Sendable {
    /// Another text in place of the old one.
    case text(Text, [TextEntity])
    /// Another caption in place of the old one.
    case caption(Text, [TextEntity])
    /// Nothing: it is deleted, or withdrawn before it goes.
    case deletion

    /// How long after it was sent Telegram lets a bot delete a message in a private chat.
    public static let deletableMilliseconds: Int64 = 48 * 3_600_000
}

/// A message that is at Telegram, as the history of its session tells it.
public struct SentMessage: Hashable, Sendable {
    /// Its item in the history.
    public var ordinal: Int64
    /// Telegram's number of it.
    public var messageID: Int64
    /// When it was written.
    public var at: LogTime

    /// A message of these parts.
    public init(ordinal: Int64, messageID: Int64, at: LogTime) {
        self.ordinal = ordinal
        self.messageID = messageID
        self.at = at
    }
}

/// What became of a message at Telegram after it was sent: the value of a revision row, whose key
/// is the session and the message's ordinal. No row: it is as it was sent.
public struct RevisionMark: Hashable, Sendable {
    /// The history item that tells of the last change that Telegram has made.
    public var ordinal: Int64
    /// Whether it is deleted.
    public var isDeleted: Bool

    /// A mark of these parts.
    public init(ordinal: Int64, isDeleted: Bool) {
        self.ordinal = ordinal
        self.isDeleted = isDeleted
    }

    /// The mark of a row.
    public init(value: [UInt8]) throws(WireError) {
        var reader = ByteReader(value)
        ordinal = try reader.take()
        isDeleted = try reader.bool()
        try reader.expectEnd()
    }

    func encoded() -> [UInt8] {
        var writer = ByteWriter(capacity: 8)
        writer.put(ordinal)
        writer.bool(isDeleted)
        return writer.bytes
    }
}

// What agents do with messages that they wrote. The state holds no history, so the node that takes
// the wish in reads the message there: it checks the author and tells Telegram's number.
extension RoutingState {
    /// An agent's message with formatting, and what rules say of it if they say anything.
    mutating func reply(
        _ id: SessionID, by agent: AgentID, _ text: Text, _ entities: [TextEntity],
        _ verdict: Verdict?
    ) -> Outcome {
        if let objection = entities.objection(in: text) { return .refused(.invalid(objection)) }
        return marked(by: agent, verdict, in: id) { state in
            state.reply(id, by: agent, text, entities)
        }
    }

    /// Changes or deletes a message that is at Telegram. It goes through the outbox as a message
    /// does, and is an item of the history of its own: the old words stay there for who sees it.
    mutating func revise(
        _ id: SessionID, by agent: AgentID, _ target: SentMessage, _ revision: Revision,
        _ verdict: Verdict?
    ) -> Outcome {
        guard let session = sessions[id], canSee(agent, session) else {
            return .refused(.notFound)
        }
        guard canReply(agent, session.project) || isManager(agent, of: session.project) else {
            return .refused(.forbidden)
        }
        // It would bring words back, and a pseudonym is no chat.
        guard !isForgotten(session) else { return .refused(.wrongState) }
        let chat = Chat(project: session.project, user: session.user)
        guard !outgoing.isFull(chat) else {
            return .refused(.invalid("too many messages wait for this chat"))
        }
        switch revision {
        case .text, .caption:
            if let refusal = revision.refusal { return .refused(refusal) }
        case .deletion:
            let first = now.time.adding(milliseconds: -Revision.deletableMilliseconds)
            guard target.at > first else {
                return .refused(.invalid("Telegram deletes no message older than 48 hours"))
            }
        }
        return marked(by: agent, verdict, in: id) { state in
            var session = state.sessions[id]!
            state.queue(revision, of: target, by: agent, in: &session)
            state.store(session)
            return .done(id: state.now.index * OutboxMessage.partsPerReply)
        }
    }

    private mutating func queue(
        _ revision: Revision, of target: SentMessage, by agent: AgentID,
        in session: inout Session
    ) {
        let (text, entities, act): (Text, [TextEntity], OutboxMessage.Act) =
            switch revision {
            case .text(let text, let entities): (text, entities, .edit(target))
            case .caption(let text, let entities): (text, entities, .editCaption(target))
            case .deletion: ("", [], .delete(target))
            }
        var message = OutboxMessage(
            id: OutboxID(now.index * OutboxMessage.partsPerReply), session: session.id,
            ordinal: session.historyCount, project: session.project, chat: session.user,
            agent: agent, at: now.time, text: text)
        message.entities = entities
        message.act = act
        keep(message)
        record(message.historyWhat, in: &session)
    }

    /// Changes a message that has not gone yet, in its place, and tells so in the history: the old
    /// words, which nobody got, are gone. Or withdraws it, also one that failed.
    mutating func reviseQueued(
        _ id: OutboxID, by agent: AgentID, _ revision: Revision, _ verdict: Verdict?
    ) -> Outcome {
        guard let message = outgoing[id], let session = sessions[message.session],
            canSee(agent, session)
        else { return .refused(.notFound) }
        guard message.agent == agent else { return .refused(.forbidden) }
        switch (message.state, revision) {
        case (.queued, .text(let text, let entities)) where message.act == .send,
            (.queued, .caption(let text, let entities)) where message.file != nil:
            if let refusal = revision.refusal { return .refused(refusal) }
            return marked(by: agent, verdict, in: session.id) { state in
                state.rewrite(message, in: session, text, entities)
                return .done(id: id.rawValue)
            }
        case (.queued, .deletion), (.failed, .deletion):
            settle(id, .withdrawn)
            return .done(id: id.rawValue)
        case (.queued, _), (.failed, _), (.sending, _), (.sent, _), (.uncertain, _),
            (.withdrawn, _):
            return .refused(.wrongState)
        }
    }

    /// Gives a message that waits other words, and tells so in the history.
    private mutating func rewrite(
        _ old: OutboxMessage, in session: Session, _ text: Text, _ entities: [TextEntity]
    ) {
        var (message, session) = (old, session)
        message.text = text
        message.entities = entities
        message.changedAt = now.index
        keep(message)
        write(message.historyItem, message.session, ordinal: message.ordinal)
        let change = HistoryItem.What.rewritten(
            by: message.agent, of: message.ordinal, text: text, entities: entities)
        record(change, in: &session)
        store(session)
    }

    /// Does something with an agent's text; if it is done, the history has what rules say of it.
    mutating func marked(
        by agent: AgentID, _ verdict: Verdict?, in id: SessionID,
        _ body: (inout RoutingState) -> Outcome
    ) -> Outcome {
        guard verdict?.action != .block else { return .refused(.invalid("text")) }
        let outcome = body(&self)
        guard let verdict, case .done = outcome, var session = sessions[id] else { return outcome }
        record(.moderated(by: agent, verdict), in: &session)
        store(session)
        return outcome
    }

    /// Applies one of the commands about agents' messages.
    mutating func apply(messages command: Command) -> Outcome {
        switch command {
        case .formattedReply(let id, let by, let text, let entities, let verdict):
            reply(id, by: by, text, entities, verdict)
        case .revise(let id, let by, let target, let revision, let verdict):
            revise(id, by: by, target, revision, verdict)
        case .reviseQueued(let id, let by, let revision, let verdict):
            reviseQueued(id, by: by, revision, verdict)
        case .answer(let id, let by, let target, let text, let entities, let verdict):
            answer(target, in: id, by: by, text, entities, verdict)
        default: preconditionFailure("not about agents' messages")
        }
    }
}

extension Command {
    /// Appends one of the commands about agents' messages.
    func encodeMessages(into writer: inout ByteWriter) {
        switch self {
        case .formattedReply(let id, let by, let text, let entities, let verdict):
            writer.put(.formattedReply, id, by, text, entities, verdict)
        case .revise(let id, let by, let target, let revision, let verdict):
            writer.put(.revise, id, by, target, revision, verdict)
        case .reviseQueued(let id, let by, let revision, let verdict):
            writer.put(.reviseQueued, id, by, revision, verdict)
        case .answer(let id, let by, let target, let text, let entities, let verdict):
            writer.put(.answer, id, by, target, text, entities, verdict)
        default: preconditionFailure("not about agents' messages")
        }
    }

    /// The rest of one of them after its tag.
    init(messages tag: CommandTag, from r: inout ByteReader) throws(WireError) {
        switch tag {
        case .formattedReply:
            self = .formattedReply(
                try r.take(), by: try r.take(), text: try r.take(), try r.take(), try r.take())
        case .revise:
            self = .revise(
                try r.take(), by: try r.take(), try r.take(), try r.take(), try r.take())
        case .answer:
            self = .answer(
                try r.take(), by: try r.take(), to: try r.take(), text: try r.take(),
                try r.take(), try r.take())
        default:
            self = .reviseQueued(try r.take(), by: try r.take(), try r.take(), try r.take())
        }
    }

    /// One of them as the routing journal keeps it; what would be refused for its words is no more
    /// than time that passes.
    var messagesForJournal: Command {
        switch self {
        case .formattedReply(let id, let by, let text, let entities, let verdict),
            .answer(let id, let by, _, let text, let entities, let verdict):
            verdict?.action == .block || entities.objection(in: text) != nil
                ? .advance : .reply(id, by: by, text: text.placeholder)
        case .revise(let id, let by, let target, let revision, let verdict):
            if verdict?.action != .block, let revision = revision.forJournal {
                .revise(id, by: by, target.forJournal, revision, nil)
            } else {
                .advance
            }
        case .reviseQueued(let id, let by, let revision, let verdict):
            if verdict?.action != .block, let revision = revision.forJournal {
                .reviseQueued(id, by: by, revision, nil)
            } else {
                .advance
            }
        default: preconditionFailure("not about agents' messages")
        }
    }
}

extension Revision {
    /// Without its words; nil: it is refused for them.
    fileprivate var forJournal: Revision? {
        guard refusal == nil else { return nil }
        return switch self {
        case .deletion: .deletion
        // There is no file in the journal.
        case .text, .caption: .text("x", [])
        }
    }

    /// What speaks against its words; nil: nothing.
    fileprivate var refusal: Refusal? {
        switch self {
        case .deletion: return nil
        case .text(let text, let entities):
            guard text.messageParts.count == 1 else {
                return .invalid("text of one message, 1 to 4096 characters")
            }
            return entities.objection(in: text).map { .invalid($0) }
        case .caption(let text, let entities):
            return (text.captionObjection ?? entities.objection(in: text)).map { .invalid($0) }
        }
    }
}

extension Revision: Coded {
    func encode(into writer: inout ByteWriter) {
        switch self {
        case .text(let text, let entities):
            writer.u8(1)
            writer.put(text)
            writer.put(entities)
        case .deletion: writer.u8(2)
        case .caption(let text, let entities):
            writer.u8(3)
            writer.put(text)
            writer.put(entities)
        }
    }

    init(from reader: inout ByteReader) throws(WireError) {
        let start = reader.offset
        let tag = try reader.u8()
        switch tag {
        case 1: self = .text(try reader.take(), try reader.take())
        case 2: self = .deletion
        case 3: self = .caption(try reader.take(), try reader.take())
        default: throw reader.unknown(tag, at: start)
        }
    }
}

extension SentMessage: Coded {
    func encode(into writer: inout ByteWriter) {
        writer.put(ordinal)
        writer.put(messageID)
        writer.put(at)
    }

    init(from reader: inout ByteReader) throws(WireError) {
        self.init(
            ordinal: try reader.take(), messageID: try reader.take(), at: try reader.take())
    }
}
