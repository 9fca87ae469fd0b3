import Raft
import Transport
import Wire

/// The connections to the other nodes. Loop's thread only.
///
/// One connection for each pair: the node with the higher number dials. A dialer tries again after
/// a short wait that doubles up to `maxWait`; a lost connection is told at once, because it is the
/// first news of a leader's death.
final class PeerLinks {
    /// Wait before the first new attempt.
    static let minWait: Duration = .milliseconds(20)
    /// Longest wait between attempts.
    static let maxWait: Duration = .milliseconds(500)

    /// A node can be reached now.
    var onUp: ((NodeID) -> Void)?
    /// A node can't be reached any more.
    var onDown: ((NodeID) -> Void)?
    /// A frame came from a node.
    var onFrame: ((NodeID, [UInt8]) -> Void)?
    /// A node opened a connection for a snapshot. Whoever takes it sets the link's `onFrame` and
    /// `onClosed` in this call; without a taker the link is closed.
    var onSnapshotLink: ((PeerLink, NodeID) -> Void)?

    private let loop: EventLoop
    private let identity: PeerLink.Identity
    private let addresses: [NodeID: SocketAddress]
    private let log: Log
    private var open: [NodeID: PeerLink] = [:]
    /// Links that have not proved themselves, and those for snapshots.
    private var others: [ObjectIdentifier: PeerLink] = [:]
    private var waits: [NodeID: Duration] = [:]
    private var lastComplaint: [NodeID: String] = [:]
    private var listener: Listener?
    private var isClosing = false

    /// Links of this node to the members at these addresses (itself left out).
    init(
        loop: EventLoop, identity: PeerLink.Identity, addresses: [NodeID: SocketAddress], log: Log
    ) {
        self.loop = loop
        self.identity = identity
        self.addresses = addresses.filter { $0.key != identity.node }
        self.log = log
    }

    /// Listens for nodes with higher numbers and dials those with lower ones.
    func start(listen: SocketAddress) throws(TransportError) {
        var limits = ListenerLimits()
        limits.maxConnections = 64
        let listener = try Listener(
            loop: loop, host: listen.ip, port: listen.port, limits: limits)
        listener.onAccept = { [unowned self] connection in
            adopt(PeerLink(connection, identity: identity, expecting: nil), dialled: nil)
        }
        self.listener = listener
        for node in addresses.keys.sorted() where node < identity.node { dial(node) }
        schedulePing()
    }

    /// Where it listens; nil before `start`.
    var listenAddress: SocketAddress? { listener?.address }

    /// Whether a node can be reached now.
    func isUp(_ node: NodeID) -> Bool { open[node] != nil }

    /// The nodes that can be reached now, ascending.
    var reachable: [NodeID] { open.keys.sorted() }

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

    /// Opens a connection for one snapshot, beside the one for messages. `completion` is called
    /// once, on a later turn, with the open link or why there is none; whoever gets the link sets
    /// its `onFrame` and `onClosed` in that call and closes it in the end.
    func openSnapshotLink(
        to node: NodeID, completion: @escaping (Result<PeerLink, SnapshotLinkFailure>) -> Void
    ) {
        guard !isClosing, let address = addresses[node] else {
            return loop.later { completion(.failure(.init(description: "no such peer"))) }
        }
        loop.connect(to: address, timeout: .seconds(1)) { [unowned self] result in
            switch result {
            case .failure(let error): completion(.failure(.init(description: "\(error)")))
            case .success(let connection):
                let link = PeerLink(
                    connection, identity: identity, expecting: node, purpose: .snapshot)
                others[ObjectIdentifier(link)] = link
                link.onClosed = { [unowned self] link, _, why in
                    others[ObjectIdentifier(link)] = nil
                    completion(.failure(.init(description: why)))
                }
                link.onOpen = { [unowned self] link, _ in
                    link.onClosed = nil
                    completion(.success(link))
                    keepUntilClosed(link)
                }
            }
        }
    }

    /// Why no connection for a snapshot could be opened, in words.
    struct SnapshotLinkFailure: Error, CustomStringConvertible {
        var description: String
    }

    /// Holds a snapshot's link as long as it lives; its taker has set the callbacks.
    private func keepUntilClosed(_ link: PeerLink) {
        let told = link.onClosed
        link.onClosed = { [unowned self] link, node, reason in
            others[ObjectIdentifier(link)] = nil
            told?(link, node, reason)
        }
    }

    private func dial(_ node: NodeID) {
        guard !isClosing, open[node] == nil, let address = addresses[node] else { return }
        loop.connect(to: address, timeout: .seconds(1)) { [unowned self] result in
            switch result {
            case .success(let connection):
                adopt(PeerLink(connection, identity: identity, expecting: node), dialled: node)
            case .failure(let error):
                complain(about: node, "\(error)")
                dialLater(node)
            }
        }
    }

    private func dialLater(_ node: NodeID) {
        let wait = waits[node] ?? PeerLinks.minWait
        waits[node] = min(wait * 2, PeerLinks.maxWait)
        _ = loop.schedule(after: wait) { [weak self] in self?.dial(node) }
    }

    private func adopt(_ link: PeerLink, dialled: NodeID?) {
        others[ObjectIdentifier(link)] = link
        link.onOpen = { [unowned self] link, node in
            guard link.purpose == .messages else { return tookSnapshotLink(link, node) }
            others[ObjectIdentifier(link)] = nil
            if let older = open.removeValue(forKey: node) {
                // The peer came anew: the older connection is dead, whatever the kernel thinks.
                older.onClosed = nil
                older.close()
                onDown?(node)
            }
            open[node] = link
            waits[node] = nil
            lastComplaint[node] = nil
            log.info("peer connected", ["peer": .count(node.rawValue)])
            onUp?(node)
        }
        link.onFrame = { [unowned self] node, payload in onFrame?(node, payload) }
        link.onClosed = { [unowned self] link, node, reason in
            others[ObjectIdentifier(link)] = nil
            if let node, open[node] === link {
                open[node] = nil
                if !isClosing {
                    log.warning(
                        "peer lost", ["peer": .count(node.rawValue), "reason": .text(reason)])
                }
                onDown?(node)
            } else if node == nil {
                complain(about: dialled ?? NodeID(0), reason)
            }
            if let dialled, !isClosing { dialLater(dialled) }
        }
    }

    private func tookSnapshotLink(_ link: PeerLink, _ node: NodeID) {
        link.onFrame = nil
        link.onClosed = nil
        if let onSnapshotLink { onSnapshotLink(link, node) } else { link.close() }
        keepUntilClosed(link)
    }

    /// Says once what is wrong with a peer, not once per attempt.
    private func complain(about node: NodeID, _ reason: String) {
        guard !isClosing, lastComplaint[node] != reason else { return }
        lastComplaint[node] = reason
        log.warning("peer not connected", ["peer": .count(node.rawValue), "reason": .text(reason)])
    }

    private func schedulePing() {
        _ = loop.schedule(after: PeerLink.Limits.ping) { [weak self] in
            guard let self, !isClosing else { return }
            for node in open.keys.sorted() { open[node]?.ping() }
            for link in Array(others.values) { link.ping() }
            schedulePing()
        }
    }
}
