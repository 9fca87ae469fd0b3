import Raft
import Routing
import Wire

extension Replica {
    /// Time has come to `now`, the wall clock to `wall`. Call at the beginning of each turn of the
    /// loop, and at `nextDeadline`.
    public mutating func timeAdvanced(to now: Instant, wall: LogTime) {
        guard now >= self.now else { return }
        self.now = now
        self.wall = wall
        guard failure == nil else { return }
        raft.timeAdvanced(to: now)
        while let sequence = pending.firstExpired(at: now) {
            guard let expired = pending.remove(sequence) else { break }
            answers.append((expired.request, expired.sends == 0 ? .refused(.noLeader) : .unknown))
        }
        for read in reads.takeExpired(at: now) {
            answers.append((read.request, .refused(.noLeader)))
        }
        expireErrands()
        reads.retry(askedBefore: now.advanced(by: .zero - limits.readRetry))
        if let hold = forwardNotBefore, hold <= now { forwardNotBefore = nil }
        if let resend = resendDeadline, resend <= now {
            lastProgress = now
            forwardFrom = pending.base
        }
    }

    /// A frame came from a peer.
    public mutating func received(_ frame: [UInt8], from peer: NodeID) {
        guard failure == nil else { return }
        do throws(WireError) {
            var reader = try FrameReader(frame, from: peer, to: id)
            let isNews = frameNumbers.isNews(reader.incarnation, reader.number, from: peer)
            while let message = try reader.next() {
                received(message, from: peer, isNews: isNews)
            }
        } catch {
            notices.append(.badFrame(from: peer, error.description))
        }
    }

    private mutating func received(
        _ message: PeerMessage, from peer: NodeID, isNews: Bool
    ) {
        switch message {
        case .raft(let message):
            if case .append(let append) = message.body, message.term >= raft.term {
                readTime(of: append, term: message.term)
            }
            raft.received(message)
        case .forward(let forward):
            if isNews { forwarded(forward, from: peer) }
        case .forwardRefused(let client, let refused):
            if isNews, client == incarnation { forwardRefused(refused) }
        case .readIndex(let client, let id):
            askRaft(for: ReadOrigin(node: peer, client: client, id: id))
        case .readIndexReply(let client, let id, let index):
            if client == incarnation { reads.answered(id, index) }
        case .ask(let client, let id, let errand):
            if isNews { asked(errand, id, client: client, by: peer) }
        case .askRefused(let client, let id, let why):
            if isNews, client == incarnation { errandRefused(id, why) }
        case .report(let report):
            watch.heard(report, from: peer)
            peerRooms[peer] = .ok
        case .room(let room): peerRooms[peer] = room
        case .majority(let report):
            guard let mine = watch.digest(at: report.index) else { break }
            if mine == report.digest {
                watch.majorityAgrees(at: report.index)
            } else {
                failure = .diverged(index: report.index, mine: mine, theirs: report.digest)
            }
        }
    }

    /// The log's clock follows what the leader stamps.
    private mutating func readTime(of append: Message.Append, term: Term) {
        defer { entryAge.heard(append, of: term, now: now) }
        guard let newest = append.entries.last(where: { $0.kind == .command }),
            let time = EntryPayload.time(of: newest.payload)
        else { return }
        if entryAge.isNew(newest, in: append, of: term, now: now) {
            clock.observed(time, now: now)
        } else {
            clock.observedLate(time, now: now, wall: wall)
        }
    }

    /// The link to a peer opened, which applies feature levels up to `newest`.
    public mutating func linkOpened(to peer: NodeID, newest: FeatureLevel = .first) {
        guard failure == nil else { return }
        newestLevels[peer] = newest
        raft.linkOpened(to: peer)
        if raft.leader == peer { startOver() }
    }

    /// The link to a peer closed, or could not be opened.
    public mutating func linkClosed(to peer: NodeID) {
        guard failure == nil else { return }
        newestLevels[peer] = nil
        peerRooms[peer] = nil
        raft.linkClosed(to: peer)
    }

    /// The write of this number, and all before it, are durable.
    public mutating func persisted(id: UInt64) {
        guard failure == nil else { return }
        raft.persisted(id: id)
    }

    /// Entries that `readEntries` asked for; `from` is as asked.
    public mutating func entriesRead(_ entries: [Entry], from: LogIndex) {
        guard failure == nil else { return }
        raft.entriesRead(entries, from: from)
    }

