import Crypto
import Raft
import Replica
import Routing
import Storage
import Transport
import Wire

/// One node: the `Replica`, and the shell that carries out its effects. Loop's thread only.
///
/// Every input of a turn goes into the replica as it comes; at the turn's end its effects are taken
/// once and carried out in their order: start the write, send, hand rows to state.db, answer.
public final class Node: @unchecked Sendable {  // other threads only carry it to `loop.post`
    /// What made it.
    unowned let host: NodeHost
    let configuration: NodeConfiguration
    let loop: EventLoop
    let log: Log
    let secrets: Secrets
    /// Authenticates start tokens; on the loop only.
    let tokenKey: HMACKey
    /// Makes fingerprints of visitors; on the loop only.
    let visitorKey: HMACKey
    /// Random for each node that the process makes.
    let incarnation: UInt64
    let stores: Stores
    let workers: Workers
    var metrics = Metrics()
    var passwordGate: PasswordGate
    /// Lets operators' tools change the cluster.
    var operatorGate: OperatorGate
    var decoyHash: String { host.decoyHash }
    /// Tells people's clicks from machines'.
    var clickFlags = ClickFlags()
    /// Unsealed webhook secrets, by project; dropped when the project changes.
    var webhookSecrets: [ProjectID: Text] = [:]
    /// The rules about texts, by project; dropped when the project changes.
    var moderators: [ProjectID: Moderator] = [:]
    /// Links clicked lately, by path; all dropped when a link or a project changes.
    var preparedLinks: [[UInt8]: PreparedLink] = [:]
    /// Reports being made, and some that are done.
    var reports: [RunningReport] = []

    private(set) var replica: Replica
    let peers: PeerLinks
    /// What this node shows to other nodes; nil in clear.
    var certificates: PeerCertificates? { host.certificates }
    private(set) var delivery: Delivery!
    private(set) var hookSender: HookSender!
    private(set) var clicks: ClickIntake!
    private(set) var live: LiveHub!
    private(set) var joining: Joining!
    /// Requests that wait until this node has caught up with what their sender saw.
    let indexWaits: IndexWaits
    private(set) var snapshots: Snapshots!
    private(set) var compaction: Compaction!
    private(set) var repair: Repair!
    private(set) var disk: DiskWatch!
    private(set) lazy var backlog = BacklogWatch(node: self)
    private(set) var hours: HoursResolver!
    private(set) var frontDoor: FrontDoorWatch!
    private(set) var forgetting: Forgetting!
    private(set) var erasureWatch: ErasureWatch!
    /// Asks Telegram about bots, for checkups.
    private(set) lazy var botInquiries = BotInquiries(loop: loop, client: delivery.client)
    /// Brings files of messages from Telegram.
    private(set) lazy var botFiles = BotFiles(client: delivery.client)
    /// Has the files that agents send through this node.
    private(set) lazy var fileSender = FileSender(node: self)
    var typing = TypingPace()
    /// Apart from the messages' connections: a slow answer to this holds up none of them.
    lazy var typingClient = delivery.client.sibling(maxConnections: 2, answerBytes: 64 << 10)
    private(set) lazy var callbackAnswers = CallbackAnswers(client: delivery.client)
    /// Just before the first entry in log.db.
    private(set) var logBase: LogIndex
    var publicFront: HTTPFront? { host.publicFront }
    var routes = Router()
    var publicTLS: TLSServerContext? { host.publicTLS }
    /// Called when the node must stop, with the process's exit code.
    var onStop: ((Int32) -> Void)?

    private var waiting: [RequestID: (Answer) -> Void] = [:]
    private var nextRequest: UInt64 = 1
    private var timeOfReplica: Int64 = .min
    private var timer: LoopTimer?
    /// When the replica wants to be asked for effects, whatever comes; nanoseconds of the loop.
    private var nextDeadline = Int64.max
    private var isCarryingOut = false
    private var hasNewInput = false
    private var leaderlessSince: Int64?
    private var role = Raft.RoleChange(role: .follower, term: .zero, leader: nil)
    private var isBootstrapping = false
    private var hasAgents = false
    private(set) var isStopping = false
    /// Whether this node votes: one that joins is promoted only near the tip of the log, and until
    /// then lacks what the others know.
    var isVoter = false
    private(set) var isRetired = false

