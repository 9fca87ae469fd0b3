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
        /// The leader can't read the command, most likely because it runs an older version.
        case malformed = 5
        /// This node was removed from the cluster.
        case removed = 6
        /// Another change of members, or another hand-over, is not finished yet.
        case changeInProgress = 7
        /// There is no such member, and there never was.
        case unknownMember = 8
        /// There is such a member, with another address.
        case alreadyMember = 9
        /// A new member's id must be above all that were ever used.
        case idWasUsed = 10
        /// The only voter can't be removed.
        case lastVoter = 11
        /// There are as many members as there may be.
        case tooManyMembers = 12
        /// The voters left that can be reached would be no majority: nothing could be decided.
        case wouldLoseQuorum = 13
        /// A member's address is empty or longer than an address may be.
        case badAddress = 14
        /// Only a voter can lead.
        case notVoter = 15
        /// The member that should lead, or every other voter, was not heard lately.
        case unreachable = 16
        /// The cluster's feature level is too low for the command.
        case needsLevel = 17
        /// The leader does not know the feature level asked for.
        case unknownLevel = 18
        /// A member does not know the feature level asked for, or can't be reached to tell.
        case memberTooOld = 19
        /// The disks of so many nodes are full that no majority could write.
        case noRoom = 20
    }
}
