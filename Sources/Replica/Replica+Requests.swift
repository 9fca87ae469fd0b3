import Raft
import Routing
import Wire

extension Replica {
    /// Brings this node's requests on their way: into the log at the leader, to the leader
    /// otherwise.
    mutating func dispatch() {
        forwardFrom = max(forwardFrom, pending.base)
        guard !isSuspended, forwardNotBefore == nil else { return }
        if raft.role == .leader {
            if !raft.isTransferring { proposePending() }
        } else if let leader = raft.leader {
            forwardPending(to: leader)
        }
        askForReads()
        sendErrands()
    }

    private mutating func proposePending() {
        let lacksRoom = lacksRoom
        while forwardFrom < pending.next {
            let sequence = forwardFrom
            guard let request = pending[sequence] else {
                forwardFrom += 1
                continue
            }
            guard !lacksRoom else {
                // What may be in a log already waits for room; the rest is told at once.
                guard request.sends == 0 else { return }
                refuse(sequence, .noRoom)
                forwardFrom += 1
                continue
            }
            let payload = stamped(
                flags: request.flags, client: incarnation,
                sequence: sequence, settledBelow: pending.base, command: request.command[...])
            do throws(ProposalRefused) {
                _ = try raft.proposed(payload)
                pending.noteSent(sequence, by: 1)
            } catch {
                switch error {
                case .notLeader, .transferring, .fenced: return
                case .overloaded:
                    // What may be in a log already waits for room; the rest is told at once.
                    guard request.sends == 0 else { return }
                    refuse(sequence, .overloaded)
                case .tooLarge: refuse(sequence, .tooLarge)
                }
            }
            forwardFrom += 1
        }
    }

    private mutating func refuse(_ sequence: UInt64, _ why: Answer.Why) {
        guard let request = pending.remove(sequence) else { return }
        answers.append((request.request, .refused(why)))
    }

    private mutating func forwardPending(to leader: NodeID) {
        if forwardFrom == pending.base { lastProgress = now }
        var commands: [PeerMessage.Forwarded] = []
        var bytes = 0
        while forwardFrom < pending.next, bytes < limits.forwardBytes {
            let sequence = forwardFrom
            forwardFrom += 1
            guard let request = pending[sequence] else { continue }
            bytes += request.command.count
            commands.append(
                .init(
                    sequence: sequence,
                    flags: request.flags,
                    command: request.command[...]))
            pending.noteSent(sequence, by: 1)
        }
        guard !commands.isEmpty else { return }
        outgoing.append(
            (
                leader,
                .forward(
                    .init(client: incarnation, settledBelow: pending.base, commands: commands))
            ))
    }

    /// Requests of another node's clients.
    mutating func forwarded(_ forward: PeerMessage.Forward, from peer: NodeID) {
        // An election may have been won in this very turn: the clock comes first.
        noteOffice()
        let lacksRoom = lacksRoom
        var refused: [PeerMessage.Refused] = []
        for one in forward.commands {
            guard !isSuspended else {
                refused.append(.init(sequence: one.sequence, why: .diverged))
                continue
            }
            guard raft.role == .leader else {
                refused.append(.init(sequence: one.sequence, why: .notLeader))
                continue
            }
            guard !lacksRoom else {
                refused.append(.init(sequence: one.sequence, why: .noRoom))
                continue
            }
            // What can't be read would stop every node when it is applied.
            if let what = unreadable(one, settledBelow: forward.settledBelow) {
                notices.append(.badFrame(from: peer, "a command can't be read: \(what)"))
                refused.append(.init(sequence: one.sequence, why: .malformed))
                continue
            }
            let payload = stamped(
                flags: one.flags & EntryPayload.known, client: forward.client,
                sequence: one.sequence, settledBelow: forward.settledBelow,
                command: one.command)
            do throws(ProposalRefused) {
                _ = try raft.proposed(payload)
            } catch {
                let why: PeerMessage.Refused.Why =
                    switch error {
                    case .notLeader, .transferring, .fenced: .notLeader
                    case .overloaded: .overloaded
                    case .tooLarge: .tooLarge
                    }
                refused.append(.init(sequence: one.sequence, why: why))
            }
        }
        if !refused.isEmpty {
            outgoing.append((peer, .forwardRefused(client: forward.client, refused)))
        }
    }

    /// What is wrong with a request or with the bytes of its command; nil if nothing is.
    private func unreadable(
        _ forwarded: PeerMessage.Forwarded, settledBelow: UInt64
    ) -> String? {
        // Numbers become keys of rows: 0 is taken, and rows of one client ascend.
        let sequence = forwarded.sequence
        guard sequence >= max(1, settledBelow), sequence < PeerMessage.maxSequence else {
            return "the number \(sequence)"
        }
        var reader = ByteReader(Array(forwarded.command))
        do throws(WireError) {
            if forwarded.flags & EntryPayload.carriesKey != 0 {
                _ = try RequestKey(from: &reader)
            }
            let command = try Command.decode(&reader)
            try reader.expectEnd()
            if case .raiseLevel = command { return "the level is raised by the leader itself" }
            return command.level <= limits.newestLevel ? nil : "feature level \(command.level)"
        } catch {
            return error.description
        }
    }

