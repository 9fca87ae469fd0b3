import Raft
import Routing
import Wire

extension Replica {
    /// What must be done; call once per turn of the loop, after all of the turn's events.
    public mutating func takeEffects() -> Effects {
        var effects = Effects()
        guard failure == nil else {
            effects.failure = failure
            return effects
        }
        noteOffice()
        if isLeaving, raft.role == .leader, !raft.isTransferring {
            raft.transferRequested(to: nil)
        }
        yieldForRoom()
        proposeOwnCommands()
        dispatch()
        var consensus = raft.takeEffects()
        if let change = consensus.change { effects.change = change }
        for read in consensus.reads { readAnswered(read.id, read.index) }
        for id in consensus.failedReads { readAnswered(id, nil) }
        apply(consensus.committed, into: &effects)
        for read in reads.takeReady(applied: mark.index) {
            answers.append((read.request, .readable(index: mark.index)))
        }
        if let fence = consensus.fenced { failure = .fenced(fence) }
        if raft.configuration != followedConfiguration { adoptConfiguration() }
        if toldConfiguration != followedConfiguration {
            effects.configurationChanged = followedConfiguration
            toldConfiguration = followedConfiguration
        }
        if consensus.isRemoved, !isRemoved {
            effects.removed = true
            endAsRemoved()
        }
        finishErrands()
        judge()
        write(&consensus.send, into: &effects)
        effects.persist = consensus.persist
        effects.readEntries = consensus.readEntries
        effects.snapshotsWanted = consensus.snapshotsWanted
        swap(&effects.answers, &answers)
        swap(&effects.notices, &notices)
        effects.failure = failure
        effects.runAgain = consensus.moreToApply || hasMoreToSend || startsAtNewest
        effects.nextDeadline = earliest(
            consensus.nextDeadline, pending.nextDeadline,
            reads.nextDeadline(retryAfter: limits.readRetry), forwardNotBefore, resendDeadline,
            advanceDeadline, errands.nextDeadline)
        return effects
    }

    private func earliest(_ moments: Instant?...) -> Instant? { moments.compactMap(\.self).min() }

    private var hasMoreToSend: Bool {
        guard forwardNotBefore == nil, !isSuspended, forwardFrom < pending.next else {
            return false
        }
        return raft.role != .leader && raft.leader != nil
    }

    /// Notices a new term, role or leader once, before anything is dispatched.
    mutating func noteOffice() {
        let present = Raft.RoleChange(role: raft.role, term: raft.term, leader: raft.leader)
        guard present != office else { return }
        let isNewLeader =
            present.leader != nil
            && (present.leader != office.leader || present.term != office.term)
        office = present
        if isNewLeader { startOver() }
        if isNewLeader, present.role == .leader { tookOffice() }
    }

    // MARK: Applying

    private mutating func apply(_ entries: [Entry], into effects: inout Effects) {
        guard !entries.isEmpty else { return }
        var digest = Digest64(mark.digest)
        for entry in entries {
            if entry.kind == .command {
                guard apply(entry, &digest, into: &effects) else { break }
            } else if entry.kind == .configuration {
                guard let configuration = Configuration(encoded: entry.payload) else {
                    failure = .unreadableEntry(index: entry.index, "a configuration")
                    break
                }
                appliedConfiguration = .init(index: entry.index, configuration: configuration)
            }
            mark.index = entry.index
            mark.term = entry.term
            digest.absorb(entry.index.rawValue)
            mark.digest = digest.value
            watch.this(.init(index: entry.index, digest: digest.value))
        }
        mark.meta = Mark.Meta(time: appliedTime, members: appliedConfiguration).encoded
        effects.mark = mark
    }

