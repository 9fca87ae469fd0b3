import Wire

// The checks of what people do: pages, notifications, completed sessions, sign-ins, deliveries.
extension RoutingState {
    func pages(in slot: Int, at time: LogTime) -> [Checkup.AgentFinding] {
        let stale = stalePages(in: rooms[slot].project.id, at: time)
        var findings: [Checkup.AgentFinding] = []
        var current = 0
        for place in rooms[slot].roster where desks[place.desk].isOnline {
            let desk = desks[place.desk]
            guard let since = stale[place.agent] else {
                current += 1
                continue
            }
            let shown = desk.connections.map { connections[$0]!.shownIndex }.max() ?? 0
            findings.append(
                .stalePage(place.agent, since: since, shown: shown, given: desk.load.lastIndex))
        }
        if findings.isEmpty || current > 0 { findings.append(.pagesCurrent(current)) }
        return findings
    }

    func notifications(in slot: Int) -> [Checkup.AgentFinding] {
        var findings: [Checkup.AgentFinding] = []
        var granted = 0
        for place in rooms[slot].roster
        where desks[place.desk].isOnline && !place.rules.contains(.cannotReply) {
            let pages = desks[place.desk].connections
            if pages.contains(where: { connections[$0]!.mayNotify }) {
                granted += 1
            } else {
                findings.append(.notificationsBlocked(place.agent, pages: pages.count))
            }
        }
        if granted > 0 { findings.append(.mayNotify(granted)) }
        return findings.isEmpty ? [.noPageOpen] : findings
    }

    func completed(in slot: Int) -> [Checkup.SessionFinding] {
        var findings: [Checkup.SessionFinding] = []
        let ended = rooms[slot].completed.descending(limit: Checkup.sessionsLookedAt)
        for id in ended {
            let session = sessions[id]!
            guard let last = session.last, last.from == .customer,
                session.completedAt! < last.at
            else { continue }
            findings.append(.writtenAfter(id, at: last.at))
        }
        for place in rooms[slot].queue.ascending(limit: Checkup.sessionsLookedAt)
        where sessions[place.session]!.lastOwner != nil {
            findings.append(.waitsAgain(place.session, since: place.since))
        }
        return findings.isEmpty ? [.quiet(ended.count)] : findings
    }

    func signIns(in slot: Int, at time: LogTime) -> [Checkup.AgentFinding] {
        var findings: [Checkup.AgentFinding] = []
        var active = 0
        for place in rooms[slot].roster where !place.rules.contains(.deactivated) {
            let desk = desks[place.desk]
            guard let signedIn = desk.account.lastSignIn else {
                findings.append(.neverSignedIn(place.agent))
                continue
            }
            let seen = max(signedIn, desk.account.offlineSince ?? signedIn)
            if desk.isOnline || time < seen.adding(milliseconds: Checkup.inactiveMilliseconds) {
                active += 1
            } else {
                findings.append(.inactive(place.agent, since: seen))
            }
        }
        if findings.isEmpty || active > 0 { findings.append(.active(active)) }
        return findings
    }

    func undelivered(in slot: Int) -> [Checkup.SessionFinding] {
        struct Heap {
            var session: SessionID
            var reason: Text
            var isFailed: Bool
            var count = 1
        }
        var heaps: [Heap] = []
        let messages = outgoing.stuck(
            of: rooms[slot].project.id, limit: Checkup.messagesLookedAt)
        for message in messages {
            let heap: Heap
            switch message.state {
            case .failed(let reason):
                heap = Heap(session: message.session, reason: reason, isFailed: true)
            case .uncertain(let reason):
                heap = Heap(session: message.session, reason: reason, isFailed: false)
            case .queued, .sending, .sent, .withdrawn: continue
            }
            if let place = heaps.firstIndex(where: {
                $0.session == heap.session && $0.reason == heap.reason
                    && $0.isFailed == heap.isFailed
            }) {
                heaps[place].count += 1
            } else {
                heaps.append(heap)
            }
        }
        if heaps.isEmpty { return [.delivered] }
        return heaps.map {
            $0.isFailed
                ? .failed($0.session, messages: $0.count, reason: $0.reason)
                : .uncertain($0.session, messages: $0.count, reason: $0.reason)
        }
    }
}
