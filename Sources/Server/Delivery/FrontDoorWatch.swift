import HTTP
import Raft
import Routing
import Telegram
import Transport
import Wire

/// Keeps the way in open where no balancer does: when the node at which a project's webhook is
/// registered is gone for `gonePatience`, the leader registers a living node's public URL instead.
/// What waits at Telegram stays there and comes to the new one. Loop's thread only.
///
/// Every node watches its links, so that a new leader knows since when its predecessor is gone; the
/// leader alone acts. Telegram is asked about a project once for each node that goes, and again
/// after a failure, with pauses that double.
final class FrontDoorWatch {
    /// Bounds of the watch.
    enum Limits {
        /// How often it looks which nodes are there.
        static let look: Duration = .milliseconds(500)
        /// A node without a link for this long is gone, in nanoseconds.
        static let gonePatience: Int64 = 10_000_000_000
        /// Projects that Telegram is asked about at a time.
        static let atATime = 4
        /// Pauses after failures, in nanoseconds.
        static let minPause: Int64 = 2_000_000_000
        static let maxPause: Int64 = 60_000_000_000
        /// A node tells its own URL at most this often, in nanoseconds.
        static let tellAgain: Int64 = 5_000_000_000
    }

    /// What went wrong with a project lately.
    private struct Trouble {
        var failures = 0
        var notBefore: Int64 = 0
        var reason = ""
    }

    private unowned let node: Node
    /// Since when nodes have no link to this one, by the loop's clock.
    private var awaySince: [NodeID: Int64] = [:]
    private var office: UInt64?
    /// The nodes that were gone at the last look.
    private var gone: Set<NodeID> = []
    /// Projects still to be looked at, ascending.
    private var due: [ProjectID] = []
    private var underWay: Set<ProjectID> = []
    private var troubles: [ProjectID: Trouble] = [:]
    private var toldAt: Int64?

    /// A watch of this node's cluster.
    init(node: Node) { self.node = node }

    /// Begins to look.
    func start() {
        _ = node.loop.schedule(after: Limits.look) { [weak self] in
            guard let self, !node.isStopping else { return }
            look()
            start()
        }
    }

    /// Who has which public URL, and who is there, as far as this node can tell.
    var view: FrontDoorView {
        let configuration = node.replica.status.configuration
        let own = node.configuration.node
        let others = configuration.voters.filter { $0 != own && node.peers.isUp($0) }
        let entrances = node.state.nodeURLs.map {
            FrontDoorView.Entrance(node: NodeID($0.node), url: $0.url)
        }
        return FrontDoorView(
            entrances: entrances, gone: goneNodes(entrances.map(\.node)), living: [own] + others)
    }

    private func goneNodes(_ nodes: [NodeID]) -> Set<NodeID> {
        Set(
            nodes.filter { each in
                awaySince[each].map { node.loop.now - $0 >= Limits.gonePatience } ?? false
            })
    }

    private func look() {
        let now = node.loop.now
        for (number, _) in node.state.nodeURLs {
            let each = NodeID(number)
            let isHere = each == node.configuration.node || node.peers.isUp(each)
            awaySince[each] = isHere ? nil : awaySince[each] ?? now
        }
        tellOwnURL(now)
        guard let epoch = node.officeEpoch, node.state.level >= .second else {
            (office, gone, due, troubles) = (nil, [], [], [:])
            return
        }
        if office != epoch { (office, gone, due, troubles) = (epoch, [], [], [:]) }
        let goneNow = goneNodes(node.state.nodeURLs.map { NodeID($0.node) })
        if !goneNow.isSubset(of: gone) {
            due = node.state.projects.filter { !$0.settings.sealedToken.isEmpty }.map(\.id)
            troubles = [:]
        }
        if goneNow.isEmpty { due = [] }
        gone = goneNow
        work(now, epoch)
    }

    /// Puts this node's configured URL where every node finds it, also while this one is gone.
    private func tellOwnURL(_ now: Int64) {
        let own = node.configuration.node.rawValue
        let url = Text(node.configuration.publicListener.url ?? "")
        let known = node.state.nodeURLs.first { $0.node == own }?.url ?? ""
        guard known != url, node.state.level >= .second, node.isVoter,
            node.replica.status.leader != nil, toldAt.map({ now - $0 >= Limits.tellAgain }) ?? true
        else { return }
        toldAt = now
        node.submit(.tellURL(node: own, url)) { _ in
            // A refusal or a lost answer: a later look tries again.
        }
    }