    /// Applies one command; false if it is beyond this release, which stops the node.
    private mutating func apply(
        _ entry: Entry, _ digest: inout Digest64, into effects: inout Effects
    ) -> Bool {
        let payload: EntryPayload
        let command: Command
        do throws(WireError) {
            var reader = ByteReader(entry.payload)
            payload = try EntryPayload(from: &reader)
            command = try Command.decode(&reader)
            try reader.expectEnd()
        } catch {
            failure = .unreadableEntry(index: entry.index, error.description)
            return false
        }
        guard command.level <= limits.newestLevel else {
            failure = .newerLevel(index: entry.index, command.level)
            return false
        }
        appliedTime = max(appliedTime, payload.time)
        applied.removeAll()
        let outcome = state.apply(
            command, payload, at: entry.index, time: appliedTime, into: &applied)
        for row in applied.rows { digest.absorb(row) }
        effects.rows += applied.rows
        for event in applied.events { effects.events.append((entry.index, event)) }
        if payload.client == incarnation, let request = pending.remove(payload.sequence) {
            lastProgress = now
            answers.append((request.request, .applied(index: entry.index, outcome)))
        }
        return true
    }

    // MARK: Digests

    /// Compares digests; a node whose state is wrong stops, and without a majority nothing is
    /// taken any more.
    private mutating func judge() {
        let found = watch.compare(applied: mark.index)
        let verdict = watch.verdict
        if case .othersDiffer = verdict {
            // A follower hears leaders alone: it can't know whether it is of the minority.
            for (_, mine) in found {
                for peer in raft.configuration.voters where peer != id {
                    outgoing.append((peer, .majority(mine)))
                }
            }
        }
        guard verdict != saidVerdict else { return }
        saidVerdict = verdict
        isSuspended = false
        switch verdict {
        case .fine: break
        case .othersDiffer(let peers, let index):
            for peer in peers { notices.append(.peerDiverged(peer, index: index)) }
        case .weDiffer(let index, let mine, let theirs):
            failure = .diverged(index: index, mine: mine, theirs: theirs)
        case .undecided(let index):
            isSuspended = true
            notices.append(.noMajorityAgrees(index: index))
        }
    }

    // MARK: Frames

    /// One frame per peer, with everything for it; entries are encoded once for all followers.
    private mutating func write(_ messages: inout [Message], into effects: inout Effects) {
        guard !messages.isEmpty || !outgoing.isEmpty else { return }
        var frames: [(to: NodeID, writer: FrameWriter)] = []
        var batch: FrameWriter.Batch?
        func frame(to peer: NodeID) -> Int {
            if let at = frames.firstIndex(where: { $0.to == peer }) { return at }
            let number = frameNumbers.next(to: peer)
            frames.append((peer, FrameWriter(incarnation: incarnation, number: number)))
            return frames.count - 1
        }
        for message in messages {
            let at = frame(to: message.to)
            frames[at].writer.add(.raft(message), sharing: &batch)
            switch message.body {
            case .heartbeat, .heartbeatReply:
                let report = DigestWatch.Report(index: mark.index, digest: mark.digest)
                frames[at].writer.add(.report(report), sharing: &batch)
                if room != .ok { frames[at].writer.add(.room(room), sharing: &batch) }
            case .preVote, .preVoteReply, .vote, .voteReply, .append, .appendReply, .timeoutNow,
                .removed:
                break
            }
        }
        for (peer, message) in outgoing {
            let at = frame(to: peer)
            frames[at].writer.add(message, sharing: &batch)
        }
        outgoing.removeAll(keepingCapacity: true)
        effects.send.reserveCapacity(frames.count)
        for at in frames.indices {
            effects.send.append((frames[at].to, frames[at].writer.take()))
        }
    }
}

extension Digest64 {
    /// Absorbs a row change.
    mutating func absorb(_ row: RowChange) {
        absorb(UInt64(row.table.rawValue) << 1 | (row.value == nil ? 0 : 1))
        absorb(UInt64(bitPattern: row.major))
        absorb(UInt64(bitPattern: row.minor))
        if let value = row.value { absorb(value) }
    }
}
