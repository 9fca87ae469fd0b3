extension Raft {
    /// What must be done; call once per turn of the loop, after all of the turn's events.
    public mutating func takeEffects() -> Effects {
        var effects = Effects()
        if fenced == nil {
            if role == .leader {
                promoteLearner()
                startReads()
                replicate()
                continueTransfer()
                stepAside()
            }
            effects.persist = takeWrite()
            takeCommitted(into: &effects)
        }
        effects.fenced = fenced
        effects.isRemoved = isRemoved
        swap(&effects.send, &outgoing)
        swap(&effects.reads, &readyReads)
        swap(&effects.failedReads, &failedReads)
        swap(&effects.readEntries, &entryRequests)
        swap(&effects.snapshotsWanted, &snapshotsWanted)
        let state = RoleChange(role: role, term: term, leader: leader)
        if state != reported {
            effects.change = state
            reported = state
        }
        effects.nextDeadline = nextDeadline
        return effects
    }

    private mutating func takeWrite() -> Persist? {
        let unwritten = log.takeUnwritten()
        guard unwritten != nil || isHardStateDirty else { return nil }
        let persist = Persist(
            id: nextWrite,
            hardState: isHardStateDirty ? HardState(term: term, votedFor: votedFor) : nil,
            truncateFrom: unwritten?.truncateFrom, entries: unwritten?.entries ?? [])
        if isHardStateDirty { hardStateWrite = nextWrite }
        isHardStateDirty = false
        let end = persist.entries.last?.index ?? log.durable
        writes.append(Write(id: nextWrite, end: end, since: now))
        nextWrite += 1
        return persist
    }

    /// Hands out what is committed and durable here, in bounded portions.
    private mutating func takeCommitted(into effects: inout Effects) {
        let limit = min(commit, log.durable)
        if handedOut < limit {
            effects.committed = log.entries(
                from: handedOut.next, through: limit, maxEntries: limits.committedEntries,
                maxBytes: limits.committedBytes)
            if let last = effects.committed.last { handedOut = last.index }
            effects.moreToApply = handedOut < limit
        }
        log.evict(
            through: handedOut, maxEntries: limits.tailEntries, maxBytes: limits.tailBytes)
    }

    private var nextDeadline: Instant? {
        guard fenced == nil else { return nil }
        guard role == .leader else { return isVoter ? electionDeadline : nil }
        // Heartbeats are frequent enough to find a stalled write as well.
        guard let transfer else { return progress.isEmpty ? nil : heartbeatDeadline }
        return min(transfer.deadline, heartbeatDeadline)
    }

    /// A run of entries taken once and sent to every follower that wants the same.
    private struct Batch {
        var from: LogIndex
        var entries: [Entry]
    }

    private mutating func replicate() {
        var batch: Batch?
        for at in progress.indices where progress[at].isLinked {
            if wantsSnapshot(at) { continue }
            switch progress[at].flow {
            case .probe(let asked, let tries):
                if !asked { probe(at, tries: tries, &batch) }
            case .replicate(let inFlight):
                fillWindow(at, inFlight: inFlight.count, &batch)
            case .snapshot: break
            }
        }
    }

    /// One append, with entries at the first try only: what was lost once may be lost again.
    private mutating func probe(_ at: Int, tries: Int, _ batch: inout Batch?) {
        guard let previous = previousPosition(at) else { return }
        let next = progress[at].next
        var entries: [Entry] = []
        if tries == 0 {
            guard !wantsDisk(at) else { return }
            entries = takeBatch(from: next, &batch)
        }
        progress[at].flow = .probe(asked: true, tries: tries + 1)
        sendAppend(at, previous: previous, entries: entries, isProbe: true)
    }

    private mutating func fillWindow(_ at: Int, inFlight: Int, _ batch: inout Batch?) {
        var inFlight = inFlight
        while inFlight < limits.appendWindow, progress[at].next <= log.last.index {
            guard !wantsDisk(at), let previous = previousPosition(at) else { return }
            let entries = takeBatch(from: progress[at].next, &batch)
            sendAhead(at, previous: previous, entries: entries)
            inFlight += 1
        }
        // Followers answer their own clients when they apply: the news does not wait for entries.
        // One that is so far behind that the disk must be asked will hear it with those.
        let previous = LogIndex(progress[at].next.rawValue - 1)
        guard progress[at].toldCommit < commit, let term = log.term(at: previous) else { return }
        sendAppend(
            at, previous: LogPosition(index: previous, term: term), entries: [], isProbe: false)
    }

    private mutating func sendAhead(_ at: Int, previous: LogPosition, entries: [Entry]) {
        let last = LogIndex(previous.index.rawValue + UInt64(entries.count))
        if case .replicate(var inFlight) = progress[at].flow {
            inFlight.append(last)
            progress[at].flow = .replicate(inFlight: inFlight)
        }
        progress[at].next = last.next
        sendAppend(at, previous: previous, entries: entries, isProbe: false)
    }

    private mutating func sendAppend(
        _ at: Int, previous: LogPosition, entries: [Entry], isProbe: Bool
    ) {
        progress[at].toldCommit = commit
        if isProbe || !entries.isEmpty { progress[at].appendRound = round }
        let append = Message.Append(
            previous: previous, entries: entries, commit: commit, isProbe: isProbe)
        send(.append(append), to: progress[at].peer)
    }

    private func takeBatch(from next: LogIndex, _ batch: inout Batch?) -> [Entry] {
        if let batch, batch.from == next { return batch.entries }
        let entries = log.entries(
            from: next, through: log.last.index, maxEntries: limits.appendEntries,
            maxBytes: limits.appendBytes)
        batch = Batch(from: next, entries: entries)
        return entries
    }

    /// The position before the next entry for a follower; nil once the disk was asked for it.
    private mutating func previousPosition(_ at: Int) -> LogPosition? {
        let previous = LogIndex(progress[at].next.rawValue - 1)
        if let term = log.term(at: previous) { return LogPosition(index: previous, term: term) }
        askDisk(at)
        return nil
    }

    /// Whether the log has no more what a follower needs next; then a snapshot is asked for.
    private mutating func wantsSnapshot(_ at: Int) -> Bool {
        if progress[at].isSnapshot { return true }
        // What precedes the next entry must be known, and the base's term is.
        guard progress[at].next <= log.base.index else { return false }
        guard now >= progress[at].snapshotNotBefore, progress[at].leaving == nil else {
            return true
        }
        progress[at].flow = .snapshot(heard: now)
        progress[at].reading = nil
        snapshotsWanted.append(progress[at].peer)
        return true
    }

    /// Whether the next entry for a follower is on the disk alone; then it is asked for.
    private mutating func wantsDisk(_ at: Int) -> Bool {
        guard progress[at].next <= log.anchor.index else { return false }
        askDisk(at)
        return true
    }

    /// Asks for the entry before the next one, for its term, and some after it.
    private mutating func askDisk(_ at: Int) {
        let from = max(LogIndex(progress[at].next.rawValue - 1), log.base.index.next)
        if let reading = progress[at].reading, reading.from == from, now < reading.until { return }
        progress[at].reading = (from, now.advanced(by: limits.readPatience))
        guard !entryRequests.contains(where: { $0.from == from }) else { return }
        // Room for the entry before, however large, and for one more at least.
        let maxBytes = limits.entryBytes + max(limits.appendBytes, limits.entryBytes)
        entryRequests.append(
            EntriesRequest(from: from, through: log.anchor.index, maxBytes: maxBytes))
    }

    /// Entries that `readEntries` asked for; `from` is as asked.
    public mutating func entriesRead(_ entries: [Entry], from: LogIndex) {
        guard fenced == nil, role == .leader else { return }
        for at in progress.indices where progress[at].reading?.from == from {
            progress[at].reading = nil
            let next = progress[at].next
            var previous = log.base
            var rest = entries[...]
            if next > log.base.index.next {
                guard let first = rest.popFirst(), first.index.next == next else { continue }
                previous = LogPosition(index: first.index, term: first.term)
            }
            guard rest.first.map({ $0.index == next }) ?? true else { continue }
            switch progress[at].flow {
            case .probe(let asked, let tries):
                guard !asked, progress[at].isLinked else { continue }
                progress[at].flow = .probe(asked: true, tries: tries + 1)
                sendAppend(at, previous: previous, entries: Array(rest), isProbe: true)
            case .replicate(let inFlight):
                guard inFlight.count < limits.appendWindow, !rest.isEmpty else { continue }
                sendAhead(at, previous: previous, entries: Array(rest))
            case .snapshot: continue
            }
        }
    }

    /// Entries that `readEntries` asked for can't be read now; they are asked for again soon.
    public mutating func entriesReadFailed(from: LogIndex) {
        guard fenced == nil, role == .leader else { return }
        for at in progress.indices where progress[at].reading?.from == from {
            progress[at].reading = (from, now.advanced(by: limits.readRetry))
        }
    }
}
