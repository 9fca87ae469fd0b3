import Raft
import Routing

extension Replica {
    /// Every bound and time of the replica, by name.
    public struct Limits: Hashable, Sendable {
        /// The consensus core's own.
        public var raft = Raft.Limits()
        /// Requests of this node without an answer; more are refused.
        public var pendingRequests = 16_384
        /// Payload bytes of these.
        public var pendingBytes = 64 << 20
        /// Command bytes that one forwarding frame carries; the rest follows in the next turn.
        public var forwardBytes = 1 << 20
        /// Digests remembered, to compare with a peer that is ahead or behind by fewer entries.
        public var rememberedDigests = 4_096
        /// A read that no leader answered in this time is asked again.
        public var readRetry: Duration = .milliseconds(100)
        /// Requests of another node that its leader refused are sent again after this time.
        public var forwardRetry: Duration = .milliseconds(20)
        /// When the leader answers nothing for this long, what it was sent is sent again: links
        /// lose nothing while they are open, so this is a net below the net.
        public var forwardResend: Duration = .seconds(1)
        /// Sequences between the oldest request without an answer and the newest.
        public var pendingSpan = 262_144
        /// Changes of members and hand-overs of this node without an answer; more are refused.
        public var pendingErrands = 16
        /// A leader that is not ready for such a request is asked again after this time.
        public var errandRetry: Duration = .milliseconds(100)
        /// One that says nothing is asked again after this time.
        public var errandResend: Duration = .seconds(1)
        /// The highest feature level that this node applies.
        public var newestLevel = FeatureLevel.newest
        /// A leader with little room on its disk that could not hand over tries again after this.
        public var roomRetry: Duration = .seconds(1)
        /// The defaults.
        public init() {}
    }
}
