import Wire

/// What `apply` answers to one command. Small, because exactly-once requests keep it.
public enum Outcome: Hashable, Sendable {
    /// Done; the identifier of what was created or touched, 0 if none.
    case done(id: Int64)
    /// The same update, click or request was applied before.
    case duplicate
    /// Not done; nothing changed.
    case refused(Refusal)
}

/// Why a command was not done.
public enum Refusal: Hashable, Sendable {
    /// No such project, agent, session, link or message.
    case notFound
    /// The login, code or bot is taken.
    case alreadyExists
    /// The agent lacks the permission.
    case forbidden
    /// Another agent owns the session.
    case ownedBy(AgentID)
    /// The session changed meanwhile; its owner now, if any, and version.
    case versionConflict(owner: AgentID?, version: UInt64)
    /// The session is not in the state that this needs.
    case wrongState
    /// A claim by `head`: this one is not the first.
    case notHead(SessionID)
    /// The agent can't be given it: at capacity, no seat, out of scope ... as a reason mask.
    case refusedBy(Reasons)
    /// Offline, away or full: ask again with `confirmed`.
    case needsConfirmation(Reasons)
    /// Transfer to any: there is no candidate.
    case noCandidate
    /// A field is out of its limits.
    case invalid(Text)
    /// The cluster's feature level is below this one, from which on there is such a command.
    case needsLevel(FeatureLevel)
}

/// Why an agent is refused a session: every reason that applies.
public struct Reasons: OptionSet, Hashable, Sendable {
    /// The bits.
    public let rawValue: UInt16
    /// The reasons with these bits.
    public init(rawValue: UInt16) { self.rawValue = rawValue }
    /// Rule: the account is deactivated.
    public static let deactivated = Reasons(rawValue: 1 << 0)
    /// Rule: no *reply* permission.
    public static let cannotReply = Reasons(rawValue: 1 << 1)
    /// Rule: beyond the seats.
    public static let overSeat = Reasons(rawValue: 1 << 2)
    /// Rule: not among the specified agents.
    public static let notInScope = Reasons(rawValue: 1 << 3)
    /// Rule: the link's pool is not the agent's.
    public static let linkRestricted = Reasons(rawValue: 1 << 4)
    /// Load: as many open sessions as allowed.
    public static let atCapacity = Reasons(rawValue: 1 << 5)
    /// Load: as many new sessions in the window as allowed.
    public static let rateLimited = Reasons(rawValue: 1 << 6)
    /// Load: gave this session back or left it unanswered.
    public static let excluded = Reasons(rawValue: 1 << 7)
    /// Presence: the agent said so.
    public static let away = Reasons(rawValue: 1 << 8)
    /// Presence: connected, but the page is hidden or stale.
    public static let notReceiving = Reasons(rawValue: 1 << 9)
    /// Presence: no connection.
    public static let offline = Reasons(rawValue: 1 << 10)
    /// Presence: has never signed in.
    public static let neverSignedIn = Reasons(rawValue: 1 << 11)
    /// Every reason.
    static let all = Reasons(rawValue: .max)
    /// The rule reasons.
    public static let rules: Reasons = [
        .deactivated, .cannotReply, .overSeat, .notInScope, .linkRestricted,
    ]
    /// The load reasons.
    public static let load: Reasons = [.atCapacity, .rateLimited, .excluded]
    /// The presence reasons.
    public static let presence: Reasons = [.away, .notReceiving, .offline, .neverSignedIn]
}

/// What changed, for the consoles that watch and the sender; read the state for the rest.
public enum Event: Hashable, Sendable {
    /// A session was opened, or its state, owner, version or summary changed.
    case sessionChanged(SessionID)
    /// Something was added to a session's history; the row's `minor` key.
    case historyAdded(SessionID, ordinal: Int64)
    /// An agent's account or presence changed.
    case agentChanged(AgentID)
    /// A project's settings or members changed.
    case projectChanged(ProjectID)
    /// A link changed.
    case linkChanged(LinkID)
    /// A message waits to be sent.
    case outboxQueued(OutboxID)
    /// A message's delivery state changed.
    case outboxChanged(OutboxID)
    /// A hook changed, or something waits for it.
    case hookChanged(HookID)
    /// A browser was signed out.
    case signedOut(AgentID, tokenHash: [UInt8])
}
