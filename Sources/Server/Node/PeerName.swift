import Raft
import Wire

/// Whose certificate it is: the URI name `roundhouse://CLUSTER/node/N` that `cluster/certs` writes
/// into it. A URI is compared byte by byte, where host names would ignore case.
struct PeerName: Hashable, CustomStringConvertible {
    var cluster: Text
    var node: NodeID

    private static let scheme = "roundhouse://"
    private static let middle = "/node/"

    init(cluster: Text, node: NodeID) {
        self.cluster = cluster
        self.node = node
    }

    /// The node of a URI; nil when it is of another form.
    init?(uri: String) {
        guard uri.hasPrefix(PeerName.scheme) else { return nil }
        let rest = Array(uri.utf8.dropFirst(PeerName.scheme.utf8.count))
        guard let slash = rest.firstIndex(of: UInt8(ascii: "/")), slash > 0,
            slash <= PeerHandshake.maxNameBytes,
            rest[slash...].starts(with: PeerName.middle.utf8)
        else { return nil }
        let digits = String(decoding: rest[(slash + PeerName.middle.utf8.count)...], as: UTF8.self)
        // One way to write each number, so that no two names are one node's.
        guard let number = UInt64(digits), "\(number)" == digits, number > 0 else { return nil }
        self.init(cluster: Text(Array(rest[..<slash])), node: NodeID(number))
    }

    var description: String { "\(PeerName.scheme)\(cluster)\(PeerName.middle)\(node)" }
}
