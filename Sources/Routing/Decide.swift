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
                for: question.session, giver: question.giver, in: slot, at: moment.time),
            chosen: nil, cursorBefore: rooms[slot].cursor, cursorAfter: rooms[slot].cursor)
        if question.session.pool != nil { point(&decision, at: question.session, in: slot) }
        if rooms[slot].project.settings.claimOnly, question.cause != .transfer { return decision }
        if question.cause != .transfer, heldUntil(slot, at: moment.time) != nil {
            decision.way = .held
            return decision
        }
        if let lastOwner = question.lastOwner,
            decision.candidates.contains(where: { $0.agent == lastOwner && $0.reasons.isEmpty })
        {
            decision.chosen = lastOwner
            decision.way = .lastOwner
            return decision
        }
        let strategy = Strategy(mode, rooms[slot].project.settings.balance)
        if elect(strategy, &decision, question, in: slot, moment, barring: .all) {
            decision.way = .mode
        } else if mayGoOffline(question, in: slot, decision.candidates, at: moment.time),
            elect(
                .inTurn, &decision, question, in: slot, moment,
                barring: [.rules, .load, .neverSignedIn])
        {
            decision.way = .offline
        }
        return decision
    }

    /// Makes a decision look at the cursor of a session's pool.
    private func point(_ decision: inout Decision, at session: Session, in slot: Int) {
        decision.pool = rooms[slot].pool(inForce: session.pool)?.id
        let key = rooms[slot].cursorKey(pool: decision.pool, tier: nil, nil)
        decision.cursorBefore = rooms[slot].cursor(key)
        decision.cursorAfter = decision.cursorBefore
    }

    /// Everybody in the list, with every reason that applies and its figures.
    private func assess(
        for session: Session, giver: AgentID?, in slot: Int, at time: LogTime
    ) -> [Candidate] {
        let exclusions = session.exclusions
        let pool = rooms[slot].poolBit(session.pool)
        var candidates: [Candidate] = []
        candidates.reserveCapacity(rooms[slot].roster.count)
        for place in rooms[slot].roster {
            var candidate = assess(place, pool: pool, in: slot, at: time)
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

    /// One member, with every reason that applies to the sessions of a pool.
    func assess(
        _ place: ProjectRoom.Place, pool: UInt64, in slot: Int, at time: LogTime
    ) -> Candidate {
        var candidate = Candidate(agent: place.agent, reasons: place.rules)
        if place.pools & pool == 0 { candidate.reasons.insert(.linkRestricted) }
        if level >= .second, place.rules.contains(.overSeat) {
            candidate.seats = rooms[slot].project.settings.seats
        }
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
        addRate(desk: desk, in: slot, at: time, to: &candidate)
    }

    /// Whether the agent may be given no more at this moment, over all projects or in this one, and
    /// the figures of the limit that binds longer.
    private func addRate(
        desk: Int, in slot: Int, at time: LogTime, to candidate: inout Candidate
    ) {
        var limit = desks[desk].account.newPerMinute
        var limited: ProjectID?
        var until = desks[desk].load.limitedUntil(limit, in: nil, at: time)
        let tighter = rooms[slot].project.settings.newPerMinute
        if tighter > 0 {
            let project = rooms[slot].project.id
            let here = desks[desk].load.limitedUntil(tighter, in: project, at: time)
            if let here, until.map({ $0 < here }) ?? true {
                (until, limit, limited) = (here, tighter, project)
            }
        }
        guard let until else { return }
        candidate.reasons.insert(.rateLimited)
        candidate.rateLimitedUntil = until
        guard level >= .second else { return }
        candidate.newSessions = desks[desk].load.count(in: limited, at: time)
        candidate.newPerMinute = limit
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

    /// Lets the strategy choose among the members against whom none of the `barring` reasons
    /// speaks, in the first tier that has one; false: there is none.
    private func elect(
        _ strategy: Strategy, _ decision: inout Decision, _ question: Question, in slot: Int,
        _ moment: Moment, barring: Reasons
    ) -> Bool {
        var cursor = decision.cursorBefore
        let preference = rooms[slot].preference(of: question.session)
        var tier: UInt8?
        if let preference {
            tier = bestTier(decision.candidates, preference, in: slot, barring: barring)
            guard tier != nil else { return false }
            let key = rooms[slot].cursorKey(pool: decision.pool, tier: tier, preference)
            cursor = rooms[slot].cursor(key)
        }
        var ballot = Strategy.Ballot(
            entries: [], cursor: rooms[slot].position(of: cursor),
            draw: Strategy.draw(index: moment.index, session: question.session.id))
        ballot.entries.reserveCapacity(decision.candidates.count)
        for (position, candidate) in decision.candidates.enumerated()
        where candidate.reasons.isDisjoint(with: barring) {
            let place = rooms[slot].roster[position]
            if let preference, preference.tier(of: place) != tier { continue }
            ballot.entries.append(
                Strategy.Ballot.Entry(
                    position: position, open: desks[place.desk].open.count,
                    lastIndex: desks[place.desk].load.lastIndex))
        }
        guard let position = strategy.choose(ballot) else { return false }
        decision.tier = tier
        decision.cursorBefore = cursor
        decision.chosen = decision.candidates[position].agent
        decision.cursorAfter = decision.chosen
        return true
    }

    /// The most wanted tier in which somebody could be chosen.
    private func bestTier(
        _ candidates: [Candidate], _ preference: Preference, in slot: Int, barring: Reasons
    ) -> UInt8? {
        var best: UInt8?
        for (position, candidate) in candidates.enumerated()
        where candidate.reasons.isDisjoint(with: barring) {
            let tier = preference.tier(of: rooms[slot].roster[position])
            if best == nil || tier < best! { best = tier }
        }
        return best
    }
}
