import Raft
import Transport
import Wire

/// The connections to the other nodes. Loop's thread only.
///
/// One connection for each pair, for messages: the node with the higher number dials. A dialer
/// tries again after a short wait that doubles up to `maxWait`; a lost connection is told at once,
/// because it is the first news of a leader's death. Who the others are follows the configuration
/// in force (`follow`). Snapshots and introductions have short-lived connections of their own.
final class PeerLinks {
    /// Wait before the first new attempt.
    static let minWait: Duration = .milliseconds(20)
    /// Longest wait between attempts.
    static let maxWait: Duration = .milliseconds(500)
    /// An attempt's TCP connection and TLS handshake must be over by then.
    static let patience: Duration = .seconds(1)
    /// A node without any link for this long, in nanoseconds, asks those that it does not dial
    /// whether it is a member still: nobody dials a node that was removed while it was away.
    static let loneliness: Int64 = 2_000_000_000
    /// Connections accepted at a time: two for each member, and some to refuse.
    static let maxAccepted = 64

    /// A node can be reached now.
    var onUp: ((NodeID) -> Void)?
    /// A node can't be reached any more.
    var onDown: ((NodeID) -> Void)?
    /// A frame came from a node.
    var onFrame: ((NodeID, [UInt8]) -> Void)?
    /// A node opened a connection for a snapshot. Whoever takes it sets the link's `onFrame` and
    /// `onClosed` in this call; without a taker the link is closed.
    var onSnapshotLink: ((PeerLink, NodeID) -> Void)?
    /// A member says that this node was removed from the cluster.
    var onRemoved: ((NodeID) -> Void)?
    /// The cluster is at a feature level that this node does not know.
    var onOutdated: ((PeerRefusal) -> Void)?
    /// What new connections say of feature levels; nil while no rows tell which is in force.
    var levels: (() -> PeerHandshake.Levels)?
    /// Whether a node was a member once and was removed: it is told so.
    var wasRemoved: (NodeID) -> Bool = { _ in false }
    /// What a joining node is told of the members; nil while this node knows of none itself.
    var introduction: () -> [UInt8]? = { nil }

    private let loop: EventLoop
    private let ownIdentity: PeerLink.Identity
    private let certificates: PeerCertificates?
    /// What is wrong with connections, as the log says it.
    let complaints: PeerComplaints
    private let log: Log
    private var plan = PeerPlan()
    private var open: [NodeID: PeerLink] = [:]
    /// Links that have not proved themselves, and those for snapshots.
    private var others: [ObjectIdentifier: PeerLink] = [:]
    /// Nodes that are being dialled, or will be after a wait.
    private var dialling: Set<NodeID> = []
    private var waits: [NodeID: Duration] = [:]
    private var listener: Listener?
    /// Since when there is no link, or when that was asked about last.
    private var lonelySince: Int64?
    private var isClosing = false

    /// Links of this node; in clear without certificates.
    init(
        loop: EventLoop, identity: PeerLink.Identity, certificates: PeerCertificates?, log: Log
    ) {
        self.loop = loop
        ownIdentity = identity
        self.certificates = certificates
        self.log = log
        complaints = PeerComplaints(log: log)
    }

    /// What a new connection says of this node.
    private var identity: PeerLink.Identity {
        var identity = ownIdentity
        if let levels { identity.levels = levels() }
        return identity
    }

    /// Listens for other nodes.
    func start(listen: SocketAddress) throws(TransportError) {
        var limits = ListenerLimits()
        limits.maxConnections = PeerLinks.maxAccepted
        let listener: Listener
        if let certificates {
            listener = try Listener(
                loop: loop, host: listen.ip, port: listen.port, limits: limits,
                peers: certificates.context)
        } else {
            listener = try Listener(
                loop: loop, host: listen.ip, port: listen.port, limits: limits)
        }
        listener.onAccept = { [unowned self] connection in
            let link = PeerLink(
                connection, identity: identity,
                side: .accepts { [unowned self] in judge($0, $1) })
            adopt(link, dialled: nil)
        }
        listener.onHandshakeFailed = { [unowned self] address, error in
            complain(about: nil, "from \(address.ip): \(PeerComplaints.words(for: error))")
        }
        self.listener = listener
        schedulePing()
    }

    /// From now on these are the members: dials those that are this node's to dial, and lets go of
    /// those that are members no more, after they had time to hear of it.
    func follow(_ plan: PeerPlan) {
        let gone = self.plan.members.filter { !plan.members.contains($0) }
        self.plan = plan
        if !gone.isEmpty {
            _ = loop.schedule(after: Raft.Limits().farewell) { [weak self] in
                for node in gone { self?.letGo(node) }
            }
        }
        for node in plan.dials { dial(node) }
    }

