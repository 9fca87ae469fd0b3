import Wire

/// The erasure of what is kept of a project's customer.
public struct ErasureID: Identifier {
    /// The log index that began it.
    public let rawValue: Int64
    /// The erasure with this number.
    @inlinable public init(_ rawValue: Int64) { self.rawValue = rawValue }
}

extension ErasureID: Coded {}

/// How far the erasure of a customer is, in the replicated rows. What is erased is in older entries
/// of the log until each node has cut them; see `RoutingState.erasedThrough`.
public struct Erasure: Hashable, Sendable {
    /// The log index that began it.
    public let id: ErasureID
    /// Whose customer it was.
    public let project: ProjectID
    /// Who asked for it.
    public let by: AgentID
    /// When.
    public let askedAt: LogTime
    /// Who it is, while the erasure is under way; nobody knows any more afterwards.
    public internal(set) var user: TelegramID?
    /// Sessions that say nothing of the customer any more.
    public internal(set) var sessions: UInt32 = 0
    /// When the last row was done; nil while it is under way.
    public internal(set) var finishedAt: LogTime?
    /// The log index of that; 0 while it is under way.
    public internal(set) var finishedIndex: Int64 = 0

    /// Stands for the customer from here on: no number of Telegram's, and made of none.
    public var pseudonym: TelegramID { TelegramID(-id.rawValue) }

    /// Bounds.
    public enum Limits {
        /// Erasures under way at one time.
        public static let underWay = 100
        /// Finished ones that are remembered; older ones stay in the audit log alone.
        public static let finished = 1000
        /// Nodes that told how far they are, those that left included.
        public static let nodes = 256
    }
}

extension Erasure {
    func encoded() -> [UInt8] {
        var writer = ByteWriter(capacity: 48)
        writer.put(project)
        writer.put(by)
        writer.put(askedAt)
        writer.put(user)
        writer.put(sessions)
        writer.put(finishedAt)
        writer.put(finishedIndex)
        return writer.bytes
    }

    init(id: ErasureID, value: [UInt8]) throws(WireError) {
        var reader = ByteReader(value)
        self.init(
            id: id, project: try reader.take(), by: try reader.take(), askedAt: try reader.take(),
            user: try reader.take())
        sessions = try reader.take()
        finishedAt = try reader.take()
        finishedIndex = try reader.take()
        try reader.expectEnd()
    }
}

/// What the state keeps of erasures.
struct Erasures: Equatable, Sendable {
    /// From the oldest on.
    var list: [Erasure] = []
    /// The log index of the entry that finished one last; 0: none was.
    var finished: Int64 = 0
    /// Up to which log index each node says that nothing erased is in its files any more.
    var told: [UInt64: Int64] = [:]

    /// The place of one.
    func place(of id: ErasureID) -> Int? { list.lastIndex { $0.id == id } }

    /// The first that is under way.
    var underWay: Erasure? { list.first { $0.finishedAt == nil } }

    /// The key of the only row that says which entry finished an erasure last.
    static let markKey: Int64 = 1
}

extension Session {
    /// Whether its customer was erased: a pseudonym is no number of Telegram's.
    public var isErased: Bool { user.rawValue < 0 }

    /// Forgets who the customer was.
    mutating func forget(_ pseudonym: TelegramID) {
        user = pseudonym
        (name, username, language, fixedLanguage) = ("", "", "", "")
        last?.text = ""
        (flood, asides, moving) = (Flood(), Flood(), nil)
    }
}

