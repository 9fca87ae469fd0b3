import Wire

// Connection, visibility and declared availability: three facts, kept apart.
extension RoutingState {
    /// A node tells which console connections it holds, and what their pages show.
    mutating func renew(_ leases: [Lease], node: UInt64, incarnation: UInt64) -> Outcome {
        for lease in leases {
            let key = Connection.Key(incarnation: incarnation, number: lease.connection)
            if let known = connections[key], known.agent != lease.agent { drop(key) }
            guard let desk = deskSlots[lease.agent], desks[desk].account.isActive else { continue }
            let known = connections[key]
            let since = now.time.adding(milliseconds: -Int64(lease.hiddenMilliseconds))
            let connection = Connection(
                key: key, node: node, agent: lease.agent,
                expires: now.time.adding(milliseconds: Connection.leaseMilliseconds),
                hiddenSince: lease.isVisible ? nil : known?.hiddenSince ?? since,
                mayNotify: lease.mayNotify, shownIndex: lease.shownIndex)
            connections[key] = connection
            expiries.set(.connection(key), connection.expires)
            draft.connections.note(key)
            if let known, known.hiddenSince == connection.hiddenSince { continue }
            changePresence(of: desk) { state in
                let mine = state.desks[desk].connections
                let place = mine.firstIndex { $0 >= key } ?? mine.count
                if place == mine.count || mine[place] != key {
                    state.desks[desk].connections.insert(key, at: place)
                }
            }
        }
        return .done(id: 0)
    }

    /// Console connections closed in good order.
    mutating func close(_ numbers: [UInt64], incarnation: UInt64) -> Outcome {
        for number in numbers { drop(Connection.Key(incarnation: incarnation, number: number)) }
        return .done(id: 0)
    }

    /// The agent says whether they take new sessions.
    mutating func setAway(_ id: AgentID, _ isAway: Bool) -> Outcome {
        guard let desk = deskSlots[id] else { return .refused(.notFound) }
        guard desks[desk].account.isAway != isAway else { return .done(id: id.rawValue) }
        desks[desk].account.isAway = isAway
        draft.desks.note(desk)
        runWatches(of: desk)
        noteDrain(ofDesk: desk)
        return .done(id: id.rawValue)
    }

    /// A new leader heard of no renewal yet: every living lease gets one full length from now.
    mutating func extendLeases() {
        let expires = now.time.adding(milliseconds: Connection.leaseMilliseconds)
        for key in connections.keys.sorted() where connections[key]!.expires < expires {
            connections[key]!.expires = expires
            expiries.set(.connection(key), expires)
            draft.connections.note(key)
        }
    }

    /// A connection is gone: closed, or not renewed in time.
    mutating func drop(_ key: Connection.Key) {
        guard let connection = connections.removeValue(forKey: key) else { return }
        expiries.set(.connection(key), nil)
        draft.connections.note(key)
        let desk = deskSlots[connection.agent]!
        changePresence(of: desk) { $0.desks[desk].connections.removeAll { $0 == key } }
    }

    /// Changes what an agent's presence follows from, and draws the consequences.
    mutating func changePresence(of desk: Int, _ change: (inout RoutingState) -> Void) {
        let wasOnline = desks[desk].isOnline
        change(&self)
        notePages(of: desk)
        if wasOnline != desks[desk].isOnline {
            desks[desk].account.offlineSince = wasOnline ? now.time : nil
            countOnlineTime(of: desk)
            draft.desks.note(desk)
        } else {
            draft.applied.events.append(.agentChanged(desks[desk].account.id))
        }
        scheduleGrace(desk)
        runWatches(of: desk)
        if wasOnline != desks[desk].isOnline { watchGone(desk) }
        noteDrain(ofDesk: desk)
    }

    /// Works out how many pages are visible, and since when none is.
    mutating func notePages(of desk: Int) {
        var visible = 0
        var hiddenSince: LogTime?
        for key in desks[desk].connections {
            guard let since = connections[key]!.hiddenSince else {
                visible += 1
                continue
            }
            hiddenSince = max(hiddenSince ?? since, since)
        }
        desks[desk].visibleCount = visible
        desks[desk].hiddenSince = visible == 0 ? hiddenSince : nil
    }

    /// When the next project of a hidden agent will stop counting them as receiving.
    mutating func scheduleGrace(_ desk: Int) {
        var next: LogTime?
        if let hiddenSince = desks[desk].hiddenSince {
            for slot in desks[desk].rooms {
                guard let grace = rooms[slot].project.settings.hiddenGraceMilliseconds else {
                    continue
                }
                let due = hiddenSince.adding(milliseconds: grace)
                if due > now.time, next == nil || due < next! { next = due }
            }
        }
        triggers.set(.grace(desks[desk].account.id), next)
    }
}

extension AgentDesk {
    /// Signed in, with a console open somewhere, whatever its page shows.
    var isOnline: Bool { !connections.isEmpty && !signIns.isEmpty }
}
