import Wire

// What the node may read. Nothing here changes anything.
extension RoutingState {
    /// All projects in order of creation.
    public var projects: [Project] { rooms.map(\.project) }
    /// A project.
    public func project(_ id: ProjectID) -> Project? { roomSlots[id].map { rooms[$0].project } }
    /// All agents in order of creation.
    public var agents: [Agent] { desks.map(\.account) }
    /// The named pools of a project in order of creation.
    public func pools(of project: ProjectID) -> [Pool] {
        roomSlots[project].map { rooms[$0].pools } ?? []
    }
    /// A named pool.
    public func pool(_ id: PoolID) -> Pool? {
        poolRooms[id].flatMap { slot in rooms[slot].pools.first { $0.id == id } }
    }
    /// Whom a pool names, in list order, active or not.
    public func members(of pool: Pool) -> [AgentID] {
        guard let slot = poolRooms[pool.id], let index = rooms[slot].poolIndex(pool.id) else {
            return []
        }
        let bit: UInt64 = 2 << UInt64(index)
        return rooms[slot].roster.filter { $0.pools & bit != 0 }.map(\.agent)
    }
    /// An agent.
    public func agent(_ id: AgentID) -> Agent? { deskSlots[id].map { desks[$0].account } }
    /// The agent with this login.
    public func agent(login: Text) -> Agent? { logins[login].flatMap(agent) }
    /// All links in order of creation.
    public var links: [Link] { linkList }
    /// A link.
    public func link(_ id: LinkID) -> Link? { linkSlots[id].map { linkList[$0] } }
    /// The link with this code.
    public func link(code: Text) -> Link? { codes[code].flatMap(link) }
    /// The living sign-in with this hash of its cookie; check `expires` against the clock.
    public func signIn(tokenHash: [UInt8]) -> SignIn? { signIns[Text(tokenHash)] }
    /// The living sign-ins of an agent, oldest first.
    public func signIns(of agent: AgentID) -> [SignIn] {
        deskSlots[agent].map { desks[$0].signIns.map { signIns[$0]! } } ?? []
    }

    /// A session, open or completed.
    public func session(_ id: SessionID) -> Session? { sessions[id] }
    /// How many sessions there are, open or completed.
    public var sessionCount: Int { sessions.count }
    /// The latest session of a customer with a project.
    public func latestSession(project: ProjectID, user: TelegramID) -> SessionID? {
        latest[Chat(project: project, user: user)]
    }
    /// The open sessions of an agent, by project and id.
    public func openSessions(of agent: AgentID) -> [SessionID] {
        deskSlots[agent].map { desks[$0].open.ascending().map(\.session) } ?? []
    }
    /// How many sessions an agent has open, over all projects.
    public func openCount(of agent: AgentID) -> Int {
        deskSlots[agent].map { desks[$0].open.count } ?? 0
    }
    /// How many sessions of a project an agent has open.
    public func openCount(of agent: AgentID, in project: ProjectID) -> Int {
        deskSlots[agent].map { desks[$0].openCount(in: project) } ?? 0
    }
    /// Waiting sessions of a project in queue order, from the start or from after a place.
    public func waiting(
        in project: ProjectID, after: QueuePlace? = nil, limit: Int
    ) -> [SessionID] {
        guard let slot = roomSlots[project] else { return [] }
        return rooms[slot].queue.ascending(after: after, limit: limit).map(\.session)
    }
    /// How many sessions of a project wait.
    public func waitingCount(in project: ProjectID) -> Int {
        roomSlots[project].map { rooms[$0].queue.count } ?? 0
    }
    /// Open sessions of a project that got no first reply, newest first, from the end or from
    /// before an id.
    public func alerted(
        in project: ProjectID, before: SessionID? = nil, limit: Int
    ) -> [SessionID] {
        roomSlots[project].map { rooms[$0].alerted.descending(before: before, limit: limit) } ?? []
    }
    /// The customer's session before another one; nil: there is none, it is not known, or it was
    /// erased.
    public func sessionBefore(_ session: Session) -> Session? {
        guard let previous = session.previous.flatMap({ sessions[$0] }),
            previous.chat == session.chat, !isForgotten(previous)
        else { return nil }
        return previous
    }
    /// Whether an agent may read a session because they see a later one of the same customer: the
    /// history is shown together.
    public func canRead(_ agent: AgentID, _ id: SessionID, from later: SessionID) -> Bool {
        guard let session = sessions[id], let shown = sessions[later], canSee(agent, shown) else {
            return false
        }
        return id == later || (id < later && session.chat == shown.chat && !isForgotten(session))
    }
    /// Completed sessions of a project, newest first, from the end or from before an id.
    public func completed(
        in project: ProjectID, before: SessionID? = nil, limit: Int
    ) -> [SessionID] {
        roomSlots[project].map { rooms[$0].completed.descending(before: before, limit: limit) }
            ?? []
    }
    /// All sessions of a project, newest first, from the end or from before an id.
    public func sessions(
        in project: ProjectID, before: SessionID? = nil, limit: Int
    ) -> [SessionID] {
        roomSlots[project].map { rooms[$0].sessions.descending(before: before, limit: limit) }
            ?? []
    }