    /// A node over opened stores; `start` lets it work.
    init(
        host: NodeHost, stores: Stores, replica: Replica, incarnation: UInt64, logBase: LogIndex
    ) throws(TransportError) {
        self.host = host
        configuration = host.configuration
        loop = host.loop
        log = host.log
        secrets = host.secrets
        self.stores = stores
        self.logBase = logBase
        self.replica = replica
        self.incarnation = incarnation
        tokenKey = HMACKey(secrets.tokenKey)
        visitorKey = HMACKey(secrets.visitorKey)
        workers = try Workers(passwordThreads: configuration.limits.passwordChecks)
        operatorGate = OperatorGate(key: secrets.operatorKey)
        passwordGate = PasswordGate(perMinute: configuration.limits.signInsPerMinute)
        peers = host.makePeers(incarnation: incarnation)
        leaderlessSince = EventLoop.clock()
        indexWaits = IndexWaits(loop: loop)
        live = LiveHub(node: self)
        joining = Joining(node: self)
        snapshots = Snapshots(node: self, pool: workers.snapshots)
        compaction = Compaction(node: self)
        repair = Repair(node: self)
        disk = DiskWatch(node: self, pool: workers.disk)
        hours = HoursResolver(node: self)
        frontDoor = FrontDoorWatch(node: self)
        forgetting = Forgetting(node: self)
        erasureWatch = ErasureWatch(node: self)
    }

    /// Connects the parts and begins.
    func start(clicks: ClickIntake, delivery: Delivery, hooks: HookSender) throws {
        self.clicks = clicks
        self.delivery = delivery
        hookSender = hooks
        peers.onUp = { [unowned self] peer in
            metrics.count(.peerConnections)
            let levels = peers.levels(of: peer)
            input { $0.linkOpened(to: peer, newest: levels.newest) }
        }
        peers.onDown = { [unowned self] peer in input { $0.linkClosed(to: peer) } }
        peers.onFrame = { [unowned self] peer, frame in
            input { $0.received(frame, from: peer) }
        }
        peers.onRemoved = { [unowned self] in wasRemoved(says: $0) }
        peers.onOutdated = { [unowned self] in isOutdated("\($0)") }
        peers.levels = { [unowned self] in
            .init(newest: configuration.newestLevel, inForce: state.level)
        }
        peers.wasRemoved = { [unowned self] in
            replica.raft.committedConfiguration.excludes($0)
        }
        peers.introduction = { [unowned self] in introduction }
        peers.onSnapshotLink = { [unowned self] link, peer in
            snapshots.opened(SnapshotLink(link, with: peer))
        }
        snapshots.taker.isNeeded = { [unowned self] mark in
            repair.wants(mark) || replica.needsSnapshot(through: mark.index, term: mark.term)
        }
        snapshots.taker.onReady = { [unowned self] header in
            if repair.isUnderWay { repair.took(header) } else { host.install(header) }
        }
        snapshots.taker.onFailed = { [unowned self] _ in repair.transferFailed() }
        loop.onTurnEnd = { [unowned self] in carryOut() }
        if let listen = configuration.peerListen {
            try peers.start(listen: listen)
            joining.start()
        }
        addRoutes()
        takeOverFronts()
        clicks.start()
        live.start()
        compaction.start()
        disk.start()
        hours.start()
        frontDoor.start()
        forgetting.start()
        erasureWatch.start()
        fileSender.start()
        hasNewInput = true
    }

    // MARK: What the rest of the server asks

    /// The routing state as applied here.
    var state: RoutingState {
        _read { yield replica.state.routing }
    }
    /// The last applied index.
    var appliedIndex: LogIndex { replica.mark.index }
    /// The last index in the log.
    var lastIndex: LogIndex { replica.status.last }
    /// Log time now, as far as this node can tell: for what pages show and for when a link expires,
    /// never for decisions.
    var logTime: LogTime { replica.logTime }
    /// Requests that wait for the cluster.
    var waitingRequests: Int { waiting.count }
    /// The term in which this node leads and has begun its epoch; nil otherwise.
    private(set) var officeEpoch: UInt64?

    /// Puts a command to the cluster; the completion is called once, on a later turn.
    func submit(
        _ command: Command, key: RequestKey? = nil, within limit: Duration? = nil,
        completion: @escaping (Answer) -> Void
    ) {
        // The node has given way to another one, which does not know who asks.
        guard !isRetired else { return loop.later { completion(.refused(.shuttingDown)) } }
        let request = RequestID(nextRequest)
        nextRequest += 1
        waiting[request] = completion
        let patience = limit ?? .seconds(configuration.limits.commandSeconds)
        let deadline = Instant(nanoseconds: loop.now).advanced(by: patience)
        input { $0.submitted(command, request: request, deadline: deadline, key: key) }
    }

    /// Gives the replica a request of another kind; the completion is called once, on a later turn.
    func ask(
        within patience: Duration, _ body: (inout Replica, RequestID, Instant) -> Void,
        completion: @escaping (Answer) -> Void
    ) {
        guard !isRetired else { return loop.later { completion(.refused(.shuttingDown)) } }
        let request = RequestID(nextRequest)
        nextRequest += 1
        waiting[request] = completion
        let deadline = Instant(nanoseconds: loop.now).advanced(by: patience)
        input { body(&$0, request, deadline) }
    }

