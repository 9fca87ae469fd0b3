import Raft
import Replica
import Routing
import Wire

/// Clients of a simulated cluster: an administrator who sets a project up, then customers, agents
/// and a sender, all at once, each at any node; and what they were told.
final class Workload {
    /// Telegram messages that customers sent, acknowledged or not.
    struct Sent {
        var update: InboundUpdate
        var isAcknowledged = false
    }

    /// A request that would be noticed if it were done twice or not at all.
    enum Fate: Hashable {
        /// Asked, and not heard of, or heard that nobody knows.
        case open
        /// Done, with this id.
        case done(Int64)
        /// Told that it is in no log and never will be.
        case refused
        /// Applied and refused by the state.
        case void
    }

    let cluster: SimulatedCluster
    private(set) var project: ProjectID?
    private(set) var agents: [AgentID] = []
    private(set) var link: LinkID?
    private(set) var sent: [Int64: Sent] = [:]
    private(set) var acknowledged = 0
    private var broken: Violation?
    /// What clients were told and must not have been.
    private(set) var violation: Violation? {
        get { broken ?? keyed.violation }
        set { broken = newValue }
    }
    /// Agents created by login, and answers by their text.
    private(set) var logins: [Text: Fate] = [:]
    private(set) var texts: [Text: Fate] = [:]
    private var nextUpdate: Int64 = 1_000
    private var nextClick: UInt64 = 1
    private var winners: [String: AgentID] = [:]
    /// When a step of the setting up that nobody answered is taken again.
    private var setUpAgain: Int64 = 0
    private var attempts = 0
    private var signedIn = 0
    private var unlimited = 0
    private var hasMembers = false
    /// Requests with keys.
    let keyed: KeyedRequests
    private let agentCount: Int
    private let mode: Mode

    init(_ cluster: SimulatedCluster) {
        self.cluster = cluster
        keyed = KeyedRequests(cluster)
        agentCount = Int(cluster.chance.number(1...5))
        mode = cluster.chance.pick([.roundRobin, .roundRobin, .onlineFirst])
    }

    /// One more command of somebody.
    func act() throws {
        guard let project, link != nil else { return try setUp() }
        let seldom = cluster.faults.seldom
        if seldom > 0, cluster.chance.happens(permille: seldom) { return try self.seldom(project) }
        switch cluster.chance.number(0...99) {
        case 0..<40: try message(project)
        case 40..<45: try read()
        case 45..<51: try repeatMessage()
        case 51: try configure(project)
        case 52..<64: try renew()
        case 64..<67: try submit(.setAway(somebody, cluster.chance.happens(permille: 300)))
        case 67..<72: try take()
        case 72..<75: try reply()
        case 75: try keyed.ask(in: owned().flatMap { isKept($0.session) ? $0 : nil })
        case 76: try repeatKeyed()
        case 77..<82: try complete()
        case 82..<85: try transfer()
        case 85: try takeOver()
        case 86..<88: try giveBack()
        case 88..<91: try click()
        case 91..<95: try send()
        case 95: try changeLimits()
        case 96: try changeRoster(project)
        case 97: try hire()
        // What is wrong with a state is told by rows of agents: in such a storm these are written.
        case 98 where cluster.faults.corruptNodes == 0 && cluster.chance.happens(permille: 300):
            try paperwork(project)
        case 98: try forceOffline()
        default:
            try cluster.chance.happens(permille: 500) ? block(project) : setRules(project)
        }
    }

    /// Puts a command to any running node.
    func submit(
        _ command: Command, _ completion: @escaping (Answer) -> Void = { _ in }
    ) throws {
        _ = try cluster.submit(
            command, at: cluster.chance.pick(cluster.ids), completion: completion)
    }

    // MARK: Setting up

    func signIn(_ place: Int) -> Command {
        .signIn(
            agents[place], tokenHash: Array(repeating: UInt8(33 + place), count: 32),
            idleMilliseconds: 1 << 40, absoluteMilliseconds: 1 << 40)
    }

