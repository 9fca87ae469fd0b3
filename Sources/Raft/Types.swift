/// The identity of a node for good: never reused after its removal.
public struct NodeID: RawRepresentable, Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The number given in the configuration; 0 is no node.
    public let rawValue: UInt64
    /// The node with this number.
    public init(rawValue: UInt64) { self.rawValue = rawValue }
    /// The node with this number.
    public init(_ rawValue: UInt64) { self.rawValue = rawValue }
    /// Order of the numbers.
    public static func < (a: NodeID, b: NodeID) -> Bool { a.rawValue < b.rawValue }
    /// The number.
    public var description: String { "\(rawValue)" }
}

/// A term of office: at most one leader in each (Raft, section 5.1).
public struct Term: RawRepresentable, Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The number; 0 precedes the first election.
    public let rawValue: UInt64
    /// The term with this number.
    public init(rawValue: UInt64) { self.rawValue = rawValue }
    /// The term with this number.
    public init(_ rawValue: UInt64) { self.rawValue = rawValue }
    /// Before any election.
    public static let zero = Term(0)
    /// The term after this one.
    public var next: Term { Term(rawValue + 1) }
    /// Order of the numbers.
    public static func < (a: Term, b: Term) -> Bool { a.rawValue < b.rawValue }
    /// The number.
    public var description: String { "\(rawValue)" }
}

/// A place in the log; the first entry has index 1, and 0 is before it.
public struct LogIndex: RawRepresentable, Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The number.
    public let rawValue: UInt64
    /// The index with this number.
    public init(rawValue: UInt64) { self.rawValue = rawValue }
    /// The index with this number.
    public init(_ rawValue: UInt64) { self.rawValue = rawValue }
    /// Before the first entry.
    public static let zero = LogIndex(0)
    /// The index after this one.
    public var next: LogIndex { LogIndex(rawValue + 1) }
    /// Order of the numbers.
    public static func < (a: LogIndex, b: LogIndex) -> Bool { a.rawValue < b.rawValue }
    /// The number.
    public var description: String { "\(rawValue)" }
}

/// A moment of the monotonic clock, in nanoseconds from an origin that is the caller's own.
/// The pure rooms never read a clock: moments arrive as arguments.
public struct Instant: Hashable, Comparable, Sendable {
    /// Nanoseconds since the caller's origin.
    public var nanoseconds: Int64
    /// The moment this many nanoseconds after the origin.
    public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }
    /// Order in time.
    public static func < (a: Instant, b: Instant) -> Bool { a.nanoseconds < b.nanoseconds }
    /// The moment this much later.
    public func advanced(by duration: Duration) -> Instant {
        let parts = duration.components
        return Instant(
            nanoseconds: nanoseconds + parts.seconds * 1_000_000_000
                + parts.attoseconds / 1_000_000_000)
    }
    /// The time from another moment to this one.
    public func since(_ earlier: Instant) -> Duration {
        .nanoseconds(nanoseconds - earlier.nanoseconds)
    }
}

/// One place of the log and what it holds.
public struct Entry: Hashable, Sendable {
    /// What the payload of an entry is.
    public enum Kind: UInt8, Sendable {
        /// Nothing: a new leader's first entry (Raft, section 8).
        case noop = 0
        /// A command of the state machine.
        case command = 1
        /// An encoded `Configuration`, in force from the moment it is in the log.
        case configuration = 2
    }
    /// Its place.
    public var index: LogIndex
    /// The term of the leader that made it.
    public var term: Term
    /// What the payload is.
    public var kind: Kind
    /// The bytes, opaque to Raft unless `kind` is `.configuration`.
    public var payload: [UInt8]
    /// An entry of these parts.
    public init(index: LogIndex, term: Term, kind: Kind, payload: [UInt8]) {
        self.index = index
        self.term = term
        self.kind = kind
        self.payload = payload
    }
}

/// What a node must not forget over a crash, beside its log (Raft, figure 2).
public struct HardState: Hashable, Sendable {
    /// The latest term the node has seen.
    public var term: Term
    /// The candidate it voted for in that term.
    public var votedFor: NodeID?
    /// A hard state of these parts.
    public init(term: Term = .zero, votedFor: NodeID? = nil) {
        self.term = term
        self.votedFor = votedFor
    }
}

/// What `Storage` found on the disk when the node started.
public struct StoredLog: Sendable {
    /// Term and vote as last synced.
    public var hardState: HardState
    /// Index and term just before the first kept entry: (0, 0) while the log is whole, later
    /// where it was cut or where an installed snapshot ends. All up to it is committed.
    public var base: (index: LogIndex, term: Term)
    /// Index and term of the last entry; equal to `base` when there is none.
    public var last: (index: LogIndex, term: Term)
    /// The newest entries, contiguous up to `last`: as many as the memory bound allows.
    public var tail: [Entry]
    /// The newest configuration in the log at or before `last`, if any entry carries one.
    public var configuration: (index: LogIndex, configuration: Configuration)?
    /// A stored log of these parts.
    public init(
        hardState: HardState = HardState(), base: (index: LogIndex, term: Term) = (.zero, .zero),
        last: (index: LogIndex, term: Term) = (.zero, .zero), tail: [Entry] = [],
        configuration: (index: LogIndex, configuration: Configuration)? = nil
    ) {
        self.hardState = hardState
        self.base = base
        self.last = last
        self.tail = tail
        self.configuration = configuration
    }
}

/// One write to the log that must be durable as a whole before it is reported as done.
public struct Persist: Sendable {
    /// The number to report with `persisted`; numbers ascend without gaps.
    public var id: UInt64
    /// Term and vote, when changed.
    public var hardState: HardState?
    /// Delete every entry from this index on, before appending.
    public var truncateFrom: LogIndex?
    /// Entries to append, contiguous.
    public var entries: [Entry]
    /// A write of these parts.
    public init(
        id: UInt64, hardState: HardState? = nil, truncateFrom: LogIndex? = nil,
        entries: [Entry] = []
    ) {
        self.id = id
        self.hardState = hardState
        self.truncateFrom = truncateFrom
        self.entries = entries
    }
}
