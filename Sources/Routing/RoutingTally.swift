import Wire

/// What is counted of one project while a stretch of the log is played.
struct RoutingTally: Sendable {
    private struct Known {
        var owner: AgentID?
        var waitsSince: LogTime?
    }
    let project: ProjectID
    /// When counting began.
    let start: LogTime
    /// In order.
    private(set) var assignments: [WhatIf.Assignment] = []
    /// Session times waiting, as far as they lie after `start`.
    private var waitedMilliseconds: Int64 = 0
    private var known: [SessionID: Known] = [:]

    /// Begins to count; who waits already waits since its place in the queue.
    init(of project: ProjectID, in state: RoutingState, from start: LogTime) {
        self.project = project
        self.start = start
        guard let slot = state.roomSlots[project] else { return }
        for waiting in state.rooms[slot].queue.classes {
            for place in waiting.places.ascending() {
                known[place.session] = Known(waitsSince: place.since)
            }
        }
        for desk in state.desks {
            for open in desk.open.ascending() where open.project == project {
                known[open.session] = Known(owner: desk.account.id)
            }
        }
    }

    /// A session may have changed.
    mutating func note(_ session: Session, at now: Moment) {
        guard session.project == project else { return }
        let before = known[session.id] ?? Known()
        switch session.state {
        case .unassigned:
            if before.waitsSince == nil { known[session.id] = Known(waitsSince: now.time) }
        case .assigned:
            guard before.owner != session.owner, let owner = session.owner else { return }
            endWait(before, at: now.time)
            var waited: Int64?
            if before.owner == nil {
                waited = before.waitsSince.map { now.time.milliseconds - $0.milliseconds } ?? 0
            }
            assignments.append(
                WhatIf.Assignment(
                    session: session.id, index: now.index, agent: owner,
                    waitedMilliseconds: waited))
            known[session.id] = Known(owner: owner)
        case .completed:
            endWait(before, at: now.time)
            known[session.id] = Known()
        }
    }

    private mutating func endWait(_ before: Known, at time: LogTime) {
        guard let since = before.waitsSince else { return }
        waitedMilliseconds += max(0, time.milliseconds - max(since, start).milliseconds)
    }

    /// What the stretch came to at its end.
    func figures(until end: LogTime) -> WhatIf.Figures {
        var figures = WhatIf.Figures()
        let waits = assignments.compactMap(\.waitedMilliseconds).sorted()
        figures.assigned = waits.count
        figures.handedOn = assignments.count - waits.count
        figures.medianWaitMilliseconds = RoutingTally.part(50, of: waits)
        figures.p95WaitMilliseconds = RoutingTally.part(95, of: waits)
        figures.longestWaitMilliseconds = waits.last
        figures.unassignedMilliseconds = waitedMilliseconds
        for (_, session) in known {
            guard let since = session.waitsSince else { continue }
            figures.waiting += 1
            figures.unassignedMilliseconds += max(
                0, end.milliseconds - max(since, start).milliseconds)
        }
        var counts: [AgentID: Int] = [:]
        for assignment in assignments { counts[assignment.agent, default: 0] += 1 }
        figures.perAgent = counts.keys.sorted().map { .init(agent: $0, assigned: counts[$0]!) }
        return figures
    }

    /// The smallest of sorted numbers that so many of a hundred don't exceed.
    private static func part(_ percent: Int, of sorted: [Int64]) -> Int64? {
        guard !sorted.isEmpty else { return nil }
        return sorted[(sorted.count * percent + 99) / 100 - 1]
    }
}
