import Raft
import Wire

/// Whose files these are; stored at creation and compared at each open.
public struct StoreIdentity: Hashable, Sendable {
    /// The cluster's name.
    public var cluster: Text
    /// The node.
    public var node: NodeID
    /// An identity of these parts.
    public init(cluster: Text, node: NodeID) {
        self.cluster = cluster
        self.node = node
    }
}
