import Wire

/// Who could be given what waits in one project, whatever the session.
private struct Openings {
    /// A member, with the pools that may have them.
    struct Opening {
        var agent: AgentID
        var pools: UInt64
    }
    /// Members without any reason against them.
    var candidates: [Opening] = []
    /// Members who could be given a session although they are not receiving.
    var offline: [Opening] = []
    /// The pools in which somebody who passes the rules is receiving: nothing goes offline there.
    var receiving: UInt64 = 0
    /// How long a session must have waited to go offline; nil: never.
    var patienceMilliseconds: Int64?

    /// Whether the head of a class could be given to somebody.
    func suit(_ head: QueuePlace, excluded: [AgentID], pool: UInt64, at time: LogTime) -> Bool {
        func suits(_ opening: Opening) -> Bool {
            opening.pools & pool != 0 && !excluded.contains(opening.agent)
        }
        if candidates.contains(where: suits) { return true }
        guard let patienceMilliseconds, receiving & pool == 0,
            head.since.adding(milliseconds: patienceMilliseconds) <= time
        else { return false }
        return offline.contains(where: suits)
    }
}

extension RoutingState {
    /// After anything that decisions depend on: first the sessions of agents who left go back to
    /// their queues, then the queues are drained. Both within the entry's bounds.
    mutating func settle(_ budget: inout Int) {
        if !leaving.isEmpty { requeueLeaving() }
        if !toDrain.isEmpty || isDrainPending { drain(&budget) }
    }

    /// Gives waiting sessions of all projects, oldest unanswered message first, as long as one has
    /// a candidate.
    ///
    /// Giving a session never makes a candidate, so a project without an opening is done with.
    private mutating func drain(_ budget: inout Int) {
        var openings: [Openings?] = Array(repeating: nil, count: toDrain.count)
        while let next = nextPlaceable(&openings) {
            guard budget > 0 else { return setDrainPending(true) }
            budget -= 1
            give(next.session, in: next.slot)
            // The agent's load changed, which other projects see as well.
            for index in openings.indices { openings[index] = nil }
        }
        for slot in toDrain { schedulePatience(slot) }
        toDrain.removeAll(keepingCapacity: true)
        setDrainPending(false)
    }

    /// The first session, in the order of the queues, that has a candidate.
    private func nextPlaceable(
        _ known: inout [Openings?]
    ) -> (session: SessionID, slot: Int)? {
        var best: QueuePlace?
        var bestSlot = 0
        for (index, slot) in toDrain.enumerated() where !rooms[slot].queue.isEmpty {
            if rooms[slot].project.settings.claimOnly { continue }
            if heldUntil(slot, at: now.time) != nil { continue }
            if known[index] == nil { known[index] = openings(in: slot) }
            for waiting in rooms[slot].queue.classes {
                let head = waiting.places.first!
                if let best, best < head { continue }
                let pool = rooms[slot].poolBit(waiting.kind.pool)
                let excluded = waiting.kind.excluded
                if known[index]!.suit(head, excluded: excluded, pool: pool, at: now.time) {
                    best = head
                    bestSlot = slot
                }
            }
        }
        return best.map { ($0.session, bestSlot) }
    }

    private func openings(in slot: Int) -> Openings {
        var openings = Openings()
        for place in rooms[slot].roster {
            let reasons = assess(place, pool: .max, in: slot, at: now.time).reasons
            let opening = Openings.Opening(agent: place.agent, pools: place.pools)
            if reasons.isEmpty { openings.candidates.append(opening) }
            if reasons.isDisjoint(with: [.rules, .presence]) { openings.receiving |= place.pools }
            if reasons.isDisjoint(with: [.rules, .load, .neverSignedIn]) {
                openings.offline.append(opening)
            }
        }
        if case .after(let patience) = rooms[slot].project.assignOffline {
            openings.patienceMilliseconds = patience
        }
        return openings
    }

    private mutating func give(_ id: SessionID, in slot: Int) {
        var session = sessions[id]!
        let decision = decide(
            Question(session: session, cause: .drain, waitsSince: session.place),
            in: slot, at: now)
        precondition(decision.chosen != nil, "the drain and the decision differ")
        noteWait(of: session)
        dequeue(&session, in: slot)
        carryOut(decision, &session, in: slot)
        record(.assigned, decision, in: &session)
        store(session)
    }

    private mutating func setDrainPending(_ isPending: Bool) {
        guard isPending != isDrainPending else { return }
        isDrainPending = isPending
        draft.scalars.note(.drainPending)
    }

