import Raft
import Routing
import Storage
import Transport
import Wire

/// The settings of one node: a JSON file, checked whole before anything starts. cluster/README.md
/// describes every setting; an unknown key or a bad value is a `ConfigurationError` with its path.
public struct NodeConfiguration: Sendable {
    /// The cluster's name, 1 to 64 characters of `[A-Za-z0-9_-]`; the same on every node.
    public var cluster = Text("roundhouse")
    /// This node's number.
    public var node = NodeID(1)
    /// Where log.db, state.db and spool.db live.
    public var dataDirectory = "roundhouse-data"
    /// The file with the cluster's key: 64 hexadecimal characters, readable by its owner alone.
    public var clusterKeyFile: String
    /// Where browsers and Telegram connect.
    public var publicListener: PublicListener
    /// Where operators' tools connect.
    public var operationsListen: SocketAddress
    /// Where other nodes connect; nil in a cluster of one.
    public var peerListen: SocketAddress?
    /// What protects the connections between nodes; nil only on loopback, and only when asked.
    public var peerTLS: TLSPeerContext.Files?
    /// Where to ask for the members, for a node that joins a cluster; empty for one that founds it.
    public var join: [SocketAddress] = []
    /// Every node of the cluster at its first start, this one included.
    public var members: [NodeID: SocketAddress]
    /// The Bot API.
    public var telegram = TelegramSettings()
    /// Where events are posted to hooks.
    public var hooks = HookSettings()
    /// Addresses of reverse proxies whose `X-Forwarded-For` is believed.
    public var trustedProxies: Set<String> = []
    /// How much is logged.
    public var logLevel = LogLevel.info
    /// The first administrator, made once when there is no agent.
    public var bootstrap: Bootstrap?
    /// The highest feature level that the node applies: its release's, unless the file holds it
    /// back.
    public var newestLevel = FeatureLevel.newest
    /// Bounds.
    public var limits = NodeLimits()

    /// The public listener.
    public struct PublicListener: Sendable {
        /// Address and port.
        public var listen: SocketAddress
        /// How browsers reach this node, without a final slash; nil: the address as it is.
        public var url: String?
        /// PEM certificate chain; with `keyFile` the listener speaks HTTPS.
        public var certificateFile: String?
        /// PEM private key.
        public var keyFile: String?

        /// The base of links to this node.
        public var baseURL: String {
            url ?? (certificateFile == nil ? "http" : "https") + "://\(listen)"
        }
    }
    /// The Bot API.
    public struct TelegramSettings: Sendable {
        /// Base URL, without a final slash.
        public var apiURL = "https://api.telegram.org"
        /// A PEM file with authorities to trust beside the system's; nil: the system's only.
        public var caFile: String?
    }
    /// Posting events to hooks.
    public struct HookSettings: Sendable {
        /// Whether hooks may be on this machine and in private networks; else managers could have
        /// a node ask what only it can reach.
        public var allowsPrivate = false
        /// A PEM file with authorities to trust beside the system's; nil: the system's only.
        public var caFile: String?
    }
    /// The first administrator.
    public struct Bootstrap: Sendable {
        /// The login.
        public var login: Text
        /// A file whose first line is the password; nil: one is made and printed once.
        public var passwordFile: String?
    }

    /// A cluster of one with everything beside the data: what `roundhouse serve` alone runs.
    public static func alone() -> NodeConfiguration {
        NodeConfiguration(
            clusterKeyFile: "roundhouse-data/cluster.key",
            publicListener: PublicListener(
                listen: SocketAddress(ip: "127.0.0.1", port: 8080)!, url: nil,
                certificateFile: nil, keyFile: nil),
            operationsListen: SocketAddress(ip: "127.0.0.1", port: 9080)!, peerListen: nil,
            members: [:], bootstrap: Bootstrap(login: "admin", passwordFile: nil))
    }
}

/// The bounds of a node, each with a name in the configuration under `limits`.
public struct NodeLimits: Sendable, Hashable {
    /// `connections`: open connections on the public listener.
    public var connections = 10_000
    /// `headBytes`: request line and headers.
    public var headBytes = 16 << 10
    /// `bodyBytes`: body of an API request.
    public var bodyBytes = 256 << 10
    /// `webhookBodyBytes`: body of a webhook.
    public var webhookBodyBytes = 1 << 20
    /// `requestSeconds`: from a request's first byte to its last.
    public var requestSeconds = 10
    /// `idleSeconds`: between two requests of one connection.
    public var idleSeconds = 75
    /// `writeSeconds`: a client may leave an answer unread this long.
    public var writeSeconds = 20
    /// `commandSeconds`: a request waits this long for the cluster, then gets 503.
    public var commandSeconds = 5
    /// `consoles`: console connections of one node.
    public var consoles = 2_000
    /// `consoleQueueBytes`: unread bytes of one console before it is told to refresh.
    public var consoleQueueBytes = 1 << 20
    /// `stateRows`: rows waiting for state.db before ingress answers 503.
    public var stateRows = 200_000
    /// `signInsPerMinute`: failed sign-ins per account and per address.
    public var signInsPerMinute = 10
    /// `passwordChecks`: scrypt computations at a time (128 MiB each).
    public var passwordChecks = 2
    /// `botConnections`: connections to the Bot API.
    public var botConnections = 16
    /// `trailingEntries`: so many entries stay in the log behind what every start needs.
    public var trailingEntries = 200_000
    /// `trailingMiB`: unless they are more than this.
    public var trailingMiB = 512
    /// `snapshotMiBPerSecond`: as fast a snapshot is sent.
    public var snapshotMiBPerSecond = 64
    /// `scrubMiBPerSecond`: as fast the rows of state.db are read through, once a day.
    public var scrubMiBPerSecond = 1
    /// `diskReserveMiB`: with less room another node leads, with half of it nothing new is taken.
    public var diskReserveMiB = 256
    /// `journalDays`: how far back the routing journal goes, for what-if.
    public var journalDays = 8
    /// `journalMiB`: with more it goes less far back.
    public var journalMiB = 1_024
    /// `erasureMinutes`: so long after a customer was erased the log is cut behind that.
    public var erasureMinutes = 60
    /// `clickSweepSeconds`: how often the leader looks for clicks that are too old.
    public var clickSweepSeconds = 3600
    /// The defaults.
    public init() {}

    /// What the routing journal keeps.
    var journal: JournalKeeper.Limits {
        var limits = JournalKeeper.Limits()
        limits.retentionMilliseconds = Int64(journalDays) * 86_400_000
        limits.bytes = Int64(journalMiB) << 20
        return limits
    }

    /// `diskReserveMiB` in bytes.
    var diskReserveBytes: UInt64 { UInt64(diskReserveMiB) << 20 }
}

/// What is wrong with a configuration, where, and what would be right.
public struct ConfigurationError: Error, Hashable, CustomStringConvertible {
    /// The file, or what stands for it.
    public var file: String
    /// The JSON path, such as `$.public.listen`; empty when the file as a whole is wrong.
    public var path: String
    /// What is wrong and what would be right.
    public var detail: String

    /// All of it in a line.
    public var description: String {
        path.isEmpty ? "\(file): \(detail)" : "\(file): \(path): \(detail)"
    }
}
