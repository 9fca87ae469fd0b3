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
            throw StorageError(
                .vanishedTail, file: log.path,
                "ends at index \(stored.last.index), but \(stateFile) proves that index "
                    + "\(applied.index) was durable here: acknowledged entries have vanished. "
                    + "The node must not vote again; remove it and join it as a new one")
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
}