// What is erased goes in steps, since histories and clicks are on disk alone: the leader's node
// reads them and puts what may stay of them into the log; here it is seen to that it says nothing.
extension RoutingState {
    /// All erasures that are remembered, from the oldest on.
    public var erasureList: [Erasure] { erasures.list }
    /// An erasure.
    public func erasure(_ id: ErasureID) -> Erasure? {
        erasures.place(of: id).map { erasures.list[$0] }
    }
    /// The first erasure that is under way.
    public var erasureUnderWay: Erasure? { erasures.underWay }
    /// The log index of the entry that finished an erasure last, with its log time; nil: none was.
    public var lastErasure: (index: Int64, at: LogTime?)? {
        guard erasures.finished > 0 else { return nil }
        let last = erasures.list.first { $0.finishedIndex == erasures.finished }
        return (erasures.finished, last?.finishedAt)
    }
    /// Whether a session's customer was erased or is being erased: nothing new is said in it.
    func isForgotten(_ session: Session) -> Bool {
        session.isErased
            || erasures.list.contains {
                $0.user == session.user && $0.project == session.project
                    && session.id.rawValue < $0.id.rawValue
            }
    }
    /// Up to which log index a node has told that what was erased before is in none of its files.
    public func erasedThrough(at node: UInt64) -> Int64 { erasures.told[node] ?? 0 }

    mutating func apply(privacy command: Command) -> Outcome {
        switch command {
        case .eraseCustomer(let user, let id, let by): eraseCustomer(user, of: id, by: by)
        case .eraseSession(let id, let session, let from, let items):
            eraseSession(id, session, from: from, items)
        case .finishErasure(let id): finishErasure(id)
        case .forgetClicks(let clicks): forget(clicks)
        case .tellErased(let node, let index): tellErased(node, index)
        default: preconditionFailure("no command of privacy")
        }
    }

    /// A manager has a customer erased: an open session is completed, nothing more is sent, and
    /// whatever the customer writes from here on comes from somebody new.
    private mutating func eraseCustomer(
        _ user: TelegramID, of project: ProjectID, by agent: AgentID
    ) -> Outcome {
        guard let slot = roomSlots[project] else { return .refused(.notFound) }
        guard isManager(agent, of: project) else { return .refused(.forbidden) }
        let chat = Chat(project: project, user: user)
        guard user.rawValue > 0, let id = latest[chat], var session = sessions[id] else {
            return .refused(.notFound)
        }
        guard erasures.list.count(where: { $0.finishedAt == nil }) < Erasure.Limits.underWay else {
            return .refused(.invalid("too many erasures are under way"))
        }
        let erasure = Erasure(
            id: ErasureID(now.index), project: project, by: agent, askedAt: now.time, user: user)
        endForErasure(&session, by: agent, in: slot)
        for message in outgoing.messages(of: chat) {
            outgoing.remove(message.id)
            draft.messages.note(message.id)
        }
        if rooms[slot].barred.contains(user) {
            rooms[slot].barred.remove(user)
            draft.applied.write(.customer, project.rawValue, user.rawValue, as: nil)
        }
        _ = latest.removeValue(forKey: chat)
        latest[Chat(project: project, user: erasure.pseudonym)] = id
        erasures.list.append(erasure)
        let place = erasures.list.count - 1
        forgetHead(&session, place)
        store(session)
        return .done(id: now.index)
    }

    private mutating func endForErasure(
        _ session: inout Session, by agent: AgentID, in slot: Int
    ) {
        guard session.state != .completed else { return }
        if session.state == .assigned {
            release(&session)
        } else {
            dequeue(&session, in: slot)
        }
        close(&session, in: slot)
        record(.completed(by: agent), in: &session)
    }

    /// A session says no more whose it was, and is filed under no tags.
    private mutating func forgetHead(_ session: inout Session, _ place: Int) {
        if !session.isErased { erasures.list[place].sessions += 1 }
        session.forget(erasures.list[place].pseudonym)
        if records.tags[session.id] != nil {
            records.tags[session.id] = nil
            draft.applied.write(.tags, session.id.rawValue, as: nil)
        }
        writeErasure(place)
    }

