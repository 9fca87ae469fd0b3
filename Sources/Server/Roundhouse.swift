import Crypto
import Glibc
import Raft
import Replica
import Routing
import Storage
import Transport
import Wire

/// The node as a program: opens the files, starts the loop, ends on a signal.
public enum Roundhouse {
    /// The release.
    public static let version = "0.1.0"

    /// Why a node could not start, in words for the operator.
    public struct StartFailure: Error, CustomStringConvertible {
        /// What happened, where, and what to do.
        public var description: String
        /// The process's exit code, of sysexits.h.
        public var code: Int32
    }

    /// Runs a node until it is told to stop; gives the process's exit code.
    ///
    /// - Parameter configurationFile: where the configuration was read, to read its log level and
    ///   certificates again on SIGHUP; nil for a node that runs alone.
    public static func serve(
        _ configuration: NodeConfiguration, configurationFile: String?
    ) throws(StartFailure) -> Int32 {
        let log = Log(node: configuration.node.rawValue, level: configuration.logLevel)
        defer { log.flush() }
        do {
            let node = try makeNode(configuration, log)
            var code: Int32 = 0
            node.onStop = { [unowned node] stopCode in
                code = stopCode
                node.loop.stop()
            }
            try watchSignals(node, configurationFile)
            log.info(
                "serving",
                [
                    "version": .text(version), "cluster": .text(configuration.cluster.string),
                    "public": .text(configuration.publicListener.baseURL),
                    "operations": .text("\(configuration.operationsListen)"),
                    "applied": .count(node.appliedIndex.rawValue),
                ])
            node.loop.run()
            node.workers.shutDown()
            node.stores.close()
            node.loop.shutDown()
            log.info("stopped", ["code": .number(Int64(code))])
            return code
        } catch let error as ConfigurationError {
            throw StartFailure(description: error.description, code: 78)
        } catch let error as StorageError {
            throw StartFailure(description: error.description, code: 74)
        } catch let error as Fence {
            throw StartFailure(description: error.description, code: 74)
        } catch let error as TransportError {
            throw StartFailure(description: error.description, code: 69)
        } catch {
            throw StartFailure(description: "\(error)", code: 70)
        }
    }

    private static func makeNode(
        _ configuration: NodeConfiguration, _ log: Log
    ) throws -> Node {
        let isAlone = configuration.members.count <= 1 && configuration.join.isEmpty
        // Locks the directory first: a second process must not touch anything in it.
        let found = try Stores.find(configuration)
        let stored =
            Replica.Mark.Meta(found.state.applied.meta)?.members?.configuration
            ?? found.stored.configuration?.configuration
        let founding = try FoundingMembers.configuration(
            of: configuration, isPinned: stored == nil)
        if isAlone { try ClusterKey.makeIfMissing(configuration.clusterKeyFile) }
        let secrets = Secrets(clusterKey: try ClusterKey.read(configuration.clusterKeyFile))
        var state = ReplicatedState()
        try found.state.load { table, major, minor, value in
            try state.load(table: table, major: major, minor: minor, value: value)
        }
        try state.finishLoading()
        let applied = found.state.applied
        let loop = try EventLoop()
        let incarnation = SecureRandom.uint64()
        let replica = try Replica(
            id: configuration.node, incarnation: incarnation,
            configuration: founding,
            stored: found.stored, state: state,
            mark: Replica.Mark(
                index: applied.index, term: applied.term, digest: applied.digest,
                meta: applied.meta),
            limits: Replica.Limits(), seed: SecureRandom.uint64(),
            now: Instant(nanoseconds: EventLoop.clock()),
            wall: LogTime(milliseconds: WallClock.now()))
        var certificates: PeerCertificates?
        if let files = configuration.peerTLS {
            certificates = try PeerCertificates(
                files, cluster: configuration.cluster, node: configuration.node, log: log)
        }
        let relay = StorageRelay(loop: loop)
        let stores = try Stores(
            found, stateRows: configuration.limits.stateRows, relay: relay)
        let node = try Node(
            configuration: configuration, loop: loop, log: log, secrets: secrets, stores: stores,
            replica: replica, incarnation: incarnation, certificates: certificates)
        relay.node = node
        try node.start(
            clicks: ClickIntake(node: node),
            delivery: Delivery(node: node, client: try makeClient(configuration, loop)))
        return node
    }

    private static func makeClient(
        _ configuration: NodeConfiguration, _ loop: EventLoop
    ) throws -> BotClient {
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

    private static func watchSignals(
        _ node: Node, _ configurationFile: String?
    ) throws(TransportError) {
        for signal in [SIGTERM, SIGINT] {
            try SignalWatch.watch(signal, on: node.loop) { [unowned node] in node.leave() }
        }
        try SignalWatch.watch(SIGHUP, on: node.loop) { [unowned node] in
            reload(node, configurationFile)
        }
    }

    /// Certificates and log level are read again; everything else needs a restart.
    private static func reload(_ node: Node, _ configurationFile: String?) {
        do {
            if let configurationFile {
                node.log.setLevel(try NodeConfiguration.read(configurationFile).logLevel)
            }
            try node.publicTLS?.reload()
            try node.certificates?.reload()
            node.log.info("reloaded log level and certificates")
        } catch {
            node.log.error("not reloaded; the old settings stay", ["reason": .text("\(error)")])
        }
    }
}
