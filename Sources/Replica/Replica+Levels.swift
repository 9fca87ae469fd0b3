import Raft
import Routing

/// The feature level: the leader raises it, once every member is known to apply it.
extension Replica {
    /// An operator at this node wants the level raised. Answered with `.applied` and the level once
    /// it is in force here. For a level that is in force already the answer is the same.
    public mutating func raiseRequested(
        to level: FeatureLevel, request: RequestID, deadline: Instant
    ) {
        take(.raise(to: level), request, deadline)
    }

    /// The highest level that a member is known to apply; nil while it can't be reached from here.
    /// Its link's handshake tells.
    func newestLevel(of member: NodeID) -> FeatureLevel? {
        member == id ? limits.newestLevel : newestLevels[member]
    }

    /// Begins a raise at the leader.
    mutating func beginRaise(to target: FeatureLevel) -> Begun {
        guard hasAppliedOwnEpoch else { return .refused(nil) }
        guard target > state.routing.level, raisedIndex <= mark.index else { return .underWay }
        guard target <= limits.newestLevel else { return .refused(.unknownLevel) }
        guard isAppliedEverywhere(target) else { return .refused(.memberTooOld) }
        guard let index = proposeOwn(.raiseLevel(to: target)) else { return .refused(nil) }
        raisedIndex = index
        return .underWay
    }

    /// Whether every member of the newest configuration, with a vote or without, knows a level.
    private func isAppliedEverywhere(_ level: FeatureLevel) -> Bool {
        raft.configuration.members.allSatisfy { newestLevel(of: $0).map { $0 >= level } ?? false }
    }

    /// As leader: everything before this office is applied here.
    private var hasAppliedOwnEpoch: Bool {
        raft.role == .leader && state.routing.epoch == raft.term.rawValue
    }

    /// A cluster that nobody uses yet begins with the newest level: there is nothing to go back to.
    var startsAtNewest: Bool {
        hasAppliedOwnEpoch && !isSuspended && !raft.isTransferring
            && state.routing.isUnused && state.routing.level < limits.newestLevel
            && raisedIndex <= mark.index && isAppliedEverywhere(limits.newestLevel)
    }
}
