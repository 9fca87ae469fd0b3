import Crypto
import Glibc
import HTTP
import Raft
import Replica
import Routing
import Storage
import Transport
import Wire

/// Makes the node, and makes it anew in the same process when its rows were replaced. Loop's thread
/// only.
///
/// The lock of the data directory, the loop, the listeners for people and operators and the keys
/// belong to the host; everything that lives from the replicated state belongs to a `Node`. Files
/// are opened and rows loaded on a thread of their own; meanwhile the listeners answer that the
/// node is not ready, and why.
final class NodeHost: @unchecked Sendable {  // other threads only carry it to `loop.post`
    /// What the process is doing.
    enum Stage {
        /// Files are opened and rows loaded, or a snapshot is installed.
        case loading(String)
        /// The rows are lost and the log does not go back far enough: a peer is asked.
        case recovering(Recovery)
        case serving(Node)
        case ended
    }

    let configuration: NodeConfiguration
    let loop: EventLoop
    let log: Log
    let secrets: Secrets
    let publicFront: HTTPFront
    let operationsFront: HTTPFront
    let publicTLS: TLSServerContext?
    /// What this node shows to other nodes; nil in clear.
    let certificates: PeerCertificates?
    let directory: DataDirectory
    /// A hash to check when a login is unknown, so that both cost the same time.
    let decoyHash = Scrypt().hash(password: SecureRandom.bytes(16))
    /// The process's exit code, and what to say, once it is to end.
    private(set) var ending: (code: Int32, error: (any Error)?)?
    private(set) var stage = Stage.loading("starting")
    let worker: WorkerPool
    /// Timers and answers under way may still name them; they hold next to nothing.
    private var retired: [Node] = []
    /// How many snapshots this process has installed, and sent.
    private(set) var snapshotsInstalled = 0
    var snapshotsSent = 0
    /// How often bad rows were replaced by a peer's.
    var repairs = 0
    /// Counts on over the nodes of a process.
    private var metrics = Metrics()

    /// Checks the configuration against the directory, locks it and opens the listeners.
    init(_ configuration: NodeConfiguration, _ log: Log) throws {
        self.configuration = configuration
        self.log = log
        // Locks the directory first: a second process must not touch anything in it.
        directory = try DataDirectory.open(configuration.dataDirectory)
        if configuration.members.count <= 1, configuration.join.isEmpty {
            try ClusterKey.makeIfMissing(configuration.clusterKeyFile)
        }
        secrets = Secrets(clusterKey: try ClusterKey.read(configuration.clusterKeyFile))
        certificates = try configuration.peerTLS.map { files in
            try PeerCertificates(
                files, cluster: configuration.cluster, node: configuration.node, log: log)
        }
        loop = try EventLoop()
        worker = try WorkerPool(name: "starter", threads: 1, queueLimit: 16)
        let listener = configuration.publicListener
        var tls: TLSServerContext?
        if let certificate = listener.certificateFile, let key = listener.keyFile {
            tls = try TLSServerContext(certificateFile: certificate, keyFile: key)
        }
        publicTLS = tls
        publicFront = try HTTPFront(
            loop: loop, listen: listener.listen, tls: tls, bounds: configuration.limits,
            trustedProxies: configuration.trustedProxies)
        operationsFront = try HTTPFront(
            loop: loop, listen: configuration.operationsListen, tls: nil,
            bounds: configuration.limits, trustedProxies: [])
        if configuration.peerListen != nil { certificates?.watch(on: loop) }
        answerNotReady()
    }

    /// The node, while there is one.
    var node: Node? { if case .serving(let node) = stage { node } else { nil } }

    /// Opens the files and loads the rows, then serves.
    func start() {
        let (directory, configuration) = (directory, configuration)
        run { () throws -> Loaded in try Loaded.load(from: directory, configuration) }
    }

    /// Begins an orderly shutdown.
    func leave() {
        if let node { node.leave() } else { end(code: 0) }
    }

    /// Ends the process.
    func end(code: Int32, error: (any Error)? = nil) {
        if ending == nil { ending = (code, error) }
        loop.stop()
    }

    /// Writes what is queued and ends every thread; after the loop has ended.
    func close() {
        worker.shutDown()
        if let node {
            node.workers.shutDown()
            node.stores.close()
        }
        stage = .ended
        loop.shutDown()
    }

    /// Links of a node to its peers, not started.
    func makePeers(incarnation: UInt64) -> PeerLinks {
        let identity = PeerLink.Identity(
            cluster: configuration.cluster, node: configuration.node, incarnation: incarnation,
            url: Text(configuration.publicListener.baseURL), key: secrets.peerKey,
            levels: .init(newest: configuration.newestLevel))
        return PeerLinks(loop: loop, identity: identity, certificates: certificates, log: log)
    }

    // MARK: Loading

