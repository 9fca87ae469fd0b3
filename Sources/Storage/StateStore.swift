import CSQLite
import Raft
import Routing
import Synchronization

/// Up to where the log was applied, kept in the same transaction as the rows.
public struct AppliedMark: Hashable, Sendable {
    /// The last applied index.
    public var index: LogIndex
    /// That entry's term.
    public var term: Term
    /// The rolling digest over all row changes so far.
    public var digest: UInt64
    /// What `Replica` wants to find again; opaque here.
    public var meta: [UInt8]
    /// A mark of these parts.
    public init(
        index: LogIndex = .zero, term: Term = .zero, digest: UInt64 = 0, meta: [UInt8] = []
    ) {
        self.index = index
        self.term = term
        self.digest = digest
        self.meta = meta
    }
}

/// The rows of what was applied: state.db. Knows tables and keys, no meaning.
///
/// Each row carries a CRC32C over table, key and value, and beside the mark stands what the rows of
/// each table add up to: so a row that is missing as a whole is noticed too, when the table is
/// loaded and by the scrub.
public final class StateStore: Sendable {
    /// The file.
    public let path: String
    private let options: StoreOptions
    private let file: Mutex<StateFile?>
    private let mark: Mutex<AppliedMark>

    /// Opens or creates the file.
    public static func open(
        path: String, identity: StoreIdentity
    ) throws(StorageError) -> StateStore {
        try open(path: path, identity: identity, options: .state)
    }

    /// As above, with other options.
    package static func open(
        path: String, identity: StoreIdentity, options: StoreOptions
    ) throws(StorageError) -> StateStore {
        let database = try Database(path: path, role: .writer(options))
        do throws(StorageError) {
            var file = try StateFile.open(database, identity: identity)
            try file.checkpoint(SQLITE_CHECKPOINT_FULL)
            return StateStore(path: path, options: options, file: file)
        } catch {
            database.close()
            throw error
        }
    }

    private init(path: String, options: StoreOptions, file: StateFile) {
        self.path = path
        self.options = options
        self.file = Mutex(file)
        mark = Mutex(file.mark)
    }

    /// Up to where the committed rows go; still known after `close`.
    public var applied: AppliedMark { mark.withLock { $0 } }
    /// Up to where a power cut can't take them back; the log may be cut as far.
    public var durable: LogIndex { file.withLock { $0?.durable ?? .zero } }

    /// Visits every row of the tables that `RoutingState` is rebuilt from, table by table, keys
    /// ascending. An error of the visitor becomes `.corrupt`, naming the row. The visitor must not
    /// use this store.
    public func load(
        _ visit: (RowTable, _ major: Int64, _ minor: Int64, _ value: [UInt8]) throws -> Void
    ) throws(StorageError) {
        try file.withLock { (file) throws(StorageError) in
            guard file != nil else { throw self.closed }
            try file!.load(visit)
        }
    }

    /// Writes the rows and the mark in one transaction; of several changes of one key the last
    /// counts. On `.full` nothing was written; on any other failure the store is dead.
    public func write(_ changes: [RowChange], applied: AppliedMark) throws(StorageError) {
        try keepingAlive { (file) throws(StorageError) in
            try file.write(changes, applied: applied)
        }
        mark.withLock { $0 = applied }
    }

    /// A read-only connection; needs this store to stay open.
    public func reader() throws(StorageError) -> StateReader {
        try StateReader(path: path, options: options)
    }

    /// How many pages wait in the WAL to be moved into the file.
    var walPages: Int { file.withLock { $0?.database.walPages ?? 0 } }

    /// Moves the WAL into the file, as far as readers allow; syncs both.
    func checkpoint() throws(StorageError) {
        _ = try keepingAlive { (file) throws(StorageError) in
            try file.checkpoint(SQLITE_CHECKPOINT_PASSIVE)
        }
    }

    /// As above, and waits a while for readers, so that `durable` is `applied` afterwards unless
    /// one is too slow.
    func checkpointWhole() throws(StorageError) {
        _ = try keepingAlive { (file) throws(StorageError) in
            try file.checkpoint(SQLITE_CHECKPOINT_FULL)
        }
    }

    /// Moves the WAL into the file and cuts it to nothing, so that it has no word of what was there
    /// before; false when a reader was in the way.
    func emptyWAL() throws(StorageError) -> Bool {
        try keepingAlive { (file) throws(StorageError) in
            try file.checkpoint(SQLITE_CHECKPOINT_TRUNCATE)
        }
    }

    /// Begins a copy of the file; the copy's failures leave this store alone.
    func beginCopy(to path: String) throws(StorageError) {
        try withFile { (file) throws(StorageError) in
            try file.beginCopy(to: path, self.options)
        }
    }

    /// Copies some pages. Once the copy is whole it is ended, and holds everything through the
    /// mark that this returns; nil before.
    func stepCopy(pages: Int) throws(StorageError) -> AppliedMark? {
        try withFile { (file) throws(StorageError) in
            guard try file.stepCopy(pages: pages) else { return nil }
            file.endCopy()
            return file.mark
        }
    }

    /// Begins a walk over all rows; its failures leave this store alone.
    func beginScrub() throws(StorageError) {
        try withFile { (file) throws(StorageError) in try file.beginScrub(self.options) }
    }

    /// Walks on; see `StateScrub.step`.
    func stepScrub(bytes: Int) throws(StorageError) -> StateScrub.Step {
        try withFile { (file) throws(StorageError) in try file.stepScrub(bytes: bytes) }
    }

    /// Ends the walk.
    func endScrub() { file.withLock { $0?.endScrub() } }

    /// Rows that the walk has seen, and rows that there are.
    var scrubbed: (rows: Int64, of: Int64) {
        file.withLock { ($0?.scrub?.rows ?? 0, $0?.sums.rows ?? 0) }
    }

    /// Gives a copy up.
    func endCopy() { file.withLock { $0?.endCopy() } }

    /// Checkpoints and closes; later calls throw `.closed`.
    public func close() {
        file.withLock { file in
            // Only saves time at the next open: the WAL holds the same.
            _ = try? file?.database.checkpoint(SQLITE_CHECKPOINT_TRUNCATE)
            file?.endCopy()
            file?.endScrub()
            file?.database.close()
            file = nil
        }
    }

    /// Runs something that may fail for good.
    private func keepingAlive<Value: Sendable>(
        _ body: (inout StateFile) throws(StorageError) -> Value
    ) throws(StorageError) -> Value {
        try withFile(body) { (error, file) in
            guard error.kind != .full else { return }
            file?.endCopy()
            file?.endScrub()
            file?.database.close()
            file = nil
        }
    }

    private func withFile<Value: Sendable>(
        _ body: (inout StateFile) throws(StorageError) -> Value,
        failed: (StorageError, inout StateFile?) -> Void = { _, _ in }
    ) throws(StorageError) -> Value {
        let result: Result<Value, StorageError> = file.withLock { file in
            guard file != nil else { return .failure(self.closed) }
            do throws(StorageError) {
                return .success(try body(&file!))
            } catch {
                failed(error, &file)
                return .failure(error)
            }
        }
        return try result.get()
    }

    private var closed: StorageError {
        StorageError(.closed, file: path, "closed, or an earlier write failed")
    }
}
