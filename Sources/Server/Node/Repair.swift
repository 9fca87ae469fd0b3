import Raft
import Replica
import Storage
import Transport

/// Replaces the rows of state.db when some turn out to be bad while the node runs.
///
/// What decisions need is in memory and right, so the node goes on serving; only what it must read
/// from the bad rows fails. A peer is asked for a snapshot, which is read through before it is
/// trusted and then takes the place of the rows by the same road as any other: the log keeps all
/// that this node acknowledged. Loop's thread only.
final class Repair {
    /// Before the next peer is asked.
    static let pause: Duration = .seconds(1)

    /// How it stands.
    private enum State {
        case idle
        /// Peers are asked, or a copy is on its way.
        case asking
        /// A copy has come and is read through, or the node is about to start from it.
        case checking
        /// There is nobody to ask and the log does not go back far enough.
        case hopeless
    }

    private unowned let node: Node
    private var state = State.idle
    private var next = 0
    /// What was found first.
    private var found = ""
    /// The snapshot must go so far: the log may be cut up to here.
    private var from = LogIndex.zero

    init(node: Node) { self.node = node }

    /// Whether a peer's rows are on their way; the log is not cut meanwhile.
    var isUnderWay: Bool {
        switch state {
        case .asking, .checking: true
        case .idle, .hopeless: false
        }
    }

    /// What an operator should know; nil when nothing is wrong.
    var text: String? {
        switch state {
        case .idle: nil
        case .asking, .checking: "bad rows in state.db (\(found)); a peer's copy replaces them"
        case .hopeless:
            "bad rows in state.db (\(found)) can't be replaced: there is no other node and the "
                + "log was cut; keep the directory, and restore one whole backup of it"
        }
    }

    /// Rows of state.db can't be read, or are not those that were written.
    func begin(_ error: StorageError) {
        node.metrics.count(.badRows)
        guard !node.isStopping, !isUnderWay else { return }
        found = error.description
        if !others.isEmpty {
            state = .asking
            // No cut under way goes further than what is written by now.
            from = max(node.logBase, node.stores.state.writtenIndex)
            node.log.error(
                "rows of state.db are bad; another node's copy replaces them",
                ["reason": .text(found)])
            ask()
        } else if node.logBase == .zero, error.kind == .corrupt {
            node.host.replaceState(node, error)
        } else {
            state = .hopeless
            node.log.error(text ?? "", [:])
        }
    }

    /// Whether a snapshot would do.
    func wants(_ mark: AppliedMark) -> Bool { isUnderWay && mark.index >= from }

    private var others: [NodeID] {
        node.replica.raft.configuration.members.filter { $0 != node.configuration.node }
    }

    private func ask() {
        let others = others
        guard case .asking = state, !node.isStopping else { return }
        guard !others.isEmpty else { return askLater() }
        let peer = others[next % others.count]
        next += 1
        node.peers.openSnapshotLink(to: peer) { [weak self] result in
            guard let self, !node.isStopping else { return }
            switch result {
            case .failure(let failure):
                node.log.warning(
                    "no snapshot from a peer",
                    ["peer": .count(peer.rawValue), "reason": .text(failure.description)])
                askLater()
            case .success(let link):
                let link = SnapshotLink(link, with: peer)
                if !node.snapshots.taker.ask(from: from, over: link) { askLater() }
            }
        }
    }

    /// A transfer ended without success.
    func transferFailed() {
        if case .asking = state { askLater() }
    }

    private func askLater() {
        _ = node.loop.schedule(after: Repair.pause) { [weak self] in self?.ask() }
    }

    /// A copy has come whole. It is read through on the snapshots' thread, for the giver's rows may
    /// be bad, too; a leader hands over before it starts from the copy.
    func took(_ header: SnapshotHeader) {
        state = .checking
        let path = node.stores.directory.incomingPath
        let started = node.workers.snapshots.submit(on: node.loop) { () -> StorageError? in
            do throws(StorageError) {
                try StateInstall.verify(path)
                return nil
            } catch {
                return error
            }
        } completion: { [weak self] error in
            guard let self, !node.isStopping else { return }
            if let error { return refused(error.description) }
            node.host.repairs += 1
            handOver { [weak self] in self?.node.host.install(header) }
        }
        if !started { refused("too much work for the disk") }
    }

    private func refused(_ reason: String) {
        node.log.error("a peer's rows are no better", ["reason": .text(reason)])
        node.snapshots.taker.forget()
        state = .asking
        askLater()
    }

    private func handOver(then proceed: @escaping () -> Void) {
        guard node.replica.status.role == .leader else { return proceed() }
        node.ask(within: Node.operatorPatience) { replica, request, deadline in
            replica.transferRequested(to: nil, request: request, deadline: deadline)
        } completion: { _ in
            proceed()
        }
    }
}
