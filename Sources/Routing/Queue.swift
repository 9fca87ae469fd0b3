import Wire

extension RoutingState {
    /// A session needs an agent: new, reopened, given back, or its agent left. It is given at once
    /// or begins to wait; either way the answer is a decision to be recorded with the occasion.
    ///
    /// Deciding at once is what the drain would do: every session that waits already has no
    /// candidate, unless there is a backlog, and then this one queues behind it.
    mutating func arrive(
        _ session: inout Session, cause: Decision.Cause, lastOwner: AgentID? = nil, in slot: Int
    ) -> Decision {
        var decision = decide(
            Question(
                session: session, cause: cause, waitsSince: session.place, lastOwner: lastOwner),
            in: slot, at: now)
        if decision.chosen != nil, isBacklogged {
            decision.chosen = nil
            decision.way = .behindQueue
            decision.cursorAfter = decision.cursorBefore
        }
        if decision.chosen == nil {
            enqueue(&session, in: slot)
            if decision.way == .behindQueue { noteDrain(slot) }
        } else {
            carryOut(decision, &session, in: slot)
        }
        return decision
    }

    /// Gives a session that is in no queue and nobody's to the chosen agent, and moves the turn.
    mutating func carryOut(_ decision: Decision, _ session: inout Session, in slot: Int) {
        let desk = deskSlots[decision.chosen!]!
        assign(&session, to: desk, in: slot)
        if decision.way == .named {
            session.forgetNeglect(byHand: level >= .second)
        } else {
            session.isByHand = false
            watch(&session, desk: desk, in: slot)
            if decision.way == .offline, !desks[desk].isOnline { went(decision.chosen!, in: slot) }
        }
        guard decision.cursorAfter != decision.cursorBefore else { return }
        let key = cursorKey(decision, session, in: slot)
        rooms[slot].moveCursor(key, pool: decision.pool, to: decision.cursorAfter)
        draft.note(key, in: slot)
    }

    /// Which cursor a decision looked at and moves.
    private func cursorKey(_ decision: Decision, _ session: Session, in slot: Int) -> Int64 {
        guard decision.pool != nil || decision.tier != nil else { return 0 }
        let preference = decision.tier == nil ? nil : rooms[slot].preference(of: session)
        return rooms[slot].cursorKey(pool: decision.pool, tier: decision.tier, preference)
    }

    /// Makes a session that is in no queue and nobody's an agent's.
    mutating func assign(_ session: inout Session, to desk: Int, in slot: Int) {
        let agent = desks[desk].account.id
        session.state = .assigned
        session.owner = agent
        session.lastOwner = agent
        session.version += 1
        session.assignedAt = now.time
        session.completedAt = nil
        clearExclusions(&session)
        desks[desk].add(session.id, of: session.project)
        if session.isAnswered { rest(session, in: slot) }
        noteCandidates(ofDesk: desk)
        let isLimited =
            desks[desk].account.newPerMinute > 0 || rooms[slot].project.settings.newPerMinute > 0
        desks[desk].load.note(now, project: session.project, isLimited: isLimited)
        draft.loads.note(desk)
        if isLimited { scheduleWindow(desk) }
        tellHooks(assigned: session, to: agent)
    }

    /// Takes a session from its owner; whoever calls says what becomes of it.
    mutating func release(_ session: inout Session) {
        let desk = deskSlots[session.owner!]!
        unwatch(&session)
        if session.isAnswered { wake(session, in: roomSlots[session.project]!) }
        desks[desk].remove(session.id, of: session.project)
        session.owner = nil
        noteDrain(ofDesk: desk)
    }

    /// Lets a session that is nobody's wait at its place.
    mutating func enqueue(_ session: inout Session, in slot: Int) {
        if session.state != .unassigned {
            session.state = .unassigned
            session.version += 1
        }
        session.completedAt = nil
        rooms[slot].queue.insert(session)
        if let pool = session.pool { scheduleRestriction(pool, in: slot) }
        schedulePatience(slot)
    }

    /// Takes a waiting session out of the queue; whoever calls says what becomes of it.
    mutating func dequeue(_ session: inout Session, in slot: Int) {
        rooms[slot].queue.remove(session)
        if let pool = session.pool { scheduleRestriction(pool, in: slot) }
        clearExclusions(&session)
        forgetUntold(&session)
    }

    /// Ends a session that is in no queue and nobody's.
    mutating func close(_ session: inout Session, in slot: Int) {
        session.state = .completed
        session.version += 1
        session.completedAt = now.time
        clearExclusions(&session)
        rooms[slot].completed.insert(session.id)
        forgetUndelivered(in: session)
        tellHooks(completed: session)
    }

    /// Excludes an agent from a session that is about to wait.
    mutating func exclude(_ agent: AgentID, from session: inout Session) {
        session.exclusions.removeAll { $0.agent == agent }
        if session.exclusions.count == Session.Exclusion.limit { session.exclusions.removeFirst() }
        let until = now.time.adding(milliseconds: Session.Exclusion.milliseconds)
        session.exclusions.append(Session.Exclusion(agent: agent, until: until))
        expiries.set(.exclusion(session.id), session.exclusions[0].until)
    }

    private mutating func clearExclusions(_ session: inout Session) {
        guard !session.exclusions.isEmpty else { return }
        session.exclusions = []
        expiries.set(.exclusion(session.id), nil)
    }

    /// The first exclusion of a waiting session ended: it waits on among others.
    mutating func endExclusions(of id: SessionID) {
        var session = sessions[id]!
        let slot = roomSlots[session.project]!
        rooms[slot].queue.remove(session)
        session.exclusions.removeAll { $0.until <= now.time }
        rooms[slot].queue.insert(session)
        expiries.set(.exclusion(id), session.exclusions.first?.until)
        noteDrain(slot)
        store(session)
    }

    /// Keeps a changed session.
    mutating func store(_ session: Session) {
        sessions[session.id] = session
        draft.note(session)
    }

    /// The drain must look at a project's queue.
    mutating func noteDrain(_ slot: Int) {
        noteCandidates(slot)
        guard !rooms[slot].queue.isEmpty else { return }
        let place = toDrain.firstIndex { $0 >= slot } ?? toDrain.count
        if place == toDrain.count || toDrain[place] != slot { toDrain.insert(slot, at: place) }
    }

    /// Somebody may have become a candidate of a project, or ceased to be one.
    mutating func noteCandidates(_ slot: Int) {
        if rooms[slot].gone != nil { draft.candidates.note(slot) }
    }

    /// An agent's load grew.
    private mutating func noteCandidates(ofDesk desk: Int) {
        for slot in desks[desk].rooms { noteCandidates(slot) }
    }

    /// An agent's presence or load changed: the drain must look at every queue of theirs.
    mutating func noteDrain(ofDesk desk: Int) {
        for slot in desks[desk].rooms { noteDrain(slot) }
    }
}

extension Session.Exclusion {
    /// How many agents may be excluded at once; beyond, the earliest ends.
    static let limit = 8
}
