extension Raft {
    mutating func takeOffice() {
        role = .leader
        leader = id
        leaderHeard = nil
        votes = []
        refusedPreVote = nil
        isTransferCandidacy = false
        let next = log.last.index.next
        progress = peers.sorted().map { Progress(peer: $0, next: next, now: now) }
        round = 0
        transfer = nil
        uncommittedBytes = 0
        var index = commit.next
        while index < next {
            uncommittedBytes += log[index].payload.count
            index = index.next
        }
        // Commits what earlier terms left, which may not be counted by itself (section 5.4.2).
        firstOfTerm = next
        log.append(Entry(index: next, term: term, kind: .noop, payload: []))
        heartbeatDeadline = now.advanced(by: limits.heartbeatInterval)
        broadcastHeartbeat()
        advanceCommit()
    }

    /// What only a leader holds is dropped.
    mutating func leaveOffice() {
        for batch in confirmingReads { failedReads += batch.ids }
        failedReads += newReads
        confirmingReads = []
        newReads = []
        progress = []
        transfer = nil
        verified = max(verified, commit)
        uncommittedBytes = 0
    }

    func progressIndex(of peer: NodeID) -> Int? { progress.firstIndex { $0.peer == peer } }

    /// A command to append; its index, should it be committed in this term.
    public mutating func proposed(_ payload: [UInt8]) throws(ProposalRefused) -> LogIndex {
        guard fenced == nil else { throw .fenced }
        guard role == .leader else { throw .notLeader }
        guard transfer == nil else { throw .transferring }
        guard payload.count <= limits.entryBytes else { throw .tooLarge }
        let uncommitted = log.last.index.rawValue - commit.rawValue
        guard uncommitted < UInt64(limits.uncommittedEntries),
            uncommittedBytes + payload.count <= limits.uncommittedBytes
        else { throw .overloaded }
        let index = log.last.index.next
        log.append(Entry(index: index, term: term, kind: .command, payload: payload))
        uncommittedBytes += payload.count
        return index
    }

    mutating func leaderTimeAdvanced(after pause: Duration) {
        if let transfer, now >= transfer.deadline { self.transfer = nil }
        guard now >= heartbeatDeadline else { return }
        if isStalled {
            // A leader that can't write slows everybody down: let another try.
            follow(term: term, leader: nil)
            return
        }
        heartbeatDeadline = now.advanced(by: limits.heartbeatInterval)
        // After a pause of our own the answers may be waiting to be read: look next time.
        let wasPaused = pause >= limits.electionTimeout / 2
        if !wasPaused, let heard = quorumHeard,
            now >= heard.advanced(by: limits.electionTimeout)
        {
            follow(term: term, leader: nil)
            return
        }
        dropLeavers()
        giveUpSnapshots()
        broadcastHeartbeat()
    }

    /// When a majority was last heard, ourselves included.
    private var quorumHeard: Instant? {
        Quorum.reached(
            configuration.voters.map { voter in
                progressIndex(of: voter).map { progress[$0].lastHeard } ?? now
            })
    }

    mutating func broadcastHeartbeat() {
        round += 1
        for at in progress.indices {
            if let due = progress[at].linkTriedAt {
                guard now >= due else { continue }
                progress[at].linkTriedAt = now.advanced(by: limits.electionTimeout)
            }
            let peer = progress[at]
            send(
                .heartbeat(commit: min(commit, peer.match), match: peer.match, round: round),
                to: peer.peer)
        }
    }

    mutating func appendAnswered(by peer: NodeID, _ reply: Message.AppendReply) {
        guard role == .leader, let at = progressIndex(of: peer) else { return }
        progress[at].lastHeard = now
        switch reply {
        case .matched(let match, let accepted):
            guard match <= accepted, accepted <= log.last.index else { return }
            if progress[at].isSnapshot, accepted < log.base.index { return }
            progress[at].advance(match: match, accepted: accepted)
            advanceCommit()
        case .rejected(let previous, let hint):
            // Older than what is known by now.
            guard !progress[at].isSnapshot, previous > progress[at].match,
                hint.index <= log.last.index,
                previous < progress[at].next
            else { return }
            if case .probe = progress[at].flow, previous.next != progress[at].next { return }
            let floor = min(max(progress[at].match, log.anchor.index), hint.index)
            let agreed = log.agreement(atMost: hint.index, term: hint.term, floor: floor)
            stepBack(at, rejected: previous, to: min(agreed.index.next, previous))
        }
    }

    /// Probes further back. Where memory has let go of the terms nobody can tell how far the logs
    /// differ: each step is twice the one before, for each costs a read and a journey, and what is
    /// sent again does no harm.
    private mutating func stepBack(_ at: Int, rejected previous: LogIndex, to next: LogIndex) {
        let lowest = max(progress[at].match, log.base.index).next
        guard next <= log.anchor.index, previous >= lowest else {
            return progress[at].probe(from: next)
        }
        let stride = progress[at].stride
        let back = LogIndex(previous.rawValue - min(previous.rawValue, stride))
        progress[at].probe(from: min(next, max(lowest, back)), stride: stride &* 2)
    }

