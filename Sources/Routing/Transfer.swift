import Wire

extension RoutingState {
    /// Hands a session to a named agent, or (nil) to whom the mode decides: its agent with
    /// *transfer*, or a manager, who may also assign a waiting one.
    mutating func transfer(
        _ id: SessionID, by agent: AgentID, to: AgentID?, _ version: UInt64, remark: Text,
        isConfirmed: Bool
    ) -> Outcome {
        guard var session = visible(id, to: agent) else { return .refused(.notFound) }
        if let conflict = conflict(session, version) { return .refused(conflict) }
        guard session.state != .completed else { return .refused(.wrongState) }
        if !isManager(agent, of: session.project) {
            guard session.owner == agent else {
                return .refused(session.owner.map { .ownedBy($0) } ?? .forbidden)
            }
            guard permissions(of: agent, in: session.project).contains(.transfer) else {
                return .refused(.forbidden)
            }
        }
        guard remark.utf8.count <= FieldLimits.remark else { return .refused(.invalid("remark")) }
        guard to == nil || to != session.owner else { return .refused(.wrongState) }
        let slot = roomSlots[session.project]!
        let answer =
            if let to {
                name(to, for: session, isConfirmed: isConfirmed, in: slot)
            } else {
                anybody(for: session, in: slot)
            }
        switch answer {
        case .failure(let refusal): return .refused(refusal)
        case .success(let decision):
            let from = session.owner
            if from == nil {
                noteWait(of: session)
                dequeue(&session, in: slot)
            } else {
                release(&session)
            }
            session.forgetNeglect(byHand: false)
            carryOut(decision, &session, in: slot)
            record(
                .transferred(from: from, to: decision.chosen!, by: agent, remark: remark),
                decision, in: &session)
            store(session)
            return .done(id: id.rawValue)
        }
    }

    /// A named agent must be active, with *reply* and a seat; scope, link and exclusion don't
    /// matter. Offline, away or full asks for confirmation, which is recorded.
    func name(
        _ to: AgentID, for session: Session, isConfirmed: Bool, in slot: Int
    ) -> Result<Decision, Refusal> {
        let reasons = objections(to: to, in: slot, at: now.time)
        let barring = reasons.intersection([.deactivated, .cannotReply, .overSeat])
        guard barring.isEmpty else { return .failure(.refusedBy(barring)) }
        let doubtful = reasons.intersection([.presence, .atCapacity])
        guard doubtful.isEmpty || isConfirmed else {
            return .failure(.needsConfirmation(doubtful))
        }
        let isOverride = !reasons.isDisjoint(with: [.presence, .atCapacity, .rateLimited])
        return .success(byHand(.transfer, to, for: session, isOverride: isOverride, in: slot))
    }

    /// A choice by a person, with what the router would have seen. The turn stays.
    func byHand(
        _ cause: Decision.Cause, _ chosen: AgentID, for session: Session, isOverride: Bool,
        in slot: Int
    ) -> Decision {
        var decision = decide(
            Question(session: session, cause: cause, giver: session.owner), in: slot, at: now)
        decision.chosen = chosen
        decision.way = .named
        decision.cursorAfter = decision.cursorBefore
        decision.isOverride = isOverride
        return decision
    }

    /// The mode decides, the giver excluded; without a candidate the session stays.
    private func anybody(for session: Session, in slot: Int) -> Result<Decision, Refusal> {
        let decision = decide(
            Question(
                session: session, cause: .transfer, waitsSince: session.waitingSince,
                giver: session.owner),
            in: slot, at: now)
        return decision.chosen == nil ? .failure(.noCandidate) : .success(decision)
    }
}

extension Refusal: Error {}
