import Wire

/// The sessions of one agent in one project that wait for their first reply, on a clock that runs
/// while the agent is receiving there. Kept while there is one.
struct ReplyWatch: Equatable, Sendable {
    /// A session and the reading at which its time is over.
    struct Due: Hashable, Comparable, Sendable {
        var reading: Int64
        var session: SessionID
        static func < (a: Due, b: Due) -> Bool {
            a.reading != b.reading ? a.reading < b.reading : a.session < b.session
        }
    }
    /// Where.
    var project: ProjectID
    /// How long the agent was receiving since the watch began.
    var clock = StoppingClock()
    /// Never empty.
    var dues = OrderedSet<Due>()

    /// When the first session's time is over if the agent goes on receiving.
    var next: LogTime? { dues.first.flatMap { clock.moment(of: $0.reading) } }

    /// Names a watch.
    struct Key: Hashable, Comparable, Sendable {
        var agent: AgentID
        var project: ProjectID
        static func < (a: Key, b: Key) -> Bool {
            a.agent != b.agent ? a.agent < b.agent : a.project < b.project
        }
    }
}

// The first-reply timer: it runs while the owner is receiving and the session unanswered. At its
// end the session goes to another candidate, a few times; then, or without one, a manager is
// alerted.
extension RoutingState {
    /// A mode gave an unanswered session to an agent: its time for a first reply begins.
    mutating func watch(_ session: inout Session, desk: Int, in slot: Int) {
        guard level >= .second, !session.isAnswered,
            let patience = rooms[slot].project.settings.timers.firstReplyMilliseconds
        else { return }
        // Nobody can answer; it begins when the customer is back.
        guard !session.isOutOfReach else {
            session.isReplyPaused = true
            return
        }
        let project = session.project
        var place = desks[desk].watches.firstIndex { $0.project >= project }
        if place == nil || desks[desk].watches[place!].project != project {
            place = place ?? desks[desk].watches.count
            var watch = ReplyWatch(project: project)
            _ = watch.clock.run(isReceiving(desk, in: slot), at: now.time)
            desks[desk].watches.insert(watch, at: place!)
            draft.watches.note(ReplyWatch.Key(agent: session.owner!, project: project))
        }
        let reading = desks[desk].watches[place!].clock.reading(at: now.time) + patience
        desks[desk].watches[place!].dues.insert(.init(reading: reading, session: session.id))
        session.replyDue = reading
        scheduleReply(desk, place!)
    }

    /// The session is answered, or no longer its owner's.
    mutating func unwatch(_ session: inout Session) {
        session.isReplyPaused = false
        guard let reading = session.replyDue, let owner = session.owner else { return }
        session.replyDue = nil
        let desk = deskSlots[owner]!
        let place = desks[desk].watches.firstIndex { $0.project == session.project }!
        desks[desk].watches[place].dues.remove(.init(reading: reading, session: session.id))
        let key = ReplyWatch.Key(agent: owner, project: session.project)
        if desks[desk].watches[place].dues.isEmpty {
            desks[desk].watches.remove(at: place)
            expiries.set(.firstReply(key), nil)
            draft.watches.note(key)
        } else {
            scheduleReply(desk, place)
        }
    }

    /// The customer can't be reached: nobody is to answer for now.
    mutating func pauseReply(_ session: inout Session) {
        guard session.replyDue != nil else { return }
        unwatch(&session)
        session.isReplyPaused = true
    }

    /// The customer is there again: the time for a first reply begins anew.
    mutating func resumeReply(_ session: inout Session, in slot: Int) {
        guard session.isReplyPaused, let owner = session.owner else { return }
        session.isReplyPaused = false
        watch(&session, desk: deskSlots[owner]!, in: slot)
    }

    /// Starts or stops the clocks of an agent whose presence may have changed.
    mutating func runWatches(of desk: Int) {
        for place in desks[desk].watches.indices {
            let project = desks[desk].watches[place].project
            let isRunning = isReceiving(desk, in: roomSlots[project]!)
            guard desks[desk].watches[place].clock.run(isRunning, at: now.time) else { continue }
            draft.watches.note(.init(agent: desks[desk].account.id, project: project))
            scheduleReply(desk, place)
        }
    }

    func isReceiving(_ desk: Int, in slot: Int) -> Bool {
        let grace = rooms[slot].project.settings.hiddenGraceMilliseconds
        return desks[desk].absence(at: now.time, graceMilliseconds: grace).reasons.isEmpty
    }

    /// When the next session of a watch will have waited too long.
    mutating func scheduleReply(_ desk: Int, _ place: Int) {
        let watch = desks[desk].watches[place]
        let key = ReplyWatch.Key(agent: desks[desk].account.id, project: watch.project)
        expiries.set(.firstReply(key), watch.next)
    }

    /// The first session of a watch has waited too long. It is looked at after the drain: whoever
    /// waits in the queue comes before it.
    mutating func endReply(_ key: ReplyWatch.Key) {
        let desk = deskSlots[key.agent]!
        guard let watch = desks[desk].watches.first(where: { $0.project == key.project }) else {
            return
        }
        var session = sessions[watch.dues.first!.session]!
        unwatch(&session)
        draft.overdue.append(session.id)
        store(session)
    }

    /// Hands on the sessions that waited too long for a first reply.
    mutating func moveOverdue() {
        let overdue = draft.overdue
        draft.overdue.removeAll(keepingCapacity: true)
        for id in overdue {
            guard var session = sessions[id], let owner = session.owner, !session.isAnswered else {
                continue
            }
            let slot = roomSlots[session.project]!
            let timers = rooms[slot].project.settings.timers
            guard timers.firstReplyMilliseconds != nil else { continue }
            handOn(&session, from: owner, in: slot)
            store(session)
        }
    }

    private mutating func handOn(_ session: inout Session, from owner: AgentID, in slot: Int) {
        let mayMove = session.moves < rooms[slot].project.settings.timers.firstReplyMoves
        if isBacklogged { return watch(&session, desk: deskSlots[owner]!, in: slot) }
        if mayMove {
            let decision = decide(
                Question(session: session, cause: .unanswered, giver: owner), in: slot, at: now)
            if decision.way == .held {
                return watch(&session, desk: deskSlots[owner]!, in: slot)
            }
            if decision.way == .mode {
                release(&session)
                session.moves += 1
                carryOut(decision, &session, in: slot)
                record(.rerouted(from: owner, because: .unanswered), decision, in: &session)
                return
            }
        }
        if !session.isAlerted {
            session.isAlerted = true
            record(.alerted(noReplyFrom: owner), in: &session)
        }
        // Somebody may be there the next time.
        if mayMove { watch(&session, desk: deskSlots[owner]!, in: slot) }
    }
}
