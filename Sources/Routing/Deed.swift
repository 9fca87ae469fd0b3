import Wire

/// What a person did with a session, as the record has it. Under other rules it is done by whoever
/// has the session then, after the same pause since the last thing that happened in it.
struct Deed: Sendable {
    /// Where it stands in the log.
    var place: LogPlace
    /// With whose session.
    var chat: Chat
    /// What was done: a reply, a completion, a giving back or a handing on.
    var command: Command
    /// By whom.
    var by: AgentID
    /// Whether it also claimed the session, which waited.
    var claims: Bool
    /// How many messages the customer had written since the stretch began.
    var messages: Int
    /// How often the customer's sessions had come to an agent by then.
    var hands: Int
    /// How long after the last thing that had happened, in milliseconds.
    var pause: Int64

    /// Whether it gives the session into other hands.
    var handsOn: Bool {
        switch command {
        case .giveBack, .transfer: true
        default: false  // A reply and a completion leave it where it is.
        }
    }
}

/// A place in the log: entries of one millisecond follow by index.
struct LogPlace: Hashable, Comparable, Sendable {
    var time: LogTime
    var index: Int64
    static func < (a: LogPlace, b: LogPlace) -> Bool {
        a.time != b.time ? a.time < b.time : a.index < b.index
    }
}

/// What happened last in a customer's chat, as far as it sets the pace of who answers.
struct Pace: Sendable {
    /// Messages of the customer since the stretch began.
    var messages = 0
    /// How often the customer's sessions came to an agent since then.
    var hands = 0
    /// When the last of them came, or the last deed was done, whichever was later.
    var last: LogTime?

    /// The moment from which the next pause is counted.
    func start(_ session: Session) -> LogTime? {
        guard let last else { return session.assignedAt }
        return session.assignedAt.map { max($0, last) } ?? last
    }

    mutating func note(_ time: LogTime) { last = last.map { max($0, time) } ?? time }
}

/// Whose sessions are, as a pass last saw them.
struct Owners: Sendable {
    private var owners: [SessionID: AgentID] = [:]

    init(in state: RoutingState) {
        for desk in state.desks {
            for open in desk.open.ascending() { owners[open.session] = desk.account.id }
        }
    }

    /// A session may have changed; whether it came to another agent.
    mutating func note(_ session: Session) -> Bool {
        let before = owners[session.id]
        guard before != session.owner else { return false }
        owners[session.id] = session.owner
        return session.owner != nil
    }
}

extension Command {
    /// What a person does with one session, and who.
    var deed: (session: SessionID, by: AgentID)? {
        switch self {
        case .reply(let id, let by, _), .claim(let id, let by, _), .giveBack(let id, let by, _),
            .takeOver(let id, let by, _), .complete(let id, let by, _), .reopen(let id, let by, _):
            (id, by)
        case .transfer(let id, let by, _, _, _, _): (id, by)
        default: nil  // Nothing that is done with one session.
        }
    }

    /// The same with another session at its present version, done by another agent.
    func done(with session: Session, by agent: AgentID) -> Command {
        let (id, version) = (session.id, session.version)
        return switch self {
        case .reply: .reply(id, by: agent, text: "x")
        case .claim: .claim(id, by: agent, version: version)
        case .giveBack: .giveBack(id, by: agent, version: version)
        case .takeOver: .takeOver(id, by: agent, version: version)
        case .complete: .complete(id, by: agent, version: version)
        case .reopen: .reopen(id, by: agent, version: version)
        case .transfer(_, _, let to, _, _, let confirmed):
            .transfer(
                id, by: agent, to: to, version: version, remark: "", confirmed: confirmed)
        default: self  // Nothing that is done with one session.
        }
    }
}