    /// What may stay of some of a session's history, in place of what is there.
    private mutating func eraseSession(
        _ id: ErasureID, _ session: SessionID, from: Int64, _ items: [HistoryItem]
    ) -> Outcome {
        guard let place = erasures.place(of: id), let user = erasures.list[place].user,
            var session = sessions[session], session.project == erasures.list[place].project,
            session.user == user || session.user == erasures.list[place].pseudonym,
            session.id.rawValue < id.rawValue, session.state == .completed
        else { return .refused(.notFound) }
        guard from >= 0, from <= session.historyCount - Int64(items.count),
            items.allSatisfy({ $0 == $0.withoutWords })
        else { return .refused(.invalid("items")) }
        for (number, item) in items.enumerated() {
            if case .noted(let author) = item.what {
                draft.applied.write(.note, author.rawValue, item.index, as: nil)
            }
            forgetClick(of: item)
            write(item, session.id, ordinal: from + Int64(number))
        }
        forgetHead(&session, place)
        store(session)
        return .done(id: session.id.rawValue)
    }

    /// A link that came when the session kept enough of them started nothing by which its click is
    /// found (see `attach`): the click goes as a whole.
    private mutating func forgetClick(of item: HistoryItem) {
        guard case .inbound(let message) = item.what, let touch = message.touch,
            touch.via == .own, started[touch.key] == nil
        else { return }
        draft.applied.write(
            .click, Int64(bitPattern: touch.key.epoch), Int64(bitPattern: touch.key.sequence),
            as: nil)
    }

    /// No row says anything of the customer any more.
    private mutating func finishErasure(_ id: ErasureID) -> Outcome {
        guard let place = erasures.place(of: id) else { return .refused(.notFound) }
        guard erasures.list[place].finishedAt == nil else { return .done(id: id.rawValue) }
        erasures.list[place].user = nil
        erasures.list[place].finishedAt = now.time
        erasures.list[place].finishedIndex = now.index
        erasures.finished = now.index
        draft.applied.write(.erasureMark, Erasures.markKey, as: now.index.encodedAlone())
        writeErasure(place)
        let done = erasures.list.filter { $0.finishedAt != nil }
        if done.count > Erasure.Limits.finished, let oldest = done.first {
            erasures.list.removeAll { $0.id == oldest.id }
            draft.applied.write(.erasure, oldest.id.rawValue, as: nil)
        }
        return .done(id: id.rawValue)
    }

    private mutating func writeErasure(_ place: Int) {
        let erasure = erasures.list[place]
        draft.applied.write(.erasure, erasure.id.rawValue, as: erasure.encoded())
    }

    /// A node has nothing any more, in any of its files, of what was erased up to an index.
    private mutating func tellErased(_ node: UInt64, _ index: Int64) -> Outcome {
        let known = erasures.told[node]
        guard known != nil || erasures.told.count < Erasure.Limits.nodes, index >= 0 else {
            return .refused(.invalid("index"))
        }
        guard index > known ?? 0 else { return .done(id: known ?? 0) }
        erasures.told[node] = index
        draft.applied.write(.erasureTold, Int64(bitPattern: node), as: index.encodedAlone())
        return .done(id: index)
    }

    /// Takes back a stored row of one of the tables of erasures.
    mutating func load(
        privacy table: RowTable, major: Int64, value: [UInt8]
    ) throws(WireError) {
        switch table {
        case .erasure: erasures.list.append(try Erasure(id: ErasureID(major), value: value))
        case .erasureMark: erasures.finished = try Int64(alone: value)
        case .erasureTold: erasures.told[UInt64(bitPattern: major)] = try Int64(alone: value)
        default: preconditionFailure("no table of erasures")
        }
    }

    /// After loading: sessions of a customer who is being erased are nobody's latest.
    mutating func forgetLatestOfErased() {
        for erasure in erasures.list {
            guard let user = erasure.user else { continue }
            let chat = Chat(project: erasure.project, user: user)
            if let id = latest[chat], id.rawValue < erasure.id.rawValue {
                _ = latest.removeValue(forKey: chat)
            }
        }
    }
}
