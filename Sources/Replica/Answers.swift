import Raft
import Routing

/// The caller's own name for a request to its replica; unique within the process.
public struct RequestID: RawRepresentable, Hashable, Comparable, Sendable {
    /// The number.
    public let rawValue: UInt64
    /// The request with this number.
    @inlinable public init(rawValue: UInt64) { self.rawValue = rawValue }
    /// The request with this number.
    @inlinable public init(_ rawValue: UInt64) { self.rawValue = rawValue }
    /// Order of the numbers.
    @inlinable public static func < (a: RequestID, b: RequestID) -> Bool {
        a.rawValue < b.rawValue
    }
}

/// How a request ended. Each request has exactly one answer.
public enum Answer: Hashable, Sendable {
    /// Committed and applied at this node; `index` is the entry that did it.
    case applied(index: LogIndex, Outcome)
    /// A linearizable read may be served from the state now; it is applied up to `index`.
    case readable(index: LogIndex)
    /// Definitely not in the log, and never will be.
    case refused(Why)
    /// The deadline passed; it may still be committed.
    case unknown

    /// Why a request was refused.
    public enum Why: UInt8, Hashable, Sendable {
        /// No leader was found before the deadline.
        case noLeader = 0
        /// A bound of this node or of the leader was reached; try later.
        case overloaded = 1
        /// This node is shutting down.
        case shuttingDown = 2
        /// The command is larger than an entry may be.
        case tooLarge = 3
        /// The nodes' states differ and no majority agrees: nothing is assigned.
        case diverged = 4
    }
}
