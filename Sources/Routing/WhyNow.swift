import Wire

/// One change that would release a waiting session, everything else being as it is.
public enum Release: Hashable, Sendable {
    /// The agent's limit of open sessions were this.
    case openLimit(AgentID, UInt32)
    /// The project's limit of open sessions were this; 0 is none.
    case projectOpenLimit(UInt32)
    /// The agent's limit of new sessions a minute were this.
    case newPerMinute(AgentID, UInt32)
    /// The project's limit of new sessions a minute were this; 0 is none.
    case projectNewPerMinute(UInt32)
    /// The agent said that they are there.
    case notAway(AgentID)
    /// The agent's page were visible.
    case pageVisible(AgentID)
    /// The agent signed in and opened the console.
    case online(AgentID)
    /// The account were active.
    case activated(AgentID)
    /// The agent had *reply*.
    case mayReply(AgentID)
    /// The agent were among the specified ones.
    case inScope(AgentID)
    /// The project had so many seats.
    case seats(UInt32)
    /// The agent were in the session's pool.
    case inPool(AgentID)
    /// The project assigned sessions at once to somebody offline when nobody is receiving.
    case assignedOffline
    /// The project assigned sessions, and did not leave them to be claimed.
    case assigned
    /// The project routed sessions outside its hours.
    case routedOutsideHours
    /// Nothing but time passes, up to this moment.
    case time(LogTime)
}

extension Release {
    /// A figure of a project's rules.
    fileprivate enum Figure: CaseIterable { case openLimit, newPerMinute, seats }

    /// Which figure of the project's it names; nil: none, or a member's.
    fileprivate var figure: (kind: Figure, value: UInt32)? {
        switch self {
        case .projectOpenLimit(let limit): (.openLimit, limit)
        case .projectNewPerMinute(let limit): (.newPerMinute, limit)
        case .seats(let seats): (.seats, seats)
        case .openLimit, .newPerMinute, .notAway, .pageVisible, .online, .activated, .mayReply,
            .inScope, .inPool, .assignedOffline, .assigned, .routedOutsideHours, .time:
            nil
        }
    }
}

extension RoutingState {
    /// The single changes each of which would release a waiting session, found by asking the one
    /// decision function about a state that shares everything with this one but the change.
    ///
    /// Each is about this session alone: one that has waited longer may have to be given first.
    ///
    /// What concerns the project as a whole is tried first, then each member in list order, as far
    /// as the bound goes: `isComplete` says whether that was everything.
    public func releases(
        of id: SessionID, at time: LogTime
    ) -> (found: [Release], isComplete: Bool) {
        guard let session = sessions[id], session.state == .unassigned,
            let slot = roomSlots[session.project]
        else { return ([], true) }
        let now = question(id, at: time)!
        guard now.chosen == nil else { return ([], true) }
        let (ideas, areAll) = ideas(for: session, now, in: slot, at: time)
        let found = ideas.filter { idea in
            var other = self
            var asked = session
            var moment = time
            other.assume(idea, &asked, &moment, in: slot)
            let question = Question(session: asked, cause: .question, waitsSince: asked.place)
            let answer = other.decide(
                question, in: slot, at: Moment(index: self.now.index, time: moment))
            return answer.chosen != nil
        }
        return (found, areAll)
    }

    /// What might help, each once: what the project would need, then time, then what each member
    /// would; and whether that is everything. Of the project's figures and of moments the lowest
    /// come in, for a member who needs less is helped by more as well.
    private func ideas(
        for session: Session, _ now: Decision, in slot: Int, at time: LogTime
    ) -> (tried: [Release], areAll: Bool) {
        let settings = rooms[slot].project.settings
        var whole: [Release] = [.assignedOffline]
        if settings.claimOnly { whole.append(.assigned) }
        if now.way == .held { whole.append(.routedOutsideHours) }
        if settings.openLimit > 0 { whole.append(.projectOpenLimit(0)) }
        if settings.newPerMinute > 0 { whole.append(.projectNewPerMinute(0)) }
        var figures: Set<Release> = []
        var members: [Release] = []
        for (position, candidate) in now.candidates.enumerated() {
            let desk = rooms[slot].roster[position].desk
            for idea in ideas(for: candidate, desk, position, in: slot) {
                if idea.figure == nil { members.append(idea) } else { figures.insert(idea) }
            }
        }
        let moments = moments(for: session, now, in: slot, at: time)
        var count = whole.count + figures.count + moments.count + members.count
        for kind in Release.Figure.allCases {
            let ascending = figures.compactMap { idea in
                idea.figure.flatMap { $0.kind == kind ? ($0.value, idea) : nil }
            }.sorted { $0.0 < $1.0 }
            whole += ascending.prefix(Limits.ideasOfAKind).map(\.1)
        }
        whole += moments.prefix(Limits.ideasOfAKind).map { .time($0) }
        let tried = Array((whole + members).prefix(Limits.ideasPerQuestion))
        count -= tried.count
        return (tried, count == 0)
    }

