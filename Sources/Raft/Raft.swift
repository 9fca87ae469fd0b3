/// One member's consensus as a value: an event in, effects out.
///
/// Every input is a method named in the past tense; what it makes necessary piles up and is handed
/// out once per turn of the caller's loop by `takeEffects`. That is where batches form: all that
/// was proposed in a turn leaves in one append per follower and one write.
///
/// The rules are those of Ongaro and Ousterhout's paper and Ongaro's dissertation, with pre-vote,
/// check-quorum, leases of a living leader, ReadIndex and leader transfer. The bytes of a snapshot
/// never pass through here: a leader says who needs one, and a follower that installed one starts
/// anew with a log whose `base` is the snapshot's end.
public struct Raft: Sendable {
    /// This member.
    public let id: NodeID
    /// Its bounds and times.
    public let limits: Limits
    /// From the newest committed configuration to the one in force.
    var configurations: [PlacedConfiguration]
    /// Set once this member knows that it is none any more: it never stands again.
    public internal(set) var isRemoved = false
    /// Its role.
    public internal(set) var role: Role = .follower
    /// Its term.
    public internal(set) var term: Term
    /// Whom it voted for in this term.
    public internal(set) var votedFor: NodeID?
    /// The leader of its term, once known.
    public internal(set) var leader: NodeID?
    /// The highest index known to be committed.
    public internal(set) var commit: LogIndex
    /// The last index handed out for application.
    public internal(set) var handedOut: LogIndex
    /// Set once this member may take part in nothing any more.
    public internal(set) var fenced: Fence?

    var log: Log
    var now: Instant
    var generator: Generator

    // Election and leases.
    /// When to stand, unless a leader is heard before.
    var electionDeadline: Instant
    /// When the leader was heard last; nil when its lease does not count.
    var leaderHeard: Instant?
    /// Answers to the present (pre-)candidacy.
    var votes: [(voter: NodeID, reply: Message.VoteReply)] = []
    /// When the present pre-candidacy began.
    var preCandidateSince: Instant
    var leaseRetriesLeft: Int
    /// A pre-vote refused for the leader's lease: granted after all if its link closes soon.
    var refusedPreVote: (message: Message, at: Instant)?
    /// The present candidacy was asked for by the leader.
    var isTransferCandidacy = false

    // Following.
    /// Our log is known to equal the leader's up to here, in this term.
    var verified: LogIndex
    /// What the leader was last told to be durable.
    var acknowledged: LogIndex = .zero

    // Leading.
    var progress: [Progress] = []
    /// Where our own first entry of this term is.
    var firstOfTerm: LogIndex = .zero
    var heartbeatDeadline: Instant
    /// Numbers the broadcasts of this office.
    var round: UInt64 = 0
    var uncommittedBytes = 0
    var newReads: [UInt64] = []
    var confirmingReads: [ConfirmingReads] = []
    var transfer: Transfer?

    // Writes and what waits for them.
    var isHardStateDirty = false
    /// The write that carried the present term and vote.
    var hardStateWrite: UInt64 = 0
    var nextWrite: UInt64 = 1
    var durableWrite: UInt64 = 0
    var writes: [Write] = []
    var held: [(write: UInt64, message: Message)] = []

    // What the next `takeEffects` hands out.
    var outgoing: [Message] = []
    var readyReads: [ReadReady] = []
    var failedReads: [UInt64] = []
    var entryRequests: [EntriesRequest] = []
    var snapshotsWanted: [NodeID] = []
    var reported: RoleChange?

    /// A write under way.
    struct Write: Sendable {
        var id: UInt64
        /// The log is durable up to here once it is done; lowered by a later truncation.
        var end: LogIndex
        var since: Instant
    }
    /// Reads that wait for answers to one broadcast.
    struct ConfirmingReads: Sendable {
        var round: UInt64
        var index: LogIndex
        var ids: [UInt64]
    }
    /// A hand-over of the leadership.
    struct Transfer: Sendable {
        var target: NodeID
        var deadline: Instant
        var isAsked = false
    }

