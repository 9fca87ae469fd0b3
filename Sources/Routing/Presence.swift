import Wire

/// Whether an agent may be given new sessions now, in one word for the console.
public enum Presence: UInt8, Hashable, Sendable, CaseIterable {
    /// Signed in, a console page visible (or hidden for less than the grace), not away.
    case receiving = 0
    /// Connected, every page hidden for longer than the grace.
    case hidden = 1
    /// The agent said so.
    case away = 2
    /// No console connection, or not signed in.
    case offline = 3
}

/// A console connection and its lease.
public struct Connection: Hashable, Sendable {
    /// Its name over the whole cluster.
    public struct Key: Hashable, Comparable, Sendable {
        /// The incarnation of the node that holds it.
        public var incarnation: UInt64
        /// That node's number for it.
        public var number: UInt64
        /// A key of these parts.
        public init(incarnation: UInt64, number: UInt64) {
            self.incarnation = incarnation
            self.number = number
        }
        /// By incarnation, then number.
        public static func < (a: Key, b: Key) -> Bool {
            (a.incarnation, a.number) < (b.incarnation, b.number)
        }
    }
    /// Its name.
    public let key: Key
    /// The node that holds it.
    public let node: UInt64
    /// Whose.
    public let agent: AgentID
    /// When every fact about it lapses unless renewed.
    public internal(set) var expires: LogTime
    /// Since when its page is hidden; nil while it is visible.
    public internal(set) var hiddenSince: LogTime?
    /// Whether the browser grants notifications.
    public internal(set) var mayNotify: Bool
    /// The last log index that the page showed.
    public internal(set) var shownIndex: UInt64

    /// A lease lives this long after a renewal: three pings of ten seconds and some.
    public static let leaseMilliseconds: Int64 = 35_000
}
