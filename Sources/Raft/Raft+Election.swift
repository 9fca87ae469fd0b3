extension Raft {
    /// Whether a leader is alive as far as this member can know (dissertation, section 6.4.1).
    var isLeaseAlive: Bool {
        if role == .leader { return true }
        guard leader != nil, let heard = leaderHeard else { return false }
        return now < heard.advanced(by: limits.electionTimeout)
    }

    mutating func resetElectionDeadline() {
        let spread = generator.duration(below: limits.electionTimeout)
        electionDeadline = now.advanced(by: limits.electionTimeout + spread)
    }

    /// A message of the present term came from its leader; false if that can't be.
    mutating func leaderSpoke(_ peer: NodeID) -> Bool {
        // Two leaders in one term, or a leader that changed within it, can't be: drop it.
        guard role != .leader, leader == nil || leader == peer else { return false }
        if role != .follower || leader != peer { follow(term: term, leader: peer) }
        leaderHeard = now
        leaseRetriesLeft = limits.leaseRetries
        refusedPreVote = nil
        resetElectionDeadline()
        return true
    }

    /// The leader's link closed: its lease ends, and the followers stand one after another.
    mutating func leaderVanished() {
        let gone = leader
        leader = nil
        leaderHeard = nil
        guard isVoter, role == .follower else { return }
        let rank = configuration.voters.filter { $0 != gone && $0 < id }.count
        if rank == 0, !isStalled {
            askForPreVotes()
        } else {
            electionDeadline = now.advanced(by: limits.candidacyStagger * rank)
        }
        // The other one may have noticed first and been refused for the lease.
        if let refused = refusedPreVote,
            now < refused.at.advanced(by: limits.leaseRetry + limits.candidacyStagger)
        {
            refusedPreVote = nil
            received(refused.message)
        }
    }

    // MARK: Pre-vote

    /// Asks whether an election would be won, in a term that is not entered yet.
    mutating func askForPreVotes() {
        if configuration.voters == [id] {
            standForElection(isTransfer: false)
            return
        }
        role = .preCandidate
        leader = nil
        leaderHeard = nil
        votes = []
        count(.granted, of: id)
        preCandidateSince = now
        resetElectionDeadline()
        for peer in configuration.voters where peer != id {
            send(.preVote(proposed: term.next, log: log.last), to: peer)
        }
    }

    mutating func preVoteAsked(_ message: Message, proposed: Term, position: LogPosition) {
        let candidate = message.from
        func answer(_ reply: Message.VoteReply) -> Message.Body {
            .preVoteReply(proposed: proposed, reply)
        }
        guard proposed > term else {
            send(answer(.refused), to: candidate)
            return
        }
        guard !isLeaseAlive else {
            refusedPreVote = (message, now)
            send(answer(.leaderIsAlive), to: candidate)
            return
        }
        guard position >= log.last else {
            send(answer(.refused), to: candidate)
            // It can't win; we might, and nobody leads.
            if role == .follower, isVoter, !isStalled { askForPreVotes() }
            return
        }
        if role == .preCandidate {
            let isOurs = position == log.last && id < candidate
            let isFresh = now < preCandidateSince.advanced(by: limits.candidacyStagger * 2)
            if isOurs, isFresh {
                send(answer(.refused), to: candidate)
                return
            }
            follow(term: term, leader: nil)
        }
        send(answer(.granted), to: candidate)
    }

    mutating func preVoteAnswered(
        by voter: NodeID, proposed: Term, _ reply: Message.VoteReply
    ) {
        guard role == .preCandidate, proposed == term.next else { return }
        count(reply, of: voter)
        if reply == .leaderIsAlive { retrySoon() }
        switch ballot {
        case .won:
            standForElection(isTransfer: false)
        case .lost:
            let retry = electionDeadline
            follow(term: term, leader: nil)
            electionDeadline = min(electionDeadline, retry)
        case .open:
            break
        }
    }

    /// A voter still trusts the leader; it may only not have noticed yet that the leader is gone.
    private mutating func retrySoon() {
        guard leaseRetriesLeft > 0, electionDeadline > now.advanced(by: limits.leaseRetry) else {
            return
        }
        leaseRetriesLeft -= 1
        let half = limits.leaseRetry / 2
        electionDeadline = now.advanced(by: half + generator.duration(below: half))
    }

    // MARK: Vote

    /// Enters the next term and asks for votes.
    mutating func standForElection(isTransfer: Bool) {
        precondition(role != .leader && isVoter)
        term = term.next
        votedFor = id
        isHardStateDirty = true
        role = .candidate
        leader = nil
        leaderHeard = nil
        verified = commit
        acknowledged = .zero
        votes = []
        isTransferCandidacy = isTransfer
        resetElectionDeadline()
        for peer in configuration.voters where peer != id {
            send(.vote(log: log.last, isTransfer: isTransfer), to: peer)
        }
    }

    mutating func voteAsked(by candidate: NodeID, position: LogPosition, isTransfer: Bool) {
        guard isTransfer || !isLeaseAlive else { return }
        let isFree = votedFor == nil || votedFor == candidate
        guard isFree, position >= log.last, leader == nil else {
            send(.voteReply(.refused), to: candidate)
            if position < log.last, role == .follower, leader == nil, isVoter, !isStalled {
                askForPreVotes()
            }
            return
        }
        if votedFor == nil {
            votedFor = candidate
            isHardStateDirty = true
        }
        if role == .preCandidate { follow(term: term, leader: nil) }
        resetElectionDeadline()
        send(.voteReply(.granted), to: candidate)
    }

    mutating func voteAnswered(by voter: NodeID, _ reply: Message.VoteReply) {
        guard role == .candidate else { return }
        count(reply, of: voter)
        switch ballot {
        case .won:
            // Our own vote must be durable, also where it is not counted.
            guard isHardStateDurable else { return }
            takeOffice()
        case .lost:
            follow(term: term, leader: nil)
        case .open:
            break
        }
    }

    private mutating func count(_ reply: Message.VoteReply, of voter: NodeID) {
        guard configuration.voters.contains(voter) else { return }
        if let at = votes.firstIndex(where: { $0.voter == voter }) {
            // A grant stands; a refusal may become a grant when a lease ends.
            if votes[at].reply != .granted { votes[at].reply = reply }
        } else {
            votes.append((voter, reply))
        }
    }

    private var ballot: Quorum.Ballot {
        let yes = votes.filter { $0.reply == .granted }.count
        return Quorum.ballot(
            voters: configuration.voters.count, yes: yes, no: votes.count - yes)
    }

    /// The link to a member opened in the middle of a candidacy: its answer may be missing only
    /// because it was never asked.
    mutating func askAgain(_ peer: NodeID) {
        guard configuration.voters.contains(peer),
            !votes.contains(where: { $0.voter == peer && $0.reply == .granted })
        else { return }
        if role == .preCandidate {
            send(.preVote(proposed: term.next, log: log.last), to: peer)
        } else {
            send(.vote(log: log.last, isTransfer: isTransferCandidacy), to: peer)
        }
    }
}
