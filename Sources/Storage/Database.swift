import CLinux
import CSQLite
import Glibc
import Synchronization

/// One SQLite connection: not thread-safe, the owner sees to one call at a time.
///
/// SQLite 3.7.0 to 3.51.2 can corrupt a WAL when two connections write or checkpoint together;
/// so of each file exactly one connection is opened with `.writer`, and no connection ever
/// checkpoints by itself.
///
/// Unchecked: opened with NOMUTEX, a connection may be used by any thread, one at a time; every
/// owner keeps it, with its statements, inside a `Mutex`.
final class Database: @unchecked Sendable {
    /// What a connection may do.
    enum Role {
        case writer(StoreOptions)
        case reader(StoreOptions)
        /// The only connection to a file that is used without a WAL, and synced at each commit.
        case plain(StoreOptions)
    }

    /// The file as it was opened, for messages.
    let file: String
    /// Pages in the WAL after the last commit, as SQLite counts them.
    private(set) var walPages = 0
    /// The connection; nil once closed.
    private(set) var handle: OpaquePointer?
    private var statements: [OpaquePointer] = []
    /// The WAL, opened once more for `writeBack`; -1 until then.
    private var wal: Int32 = -1
    /// How far the WAL was handed to the disk.
    private var handedPages = 0

    /// So many new pages in the WAL are handed to the disk at once: 1 MiB.
    static let handedAtOnce = 256

    /// Done once for the process, before the first connection.
    private static let isConfigured = rh_sqlite_without_memory_statistics() == SQLITE_OK

    init(path: String, role: Role) throws(StorageError) {
        file = path
        // When SQLite was used before us the setting fails, and costs only some speed.
        _ = Database.isConfigured
        let options: StoreOptions
        var flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE
        switch role {
        case .writer(let given):
            options = given
            flags |= SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
        case .reader(let given):
            options = given
            flags |= SQLITE_OPEN_READONLY
        case .plain(let given):
            options = given
            flags |= SQLITE_OPEN_READWRITE
        }
        let code = sqlite3_open_v2(path, &handle, flags, options.vfs)
        do throws(StorageError) {
            try check(code, "opening")
            try check(rh_sqlite_no_checkpoint_on_close(handle), "opening")
            sqlite3_busy_timeout(handle, 2_000)
            try execute("PRAGMA wal_autocheckpoint=0")
            switch role {
            case .writer: try setUpWriter(options)
            case .reader: break
            case .plain: try execute("PRAGMA journal_mode=DELETE; PRAGMA synchronous=FULL")
            }
        } catch {
            close()
            throw error
        }
    }

    private func setUpWriter(_ options: StoreOptions) throws(StorageError) {
        try execute("PRAGMA page_size=4096")
        let mode = try prepare("PRAGMA journal_mode=WAL")
        guard try mode.step(), mode.bytes(0) == Array("wal".utf8) else {
            throw StorageError(.inputOutput, file: file, "the file system does not allow WAL mode")
        }
        mode.reset()
        try execute("PRAGMA synchronous=\(options.synchronous)")
        try execute("PRAGMA cache_size=-\(options.cacheKiB)")
        try execute("PRAGMA secure_delete=\(options.wipes ? "ON" : "OFF")")
        try execute("PRAGMA temp_store=MEMORY")
        if let pages = options.maxPages { try execute("PRAGMA max_page_count=\(pages)") }
        // The pointer stays valid: the hook dies with the connection, which this object owns.
        let context = Unmanaged.passUnretained(self).toOpaque()
        _ = sqlite3_wal_hook(
            handle,
            { context, _, _, pages in
                if let context {
                    Unmanaged<Database>.fromOpaque(context).takeUnretainedValue().walPages =
                        Int(pages)
                }
                return SQLITE_OK
            }, context)
    }

    deinit { close() }