    /// What is still missing before the desk works, and what to do once it is there.
    private var nextStep: (command: Command, keep: (Int64) -> Void)? {
        if agents.count < agentCount {
            let name = Text("agent\(attempts)")
            let command = Command.createAgent(
                by: nil, login: name, name: name, passwordHash: "x", isAdmin: agents.isEmpty)
            return (command, { [self] in agents.append(AgentID($0)) })
        }
        if signedIn < agentCount {
            return (signIn(signedIn), { [self] _ in signedIn += 1 })
        }
        if unlimited < agentCount {
            var change = AgentChange()
            change.openLimit = 0
            change.newPerMinute = 0
            let command = Command.updateAgent(agents[unlimited], by: nil, change)
            return (command, { [self] _ in unlimited += 1 })
        }
        guard let id = project else {
            var settings = ProjectSettings(
                name: "desk", botUsername: Text("desk\(attempts)_bot"))
            settings.mode = mode
            return (
                .createProject(by: agents[0], settings), { [self] in project = ProjectID($0) }
            )
        }
        if !hasMembers {
            let members = agents.map { Member(agent: $0, permissions: .all) }
            return (
                .setMembers(id, by: agents[0], members), { [self] _ in hasMembers = true }
            )
        }
        guard link == nil else { return nil }
        let settings = LinkSettings(
            code: Text("code\(attempts)"), name: "campaign", project: id)
        return (.createLink(by: agents[0], settings), { [self] in link = LinkID($0) })
    }

    /// One step after the other; one that nobody answered is taken again.
    private func setUp() throws {
        guard cluster.now >= setUpAgain else { return }
        attempts += 1
        let attempt = attempts
        setUpAgain = cluster.now + 1_500_000
        guard let (command, keep) = nextStep else { return }
        let isTaken = try cluster.submit(
            command, at: cluster.chance.pick(cluster.ids), patience: 1_000
        ) { [self] answer in
            guard attempt == attempts else { return }
            setUpAgain = 0
            guard case .applied(_, let outcome) = answer else { return }
            if case .done(let id) = outcome {
                keep(id)
            } else {
                violation = Violation("setting up, \(command) was answered by \(outcome)")
            }
        }
        if !isTaken { setUpAgain = 0 }
    }

    // MARK: Customers

    var user: TelegramID { TelegramID(cluster.chance.number(1...60)) }

    private func message(_ project: ProjectID) throws {
        let id = nextUpdate
        nextUpdate += 1
        var message = InboundMessage(
            user: user, name: "customer", language: cluster.chance.pick(["de", "en-GB", ""]),
            messageID: id, text: "hello")
        if let link, cluster.chance.happens(permille: 100) {
            message.start = .click(
                link: link,
                key: ClickKey(epoch: 7, sequence: UInt64(cluster.chance.number(1...40))),
                clickedAt: LogTime(milliseconds: 1_800_000_000_000))
        }
        let update = InboundUpdate(project: project, updateID: id, content: .message(message))
        sent[id] = Sent(update: update)
        try deliver(update)
        if cluster.chance.happens(permille: 50) { try deliver(update) }
    }

    /// A message that no client keeps an eye on.
    func write(_ project: ProjectID, as user: TelegramID) throws {
        let message = InboundMessage(
            user: user, name: "visitor", language: "", messageID: nextUpdate, text: "hello")
        nextUpdate += 1
        try submit(
            .update(
                InboundUpdate(
                    project: project, updateID: nextUpdate - 1, content: .message(message))))
    }

    private func repeatMessage() throws {
        guard nextUpdate > 1_000 else { return }
        let id = cluster.chance.number(max(1_000, nextUpdate - 50)...nextUpdate - 1)
        if let old = sent[id] { try deliver(old.update) }
    }

    private func deliver(_ update: InboundUpdate) throws {
        try submit(.update(update)) { [self] answer in
            switch answer {
            case .applied(_, .done), .applied(_, .duplicate):
                if sent[update.updateID]?.isAcknowledged == false { acknowledged += 1 }
                sent[update.updateID]?.isAcknowledged = true
            case .applied(_, .refused(let refusal)):
                violation = Violation("update \(update.updateID) was refused: \(refusal)")
            case .readable, .refused, .unknown: break
            }
        }
    }

    private func block(_ project: ProjectID) throws {
        let id = nextUpdate
        nextUpdate += 1
        let isBlocked = cluster.chance.happens(permille: 300)
        try submit(
            .update(
                InboundUpdate(
                    project: project, updateID: id, content: .blocked(user, isBlocked))))
    }

