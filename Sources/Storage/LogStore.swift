import Raft

/// The Raft log with term and vote: log.db.
///
/// One connection writes and checkpoints; `read` has a read-only one of its own. Both may be
/// used from any thread, one call at a time each.
public final class LogStore: Sendable {
    /// Opens or creates the file and verifies all of it: every entry is under a chained CRC32C.
    ///
    /// - Parameters:
    ///   - tailBytes: how many payload bytes of the newest entries `StoredLog.tail` may hold.
    ///   - decodeConfiguration: reads the payload of a `.configuration` entry; nil is corruption.
    public static func open(
        path: String, identity: StoreIdentity, tailBytes: Int = 32 << 20,
        decodeConfiguration: ([UInt8]) -> Configuration?
    ) throws(StorageError) -> (store: LogStore, stored: StoredLog) {
        throw StorageError(.closed, file: path, "not there yet")
    }
    private init() {}

    /// Writes all of these in order, in one transaction with one fsync. On `.full` nothing was
    /// written and reading goes on; on any other failure the store is dead.
    public func write(_ persists: [Persist]) throws(StorageError) {
        throw StorageError(.closed, file: "", "not there yet")
    }
    /// The entries from one index through another, as far as they are durable and fit in
    /// `maxBytes` of payload; at least one if there is one.
    public func read(
        from: LogIndex, through: LogIndex, maxBytes: Int
    ) throws(StorageError) -> [Entry] {
        throw StorageError(.closed, file: "", "not there yet")
    }
    /// Checkpoints and closes; later calls throw `.closed`.
    public func close() {}
}
