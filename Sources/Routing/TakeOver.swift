import Wire

extension RoutingState {
    /// A manager takes a session over from its agent, or out of the queue: recorded, and shown to
    /// the agent. As with any choice by name, the cursor stays and what is pending is cancelled.
    mutating func takeOver(_ id: SessionID, by agent: AgentID, _ version: UInt64) -> Outcome {
        guard var session = visible(id, to: agent) else { return .refused(.notFound) }
        guard isManager(agent, of: session.project) else { return .refused(.forbidden) }
        if let conflict = conflict(session, version) { return .refused(conflict) }
        guard session.state != .completed, session.owner != agent else {
            return .refused(.wrongState)
        }
        let slot = roomSlots[session.project]!
        switch name(agent, for: session, isConfirmed: true, in: slot) {
        case .failure(let refusal): return .refused(refusal)
        case .success(let decision):
            let from = session.owner
            if from == nil {
                noteWait(of: session)
                dequeue(&session, in: slot)
            } else {
                release(&session)
            }
            carryOut(decision, &session, in: slot)
            record(.tookOver(from: from, by: agent), decision, in: &session)
            store(session)
            return .done(id: id.rawValue)
        }
    }

    /// The agents of a project whose page has not shown the session that they were given last,
    /// though some time has passed, by agent with the moment of that assignment: for the checkup.
    public func stalePages(in project: ProjectID, at time: LogTime) -> [AgentID: LogTime] {
        guard let slot = roomSlots[project] else { return [:] }
        var stale: [AgentID: LogTime] = [:]
        for place in rooms[slot].roster { stale[place.agent] = staleSince(place.desk, at: time) }
        return stale
    }

    private func staleSince(_ desk: Int, at time: LogTime) -> LogTime? {
        guard desks[desk].isOnline else { return nil }
        let shown = desks[desk].connections.map { connections[$0]!.shownIndex }.max() ?? 0
        guard shown < UInt64(clamping: desks[desk].load.lastIndex) else { return nil }
        let given = desks[desk].open.descending(limit: Connection.lookedAtForStaleness)
            .compactMap { sessions[$0.session]!.assignedAt }.max()
        guard let given,
            given.adding(milliseconds: Connection.staleMilliseconds) <= time
        else { return nil }
        return given
    }
}

extension Connection {
    /// A page that has not shown a new session after this long is stale.
    static let staleMilliseconds: Int64 = 60_000
    /// How many of an agent's open sessions are looked at for the newest.
    static let lookedAtForStaleness = 64
}
