import Wire

/// A project with what routing keeps for it in memory.
struct ProjectRoom: Equatable, Sendable {
    /// One member, with the rule reasons that hold whatever the session: worked out when the
    /// project, its members or an account changes, not at each decision.
    struct Place: Equatable, Sendable {
        var agent: AgentID
        /// The agent's index in `RoutingState.desks`.
        var desk: Int
        var rules: Reasons
        /// Bits of `ProjectRoom.tags`.
        var tags: UInt64 = 0
        /// Which pools may have the agent: the lowest bit is the project's own, which all are in,
        /// the next that of the first of `ProjectRoom.pools`, and so on.
        var pools: UInt64 = 1
    }
    /// Settings and members.
    var project: Project
    /// Members in list order.
    var roster: [Place] = []
    /// Every tag that some member has, ascending.
    var tags: [Text] = []
    /// Whether one of them is a language's.
    var hasLanguages = false
    /// Named pools, in order of creation.
    var pools: [Pool] = []
    /// The last agent chosen by the mode; nil: the turn is the first member's.
    var cursor: AgentID?
    /// The same for other tiers and pools, ascending by key.
    var cursors: [TierCursor] = []
    /// Who waits.
    var queue = WaitingQueue()
    /// Answered sessions, by the time since which they rest.
    var resting = OrderedSet<QueuePlace>()
    /// The hours in UTC; nil while they are not resolved.
    var openTimes: OpenTimes?
    /// Customers whom the desk has barred.
    var barred = OrderedSet<TelegramID>()
    /// Agents who went while they had sessions.
    var gone: GoneWatch?
    /// Every session.
    var sessions = OrderedSet<SessionID>()
    /// Open sessions that got no first reply, of which a manager is told.
    var alerted = OrderedSet<SessionID>()
    /// Every completed session.
    var completed = OrderedSet<SessionID>()
    /// Update ids seen.
    var seen = SeenIntervals(lifetimeMilliseconds: 48 * 3_600_000, capacity: 512)

    /// The place in the roster of the agent at a cursor; -1: before the first.
    func position(of cursor: AgentID?) -> Int {
        guard let cursor else { return -1 }
        return roster.firstIndex { $0.agent == cursor } ?? -1
    }

    /// The index of a pool; nil if it is no more.
    func poolIndex(_ id: PoolID) -> Int? { pools.firstIndex { $0.id == id } }

    /// The pool in force for a session: the one it is for, while that is there and manned; nil is
    /// the project's own.
    func pool(inForce id: PoolID?) -> Pool? {
        guard let id, let index = poolIndex(id), pools[index].isManned else { return nil }
        return pools[index]
    }

    /// The bit in `Place.pools` of the pool in force for a session.
    func poolBit(_ id: PoolID?) -> UInt64 {
        guard let id, let index = poolIndex(id), pools[index].isManned else { return 1 }
        return 2 << UInt64(index)
    }

    /// Works out the rule reasons, tags and pools of every member anew.
    ///
    /// Seats: the first n active members with *reply* in list order hold one, whatever the scope.
    mutating func seat(desks: [AgentDesk], slots: [AgentID: Int]) {
        var seatsLeft = project.settings.seats.map(Int.init) ?? .max
        roster.removeAll(keepingCapacity: true)
        tags = Set(project.members.flatMap(\.tags)).sorted()
        hasLanguages = tags.contains { $0.utf8.starts(with: Text.languagePrefix.utf8) }
        for member in project.members {
            let desk = slots[member.agent]!
            var rules: Reasons = []
            if !desks[desk].account.isActive { rules.insert(.deactivated) }
            if !member.permissions.contains(.reply) { rules.insert(.cannotReply) }
            if project.settings.scope == .specifiedAgents, !member.isInScope {
                rules.insert(.notInScope)
            }
            if rules.isDisjoint(with: [.deactivated, .cannotReply]) {
                if seatsLeft > 0 { seatsLeft -= 1 } else { rules.insert(.overSeat) }
            }
            roster.append(
                Place(
                    agent: member.agent, desk: desk, rules: rules,
                    tags: member.tags.isEmpty ? 0 : mask(of: member.tags)))
        }
        for index in pools.indices { man(index) }
    }

    /// Works out whom a pool names.
    private mutating func man(_ index: Int) {
        let only = pools[index].settings.only
        let wanted = mask(of: only.tags)
        let bit: UInt64 = 2 << UInt64(index)
        pools[index].isManned = false
        for place in roster.indices
        where roster[place].tags & wanted != 0 || only.agents.contains(roster[place].agent) {
            roster[place].pools |= bit
            if roster[place].rules.isDisjoint(with: [.deactivated, .cannotReply]) {
                pools[index].isManned = true
            }
        }
    }

    /// Moves the cursors before a new list takes effect, so that the turn stays with the agent
    /// whose it is: the first after the cursor, in the old order, who remains. Gives the keys of
    /// those moved.
    mutating func keepTurn(for members: [Member]) -> [Int64] {
        var moved: [Int64] = []
        func isGone(_ agent: AgentID) -> Bool { !members.contains { $0.agent == agent } }
        if let agent = cursor, isGone(agent) {
            cursor = turn(after: agent, for: members)
            moved.append(0)
        }
        let before = cursors
        cursors.removeAll(keepingCapacity: true)
        for var tier in before {
            if isGone(tier.agent) {
                moved.append(tier.key)
                guard let agent = turn(after: tier.agent, for: members) else { continue }
                tier.agent = agent
            }
            cursors.append(tier)
        }
        return moved
    }

    /// The cursor that leaves the turn of an agent who goes with the successor; nil: nobody of the
    /// old list stays.
    private func turn(after agent: AgentID, for members: [Member]) -> AgentID? {
        let old = project.members
        let gone = old.firstIndex { $0.agent == agent }!
        for step in 1..<max(2, old.count) {
            let successor = old[(gone + step) % old.count].agent
            guard let place = members.firstIndex(where: { $0.agent == successor }) else { continue }
            return members[(place + members.count - 1) % members.count].agent
        }
        return nil
    }

    /// Whether an agent who may answer now belongs to the project.
    func mayReply(_ agent: AgentID) -> Bool {
        guard let place = roster.first(where: { $0.agent == agent }) else { return false }
        return place.rules.isDisjoint(with: [.deactivated, .cannotReply])
    }
}
