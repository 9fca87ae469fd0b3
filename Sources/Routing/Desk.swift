import Wire

// What agents do with sessions. Every change of owner or state is compare-and-set on the version.
extension RoutingState {
    /// Takes a waiting session.
    mutating func claim(_ id: SessionID, by agent: AgentID, _ version: UInt64) -> Outcome {
        guard var session = visible(id, to: agent) else { return .refused(.notFound) }
        if let conflict = conflict(session, version) { return .refused(conflict) }
        if let refusal = claimRefusal(session, by: agent, at: now.time) { return .refused(refusal) }
        claim(&session, by: agent)
        store(session)
        return .done(id: id.rawValue)
    }

    /// Writes to the customer. A waiting session is claimed first; another's is left alone. A
    /// manager steps in: in another's session, and in a waiting one that they can't claim, which
    /// waits on.
    mutating func reply(
        _ id: SessionID, by agent: AgentID, _ text: Text, _ entities: [TextEntity] = [],
        file: FileOffer? = nil
    ) -> Outcome {
        guard var session = sessions[id] else { return .refused(.notFound) }
        if let refusal = strangerRefusal(session, by: agent) { return .refused(refusal) }
        // A caption may be empty, and is never cut.
        let parts =
            file == nil
            ? text.messageParts(entities) : [(text: text, entities: entities)]
        guard !parts.isEmpty, parts.count <= OutboxMessage.partsPerReply else {
            return .refused(.invalid("text"))
        }
        guard !outgoing.isFull(Chat(project: session.project, user: session.user)) else {
            return .refused(.invalid("too many messages wait for this chat"))
        }
        if let refusal = standingRefusal(session, by: agent, at: now.time) {
            return .refused(refusal)
        }
        if session.state == .unassigned,
            claimRefusal(session, by: agent, at: now.time) == nil
        {
            claim(&session, by: agent)
        }
        answer(&session, text, kind: file?.kind.word ?? "text")
        for (number, part) in parts.enumerated() {
            queue(
                part.text, part.entities, file: file, number: Int64(number), by: agent,
                in: &session)
        }
        store(session)
        return .done(id: now.index * OutboxMessage.partsPerReply)
    }

    /// What keeps an agent from writing to a session's customer at a moment, whatever it is; nil:
    /// nothing. A waiting session would be claimed, if they can.
    public func refusalToReply(
        in id: SessionID, by agent: AgentID, at time: LogTime
    ) -> Refusal? {
        guard let session = sessions[id] else { return .notFound }
        return strangerRefusal(session, by: agent)
            ?? standingRefusal(session, by: agent, at: time)
    }

    /// It is another agent's, or out of sight.
    private func strangerRefusal(_ session: Session, by agent: AgentID) -> Refusal? {
        if session.state == .assigned, let owner = session.owner, owner != agent,
            !isManager(agent, of: session.project)
        {
            guard canReply(agent, session.project) || canSee(agent, session) else {
                return .notFound
            }
            return .ownedBy(owner)
        }
        return canSee(agent, session) ? nil : .notFound
    }

    /// It is over, can't be claimed, or its owner may not answer any more.
    private func standingRefusal(
        _ session: Session, by agent: AgentID, at time: LogTime
    ) -> Refusal? {
        switch session.state {
        case .completed: return .wrongState
        case .unassigned:
            let stepsIn = level >= .second && isManager(agent, of: session.project)
            return stepsIn ? nil : claimRefusal(session, by: agent, at: time)
        case .assigned:
            let mayAnswer =
                canReply(agent, session.project) || isManager(agent, of: session.project)
            return mayAnswer ? nil : .forbidden
        }
    }

    /// The customer has an answer.
    private mutating func answer(_ session: inout Session, _ text: Text, kind: Text) {
        let slot = roomSlots[session.project]!
        unwatch(&session)
        wake(session, in: slot)
        session.forgetNeglect(byHand: session.isByHand)
        session.isAnswered = true
        session.unread = 0
        session.last = Session.Preview(of: text, kind: kind, at: now.time, from: .agent)
        rest(session, in: slot)
    }

    /// Puts a session back into the queue at its old place; its giver is excluded.
    mutating func giveBack(_ id: SessionID, by agent: AgentID, _ version: UInt64) -> Outcome {
        guard var session = visible(id, to: agent) else { return .refused(.notFound) }
        if let conflict = conflict(session, version) { return .refused(conflict) }
        guard session.state == .assigned, let owner = session.owner else {
            return .refused(.wrongState)
        }
        guard owner == agent else { return .refused(.ownedBy(owner)) }
        guard !session.isOutOfReach else { return .refused(.wrongState) }
        let slot = roomSlots[session.project]!
        release(&session)
        session.forgetNeglect(byHand: false)
        exclude(agent, from: &session)
        let decision = arrive(&session, cause: .giveBack, in: slot)
        record(.gaveBack(agent), decision, in: &session)
        store(session)
        return .done(id: id.rawValue)
    }

