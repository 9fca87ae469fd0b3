import Raft
import Replica

/// Logs that are cut, and snapshots that go to whoever needs what is gone.
extension SimulatedCluster {
    /// A copy of a leader's state.db on its way to a follower.
    final class Transfer {
        /// How far it has come.
        enum Step { case onItsWay, staged }
        let from: NodeID
        let sender: UInt64
        let to: NodeID
        let receiver: UInt64
        let copy: SimulatedDisk.Copy
        var step = Step.onItsWay
        init(from: Member, to: Member) {
            self.from = from.id
            sender = from.incarnation
            self.to = to.id
            receiver = to.incarnation
            copy = from.disk.copy()
        }
    }

    /// Some node cuts its log behind what its rows hold for good.
    func compactSomebody() throws {
        let member = members[fate.pick(ids)]!
        guard member.isRunning, !member.isPaused else { return }
        // Not what a follower will need after the snapshot that is on its way to it.
        let needed = transfers.filter { $0.from == member.id }.map(\.copy.mark.index).min()
        guard
            let base = member.disk.cut(
                keeping: Int(faults.trailing), atMost: needed ?? LogIndex(.max))
        else { return }
        note { "node \(member.id) cuts its log through \(base.index)" }
        try turn(member) { $0.logCut(through: base.index, term: base.term) }
    }

    func sendSnapshot(from member: Member, to peer: NodeID) {
        guard let receiver = members[peer], receiver.isRunning else {
            // Its connection is refused, a little later.
            let transfer = Transfer(from: member, to: members[peer] ?? newMember(peer))
            transfers.append(transfer)
            return schedule(.snapshot(transfer), after: physics.number(100...5_000))
        }
        let transfer = Transfer(from: member, to: receiver)
        transfers.append(transfer)
        note { "node \(member.id) sends node \(peer) a snapshot at \(transfer.copy.mark.index)" }
        let time = physics.number(
            faults.snapshotTakes.lowerBound * 1000...faults.snapshotTakes.upperBound * 1000)
        schedule(.snapshot(transfer), after: time)
    }

    /// A snapshot arrives whole, or is installed.
    func goOn(_ transfer: Transfer) throws {
        switch transfer.step {
        case .onItsWay: try arrive(transfer)
        case .staged: try install(transfer)
        }
    }

    private func arrive(_ transfer: Transfer) throws {
        let ways = [
            Way(from: transfer.from, to: transfer.to), Way(from: transfer.to, to: transfer.from),
        ]
        let isCut = cuts.contains { cut in ways.contains { cut.blocked.contains($0) } }
        let isLost = isStorm && physics.happens(permille: faults.snapshotLoss)
        guard !isCut, !isLost, running(transfer.to, transfer.receiver) != nil else {
            note { "the snapshot for node \(transfer.to) is lost" }
            try end(transfer, isTold: !isLost || physics.happens(permille: 500)) {
                $0.snapshotFailed(to: transfer.to)
            }
            return
        }
        transfer.step = .staged
        // The file and its directory are synced.
        schedule(.snapshot(transfer), after: physics.number(100...5_000))
        try end(transfer, isTold: !isStorm || !physics.happens(permille: 100)) {
            $0.snapshotSent(to: transfer.to, index: transfer.copy.mark.index)
        }
    }

    /// The transfer is over for its sender, which may not have heard how.
    private func end(
        _ transfer: Transfer, isTold: Bool, _ tell: (inout Replica) -> Void
    ) throws {
        transfers.removeAll { $0 === transfer }
        guard isTold, let sender = running(transfer.from, transfer.sender) else { return }
        try turn(sender, tell)
    }

    /// The restart in place. Before the one transaction that counts a crash leaves all as it was;
    /// after it the node starts from the snapshot, whenever that is.
    private func install(_ transfer: Transfer) throws {
        let mark = transfer.copy.mark
        guard let member = running(transfer.to, transfer.receiver), member.isRunning,
            member.process!.replica.needsSnapshot(through: mark.index, term: mark.term)
        else { return }
        let dies = isStorm && fate.happens(permille: faults.installCrash)
        let isBefore = fate.happens(permille: 500)
        if dies, isBefore {
            note { "node \(member.id) dies before it installs a snapshot" }
            return try end(member, isPowerCut: false)
        }
        note { "node \(member.id) installs the snapshot at \(mark.index)" }
        // The writers finish what they were given, then close.
        while member.disk.finishWrite() != nil || member.disk.beginWrite() {}
        member.disk.install(transfer.copy)
        installs += 1
        if dies { return try end(member, isPowerCut: false) }
        member.process = nil
        try start(member)
    }
}
