import Wire

/// The second pass of a what-if: plays a stretch of the log under other rules, by the same `apply`.
///
/// Messages of customers and the presence of agents come as they are recorded. What an agent did
/// with a session of theirs is done by whoever has it now: at the recorded place if everything
/// before it is as it was, else after the recorded pause. Deadlines that the record does not have
/// are served when they are due; those that it has, when they were served there. So under the rules
/// as they were every entry does what it did.
struct Rehearsal: Sendable {
    /// Bounds of the work between two entries.
    enum Limits {
        /// Deeds and deadlines; what is left follows after the next entry.
        static let momentsPerEntry = 10_000
    }
    private struct Due: Hashable, Comparable, Sendable {
        var place: LogPlace
        var chat: Chat
        static func < (a: Due, b: Due) -> Bool {
            a.place != b.place ? a.place < b.place : a.chat < b.chat
        }
    }
    private(set) var state: RoutingState
    private(set) var tally: RoutingTally
    /// Deeds for which there was no place.
    private(set) var notRepeated = 0
    private let recording: Recording
    private let changes: RuleChanges
    /// The last entry, and the time now.
    private var clock: LogPlace
    private var entries = 0
    private var paces: [Chat: Pace] = [:]
    private var owners: Owners
    private var heads: [Chat: Int] = [:]
    private var dues = OrderedSet<Due>()
    private var dueOf: [Chat: Due] = [:]
    /// What the last entry did, with what came before it.
    private(set) var applied = Applied()

    /// Begins where the recording did.
    init(
        _ state: RoutingState, _ recording: Recording, _ changes: RuleChanges, at clock: LogPlace
    ) {
        self.state = state
        owners = Owners(in: state)
        self.recording = recording
        self.changes = changes
        self.clock = clock
        tally = RoutingTally(of: recording.tally.project, in: state, from: recording.tally.start)
        for chat in recording.deeds.keys.sorted() { look(at: chat) }
    }

    /// Brings the changes about; gives why that can't be.
    mutating func change() -> Refusal? {
        for command in changes.commands(for: tally.project, in: state) {
            let place = LogPlace(time: max(clock.time, tally.start), index: clock.index)
            let outcome = apply(command, at: place)
            if case .refused(let refusal) = outcome { return refusal }
        }
        return nil
    }

    /// Plays the next entry.
    mutating func play(_ entry: JournalEntry) {
        applied.removeAll()
        serve(before: entry.place, recorded: recording.deadlines[entries])
        entries += 1
        switch recording.notes[entry.index] {
        case .deed(let chat):
            guard let due = dueOf[chat], due.place == entry.place else {
                return _ = apply(.advance, at: entry.place)
            }
            perform(due, at: entry.place)
        case .fixed(let chat, let by): repeatFixed(entry, chat, by)
        case .unreachable(let chat, let why):
            apply(.advance, at: entry.place)
            lose(chat, why)
        case .refused: apply(.advance, at: entry.place)
        case nil:
            let outcome = apply(
                changes.leaving(entry.command, of: tally.project), at: entry.place)
            guard let chat = entry.command.messageChat, outcome.isDone else { return }
            paces[chat, default: Pace()].messages += 1
            paces[chat]!.note(entry.time)
            look(at: chat)
        }
    }

    /// Plays on to the end of the stretch.
    mutating func finish(at end: LogTime) {
        serve(before: LogPlace(time: end, index: .max), recorded: recording.state.nextDeadline)
    }

    // MARK: What comes between two entries

    /// Serves the deeds and the deadlines that come before an entry, in order of time.
    private mutating func serve(before next: LogPlace, recorded: LogTime?) {
        for _ in 0..<Limits.momentsPerEntry {
            let due = dues.first.flatMap { $0.place < next ? $0 : nil }
            let deadline = state.nextDeadline.flatMap { moment in
                moment == recorded || moment >= next.time ? nil : max(moment, clock.time)
            }
            if let deadline, deadline <= due?.place.time ?? deadline {
                apply(.advance, at: LogPlace(time: deadline, index: clock.index))
            } else if let due {
                let time = max(due.place.time, clock.time)
                perform(due, at: LogPlace(time: time, index: clock.index))
            } else {
                return
            }
        }
    }

    /// Does the next deed of a chat, if it has a place there.
    private mutating func perform(_ due: Due, at place: LogPlace) {
        let chat = due.chat
        let deed = recording.deeds[chat]![heads[chat] ?? 0]
        heads[chat, default: 0] += 1
        let command = command(deed)
        let isDone = apply(command ?? .advance, at: place).isDone && command != nil
        if !isDone {
            notRepeated += 1
            // Who comes after the one to whom it went is who has it.
            if deed.handsOn { paces[chat, default: Pace()].hands += 1 }
        }
        paces[chat, default: Pace()].note(place.time)
        look(at: chat)
    }

