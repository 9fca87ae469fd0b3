import Wire

/// What is asked of the router; see `RoutingState.decide`.
struct Question {
    /// For which session.
    var session: Session
    /// What made the router look.
    var cause: Decision.Cause
    /// Since when it waits; nil: it does not wait, and `assignOffline: after(T)` holds for T = 0.
    var waitsSince: LogTime?
    /// The giver of a transfer, who is not to have it back.
    var giver: AgentID?
    /// Who gets it back without moving the turn, if a candidate.
    var lastOwner: AgentID?
}

extension RoutingState {
    /// The one decision function: who is given a session now, and what speaks against each.
    ///
    /// New, reopened, waiting, handed on and given back sessions all come here. It changes
    /// nothing; `carryOut` does.
    func decide(_ question: Question, in slot: Int, at moment: Moment) -> Decision {
        let mode = rooms[slot].project.settings.mode
        var decision = Decision(
            cause: question.cause, mode: mode, way: .none, isOverride: false,
            rosterVersion: rooms[slot].project.rosterVersion,
            candidates: assess(
                excluding: question.session.exclusions, giver: question.giver, in: slot,
                at: moment.time), chosen: nil,
            cursorBefore: rooms[slot].cursor, cursorAfter: rooms[slot].cursor)
        if rooms[slot].project.settings.claimOnly, question.cause != .transfer { return decision }
        if let lastOwner = question.lastOwner,
            decision.candidates.contains(where: { $0.agent == lastOwner && $0.reasons.isEmpty })
        {
            decision.chosen = lastOwner
            decision.way = .lastOwner
            return decision
        }
        let strategy = Strategy(mode, rooms[slot].project.settings.balance)
        var position = elect(
            strategy, in: slot, decision.candidates, question, moment,
            barring: Reasons(rawValue: .max))
        decision.way = .mode
        if position == nil, mayGoOffline(question, in: slot, decision.candidates, at: moment.time) {
            position = elect(
                .inTurn, in: slot, decision.candidates, question, moment,
                barring: [.rules, .load, .neverSignedIn])
            decision.way = .offline
        }
        guard let position else {
            decision.way = .none
            return decision
        }
        decision.chosen = decision.candidates[position].agent
        decision.cursorAfter = decision.chosen
        return decision
    }

    /// Everybody in the list, with every reason that applies and its figures.
    func assess(
        excluding exclusions: [Session.Exclusion], giver: AgentID?, in slot: Int, at time: LogTime
    ) -> [Candidate] {
        var candidates: [Candidate] = []
        candidates.reserveCapacity(rooms[slot].roster.count)
        for place in rooms[slot].roster {
            var candidate = assess(place, in: slot, at: time)
            if !exclusions.isEmpty {
                for exclusion in exclusions where exclusion.agent == place.agent {
                    candidate.reasons.insert(.excluded)
                    candidate.excludedUntil = exclusion.until
                }
            }
            if giver == place.agent { candidate.reasons.insert(.excluded) }
            candidates.append(candidate)
        }
        return candidates
    }

    /// One member, with every reason that applies whatever the session.
    func assess(_ place: ProjectRoom.Place, in slot: Int, at time: LogTime) -> Candidate {
        var candidate = Candidate(agent: place.agent, reasons: place.rules)
        addLoad(of: place, in: slot, at: time, to: &candidate)
        let absence = desks[place.desk].absence(
            at: time,
            graceMilliseconds: rooms[slot].project.settings.hiddenGraceMilliseconds)
        candidate.reasons.formUnion(absence.reasons)
        candidate.since = absence.since
        return candidate
    }

    private func addLoad(
        of place: ProjectRoom.Place, in slot: Int, at time: LogTime, to candidate: inout Candidate
    ) {
        let desk = place.desk
        let limit = desks[desk].account.openLimit
        let open = desks[desk].open.count
        if limit > 0, open >= limit {
            candidate.reasons.insert(.atCapacity)
            candidate.open = UInt32(clamping: open)
            candidate.openLimit = limit
        }
        let tighter = rooms[slot].project.settings.openLimit
        if tighter > 0, !candidate.reasons.contains(.atCapacity) {
            let openHere = desks[desk].openCount(in: rooms[slot].project.id)
            if openHere >= tighter {
                candidate.reasons.insert(.atCapacity)
                candidate.open = UInt32(clamping: openHere)
                candidate.openLimit = tighter
            }
        }
        if let until = rateLimitedUntil(desk: desk, in: slot, at: time) {
            candidate.reasons.insert(.rateLimited)
            candidate.rateLimitedUntil = until
        }
    }

    /// Until when an agent may be given no more in a project; nil: not limited.
    func rateLimitedUntil(desk: Int, in slot: Int, at time: LogTime) -> LogTime? {
        let overall = desks[desk].load.limitedUntil(
            desks[desk].account.newPerMinute, in: nil, at: time)
        let tighter = rooms[slot].project.settings.newPerMinute
        guard tighter > 0 else { return overall }
        let here = desks[desk].load.limitedUntil(tighter, in: rooms[slot].project.id, at: time)
        guard let overall, let here else { return overall ?? here }
        return max(overall, here)
    }

    /// Whether the session may go to somebody who is not receiving: nobody who passes the rules
    /// is, and it has waited long enough.
    private func mayGoOffline(
        _ question: Question, in slot: Int, _ candidates: [Candidate], at time: LogTime
    ) -> Bool {
        guard case .after(let patience) = rooms[slot].project.assignOffline else { return false }
        if let since = question.waitsSince {
            guard since.adding(milliseconds: patience) <= time else { return false }
        } else {
            guard patience <= 0 else { return false }
        }
        return !candidates.contains {
            $0.reasons.isDisjoint(with: .rules) && $0.reasons.isDisjoint(with: .presence)
        }
    }

    /// The strategy's choice among members against whom none of the `barring` reasons speaks.
    private func elect(
        _ strategy: Strategy, in slot: Int, _ candidates: [Candidate], _ question: Question,
        _ moment: Moment, barring: Reasons
    ) -> Int? {
        var ballot = Strategy.Ballot(
            entries: [], cursor: rooms[slot].cursorPosition,
            draw: Strategy.draw(index: moment.index, session: question.session.id))
        ballot.entries.reserveCapacity(candidates.count)
        for (position, candidate) in candidates.enumerated()
        where candidate.reasons.isDisjoint(with: barring) {
            let desk = rooms[slot].roster[position].desk
            ballot.entries.append(
                Strategy.Ballot.Entry(
                    position: position, open: desks[desk].open.count,
                    lastIndex: desks[desk].load.lastIndex))
        }
        return strategy.choose(ballot)
    }
}