    /// What a member would need, by what speaks against them.
    private func ideas(
        for candidate: Candidate, _ desk: Int, _ position: Int, in slot: Int
    ) -> [Release] {
        let agent = candidate.agent
        let account = desks[desk].account
        let reasons = candidate.reasons
        var ideas: [Release] = []
        if reasons.contains(.atCapacity) {
            ideas.append(.openLimit(agent, UInt32(clamping: desks[desk].open.count + 1)))
            let here = desks[desk].openCount(in: rooms[slot].project.id)
            ideas.append(.projectOpenLimit(UInt32(clamping: here + 1)))
        }
        if reasons.contains(.rateLimited) {
            let recent = UInt32(clamping: desks[desk].load.recent.count)
            ideas.append(.newPerMinute(agent, max(recent, account.newPerMinute) + 1))
            let limit = rooms[slot].project.settings.newPerMinute
            ideas.append(.projectNewPerMinute(max(recent, limit) + 1))
        }
        if reasons.contains(.away) { ideas.append(.notAway(agent)) }
        if reasons.contains(.notReceiving) { ideas.append(.pageVisible(agent)) }
        if !reasons.isDisjoint(with: [.offline, .neverSignedIn]) { ideas.append(.online(agent)) }
        if reasons.contains(.deactivated) { ideas.append(.activated(agent)) }
        if reasons.contains(.cannotReply) { ideas.append(.mayReply(agent)) }
        if reasons.contains(.notInScope) { ideas.append(.inScope(agent)) }
        if reasons.contains(.linkRestricted) { ideas.append(.inPool(agent)) }
        if reasons.contains(.overSeat) {
            let holders = rooms[slot].roster[...position].filter {
                $0.rules.isDisjoint(with: [.deactivated, .cannotReply])
            }
            ideas.append(.seats(UInt32(holders.count)))
        }
        return ideas
    }

    /// The moments at which time alone may help, ascending.
    private func moments(
        for session: Session, _ now: Decision, in slot: Int, at time: LogTime
    ) -> [LogTime] {
        var moments = now.candidates.flatMap { [$0.rateLimitedUntil, $0.excludedUntil] }
        moments.append(heldUntil(slot, at: time))
        if case .after(let patience) = rooms[slot].project.assignOffline {
            moments.append(session.place.adding(milliseconds: patience))
        }
        if let patience = rooms[slot].pool(inForce: session.pool)?.settings.untilMilliseconds {
            moments.append(session.place.adding(milliseconds: patience))
        }
        return Set(moments.compactMap { $0 }.filter { time < $0 }).sorted()
    }

    /// Makes a change in a state of its own.
    private mutating func assume(
        _ idea: Release, _ session: inout Session, _ moment: inout LogTime, in slot: Int
    ) {
        switch idea {
        case .openLimit(let agent, let limit): desks[deskSlots[agent]!].account.openLimit = limit
        case .newPerMinute(let agent, let limit):
            desks[deskSlots[agent]!].account.newPerMinute = limit
        case .notAway(let agent): desks[deskSlots[agent]!].account.isAway = false
        case .pageVisible(let agent): desks[deskSlots[agent]!].visibleCount = 1
        case .online(let agent): desks[deskSlots[agent]!].assumeOnline(at: moment)
        case .activated(let agent):
            desks[deskSlots[agent]!].account.isActive = true
            rooms[slot].seat(desks: desks, slots: deskSlots)
        case .time(let later):
            moment = later
            session.exclusions.removeAll { $0.until <= later }
            if let pool = rooms[slot].pool(inForce: session.pool),
                let patience = pool.settings.untilMilliseconds,
                session.place.adding(milliseconds: patience) <= later
            {
                session.pool = nil
            }
        case .projectOpenLimit, .projectNewPerMinute, .mayReply, .inScope, .seats, .inPool,
            .assignedOffline, .assigned, .routedOutsideHours:
            rooms[slot].assume(idea, for: session)
            rooms[slot].seat(desks: desks, slots: deskSlots)
        }
    }
}

extension ProjectRoom {
    /// Makes a change of the project's rules.
    fileprivate mutating func assume(_ idea: Release, for session: Session) {
        switch idea {
        case .projectOpenLimit(let limit): project.settings.openLimit = limit
        case .projectNewPerMinute(let limit): project.settings.newPerMinute = limit
        case .seats(let seats): project.settings.seats = seats
        case .assignedOffline: project.settings.assignOffline = .after(milliseconds: 0)
        case .assigned: project.settings.claimOnly = false
        case .routedOutsideHours: project.settings.hours?.outside = .route
        case .mayReply(let agent): change(agent) { $0.permissions.insert(.reply) }
        case .inScope(let agent): change(agent) { $0.isInScope = true }
        case .inPool(let agent):
            guard let id = session.pool, let index = poolIndex(id) else { return }
            pools[index].settings.only.agents.append(agent)
        case .openLimit, .newPerMinute, .notAway, .pageVisible, .online, .activated, .time:
            preconditionFailure("not the project's")
        }
    }

    private mutating func change(_ agent: AgentID, _ body: (inout Member) -> Void) {
        guard let place = project.members.firstIndex(where: { $0.agent == agent }) else { return }
        body(&project.members[place])
    }
}

extension AgentDesk {
    /// As if the agent had signed in and showed a page.
    fileprivate mutating func assumeOnline(at time: LogTime) {
        account.lastSignIn = account.lastSignIn ?? time
        if signIns.isEmpty { signIns = [""] }
        if connections.isEmpty { connections = [Connection.Key(incarnation: 0, number: 0)] }
        visibleCount = 1
        hiddenSince = nil
    }
}
