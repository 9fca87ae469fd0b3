import Raft
import Transport

/// Says what is wrong with connections between nodes: once, and again while it lasts, but not once
/// per attempt. Loop's thread only.
final class PeerComplaints {
    /// The same is said again after this long.
    static let pause: Duration = .seconds(60)
    /// Different complaints remembered; with more, some may be said again earlier.
    static let maxRemembered = 256

    private struct Complaint: Hashable {
        var node: NodeID?
        var reason: String
    }
    private let log: Log
    private var said: [Complaint: Int64] = [:]

    init(log: Log) { self.log = log }

    /// Everything said in the last while, in no order.
    var remembered: [String] { said.keys.map(\.reason) }

    /// Says it, unless it was said a short while ago; `now` is the loop's time in nanoseconds.
    func say(_ node: NodeID?, _ reason: String, now: Int64) {
        let complaint = Complaint(node: node, reason: reason)
        if let last = said[complaint],
            Duration.nanoseconds(now - last) < PeerComplaints.pause
        {
            return
        }
        if said.count >= PeerComplaints.maxRemembered { said = [:] }
        said[complaint] = now
        if let node {
            log.warning(
                "peer not connected",
                ["peer": .count(node.rawValue), "reason": .text(reason)])
        } else {
            log.warning("a connection between nodes failed", ["reason": .text(reason)])
        }
    }

    /// The node is connected: its next trouble is news.
    func settled(_ node: NodeID) { said = said.filter { $0.key.node != node } }

    /// What a failed connect or TLS handshake means between nodes.
    static func words(for error: TransportError) -> String {
        if case .closed = error {
            // Without TLS a connection stands at once, so this was the handshake.
            return "the other node hung up in the TLS handshake; check that it has `peer.tls`, too"
        }
        guard case .tls(let failure) = error else { return error.description }
        switch failure.kind {
        case .protocolError:
            return
                "\(failure); check that the other node has `peer.tls`, too, and shows a certificate"
        case .certificateExpired, .certificateNotYetValid:
            return "\(failure); make a new one with cluster/certs --renew"
        case .selfSigned, .untrusted:
            return "\(failure); both nodes need certificates of one authority, the cluster's"
        case .wrongHost, .badCertificate, .refusedByPeer:
            return failure.description
        }
    }
}
