import Wire

/// The agents of one project who went while they had sessions, on a clock that runs while the
/// project has a candidate. Kept while there is one.
struct GoneWatch: Equatable, Sendable {
    /// An agent and the reading at which they have been gone for too long; `over`: they have been.
    struct Due: Hashable, Comparable, Sendable {
        /// No reading at all: what was unanswered was taken away, and what becomes so is.
        static let over = Int64.max
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
    var next: LogTime? { isCounting ? clock.moment(of: dues[0].reading) : nil }
    /// Whether somebody's time is not over yet; while not, the clock means nothing.
    var isCounting: Bool { dues.first.map { $0.reading != Due.over } ?? false }
    /// Whether an agent has been gone for too long.
    func isOver(_ agent: AgentID) -> Bool {
        dues.contains { $0.agent == agent && $0.reading == Due.over }
    }
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
            // What was not put back yet stays, also where nobody is watched any more.
            for entry in leaving where entry.agent == agent && entry.way == .gone {
                stay(agent, entry.project, ifGone: true)
            }
            for slot in rooms.indices where rooms[slot].gone != nil { returned(agent, in: slot) }
        } else {
            for count in desks[desk].openCounts { went(agent, in: roomSlots[count.project]!) }
        }
    }

    /// An agent who is gone has sessions in a project: their time begins, unless it runs.
    mutating func went(_ agent: AgentID, in slot: Int) {
        guard level >= .second,
            let patience = rooms[slot].project.settings.timers.goneMilliseconds
        else { return }
        var watch = rooms[slot].gone ?? GoneWatch()
        forgetIdle(&watch, in: slot)
        watch.dues.removeAll { $0.agent == agent && $0.reading == GoneWatch.Due.over }
        guard !watch.dues.contains(where: { $0.agent == agent }) else { return }
        _ = watch.clock.run(hasCandidate(in: slot), at: now.time)
        watch.dues.append(
            .init(reading: watch.clock.reading(at: now.time) + patience, agent: agent))
        watch.dues.sort()
        keep(watch, in: slot)
    }

    /// The project begins to count: who is gone already is gone from now.
    mutating func beginGone(_ slot: Int) {
        for place in rooms[slot].roster
        where !desks[place.desk].isOnline
            && desks[place.desk].openCount(in: rooms[slot].project.id) > 0
        {
            went(place.agent, in: slot)
        }
    }

    /// A customer waits for an answer of an agent who may be gone. After their time the session is
    /// routed anew at once, or as soon as somebody could have it.
    mutating func wrote(_ session: inout Session, in slot: Int) {
        guard level >= .second, let owner = session.owner else { return }
        let desk = deskSlots[owner]!
        guard !desks[desk].isOnline,
            rooms[slot].project.settings.timers.goneMilliseconds != nil
        else { return }
        guard var watch = rooms[slot].gone, watch.isOver(owner) else {
            return went(owner, in: slot)
        }
        guard isNeglected(session, by: desk) else { return }
        if hasCandidate(in: slot) { return reroute(&session, from: owner) }
        watch.dues.removeAll { $0.agent == owner }
        _ = watch.clock.run(false, at: now.time)
        watch.dues.append(.init(reading: watch.clock.reading(at: now.time), agent: owner))
        watch.dues.sort()
        keep(watch, in: slot)
    }

    /// An agent is there again, or has nothing more to be taken away.
    private mutating func returned(_ agent: AgentID, in slot: Int) {
        guard var watch = rooms[slot].gone else { return }
        watch.dues.removeAll { $0.agent == agent }
        keep(watch, in: slot)
    }

    /// Nobody is remembered as gone who has no session left to be taken away.
    private func forgetIdle(_ watch: inout GoneWatch, in slot: Int) {
        let project = rooms[slot].project.id
        watch.dues.removeAll { due in
            due.reading == GoneWatch.Due.over
                && desks[deskSlots[due.agent]!].openCount(in: project) == 0
        }
    }

    private mutating func keep(_ watch: GoneWatch, in slot: Int) {
        guard watch != rooms[slot].gone else { return }
        rooms[slot].gone = watch.dues.isEmpty ? nil : watch
        expiries.set(.gone(rooms[slot].project.id), rooms[slot].gone?.next)
        draft.gone.note(slot)
    }

    /// Starts or stops the clock of a project whose candidates may have changed.
    mutating func runGone(_ slot: Int) {
        guard var watch = rooms[slot].gone, watch.isCounting,
            watch.clock.run(hasCandidate(in: slot), at: now.time)
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
        guard var watch = rooms[slot].gone, watch.isCounting else { return }
        let agent = watch.dues.removeFirst().agent
        forgetIdle(&watch, in: slot)
        let isCounted = rooms[slot].project.settings.timers.goneMilliseconds != nil
        if isCounted, desks[deskSlots[agent]!].openCount(in: project) > 0 {
            watch.dues.append(.init(reading: GoneWatch.Due.over, agent: agent))
            watch.dues.sort()
        }
        keep(watch, in: slot)
        if isCounted { leave(agent, project, as: .gone) }
    }
}
