import Routing
import Wire

extension HistoryItem {
    /// The item of a history row; see the routing room.
    init(row: [UInt8]) throws(WireError) { throw WireError(.truncated, offset: 0) }
}
