import Wire

// What a desk does about a customer who is a nuisance: bars them, or lets only so many messages of
// each in.
extension RoutingState {
    /// A manager, or the agent who has the session, bars a customer or lets them in again. What a
    /// barred customer writes is kept in their last session; nothing is opened by it.
    ///
    /// It is about the customer, whatever becomes of a session; who saw one says which version, and
    /// is refused when an open one has another owner since.
    mutating func bar(
        _ user: TelegramID, of project: ProjectID, by agent: AgentID, _ isBarred: Bool,
        _ version: UInt64?
    ) -> Outcome {
        guard let slot = roomSlots[project] else { return .refused(.notFound) }
        let chat = Chat(project: project, user: user)
        let session = latest[chat].flatMap { sessions[$0] }
        guard isManager(agent, of: project) || session?.owner == agent else {
            return .refused(.forbidden)
        }
        if let version, let session, session.state != .completed,
            let conflict = conflict(session, version)
        {
            return .refused(conflict)
        }
        guard rooms[slot].barred.contains(user) != isBarred else { return .done(id: 0) }
        if isBarred { rooms[slot].barred.insert(user) } else { rooms[slot].barred.remove(user) }
        draft.applied.write(
            .customer, project.rawValue, user.rawValue, as: isBarred ? [Self.barredMark] : nil)
        guard var session else { return .done(id: 0) }
        if isBarred, session.state != .completed {
            if session.state == .assigned {
                release(&session)
            } else {
                dequeue(&session, in: slot)
            }
            close(&session, in: slot)
        }
        record(.barred(by: agent, isBarred), in: &session)
        store(session)
        return .done(id: session.id.rawValue)
    }

    /// The value of a barred customer's row.
    private static let barredMark: UInt8 = 1

    /// Takes back a stored customer.
    mutating func loadCustomer(_ slot: Int, _ user: TelegramID, value: [UInt8]) throws(WireError) {
        guard value == [Self.barredMark] else { throw WireError(.badValue("customer"), offset: 0) }
        rooms[slot].barred.insert(user)
    }

    /// Whether a customer of a project is barred.
    public func isBarred(_ user: TelegramID, of project: ProjectID) -> Bool {
        roomSlots[project].map { rooms[$0].barred.contains(user) } ?? false
    }

    /// Whether one message more is too much for a minute. The first such message is recorded, and
    /// the others change nothing.
    mutating func isFlooding(_ session: inout Session, in slot: Int) -> Bool {
        let limit = rooms[slot].project.settings.messagesPerMinute
        guard limit > 0 else { return false }
        session.flood.note(at: now.time, limit: limit)
        guard session.flood.count > limit else { return false }
        if !session.flood.isRecorded {
            session.flood.isRecorded = true
            record(.flooded, in: &session)
            store(session)
        }
        return true
    }
}

/// How many messages of one customer came in the present minute.
struct Flood: Hashable, Sendable {
    /// When the minute began; nil: none has.
    private(set) var since: LogTime?
    /// Messages in it, counted up to one more than allowed.
    private(set) var count: UInt32 = 0
    /// Whether the history says that it was too much.
    var isRecorded = false

    /// The minute.
    static let windowMilliseconds: Int64 = 60_000

    mutating func note(at time: LogTime, limit: UInt32) {
        if let since, time < since.adding(milliseconds: Self.windowMilliseconds) {
            count = min(count + 1, limit + 1)
        } else {
            self = Flood(since: time, count: 1)
        }
    }
}

extension Flood: Coded {
    func encode(into writer: inout ByteWriter) {
        writer.put(since)
        writer.put(count)
        writer.bool(isRecorded)
    }
    init(from reader: inout ByteReader) throws(WireError) {
        since = try reader.take()
        count = try reader.take()
        isRecorded = try reader.bool()
    }
}
