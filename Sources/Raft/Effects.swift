/// What a member is in its term.
public enum Role: UInt8, Hashable, Sendable {
    /// Takes entries from a leader, or waits for one.
    case follower = 0
    /// Asks whether it would be elected; its term has not changed.
    case preCandidate = 1
    /// Asks for votes.
    case candidate = 2
    /// Decides the order of entries.
    case leader = 3
}

/// Why a proposal was not taken. None of its bytes are in any log.
public enum ProposalRefused: Error, Hashable, Sendable {
    /// Only a leader takes proposals.
    case notLeader
    /// The leader is handing over.
    case transferring
    /// Too much is uncommitted; try later.
    case overloaded
    /// The entry is larger than any may be.
    case tooLarge
    /// This member was fenced and takes part in nothing.
    case fenced
}

/// Why a hand-over was not begun.
public enum TransferRefused: UInt8, Error, Hashable, Sendable {
    /// Only a leader hands over.
    case notLeader = 0
    /// It is handing over to another.
    case inProgress = 1
    /// Only a voter can lead.
    case notVoter = 2
    /// The member, or every other voter, was not heard lately.
    case unreachable = 3
}

/// A state of the disk from which a member must not start or go on: acknowledged entries are gone.
public enum Fence: Error, Hashable, Sendable, CustomStringConvertible {
    /// The applied state is ahead of the log: the log lost its end.
    case appliedBeyondLog(applied: LogIndex, last: LogIndex)
    /// The leader knows entries to have been durable here that are not here.
    case leaderRemembersMore(remembered: LogIndex, last: LogIndex)
    /// The entries loaded into memory begin after the applied index: load a longer tail.
    case tailTooShort(applied: LogIndex, tailStart: LogIndex)

    /// One line for the operator.
    public var description: String {
        switch self {
        case .appliedBeyondLog(let applied, let last):
            "the state is applied up to \(applied) but the log ends at \(last): its end is lost"
        case .leaderRemembersMore(let remembered, let last):
            "the leader knows entry \(remembered) to have been durable here "
                + "but the log ends at \(last)"
        case .tailTooShort(let applied, let tailStart):
            "the log in memory begins at \(tailStart), after the applied index \(applied)"
        }
    }
}

extension Raft {
    /// What the caller must do now, in this order: start the write, send, apply, read.
    public struct Effects: Sendable {
        /// Start this write and report `persisted(id:)` when it is durable. Writes are durable in
        /// the order of their ids.
        public var persist: Persist?
        /// May be sent at once; what depends on a write was held back until it was durable.
        public var send: [Message] = []
        /// Committed and durable here: apply in order.
        public var committed: [Entry] = []
        /// More could be applied: call `takeEffects` again soon.
        public var moreToApply = false
        /// Reads that may be served once `index` is applied here.
        public var reads: [ReadReady] = []
        /// Reads that can't be served here: not the leader, or not any more.
        public var failedReads: [UInt64] = []
        /// Read these from the disk and report `entriesRead` or `entriesReadFailed`.
        public var readEntries: [EntriesRequest] = []
        /// These followers need entries that the log has no more. Send each a snapshot and report
        /// `snapshotSent` or `snapshotFailed`; named once per need.
        public var snapshotsWanted: [NodeID] = []
        /// Role, term or leader changed since the last time.
        public var change: RoleChange?
        /// This member must stop: acknowledged entries are missing here.
        public var fenced: Fence?
        /// This member was removed from the cluster and knows it.
        public var isRemoved = false
        /// When `timeAdvanced` is needed at the latest.
        public var nextDeadline: Instant?
        /// No effects.
        public init() {}
    }

    /// A read that a quorum confirmed.
    public struct ReadReady: Hashable, Sendable {
        /// As given to `readRequested`.
        public var id: UInt64
        /// The state must be applied up to here before it is read.
        public var index: LogIndex
        /// A read of these parts.
        public init(id: UInt64, index: LogIndex) {
            self.id = id
            self.index = index
        }
    }

    /// Entries that are in the log on the disk and no more in memory.
    public struct EntriesRequest: Hashable, Sendable {
        /// The first wanted.
        public var from: LogIndex
        /// The last wanted; fewer may be given, as far as `maxBytes` goes.
        public var through: LogIndex
        /// How many payload bytes at most; two entries always fit.
        public var maxBytes: Int
    }

    /// Who leads, as far as this member knows.
    public struct RoleChange: Hashable, Sendable {
        /// This member's role.
        public var role: Role
        /// Its term.
        public var term: Term
        /// The leader of that term, once known.
        public var leader: NodeID?
        /// A change to these.
        public init(role: Role, term: Term, leader: NodeID?) {
            self.role = role
            self.term = term
            self.leader = leader
        }
    }
}
