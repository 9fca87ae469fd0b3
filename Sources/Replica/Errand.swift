import Raft
import Routing
import Wire

/// What an operator wants of the cluster itself rather than of the state: it is not a command.
enum Errand: Hashable, Sendable {
    case membership(MembershipChange)
    /// Hand the leadership to this one, or to the one that is furthest.
    case transfer(to: NodeID?)
    /// Raise the feature level.
    case raise(to: FeatureLevel)

    /// Appends the errand as it travels to the leader. Tags are never reused.
    func encode(into writer: inout ByteWriter) {
        switch self {
        case .membership(.add(let id, let address)):
            writer.u8(1)
            writer.varint(id.rawValue)
            writer.blob(address)
        case .membership(.remove(let id)):
            writer.u8(2)
            writer.varint(id.rawValue)
        case .transfer(let target):
            writer.u8(3)
            writer.varint(target?.rawValue ?? 0)
        case .raise(let level):
            writer.u8(4)
            writer.varint(UInt64(level.rawValue))
        }
    }

    /// Reads an errand back.
    init(from reader: inout ByteReader) throws(WireError) {
        let start = reader.offset
        let tag = try reader.u8()
        let number = try reader.varint()
        let id = NodeID(number)
        switch tag {
        case 1:
            let address = try reader.blob(limit: Configuration.maxAddressBytes)
            self = .membership(.add(id, address: address))
        case 2: self = .membership(.remove(id))
        case 3: self = .transfer(to: id == NodeID(0) ? nil : id)
        case 4: self = .raise(to: FeatureLevel(UInt32(clamping: number)))
        default: throw WireError(.unknownTag(UInt64(tag)), offset: start)
        }
    }
}

/// This node's errands that have no answer yet. Asking twice does no harm: what is so already is
/// not begun again.
struct PendingErrands: Sendable {
    struct Pending: Sendable {
        var id: UInt64
        var request: RequestID
        var deadline: Instant
        var errand: Errand
        /// Times that a leader may have begun it.
        var asks = 0
        /// Not asked before; nil: at once.
        var notBefore: Instant?
        /// Who led when a hand-over was first asked for.
        var office: Raft.RoleChange?
    }
    var all: [Pending] = []
    private var nextID: UInt64 = 1

    mutating func add(_ errand: Errand, _ request: RequestID, deadline: Instant) {
        all.append(Pending(id: nextID, request: request, deadline: deadline, errand: errand))
        nextID += 1
    }

    func index(of id: UInt64) -> Int? { all.firstIndex { $0.id == id } }

    /// The leader changed, or its link is new: all are asked again.
    mutating func startOver() {
        for at in all.indices { all[at].notBefore = nil }
    }

    /// Holds that have passed end: what waits for a leader then must not wake anybody.
    mutating func endHolds(at now: Instant) {
        for at in all.indices {
            if let hold = all[at].notBefore, hold <= now { all[at].notBefore = nil }
        }
    }

    /// When one is due to be asked again or given up.
    var nextDeadline: Instant? {
        all.flatMap { [$0.deadline, $0.notBefore].compactMap(\.self) }.min()
    }
}
