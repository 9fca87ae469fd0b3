import Wire

/// A named pool: which members may be given the sessions of the links that name it.
public struct PoolID: Identifier {
    /// The log index that created it.
    public let rawValue: Int64
    /// The pool with this number.
    @inlinable public init(_ rawValue: Int64) { self.rawValue = rawValue }
}

/// A pool's settings.
public struct PoolSettings: Hashable, Sendable {
    /// Name for people.
    public var name: Text
    /// Nobody but these; while none of them is active, everybody.
    public var only: MemberRule
    /// After a session has waited this long the whole project may have it; nil: never.
    public var untilMilliseconds: Int64?
    /// Settings of these parts.
    public init(name: Text, only: MemberRule, untilMilliseconds: Int64? = nil) {
        self.name = name
        self.only = only
        self.untilMilliseconds = untilMilliseconds
    }
}

/// A pool, as the console shows it.
public struct Pool: Hashable, Sendable {
    /// The log index that created it.
    public let id: PoolID
    /// Whose members it names.
    public let project: ProjectID
    /// Name and rule.
    public internal(set) var settings: PoolSettings
    /// Whether a member that it names is active and may answer. While nobody is, it is as if the
    /// whole project were named.
    public internal(set) var isManned = false

    /// How many a project has at most: one bit each, and one for the project's own.
    static let limit = 48
}

extension PoolID: Coded {}

extension PoolSettings: Coded {
    func encode(into writer: inout ByteWriter) {
        writer.text(name)
        writer.put(only)
        writer.put(untilMilliseconds)
    }
    init(from reader: inout ByteReader) throws(WireError) {
        self.init(
            name: try reader.text(), only: try reader.take(),
            untilMilliseconds: try reader.take())
    }
}

extension Pool {
    func encoded() -> [UInt8] {
        var writer = ByteWriter(capacity: 64)
        writer.put(project)
        writer.put(settings)
        return writer.bytes
    }
    init(id: PoolID, value: [UInt8]) throws(WireError) {
        var reader = ByteReader(value)
        self.init(id: id, project: try reader.take(), settings: try reader.take())
        try reader.expectEnd()
    }
}

extension RoutingState {
    /// A new pool of a project. It begins at the project's cursor.
    mutating func createPool(
        by: AgentID?, _ project: ProjectID, _ settings: PoolSettings
    ) -> Outcome {
        guard let slot = roomSlots[project] else { return .refused(.notFound) }
        guard isManager(by, of: project) else { return .refused(.forbidden) }
        if let why = settings.refusal { return .refused(.invalid(why)) }
        guard rooms[slot].pools.count < Pool.limit else { return .refused(.invalid("pools")) }
        guard !rooms[slot].pools.contains(where: { $0.settings.name == settings.name }) else {
            return .refused(.alreadyExists)
        }
        let id = PoolID(now.index)
        poolRooms[id] = slot
        rooms[slot].pools.append(Pool(id: id, project: project, settings: settings))
        changedPool(id, in: slot)
        return .done(id: id.rawValue)
    }

    /// A pool's new settings; new decisions follow them, also about sessions that wait.
    mutating func updatePool(_ id: PoolID, by: AgentID?, _ settings: PoolSettings) -> Outcome {
        guard let slot = poolRooms[id] else { return .refused(.notFound) }
        guard isManager(by, of: rooms[slot].project.id) else { return .refused(.forbidden) }
        if let why = settings.refusal { return .refused(.invalid(why)) }
        let place = rooms[slot].poolIndex(id)!
        let sameName = rooms[slot].pools.first { $0.settings.name == settings.name }
        guard sameName == nil || sameName!.id == id else { return .refused(.alreadyExists) }
        rooms[slot].pools[place].settings = settings
        changedPool(id, in: slot)
        scheduleRestriction(id, in: slot)
        return .done(id: id.rawValue)
    }

    /// A pool is no more: what waited for it, and its links, have the whole project.
    mutating func removePool(_ id: PoolID, by: AgentID?) -> Outcome {
        guard let slot = poolRooms[id] else { return .refused(.notFound) }
        guard isManager(by, of: rooms[slot].project.id) else { return .refused(.forbidden) }
        poolRooms[id] = nil
        rooms[slot].pools.removeAll { $0.id == id }
        for cursor in rooms[slot].cursors where cursor.pool == id {
            draft.note(cursor.key, in: slot)
        }
        rooms[slot].cursors.removeAll { $0.pool == id }
        changedPool(id, in: slot)
        expiries.set(.restriction(id), nil)
        return .done(id: id.rawValue)
    }

    private mutating func changedPool(_ id: PoolID, in slot: Int) {
        draft.pools.note(id)
        changed(slot)
    }

    /// When the first session will have waited long enough for a pool to have the whole project.
    mutating func scheduleRestriction(_ id: PoolID, in slot: Int) {
        var next: LogTime?
        if let place = rooms[slot].poolIndex(id),
            let patience = rooms[slot].pools[place].settings.untilMilliseconds
        {
            for waiting in rooms[slot].queue.classes where waiting.kind.pool == id {
                let due = waiting.places.first!.since.adding(milliseconds: patience)
                if next == nil || due < next! { next = due }
            }
        }
        expiries.set(.restriction(id), next)
    }

    /// A session has waited long enough for its pool: it waits on, for the whole project.
    mutating func endRestriction(_ id: PoolID) {
        let slot = poolRooms[id]!
        let waiting = rooms[slot].queue.classes.filter { $0.kind.pool == id }
        guard let first = waiting.compactMap(\.places.first).min() else { return }
        var session = sessions[first.session]!
        rooms[slot].queue.remove(session)
        session.pool = nil
        rooms[slot].queue.insert(session)
        scheduleRestriction(id, in: slot)
        noteDrain(slot)
        store(session)
    }
}

extension PoolSettings {
    /// What can't be as it is.
    fileprivate var refusal: Text? {
        if name.isEmpty || name.utf8.count > FieldLimits.name { return "name" }
        if only.isEmpty { return "only" }
        if let untilMilliseconds,
            !(0...ProjectSettings.longestSpan).contains(untilMilliseconds)
        {
            return "until"
        }
        return only.refusal
    }
}