    /// When the head of a class will have waited long enough to go to somebody offline.
    mutating func schedulePatience(_ slot: Int) {
        let id = rooms[slot].project.id
        guard case .after(let patience) = rooms[slot].project.assignOffline, patience > 0 else {
            if triggers.count > 0 { triggers.set(.patience(id), nil) }
            return
        }
        var next: LogTime?
        for waiting in rooms[slot].queue.classes {
            let due = waiting.places.first!.since.adding(milliseconds: patience)
            if due > now.time, next == nil || due < next! { next = due }
        }
        triggers.set(.patience(id), next)
    }

    /// When the sliding window of an agent will have room again.
    mutating func scheduleWindow(_ desk: Int) {
        let load = desks[desk].load
        var next = load.limitedUntil(desks[desk].account.newPerMinute, in: nil, at: now.time)
        for slot in desks[desk].rooms where rooms[slot].project.settings.newPerMinute > 0 {
            let settings = rooms[slot].project.settings
            let until = load.limitedUntil(
                settings.newPerMinute, in: rooms[slot].project.id, at: now.time)
            if let until, next == nil || until < next! { next = until }
        }
        triggers.set(.window(desks[desk].account.id), next)
    }
}

extension RoutingState {
    /// Notes that an agent may not answer in a project any more, or is gone: their sessions go back
    /// to the queue, at their old places.
    mutating func leave(
        _ agent: AgentID, _ project: ProjectID, as way: Leaving.Way, to: AgentID? = nil
    ) {
        guard desks[deskSlots[agent]!].openCount(in: project) > 0 else { return }
        let entry = Leaving(agent: agent, project: project, way: way, to: to)
        let place = leaving.firstIndex { !($0 < entry) } ?? leaving.count
        if place < leaving.count, !(entry < leaving[place]) {
            // Who may not answer any more leaves nothing, gone or not.
            guard leaving[place].way == .gone, way == .left else { return }
            removeLeaving(at: place)
        }
        leaving.insert(entry, at: place)
        draft.scalars.note(entry.scalar)
    }

    /// The agent may answer again, or (`ifGone`) is there again, before all was put back: the rest
    /// stays.
    mutating func stay(_ agent: AgentID, _ project: ProjectID, ifGone: Bool = false) {
        let place = leaving.firstIndex {
            $0.agent == agent && $0.project == project && $0.way == (ifGone ? .gone : .left)
        }
        if let place { removeLeaving(at: place) }
    }

    private mutating func removeLeaving(at place: Int) {
        draft.scalars.note(leaving.remove(at: place).scalar)
    }

    private mutating func requeueLeaving() {
        var budget = Limits.requeuesPerEntry
        while let entry = leaving.first {
            let desk = deskSlots[entry.agent]!
            guard let id = desks[desk].firstOpen(in: entry.project, after: entry.after) else {
                removeLeaving(at: 0)
                continue
            }
            guard budget > 0 else { return }
            budget -= 1
            var session = sessions[id]!
            switch entry.way {
            case .left: letGo(&session, entry)
            case .gone:
                guard isNeglected(session, by: desk) else {
                    leaving[0].after = id
                    draft.scalars.note(entry.scalar)
                    continue
                }
                reroute(&session, from: entry.agent)
            }
            store(session)
        }
    }

    /// Its agent may not answer any more: it goes to the successor who was named, if they can have
    /// it, else back to the queue.
    private mutating func letGo(_ session: inout Session, _ entry: Leaving) {
        let slot = roomSlots[session.project]!
        guard let successor = entry.to,
            case .success(let decision) = name(
                successor, for: session, isConfirmed: true, in: slot)
        else { return requeue(&session, from: entry.agent) }
        release(&session)
        carryOut(decision, &session, in: slot)
        record(.handedOver(from: entry.agent, to: successor), decision, in: &session)
    }

    /// Its agent may not answer any more: it waits at its old place, or is over when its customer
    /// can't be reached.
    private mutating func requeue(_ session: inout Session, from agent: AgentID) {
        let slot = roomSlots[session.project]!
        release(&session)
        if session.isOutOfReach {
            close(&session, in: slot)
            record(.requeued(from: agent), nil, in: &session)
        } else {
            let decision = arrive(&session, cause: .leaving, in: slot)
            record(.requeued(from: agent), decision, in: &session)
        }
    }

    /// Whether a session of an agent who is gone is to be taken away: it is unanswered, and no
    /// person gave it to them knowing that they were gone.
    private func isNeglected(_ session: Session, by desk: Int) -> Bool {
        if session.isAnswered || session.isOutOfReach { return false }
        guard session.isByHand, let since = desks[desk].account.offlineSince else { return true }
        return session.assignedAt! < since
    }

    /// Its agent is gone: it is routed anew, at its old place.
    private mutating func reroute(_ session: inout Session, from agent: AgentID) {
        release(&session)
        exclude(agent, from: &session)
        let slot = roomSlots[session.project]!
        let decision = arrive(&session, cause: .gone, in: slot)
        record(.rerouted(from: agent, because: .gone), decision, in: &session)
    }
}