    private func click() throws {
        guard let link else { return }
        var clicks: [Click] = []
        for _ in 0..<cluster.chance.number(1...3) {
            clicks.append(
                Click(
                    key: ClickKey(epoch: 7, sequence: nextClick), link: link,
                    at: LogTime(milliseconds: 1_800_000_000_000), node: 1, flag: .human,
                    fingerprint: nextClick.isMultiple(of: 4) ? nextClick : 0))
            nextClick += cluster.chance.happens(permille: 200) ? 0 : 1
        }
        try submit(.clicks(clicks))
        if cluster.chance.happens(permille: 100) { try editLink(link) }
    }

    /// Somebody edits the link from what a console shows.
    private func editLink(_ id: LinkID) throws {
        guard let link = view?.state.link(id) else { return }
        let terms = LinkTerms(addresses: cluster.chance.pick(LinkTerms.Addresses.allCases))
        try submit(
            .editLink(id, by: agents[0], version: link.version, link.settings, terms))
    }

    // MARK: Agents

    var somebody: AgentID { cluster.chance.pick(agents) }

    /// Any running node's state: what a console there would show.
    var view: (node: NodeID, state: RoutingState)? {
        let running = cluster.ids.compactMap { id in
            cluster.members[id]?.process.map { (id, $0.replica.state.routing) }
        }
        return running.isEmpty ? nil : cluster.chance.pick(running)
    }

    private func renew() throws {
        let levels = cluster.ids.compactMap {
            cluster.members[$0]?.process?.replica.state.routing.level
        }
        let leases = agents.map { agent in
            var lease = Lease(
                connection: UInt64(agent.rawValue), agent: agent,
                isVisible: !cluster.chance.happens(permille: 100))
            // A page that came back after its grace, where the cluster knows such words.
            if !lease.isVisible, levels.contains(.second) { lease.hiddenMilliseconds = 90_000 }
            return lease
        }
        try submit(.renewLeases(node: 1, incarnation: 5, leases))
        if cluster.chance.happens(permille: 50) {
            try submit(
                .closeConnections(node: 1, incarnation: 5, [UInt64(somebody.rawValue)]))
        }
    }

    /// Two agents claim one waiting session with one version: at most one may have it.
    private func take() throws {
        guard let view, let project,
            let id = view.state.waiting(in: project, limit: 5).last,
            let version = view.state.session(id)?.version
        else { return }
        for agent in [somebody, somebody] {
            try submit(.claim(id, by: agent, version: version)) { [self] answer in
                guard case .applied(_, .done) = answer else { return }
                won("\(id)/\(version)", agent)
            }
        }
    }

    private func won(_ key: String, _ agent: AgentID) {
        if let other = winners[key], other != agent {
            violation = Violation("\(other) and \(agent) both won session and version \(key)")
        }
        winners[key] = agent
    }

    /// A session of somebody, its owner, and the version that a console shows.
    func owned() -> (session: Session, owner: AgentID)? {
        guard let view else { return nil }
        let owner = somebody
        let open = view.state.openSessions(of: owner)
        guard !open.isEmpty, let session = view.state.session(cluster.chance.pick(open)) else {
            return nil
        }
        return (session, owner)
    }

    /// Whether what is said in a session stays.
    private func isKept(_ session: Session) -> Bool { session.user != Self.forgettable }

    private func reply() throws {
        guard let (session, owner) = owned(), isKept(session) else { return }
        let text = Text("answer \(texts.count)")
        texts[text] = .open
        try submit(.reply(session.id, by: owner, text: text)) { [self] answer in
            texts[text] = fate(answer)
            if case .applied(_, .duplicate) = answer {
                violation = Violation("\(text), a new one, was answered as a duplicate")
            }
        }
    }

    private func repeatKeyed() throws {
        if cluster.chance.happens(permille: 100) { return try keyed.misuse() }
        try keyed.askAgain()
    }

