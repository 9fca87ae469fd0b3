extension Raft {
    /// Every bound and time of the protocol, by name.
    public struct Limits: Hashable, Sendable {
        /// A follower that hears nothing for between one and two of these stands; a leader that
        /// hears no quorum for one steps down; a lease lasts one.
        public var electionTimeout: Duration = .milliseconds(150)
        /// How often a leader without other news speaks.
        public var heartbeatInterval: Duration = .milliseconds(30)
        /// After a leader's link closed, the follower of rank r stands after r of these.
        public var candidacyStagger: Duration = .milliseconds(15)
        /// A candidacy refused for a living leader is repeated within this time.
        public var leaseRetry: Duration = .milliseconds(20)
        /// How many such repetitions before the ordinary timeout is kept again.
        public var leaseRetries = 10
        /// Payload bytes in one append; a single larger entry goes alone.
        public var appendBytes = 1 << 20
        /// Entries in one append.
        public var appendEntries = 4_096
        /// Appends with entries under way to one follower. Small, so that waiting makes batches.
        public var appendWindow = 2
        /// Payload bytes of one entry.
        public var entryBytes = 1 << 20
        /// Entries that a leader accepts beyond the commit index.
        public var uncommittedEntries = 65_536
        /// Payload bytes that a leader accepts beyond the commit index.
        public var uncommittedBytes = 64 << 20
        /// Entries handed out for application by one `takeEffects`.
        public var committedEntries = 4_096
        /// Payload bytes handed out for application by one `takeEffects`.
        public var committedBytes = 4 << 20
        /// Entries kept in memory once they are committed, durable and applied.
        public var tailEntries = 65_536
        /// Payload bytes kept in memory once they are committed, durable and applied.
        public var tailBytes = 32 << 20
        /// Reads waiting for confirmation.
        public var pendingReads = 16_384
        /// A leader whose oldest write is not durable after this long steps down.
        public var writeStall: Duration = .seconds(2)
        /// An answer to `readEntries` that is missing for this long is asked for again.
        public var readPatience: Duration = .seconds(2)
        /// How soon after a failed read the entries are asked for again.
        public var readRetry: Duration = .milliseconds(100)
        /// A snapshot of which nothing is heard for this long is given up: the follower is probed
        /// again.
        public var snapshotPatience: Duration = .seconds(60)
        /// How soon after a failed snapshot the next is wanted for the same follower.
        public var snapshotRetry: Duration = .seconds(1)
        /// Whether a leader makes learners voters by itself.
        public var promotesLearners = true
        /// A learner is made a voter when it lacks no more entries than this.
        public var promotionDistance = 1_024
        /// How long a leader goes on telling a removed member, which may be away, that it is out.
        public var farewell: Duration = .seconds(5)
        /// The defaults.
        public init() {}
    }
}
