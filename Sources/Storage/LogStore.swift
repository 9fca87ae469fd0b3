import CSQLite
import Raft
import Synchronization

/// The Raft log with term and vote: log.db.
///
/// One connection writes and checkpoints; `read` has a read-only one of its own. Both may be
/// used from any thread; calls of the same sort wait for each other.
///
/// What can't be noticed from this file alone: the last transaction of a WAL that was not
/// checkpointed, when exactly it was damaged (it looks like a write that a power cut tore), and a
/// file put back from a backup. `StartCheck` and the other members see most of that.
public final class LogStore: Sendable {
    /// The file.
    public let path: String
    private let writer: Mutex<LogFile?>
    private let reader: Mutex<LogFileReader?>

    /// Opens or creates the file and verifies all of it: every entry is under a chained CRC32C.
    ///
    /// - Parameters:
    ///   - tailBytes: how many payload bytes of the newest entries `StoredLog.tail` may hold.
    ///   - decodeConfiguration: reads the payload of a `.configuration` entry; nil is corruption.
    public static func open(
        path: String, identity: StoreIdentity, tailBytes: Int = 32 << 20,
        decodeConfiguration: ([UInt8]) -> Configuration?
    ) throws(StorageError) -> (store: LogStore, stored: StoredLog) {
        try open(
            path: path, identity: identity, tailBytes: tailBytes, options: .log,
            decodeConfiguration: decodeConfiguration)
    }

    /// As above, with other options.
    package static func open(
        path: String, identity: StoreIdentity, tailBytes: Int = 32 << 20, options: StoreOptions,
        decodeConfiguration: ([UInt8]) -> Configuration?
    ) throws(StorageError) -> (store: LogStore, stored: StoredLog) {
        try WALInspection.verifyAcknowledgedFrames(ofFile: path)
        let database = try Database(path: path, role: .writer(options))
        let stored: StoredLog
        let file: LogFile
        let reader: LogFileReader
        do throws(StorageError) {
            (file, stored) = try LogFile.open(
                database, identity: identity, tailBytes: tailBytes,
                decodeConfiguration: decodeConfiguration)
            reader = try LogFileReader(Database(path: path, role: .reader(options)))
        } catch {
            database.close()
            throw error
        }
        return (LogStore(path: path, file: file, reader: reader), stored)
    }

    private init(path: String, file: LogFile, reader: LogFileReader) {
        self.path = path
        self.writer = Mutex(file)
        self.reader = Mutex(reader)
    }

    /// Writes all of these in order, in one transaction with one fsync. On `.full` nothing was
    /// written and reading goes on; on any other failure the store is dead.
    public func write(_ persists: [Persist]) throws(StorageError) {
        try keepingAlive { (file) throws(StorageError) in try file.write(persists) }
    }

    /// Deletes a slice of the oldest entries: at most through `limit`, keeping a trail. Gives the
    /// new base, nil when all that may go is gone. Fails as `write` does.
    ///
    /// The caller vouches that state.db holds everything through `limit` durably.
    public func cut(
        through limit: LogIndex, keeping trail: LogTrail
    ) throws(StorageError) -> (index: LogIndex, term: Term)? {
        try keepingAlive { (file) throws(StorageError) in
            guard try file.cut(through: limit, keeping: trail) else { return nil }
            return (file.mark.base.index, file.mark.base.term)
        }
    }

    /// Notes in one transaction that the applied rows are in another file, and begins the log
    /// anew behind them unless it goes on from there. Term and vote stay.
    func install(_ record: StateRecord) throws(StorageError) {
        try keepingAlive { (file) throws(StorageError) in try file.install(record) }
    }

    /// Writes the mark as the first release did; for the test that such files open.
    package func rewriteMarkAsVersion1() throws(StorageError) {
        try keepingAlive { (file) throws(StorageError) in try file.rewriteMarkAsVersion1() }
    }

    /// The state file that an installed snapshot became; nil while it is state.db.
    public var stateRecord: StateRecord? { writer.withLock { $0?.mark.state } }
    /// How many bytes the entries hold.
    public var bytes: Int { writer.withLock { $0?.bytes ?? 0 } }

    /// The entries from one index through another, as far as they are durable and fit in
    /// `maxBytes` of payload; at least one if there is one.
    public func read(
        from: LogIndex, through: LogIndex, maxBytes: Int
    ) throws(StorageError) -> [Entry] {
        try reader.withLock { (reader) throws(StorageError) in
            guard let reader else { throw self.closed }
            return try reader.read(from: from, through: through, maxBytes: maxBytes)
        }
    }

    /// How many pages wait in the WAL to be moved into the file.
    var walPages: Int { writer.withLock { $0?.database.walPages ?? 0 } }

    /// Moves the WAL into the file, as far as readers allow; syncs both.
    func checkpoint() throws(StorageError) {
        try keepingAlive { (file) throws(StorageError) in
            _ = try file.database.checkpoint(SQLITE_CHECKPOINT_PASSIVE)
        }
    }

    /// Checkpoints and closes; later calls throw `.closed`.
    public func close() {
        reader.withLock { reader in
            reader?.database.close()
            reader = nil
        }
        writer.withLock { file in
            // Only saves time at the next open: what was written is durable already.
            _ = try? file?.database.checkpoint(SQLITE_CHECKPOINT_TRUNCATE)
            file?.database.close()
            file = nil
        }
    }

    /// Runs something that may fail for good.
    private func keepingAlive<Value: Sendable>(
        _ body: (inout LogFile) throws(StorageError) -> Value
    ) throws(StorageError) -> Value {
        let result: Result<Value, StorageError> = writer.withLock { file in
            guard file != nil else { return .failure(self.closed) }
            do throws(StorageError) {
                return .success(try body(&file!))
            } catch {
                if error.kind != .full {
                    file?.database.close()
                    file = nil
                }
                return .failure(error)
            }
        }
        return try result.get()
    }

    private var closed: StorageError {
        StorageError(.closed, file: path, "closed, or an earlier write failed")
    }
}
