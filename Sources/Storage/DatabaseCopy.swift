import CSQLite
import Glibc

/// A copy of a database under way, by SQLite's online backup. The source's own connection reads,
/// so what it commits between two steps reaches the copy too: a finished copy is what the source
/// holds at that moment.
///
/// Unchecked: confined together with the source's connection.
final class DatabaseCopy: @unchecked Sendable {
    /// The page cache of the copy's connection: what is over it goes to the disk meanwhile.
    private static let cacheKiB = 2_048
    /// After so many pages what is written is synced: one sync of all at the end would hold up the
    /// log's on the same disk.
    private static let syncPages = 1_024

    private let path: String
    private let source: Database
    private var target: OpaquePointer?
    private var backup: OpaquePointer?
    /// For syncing only; -1 when it is not open.
    private var descriptor: Int32 = -1
    private var unsynced = 0

    /// Begins a copy to a file that is not there yet.
    init(
        of source: Database, to path: String, _ options: StoreOptions
    ) throws(StorageError) {
        self.source = source
        self.path = path
        let flags =
            SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE | SQLITE_OPEN_READWRITE
            | SQLITE_OPEN_CREATE
        do throws(StorageError) {
            try check(sqlite3_open_v2(path, &target, flags, options.vfs), "opening")
            // A copy that breaks off is thrown away, so it needs no journal.
            let settings =
                "PRAGMA journal_mode=OFF; PRAGMA synchronous=FULL;"
                + "PRAGMA cache_size=-\(DatabaseCopy.cacheKiB)"
            try check(sqlite3_exec(target, settings, nil, nil, nil), settings)
            backup = sqlite3_backup_init(target, "main", source.handle, "main")
            descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC)
            guard descriptor >= 0 else { throw systemError(path, "opening") }
            if backup == nil { try check(sqlite3_extended_errcode(target), "beginning a copy") }
        } catch {
            close()
            throw error
        }
    }

    deinit { close() }

    /// Copies so many pages; true when all are copied, written and synced.
    func step(pages: Int) throws(StorageError) -> Bool {
        let code = sqlite3_backup_step(backup, Int32(clamping: pages))
        if code == SQLITE_DONE { return true }
        try check(code, "copying \(source.file)")
        unsynced += pages
        if unsynced >= DatabaseCopy.syncPages {
            unsynced = 0
            guard fdatasync(descriptor) == 0 else { throw systemError(path, "syncing") }
        }
        return false
    }

    /// Ends it. Does nothing the second time.
    func close() {
        // Repeats the error of the last step, which was thrown then.
        sqlite3_backup_finish(backup)
        backup = nil
        sqlite3_close_v2(target)
        target = nil
        // Only now: closing any descriptor of a file drops SQLite's locks on it.
        if descriptor >= 0 { Glibc.close(descriptor) }
        descriptor = -1
    }

    private func check(_ code: Int32, _ what: String) throws(StorageError) {
        guard code != SQLITE_OK else { return }
        let isFull = code & 0xff == SQLITE_FULL
        throw StorageError(
            isFull ? .full : .inputOutput, file: path,
            "\(what): \(String(cString: sqlite3_errstr(code))) (SQLite \(code))")
    }
}