    private func letGo(_ node: NodeID) {
        guard !plan.members.contains(node), let link = open[node] else { return }
        log.info("link to a former member closed", ["peer": .count(node.rawValue)])
        link.close()
    }

    /// Where it listens; nil before `start`.
    var listenAddress: SocketAddress? { listener?.address }

    /// Whether a node can be reached now.
    func isUp(_ node: NodeID) -> Bool { open[node] != nil }

    /// The nodes that can be reached now, ascending.
    var reachable: [NodeID] { open.keys.sorted() }

    /// What a node that can be reached now says of feature levels.
    func levels(of node: NodeID) -> PeerHandshake.Levels { open[node]?.levels ?? .init() }

    /// Where browsers reach the other nodes that can be reached now, by number.
    var urls: [String] { reachable.compactMap { open[$0]?.url.string } }

    /// Sends a payload; dropped when the node can't be reached (the protocol repeats itself).
    func send(_ payload: [UInt8], to node: NodeID) { open[node]?.send(payload) }

    /// Closes all of it, for good.
    func close() {
        isClosing = true
        listener?.close()
        for node in open.keys.sorted() { open[node]?.close() }
        for link in Array(others.values) { link.close() }
    }

    // MARK: Dialling

    private func dial(_ node: NodeID) {
        guard !isClosing, open[node] == nil, dialling.insert(node).inserted else { return }
        attempt(node)
    }

    private func attempt(_ node: NodeID) {
        guard !isClosing, open[node] == nil, plan.dials.contains(node),
            let address = plan.addresses[node]
        else {
            dialling.remove(node)
            return
        }
        connect(to: address, "node \(node)") { [unowned self] result in
            switch result {
            case .success(let connection):
                let link = PeerLink(
                    connection, identity: identity, side: .dials(node, .messages))
                adopt(link, dialled: node)
            case .failure(let error):
                complain(about: node, PeerComplaints.words(for: error))
                attemptLater(node)
            }
        }
    }

    private func attemptLater(_ node: NodeID) {
        let wait = waits[node] ?? PeerLinks.minWait
        waits[node] = min(wait * 2, PeerLinks.maxWait)
        _ = loop.schedule(after: wait) { [weak self] in self?.attempt(node) }
    }

    private func connect(
        to address: SocketAddress, _ peer: String,
        _ completion: @escaping (Result<Connection, TransportError>) -> Void
    ) {
        if let certificates {
            loop.connect(
                to: address, as: certificates.context, peer: peer, timeout: PeerLinks.patience,
                completion: completion)
        } else {
            loop.connect(to: address, timeout: PeerLinks.patience, completion: completion)
        }
    }

    // MARK: Links for messages

    /// Whether a node that has proved itself is let in.
    private func judge(_ node: NodeID, _ purpose: PeerHandshake.Purpose) -> PeerLink.Verdict {
        if wasRemoved(node) { return .refuse(.removed(node)) }
        if purpose == .introduction {
            guard let news = introduction() else { return .refuse(.stranger(identity.node)) }
            return .welcome(news)
        }
        return plan.members.contains(node) ? .welcome([]) : .refuse(.stranger(node))
    }

    private func adopt(_ link: PeerLink, dialled: NodeID?) {
        others[ObjectIdentifier(link)] = link
        link.onOpen = { [unowned self] link, node in
            switch link.purpose {
            case .messages: opened(link, node)
            case .snapshot: tookSnapshotLink(link, node)
            // The welcome said everything.
            case .introduction: link.finish()
            }
        }
        link.onFrame = { [unowned self] node, payload in onFrame?(node, payload) }
        link.onRemoved = { [unowned self] in if let dialled { onRemoved?(dialled) } }
        link.onOutdated = { [unowned self] in onOutdated?($0) }
        link.onClosed = { [unowned self] link, node, reason in
            closed(link, node, reason)
            if let dialled { isClosing ? () : attemptLater(dialled) }
        }
    }

    private func opened(_ link: PeerLink, _ node: NodeID) {
        others[ObjectIdentifier(link)] = nil
        if let older = open.removeValue(forKey: node) {
            // The peer came anew: the older connection is dead, whatever the kernel thinks.
            older.onClosed = nil
            older.close()
            onDown?(node)
        }
        open[node] = link
        waits[node] = nil
        complaints.settled(node)
        log.info(
            "peer connected",
            ["peer": .count(node.rawValue), "encrypted": .flag(certificates != nil)])
        onUp?(node)
    }

