import Raft
import Transport

extension NodeConfiguration {
    /// Most nodes of a cluster.
    static let maxMembers = 9

    /// Reads `peer` and `members`.
    mutating func readPeers(
        _ top: inout SettingsReader, _ absolute: (String) -> String
    ) throws(ConfigurationError) {
        if var peer = try top.object("peer") {
            peerListen = try peer.required(try peer.address("listen"), "listen")
            try readProtection(&peer, absolute)
            try peer.finish()
        }
        for var member in try top.objects("members") ?? [] {
            let number = try member.required(try member.number("node", in: 1...65_535), "node")
            let address = try member.required(try member.address("peer"), "peer")
            try refuseBeyondLoopback(address, "peer", member)
            try member.finish()
            guard members.updateValue(address, forKey: NodeID(UInt64(number))) == nil else {
                throw member.problem("node", "\(number) is given to two members")
            }
        }
        for (place, text) in (try top.texts("join") ?? []).enumerated() {
            guard let address = SocketAddress(text) else {
                throw top.problem(
                    "join[\(place)]", "must be an IP address and a port such as 10.0.0.1:7081")
            }
            if peerListen != nil { try refuseBeyondLoopback(address, "join[\(place)]", top) }
            join.append(address)
        }
        guard join.isEmpty || peerListen != nil else {
            throw top.problem("peer", "is missing; the members need an address to connect to")
        }
        guard members.count <= Self.maxMembers else {
            throw top.problem("members", "has more than \(Self.maxMembers) nodes")
        }
        if !members.isEmpty && members[node] == nil {
            throw top.problem("members", "does not list this node, \(node)")
        }
        if members.count > 1 && peerListen == nil {
            throw top.problem("peer", "is missing; other nodes need an address to connect to")
        }
    }

    /// This configuration for a node that joins through these addresses.
    public func joining(_ addresses: [String]) throws(ConfigurationError) -> NodeConfiguration {
        var result = self
        result.join = []
        for text in addresses {
            guard let address = SocketAddress(text) else {
                throw ConfigurationError(
                    file: text, path: "", detail: "is no address such as 10.0.0.1:7081")
            }
            result.join.append(address)
        }
        guard peerListen != nil else {
            throw ConfigurationError(
                file: "the configuration", path: "$.peer",
                detail: "is missing; the members need an address to connect to")
        }
        return result
    }

    /// Certificates, or the explicit wish to do without them.
    private mutating func readProtection(
        _ peer: inout SettingsReader, _ absolute: (String) -> String
    ) throws(ConfigurationError) {
        let isInsecure = try peer.flag("insecure") ?? false
        if var tls = try peer.object("tls") {
            func file(_ key: String) throws(ConfigurationError) -> String {
                absolute(try tls.required(try tls.text(key), key))
            }
            peerTLS = TLSPeerContext.Files(
                authority: try file("caFile"), certificate: try file("certificateFile"),
                key: try file("keyFile"))
            try tls.finish()
        }
        guard isInsecure != (peerTLS != nil) else {
            throw isInsecure
                ? peer.problem("insecure", "contradicts `tls`; take one of them away")
                : peer.problem(
                    "tls",
                    "is missing; `cluster/certs` makes certificates. Where all nodes are on one "
                        + "machine, `\"insecure\": true` beside `listen` does without")
        }
        if let peerListen { try refuseBeyondLoopback(peerListen, "listen", peer) }
    }

    /// Connections in clear stay on one machine.
    private func refuseBeyondLoopback(
        _ address: SocketAddress, _ key: String, _ reader: SettingsReader
    ) throws(ConfigurationError) {
        guard peerTLS == nil, !address.isLoopback else { return }
        throw reader.problem(
            key,
            "\(address) is not a loopback address; nodes connect over the network with "
                + "certificates only, which `peer.tls` names and `cluster/certs` makes")
    }
}
