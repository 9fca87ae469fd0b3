import Raft
import Transport

/// With whom this node keeps a connection, where they are, and whose part it is to dial.
///
/// The node with the higher number dials the one with the lower. Where the cluster does not know
/// the lower one's address (a cluster of one that never needed any), the lower one dials instead:
/// so both know by the configuration alone who dials, and never both do.
struct PeerPlan: Hashable {
    /// The other members, ascending.
    private(set) var members: [NodeID] = []
    /// Where they are, as far as it is known here.
    private(set) var addresses: [NodeID: SocketAddress] = [:]
    /// Those that this node dials, ascending.
    private(set) var dials: [NodeID] = []

    /// Nobody.
    init() {}

    /// The plan of a node. `overrides` are addresses of this node's own file, for members that
    /// moved or that this node reaches by another way.
    init(
        of node: NodeID, in configuration: Configuration,
        overrides: [NodeID: SocketAddress] = [:]
    ) {
        members = configuration.members.filter { $0 != node }
        for member in members {
            addresses[member] = overrides[member] ?? configuration.socketAddress(of: member)
        }
        let isFindable = configuration.address(of: node) != nil
        dials = members.filter { member in
            guard addresses[member] != nil else { return false }
            return member < node ? configuration.address(of: member) != nil : !isFindable
        }
    }
}

extension Configuration {
    /// Where a member's listener for nodes is, if that is known and makes sense.
    func socketAddress(of member: NodeID) -> SocketAddress? {
        address(of: member).flatMap { SocketAddress(String(decoding: $0, as: UTF8.self)) }
    }

    /// Voters with addresses, as a configuration file lists them.
    init(founding voters: [NodeID], at addresses: [NodeID: SocketAddress]) {
        self.init(
            voters: voters,
            addresses: addresses.keys.sorted().filter(voters.contains).map {
                Address(id: $0, bytes: Array("\(addresses[$0]!)".utf8))
            })
    }
}
