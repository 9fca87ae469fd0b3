import Crypto
import Raft
import Storage
import Transport
import Wire

/// A node without its rows: takes no part in anything (what comes over its links for messages is
/// dropped), and asks one peer after the other for a snapshot. Its log keeps what it acknowledged;
/// it votes again once its rows are back. Loop's thread only.
final class Recovery: CustomStringConvertible {
    /// Pause before the next peer is asked.
    static let pause: Duration = .seconds(1)

    private unowned let host: NodeHost
    private let loop: EventLoop
    private let from: LogIndex
    private let peers: PeerLinks
    private var plan: PeerPlan
    private var pool: WorkerPool?
    private var taker: SnapshotTaker?
    private var next = 0
    private var isClosed = false

    /// Recovers rows that go up to `base` or further. `members` are what the log tells; without
    /// them those of the configuration are asked, or whoever is at its `join` addresses.
    init(host: NodeHost, from base: LogIndex, members: Configuration?) {
        self.host = host
        loop = host.loop
        from = base
        let settings = host.configuration
        let listed = Configuration(
            founding: settings.members.keys.sorted(), at: settings.members)
        plan = PeerPlan(
            of: settings.node, in: members ?? listed, overrides: settings.members)
        peers = host.makePeers(incarnation: SecureRandom.uint64())
        peers.onOutdated = { [unowned host] refusal in
            host.log.error(
                "the release is too old for the cluster", ["reason": .text("\(refusal)")])
            host.end(code: Roundhouse.outdatedCode)
        }
    }

    /// Whether there is anybody to ask.
    var hasPeers: Bool { !plan.addresses.isEmpty || !host.configuration.join.isEmpty }

    /// Begins to ask.
    func start() throws {
        let pool = try WorkerPool(name: "snapshots", threads: 1, queueLimit: 64)
        let taker = SnapshotTaker(
            directory: host.directory.path, file: DataDirectory.incomingName, loop: loop,
            pool: pool, reserve: host.configuration.limits.diskReserveBytes, log: host.log)
        // A snapshot that ends before the log begins would leave a gap.
        taker.isNeeded = { [from] mark in mark.index >= from }
        taker.onReady = { [unowned self] header in host.install(header) }
        taker.onFailed = { [unowned self] _ in askLater() }
        (self.pool, self.taker) = (pool, taker)
        if let listen = host.configuration.peerListen { try peers.start(listen: listen) }
        peers.follow(plan)
        ask()
    }

    /// Ends it; the object must outlive what is under way.
    func close() {
        isClosed = true
        peers.close()
        let pool = pool
        // Not on the loop: it waits for what is written.
        _ = host.worker.submit(on: loop, { pool?.shutDown() }, completion: { _ in _ = self })
    }

    /// What the node says of itself meanwhile.
    var description: String {
        let progress = taker?.progress.map { ", \($0.done) of \($0.of) bytes have come" } ?? ""
        return "its rows were lost; a snapshot is asked of the other nodes\(progress)"
    }

    private func ask() {
        guard !isClosed else { return }
        let others = plan.addresses.keys.filter { $0 != host.configuration.node }.sorted()
        guard !others.isEmpty else { return askIntroductions() }
        let peer = others[next % others.count]
        next += 1
        peers.openSnapshotLink(to: peer) { [weak self] result in
            guard let self else { return }
            switch result {
            case .failure(let failure):
                host.log.warning(
                    "no snapshot from a peer",
                    ["peer": .count(peer.rawValue), "reason": .text(failure.description)])
                askLater()
            case .success(let link):
                let link = SnapshotLink(link, with: peer)
                guard !isClosed, let taker else { return link.close() }
                taker.ask(from: from, over: link)
            }
        }
    }

    private func askIntroductions() {
        for address in host.configuration.join {
            peers.askIntroduction(at: address) { [weak self] result in
                guard let self, !isClosed, case .success(let answer) = result,
                    let members = Configuration(encoded: answer.news)
                else { return }
                plan = PeerPlan(
                    of: host.configuration.node, in: members,
                    overrides: host.configuration.members)
                peers.follow(plan)
            }
        }
        askLater()
    }

    private func askLater() {
        _ = loop.schedule(after: Recovery.pause) { [weak self] in self?.ask() }
    }
}