    private func closed(_ link: PeerLink, _ node: NodeID?, _ reason: String) {
        others[ObjectIdentifier(link)] = nil
        if let node, open[node] === link {
            open[node] = nil
            if !isClosing {
                log.warning(
                    "peer lost", ["peer": .count(node.rawValue), "reason": .text(reason)])
            }
            onDown?(node)
        } else if node == nil {
            complain(about: link.claimed, reason)
        }
    }

    private func complain(about node: NodeID?, _ reason: String) {
        if !isClosing { complaints.say(node, reason, now: loop.now) }
    }

    private func schedulePing() {
        _ = loop.schedule(after: PeerLink.Limits.ping) { [weak self] in
            guard let self, !isClosing else { return }
            for node in open.keys.sorted() { open[node]?.ping() }
            for link in Array(others.values) { link.ping() }
            askWhenLonely()
            schedulePing()
        }
    }

    private func askWhenLonely() {
        guard open.isEmpty else {
            lonelySince = nil
            return
        }
        guard let since = lonelySince, loop.now - since >= PeerLinks.loneliness else {
            lonelySince = lonelySince ?? loop.now
            return
        }
        lonelySince = loop.now
        for node in plan.members where !plan.dials.contains(node) {
            guard let address = plan.addresses[node] else { continue }
            // A removal is told through `onRemoved`; a member dials us by itself.
            askIntroduction(at: address) { _ in }
        }
    }

    // MARK: Links for one thing

    /// Why no connection for a snapshot or an introduction could be opened, in words.
    struct Failure: Error, CustomStringConvertible {
        var description: String
    }

    /// Opens a connection for one snapshot, beside the one for messages. `completion` is called
    /// once, on a later turn, with the open link or why there is none; whoever gets the link sets
    /// its `onFrame` and `onClosed` in that call and closes it in the end.
    func openSnapshotLink(
        to node: NodeID, completion: @escaping (Result<PeerLink, Failure>) -> Void
    ) {
        guard !isClosing, let address = plan.addresses[node] else {
            return loop.later { completion(.failure(.init(description: "no such peer"))) }
        }
        openLink(to: address, "node \(node)", .dials(node, .snapshot)) { [unowned self] result in
            completion(result)
            if case .success(let link) = result { keepUntilClosed(link) }
        }
    }

    /// Asks whoever is at an address who the members are; gives the node and its answer.
    func askIntroduction(
        at address: SocketAddress,
        completion: @escaping (Result<(node: NodeID, news: [UInt8]), Failure>) -> Void
    ) {
        openLink(to: address, "the node at \(address)", .dials(nil, .introduction)) {
            [unowned self] result in
            switch result {
            case .failure(let failure): completion(.failure(failure))
            case .success(let link):
                keepUntilClosed(link)
                link.close()
                completion(.success((link.claimed ?? NodeID(0), link.news)))
            }
        }
    }

    private func openLink(
        to address: SocketAddress, _ peer: String, _ side: PeerLink.Side,
        _ completion: @escaping (Result<PeerLink, Failure>) -> Void
    ) {
        connect(to: address, peer) { [unowned self] result in
            switch result {
            case .failure(let error):
                completion(.failure(.init(description: PeerComplaints.words(for: error))))
            case .success(let connection):
                let link = PeerLink(connection, identity: identity, side: side)
                others[ObjectIdentifier(link)] = link
                link.onRemoved = { [unowned self] in onRemoved?(link.claimed ?? NodeID(0)) }
                link.onOutdated = { [unowned self] in onOutdated?($0) }
                link.onClosed = { [unowned self] link, _, why in
                    others[ObjectIdentifier(link)] = nil
                    completion(.failure(.init(description: why)))
                }
                link.onOpen = { link, _ in
                    link.onClosed = nil
                    completion(.success(link))
                }
            }
        }
    }

    private func tookSnapshotLink(_ link: PeerLink, _ node: NodeID) {
        link.onFrame = nil
        link.onClosed = nil
        if let onSnapshotLink { onSnapshotLink(link, node) } else { link.finish() }
        keepUntilClosed(link)
    }

    /// Holds a link as long as it lives; its taker has set the callbacks.
    private func keepUntilClosed(_ link: PeerLink) {
        let told = link.onClosed
        link.onClosed = { [unowned self] link, node, reason in
            others[ObjectIdentifier(link)] = nil
            told?(link, node, reason)
        }
    }
}