    /// Ends a session: its agent, or a manager.
    mutating func complete(_ id: SessionID, by agent: AgentID, _ version: UInt64) -> Outcome {
        guard var session = visible(id, to: agent) else { return .refused(.notFound) }
        if let conflict = conflict(session, version) { return .refused(conflict) }
        guard session.state != .completed else { return .refused(.wrongState) }
        guard session.owner == agent || isManager(agent, of: session.project) else {
            return .refused(session.owner.map { .ownedBy($0) } ?? .forbidden)
        }
        let slot = roomSlots[session.project]!
        if session.state == .assigned {
            release(&session)
        } else {
            dequeue(&session, in: slot)
        }
        close(&session, in: slot)
        record(.completed(by: agent), in: &session)
        store(session)
        return .done(id: id.rawValue)
    }

    /// Opens a completed session again for the agent who asks, who must see it. More than they may
    /// have is recorded as an override.
    mutating func reopen(_ id: SessionID, by agent: AgentID, _ version: UInt64) -> Outcome {
        guard var session = visible(id, to: agent), level < .second || canSee(agent, session) else {
            return .refused(.notFound)
        }
        if let conflict = conflict(session, version) { return .refused(conflict) }
        let chat = Chat(project: session.project, user: session.user)
        guard session.state == .completed, latest[chat] == id, !session.isErased else {
            return .refused(.wrongState)
        }
        let slot = roomSlots[session.project]!
        let reasons = objections(to: agent, in: slot, at: now.time)
        let barring = reasons.intersection([.deactivated, .cannotReply, .overSeat])
        guard barring.isEmpty else { return .refused(.refusedBy(barring)) }
        var decision: Decision?
        if level >= .second {
            let isOverride = !reasons.isDisjoint(with: [.atCapacity, .rateLimited])
            decision = byHand(
                .reopenByHand, agent, for: session, isOverride: isOverride, in: slot)
        }
        rooms[slot].completed.remove(id)
        assign(&session, to: deskSlots[agent]!, in: slot)
        session.forgetNeglect(byHand: level >= .second)
        record(.reopened(by: agent), decision, in: &session)
        store(session)
        return .done(id: id.rawValue)
    }

    /// A session that the agent may find, or could have claimed a moment ago.
    public func visible(_ id: SessionID, to agent: AgentID) -> Session? {
        guard let session = sessions[id] else { return nil }
        // Who could have claimed it a moment ago learns whose it is now.
        guard canSee(agent, session) || canReply(agent, session.project) else { return nil }
        return session
    }

    /// Another writer was faster.
    func conflict(_ session: Session, _ version: UInt64) -> Refusal? {
        guard session.version != version else { return nil }
        return .versionConflict(owner: session.owner, version: session.version)
    }

    /// Whether an active agent has *reply* in the project.
    func canReply(_ agent: AgentID, _ project: ProjectID) -> Bool {
        permissions(of: agent, in: project).contains(.reply)
    }

    /// Everything that speaks against an agent; somebody who is not in the list can't reply. Who is
    /// excluded from a session is not asked.
    func objections(
        to agent: AgentID, in slot: Int, at time: LogTime, for session: Session? = nil
    ) -> Reasons {
        guard let place = rooms[slot].roster.first(where: { $0.agent == agent }) else {
            return .cannotReply
        }
        let pool = rooms[slot].poolBit(session?.pool)
        return assess(place, pool: pool, in: slot, at: time).reasons
    }

    /// Why an agent may not claim a session: it is not waiting, a rule or the capacity forbids it,
    /// or it is not the head. Presence, exclusion and the sliding window don't matter.
    func claimRefusal(
        _ session: Session, by agent: AgentID, at time: LogTime
    ) -> Refusal? {
        switch session.state {
        case .assigned: return .ownedBy(session.owner!)
        case .completed: return .wrongState
        case .unassigned: break
        }
        let slot = roomSlots[session.project]!
        let reasons = objections(to: agent, in: slot, at: time, for: session)
        let barring = reasons.intersection([.rules, .atCapacity])
        guard barring.isEmpty else { return .refusedBy(barring) }
        if rooms[slot].project.settings.claim == .head,
            let head = head(for: agent, in: slot), head.session != session.id
        {
            return .notHead(head.session)
        }
        return nil
    }

    /// The first waiting session that an agent may be given; the first of all if there is none.
    private func head(for agent: AgentID, in slot: Int) -> QueuePlace? {
        let pools = rooms[slot].roster.first { $0.agent == agent }?.pools ?? 1
        return rooms[slot].queue.head { kind in
            !kind.excluded.contains(agent) && pools & rooms[slot].poolBit(kind.pool) != 0
        }
    }

    private mutating func claim(_ session: inout Session, by agent: AgentID) {
        let slot = roomSlots[session.project]!
        let isOverride = objections(to: agent, in: slot, at: now.time).contains(.rateLimited)
        let decision =
            level < .second
            ? nil : byHand(.claim, agent, for: session, isOverride: isOverride, in: slot)
        noteWait(of: session)
        dequeue(&session, in: slot)
        assign(&session, to: deskSlots[agent]!, in: slot)
        session.forgetNeglect(byHand: level >= .second)
        record(.claimed(agent, isOverride: isOverride), decision, in: &session)
    }
}
