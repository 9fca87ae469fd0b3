import Wire

/// The answer of the router for one session at one log index, with its reasons.
public struct Decision: Hashable, Sendable {
    /// What made the router look.
    public enum Cause: UInt8, Hashable, Sendable, CaseIterable {
        /// A session opened.
        case new = 0
        /// A completed session was opened again by its customer.
        case reopen = 1
        /// An input of decisions changed while it waited.
        case drain = 2
        /// Handed on by an agent or a manager.
        case transfer = 3
        /// Given back by its agent.
        case giveBack = 4
        /// Its agent was deactivated, removed or lost *reply*.
        case leaving = 5
        /// Asked by a person; nothing is decided.
        case question = 6
        /// Its agent left it without a first reply.
        case unanswered = 7
        /// Its agent has been gone for too long.
        case gone = 8
        /// Taken out of the queue by an agent. From the second level on, as the next.
        case claim = 9
        /// A completed session was opened again by an agent, for themselves.
        case reopenByHand = 10
    }
    /// How the chosen agent was found.
    public enum Way: UInt8, Hashable, Sendable, CaseIterable {
        /// Nobody was chosen.
        case none = 0
        /// The mode chose among candidates.
        case mode = 1
        /// Nobody was receiving; in turn among those who are not.
        case offline = 2
        /// Back to its last owner, who is a candidate; the cursor stays.
        case lastOwner = 3
        /// A person named the agent; the cursor stays.
        case named = 4
        /// It waits its turn behind sessions still to be given in this queue.
        case behindQueue = 5
        /// The project is closed and holds sessions until it opens.
        case held = 6
    }
    /// What made the router look.
    public var cause: Cause
    /// The mode in force.
    public var mode: Mode
    /// How the chosen agent was found.
    public var way: Way
    /// Given although a load or presence reason spoke against it, by a person's word.
    public var isOverride: Bool
    /// The version of settings and members that it was made with.
    public var rosterVersion: UInt64
    /// Every member in list order, with every reason against them.
    public var candidates: [Candidate]
    /// Who was given the session; nil: it waits.
    public var chosen: AgentID?
    /// The last agent chosen by the mode, before.
    public var cursorBefore: AgentID?
    /// The last agent chosen by the mode, after.
    public var cursorAfter: AgentID?
    /// The pool in force; nil: the project's own. Cursors are those of pool and tier.
    public var pool: PoolID?
    /// The tier that had a candidate, the most wanted being 0; nil: members were all alike.
    public var tier: UInt8?
}

/// One member as a decision saw them.
public struct Candidate: Hashable, Sendable {
    /// Who.
    public var agent: AgentID
    /// Every reason that applies; none: could be given the session.
    public var reasons: Reasons
    /// Open sessions, where `atCapacity` applies: of the agent, or in the project if that binds.
    public var open: UInt32 = 0
    /// The limit that `open` reached.
    public var openLimit: UInt32 = 0
    /// How many seats there are, where `overSeat` applies; nil before feature level 2.
    public var seats: UInt32?
    /// New sessions in the last minute, where `rateLimited` applies: of the agent, or in the
    /// project if that binds longer.
    public var newSessions: UInt32 = 0
    /// The limit that `newSessions` reached; 0 before feature level 2.
    public var newPerMinute: UInt32 = 0
    /// Until when `rateLimited` applies.
    public var rateLimitedUntil: LogTime?
    /// Until when `excluded` applies; nil for the giver of a transfer.
    public var excludedUntil: LogTime?
    /// Since when `notReceiving` or `offline` applies, if ever otherwise.
    public var since: LogTime?

    /// A member without any reason against them.
    public init(agent: AgentID, reasons: Reasons = []) {
        self.agent = agent
        self.reasons = reasons
    }
}
