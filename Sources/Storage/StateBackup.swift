import Glibc
import Raft

/// Copies of the applied rows for keeping, made beside a node that may be running: only readers'
/// connections are opened, in one transaction, so a busy node neither stops nor is held up, and the
/// copy is what it held at one moment.
public enum StateBackup {
    /// Copies the rows of a data directory into a file that is not there yet, reads the copy
    /// through and compares it with its sums, and makes it durable. Gives up to where it goes.
    public static func make(
        of directory: String, to path: String
    ) throws(StorageError) -> AppliedMark {
        guard access(path, F_OK) != 0 else {
            throw StorageError(.inputOutput, file: path, "is there already; nothing was changed")
        }
        let partial = path + ".partial"
        removeFile(partial)
        do throws(StorageError) {
            try copy(stateFile(of: directory), to: partial)
            try StateInstall.verify(partial)
            let mark = try examine(partial)
            try syncFile(partial)
            try renameFile(partial, path)
            try syncDirectory(of: path)
            return mark
        } catch {
            removeFile(partial)
            throw error
        }
    }

    /// Up to where a copy goes.
    public static func examine(_ path: String) throws(StorageError) -> AppliedMark {
        let database = try Database(path: path, role: .reader(.state))
        defer { database.close() }
        return try StateFile.mark(in: database)
    }

    /// Makes a directory without rows a node's whose rows are the copy's: its log begins behind
    /// them. The copy stays what it is. Gives the log, to be written and closed.
    public static func restore(
        _ path: String, into directory: DataDirectory, identity: StoreIdentity,
        decodeConfiguration: ([UInt8]) -> Configuration?
    ) throws(StorageError) -> (log: LogStore, mark: AppliedMark) {
        let mark = try examine(path)
        removeFile(directory.incomingPath)
        try copy(path, to: directory.incomingPath)
        try StateInstall.verify(directory.incomingPath)
        let (log, _) = try LogStore.open(
            path: directory.logPath, identity: identity, decodeConfiguration: decodeConfiguration)
        do throws(StorageError) {
            _ = try StateInstall.install(
                directory.incomingPath, mark: mark, into: directory, log: log, identity: identity)
            return (log, mark)
        } catch {
            log.close()
            throw error
        }
    }

    /// The state file in force, by log.db's mark.
    private static func stateFile(of directory: String) throws(StorageError) -> String {
        let path = directory + "/log.db"
        guard access(path, F_OK) == 0 else {
            throw StorageError(.inputOutput, file: directory, "holds no node's data")
        }
        let database = try Database(path: path, role: .reader(.log))
        defer { database.close() }
        let select = try database.prepare("SELECT body FROM mark WHERE id = 1")
        guard try select.step(), let mark = LogMark(select.bytes(0)) else {
            throw StorageError(.corrupt, file: path, "table mark, row 1 does not read")
        }
        return directory + "/" + (mark.state?.file ?? "state.db")
    }

    private static func copy(_ from: String, to path: String) throws(StorageError) {
        let database = try Database(path: from, role: .reader(.state))
        defer { database.close() }
        let copy = try DatabaseCopy(of: database, to: path, .state)
        defer { copy.close() }
        // All in one step: between two steps a writer in another process would make it start over.
        guard try copy.step(pages: -1) else {
            throw StorageError(.locked, file: from, "was in use all the time; try again")
        }
    }
}
