import Wire

extension RoutingState {
    /// Serves what is due, in (time, key) order: triggers all, expiries within the entry's bound.
    ///
    /// Expiries grow with customers and are rows' own: what is left over is due in the next entry,
    /// also after a restart. Triggers are two an agent and two a project at most, whatever comes
    /// in, and are in no row: one left over would be lost to a node that loads the state then, and
    /// the nodes would differ. So they have no bound but the office's size.
    mutating func fireDue() {
        while let trigger = triggers.popDue(at: now.time) { fire(trigger) }
        for _ in 0..<Limits.expiriesPerEntry {
            guard let expiry = expiries.popDue(at: now.time) else { return }
            end(expiry)
        }
    }

    private mutating func fire(_ trigger: Trigger) {
        switch trigger {
        case .grace(let agent):
            let desk = deskSlots[agent]!
            scheduleGrace(desk)
            runWatches(of: desk)
            noteDrain(ofDesk: desk)
            draft.applied.events.append(.agentChanged(agent))
        case .window(let agent):
            let desk = deskSlots[agent]!
            scheduleWindow(desk)
            noteDrain(ofDesk: desk)
        case .patience(let project):
            let slot = roomSlots[project]!
            schedulePatience(slot)
            noteDrain(slot)
        case .opening(let project):
            let slot = roomSlots[project]!
            scheduleOpening(slot)
            noteDrain(slot)
        }
    }

    private mutating func end(_ expiry: Expiry) {
        switch expiry {
        case .connection(let key): drop(key)
        case .signIn(let agent, let id): endSignIn(agent, id)
        case .exclusion(let session): endExclusions(of: session)
        case .restriction(let pool): endRestriction(pool)
        case .firstReply(let key): endReply(key)
        case .gone(let project): endGone(project)
        case .rest(let project): endRest(project)
        }
    }
}
