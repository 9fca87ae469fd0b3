import Raft

/// The thread of log.db: everything that queued meanwhile becomes one transaction with one fsync.
public final class LogWriter: Sendable {
    /// Starts the thread. Both closures run on it: `onDurable` with the id of the newest durable
    /// `Persist`, once for each transaction; `onFailure` once, after which nothing is written.
    public init(
        store: LogStore, onDurable: @escaping @Sendable (_ lastPersistID: UInt64) -> Void,
        onFailure: @escaping @Sendable (StorageError) -> Void
    ) {}
    /// Queues a write. Never blocks on the disk.
    public func submit(_ persist: Persist) {}
    /// Reads on a thread of its own, so that a follower that catches up never delays a write; the
    /// completion runs there.
    public func read(
        from: LogIndex, through: LogIndex, maxBytes: Int,
        completion: @escaping @Sendable (Result<[Entry], StorageError>) -> Void
    ) {}
    /// How long the oldest write that is not yet durable has waited; nil when there is none.
    public var oldestPending: Duration? { nil }
    /// Writes what is queued, ends the threads and closes the store. Blocks until then.
    public func close() {}
}
