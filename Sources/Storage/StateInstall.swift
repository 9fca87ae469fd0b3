import CSQLite
import Raft

/// Puts a snapshot in the place of a node's rows. Both stores' threads have ended then, and
/// state.db is closed.
///
/// In this order, so that a crash at any point leaves the old state or the new one: the file gets
/// this node's name inside and is synced; it gets its name as a staged file; log.db says in one
/// transaction that it is in force and where the log goes on; it gets its own name; the old file
/// goes.
public enum StateInstall {
    /// The points between which a crash is told apart; for tests.
    package enum Step: CaseIterable, Sendable {
        case adopted, staged, recorded, renamed, cleaned
    }

    /// Installs the file at `incoming`, which must hold what `mark` says. Gives what log.db
    /// records of it.
    public static func install(
        _ incoming: String, mark: AppliedMark, into directory: DataDirectory, log: LogStore,
        identity: StoreIdentity
    ) throws(StorageError) -> StateRecord {
        try install(
            incoming, mark: mark, into: directory, log: log, identity: identity, options: .state
        ) { (_) throws(StorageError) in }
    }

    /// As above, with other options; `after` may end it between two steps.
    package static func install(
        _ incoming: String, mark: AppliedMark, into directory: DataDirectory, log: LogStore,
        identity: StoreIdentity, options: StoreOptions,
        after: (Step) throws(StorageError) -> Void
    ) throws(StorageError) -> StateRecord {
        try adopt(incoming, mark: mark, identity: identity, options: options)
        try syncFile(incoming)
        try after(.adopted)
        let name = try directory.newStateFile(mark.index.rawValue)
        let staged = directory.stagedPath(name)
        try renameFile(incoming, staged)
        try syncDirectory(of: staged)
        try after(.staged)
        let record = StateRecord(
            file: name, index: mark.index, term: mark.term, digest: mark.digest)
        try log.install(record)
        try after(.recorded)
        try directory.finishInstall(record)
        try after(.renamed)
        try directory.removeStale(record)
        try after(.cleaned)
        return record
    }

    /// Reads every row of a received file and compares them with their sums, when it takes the
    /// place of rows that were bad: the giver's may be, too. Slow.
    public static func verify(_ path: String) throws(StorageError) {
        let database = try Database(path: path, role: .plain(.state))
        var scrub = StateScrub(database)
        defer { scrub.close() }
        var sums = try StateFile.sums(in: database, at: StateFile.mark(in: database).index)
        while try scrub.step(bytes: 1 << 20, sums: &sums) != .isOver {}
    }

    /// Makes a received file this node's own: compares whose state it is and up to where it goes,
    /// and writes this node's number into it. The file is one file afterwards, without a WAL.
    private static func adopt(
        _ path: String, mark: AppliedMark, identity: StoreIdentity, options: StoreOptions
    ) throws(StorageError) {
        let database = try Database(path: path, role: .plain(options))
        defer { database.close() }
        try database.adopt(.state, identity)
        let found = try StateFile.mark(in: database)
        guard found.index == mark.index, found.term == mark.term, found.digest == mark.digest else {
            throw StorageError(
                .corrupt, file: path,
                "a snapshot through index \(mark.index) was announced, the file goes through "
                    + "index \(found.index)")
        }
    }
}
