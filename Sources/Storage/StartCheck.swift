import Raft

/// What must hold between the files of a node before it may start.
///
/// SQLite's recovery drops what it can't read at the end of the log without a word. Rows are
/// applied only when the entry is durable in the node's own log, so an applied index beyond the
/// log's end proves that acknowledged entries have vanished: a vote of such a node could elect a
/// leader that misses committed entries.
public enum StartCheck {
    /// Throws `.vanishedTail` when the log ends before what state.db proves applied, and
    /// `.corrupt` when the two disagree on the term of the last applied entry or leave a gap.
    public static func verify(
        log: LogStore, stored: StoredLog, applied: AppliedMark, stateFile: String
    ) throws(StorageError) {
        guard applied.index <= stored.last.index else {
            throw vanished(log, stored, applied.index, stateFile)
        }
        if let record = log.stateRecord, applied.index < record.index {
            throw StorageError(
                .corrupt, file: stateFile,
                "ends at index \(applied.index), but \(log.path) says that a snapshot through "
                    + "index \(record.index) was installed in it")
        }
        guard applied.index >= stored.base.index else {
            throw StorageError(
                .corrupt, file: stateFile,
                "ends at index \(applied.index), but \(log.path) begins after index "
                    + "\(stored.base.index): the entries between them are missing")
        }
        var term = stored.base.term
        if applied.index > stored.base.index {
            let entries = try log.read(from: applied.index, through: applied.index, maxBytes: 0)
            guard let entry = entries.first else {
                throw StorageError(
                    .corrupt, file: log.path, "index \(applied.index) is missing")
            }
            term = entry.term
        }
        guard term == applied.term else {
            throw StorageError(
                .corrupt, file: log.path,
                "index \(applied.index) is of term \(term), but \(stateFile) applied it in term "
                    + "\(applied.term)")
        }
    }

    /// Throws `.vanishedTail` when a state file that log.db does not know of proves more than
    /// log.db holds: then log.db is not the one that was in use with it.
    static func verifyOthers(
        log: LogStore, stored: StoredLog, directory: DataDirectory
    ) throws(StorageError) {
        for file in try directory.otherStateFiles(log.stateRecord) {
            // A file that can't be read proves nothing.
            guard let applied = try? StateFile.applied(in: file) else { continue }
            guard applied.index <= stored.last.index else {
                throw vanished(log, stored, applied.index, file)
            }
        }
    }

    private static func vanished(
        _ log: LogStore, _ stored: StoredLog, _ index: LogIndex, _ stateFile: String
    ) -> StorageError {
        StorageError(
            .vanishedTail, file: log.path,
            "ends at index \(stored.last.index), but \(stateFile) proves that index \(index) was "
                + "durable here: acknowledged entries have vanished. The node must not vote "
                + "again; remove it and join it as a new one")
    }
}

extension DataDirectory {
    /// Opens the state file in force, checks it against the log, and deletes what an installed or
    /// broken off snapshot left behind. Fails as `StateStore.open` and `StartCheck` do; `.corrupt`
    /// and `.unknownFormat` then name a state file that another member's snapshot can replace.
    public func openState(
        log: LogStore, stored: StoredLog, identity: StoreIdentity
    ) throws(StorageError) -> StateStore {
        try openState(log: log, stored: stored, identity: identity, options: .state)
    }

    /// As above, with other options.
    package func openState(
        log: LogStore, stored: StoredLog, identity: StoreIdentity, options: StoreOptions
    ) throws(StorageError) -> StateStore {
        let record = log.stateRecord
        try finishInstall(record)
        try StartCheck.verifyOthers(log: log, stored: stored, directory: self)
        let path = statePath(record)
        let state = try StateStore.open(path: path, identity: identity, options: options)
        do throws(StorageError) {
            try StartCheck.verify(
                log: log, stored: stored, applied: state.applied, stateFile: path)
            try removeStale(record)
        } catch {
            state.close()
            throw error
        }
        return state
    }
}
