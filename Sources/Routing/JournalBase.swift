import Wire

/// Makes of the rows of a state those from which a journal goes on: what decisions need, and no
/// word that anybody wrote, no name and no secret. Tables come in the order of `tables`.
public struct JournalBase: Sendable {
    /// The tables that a base is made of. Projects come before sessions.
    public static let tables: [RowTable] = RowTable.allCases.filter { table in
        switch table {
        case .history, .click, .note, .tags, .apiToken, .webhookPoint, .nodeURL, .onlineSpan,
            .audit, .moderation, .hook, .hookDelivery, .erasureMark, .erasureTold, .revision:
            false
        case .scalar, .project, .agent, .signIn, .session, .link, .cursor, .seenUpdates, .outbox,
            .presence, .request, .customer, .load, .seenClicks, .keyedRequest, .pool, .replyWatch,
            .goneWatch, .openTimes, .deskBook, .waits, .settingVersion, .erasure:
            true
        }
    }
    /// A completed session is kept for as long as a message opens it again, and so long at least.
    public static let completedMilliseconds: Int64 = 2 * 86_400_000

    private let time: LogTime
    private var reopening: [ProjectID: Int64] = [:]

    /// A base of a state at this log time.
    public init(at time: LogTime) { self.time = time }

    /// A row's value as the base has it; nil: not at all.
    public mutating func take(
        _ table: RowTable, major: Int64, minor: Int64, value: [UInt8]
    ) throws(WireError) -> [UInt8]? {
        switch table {
        case .history, .click, .note, .tags, .apiToken, .webhookPoint, .nodeURL, .onlineSpan,
            .audit, .moderation, .hook, .hookDelivery, .erasureMark, .erasureTold, .revision:
            return nil
        case .scalar, .cursor, .seenUpdates, .presence, .request, .customer, .load, .seenClicks,
            .keyedRequest, .replyWatch, .goneWatch, .openTimes, .waits, .settingVersion, .erasure:
            return value
        case .project:
            let id = ProjectID(major)
            var project = try Project(id: id, value: value)
            project.settings = project.settings.forJournal
            reopening[id] = project.settings.reopenMilliseconds
            return project.encoded()
        case .agent:
            var agent = try Agent(id: AgentID(major), value: value)
            (agent.login, agent.name, agent.passwordHash) = (agent.login.masked, "", "")
            return agent.encoded(at: .newest)
        case .signIn:
            let known = try SignIn(agent: AgentID(major), id: minor, value: value)
            return SignIn(
                id: known.id, agent: known.agent, tokenHash: known.tokenHash.maskedHash,
                at: known.at, lastUsed: known.lastUsed,
                idleMilliseconds: known.idleMilliseconds, endsAt: known.endsAt
            ).encoded()
        case .session: return try take(Session(id: SessionID(major), value: value))
        case .link:
            var link = try Link(id: LinkID(major), value: value)
            link.settings = link.settings.forJournal
            link.terms = link.terms.forJournal
            return link.encoded(at: .newest)
        case .pool:
            var pool = try Pool(id: PoolID(major), value: value)
            pool.settings = pool.settings.forJournal
            return pool.encoded()
        case .outbox:
            return try OutboxMessage(id: OutboxID(major), value: value).forJournal.encoded()
        case .deskBook:
            let book = try DeskBook(row: value).forJournal
            return book == DeskBook() ? nil : book.encodedAlone()
        }
    }

    private func take(_ session: Session) -> [UInt8]? {
        if session.state == .completed, let completedAt = session.completedAt {
            let span = max(Self.completedMilliseconds, reopening[session.project] ?? 0)
            guard time <= completedAt.adding(milliseconds: span) else { return nil }
        }
        return session.forJournal.encoded()
    }
}

extension Session {
    fileprivate var forJournal: Session {
        var session = self
        session.name = ""
        session.username = ""
        session.last = nil
        // What joins a history is in no journal.
        (session.flood, session.asides, session.moving) = (flood.forJournal, Flood(), nil)
        return session
    }
}

extension OutboxMessage.Act {
    fileprivate var forJournal: OutboxMessage.Act {
        switch self {
        case .send, .sendFile: .send
        case .edit(let target), .editCaption(let target): .edit(target.forJournal)
        case .delete(let target): .delete(target.forJournal)
        }
    }
}

extension SentMessage {
    /// Without Telegram's number.
    var forJournal: SentMessage {
        SentMessage(ordinal: ordinal, messageID: 0, at: at)
    }
}

extension OutboxMessage {
    fileprivate var forJournal: OutboxMessage {
        var message = OutboxMessage(
            id: id, session: session, ordinal: ordinal, project: project, chat: chat, agent: agent,
            at: at, text: "x")
        message.attempts = attempts
        message.notBefore = notBefore
        message.state =
            switch state {
            case .queued, .sending: state
            case .sent: .sent(messageID: 0)
            case .failed: .failed(reason: "")
            case .uncertain: .uncertain(reason: "")
            case .withdrawn: .withdrawn
            }
        message.act = act.forJournal
        return message
    }
}
