import Wire

/// What one entry changes: things touched, in order of first touch, and the rows already known.
struct Draft: Sendable {
    /// Rows of the entry; history comes as it happens, everything else once, at the end.
    var applied = Applied()
    /// As they are by now.
    var sessions: [Session] = []
    var desks: [Int] = []
    var loads: [Int] = []
    var rooms: [Int] = []
    var cursors: [MovedCursor] = []
    var pools: [PoolID] = []
    var watches: [ReplyWatch.Key] = []
    var gone: [Int] = []
    var openTimes: [Int] = []
    /// Sessions that were left without a first reply for too long; looked at within the entry.
    var overdue: [SessionID] = []
    /// Rooms with a `GoneWatch` whose candidates may have changed.
    var candidates: [Int] = []
    var links: [Int] = []
    var connections: [Connection.Key] = []
    var messages: [OutboxID] = []
    var waits: [ProjectID] = []
    var scalars: [Scalar] = []
    /// Hooks whose rows change, and those for which something waits since.
    var hooks: [HookID] = []
    var hooked: [HookID] = []
    /// Deliveries made so far.
    var deliveries: Int64 = 0
}

/// Which cursor of which room has moved.
struct MovedCursor: Equatable, Sendable {
    var slot: Int
    var key: Int64
}

/// Keys of the scalar table. Numbers are never reused.
enum Scalar: Int64, CaseIterable, Sendable {
    /// `epoch`.
    case epoch = 1
    /// `isDrainPending`.
    case drainPending = 2
    /// `leaving`.
    case leaving = 3
    /// `level`; no row is the first.
    case level = 4
    /// Those of `leaving` that the first level does not know.
    case leavingMore = 5
}

extension Leaving {
    /// In which scalar it is kept.
    var scalar: Scalar { way == .left && to == nil ? .leaving : .leavingMore }
}

extension Array where Element: Equatable {
    /// Appends an element unless it is there.
    mutating func note(_ element: Element) {
        if last == element { return }
        if count > 1, contains(element) { return }
        append(element)
    }
}

extension RoutingState {
    /// Writes one row for everything touched, and tells the consoles.
    mutating func writeRows() {
        for session in draft.sessions {
            draft.applied.write(.session, session.id.rawValue, as: session.encoded())
            draft.applied.events.append(.sessionChanged(session.id))
        }
        if !draft.loads.isEmpty {
            for slot in draft.loads {
                draft.applied.write(
                    .load, desks[slot].account.id.rawValue, as: desks[slot].load.encoded())
            }
            draft.loads.removeAll(keepingCapacity: true)
        }
        if !draft.cursors.isEmpty {
            for moved in draft.cursors {
                draft.applied.write(
                    .cursor, rooms[moved.slot].project.id.rawValue, moved.key,
                    as: rooms[moved.slot].encodedCursor(moved.key))
            }
            draft.cursors.removeAll(keepingCapacity: true)
        }
        draft.sessions.removeAll(keepingCapacity: true)
        draft.candidates.removeAll(keepingCapacity: true)
        if !draft.watches.isEmpty || !draft.gone.isEmpty { writeWatchRows() }
        writeOutboxRows()
        if !draft.waits.isEmpty { writeWaits() }
        if !draft.hooks.isEmpty || !draft.hooked.isEmpty { writeHookRows() }
        if draft.isQuiet { return }
        writeRareRows()
    }

    private mutating func writeWatchRows() {
        for key in draft.watches {
            let watch = desks[deskSlots[key.agent]!].watches.first { $0.project == key.project }
            draft.applied.write(
                .replyWatch, key.agent.rawValue, key.project.rawValue,
                as: watch?.clock.encodedAlone())
        }
        for slot in draft.gone {
            draft.applied.write(
                .goneWatch, rooms[slot].project.id.rawValue, as: rooms[slot].gone?.encodedAlone())
        }
        draft.watches.removeAll(keepingCapacity: true)
        draft.gone.removeAll(keepingCapacity: true)
    }

    private mutating func writeOutboxRows() {
        for id in draft.messages {
            let message = outgoing[id]
            draft.applied.write(.outbox, id.rawValue, as: message?.encoded())
            let isNew = message?.state == .queued && message?.attempts == 0
            draft.applied.events.append(isNew ? .outboxQueued(id) : .outboxChanged(id))
        }
        draft.messages.removeAll(keepingCapacity: true)
    }