    mutating func heartbeatAnswered(
        by peer: NodeID, round answered: UInt64, match: LogIndex, accepted: LogIndex
    ) {
        guard role == .leader, let at = progressIndex(of: peer), answered <= round,
            match <= accepted, accepted <= log.last.index
        else { return }
        progress[at].lastHeard = now
        progress[at].round = max(progress[at].round, answered)
        switch progress[at].flow {
        case .probe(let asked, let tries):
            // The probe or its answer may be lost.
            if asked, answered > progress[at].appendRound {
                progress[at].flow = .probe(asked: false, tries: tries)
            }
            progress[at].match = max(progress[at].match, match)
            progress[at].next = max(progress[at].next, progress[at].match.next)
        case .snapshot:
            // It got what it needs, by whatever way.
            if accepted >= log.base.index {
                progress[at].match = max(progress[at].match, match)
                progress[at].probe(from: accepted.next)
            }
        case .replicate:
            progress[at].advance(match: match, accepted: accepted)
            if answered > progress[at].appendRound, accepted.next < progress[at].next {
                // It answered a broadcast that left after the newest append, which it lacks.
                // What is verified there may be far less than what is there: ask before a snapshot
                // is made.
                let isCut = accepted < log.base.index
                progress[at].probe(from: isCut ? log.last.index.next : accepted.next)
            }
        }
        advanceCommit()
        confirmReads()
    }

    /// Commits what a majority holds durably, if it is of this term (section 5.4.2).
    mutating func advanceCommit() {
        guard role == .leader else { return }
        let reached = Quorum.reached(
            configuration.voters.map { voter in
                progressIndex(of: voter).map { progress[$0].match } ?? log.durable
            })
        guard let reached, reached > commit, log.term(at: reached) == term else { return }
        var index = commit
        while index < reached {
            index = index.next
            uncommittedBytes -= log[index].payload.count
        }
        commit = reached
        noteCommit()
    }

    // MARK: Reads

    /// A linearizable read is wanted; `id` is answered in `reads` or `failedReads`.
    public mutating func readRequested(id: UInt64) {
        let waiting = newReads.count + confirmingReads.reduce(0) { $0 + $1.ids.count }
        guard fenced == nil, role == .leader, waiting < limits.pendingReads else {
            failedReads.append(id)
            return
        }
        newReads.append(id)
    }

    /// Gives the reads of this turn a broadcast of their own, two such under way at most.
    mutating func startReads() {
        guard !newReads.isEmpty, hasCommittedInTerm else { return }
        if configuration.voters == [id] {
            // Nobody else could have been elected.
            readyReads += newReads.map { ReadReady(id: $0, index: commit) }
            newReads = []
            return
        }
        guard confirmingReads.count < 2 else { return }
        broadcastHeartbeat()
        confirmingReads.append(ConfirmingReads(round: round, index: commit, ids: newReads))
        newReads = []
    }

    private mutating func confirmReads() {
        guard let first = confirmingReads.first else { return }
        let reached = Quorum.reached(
            configuration.voters.map { voter in
                progressIndex(of: voter).map { progress[$0].round } ?? round
            })
        guard let reached, reached >= first.round else { return }
        while let batch = confirmingReads.first, batch.round <= reached {
            readyReads += batch.ids.map { ReadReady(id: $0, index: batch.index) }
            confirmingReads.removeFirst()
        }
    }

    // MARK: Handing over

    /// Hand the leadership to a member, or to the one that is furthest. Nothing is proposed until
    /// it is taken or an election timeout has passed. Gives why not, if it was not begun.
    @discardableResult
    public mutating func transferRequested(to peer: NodeID?) -> TransferRefused? {
        guard fenced == nil, role == .leader else { return .notLeader }
        guard peer != id else { return nil }
        if let transfer { return peer == nil || peer == transfer.target ? nil : .inProgress }
        if let peer, !configuration.voters.contains(peer) { return .notVoter }
        let able = progress.filter { configuration.voters.contains($0.peer) && isAlive($0.peer) }
        let best = able.max { ($0.match, $1.peer) < ($1.match, $0.peer) }?.peer
        guard let target = peer ?? best, able.contains(where: { $0.peer == target }) else {
            return .unreachable
        }
        transfer = Transfer(
            target: target, deadline: now.advanced(by: limits.electionTimeout))
        return nil
    }

    mutating func continueTransfer() {
        guard let transfer, !transfer.isAsked, let at = progressIndex(of: transfer.target),
            progress[at].match == log.last.index
        else { return }
        self.transfer?.isAsked = true
        send(.timeoutNow, to: transfer.target)
    }
}