    /// A new agent whose login nobody else has.
    private func hire() throws {
        let login = Text("newcomer\(logins.count)")
        logins[login] = .open
        try submit(
            .createAgent(by: nil, login: login, name: login, passwordHash: "x", isAdmin: false)
        ) { [self] answer in
            logins[login] = fate(answer)
            switch answer {
            case .applied(_, .done), .readable, .refused, .unknown: break
            case .applied(_, let outcome):
                violation = Violation("\(login), a new one, was answered by \(outcome)")
            }
        }
    }

    private func fate(_ answer: Answer) -> Fate {
        switch answer {
        case .applied(_, .done(let id)): .done(id)
        case .applied(_, .duplicate), .applied(_, .refused): .void
        case .refused: .refused
        case .readable, .unknown: .open
        }
    }

    /// A read is never older than what somebody was told before.
    private func read() throws {
        let known = cluster.oracle.answered
        let node = cluster.chance.pick(cluster.ids)
        _ = try cluster.read(at: node) { [self] answer in
            switch answer {
            case .readable(let index) where index < known:
                violation = Violation("a read at \(index) after an answer at \(known)")
            case .applied, .unknown: violation = Violation("a read was answered by \(answer)")
            case .readable, .refused: break
            }
        }
    }
    private func complete() throws {
        guard let (session, owner) = owned() else { return }
        try submit(.complete(session.id, by: owner, version: session.version))
    }
    private func giveBack() throws {
        guard let (session, owner) = owned() else { return }
        try submit(.giveBack(session.id, by: owner, version: session.version))
    }
    private func transfer() throws {
        guard let (session, owner) = owned() else { return }
        let target = cluster.chance.happens(permille: 500) ? somebody : nil
        try submit(
            .transfer(
                session.id, by: owner, to: target, version: session.version, remark: "please",
                confirmed: true))
    }

    // MARK: The sender and the administrator

    private func send() throws {
        guard let view else { return }
        let status = cluster.members[view.node]?.process?.replica.status
        guard let status, status.role == .leader, view.state.epoch == status.term.rawValue else {
            return
        }
        let epoch = view.state.epoch
        let ready = view.state.outboxReady(at: status.logTime, limit: 4)
        guard !ready.isEmpty else { return }
        _ = try cluster.submit(
            .startSending(ready.map(\.id), epoch: epoch), at: view.node
        ) { [self] answer in
            guard case .applied = answer else { return }
            for message in ready where cluster.chance.happens(permille: 800) {
                try? submit(.finishSending(message.id, epoch: epoch, result(of: message)))
            }
        }
    }

    private func changeLimits() throws {
        var change = AgentChange()
        change.openLimit = cluster.chance.pick([0, 0, 3, 10])
        try submit(.updateAgent(somebody, by: agents[0], change))
    }

    /// An administrator takes an agent offline, who signs in again.
    private func forceOffline() throws {
        let place = Int(cluster.chance.number(0...Int64(agentCount - 1)))
        try submit(.forceOffline(agents[place], by: agents[0]))
        try submit(signIn(place))
    }

    /// Somebody writes about a session, or the desk's texts change.
    private func paperwork(_ project: ProjectID) throws {
        guard let (session, owner) = owned() else {
            if cluster.chance.happens(permille: 300) { return try point(project) }
            var book = DeskBook()
            book.tags = ["vip"]
            book.welcome = "Welcome, {customer}"
            book.nobodyAvailable = "About {minutes} minutes"
            return try submit(.setDeskBook(project, by: agents[0], book))
        }
        let command = cluster.chance.pick([
            Command.addNote(session.id, by: owner, text: "note"),
            .addRemark(session.id, by: owner, text: "remark"),
            .setTags(session.id, by: owner, add: ["vip"], remove: []),
            file(in: session.id, by: owner),
        ])
        try submit(command)
    }

    /// A node tells its public URL, or a webhook is pointed at one.
    private func point(_ project: ProjectID) throws {
        if cluster.chance.happens(permille: 400) { return try hook(project) }
        let node = UInt64(cluster.chance.number(1...3))
        let url = Text("https://node\(node).example")
        if cluster.chance.happens(permille: 500) { return try submit(.tellURL(node: node, url)) }
        let point = WebhookPoint(
            url: url, node: node, gone: nil, by: agents[0],
            isConfirmed: cluster.chance.happens(permille: 500))
        try submit(.pointWebhook(project, point))
    }
}