    private mutating func writeWaits() {
        for id in draft.waits {
            draft.applied.write(.waits, id.rawValue, as: records.waits[id]!.encodedAlone())
        }
        draft.waits.removeAll(keepingCapacity: true)
    }

    private mutating func writeRareRows() {
        for slot in draft.desks {
            let account = desks[slot].account
            draft.applied.write(.agent, account.id.rawValue, as: account.encoded(at: level))
            draft.applied.events.append(.agentChanged(account.id))
        }
        for slot in draft.rooms {
            let project = rooms[slot].project
            draft.applied.write(.project, project.id.rawValue, as: project.encoded())
            draft.applied.events.append(.projectChanged(project.id))
        }
        for id in draft.pools {
            let pool = poolRooms[id].map { rooms[$0].pools[rooms[$0].poolIndex(id)!] }
            draft.applied.write(.pool, id.rawValue, as: pool?.encoded())
        }
        draft.pools.removeAll(keepingCapacity: true)
        for slot in draft.openTimes {
            draft.applied.write(
                .openTimes, rooms[slot].project.id.rawValue,
                as: rooms[slot].openTimes?.encodedAlone())
        }
        draft.openTimes.removeAll(keepingCapacity: true)
        for slot in draft.links {
            draft.applied.write(
                .link, linkList[slot].id.rawValue, as: linkList[slot].encoded(at: level))
            draft.applied.events.append(.linkChanged(linkList[slot].id))
        }
        for key in draft.connections {
            draft.applied.write(
                .presence, Int64(bitPattern: key.incarnation), Int64(bitPattern: key.number),
                as: connections[key]?.encoded())
        }
        for scalar in draft.scalars {
            draft.applied.write(.scalar, scalar.rawValue, as: encoded(scalar))
        }
        draft.desks.removeAll(keepingCapacity: true)
        draft.rooms.removeAll(keepingCapacity: true)
        draft.links.removeAll(keepingCapacity: true)
        draft.connections.removeAll(keepingCapacity: true)
        draft.scalars.removeAll(keepingCapacity: true)
    }

    private func encoded(_ scalar: Scalar) -> [UInt8]? {
        var writer = ByteWriter()
        switch scalar {
        case .epoch: writer.varint(epoch)
        case .level: writer.put(level)
        case .drainPending:
            guard isDrainPending else { return nil }
            writer.bool(true)
        case .leaving:
            let left = leaving.filter { $0.scalar == .leaving }
            guard !left.isEmpty else { return nil }
            writer.varint(UInt64(left.count))
            for entry in left {
                writer.put(entry.agent)
                writer.put(entry.project)
            }
        case .leavingMore:
            let more = leaving.filter { $0.scalar == .leavingMore }
            guard !more.isEmpty else { return nil }
            writer.varint(UInt64(more.count))
            for entry in more {
                writer.put(entry.agent)
                writer.put(entry.project)
                writer.put(entry.way)
                writer.put(entry.to)
                writer.put(entry.after)
            }
        }
        return writer.bytes
    }
}

extension Draft {
    /// Keeps a changed session for its row.
    mutating func note(_ session: Session) {
        if let index = sessions.firstIndex(where: { $0.id == session.id }) {
            sessions[index] = session
        } else {
            sessions.append(session)
        }
    }

    /// A cursor moved.
    mutating func note(_ key: Int64, in slot: Int) {
        cursors.note(MovedCursor(slot: slot, key: key))
    }

    /// Whether nothing was touched but sessions, loads, cursors and messages.
    var isQuiet: Bool {
        desks.isEmpty && rooms.isEmpty && links.isEmpty && connections.isEmpty && scalars.isEmpty
            && pools.isEmpty && openTimes.isEmpty
    }
}

extension Applied {
    /// A row written, or deleted when there is no value.
    mutating func write(
        _ table: RowTable, _ major: Int64, _ minor: Int64 = 0, as value: [UInt8]?
    ) {
        rows.append(RowChange(table: table, major: major, minor: minor, value: value))
    }
}

extension Coded {
    /// The value of a row of its own.
    init(alone value: [UInt8]) throws(WireError) {
        var reader = ByteReader(value)
        try self.init(from: &reader)
        try reader.expectEnd()
    }

    /// The value as a row of its own.
    func encodedAlone() -> [UInt8] {
        var writer = ByteWriter()
        writer.put(self)
        return writer.bytes
    }
}
