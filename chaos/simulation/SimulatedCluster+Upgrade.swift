import Raft
import Replica
import Routing

/// Operators who bring a new release to one node after the other, and raise the feature level.
extension SimulatedCluster {
    /// A link opens; its handshake tells what the other end's release knows.
    func open(_ replica: inout Replica, to peer: NodeID) {
        replica.linkOpened(to: peer, newest: members[peer]!.newestLevel)
    }

    /// A node goes on after a pause: what the handshakes of new links told waits in its kernel.
    func hearOfLevels(_ member: Member) {
        for id in ids where id != member.id && members[id]!.isRunning {
            member.process?.replica.newestLevels[id] = members[id]!.newestLevel
        }
    }

    /// One step: some node that still runs the old release ends and starts with the new one, or an
    /// operator asks for the raise, too early as often as not.
    func upgradeSomebody() throws {
        let old = ids.filter { members[$0]!.newestLevel < .newest }
        guard fate.happens(permille: 500), !old.isEmpty else {
            return try askForRaise(at: fate.pick(ids))
        }
        let member = members[fate.pick(old)]!
        guard member.isRunning, !member.isPaused else { return }
        note { "node \(member.id) gets the new release" }
        member.newestLevel = .newest
        try end(member, isPowerCut: false)
    }

    /// An operator asks a node for the newest level.
    func askForRaise(at id: NodeID) throws {
        try request(at: id, patience: 2_000) { [self] answer in
            note { "raising the level, asked at node \(id): \(answer)" }
        } _: { replica, request, deadline in
            replica.raiseRequested(to: .newest, request: request, deadline: deadline)
        }
    }

    /// Whether some node is at the newest level.
    var isRaised: Bool {
        ids.contains { members[$0]!.process?.replica.status.level == .newest }
    }

    /// Every node that still runs the old release is killed and starts with the new one.
    func finishUpgrade() throws {
        for id in ids {
            let member = members[id]!
            guard member.newestLevel < .newest else { continue }
            member.newestLevel = .newest
            try end(member, isPowerCut: false)
            try start(member)
        }
    }
}