    /// Whether so much waits for state.db that nothing more is taken.
    var isOverloaded: Bool { stores.state.isOverloaded }

    /// Begins an orderly shutdown: hands over the leadership, then stops.
    func leave() {
        guard !isStopping else { return }
        isStopping = true
        log.info("leaving", ["pending": .count(waiting.count)])
        publicFront?.close()
        input { $0.leaveRequested() }
        let deadline = loop.now + Node.leavePatience
        waitToLeave(until: deadline)
    }
    /// How long an orderly shutdown may take, in nanoseconds.
    static let leavePatience: Int64 = 3_000_000_000

    private func waitToLeave(until deadline: Int64) {
        if (replica.mayLeave && waiting.isEmpty) || loop.now >= deadline {
            stop(code: 0)
        } else {
            _ = loop.schedule(after: .milliseconds(10)) { [weak self] in
                self?.waitToLeave(until: deadline)
            }
        }
    }

    /// Ends the process: what is queued is written, then `onStop`.
    func stop(code: Int32) {
        isStopping = true
        peers.close()
        onStop?(code)
    }

    /// Ends for good, so that another node can take its place in the process. What it was asked
    /// is answered as unknown, its connections are closed, and its rows leave with the result, to
    /// be dropped on another thread. Its stores are still open then.
    func retire() -> RetiredState {
        clicks.flush()
        (isStopping, isRetired) = (true, true)
        loop.onTurnEnd = nil
        timer?.cancel()
        stores.silence()
        snapshots.close()
        peers.close()
        live.closeAll()
        fileSender.dropAll()
        let asked = waiting.keys.sorted { $0.rawValue < $1.rawValue }
        for request in asked { waiting.removeValue(forKey: request)?(.unknown) }
        let old = RetiredState(replica)
        if let empty = old.placeholder(loop.now) { replica = empty }
        return old
    }

    // MARK: Inputs and effects

    /// Gives the replica an input, after the time.
    private func input(_ body: (inout Replica) -> Void) {
        guard !isRetired else { return }
        advanceTime()
        body(&replica)
        hasNewInput = true
        // An input that comes while effects are carried out needs a turn of its own.
        if isCarryingOut { loop.later {} }
    }

    /// The loop's time stands still within a turn, so once a turn is enough.
    private func advanceTime() {
        guard loop.now != timeOfReplica else { return }
        timeOfReplica = loop.now
        replica.timeAdvanced(
            to: Instant(nanoseconds: loop.now), wall: LogTime(milliseconds: WallClock.now()))
    }

    /// The log was cut.
    func logWasCut(through index: LogIndex, term: Term) {
        logBase = index
        input { $0.logCut(through: index, term: term) }
    }
    /// A follower has a whole snapshot.
    func snapshotSent(to peer: NodeID, index: LogIndex) {
        input { $0.snapshotSent(to: peer, index: index) }
    }
    /// A follower gets no snapshot now.
    func snapshotFailed(to peer: NodeID) { input { $0.snapshotFailed(to: peer) } }
    /// A snapshot is on its way.
    func snapshotProgressed(to peer: NodeID) { input { $0.snapshotProgressed(to: peer) } }

    /// The disk has more or less room than before.
    func roomChanged(to room: Room) { input { $0.roomChanged(to: room) } }

    /// The replica may know that a write of log.db is durable.
    func persisted(_ id: UInt64) { input { $0.persisted(id: id) } }

    private func carryOut() {
        clicks.flush()
        guard hasNewInput || loop.now >= nextDeadline else { return }
        isCarryingOut = true
        defer { isCarryingOut = false }
        hasNewInput = false
        advanceTime()
        let effects = replica.takeEffects()
        if let failure = effects.failure {
            log.error("the node must stop", ["reason": .text(failure.description)])
            return stop(code: failure.isNewerRelease ? Roundhouse.outdatedCode : 70)
        }
        if let persist = effects.persist { stores.log.submit(persist) }
        for (peer, frame) in effects.send {
            metrics.count(.peerBytesSent, by: frame.count)
            peers.send(frame, to: peer)
        }
        if let changed = effects.configurationChanged { follow(changed) }
        if effects.removed { wasRemoved(says: nil) }
        if let change = effects.change { tookRole(change) }
        if let mark = effects.mark { applied(effects, mark) }
        for (request, answer) in effects.answers {
            waiting.removeValue(forKey: request)?(answer)
        }
        for request in effects.readEntries { readEntries(request) }
        snapshots.wanted(by: effects.snapshotsWanted)
        for notice in effects.notices { say(notice) }
        beginOffice()
        if effects.runAgain { hasNewInput = true }
        if hasNewInput { loop.later {} }
        schedule(effects.nextDeadline?.nanoseconds ?? .max)
    }

