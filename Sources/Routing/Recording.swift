import Wire

/// The first pass of a what-if: plays a stretch of the log as it was, and notes what people did, so
/// that it can be done again under other rules.
struct Recording: Sendable {
    /// What an entry was, where another pass can't simply repeat it.
    enum Note: Sendable {
        /// A deed that moves with the assignment of its session.
        case deed(Chat)
        /// Something done with a session at its own time, whoever has it.
        case fixed(Chat, by: AgentID)
        /// A customer turned out to be out of reach.
        case unreachable(Chat, Unreachable)
        /// Refused: it changed nothing.
        case refused
    }
    /// The state now.
    private(set) var state: RoutingState
    /// What is special, by log index.
    private(set) var notes: [Int64: Note] = [:]
    /// By chat, in order.
    private(set) var deeds: [Chat: [Deed]] = [:]
    /// For each entry, when the next deadline was due just before it.
    private(set) var deadlines: [LogTime?] = []
    /// Commands on sessions that the base does not have.
    private(set) var unknown = 0
    private(set) var tally: RoutingTally
    private var paces: [Chat: Pace] = [:]
    private var owners: Owners
    /// What the last entry did.
    private(set) var applied = Applied()

    init(_ state: RoutingState, of project: ProjectID, from start: LogTime) {
        self.state = state
        owners = Owners(in: state)
        tally = RoutingTally(of: project, in: state, from: start)
    }

    /// Plays the next entry.
    mutating func play(_ entry: JournalEntry) {
        deadlines.append(state.nextDeadline)
        let before = entry.command.deed.flatMap { state.sessions[$0.session] }
        let pace = before.flatMap { paces[$0.chat] } ?? Pace()
        let lost = lostChat(entry.command)
        applied.removeAll()
        let outcome = state.apply(
            entry.command, at: entry.index, time: entry.time, into: &applied)
        for case .sessionChanged(let id) in applied.events {
            guard let session = state.sessions[id] else { continue }
            tally.note(session, at: Moment(index: entry.index, time: entry.time))
            if owners.note(session) { paces[session.chat, default: Pace()].hands += 1 }
        }
        if let chat = entry.command.messageChat, outcome.isDone {
            paces[chat, default: Pace()].messages += 1
            paces[chat]!.note(entry.time)
        }
        if let (chat, why) = lost { notes[entry.index] = .unreachable(chat, why) }
        // A condition that did not hold is not judged again.
        if case .ifUnchanged = entry.command, !outcome.isDone { notes[entry.index] = .refused }
        guard let (id, by) = entry.command.deed else { return }
        guard outcome.isDone else {
            if before == nil, id.rawValue < entry.index { unknown += 1 }
            return notes[entry.index] = .refused
        }
        guard let before else { return }
        note(entry, before, by, pace)
    }

    private mutating func note(
        _ entry: JournalEntry, _ session: Session, _ by: AgentID, _ pace: Pace
    ) {
        let chat = session.chat
        let claims = session.state == .unassigned && entry.command.isReply
        guard claims || (session.owner == by && entry.command.moves) else {
            return notes[entry.index] = .fixed(chat, by: by)
        }
        notes[entry.index] = .deed(chat)
        // Who claims a session by a reply answers it at once.
        let start = claims ? entry.time : pace.start(session) ?? entry.time
        deeds[chat, default: []].append(
            Deed(
                place: entry.place, chat: chat, command: entry.command, by: by, claims: claims,
                messages: pace.messages, hands: pace.hands,
                pause: entry.time.milliseconds - start.milliseconds))
        paces[chat, default: Pace()].note(entry.time)
    }

    /// The chat whose customer was found to be out of reach, and why.
    private func lostChat(_ command: Command) -> (Chat, Unreachable)? {
        guard case .finishSending(let id, let epoch, .failed(_, let why?)) = command,
            let message = state.outgoing[id], message.state == .sending(epoch: epoch)
        else { return nil }
        return (message.address, why)
    }
}

extension Session {
    /// Its customer's chat.
    var chat: Chat { Chat(project: project, user: user) }
}

extension Outcome {
    var isDone: Bool { if case .done = self { true } else { false } }
}

extension Command {
    /// Whether it is a reply.
    var isReply: Bool { if case .reply = self { true } else { false } }

    /// Whether its agent does it with a session of their own, some time after they got it.
    fileprivate var moves: Bool {
        switch self {
        case .reply, .complete, .giveBack, .transfer: true
        default: false  // Claims and the like are of their own time.
        }
    }

    /// The chat of a customer's message.
    var messageChat: Chat? {
        guard case .update(let update) = self, case .message(let message) = update.content else {
            return nil
        }
        return Chat(project: update.project, user: message.user)
    }
}
