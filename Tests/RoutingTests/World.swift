import Testing
import Wire

@testable import Routing

/// A row's key, for the stand-in of state.db.
struct RowKey: Hashable, Comparable {
    var table: UInt8
    var major: Int64
    var minor: Int64
    static func < (a: RowKey, b: RowKey) -> Bool {
        (a.table, a.major, a.minor) < (b.table, b.major, b.minor)
    }
}

/// A state with a log, a clock and rows: what a node has, without the node.
struct World {
    var state = RoutingState()
    var index: Int64 = 0
    var time = LogTime(milliseconds: 1_000_000)
    var rows: [RowKey: [UInt8]] = [:]
    var digest = Digest64()
    /// Changes of the last command.
    var applied = Applied()
    var updateID: Int64 = 7000
    var clicks: UInt64 = 0
    /// Every recorded decision, in order.
    var decisions: [Decision] = []
    var sessionsOfDecisions: [SessionID] = []

    /// A world at the newest level.
    static var newest: World {
        var world = World()
        world.done(.raiseLevel(to: .newest))
        return world
    }

    /// Commits a command at the present log time.
    @discardableResult
    mutating func apply(_ command: Command) -> Outcome {
        index += 1
        applied.removeAll()
        let outcome = state.apply(command, at: index, time: time, into: &applied)
        for row in applied.rows {
            let key = RowKey(table: row.table.rawValue, major: row.major, minor: row.minor)
            rows[key] = row.value
            digest.absorb(UInt64(row.table.rawValue))
            digest.absorb(UInt64(bitPattern: row.major))
            digest.absorb(UInt64(bitPattern: row.minor))
            digest.absorb(row.value ?? [])
            if row.table == .history, let item = row.value.map({ try! HistoryItem(value: $0) }),
                let decision = item.decision
            {
                decisions.append(decision)
                sessionsOfDecisions.append(SessionID(row.major))
            }
        }
        return outcome
    }

    /// Commits a command that must be done, and gives its id.
    @discardableResult
    mutating func done(_ command: Command, at source: SourceLocation = #_sourceLocation) -> Int64 {
        let outcome = apply(command)
        guard case .done(let id) = outcome else {
            Issue.record("\(command) was answered by \(outcome)", sourceLocation: source)
            return 0
        }
        return id
    }

    /// Lets log time pass, deadline by deadline, as a leader would.
    mutating func pass(milliseconds: Int64) {
        let end = time.adding(milliseconds: milliseconds)
        while let due = state.nextDeadline, due <= end {
            time = max(time, due)
            apply(.advance)
        }
        time = end
        apply(.advance)
    }

    /// The state that a restart would rebuild from the rows.
    func rebuilt() throws -> RoutingState {
        var twin = RoutingState()
        for key in rows.keys.sorted() {
            let table = RowTable(rawValue: key.table)!
            guard table.isLoadedAtStart else { continue }
            do {
                try twin.load(table: table, major: key.major, minor: key.minor, value: rows[key]!)
            } catch {
                Issue.record("row \(table) \(key.major) \(key.minor): \(error) in \(rows[key]!)")
                throw error
            }
        }
        try twin.finishLoading()
        return twin
    }

    // MARK: People

    /// An active agent who has never signed in.
    mutating func agent(_ login: Text, isAdmin: Bool = false) -> AgentID {
        AgentID(
            done(
                .createAgent(
                    by: nil, login: login, name: login, passwordHash: "x", isAdmin: isAdmin)))
    }

    /// A project with these agents in order, all of them with *reply* and *transfer*.
    mutating func project(
        _ agents: [AgentID], _ change: (inout ProjectSettings) -> Void = { _ in }
    ) -> ProjectID {
        var settings = ProjectSettings(name: "desk", botUsername: "")
        change(&settings)
        let id = ProjectID(done(.createProject(by: nil, settings)))
        done(.setMembers(id, by: nil, agents.map { Member(agent: $0, permissions: desk) }))
        return id
    }

    let desk: Permissions = [.reply, .transfer]

    mutating func change(_ project: ProjectID, _ change: (inout ProjectSettings) -> Void) {
        var settings = state.project(project)!.settings
        change(&settings)
        done(.updateProject(project, by: nil, settings))
    }

    mutating func limit(_ agent: AgentID, open: UInt32 = 0, perMinute: UInt32 = 0) {
        var change = AgentChange()
        change.openLimit = open
        change.newPerMinute = perMinute
        done(.updateAgent(agent, by: nil, change))
    }

