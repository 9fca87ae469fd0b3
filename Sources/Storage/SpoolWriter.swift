/// The thread of spool.db: clicks that queued meanwhile are kept in one transaction.
public final class SpoolWriter: Sendable {
    /// How much may wait.
    public struct Limits: Hashable, Sendable {
        /// More clicks than this in the queue are refused.
        public var maxQueued = 100_000
        /// More clicks than this in the spool are refused (a cluster long without a leader).
        public var maxSpooled = 5_000_000
        /// The limits as given above.
        public init() {}
    }
    /// Starts the thread. `onFailure` runs on it, once; nothing is kept afterwards.
    public init(
        spool: ClickSpool, limits: Limits = Limits(),
        onFailure: @escaping @Sendable (StorageError) -> Void
    ) {}
    /// Keeps a click; the completion runs on the thread when it is kept, or with the failure.
    public func append(
        epoch: UInt64, sequence: UInt64, body: [UInt8],
        completion: @escaping @Sendable (StorageError?) -> Void
    ) {}
    /// Reads the oldest clicks after a position, behind everything queued before.
    public func next(
        after position: Int64 = 0, limit: Int,
        completion: @escaping @Sendable (Result<[SpooledRow], StorageError>) -> Void
    ) {}
    /// Forgets the clicks up to and including a position, behind everything queued before.
    public func remove(through position: Int64) {}
    /// How many clicks wait or are kept.
    public var count: Int { 0 }
    /// Keeps what is queued, ends the thread and closes the spool. Blocks until then.
    public func close() {}
}