    /// Wakes the loop by then. An earlier time that was scheduled before stands: it does no harm.
    private func schedule(_ deadline: Int64) {
        nextDeadline = deadline
        guard deadline < .max else { return }
        if let timer {
            timer.reschedule(at: deadline)
        } else {
            let delay = max(0, deadline - loop.now)
            // The timer only wakes the loop; the turn's end does the rest.
            timer = loop.schedule(after: .nanoseconds(delay)) {}
        }
    }

    private func applied(_ effects: Replica.Effects, _ mark: Replica.Mark) {
        stores.state.submit(
            effects.rows,
            applied: AppliedMark(
                index: mark.index, term: mark.term, digest: mark.digest, meta: mark.meta))
        metrics.count(.commandsApplied, by: effects.answers.count)
        indexWaits.applied(mark.index)
        stores.indexer.applied(mark.index.rawValue)
        stores.keeper.applied(mark.index.rawValue)
        var touchesOutbox = false
        for (_, event) in effects.events {
            switch event {
            case .projectChanged(let id):
                webhookSecrets[id] = nil
                moderators[id] = nil
                preparedLinks = [:]
            case .linkChanged: preparedLinks = [:]
            case .outboxQueued(let id), .outboxChanged(let id):
                touchesOutbox = true
                fileSender.changed(id)
            case .hookChanged(let id): hookSender.poke(id)
            case .sessionChanged, .historyAdded, .agentChanged, .signedOut: break
            }
        }
        if live.isWatched { live.applied(effects) }
        if touchesOutbox { delivery.poke() }
    }

    private func readEntries(_ request: Raft.EntriesRequest) {
        stores.log.read(
            from: request.from, through: request.through, maxBytes: request.maxBytes
        ) { [loop, weak self] result in
            let node = self
            loop.post { node?.tookEntries(result, from: request.from) }
        }
    }

    private func tookEntries(_ result: Result<[Entry], StorageError>, from: LogIndex) {
        guard !isRetired else { return }
        switch result {
        case .success(let entries): input { $0.entriesRead(entries, from: from) }
        case .failure(let error): storageFailed(error)
        }
    }

    /// A store failed for good: nothing that this node says can be trusted any more.
    func storageFailed(_ error: StorageError) {
        log.error("storage failed; the node stops", ["reason": .text(error.description)])
        stop(code: 74)
    }

    // MARK: Office

    private func tookRole(_ change: Raft.RoleChange) {
        metrics.count(.leaderChanges)
        log.info(
            "role changed",
            [
                "role": .text("\(change.role)"), "term": .count(change.term.rawValue),
                "leader": .text(change.leader.map { "\($0)" } ?? "none"),
            ])
        if change.leader == nil {
            leaderlessSince = leaderlessSince ?? loop.now
        } else if let since = leaderlessSince {
            metrics.leaderlessSeconds.observe(Double(loop.now - since) / 1e9)
            leaderlessSince = nil
        }
        role = change
    }

    /// What a leader does once its epoch has begun: first administrator, sender.
    private func beginOffice() {
        guard role.role == .leader, replica.state.routing.epoch == role.term.rawValue else {
            officeEpoch = nil
            return
        }
        if officeEpoch != replica.state.routing.epoch {
            officeEpoch = replica.state.routing.epoch
            delivery.poke()
            hookSender.beginOffice()
        }
        if !hasAgents {
            hasAgents = !state.agents.isEmpty
            if !hasAgents { bootstrap() }
        }
    }

    private func bootstrap() {
        guard let first = configuration.bootstrap, !isBootstrapping else { return }
        isBootstrapping = true
        let password: String
        do {
            password = try Bootstrap.password(of: first)
        } catch {
            log.error("no first administrator", ["reason": .text(error.description)])
            return
        }
        let started = workers.passwords.submit(on: loop) { () -> Text in
            Text(Scrypt().hash(password: Array(password.utf8)))
        } completion: { [self] hash in
            submit(.bootstrap(login: first.login, name: first.login, passwordHash: hash)) {
                [self] answer in
                isBootstrapping = false
                guard case .applied(_, .done) = answer else { return }
                log.info("first administrator made", ["login": .text(first.login.string)])
                if first.passwordFile == nil {
                    Bootstrap.announce(
                        login: first.login.string, password: password,
                        url: configuration.publicListener.baseURL)
                }
            }
        }
        if !started { isBootstrapping = false }
    }
}
