import Raft

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
        /// Clients whose exactly-once answers are kept.
        public var clients = 1_024
        /// Exactly-once answers kept per client.
        public var answersPerClient = 65_536
        /// A client's answers are forgotten after this long without a command, in log time.
        public var clientIdleMilliseconds: Int64 = 3_600_000
        /// The defaults.
        public init() {}
    }
}