    /// Does something on the thread that ends with loaded rows, then serves.
    private func run(_ body: @escaping @Sendable () throws -> Loaded) {
        let started = worker.submit(on: loop) { () -> Result<Loaded, any Error> in
            Result { try body() }
        } completion: { [self] result in
            guard ending == nil else { return }
            do {
                switch result {
                case .success(let loaded): try serve(loaded)
                case .failure(let error): try recover(from: error)
                }
            } catch {
                end(code: 70, error: error)
            }
        }
        precondition(started, "the starter's queue is for one")
    }

    private func serve(_ loaded: Loaded) throws {
        let started = loop.now
        let incarnation = SecureRandom.uint64()
        let applied = loaded.found.state.applied
        let known =
            Replica.Mark.Meta(applied.meta)?.members?.configuration
            ?? loaded.found.stored.configuration?.configuration
        var limits = Replica.Limits()
        limits.newestLevel = configuration.newestLevel
        let replica = try Replica(
            id: configuration.node, incarnation: incarnation,
            configuration: try FoundingMembers.configuration(
                of: configuration, isPinned: known == nil),
            stored: loaded.found.stored, state: loaded.state,
            mark: Replica.Mark(
                index: applied.index, term: applied.term, digest: applied.digest,
                meta: applied.meta),
            limits: limits, seed: SecureRandom.uint64(),
            now: Instant(nanoseconds: EventLoop.clock()),
            wall: LogTime(milliseconds: WallClock.now()))
        let relay = StorageRelay(loop: loop)
        let stores = try Stores(
            loaded.found, of: configuration.node, limits: configuration.limits, relay: relay)
        let node = try Node(
            host: self, stores: stores, replica: replica, incarnation: incarnation,
            logBase: loaded.found.stored.base.index)
        relay.node = node
        node.metrics = metrics
        node.onStop = { [unowned self] code in end(code: code) }
        stage = .serving(node)
        try node.start(
            clicks: ClickIntake(node: node),
            delivery: Delivery(node: node, client: try makeClient()),
            hooks: try makeSender(of: node))
        log.info(
            "serving",
            [
                "version": .text(Roundhouse.version),
                "cluster": .text(configuration.cluster.string),
                "public": .text(configuration.publicListener.baseURL),
                "operations": .text("\(configuration.operationsListen)"),
                "applied": .count(applied.index.rawValue),
                "loadMilliseconds": .number(loaded.nanoseconds / 1_000_000),
                "beginMilliseconds": .number((loop.now - started) / 1_000_000),
            ])
    }

    private func makeClient() throws -> BotClient {
        guard let url = ServiceURL(configuration.telegram.apiURL) else {
            throw ConfigurationError(
                file: "configuration", path: "$.telegram.apiURL", detail: "is no URL")
        }
        let tls =
            url.isSecure ? try TLSClientContext(extraCAFile: configuration.telegram.caFile) : nil
        return BotClient(
            loop: loop, url: url, tls: tls, resolver: try Resolver(loop: loop),
            maxConnections: configuration.limits.botConnections)
    }

    private func makeSender(of node: Node) throws -> HookSender {
        HookSender(
            node: node, tls: try TLSClientContext(extraCAFile: configuration.hooks.caFile),
            resolver: try Resolver(loop: loop), allowsPrivate: configuration.hooks.allowsPrivate)
    }

    // MARK: In place of a node

    /// The node gives way; its stores are closed and `next` says with what the next one starts.
    private func retire(
        _ node: Node, _ reason: String, next: @escaping @Sendable () throws -> Loaded
    ) {
        stage = .loading(reason)
        answerNotReady()
        metrics = node.metrics
        let ended = node.retire()
        retired.append(node)
        let (stores, workers) = (node.stores, node.workers)
        run { () throws -> Loaded in
            // The old rows in memory go first: there need not be room for both.
            ended.drop()
            workers.shutDown()
            stores.close()
            return try next()
        }
    }

    /// A snapshot was received whole: it takes the place of the node's rows.
    func install(_ header: SnapshotHeader) {
        let (directory, configuration, log) = (directory, configuration, log)
        let next = { @Sendable () throws -> Loaded in
            try Loaded.install(header.mark, in: directory, configuration)
            log.info("snapshot installed", ["index": .count(header.mark.index.rawValue)])
            return try Loaded.load(from: directory, configuration)
        }
        snapshotsInstalled += 1
        switch stage {
        case .serving(let node):
            retire(node, "installing a snapshot", next: next)
        case .recovering(let recovery):
            recovery.close()
            stage = .loading("installing a snapshot")
            run(next)
        case .loading, .ended: break
        }
    }

    /// state.db can't be used any more while the node runs, or only the log can give its rows
    /// again: the node starts anew without it.
    func replaceState(_ node: Node, _ error: StorageError) {
        log.error(
            "state.db can't be trusted; it is replaced", ["reason": .text(error.description)])
        retire(node, "state.db is bad") { () throws -> Loaded in throw error }
    }

