import Raft
import Replica
import Transport

/// Who takes part, as this node's shell sees it.
extension Node {
    /// The exit code of a node that was removed from its cluster: of sysexits.h, no permission.
    static let removedCode: Int32 = 77

    /// The newest configuration in the log changed, or is told for the first time.
    func follow(_ members: Configuration) {
        isVoter = members.voters.contains(configuration.node)
        passwordGate.share(among: members.members.count)
        if !members.voters.isEmpty {
            log.info(
                "members",
                [
                    "voters": .text(members.voters.map { "\($0)" }.joined(separator: " ")),
                    "learners": .text(members.learners.map { "\($0)" }.joined(separator: " ")),
                ])
        }
        if members.members.count > 1, configuration.peerListen == nil {
            log.error(
                "this node can't be reached by the others; give it `peer` and restart it",
                ["members": .count(members.members.count)])
        }
        peers.follow(plan(for: members))
    }

    /// With whom this node keeps connections when these are the members.
    func plan(for members: Configuration) -> PeerPlan {
        PeerPlan(of: configuration.node, in: members, overrides: configuration.members)
    }

    /// This node is no member any more: by its own log, or because a member says so.
    func wasRemoved(says peer: NodeID?) {
        guard !isStopping else { return }
        log.error(
            "this node was removed from the cluster and stops; its number is never used again. "
                + "To bring the machine back, empty the data directory and join as a new node",
            [
                "toldBy": .text(peer.map { "node \($0)" } ?? "the log"),
                "clicksNotPassedOn": .number(Int64(stores.spool.count)),
            ])
        stop(code: Node.removedCode)
    }

    /// The cluster is at a feature level that this release does not know.
    func isOutdated(_ reason: String) {
        guard !isStopping else { return }
        log.error("the release is too old for the cluster", ["reason": .text(reason)])
        stop(code: Roundhouse.outdatedCode)
    }

    /// What a node that asks is told of the members; nil while this node knows of none.
    var introduction: [UInt8]? {
        let members = replica.raft.configuration
        return members.voters.isEmpty ? nil : members.encoded
    }
}

/// Finds the members for a node that can't know them: one that joins, or that was away until all
/// it knew had moved. Asks the addresses of `join` as long as nobody can be reached. Loop's thread
/// only.
final class Joining {
    /// Between two rounds of asking.
    static let pause: Duration = .seconds(1)

    private unowned let node: Node
    private var said = ""

    init(node: Node) { self.node = node }

    /// Asks from now on whenever it is needed.
    func start() {
        guard !node.configuration.join.isEmpty else { return }
        ask()
    }

    private func ask() {
        guard !node.isStopping else { return }
        if node.peers.reachable.isEmpty {
            for address in node.configuration.join {
                node.peers.askIntroduction(at: address) { [weak self] result in
                    self?.heard(result, from: address)
                }
            }
        }
        _ = node.loop.schedule(after: Joining.pause) { [weak self] in self?.ask() }
    }

    private func heard(
        _ result: Result<(node: NodeID, news: [UInt8]), PeerLinks.Failure>,
        from address: SocketAddress
    ) {
        guard !node.isStopping, node.peers.reachable.isEmpty else { return }
        let own = node.configuration.node
        switch result {
        case .failure(let failure): say("\(address): \(failure)")
        case .success(let answer):
            guard let members = Configuration(encoded: answer.news) else {
                return say("\(address) answered in a form that this release can't read")
            }
            guard members.contains(own) else {
                return say(
                    "the cluster does not know node \(own) yet; run `roundhouse members add "
                        + "\(own) ADDRESS` at one of its nodes")
            }
            say("introduced by node \(answer.node)")
            node.peers.follow(node.plan(for: members))
        }
    }

    /// Says how joining stands, once until it changes.
    private func say(_ text: String) {
        guard said != text else { return }
        said = text
        node.log.info("joining", ["state": .text(text)])
    }
}
