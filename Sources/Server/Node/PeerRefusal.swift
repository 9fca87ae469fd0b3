import Raft
import Routing
import Wire

/// Why a connection between nodes is refused.
enum PeerRefusal: Error, Hashable, CustomStringConvertible {
    /// The other end does not speak this protocol.
    case notAPeer
    /// It speaks another version of it.
    case version(theirs: UInt16)
    /// It belongs to another cluster.
    case cluster(theirs: Text)
    /// It is not the node that was dialled, or says that it is this one.
    case node(theirs: NodeID)
    /// It is no member of the cluster, as far as this node knows.
    case stranger(NodeID)
    /// It was a member and was removed.
    case removed(NodeID)
    /// It does not know the cluster's key.
    case wrongKey
    /// Its certificate is no node's: the URI name is missing or of another form.
    case certificate(uri: String?)
    /// Its certificate is of another cluster.
    case certificateCluster(theirs: Text)
    /// Its certificate is of another node than expected or claimed.
    case certificateNode(theirs: NodeID, expected: NodeID)
    /// It speaks TLS, and this node does not.
    case speaksTLS
    /// It closed the connection, in clear here, before its first word.
    case closedAtOnce
    /// It refused this node, and said why.
    case refusedThere(String)
    /// It says that this node was removed from the cluster.
    case removedThere
    /// It sent a damaged or too long frame.
    case badFrame
    /// The cluster is at a feature level that this node does not know.
    case outdated(knows: FeatureLevel, needs: FeatureLevel)
    /// The cluster is at a feature level that the other node does not know.
    case outdatedThere(NodeID, knows: FeatureLevel, needs: FeatureLevel)

    var description: String {
        switch self {
        case .notAPeer:
            "the other end is not a Roundhouse node; check the peer address in `members`"
        case .version(let theirs):
            "the other node speaks peer protocol \(theirs), this one \(PeerHandshake.version); "
                + "run the same release on every node"
        case .cluster(let theirs):
            "the other node belongs to cluster \"\(theirs)\"; "
                + "check `cluster` in both configurations"
        case .node(let theirs):
            "the other node says it is node \(theirs), which is not expected at this address; "
                + "check `node` and `members` in both configurations"
        case .stranger(let node):
            "node \(node) is no member of this cluster; `roundhouse members add` makes it one"
        case .removed(let node):
            "node \(node) was removed from this cluster, and a number is never given again; "
                + "start a new node under a new number"
        case .removedThere: "the other node says that this one was removed from the cluster"
        case .wrongKey:
            "the other node has another cluster key; copy one key file to every node"
        case .certificate(let uri):
            "the other node's certificate has "
                + (uri.map { "the name \($0)" } ?? "no single URI name")
                + ", which is no node's; make one with cluster/certs"
        case .certificateCluster(let theirs):
            "the other node's certificate is of cluster \"\(theirs)\"; "
                + "make one of this cluster with cluster/certs"
        case .certificateNode(let theirs, let expected):
            "the other node's certificate is of node \(theirs), not of node \(expected); "
                + "give each node its own certificate and check the addresses in `members`"
        case .speaksTLS:
            "the other node speaks TLS and this one does not; "
                + "give `peer.tls` to every node or to none"
        case .closedAtOnce:
            "the other end closed the connection without a word; "
                + "check that both nodes have `peer.tls`, or neither"
        case .refusedThere(let why): "the other node refused this one and said: \(why)"
        case .badFrame:
            "the other node sent a damaged frame; the connection starts anew"
        case .outdated(let knows, let needs):
            "the cluster is at feature level \(needs) and this node knows levels up to \(knows); "
                + "run a newer release here"
        case .outdatedThere(let node, let knows, let needs):
            "node \(node) knows feature levels up to \(knows) and the cluster is at \(needs); "
                + "run a newer release on it"
        }
    }
}

extension PeerRefusal {
    /// Longest text that a node takes of another's refusal.
    private static let maxTextBytes = 512
    private static let magic: [UInt8] = Array("RHNO".utf8)

    /// The frame that tells the other node why it was refused.
    var frame: [UInt8] {
        var isRemoved: UInt8 = 0
        if case .removed = self { isRemoved = 1 }
        return PeerRefusal.magic + [isRemoved] + description.utf8.prefix(PeerRefusal.maxTextBytes)
    }

    /// The refusal in a frame of the handshake; nil when it is none. That this node was removed
    /// counts only from a node that has proved itself.
    init?(frame: [UInt8], isProved: Bool) {
        guard frame.starts(with: PeerRefusal.magic) else { return nil }
        let rest = frame.dropFirst(PeerRefusal.magic.count)
        if rest.first == 1, isProved {
            self = .removedThere
            return
        }
        // Only what can't disturb a terminal that shows the log.
        let text = rest.dropFirst().prefix(PeerRefusal.maxTextBytes)
            .filter { $0 >= 0x20 && $0 < 0x7F }
        self = .refusedThere(String(decoding: text, as: UTF8.self))
    }
}
