import Raft

/// What must hold between the files of a node before it may start (facts: rule 13).
public enum StartCheck {
    /// Throws `.vanishedTail` when the log ends before what state.db proves applied, and
    /// `.corrupt` when the two disagree on the term of the last applied entry or leave a gap.
    public static func verify(
        log: LogStore, stored: StoredLog, applied: AppliedMark, stateFile: String
    ) throws(StorageError) {}
}