    /// A message not known to be delivered; delivered ones are in the history alone. Where there
    /// is one, its state is newer than its history item's.
    public func outbox(_ id: OutboxID) -> OutboxMessage? { outgoing[id] }
    /// The messages of a chat not known to be delivered, in order.
    public func outbox(of chat: Chat) -> [OutboxMessage] { outgoing.messages(of: chat) }
    /// The messages whose files a node has, of those that wait or are being sent, in order.
    public func outbox(heldBy holder: UInt64) -> [OutboxMessage] {
        outgoing.held(by: holder).compactMap { outgoing[$0] }
    }
    /// Messages that may be sent at this moment: the first queued one of each chat in which no call
    /// is under way, by (project, moment it may be sent, id); of each project so many at most.
    public func outboxReady(at time: LogTime, limit: Int) -> [OutboxMessage] {
        outgoing.ready(at: time, limit: limit)
    }
    /// Messages with a call under way, or about to have one.
    public var outboxSending: [OutboxMessage] {
        outgoing.sending.ascending().compactMap { outgoing[$0] }
    }
    /// When the first message may be sent that may not be yet at `time`.
    public func outboxNext(after time: LogTime) -> LogTime? { outgoing.next(after: time) }

    /// The last agent chosen by a project's mode.
    public func cursor(of project: ProjectID) -> AgentID? {
        roomSlots[project].flatMap { rooms[$0].cursor }
    }

    /// The living console connections of an agent.
    public func connections(of agent: AgentID) -> [Connection] {
        deskSlots[agent].map { desks[$0].connections.map { connections[$0]! } } ?? []
    }

    /// An agent's presence as a project's rules see it.
    public func presence(
        of agent: AgentID, in project: ProjectID, at time: LogTime
    ) -> Presence {
        guard let slot = roomSlots[project] else { return .offline }
        return presence(of: agent, rooms[slot].project.settings.hiddenGraceMilliseconds, at: time)
    }

    /// An agent's presence in general: with the longest grace of the agent's projects.
    public func presence(of agent: AgentID, at time: LogTime) -> Presence {
        guard let desk = deskSlots[agent] else { return .offline }
        var longest: Int64 = 0
        for slot in desks[desk].rooms {
            guard let grace = rooms[slot].project.settings.hiddenGraceMilliseconds else {
                return presence(of: agent, nil, at: time)
            }
            longest = max(longest, grace)
        }
        return presence(of: agent, longest, at: time)
    }

    private func presence(of agent: AgentID, _ grace: Int64?, at time: LogTime) -> Presence {
        guard let desk = deskSlots[agent] else { return .offline }
        let reasons = desks[desk].absence(at: time, graceMilliseconds: grace).reasons
        if !reasons.isDisjoint(with: [.offline, .neverSignedIn]) { return .offline }
        if reasons.contains(.away) { return .away }
        return reasons.isEmpty ? .receiving : .hidden
    }

    /// What the router would decide for a session now: for a waiting one as the drain would, for
    /// others as a transfer to "any" would. Changes nothing.
    public func question(_ id: SessionID, at time: LogTime) -> Decision? {
        guard let session = sessions[id], let slot = roomSlots[session.project] else { return nil }
        var decision = decide(
            Question(
                session: session, cause: session.state == .unassigned ? .drain : .transfer,
                waitsSince: session.waitingSince, giver: session.owner),
            in: slot, at: Moment(index: now.index, time: time))
        decision.cause = .question
        return decision
    }

    /// Why a waiting session waits: every member with what speaks against them now.
    public func blockers(_ session: SessionID, at time: LogTime) -> [Candidate] {
        question(session, at: time)?.candidates ?? []
    }

    /// Whether an agent could claim this session now.
    public func canClaim(_ agent: AgentID, _ id: SessionID, at time: LogTime) -> Bool {
        guard let session = sessions[id], canSee(agent, session) else { return false }
        return claimRefusal(session, by: agent, at: time) == nil
    }
}
