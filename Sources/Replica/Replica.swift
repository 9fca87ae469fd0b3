import Raft
import Routing
import Wire

/// One node's whole protocol as a value: consensus, the replicated state, and the requests of this
/// node's endpoints on their way into the log and back. An event in, effects out.
///
/// A command goes to the leader, whoever that is by then; it is answered here when this node
/// applies its entry, so that whoever asked reads what it wrote. When the leader changes, requests
/// without an answer are sent again: what must not be done twice is found in the answer table.
public struct Replica: Sendable {
    /// This node.
    public let id: NodeID
    /// What is replicated, as applied here.
    public internal(set) var state: ReplicatedState
    /// How far the state is applied.
    public internal(set) var mark: Mark
    /// Set once the node must stop.
    public internal(set) var failure: Failure?

    package internal(set) var limits: Limits
    let incarnation: UInt64
    package internal(set) var raft: Raft
    var now: Instant
    var wall: LogTime

    // Log time.
    var clock: LogClock
    /// Which entries tell the log's time.
    var entryAge = EntryAge()
    /// The time of the last applied entry.
    var appliedTime: LogTime
    /// The newest configuration among the applied entries.
    var appliedConfiguration: Mark.Meta.Members
    /// As leader: the last time stamped.
    var stampedTime = LogTime(milliseconds: 0)
    /// As leader: the last entry proposed to let time pass.
    var advanceIndex = LogIndex.zero
    /// As leader: the term whose epoch was proposed.
    var epochProposed: Term?
    /// As leader: the last entry proposed to raise the level.
    var raisedIndex = LogIndex.zero
    /// The highest level that each peer with a link applies, as its handshake told.
    package var newestLevels: [NodeID: FeatureLevel] = [:]

    // Requests of this node.
    var pending = PendingRequests()
    /// The first sequence that the present leader was not sent yet.
    var forwardFrom: UInt64 = 1
    /// When a request was last answered by an entry, or one was sent after none was waiting.
    var lastProgress: Instant
    /// Nothing is sent before, after a refusal.
    var forwardNotBefore: Instant?
    var reads = PendingReads()
    /// As leader: whose read each of Raft's is.
    var askedReads: [UInt64: ReadOrigin] = [:]
    var nextRaftRead: UInt64 = 1
    var errands = PendingErrands()
    var isLeaving = false
    var isSuspended = false
    var isRemoved = false
    /// How much room our disk has, and those of peers that told since their link opened.
    var room = Room.ok
    var peerRooms: [NodeID: Room] = [:]
    /// As leader with little room: no hand-over is tried before.
    var handOverNotBefore: Instant?
    /// The configuration that the parts follow, and the one that the caller was told.
    var followedConfiguration = Configuration(voters: [])
    var toldConfiguration: Configuration?

    var frameNumbers: FrameNumbers
    var watch: DigestWatch
    var saidVerdict = DigestWatch.Verdict.fine
    var office = Raft.RoleChange(role: .follower, term: .zero, leader: nil)

    // What the next `takeEffects` hands out.
    var answers: [(request: RequestID, answer: Answer)] = []
    var notices: [Notice] = []
    var outgoing: [(to: NodeID, message: PeerMessage)] = []
    var applied = Applied()

    /// Who wants a read confirmed.
    struct ReadOrigin: Sendable {
        var node: NodeID
        var client: UInt64
        var id: UInt64
    }

    /// A node as it starts, from what its disk holds. `incarnation` is random for each start,
    /// also for one in place: requests are numbered within it. `configuration` counts only until
    /// one was stored: the mark's and the log's beat it. Throws when acknowledged entries are
    /// missing; the node must not start then.
    public init(
        id: NodeID, incarnation: UInt64, configuration: Configuration, stored: StoredLog,
        state: ReplicatedState, mark: Mark, limits: Limits, seed: UInt64, now: Instant,
        wall: LogTime
    ) throws(Fence) {
        self.id = id
        self.incarnation = incarnation
        self.limits = limits
        self.state = state
        self.mark = mark
        self.now = now
        self.wall = wall
        let meta = Mark.Meta(mark.meta)
        appliedTime = meta?.time ?? LogTime(milliseconds: 0)
        appliedConfiguration =
            meta?.members
            ?? Mark.Meta.Members(index: .zero, configuration: configuration)
        raft = try Raft(
            id: id, configuration: appliedConfiguration.configuration,
            configurationIndex: appliedConfiguration.index, stored: stored, applied: mark.index,
            appliedTerm: mark.term, limits: limits.raft, seed: seed, now: now)
        lastProgress = now
        clock = LogClock(last: appliedTime, now: now)
        frameNumbers = FrameNumbers()
        watch = DigestWatch(
            capacity: limits.rememberedDigests,
            applied: .init(index: mark.index, digest: mark.digest))
        adoptConfiguration()
    }

    /// Indexes, role and members for people and metrics.
    public var status: Status {
        Status(
            role: raft.role, term: raft.term, leader: raft.leader, commit: raft.commit,
            heard: watch.newestHeard, applied: mark.index, durable: raft.durableIndex,
            last: raft.lastIndex, digest: mark.digest, members: raft.members,
            pendingRequests: pending.count + reads.count + errands.all.count,
            logTime: clock.time(at: now, wall: wall), isSuspended: isSuspended,
            configuration: raft.configuration,
            isConfigurationCommitted: raft.configurationIndex <= raft.commit,
            isRemoved: isRemoved, level: state.routing.level,
            newestLevels: raft.configuration.members.compactMap { member in
                newestLevel(of: member).map { (member, $0) }
            }, lacksRoom: lacksRoom)
    }

    /// The log's time now, as far as this node can tell.
    public var logTime: LogTime { clock.time(at: now, wall: wall) }

    /// Our digest after an entry, if it is remembered; for the simulation.
    package func digest(at index: LogIndex) -> UInt64? { watch.digest(at: index) }

    /// For the simulation: applies a command that is in no log, as a bug or a flipped bit would
    /// change the state. Digest and rows show it only where later entries touch it.
    package mutating func misapply(_ command: Command) {
        var unseen = Applied()
        _ = state.routing.apply(
            command, at: Int64(mark.index.rawValue), time: appliedTime, into: &unseen)
    }

    /// Whether an orderly shutdown may end the process: another leads, or nobody could.
    public var mayLeave: Bool { raft.role != .leader || raft.configuration.voters == [id] }

    /// Follows the newest configuration in the log.
    mutating func adoptConfiguration() {
        let configuration = raft.configuration
        frameNumbers.follow(configuration, committed: raft.committedConfiguration, but: id)
        watch.follow(configuration, but: id)
        followedConfiguration = configuration
    }

    /// Traps if the state contradicts itself; for tests and simulations, after every step.
    public func checkInvariants() {
        raft.checkInvariants()
        pending.checkInvariants()
        reads.checkInvariants()
        precondition(mark.index == raft.handedOut || failure != nil)
        precondition(forwardFrom <= pending.next)
    }
}