    /// A start failed. Bad rows are put aside: a log that is whole gives them again, else a peer
    /// does; everything else ends the process.
    private func recover(from error: any Error) throws {
        guard let problem = error as? StorageError, problem.kind == .corrupt,
            let log = try? Stores.openLog(directory, configuration)
        else { throw error }
        let (base, record) = (log.stored.base.index, log.store.stateRecord)
        let members = log.stored.configuration?.configuration
        log.store.close()
        let path = directory.statePath(record)
        guard problem.file.hasPrefix(path) else { throw error }
        let recovery = Recovery(host: self, from: base, members: members)
        if base != .zero, !recovery.hasPeers { throw error }
        self.log.error(
            "state.db can't be used; it is put aside as bad-state.db",
            ["reason": .text(problem.description)])
        try directory.putAside(path)
        if base == .zero { return start() }
        stage = .recovering(recovery)
        try recovery.start()
    }

    // MARK: Meanwhile

    private func answerNotReady() {
        publicFront.onRequest = { [unowned self] exchange in answerNotReady(exchange) }
        operationsFront.onRequest = { [unowned self] exchange in answerNotReady(exchange) }
        publicFront.onLargeBody = { [unowned self] body in
            body.refuse(notReady(body.head.request))
        }
    }

    /// Where answers are for programs.
    private static let apiPrefix = Array("/api/".utf8)

    private func answerNotReady(_ exchange: Exchange) {
        if exchange.request.pathString == "/healthz" {
            return exchange.respond(
                HTTPResponse(
                    status: 200, contentType: "text/plain; charset=utf-8",
                    body: Array("ok\n".utf8)))
        }
        exchange.respond(notReady(exchange.request))
    }

    private func notReady(_ request: HTTPRequest) -> HTTPResponse {
        let reason =
            switch stage {
            case .loading(let what): what
            case .recovering(let recovery): recovery.description
            case .serving, .ended: "starting"
            }
        if request.hasPathPrefix(NodeHost.apiPrefix) {
            return Problem(
                503, "not_ready", "This node is not ready",
                detail: "The node can't answer now: \(reason). Nothing was changed.",
                hint: "Ask another node, or try again in a moment."
            ).response
        }
        var response = HTTPResponse(
            status: 503, contentType: "text/plain; charset=utf-8",
            body: Array("not ready: \(reason)\n".utf8))
        response.headers.append("Retry-After", "1")
        return response
    }
}

/// The rows of a node that has given way, on their way to a thread where freeing them holds nobody
/// up.
final class RetiredState: @unchecked Sendable {  // given away once, then dropped once
    private var replica: Replica?
    private let id: NodeID

    init(_ replica: Replica) {
        self.replica = replica
        id = replica.id
    }

    /// A replica of nothing for the node to hold instead.
    func placeholder(_ now: Int64) -> Replica? {
        try? Replica(
            id: id, incarnation: 0, configuration: Configuration(voters: [id, NodeID(0)]),
            stored: StoredLog(), state: ReplicatedState(), mark: Replica.Mark(),
            limits: Replica.Limits(), seed: 0, now: Instant(nanoseconds: now),
            wall: LogTime(milliseconds: 0))
    }

    /// Frees the rows.
    func drop() { replica = nil }
}

/// What a start has read from the disk.
struct Loaded: Sendable {
    var found: Stores.Found
    var state: ReplicatedState
    /// How long it took.
    var nanoseconds: Int64

    /// Opens and checks the files and loads the rows. Slow; not on the loop's thread.
    static func load(
        from directory: DataDirectory, _ configuration: NodeConfiguration
    ) throws -> Loaded {
        let started = EventLoop.clock()
        DiskReserve.releaseIfTight(in: directory)
        let found = try Stores.find(directory, configuration)
        var state = ReplicatedState()
        var beyond: NewerLevel?
        do {
            try found.state.load { table, major, minor, value in
                try state.load(table: table, major: major, minor: minor, value: value)
                // The level comes before everything that could not be read without knowing it.
                if table == .scalar, state.routing.level > configuration.newestLevel {
                    let problem = NewerLevel(
                        file: found.state.path, level: state.routing.level,
                        newest: configuration.newestLevel)
                    beyond = problem
                    throw problem
                }
            }
            do {
                try state.finishLoading()
            } catch {
                throw StorageError(
                    .corrupt, file: found.state.path, "its rows don't fit together: \(error)")
            }
        } catch {
            found.close()
            throw beyond ?? error
        }
        return Loaded(found: found, state: state, nanoseconds: EventLoop.clock() - started)
    }

    /// Puts a received snapshot in the place of the rows.
    static func install(
        _ mark: AppliedMark, in directory: DataDirectory, _ configuration: NodeConfiguration
    ) throws {
        let (log, _) = try Stores.openLog(directory, configuration)
        defer { log.close() }
        _ = try StateInstall.install(
            directory.incomingPath, mark: mark, into: directory, log: log,
            identity: Stores.identity(configuration))
    }
}
