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
    }
    /// Settings and members.
    var project: Project
    /// Members in list order.
    var roster: [Place] = []
    /// The last agent chosen by the mode; nil: the turn is the first member's.
    var cursor: AgentID?
    /// Who waits.
    var queue = WaitingQueue()
    /// Every session.
    var sessions = OrderedSet<SessionID>()
    /// Every completed session.
    var completed = OrderedSet<SessionID>()
    /// Update ids seen.
    var seen = SeenIntervals(lifetimeMilliseconds: 48 * 3_600_000, capacity: 512)

    /// The place in the roster of the agent at the cursor; -1: before the first.
    var cursorPosition: Int {
        guard let cursor else { return -1 }
        return roster.firstIndex { $0.agent == cursor } ?? -1
    }

    /// Works out the rule reasons of every member anew.
    ///
    /// Seats: the first n active members with *reply* in list order hold one, whatever the scope.
    mutating func seat(desks: [AgentDesk], slots: [AgentID: Int]) {
        var seatsLeft = project.settings.seats.map(Int.init) ?? .max
        roster.removeAll(keepingCapacity: true)
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
            roster.append(Place(agent: member.agent, desk: desk, rules: rules))
        }
    }

    /// Moves the cursor before a new list takes effect, so that the turn stays with the agent
    /// whose it is: the first after the cursor, in the old order, who remains.
    mutating func keepTurn(for members: [Member]) {
        guard let cursor, !members.contains(where: { $0.agent == cursor }) else { return }
        let old = project.members
        let gone = old.firstIndex { $0.agent == cursor }!
        for step in 1..<max(2, old.count) {
            let successor = old[(gone + step) % old.count].agent
            guard let place = members.firstIndex(where: { $0.agent == successor }) else { continue }
            self.cursor = members[(place + members.count - 1) % members.count].agent
            return
        }
        self.cursor = nil
    }

    /// Whether an agent who may answer now belongs to the project.
    func mayReply(_ agent: AgentID) -> Bool {
        guard let place = roster.first(where: { $0.agent == agent }) else { return false }
        return place.rules.isDisjoint(with: [.deactivated, .cannotReply])
    }
}