    /// Entries that `readEntries` asked for can't be read now; they are asked for again soon.
    public mutating func entriesReadFailed(from: LogIndex) {
        guard failure == nil else { return }
        raft.entriesReadFailed(from: from)
    }

    // MARK: Snapshots

    /// log.db holds nothing any more up to `index`, an entry of `term`. Cut only what was applied
    /// here and is durable in state.db: the marks of a full checkpoint tell it.
    public mutating func logCut(through index: LogIndex, term: Term) {
        guard failure == nil else { return }
        raft.logCut(through: index, term: term)
    }

    /// Whether a snapshot with this mark would help here. Ask when one is offered, and again just
    /// before it is installed: entries after its end may have been acknowledged meanwhile, and
    /// installing resets the log.
    public func needsSnapshot(through index: LogIndex, term: Term) -> Bool {
        failure == nil && raft.needsSnapshot(through: index, term: term)
    }

    /// A snapshot that ends with `index` arrived whole at a follower, which installs it.
    public mutating func snapshotSent(to peer: NodeID, index: LogIndex) {
        guard failure == nil else { return }
        raft.snapshotSent(to: peer, index: index)
    }

    /// A transfer goes on. One of which nothing is heard for a minute is given up, and the
    /// follower probed again.
    public mutating func snapshotProgressed(to peer: NodeID) {
        guard failure == nil else { return }
        raft.snapshotProgressed(to: peer)
    }

    /// A snapshot could not be made or sent; it is wanted again after a pause if still needed.
    public mutating func snapshotFailed(to peer: NodeID) {
        guard failure == nil else { return }
        raft.snapshotFailed(to: peer)
    }

    // MARK: Requests

    /// An endpoint of this node wants a command done. While there is no leader it waits until the
    /// deadline. With a key the command is done once, however often it is asked for under it.
    public mutating func submitted(
        _ command: Command, request: RequestID, deadline: Instant, key: RequestKey? = nil
    ) {
        if case .raiseLevel = command { preconditionFailure("asked for by `raiseRequested`") }
        guard command.isTaken(at: state.routing.level) else {
            answers.append((request, .refused(.needsLevel)))
            return
        }
        var writer = ByteWriter(capacity: 512)
        if !command.isIdempotent { key?.encode(into: &writer) }
        command.encode(into: &writer)
        guard writer.bytes.count + 40 <= limits.raft.entryBytes else {
            answers.append((request, .refused(.tooLarge)))
            return
        }
        if let why = refusal(adding: writer.bytes.count) {
            answers.append((request, .refused(why)))
            return
        }
        pending.add(
            .init(
                request: request, deadline: deadline, keepsAnswer: !command.isIdempotent,
                carriesKey: key != nil && !command.isIdempotent, command: writer.bytes))
    }

    /// An endpoint of this node wants to read what is not older than any acknowledged write.
    public mutating func readRequested(_ request: RequestID, deadline: Instant) {
        guard !isRemoved else {
            answers.append((request, .refused(.removed)))
            return
        }
        guard reads.count < limits.pendingRequests else {
            answers.append((request, .refused(.overloaded)))
            return
        }
        reads.add(request, deadline: deadline)
    }

    /// An orderly shutdown begins: hand over the leadership, take nothing new.
    public mutating func leaveRequested() { isLeaving = true }

    private func refusal(adding bytes: Int) -> Answer.Why? {
        if isRemoved { return .removed }
        if isLeaving || failure != nil { return .shuttingDown }
        if isSuspended { return .diverged }
        let isFull =
            pending.count >= limits.pendingRequests || pending.span >= limits.pendingSpan
            || pending.bytes + bytes > limits.pendingBytes
        return isFull ? .overloaded : nil
    }

    /// When requests are sent again to a leader that answers nothing.
    var resendDeadline: Instant? {
        guard pending.count > 0, forwardFrom > pending.base, raft.role != .leader,
            raft.leader != nil
        else { return nil }
        return lastProgress.advanced(by: limits.forwardResend)
    }

    /// What the leader was sent may be lost: everything without an answer goes out again.
    mutating func startOver() {
        forwardFrom = pending.base
        lastProgress = now
        forwardNotBefore = nil
        reads.startOver()
        errands.startOver()
    }
}
