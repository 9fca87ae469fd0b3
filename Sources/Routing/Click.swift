import Wire

/// The payload of `/start`, as the ingress found it.
public enum Start: Hashable, Sendable {
    /// Without a payload.
    case plain
    /// A token with a good MAC, and what held at the click: the language that it asked for, the
    /// pool that a parameter rule or the link gave it, and the project to whose bot it led. Tokens
    /// of the first feature level do not say the project: then it is what the link says now.
    case click(
        link: LinkID, key: ClickKey, clickedAt: LogTime, language: Text = "", pool: PoolID? = nil,
        project: ProjectID? = nil)
    /// Any other payload, kept as text.
    case text(Text)
}

/// Names one click for good: a spool's epoch is drawn at random at each start of a process.
public struct ClickKey: ShardKey, Comparable, Sendable {
    /// The spool's epoch.
    public var epoch: UInt64
    /// The click's number in the spool.
    public var sequence: UInt64
    /// A key of these parts.
    public init(epoch: UInt64, sequence: UInt64) {
        self.epoch = epoch
        self.sequence = sequence
    }
    /// The number in the spool.
    @inlinable public var shardBits: UInt64 { sequence }
    /// By epoch, then sequence.
    public static func < (a: ClickKey, b: ClickKey) -> Bool {
        (a.epoch, a.sequence) < (b.epoch, b.sequence)
    }
}

/// A click on a magic link.
public struct Click: Hashable, Sendable {
    /// Its name.
    public var key: ClickKey
    /// Which link.
    public var link: LinkID
    /// When, by the clock of the node that answered.
    public var at: LogTime
    /// That node.
    public var node: UInt64
    /// Why it is not counted as human.
    public var flag: Flag
    /// The address, as text.
    public var address: Text
    /// The `User-Agent`.
    public var userAgent: Text
    /// The `Referer`.
    public var referrer: Text
    /// The `Accept-Language`.
    public var language: Text
    /// The query as it came, without `?`, and the link's UTM values where it has none.
    public var query: Text
    /// Tells visitors apart: a hash under the cluster's key of what is kept of the address, of the
    /// `User-Agent` and of the `Accept-Language`; 0 is none.
    public var fingerprint: UInt64
    /// What sort of visitor.
    public enum Flag: UInt8, Hashable, Sendable, CaseIterable {
        /// Counted.
        case human = 0
        /// A HEAD request.
        case head = 1
        /// A browser's prefetch.
        case prefetch = 2
        /// A preview bot or crawler.
        case bot = 3
    }
    /// A click of these parts.
    public init(
        key: ClickKey, link: LinkID, at: LogTime, node: UInt64, flag: Flag, address: Text = "",
        userAgent: Text = "", referrer: Text = "", language: Text = "", query: Text = "",
        fingerprint: UInt64 = 0
    ) {
        self.key = key
        self.link = link
        self.at = at
        self.node = node
        self.flag = flag
        self.address = address
        self.userAgent = userAgent
        self.referrer = referrer
        self.language = language
        self.query = query
        self.fingerprint = fingerprint
    }
}