    // MARK: The leader's work

    private func work(_ now: Int64, _ epoch: UInt64) {
        for id in due {
            guard underWay.count < Limits.atATime else { return }
            guard !underWay.contains(id), troubles[id].map({ $0.notBefore <= now }) ?? true else {
                continue
            }
            examine(id, epoch)
        }
    }

    private func examine(_ id: ProjectID, _ epoch: UInt64) {
        guard let project = node.state.project(id) else { return settled(id) }
        guard let token = node.secrets.open(project.settings.sealedToken, for: .botToken) else {
            return failed(id, "the bot's token does not open with this node's cluster key")
        }
        underWay.insert(id)
        node.askWebhookInfo(token) { [weak self] result in
            guard let self else { return }
            underWay.remove(id)
            guard node.officeEpoch == epoch else { return }
            switch result {
            case .failure(let problem): failed(id, problem.detail)
            case .success(let info):
                judge(id, view.verdict(id, at: info.url, point: node.state.webhookPoint(of: id)))
            }
        }
    }

    /// Does what the verdict says. First the log, then Telegram: only a leader whose word a
    /// majority takes gets to call, and what it was about to do is known to the next one.
    private func judge(_ id: ProjectID, _ verdict: WebhookVerdict) {
        switch verdict {
        case .foreign: settled(id)
        case .served(let by): confirm(id, at: by)
        case .stranded(let at):
            failed(id, "node \(at) is gone and no living node has a public URL for it")
        case .move(let from, let to, let url):
            let point = WebhookPoint(
                url: url, node: to.rawValue, gone: from.rawValue, by: nil, isConfirmed: false)
            putDown(id, point) { [weak self] in self?.register(id, point) }
        }
    }

    /// A call whose answer was lost did its work after all: this is put down, too.
    private func confirm(_ id: ProjectID, at served: NodeID) {
        guard var point = node.state.webhookPoint(of: id), !point.isConfirmed,
            point.node == served.rawValue
        else { return settled(id) }
        point.isConfirmed = true
        putDown(id, point) { [weak self] in self?.moved(id, point) }
    }

    private func register(_ id: ProjectID, _ point: WebhookPoint) {
        guard node.officeEpoch != nil, let project = node.state.project(id) else { return }
        underWay.insert(id)
        node.register(project, at: point.url) { [weak self] result in
            guard let self else { return }
            underWay.remove(id)
            switch result {
            case .failure(let problem): failed(id, problem.detail)
            case .success:
                var point = point
                point.isConfirmed = true
                putDown(id, point) { [weak self] in self?.moved(id, point) }
            }
        }
    }

    private func putDown(_ id: ProjectID, _ point: WebhookPoint, then: @escaping () -> Void) {
        underWay.insert(id)
        node.submit(.pointWebhook(id, point)) { [weak self] answer in
            guard let self else { return }
            underWay.remove(id)
            if case .applied(_, .done) = answer { return then() }
            failed(id, "the cluster did not take down where the webhook points")
        }
    }

    private func moved(_ id: ProjectID, _ point: WebhookPoint) {
        node.metrics.count(.webhooksMoved)
        node.log.info(
            "webhook registered at another node",
            [
                "project": .count(id.rawValue), "from": .count(Int64(clamping: point.gone ?? 0)),
                "to": .count(Int64(clamping: point.node ?? 0)), "url": .text(point.url.string),
            ])
        settled(id)
    }

    private func settled(_ id: ProjectID) {
        due.removeAll { $0 == id }
        troubles[id] = nil
    }

    /// Tries again after a pause; the log hears of each reason once.
    private func failed(_ id: ProjectID, _ reason: String) {
        var trouble = troubles[id] ?? Trouble()
        let pause = min(Limits.minPause << Int64(min(trouble.failures, 6)), Limits.maxPause)
        trouble.failures += 1
        trouble.notBefore = node.loop.now + pause
        node.metrics.count(.webhookMovesFailed)
        if trouble.reason != reason {
            trouble.reason = reason
            node.log.warning(
                "a webhook could not be looked after",
                ["project": .count(id.rawValue), "reason": .text(reason)])
        }
        troubles[id] = trouble
    }
}
