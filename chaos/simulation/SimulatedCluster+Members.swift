import Raft
import Replica

/// Operators who add, remove and replace nodes, and hand the leadership over.
extension SimulatedCluster {
    /// Members at most, and at least, that operators go for.
    private static let wanted = 1...6
    /// How long operators wait for an answer, in milliseconds.
    private static let patience: Int64 = 2_000

    /// Whether members changed, or may change.
    var changesMembers: Bool { faults.membersEvery > 0 || oracle.configuration != nil }

    /// An operator at some node asks for something about members.
    func changeMembers() throws {
        let grows = fate.happens(permille: ids.count < 4 ? 700 : 300)
        if grows, ids.count < Self.wanted.upperBound {
            try addNode()
        } else if ids.count > Self.wanted.lowerBound {
            try remove(fate.pick(ids), at: fate.pick(ids))
        }
    }

    private func addNode() throws {
        highestID = NodeID(highestID.rawValue + 1)
        let member = newMember(highestID)
        members[member.id] = member
        let asked = fate.pick(ids)
        ids.append(member.id)
        note { "node \(member.id) wants to join" }
        try start(member)
        try add(member.id, at: asked)
    }

    private func add(_ id: NodeID, at asked: NodeID) throws {
        try ask(.add(id, address: [UInt8(truncatingIfNeeded: id.rawValue)]), at: asked) {
            [self] answer in
            note { "adding node \(id): \(answer)" }
            // It is in no log and never will be by this request: the operator gives up.
            if case .refused = answer { schedule(.retire(id), after: 1) }
        }
    }

    private func remove(_ id: NodeID, at asked: NodeID) throws {
        note { "node \(id) is to be removed" }
        // By the slowest clock, and the longest way there.
        removalsUntil = now + Self.patience * 1000 * 5 / 4
        try ask(.remove(id), at: asked) { [self] answer in
            note { "removing node \(id): \(answer)" }
        }
    }

    private func ask(
        _ change: MembershipChange, at id: NodeID, completion: @escaping (Answer) -> Void
    ) throws {
        try request(at: id, patience: Self.patience, completion: completion) {
            replica, request, deadline in
            replica.membershipRequested(change, request: request, deadline: deadline)
        }
    }

    /// An operator wants another leader.
    func handOver() throws {
        let target = fate.happens(permille: 500) ? fate.pick(ids) : nil
        try request(at: fate.pick(ids), patience: Self.patience, completion: { _ in }) {
            replica, request, deadline in
            replica.transferRequested(to: target, request: request, deadline: deadline)
        }
    }

    /// A node ends for good, unless it is a member or may become one.
    func retire(_ id: NodeID) throws {
        let isMember = oracle.members(founders).contains(id)
        guard ids.contains(id), !isMember, let member = members[id] else { return }
        note { "node \(id) is gone for good" }
        ids.removeAll { $0 == id }
        member.process = nil
        member.waiting = [:]
        for other in ids { try turn(members[other]!) { $0.linkClosed(to: id) } }
    }

    /// In calm: nodes that were removed end, nodes that wait to be added are added. Whether every
    /// node is a voter, and all know it.
    func membersAreSettled() throws -> Bool {
        guard changesMembers else { return true }
        let members = oracle.members(founders)
        for id in ids where members.excludes(id) { try retire(id) }
        for id in ids where !members.contains(id) {
            try add(id, at: leader?.id ?? ids[0])
            return false
        }
        // Asked for twice, given up by one answer, and added by the other.
        for id in members.members where !ids.contains(id) {
            try remove(id, at: leader?.id ?? ids[0])
            return false
        }
        return ids.allSatisfy { id in
            guard let raft = self.members[id]?.process?.replica.raft else { return false }
            return raft.configuration.voters == ids && raft.configurationIndex <= raft.commit
        }
    }
}
