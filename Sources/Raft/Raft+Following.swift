extension Raft {
    mutating func appendReceived(_ append: Message.Append) {
        var entries = append.entries[...]
        guard isWellFormed(append) else { return }
        var previous = append.previous
        if previous.index < commit {
            // What is committed here is the same in the leader's log: only the rest matters.
            if append.lastIndex <= commit {
                acknowledge(always: true)
                return
            }
            let known = Int(commit.rawValue - previous.index.rawValue)
            previous = LogPosition(index: commit, term: log.term(at: commit) ?? .zero)
            // Who says otherwise is no leader of ours: what follows would not fit either.
            guard entries[known - 1].term == previous.term else { return }
            entries = entries.dropFirst(known)
        }
        guard previous.index <= log.last.index, log.term(at: previous.index) == previous.term else {
            let hint = log.agreement(
                atMost: previous.index, term: previous.term, floor: commit)
            send(
                .appendReply(.rejected(previous: append.previous.index, hint: hint)),
                to: leader ?? id)
            return
        }
        store(entries)
        verified = max(verified, append.lastIndex)
        commit = max(commit, min(append.commit, append.lastIndex))
        noteCommit()
        acknowledge(always: append.isProbe)
    }

    /// Appends what is missing and replaces what conflicts; entries that match are never cut.
    private mutating func store(_ entries: ArraySlice<Entry>) {
        var rest = entries
        while let entry = rest.first, entry.index <= log.last.index {
            if log.term(at: entry.index) != entry.term {
                precondition(entry.index > commit, "a committed entry would be replaced")
                log.truncate(from: entry.index)
                dropConfigurations(from: entry.index)
                let before = LogIndex(entry.index.rawValue - 1)
                for at in writes.indices { writes[at].end = min(writes[at].end, before) }
                break
            }
            rest = rest.dropFirst()
        }
        for entry in rest {
            log.append(entry)
            adoptConfiguration(of: entry)
        }
    }

    /// Indexes are contiguous, terms ascend up to the sender's own, and configurations read.
    private func isWellFormed(_ append: Message.Append) -> Bool {
        var before = append.previous
        for entry in append.entries {
            guard entry.index == before.index.next, entry.term >= before.term,
                entry.kind != .configuration || PlacedConfiguration(entry) != nil
            else { return false }
            before = LogPosition(index: entry.index, term: entry.term)
        }
        return before.term <= term
    }

    mutating func heartbeatReceived(commit told: LogIndex, match known: LogIndex, round: UInt64) {
        guard max(told, known) <= log.last.index else {
            // The leader tells of nothing that was not durable here before.
            fenced = .leaderRemembersMore(
                remembered: max(told, known), last: log.last.index)
            return
        }
        commit = max(commit, min(told, verified))
        noteCommit()
        verified = max(verified, commit)
        let match = min(verified, log.durable)
        acknowledged = max(acknowledged, match)
        send(
            .heartbeatReply(round: round, match: match, accepted: verified), to: leader ?? id)
    }

    /// Tells the leader what is durable, if that is news or it asked.
    mutating func acknowledge(always: Bool) {
        guard role == .follower, let leader else { return }
        let match = min(verified, log.durable)
        guard always || match > acknowledged else { return }
        acknowledged = max(acknowledged, match)
        send(.appendReply(.matched(match, accepted: verified)), to: leader)
    }
}
