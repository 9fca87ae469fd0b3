import Raft
import Routing

/// Changes of members and hand-overs: asked at any node, decided by the leader, answered where
/// they were asked once this node sees them done.
extension Replica {
    /// An operator at this node wants a member added or removed. Answered with `.applied` and the
    /// member's id once the change is applied here; a new member is a learner then, and becomes a
    /// voter by itself. For what is so already the answer is the same. Waits for a leader until
    /// the deadline.
    public mutating func membershipRequested(
        _ change: MembershipChange, request: RequestID, deadline: Instant
    ) {
        take(.membership(change), request, deadline)
    }

    /// An operator at this node wants the leadership handed over, to a member or to the one that
    /// is furthest. Answered with `.applied` and the new leader's id once it leads.
    public mutating func transferRequested(
        to member: NodeID?, request: RequestID, deadline: Instant
    ) {
        take(.transfer(to: member), request, deadline)
    }

    mutating func take(_ errand: Errand, _ request: RequestID, _ deadline: Instant) {
        if isRemoved || failure != nil {
            answers.append((request, .refused(isRemoved ? .removed : .shuttingDown)))
        } else if errands.all.count >= limits.pendingErrands {
            answers.append((request, .refused(.overloaded)))
        } else {
            errands.add(errand, request, deadline: deadline)
        }
    }

    // MARK: Where they were asked

    /// Asks the leader for what was not asked yet.
    mutating func sendErrands() {
        // A new leader may be the answer already: it must not be asked to hand over again.
        finishErrands()
        guard !errands.all.isEmpty, !isSuspended, let leader = raft.leader else { return }
        for id in errands.all.map(\.id) {
            guard let at = errands.index(of: id) else { continue }
            if let hold = errands.all[at].notBefore, now < hold { continue }
            let errand = errands.all[at].errand
            errands.all[at].asks += 1
            errands.all[at].notBefore = now.advanced(by: limits.errandResend)
            if errands.all[at].office == nil { errands.all[at].office = office }
            if leader == self.id {
                if case .refused(let why) = begin(errand) { errandRefused(id, why) }
            } else if case .raise = errand, newestLevels[leader] == .first {
                // Its release does not even know the question.
                errandRefused(id, .memberTooOld)
            } else {
                outgoing.append((leader, .ask(client: incarnation, id: id, errand)))
            }
        }
    }

    /// The leader did not begin an errand; nil: not yet.
    mutating func errandRefused(_ id: UInt64, _ why: Answer.Why?) {
        guard let at = errands.index(of: id), errands.all[at].asks > 0 else { return }
        // Asked once and refused: nobody does it. Asked more often, an earlier leader may.
        guard let why, errands.all[at].asks == 1 else {
            errands.all[at].asks -= 1
            errands.all[at].notBefore = now.advanced(
                by: why == nil ? limits.errandRetry : limits.errandResend)
            return
        }
        answers.append((errands.all.remove(at: at).request, .refused(why)))
    }

    /// Answers what is done by now.
    mutating func finishErrands() {
        guard !errands.all.isEmpty else { return }
        for pending in errands.all {
            guard let id = done(pending), let at = errands.index(of: pending.id) else { continue }
            errands.all.remove(at: at)
            answers.append(
                (pending.request, .applied(index: mark.index, .done(id: Int64(clamping: id)))))
        }
    }

    /// The number that an errand's answer carries, once it is done.
    private func done(_ pending: PendingErrands.Pending) -> UInt64? {
        switch pending.errand {
        case .membership(let change):
            guard change.isDone(in: appliedConfiguration.configuration) else { return nil }
            switch change {
            case .add(let id, _), .remove(let id): return id.rawValue
            }
        case .transfer(let target):
            guard let leader = raft.leader else { return nil }
            if let target { return leader == target ? leader.rawValue : nil }
            guard let before = pending.office, raft.term > before.term, leader != before.leader
            else { return nil }
            return leader.rawValue
        case .raise(let target):
            let level = state.routing.level
            return level >= target ? UInt64(level.rawValue) : nil
        }
    }

    mutating func expireErrands() {
        guard !errands.all.isEmpty else { return }
        errands.endHolds(at: now)
        for pending in errands.all where pending.deadline <= now {
            answers.append((pending.request, pending.asks == 0 ? .refused(.noLeader) : .unknown))
        }
        let now = now
        errands.all.removeAll { $0.deadline <= now }
    }

    // MARK: At the leader

    /// A peer's operator wants something.
    mutating func asked(_ errand: Errand, _ id: UInt64, client: UInt64, by peer: NodeID) {
        if case .refused(let why) = begin(errand) {
            outgoing.append((peer, .askRefused(client: client, id: id, why)))
        }
    }

    enum Begun {
        case underWay
        /// Nil: not yet.
        case refused(Answer.Why?)
    }

    private mutating func begin(_ errand: Errand) -> Begun {
        guard !isSuspended else { return .refused(.diverged) }
        switch errand {
        case .membership(let change):
            do throws(MembershipRefused) {
                _ = try raft.membershipRequested(change)
                return .underWay
            } catch {
                return .refused(Answer.Why(error))
            }
        case .transfer(let target):
            guard let why = raft.transferRequested(to: target) else { return .underWay }
            return .refused(Answer.Why(why))
        case .raise(let target): return beginRaise(to: target)
        }
    }

    // MARK: Removed

    /// This node is no member any more: whatever waits here never ends otherwise.
    mutating func endAsRemoved() {
        isRemoved = true
        finishErrands()
        for pending in errands.all {
            answers.append((pending.request, pending.asks == 0 ? .refused(.removed) : .unknown))
        }
        errands.all = []
        var sequence = pending.base
        while sequence < pending.next {
            if let request = pending.remove(sequence) {
                let isOpen = request.sends > 0
                answers.append((request.request, isOpen ? .unknown : .refused(.removed)))
            }
            sequence += 1
        }
        for read in reads.takeAll() { answers.append((read.request, .refused(.removed))) }
    }
}

extension Answer.Why {
    /// Why a change of members was refused, for who asked; nil: ask again.
    fileprivate init?(_ why: MembershipRefused) {
        switch why {
        case .notLeader, .notReady: return nil
        case .changeInProgress: self = .changeInProgress
        case .unknownMember: self = .unknownMember
        case .alreadyMember: self = .alreadyMember
        case .idWasUsed: self = .idWasUsed
        case .lastVoter: self = .lastVoter
        case .tooManyMembers: self = .tooManyMembers
        case .wouldLoseQuorum: self = .wouldLoseQuorum
        case .badAddress: self = .badAddress
        }
    }

    /// Why a hand-over was refused, for who asked; nil: ask again.
    fileprivate init?(_ why: TransferRefused) {
        switch why {
        case .notLeader: return nil
        case .inProgress: self = .changeInProgress
        case .notVoter: self = .notVoter
        case .unreachable: self = .unreachable
        }
    }
}