    /// What a deed comes to now; nil: nothing.
    private func command(_ deed: Deed) -> Command? {
        guard let session = state.latest[deed.chat].flatMap({ state.sessions[$0] }) else {
            return nil
        }
        switch (session.state, deed.command) {
        case (.unassigned, .reply) where deed.claims:
            return deed.command.done(with: session, by: deed.by)
        case (.assigned, .reply): return deed.command.done(with: session, by: session.owner!)
        case (.assigned, .complete):
            // The customer has written again: it goes on.
            let isOver = (paces[deed.chat]?.messages ?? 0) == deed.messages
            return isOver ? deed.command.done(with: session, by: session.owner!) : nil
        case (.assigned, _):
            // Somebody's own reason to hand it on is not another's.
            return session.owner == deed.by ? deed.command.done(with: session, by: deed.by) : nil
        case (.unassigned, _), (.completed, _): return nil
        }
    }

    /// What was done at its own time is done then, if it still can be.
    private mutating func repeatFixed(_ entry: JournalEntry, _ chat: Chat, _ by: AgentID) {
        let session = state.latest[chat].flatMap { state.sessions[$0] }
        // A reply that claimed nothing must not claim what waits here.
        guard let session, !entry.command.isReply || session.state == .assigned else {
            notRepeated += 1
            return _ = apply(.advance, at: entry.place)
        }
        let command = entry.command.done(with: session, by: by)
        if !apply(command, at: entry.place).isDone { notRepeated += 1 }
        look(at: chat)
    }

    private mutating func lose(_ chat: Chat, _ why: Unreachable) {
        guard var session = state.latest[chat].flatMap({ state.sessions[$0] }) else { return }
        state.mark(why, on: &session, in: state.roomSlots[chat.project]!)
        state.store(session)
        apply(.advance, at: clock)
    }

    // MARK: Details

    @discardableResult
    private mutating func apply(_ command: Command, at place: LogPlace) -> Outcome {
        clock = place
        let before = applied.events.count
        let outcome = state.apply(command, at: place.index, time: place.time, into: &applied)
        var hasMessages = false
        var chats: [Chat] = []
        for event in applied.events[before...] {
            if case .outboxQueued = event { hasMessages = true }
            guard case .sessionChanged(let id) = event, let session = state.sessions[id] else {
                continue
            }
            tally.note(session, at: Moment(index: place.index, time: place.time))
            if owners.note(session) { paces[session.chat, default: Pace()].hands += 1 }
            chats.append(session.chat)
        }
        // Nobody sends them here.
        if hasMessages { state.outgoing = Outbox() }
        for chat in chats where recording.deeds[chat] != nil { look(at: chat) }
        return outcome
    }

    /// Works out when the next deed of a chat is due.
    private mutating func look(at chat: Chat) {
        if let old = dueOf.removeValue(forKey: chat) { dues.remove(old) }
        guard let all = recording.deeds[chat], heads[chat] ?? 0 < all.count else { return }
        let deed = all[heads[chat] ?? 0]
        guard let place = place(of: deed) else { return }
        let due = Due(place: place, chat: chat)
        dueOf[chat] = due
        dues.insert(due)
    }

    /// When a deed is due as things stand; nil: something has to happen first.
    private func place(of deed: Deed) -> LogPlace? {
        let pace = paces[deed.chat] ?? Pace()
        guard let session = state.latest[deed.chat].flatMap({ state.sessions[$0] }),
            pace.messages >= deed.messages
        else { return nil }
        var place = deed.place
        switch session.state {
        case .unassigned where !deed.claims: return nil
        // It is done at its place, if somebody has opened the session again by then.
        case .unassigned, .completed: break
        case .assigned:
            guard let start = pace.start(session) else { return nil }
            let paced = start.adding(milliseconds: deed.pause)
            // In the record the session came into other hands before: that may still happen, until
            // the deed's own time at the latest.
            let comesTooEarly = deed.claims ? pace.hands <= deed.hands : pace.hands < deed.hands
            place.time = comesTooEarly ? max(paced, place.time) : paced
        }
        // After whatever the log has of that moment.
        if place.time < clock.time { place.time = clock.time }
        if place.time != deed.place.time { place.index = .max }
        return place
    }
}
