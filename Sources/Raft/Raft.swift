/// One member's consensus as a value: an event in, effects out. Skeleton; bodies follow.
public struct Raft: Sendable {
    /// This member.
    public let id: NodeID
    /// Its role.
    public private(set) var role: Role = .follower
    /// Its term.
    public private(set) var term: Term = .zero
    /// The leader of its term, once known.
    public private(set) var leader: NodeID?

    /// A member as it starts, from what its disk holds.
    public init(
        id: NodeID, configuration: Configuration, stored: StoredLog, applied: LogIndex,
        limits: Limits, seed: UInt64, now: Instant
    ) throws(Fence) {
        self.id = id
    }
    /// Time has come to `now`; never goes back.
    public mutating func timeAdvanced(to now: Instant) {}
    /// A message came.
    public mutating func received(_ message: Message) {}
    /// A command to append; its index, should it be committed in this term.
    public mutating func proposed(_ payload: [UInt8]) throws(ProposalRefused) -> LogIndex {
        throw .notLeader
    }
    /// A linearizable read is wanted; `id` is answered in `reads` or `failedReads`.
    public mutating func readRequested(id: UInt64) {}
    /// The write of this number, and all before it, are durable.
    public mutating func persisted(id: UInt64) {}
    /// The link to a member closed: what was under way may be lost.
    public mutating func linkClosed(to peer: NodeID) {}
    /// The link to a member opened.
    public mutating func linkOpened(to peer: NodeID) {}
    /// Entries that `readEntries` asked for.
    public mutating func entriesRead(_ entries: [Entry], from: LogIndex) {}
    /// Hand the leadership to a member, or to the best one.
    public mutating func transferRequested(to peer: NodeID?) {}
    /// What must be done; call once per turn of the loop, after all of the turn's events.
    public mutating func takeEffects() -> Effects { Effects() }
    /// Traps if the state contradicts itself.
    public func checkInvariants() {}
}