    /// The node that we took for the leader did not take these.
    mutating func forwardRefused(_ refused: [PeerMessage.Refused]) {
        for one in refused {
            guard let request = pending[one.sequence], request.sends > 0 else { continue }
            pending.noteSent(one.sequence, by: -1)
            // Sent once and refused: it is in no log. Sent more often, an earlier copy may be.
            let why: Answer.Why?
            switch one.why {
            case .notLeader: why = nil
            case .overloaded: why = .overloaded
            case .tooLarge: why = .tooLarge
            case .diverged: why = .diverged
            case .malformed: why = .malformed
            case .noRoom: why = .noRoom
            }
            if request.sends == 1, let why {
                refuse(one.sequence, why)
                continue
            }
            forwardFrom = max(pending.base, min(forwardFrom, one.sequence))
            forwardNotBefore = now.advanced(by: limits.forwardRetry)
        }
    }

    // MARK: Reads

    private mutating func askForReads() {
        guard let leader = raft.leader, let id = reads.ask(at: now) else { return }
        if leader == self.id {
            askRaft(for: ReadOrigin(node: self.id, client: incarnation, id: id))
        } else {
            outgoing.append((leader, .readIndex(client: incarnation, id: id)))
        }
    }

    mutating func askRaft(for origin: ReadOrigin) {
        let id = nextRaftRead
        nextRaftRead += 1
        askedReads[id] = origin
        raft.readRequested(id: id)
    }

    mutating func readAnswered(_ id: UInt64, _ index: LogIndex?) {
        guard let origin = askedReads.removeValue(forKey: id) else { return }
        if origin.node != self.id {
            outgoing.append(
                (
                    origin.node,
                    .readIndexReply(client: origin.client, id: origin.id, index: index)
                ))
        } else if origin.client == incarnation {
            reads.answered(origin.id, index)
        }
    }

    // MARK: The leader's own

    /// A payload with the log's time.
    mutating func stamped(
        flags: UInt8 = 0, client: UInt64 = 0, sequence: UInt64 = 0, settledBelow: UInt64 = 0,
        command: ArraySlice<UInt8>
    ) -> [UInt8] {
        stampedTime = max(stampedTime, clock.advance(to: now, wall: wall))
        return EntryPayload(
            time: stampedTime, flags: flags, client: client, sequence: sequence,
            settledBelow: settledBelow
        ).encoded(command: command)
    }

    mutating func proposeOwn(_ command: Command) -> LogIndex? {
        var writer = ByteWriter(capacity: 16)
        command.encode(into: &writer)
        // Refused only when too much is uncommitted or another takes over: tried again later.
        return try? raft.proposed(stamped(command: writer.bytes[...]))
    }

    /// This node has just been elected.
    mutating func tookOffice() {
        // What was told to an earlier leader counts no more.
        peerRooms = [:]
        var last = appliedTime
        if let newest = raft.lastCommandPayload, let time = EntryPayload.time(of: newest) {
            last = max(last, time)
        }
        clock.tookOffice(last: last, now: now, wall: wall)
        stampedTime = last
        advanceIndex = .zero
        epochProposed = nil
        raisedIndex = .zero
    }

    /// As leader: begins the office, and lets time pass in the log when something is due.
    mutating func proposeOwnCommands() {
        guard raft.role == .leader, !raft.isTransferring, !isSuspended else { return }
        if epochProposed != raft.term {
            guard proposeOwn(.beginEpoch(raft.term.rawValue)) != nil else { return }
            epochProposed = raft.term
        }
        if startsAtNewest, let index = proposeOwn(.raiseLevel(to: limits.newestLevel)) {
            raisedIndex = index
        }
        guard raft.hasCommittedInTerm, advanceIndex <= mark.index,
            let due = state.routing.nextDeadline, due <= clock.advance(to: now, wall: wall)
        else { return }
        // Entries under way that are stamped late enough will do it.
        if mark.index < raft.lastIndex, stampedTime >= due { return }
        if let index = proposeOwn(.advance) { advanceIndex = index }
    }

    /// When log time comes to the next deadline, as the leader's clock runs.
    var advanceDeadline: Instant? {
        guard raft.role == .leader, raft.hasCommittedInTerm, !isSuspended,
            advanceIndex <= mark.index, let due = state.routing.nextDeadline
        else { return nil }
        if mark.index < raft.lastIndex, stampedTime >= due { return nil }
        let missing = max(0, due.milliseconds - logTime.milliseconds)
        return now.advanced(by: .milliseconds(missing))
    }
}
