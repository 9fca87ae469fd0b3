import Raft
import Routing

extension Replica {
    /// What the node must do now, in this order: start the write, send, store the rows, answer.
    public struct Effects: Sendable {
        /// Start this write of log.db and report `persisted(id:)` once it is durable.
        public var persist: Persist?
        /// One frame per peer at most. Where there is no link the frame is dropped.
        public var send: [(to: NodeID, frame: [UInt8])] = []
        /// Requests that ended.
        public var answers: [(request: RequestID, answer: Answer)] = []
        /// Row changes of the entries applied now, in order; belong together with `mark`.
        public var rows: [RowChange] = []
        /// What consoles and the sender should look at, with the entry that did it.
        public var events: [(index: LogIndex, event: Event)] = []
        /// How far the state is applied now; nil if nothing was applied.
        public var mark: Mark?
        /// Read these entries from log.db and report `entriesRead` or `entriesReadFailed`.
        public var readEntries: [Raft.EntriesRequest] = []
        /// These followers need entries that log.db has no more: send each a copy of state.db,
        /// report `snapshotProgressed` now and then, and in the end `snapshotSent` or
        /// `snapshotFailed`. Named once per need, and again a second after a failure; one whose
        /// transfer still runs may be ignored.
        public var snapshotsWanted: [NodeID] = []
        /// The members changed, or are told for the first time: open and close links, keep the
        /// addresses. It is what the newest configuration in the log says, committed or not. Keep
        /// the link to one that is gone for `Raft.Limits.farewell`, so that it hears of it.
        public var configurationChanged: Configuration?
        /// This node was removed from the cluster: told once. It takes part in nothing any more
        /// and should end.
        public var removed = false
        /// Role, term or leader changed.
        public var change: Raft.RoleChange?
        /// Things an operator should know; never needed by the protocol.
        public var notices: [Notice] = []
        /// The node must stop: log this and exit. Nothing more is done by the replica.
        public var failure: Failure?
        /// There is more to do at once: call `takeEffects` again after handling these.
        public var runAgain = false
        /// When `timeAdvanced` is needed at the latest.
        public var nextDeadline: Instant?
        /// No effects.
        public init() {}
    }

    /// How far the state is applied; stored with the rows in one transaction.
    public struct Mark: Hashable, Sendable {
        /// The last entry applied.
        public var index: LogIndex
        /// Its term.
        public var term: Term
        /// The rolling digest over all row changes up to it.
        public var digest: UInt64
        /// The replica's own scalars, opaque to the store; `Meta` reads them.
        public var meta: [UInt8]
        /// A mark of these parts; the default is the empty state's.
        public init(
            index: LogIndex = .zero, term: Term = .zero, digest: UInt64 = 0, meta: [UInt8] = []
        ) {
            self.index = index
            self.term = term
            self.digest = digest
            self.meta = meta
        }
    }

    /// Something an operator should know.
    public enum Notice: Hashable, Sendable {
        /// A peer's frame, or a command in it, could not be understood: it was dropped, or the
        /// command refused.
        case badFrame(from: NodeID, String)
        /// This peer's digest differs at this index, where a majority agrees with ours.
        case peerDiverged(NodeID, index: LogIndex)
        /// States differ and no majority agrees: requests are refused.
        case noMajorityAgrees(index: LogIndex)
        /// This node leads with little room on its disk and lets this one lead instead.
        case handsOverForRoom(to: NodeID)
    }

    /// Why the node must stop.
    public enum Failure: Error, Hashable, Sendable, CustomStringConvertible {
        /// Acknowledged entries are missing in this node's log.
        case fenced(Fence)
        /// A majority has another digest at this index: this node's state is wrong.
        case diverged(index: LogIndex, mine: UInt64, theirs: UInt64)
        /// A committed entry that this version can't read, most likely from a newer one.
        case unreadableEntry(index: LogIndex, String)
        /// A committed entry of a feature level that this node does not apply.
        case newerLevel(index: LogIndex, FeatureLevel)

        /// Whether only a newer release can go on from here.
        public var isNewerRelease: Bool {
            switch self {
            case .unreadableEntry, .newerLevel: true
            case .fenced, .diverged: false
            }
        }

        /// One line for the operator.
        public var description: String {
            switch self {
            case .fenced(let fence): fence.description
            case .diverged(let index, let mine, let theirs):
                "at entry \(index) this node's digest \(mine) differs from the majority's \(theirs)"
            case .unreadableEntry(let index, let what):
                "entry \(index) can't be read by this release: \(what); it is most likely of a "
                    + "newer one: run that here"
            case .newerLevel(let index, let level):
                "entry \(index) is of feature level \(level), which this release does not know; "
                    + "run a newer release here"
            }
        }
    }

    /// What `status` and metrics show.
    public struct Status: Sendable {
        /// This node's role.
        public var role: Role
        /// Its term.
        public var term: Term
        /// The leader, once known.
        public var leader: NodeID?
        /// The highest index known to be committed.
        public var commit: LogIndex
        /// The last index that another node told to have applied; nil before any did since the
        /// start.
        public var heard: LogIndex?
        /// The last index applied here.
        public var applied: LogIndex
        /// The last index durable here.
        public var durable: LogIndex
        /// The last index in the log here.
        public var last: LogIndex
        /// The digest at `applied`.
        public var digest: UInt64
        /// At the leader: each member and how far it is known to be durable; otherwise empty.
        public var members: [(id: NodeID, match: LogIndex)]
        /// Requests of this node that have no answer yet.
        public var pendingRequests: Int
        /// The log's time now, as far as this node can tell.
        public var logTime: LogTime
        /// States differ and no majority agrees.
        public var isSuspended: Bool
        /// Who takes part, by the newest entry here that says so.
        public var configuration: Configuration
        /// Whether that entry is known to be committed.
        public var isConfigurationCommitted: Bool
        /// This node was removed from the cluster.
        public var isRemoved: Bool
        /// The feature level in force here.
        public var level: FeatureLevel
        /// The members that can be reached from here, this node included, and the highest level
        /// that each applies.
        public var newestLevels: [(id: NodeID, newest: FeatureLevel)]
        /// It leads and the disks of so many voters are full that no majority could write.
        public var lacksRoom: Bool
    }
}
