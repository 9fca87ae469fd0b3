import Raft
import Routing
import Wire

/// One node's whole protocol as a value: an event in, effects out. Skeleton; bodies follow.
public struct Replica: Sendable {
    /// This node.
    public let id: NodeID
    /// What is replicated, as applied here.
    public private(set) var state = ReplicatedState()
    /// How far the state is applied.
    public private(set) var mark = Mark()
    /// Indexes, role and members for people and metrics.
    public var status: Status {
        Status(
            role: .follower, term: .zero, leader: nil, commit: .zero, applied: .zero,
            durable: .zero, last: .zero, digest: 0, members: [], pendingRequests: 0,
            logTime: LogTime(milliseconds: 0), isSuspended: false)
    }
    /// Whether an orderly shutdown may end the process: another leads, or nobody could.
    public var mayLeave: Bool { true }

    /// A node as it starts, from what its disk holds. `incarnation` is random for each start of
    /// the process. Throws when acknowledged entries are missing; the node must not start then.
    public init(
        id: NodeID, incarnation: UInt64, configuration: Configuration, stored: StoredLog,
        state: ReplicatedState, mark: Mark, limits: Limits, seed: UInt64, now: Instant,
        wall: LogTime
    ) throws(Fence) {
        self.id = id
    }

    /// Time has come to `now`, the wall clock to `wall`. Call at the beginning of each turn of the
    /// loop, and at `nextDeadline`.
    public mutating func timeAdvanced(to now: Instant, wall: LogTime) {}
    /// A frame came from a peer.
    public mutating func received(_ frame: [UInt8], from peer: NodeID) {}
    /// The link to a peer opened.
    public mutating func linkOpened(to peer: NodeID) {}
    /// The link to a peer closed, or could not be opened.
    public mutating func linkClosed(to peer: NodeID) {}
    /// The write of this number, and all before it, are durable.
    public mutating func persisted(id: UInt64) {}
    /// Entries that `readEntries` asked for; `from` is as asked.
    public mutating func entriesRead(_ entries: [Entry], from: LogIndex) {}
    /// An endpoint of this node wants a command done. While there is no leader it waits until the
    /// deadline.
    public mutating func submitted(
        _ command: Command, request: RequestID, deadline: Instant
    ) {}
    /// An endpoint of this node wants to read what is not older than any acknowledged write.
    public mutating func readRequested(_ request: RequestID, deadline: Instant) {}
    /// An orderly shutdown begins: hand over the leadership, take nothing new.
    public mutating func leaveRequested() {}
    /// What must be done; call once per turn of the loop, after all of the turn's events.
    public mutating func takeEffects() -> Effects { Effects() }
    /// Traps if the state contradicts itself.
    public func checkInvariants() {}
}