    /// Finalizes the statements and closes, without a checkpoint. Does nothing the second time.
    func close() {
        for statement in statements { sqlite3_finalize(statement) }
        statements = []
        sqlite3_close_v2(handle)
        handle = nil
        if wal >= 0 { Glibc.close(wal) }
        wal = -1
    }

    /// Runs statements without results.
    func execute(_ sql: String) throws(StorageError) {
        try check(sqlite3_exec(handle, sql, nil, nil, nil), sql)
    }

    /// Prepares a statement that lives as long as the connection.
    func prepare(_ sql: String) throws(StorageError) -> Statement {
        var statement: OpaquePointer?
        let flags = UInt32(SQLITE_PREPARE_PERSISTENT)
        try check(sqlite3_prepare_v3(handle, sql, -1, flags, &statement, nil), sql)
        guard let statement else {
            throw StorageError(.corrupt, file: file, "nothing to prepare in \(sql)")
        }
        statements.append(statement)
        return Statement(statement, of: self, named: sql)
    }

    /// After a commit: has the kernel write what the WAL gained, once it is worth it. A
    /// checkpoint's sync then finds little left to do; else it would hold up the log's syncs on
    /// the same disk by tens of milliseconds. SQLite locks the file and never the WAL, so closing
    /// the second descriptor drops no lock.
    func writeBack() {
        if walPages < handedPages { handedPages = 0 }
        guard walPages - handedPages >= Database.handedAtOnce else { return }
        handedPages = walPages
        if wal < 0 { wal = open(file + "-wal", O_RDONLY | O_CLOEXEC) }
        // A hint that fails changes nothing: the checkpoint syncs in any case.
        if wal >= 0 { _ = linux_begin_writeback(wal) }
    }

    /// Undoes the open transaction, if SQLite has not done so by itself.
    func rollBack() {
        guard let handle, sqlite3_get_autocommit(handle) == 0 else { return }
        // Its failure adds nothing to the error that led here.
        sqlite3_exec(handle, "ROLLBACK", nil, nil, nil)
    }

    /// What a checkpoint did.
    struct Checkpoint: Equatable {
        /// Frames in the WAL.
        var frames: Int
        /// Frames that are in the file now.
        var moved: Int
        /// Whether a reader held it up.
        var isBusy: Bool
        /// Whether the file holds all that is committed, synced.
        var isWhole: Bool { !isBusy && frames == moved }
    }

    /// Moves the WAL into the file; `mode` is one of SQLITE_CHECKPOINT_.
    @discardableResult
    func checkpoint(_ mode: Int32) throws(StorageError) -> Checkpoint {
        var frames: Int32 = 0
        var moved: Int32 = 0
        let code = sqlite3_wal_checkpoint_v2(handle, nil, mode, &frames, &moved)
        let isBusy = code & 0xff == SQLITE_BUSY
        if !isBusy { try check(code, "checkpointing") }
        let done = Checkpoint(frames: Int(frames), moved: Int(moved), isBusy: isBusy)
        if done.isWhole { walPages = 0 }
        return done
    }

    /// Throws when a result code is an error.
    func check(_ code: Int32, _ what: String) throws(StorageError) {
        guard code != SQLITE_OK else { return }
        let reason = String(cString: sqlite3_errstr(code))
        let message = handle.map { String(cString: sqlite3_errmsg($0)) } ?? reason
        let kind: StorageError.Kind =
            switch code & 0xff {
            case SQLITE_FULL: .full
            case SQLITE_CORRUPT, SQLITE_NOTADB, SQLITE_ERROR, SQLITE_CONSTRAINT, SQLITE_SCHEMA,
                SQLITE_MISMATCH:
                .corrupt
            case SQLITE_BUSY, SQLITE_LOCKED: .locked
            default: .inputOutput
            }
        let text = message == reason ? reason : "\(reason): \(message)"
        throw StorageError(kind, file: file, "\(what): \(text) (SQLite \(code))")
    }
}