    /// A member as it starts, from what its disk holds; `applied` is the last index of which the
    /// applied state holds the effects, `appliedTerm` its term where that is known, and
    /// `configuration` the one in force there, carried by entry `configurationIndex`. One without
    /// voters is that of a node that joins and waits to hear from a leader. Throws when it must
    /// not start.
    public init(
        id: NodeID, configuration: Configuration, configurationIndex: LogIndex = .zero,
        stored: StoredLog, applied: LogIndex,
        appliedTerm: Term? = nil, limits: Limits, seed: UInt64, now: Instant
    ) throws(Fence) {
        guard applied <= stored.last.index else {
            throw .appliedBeyondLog(applied: applied, last: stored.last.index)
        }
        log = Log(
            stored, before: appliedTerm.map { LogPosition(index: applied, term: $0) })
        guard log.anchor.index <= applied else {
            throw .tailTooShort(applied: applied, tailStart: log.anchor.index)
        }
        self.id = id
        self.limits = limits
        configurations = Self.stack(
            configuration, at: configurationIndex, stored, applied: applied)
        self.now = now
        generator = Generator(seed: seed ^ (id.rawValue &* 0x9e37_79b9_7f4a_7c15))
        term = stored.hardState.term
        votedFor = stored.hardState.votedFor
        commit = applied
        handedOut = applied
        verified = applied
        electionDeadline = now
        preCandidateSince = now
        heartbeatDeadline = now
        leaseRetriesLeft = limits.leaseRetries
        resetElectionDeadline()
        noteCommit()
        if isVoter, self.configuration.voters == [id] { standForElection(isTransfer: false) }
    }

    /// The last index in the log.
    public var lastIndex: LogIndex { log.last.index }
    /// Index and term of the last entry.
    public var lastPosition: LogPosition { log.last }
    /// Index and term just before the first entry kept on the disk.
    public var basePosition: LogPosition { log.base }
    /// The last index durable here.
    public var durableIndex: LogIndex { log.durable }
    /// The entries in memory from an index on, oldest first; for a caller that starts.
    public func entriesInMemory(from index: LogIndex) -> [Entry] {
        log.entries(
            from: max(index, log.anchor.index.next), through: log.last.index, maxEntries: .max,
            maxBytes: .max)
    }
    /// The payload of the newest command in memory.
    public var lastCommandPayload: [UInt8]? {
        var index = log.last.index
        while index > log.anchor.index {
            if log[index].kind == .command { return log[index].payload }
            index = LogIndex(index.rawValue - 1)
        }
        return nil
    }
    /// An entry if memory holds it; for the simulation.
    package func entry(at index: LogIndex) -> Entry? {
        index > log.anchor.index && index <= log.last.index ? log[index] : nil
    }
    /// Term of an entry if memory knows it.
    public func term(at index: LogIndex) -> Term? { log.term(at: index) }
    /// At a leader: the members and how far each is known to be durable, ascending by id.
    public var members: [(id: NodeID, match: LogIndex)] {
        guard role == .leader else { return [] }
        let others = progress.map { (id: $0.peer, match: $0.match) }
        return (others + [(id: id, match: log.durable)])
            .filter { configuration.contains($0.id) }.sorted { $0.id < $1.id }
    }
    /// At a leader: whether an entry of its own term is committed, so that it knows all that is.
    public var hasCommittedInTerm: Bool { role == .leader && commit >= firstOfTerm }
    /// At a leader: whether it is handing over.
    public var isTransferring: Bool { transfer != nil }

    /// Whether this member may stand. One whose removal is not committed yet must: only it may
    /// hold all that is (dissertation, section 4.2.2). It does not count itself then.
    var isVoter: Bool {
        !isRemoved && configurations.contains { $0.configuration.voters.contains(id) }
    }
    /// The other voters and learners.
    var peers: [NodeID] { configuration.members.filter { $0 != id } }
    /// The oldest write has been under way for too long (a disk that hangs).
    var isStalled: Bool {
        guard let oldest = writes.first else { return false }
        return now.since(oldest.since) >= limits.writeStall
    }
}
