import Raft

/// Tells entries that the leader has only just stamped from those that come late, to a node that
/// was cut off, or down, or starts: only the former tell what time it is in the log.
///
/// A leader sends what it stamps at once, so an entry that its own append calls uncommitted is new;
/// without a quorum to commit it the leader would have stepped down. A follower that is a little
/// behind the quorum gets entries that are committed already: they are new when the append before,
/// which came lately, showed a commit index below them.
struct EntryAge: Sendable {
    /// An append shows for so long that what was not committed then is new.
    static let patience: Duration = .seconds(1)

    private var term = Term.zero
    private var commit = LogIndex.zero
    private var heardAt: Instant?

    /// Whether an entry that came with an append of `term` was stamped lately. Ask before `heard`.
    func isNew(_ entry: Entry, in append: Message.Append, of term: Term, now: Instant) -> Bool {
        // One of an earlier term may have waited for a quorum for as long as it likes.
        guard entry.term == term else { return false }
        if entry.index > append.commit { return true }
        guard term == self.term, entry.index > commit, let heardAt else { return false }
        return now <= heardAt.advanced(by: EntryAge.patience)
    }

    /// An append of a leader of `term` came.
    mutating func heard(_ append: Message.Append, of term: Term, now: Instant) {
        commit = term == self.term ? max(commit, append.commit) : append.commit
        (self.term, heardAt) = (term, now)
    }
}
