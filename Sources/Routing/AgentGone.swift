import Wire

/// The agents of one project who went while they had sessions, on a clock that runs while the
/// project has a candidate. Kept while there is one.
struct GoneWatch: Equatable, Sendable {
    /// An agent and the reading at which they have been gone for too long.
    struct Due: Hashable, Comparable, Sendable {
        var reading: Int64
        var agent: AgentID
        static func < (a: Due, b: Due) -> Bool {
            a.reading != b.reading ? a.reading < b.reading : a.agent < b.agent
        }
    }
    /// How long somebody could have been given a session since the watch began.
    var clock = StoppingClock()
    /// Ascending, never empty.
    var dues: [Due] = []

    /// When the first agent has been gone for too long if there is a candidate until then.
    var next: LogTime? { dues.first.flatMap { clock.moment(of: $0.reading) } }
}

extension GoneWatch: Coded {
    func encode(into writer: inout ByteWriter) {
        writer.put(clock)
        writer.varint(UInt64(dues.count))
        for due in dues {
            writer.put(due.reading)
            writer.put(due.agent)
        }
    }
    init(from reader: inout ByteReader) throws(WireError) {
        clock = try reader.take()
        for _ in 0..<(try reader.count(limit: FieldLimits.members)) {
            dues.append(Due(reading: try reader.take(), agent: try reader.take()))
        }
    }
}

// Agent gone: who has been offline for a while, counted while another could be given a session, has
// the unanswered sessions taken away; they are routed anew at their old places.
extension RoutingState {
    /// An agent came online or went.
    mutating func watchGone(_ desk: Int) {
        guard level >= .second else { return }
        let agent = desks[desk].account.id
        if desks[desk].isOnline {
            for slot in rooms.indices where rooms[slot].gone != nil { returned(agent, in: slot) }
        } else {
            for count in desks[desk].openCounts { went(agent, in: roomSlots[count.project]!) }
        }
    }

    /// An agent who is gone has sessions in a project.
    mutating func went(_ agent: AgentID, in slot: Int) {
        guard level >= .second,
            let patience = rooms[slot].project.settings.timers.goneMilliseconds
        else { return }
        var watch = rooms[slot].gone ?? GoneWatch()
        guard !watch.dues.contains(where: { $0.agent == agent }) else { return }
        _ = watch.clock.run(hasCandidate(in: slot), at: now.time)
        watch.dues.append(
            .init(reading: watch.clock.reading(at: now.time) + patience, agent: agent))
        watch.dues.sort()
        keep(watch, in: slot)
    }

    /// An agent is there again, or has nothing more to be taken away.
    private mutating func returned(_ agent: AgentID, in slot: Int) {
        guard var watch = rooms[slot].gone else { return }
        stay(agent, rooms[slot].project.id, ifGone: true)
        watch.dues.removeAll { $0.agent == agent }
        keep(watch, in: slot)
    }

    private mutating func keep(_ watch: GoneWatch, in slot: Int) {
        guard watch != rooms[slot].gone else { return }
        rooms[slot].gone = watch.dues.isEmpty ? nil : watch
        expiries.set(.gone(rooms[slot].project.id), rooms[slot].gone?.next)
        draft.gone.note(slot)
    }

    /// Starts or stops the clock of a project whose candidates may have changed.
    mutating func runGone(_ slot: Int) {
        guard var watch = rooms[slot].gone, watch.clock.run(hasCandidate(in: slot), at: now.time)
        else { return }
        keep(watch, in: slot)
    }

    /// Whether anybody could be given a session of the project now.
    private func hasCandidate(in slot: Int) -> Bool {
        rooms[slot].roster.contains {
            assess($0, pool: .max, in: slot, at: now.time).reasons.isEmpty
        }
    }

    /// The first of the gone has been gone for too long.
    mutating func endGone(_ project: ProjectID) {
        let slot = roomSlots[project]!
        guard var watch = rooms[slot].gone else { return }
        let agent = watch.dues.removeFirst().agent
        keep(watch, in: slot)
        guard rooms[slot].project.settings.timers.goneMilliseconds != nil else { return }
        leave(agent, project, as: .gone)
    }
}
