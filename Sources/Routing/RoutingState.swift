import Wire

/// The routing state machine: commands in log order go in, rows and events come out.
public struct RoutingState: Sendable, Equatable {
    /// Nothing applied yet.
    public init() {}
    /// Applies one committed command. Fires what is due, then the command, then drains the queues.
    public mutating func apply(
        _ command: Command, at index: Int64, time: LogTime, into applied: inout Applied
    ) -> Outcome { .refused(.notFound) }
    /// When `advance` should be proposed next; nil: nothing is due ever.
    public var nextDeadline: LogTime? { nil }
    /// Takes one stored row; rows of one table in ascending key order.
    public mutating func load(
        table: RowTable, major: Int64, minor: Int64, value: [UInt8]
    ) throws(WireError) {}
    /// Builds what rows only imply; call once after the last `load`.
    public mutating func finishLoading() throws(WireError) {}
    /// Traps when something that must hold does not.
    public func checkInvariants() {}

    /// All projects in order of creation.
    public var projects: [Project] { [] }
    /// A project.
    public func project(_ id: ProjectID) -> Project? { nil }
    /// All agents in order of creation.
    public var agents: [Agent] { [] }
    /// An agent.
    public func agent(_ id: AgentID) -> Agent? { nil }
    /// The agent with this login.
    public func agent(login: Text) -> Agent? { nil }
    /// All links in order of creation.
    public var links: [Link] { [] }
    /// A link.
    public func link(_ id: LinkID) -> Link? { nil }
    /// The link with this code.
    public func link(code: Text) -> Link? { nil }
    /// The living sign-in with this hash of its cookie; check `expires` against the clock.
    public func signIn(tokenHash: [UInt8]) -> SignIn? { nil }
    /// A session, open or completed.
    public func session(_ id: SessionID) -> Session? { nil }
    /// The latest session of a customer with a project.
    public func latestSession(project: ProjectID, user: TelegramID) -> SessionID? { nil }
    /// The open sessions of an agent, by project and id.
    public func openSessions(of agent: AgentID) -> [SessionID] { [] }
    /// How many sessions an agent has open, over all projects.
    public func openCount(of agent: AgentID) -> Int { 0 }
    /// Waiting sessions of a project in queue order, from after a place.
    public func waiting(in project: ProjectID, after: QueuePlace? = nil, limit: Int) -> [SessionID]
    {
        []
    }
    /// How many sessions of a project wait.
    public func waitingCount(in project: ProjectID) -> Int { 0 }
    /// Completed sessions of a project, newest first, from before an id.
    public func completed(
        in project: ProjectID, before: SessionID? = nil, limit: Int
    ) -> [SessionID] { [] }
    /// All sessions of a project, newest first, from before an id.
    public func sessions(
        in project: ProjectID, before: SessionID? = nil, limit: Int
    ) -> [SessionID] { [] }
    /// A message not known to be delivered; delivered ones are in the history alone.
    public func outbox(_ id: OutboxID) -> OutboxMessage? { nil }
    /// Messages that may be sent at this moment: the first queued one of each chat in which no call
    /// is under way, by (moment it may be sent, id).
    public func outboxReady(at time: LogTime, limit: Int) -> [OutboxMessage] { [] }
    /// When the next message may be sent that may not be yet at `time`.
    public func outboxNext(after time: LogTime) -> LogTime? { nil }
    /// The epoch in office: the argument of the last `beginEpoch`.
    public var epoch: UInt64 { 0 }
    /// An agent's presence in general (grace: the longest of their projects).
    public func presence(of agent: AgentID, at time: LogTime) -> Presence { .offline }
    /// An agent's presence as a project's rules see it.
    public func presence(
        of agent: AgentID, in project: ProjectID, at time: LogTime
    ) -> Presence { .offline }
    /// The living console connections of an agent.
    public func connections(of agent: AgentID) -> [Connection] { [] }
    /// What an agent may do in a project; administrators may view and manage all.
    public func permissions(of agent: AgentID, in project: ProjectID) -> Permissions { [] }
    /// Whether an agent may find and read a session.
    public func canSee(_ agent: AgentID, _ session: SessionID) -> Bool { false }
    /// What the router would decide for a session now; changes nothing.
    public func question(_ session: SessionID, at time: LogTime) -> Decision? { nil }
    /// Why a waiting session waits: every member with what speaks against them now.
    public func blockers(_ session: SessionID, at time: LogTime) -> [Candidate] { [] }
    /// Whether an agent could claim this session now.
    public func canClaim(_ agent: AgentID, _ session: SessionID, at time: LogTime) -> Bool { false }
    /// The last agent chosen by a project's mode.
    public func cursor(of project: ProjectID) -> AgentID? { nil }
}
