/// A change of who takes part: one at a time (dissertation, section 4.1).
public enum MembershipChange: Hashable, Sendable {
    /// A new member, as a learner at first; the leader itself promotes it near the tip. Its id is
    /// above all that were ever used.
    case add(NodeID, address: [UInt8])
    /// A member goes, for good; the leader may be it.
    case remove(NodeID)

    /// Whether a configuration is as the change wants it.
    public func isDone(in configuration: Configuration) -> Bool {
        switch self {
        case .add(let id, let address): configuration.address(of: id) == address
        case .remove(let id): configuration.excludes(id)
        }
    }
}

/// Why a change of members was not begun. Nothing of it is in any log.
public enum MembershipRefused: UInt8, Error, Hashable, Sendable {
    /// Only a leader changes members.
    case notLeader = 0
    /// The leader has committed nothing in its term yet, or hands over; soon it may.
    case notReady = 1
    /// The change before is not committed yet.
    case changeInProgress = 2
    /// There is no such member, and there never was.
    case unknownMember = 3
    /// There is such a member, with another address.
    case alreadyMember = 4
    /// Not above all ids that were ever used.
    case idWasUsed = 5
    /// The only voter can't go.
    case lastVoter = 6
    /// As many members as there may be.
    case tooManyMembers = 7
    /// The voters that would be left and can be reached now are no majority of those left.
    case wouldLoseQuorum = 8
    /// Empty, or longer than an address may be.
    case badAddress = 9
}

extension Configuration {
    /// This configuration after a change, or why the change makes no sense in it.
    func changed(by change: MembershipChange) throws(MembershipRefused) -> Configuration {
        var next = self
        switch change {
        case .add(let id, let address):
            guard !contains(id) else { throw .alreadyMember }
            guard id > highestUsed else { throw .idWasUsed }
            guard members.count < Self.maxMembers else { throw .tooManyMembers }
            guard (1...Self.maxAddressBytes).contains(address.count) else { throw .badAddress }
            next.learners.append(id)
            next.addresses.append(Address(id: id, bytes: address))
            next.highestUsed = id
        case .remove(let id):
            guard contains(id) else { throw .unknownMember }
            guard voters != [id] else { throw .lastVoter }
            next.voters.removeAll { $0 == id }
            next.learners.removeAll { $0 == id }
            next.addresses.removeAll { $0.id == id }
        }
        return next
    }

    /// This configuration with a learner made a voter.
    func promoting(_ learner: NodeID) -> Configuration {
        var next = self
        next.learners.removeAll { $0 == learner }
        next.voters = (next.voters + [learner]).sorted()
        return next
    }
}
