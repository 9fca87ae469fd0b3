import Raft
import Routing
import Wire

/// Everything that is the same on every node at the same index: the routing state and the answers
/// kept for exactly-once requests. Rebuilt from rows at a start.
public struct ReplicatedState: Sendable, Equatable {
    /// The routing state machine.
    public internal(set) var routing = RoutingState()

    /// Nothing applied yet.
    public init() {}

    /// Takes one stored row; rows of one table in ascending key order.
    public mutating func load(
        table: RowTable, major: Int64, minor: Int64, value: [UInt8]
    ) throws(WireError) {
        try routing.load(table: table, major: major, minor: minor, value: value)
    }

    /// Builds what rows only imply; call once after the last `load`.
    public mutating func finishLoading() throws(WireError) { try routing.finishLoading() }
}
