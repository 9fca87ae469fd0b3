/// What one member tells another.
///
/// `term` is the sender's own current term, also in pre-votes, where the term that the sender
/// would stand in travels beside it: so the rule "a higher term is adopted" needs only one
/// exception, that a pre-vote never changes a term.
public struct Message: Hashable, Sendable {
    /// Who says it.
    public var from: NodeID
    /// To whom.
    public var to: NodeID
    /// The sender's current term.
    public var term: Term
    /// What is said.
    public var body: Body
    /// A message of these parts.
    public init(from: NodeID, to: NodeID, term: Term, body: Body) {
        self.from = from
        self.to = to
        self.term = term
        self.body = body
    }

    /// What can be said.
    public enum Body: Hashable, Sendable {
        /// Would you vote for me in this term? Changes nothing at the receiver (dissertation, 9.6).
        case preVote(proposed: Term, log: LogPosition)
        /// The answer to a pre-vote for that term.
        case preVoteReply(proposed: Term, VoteReply)
        /// Vote for me in `term` (Raft, section 5.2). `isTransfer`: the leader asked me to stand,
        /// so its lease does not count.
        case vote(log: LogPosition, isTransfer: Bool)
        /// The answer to a vote request of `term`.
        case voteReply(VoteReply)
        /// Entries, and the commit index (Raft, section 5.3).
        case append(Append)
        /// What became of an append.
        case appendReply(AppendReply)
        /// I lead, you hold everything up to `match` durably as far as I know, and this much of
        /// that is committed. `round` numbers the broadcasts of one office; it confirms reads.
        case heartbeat(commit: LogIndex, match: LogIndex, round: UInt64)
        /// I follow you. `match` is durable here, `accepted` is in memory here; both verified
        /// against this leader's log in this term.
        case heartbeatReply(round: UInt64, match: LogIndex, accepted: LogIndex)
        /// Stand at once: your log is complete and I hand over (dissertation, 3.10).
        case timeoutNow
        /// You are no member any more, and never will be one again: the committed configuration
        /// of entry `index` excludes you. The answer to a candidate that does not know it.
        case removed(index: LogIndex)
    }

    /// Entries for a follower's log.
    public struct Append: Hashable, Sendable {
        /// The entry just before the first of `entries`.
        public var previous: LogPosition
        /// Contiguous, from `previous.index + 1`.
        public var entries: [Entry]
        /// The leader's commit index.
        public var commit: LogIndex
        /// Whether an answer is wanted even if there is nothing new to say.
        public var isProbe: Bool
        /// An append of these parts.
        public init(
            previous: LogPosition, entries: [Entry], commit: LogIndex, isProbe: Bool = false
        ) {
            self.previous = previous
            self.entries = entries
            self.commit = commit
            self.isProbe = isProbe
        }
        /// The last index that the receiver shares with the leader after accepting it.
        public var lastIndex: LogIndex { LogIndex(previous.index.rawValue + UInt64(entries.count)) }
    }

    /// What became of an append.
    public enum AppendReply: Hashable, Sendable {
        /// The same as the leader's up to `accepted`, and durable here up to `match`.
        case matched(LogIndex, accepted: LogIndex)
        /// There is no such entry here as the append's `previous`; the last one here that may be
        /// the leader's too is `hint`.
        case rejected(previous: LogIndex, hint: LogPosition)
    }

    /// A voter's answer.
    public enum VoteReply: UInt8, Hashable, Sendable {
        /// Yes.
        case granted = 0
        /// No: voted for another, or the candidate's log lacks something.
        case refused = 1
        /// No: a leader is alive as far as I can see.
        case leaderIsAlive = 2
    }
}

/// The place and term of an entry. The order is "more up to date" (Raft, section 5.4.1).
public struct LogPosition: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The entry's index.
    public var index: LogIndex
    /// The entry's term.
    public var term: Term
    /// A position of these parts.
    public init(index: LogIndex, term: Term) {
        self.index = index
        self.term = term
    }
    /// Before the first entry.
    public static let zero = LogPosition(index: .zero, term: .zero)
    /// By term, then index.
    public static func < (a: LogPosition, b: LogPosition) -> Bool {
        (a.term, a.index) < (b.term, b.index)
    }
    /// Index and term.
    public var description: String { "\(index)@\(term)" }
}
