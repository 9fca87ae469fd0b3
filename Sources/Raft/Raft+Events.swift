extension Raft {
    /// Time has come to `now`; never goes back.
    public mutating func timeAdvanced(to now: Instant) {
        guard fenced == nil, now >= self.now else { return }
        let pause = now.since(self.now)
        self.now = now
        if role == .leader {
            leaderTimeAdvanced(after: pause)
        } else if now >= electionDeadline {
            if isStalled || !isVoter {
                resetElectionDeadline()
            } else {
                askForPreVotes()
            }
        }
    }

    /// A message came.
    public mutating func received(_ message: Message) {
        guard fenced == nil, message.to == id, message.from != id, isHeard(message) else { return }
        if role == .leader, let at = progressIndex(of: message.from), !progress[at].isLinked {
            // Whatever was said about the link, it works.
            linkOpened(to: message.from)
        }
        if message.term > term {
            guard adoptTerm(of: message) else { return }
        } else if message.term < term {
            answerStale(message)
            return
        }
        switch message.body {
        case .preVote(let proposed, let position):
            preVoteAsked(message, proposed: proposed, position: position)
        case .preVoteReply(let proposed, let reply):
            preVoteAnswered(by: message.from, proposed: proposed, reply)
        case .vote(let position, let isTransfer):
            voteAsked(by: message.from, position: position, isTransfer: isTransfer)
        case .voteReply(let reply):
            voteAnswered(by: message.from, reply)
        case .append(let append):
            guard leaderSpoke(message.from) else { return }
            appendReceived(append)
        case .appendReply(let reply):
            appendAnswered(by: message.from, reply)
        case .heartbeat(let commit, let match, let round):
            guard leaderSpoke(message.from) else { return }
            heartbeatReceived(commit: commit, match: match, round: round)
        case .heartbeatReply(let round, let match, let accepted):
            heartbeatAnswered(by: message.from, round: round, match: match, accepted: accepted)
        case .timeoutNow:
            // One whose disk hangs would only lose the time.
            guard leader == message.from, isVoter, !isStalled else { return }
            standForElection(isTransfer: true)
        case .removed: toldRemoved()
        }
    }

    /// Whether a message counts, whoever sent it.
    ///
    /// Our configuration may be old: a candidate or a leader that it does not know may well be
    /// one, and is judged by its term and log (dissertation, section 4.1). Answers count only from
    /// those that were asked. And one that is excluded for good is told so when it stands.
    private mutating func isHeard(_ message: Message) -> Bool {
        switch message.body {
        case .preVote, .vote:
            // A node that knows of no member was none that anybody counts, or its directory was
            // emptied: then it has forgotten what its vote would have to protect.
            guard !configuration.voters.isEmpty else { return false }
            guard committedConfiguration.excludes(message.from) else { return true }
            send(.removed(index: configurations[0].index), to: message.from)
            return false
        case .append, .heartbeat, .timeoutNow: return true
        case .removed:
            toldRemoved()
            return false
        case .preVoteReply, .voteReply, .appendReply, .heartbeatReply:
            return configuration.contains(message.from)
                || progressIndex(of: message.from) != nil
        }
    }

    /// Handles a term above our own; false if the message must be dropped.
    private mutating func adoptTerm(of message: Message) -> Bool {
        switch message.body {
        case .preVote:
            // A pre-vote never changes a term.
            return true
        case .preVoteReply(_, .granted):
            // Granted by one who was ahead: impossible, and of no use.
            return false
        case .vote(_, let isTransfer):
            // Inside a living leader's lease a vote request is not even looked at, so that a
            // member that was cut off can't depose a leader that works.
            if !isTransfer, isLeaseAlive { return false }
            follow(term: message.term, leader: nil)
        case .append, .heartbeat, .timeoutNow:
            follow(term: message.term, leader: message.from)
        case .preVoteReply, .voteReply, .appendReply, .heartbeatReply, .removed:
            follow(term: message.term, leader: nil)
        }
        return true
    }

    /// Answers a message of an older term where that helps its sender to catch up.
    private mutating func answerStale(_ message: Message) {
        switch message.body {
        case .preVote(let proposed, let position):
            preVoteAsked(message, proposed: proposed, position: position)
        case .vote:
            send(.voteReply(.refused), to: message.from)
        case .append, .heartbeat:
            // Round 0 confirms nothing; the term alone deposes the old leader.
            send(.heartbeatReply(round: 0, match: .zero, accepted: .zero), to: message.from)
        case .preVoteReply(let proposed, let reply):
            // A voter that is behind in its term may well grant.
            preVoteAnswered(by: message.from, proposed: proposed, reply)
        case .voteReply, .appendReply, .heartbeatReply, .timeoutNow, .removed:
            break
        }
    }

    /// The write of this number, and all before it, are durable. Numbers of writes that are not
    /// under way are ignored.
    public mutating func persisted(id write: UInt64) {
        guard fenced == nil, write > durableWrite, write < nextWrite else { return }
        durableWrite = write
        var done = 0
        while done < writes.count, writes[done].id <= write {
            log.madeDurable(through: writes[done].end)
            done += 1
        }
        writes.removeFirst(done)
        var released = 0
        while released < held.count, held[released].write <= write {
            // What was said in a term that has passed is of no use to anybody.
            if held[released].message.term == term { outgoing.append(held[released].message) }
            released += 1
        }
        held.removeFirst(released)
        switch role {
        case .leader:
            advanceCommit()
        case .candidate:
            // Our own vote counts once it can't be forgotten.
            if isHardStateDurable { voteAnswered(by: id, .granted) }
        case .follower, .preCandidate:
            acknowledge(always: false)
        }
    }

    /// The link to a member closed: what was under way may be lost.
    public mutating func linkClosed(to peer: NodeID) {
        guard fenced == nil else { return }
        if role == .leader {
            guard let at = progressIndex(of: peer) else { return }
            progress[at].linkTriedAt = now.advanced(by: limits.electionTimeout)
            // A snapshot has a connection of its own.
            if !progress[at].isSnapshot { progress[at].probe(from: progress[at].match.next) }
            if transfer?.target == peer { transfer = nil }
        } else if leader == peer {
            leaderVanished()
        }
    }

    /// The link to a member opened.
    public mutating func linkOpened(to peer: NodeID) {
        guard fenced == nil else { return }
        switch role {
        case .leader:
            guard let at = progressIndex(of: peer) else { return }
            progress[at].linkTriedAt = nil
            if !progress[at].isSnapshot { progress[at].probe(from: log.last.index.next) }
        case .preCandidate, .candidate:
            askAgain(peer)
        case .follower:
            break
        }
    }

    var isHardStateDurable: Bool { !isHardStateDirty && hardStateWrite <= durableWrite }

    /// Sends in the present term, once that term and the vote in it are durable.
    mutating func send(_ body: Message.Body, to peer: NodeID) {
        let message = Message(from: id, to: peer, term: term, body: body)
        if isHardStateDurable {
            outgoing.append(message)
        } else {
            held.append((isHardStateDirty ? nextWrite : hardStateWrite, message))
        }
    }

    /// Becomes a follower, in a later term or in this one.
    mutating func follow(term newTerm: Term, leader newLeader: NodeID?) {
        precondition(newTerm >= term)
        if newTerm > term {
            term = newTerm
            votedFor = nil
            isHardStateDirty = true
            // Committed entries are in every later leader's log.
            verified = commit
            acknowledged = .zero
            leader = nil
            leaderHeard = nil
        }
        let wasLeader = role == .leader
        if wasLeader { leaveOffice() }
        if role != .follower { resetElectionDeadline() }
        role = .follower
        // In office it went on although its removal was committed.
        if wasLeader { noteCommit() }
        votes = []
        isTransferCandidacy = false
        leader = newLeader
        if newLeader == nil { leaderHeard = nil }
    }
}
