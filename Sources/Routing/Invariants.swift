extension RoutingState {
    /// Traps when something that must hold does not. For tests: it looks at everything.
    public func checkInvariants() {
        precondition(draft.isQuiet && draft.sessions.isEmpty && draft.messages.isEmpty)
        precondition(draft.hooks.isEmpty && draft.hooked.isEmpty && draft.deliveries == 0)
        checkHooks()
        var waiting = 0
        var owned = 0
        var completed = 0
        for id in sessions.sortedKeys {
            let session = sessions[id]!
            let room = rooms[roomSlots[session.project]!]
            check(session)
            precondition(room.sessions.contains(id))
            precondition(room.completed.contains(id) == (session.state == .completed))
            switch session.state {
            case .unassigned: waiting += 1
            case .assigned: owned += 1
            case .completed: completed += 1
            }
        }
        precondition(waiting == rooms.reduce(0) { $0 + $1.queue.count })
        precondition(completed == rooms.reduce(0) { $0 + $1.completed.count })
        precondition(sessions.count == rooms.reduce(0) { $0 + $1.sessions.count })
        precondition(owned == desks.reduce(0) { $0 + $1.open.count })
        for room in rooms { check(room) }
        for desk in desks { check(desk) }
        precondition(signIns.count == desks.reduce(0) { $0 + $1.signIns.count })
        precondition(tokens.values.allSatisfy { deskSlots[$0.agent] != nil })
        precondition(connections.count == desks.reduce(0) { $0 + $1.connections.count })
        precondition(leaving == leaving.sorted())
    }

    private func checkHooks() {
        precondition(hooks.all.count == hooks.ofProject.values.reduce(0) { $0 + $1.count })
        for (id, queue) in hooks.queues {
            precondition(hooks.all[id] != nil && (1...Hook.Limits.pending).contains(queue.count))
            let numbers = queue.waiting.map(\.sequence)
            precondition(zip(numbers, numbers.dropFirst()).allSatisfy { $0 < $1 })
        }
    }

    private func check(_ session: Session) {
        let chat = Chat(project: session.project, user: session.user)
        precondition((session.owner != nil) == (session.state == .assigned))
        precondition((session.completedAt != nil) == (session.state == .completed))
        precondition(session.exclusions.isEmpty || session.state == .unassigned)
        precondition(
            session.state == .completed || latest[chat] == session.id,
            "two open sessions of one customer")
        precondition(session.historyCount > 0)
        precondition(!session.isErased || session.state == .completed)
        if let reading = session.replyDue {
            precondition(!session.isAnswered)
            let watches = desks[deskSlots[session.owner!]!].watches
            let watch = watches.first { $0.project == session.project }!
            precondition(watch.dues.contains(.init(reading: reading, session: session.id)))
        }
        if let place = session.restingPlace {
            precondition(rooms[roomSlots[session.project]!].resting.contains(place))
        }
        if let owner = session.owner {
            let room = rooms[roomSlots[session.project]!]
            precondition(session.lastOwner == owner)
            precondition(
                room.mayReply(owner)
                    || leaving.contains { $0.agent == owner && $0.project == session.project },
                "an owner who may not answer")
        }
        precondition(
            expiries[.exclusion(session.id)] == session.exclusions.first?.until)
    }

    private func check(_ room: ProjectRoom) {
        var fresh = room
        fresh.seat(desks: desks, slots: deskSlots)
        precondition(fresh == room, "stale rule reasons")
        if let cursor = room.cursor {
            precondition(room.project.members.contains { $0.agent == cursor })
        }
        for place in room.resting.ascending() {
            precondition(sessions[place.session]!.restingPlace == place)
        }
        if let gone = room.gone {
            precondition(!gone.dues.isEmpty && gone.dues == gone.dues.sorted())
            for due in gone.dues { precondition(!desks[deskSlots[due.agent]!].isOnline) }
            precondition(expiries[.gone(room.project.id)] == gone.next)
        }
        for tier in room.cursors {
            precondition(room.project.members.contains { $0.agent == tier.agent })
            precondition(tier.pool == nil || room.poolIndex(tier.pool!) != nil)
        }
        precondition(room.cursors.map(\.key) == room.cursors.map(\.key).sorted())
        for waiting in room.queue.classes {
            for place in waiting.places.ascending() {
                let session = sessions[place.session]!
                precondition(session.state == .unassigned && session.queuePlace == place)
                precondition(session.queueKind == waiting.kind && !session.isOutOfReach)
                precondition(session.isUntold == untold.contains(session.id))
            }
        }
    }

    private func check(_ desk: AgentDesk) {
        for open in desk.open.ascending() {
            precondition(sessions[open.session]!.owner == desk.account.id)
        }
        precondition(desk.openCounts.reduce(0) { $0 + $1.count } == desk.open.count)
        precondition(desk.signIns.isEmpty || desk.account.isActive)
        precondition(desk.rooms == desk.rooms.sorted())
        precondition(desk.connections == desk.connections.sorted())
        for watch in desk.watches {
            precondition(!watch.dues.isEmpty)
            for due in watch.dues.ascending() {
                precondition(sessions[due.session]!.replyDue == due.reading)
                precondition(sessions[due.session]!.owner == desk.account.id)
            }
        }
        precondition(
            (desk.account.onlineSince != nil) == (desk.isOnline && level >= .second),
            "online time that does not run, or runs too early")
        for key in desk.connections {
            precondition(connections[key]!.agent == desk.account.id)
            precondition(expiries[.connection(key)] == connections[key]!.expires)
        }
    }

    /// The law of the queue: once nothing is due, no session waits while it has a candidate.
    /// Gives the sessions that break it. A state that was loaded and has applied nothing yet knows
    /// no time to judge by.
    package func overlooked() -> [SessionID] {
        guard !isBacklogged, now.index > 0 else { return [] }
        var found: [SessionID] = []
        for room in rooms where !room.project.settings.claimOnly {
            for place in room.queue.ascending() {
                let decision = question(place.session, at: now.time)!
                if decision.chosen != nil { found.append(place.session) }
            }
        }
        return found
    }
}
