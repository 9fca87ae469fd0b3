extension Raft {
    /// Traps if the state contradicts itself; for tests and simulations, after every step.
    public func checkInvariants() {
        log.checkInvariants()
        precondition(commit <= log.last.index)
        precondition(configurations[0].index <= commit)
        precondition(
            zip(configurations, configurations.dropFirst()).allSatisfy { $0.index < $1.index })
        precondition(configurationIndex <= log.last.index)
        precondition(handedOut <= min(commit, log.durable))
        precondition(log.anchor.index <= handedOut)
        precondition(acknowledged <= log.last.index)
        precondition(durableWrite < nextWrite && hardStateWrite < nextWrite)
        precondition(zip(writes, writes.dropFirst()).allSatisfy { $0.id < $1.id })
        precondition(writes.allSatisfy { $0.id > durableWrite && $0.end <= log.last.index })
        precondition(held.allSatisfy { $0.write > durableWrite })
        switch role {
        case .follower:
            precondition(leader != id && progress.isEmpty && votes.isEmpty)
            precondition(commit <= verified && verified <= log.last.index)
        case .preCandidate:
            precondition(leader == nil && progress.isEmpty && isVoter)
        case .candidate:
            precondition(votedFor == id && leader == nil && progress.isEmpty)
        case .leader:
            precondition(leader == id && votedFor == id)
            precondition(isHardStateDurable, "a leader's vote for itself is durable")
            precondition(firstOfTerm <= log.last.index && log.last.term == term)
            precondition(
                progress.lazy.filter { $0.leaving == nil }.map { $0.peer }.elementsEqual(
                    configuration.members.lazy.filter { $0 != id }))
            precondition(zip(progress, progress.dropFirst()).allSatisfy { $0.peer < $1.peer })
            for peer in progress { peer.checkInvariants(last: log.last.index) }
            var bytes = 0
            var index = commit
            while index < log.last.index {
                index = index.next
                bytes += log[index].payload.count
            }
            precondition(bytes == uncommittedBytes)
        }
        if role != .leader {
            precondition(newReads.isEmpty && confirmingReads.isEmpty && transfer == nil)
        }
    }
}