    /// Signs in and shows a visible page.
    mutating func show(_ agents: AgentID...) { show(agents) }
    mutating func show(_ agents: [AgentID]) {
        for agent in agents {
            signIn(agent)
            page(agent, isVisible: true)
        }
    }

    mutating func signIn(_ agent: AgentID) {
        done(
            .signIn(
                agent, tokenHash: cookie(agent), idleMilliseconds: 86_400_000,
                absoluteMilliseconds: 30 * 86_400_000))
    }

    func cookie(_ agent: AgentID) -> [UInt8] {
        var hash = [UInt8](repeating: 0, count: 32)
        for byte in 0..<8 { hash[byte] = UInt8(truncatingIfNeeded: agent.rawValue >> (8 * byte)) }
        return hash
    }

    mutating func page(_ agent: AgentID, isVisible: Bool) {
        done(
            .renewLeases(
                node: 1, incarnation: 11,
                [
                    Lease(
                        connection: UInt64(agent.rawValue), agent: agent, isVisible: isVisible)
                ]))
    }

    /// The agent's page is closed.
    mutating func hide(_ agent: AgentID) {
        done(
            .closeConnections(node: 1, incarnation: 11, [UInt64(agent.rawValue)]))
    }

    // MARK: Customers

    func message(
        _ user: Int64, _ text: Text = "hello", start: Start? = nil, language: Text = "de"
    ) -> InboundMessage {
        InboundMessage(
            user: TelegramID(user), name: "Customer", username: "customer", language: language,
            messageID: 5, text: text, start: start)
    }

    /// A customer writes; gives the session.
    @discardableResult
    mutating func write(
        _ project: ProjectID, user: Int64, _ text: Text = "hello", start: Start? = nil,
        language: Text = "de"
    ) -> SessionID {
        updateID += 1
        return SessionID(
            done(
                .update(
                    InboundUpdate(
                        project: project, updateID: updateID,
                        content: .message(
                            message(user, text, start: start, language: language))))))
    }

    // MARK: Links and pools

    /// Gives the members of a project these tags, in order.
    mutating func tag(_ project: ProjectID, _ tags: [[Text]]) {
        var members = state.project(project)!.members
        for place in members.indices { members[place].tags = tags[place] }
        done(.setMembers(project, by: nil, members))
    }

    mutating func pool(
        _ project: ProjectID, _ name: Text, _ only: MemberRule, until: Int64? = nil
    ) -> PoolID {
        PoolID(
            done(
                .createPool(
                    by: nil, project,
                    PoolSettings(name: name, only: only, untilMilliseconds: until))))
    }

    mutating func link(
        _ project: ProjectID, _ code: Text, _ change: (inout LinkSettings) -> Void = { _ in }
    ) -> LinkID {
        var settings = LinkSettings(code: code, name: code, project: project)
        change(&settings)
        return LinkID(done(.createLink(by: nil, settings)))
    }

    /// What `/start` carries after a click on a link; a new click each time.
    mutating func click(_ link: LinkID, language: Text = "") -> Start {
        clicks += 1
        return .click(
            link: link, key: ClickKey(epoch: 3, sequence: clicks), clickedAt: time,
            language: language)
    }

    /// Customers write, one after the other; gives who was given each.
    mutating func owners(_ project: ProjectID, users: ClosedRange<Int64>) -> [AgentID?] {
        users.map { user in
            let session = write(project, user: user)
            return owner(session)
        }
    }

    mutating func update(_ project: ProjectID, _ content: InboundUpdate.Content) -> Outcome {
        updateID += 1
        return apply(
            .update(InboundUpdate(project: project, updateID: updateID, content: content)))
    }

    // MARK: Looking

    func owner(_ session: SessionID) -> AgentID? { state.session(session)!.owner }
    func version(_ session: SessionID) -> UInt64 { state.session(session)!.version }

    /// The history of a session, from its rows.
    func history(_ session: SessionID) -> [HistoryItem] {
        rows.keys.sorted().filter {
            $0.table == RowTable.history.rawValue && $0.major == session.rawValue
        }.map { try! HistoryItem(value: rows[$0]!) }
    }

    /// The newest decision of a session.
    func decision(_ session: SessionID) -> Decision {
        history(session)[Int(state.session(session)!.decisionOrdinal!)].decision!
    }

    func reasons(_ session: SessionID, _ agent: AgentID) -> Reasons {
        decision(session).candidates.first { $0.agent == agent }!.reasons
    }
}
