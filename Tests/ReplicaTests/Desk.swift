import Raft
import Routing
import Wire

@testable import Replica

/// Replicas on one desk: frames and writes are done when a test says so.
struct Desk {
    var nodes: [NodeID: Replica] = [:]
    var disks: [NodeID: [Persist]] = [:]
    var queue: [(from: NodeID, to: NodeID, frame: [UInt8])] = []
    var now = Instant(nanoseconds: 0)
    var cut: Set<NodeID> = []
    var slowDisks: Set<NodeID> = []
    var answers: [RequestID: Answer] = [:]
    var notices: [NodeID: [Replica.Notice]] = [:]
    var failures: [NodeID: Replica.Failure] = [:]
    var applied: [NodeID: Replica.Mark] = [:]
    var configurations: [NodeID: Configuration] = [:]
    var removed: [NodeID] = []
    let limits: Replica.Limits

    init(_ count: UInt64 = 3, limits: Replica.Limits = .init()) {
        self.limits = limits
        let ids = (1...count).map { NodeID($0) }
        for id in ids {
            nodes[id] = try! Replica(
                id: id, incarnation: 1_000 + id.rawValue,
                configuration: Configuration(voters: ids), stored: StoredLog(),
                state: ReplicatedState(), mark: .init(), limits: limits, seed: id.rawValue,
                now: now, wall: wall)
        }
    }

    var wall: LogTime { LogTime(milliseconds: 1_000_000 + now.nanoseconds / 1_000_000) }
    var ids: [NodeID] { nodes.keys.sorted() }
    subscript(id: UInt64) -> Replica {
        get { nodes[NodeID(id)]! }
        set { nodes[NodeID(id)] = newValue }
    }
    var leader: UInt64? { ids.first { nodes[$0]!.status.role == .leader }?.rawValue }

    mutating func collect(_ id: NodeID) {
        while true {
            let effects = nodes[id]!.takeEffects()
            nodes[id]!.checkInvariants()
            if let failure = effects.failure { failures[id] = failure }
            if let persist = effects.persist { disks[id, default: []].append(persist) }
            queue += effects.send.map { (id, $0.to, $0.frame) }
            for (request, answer) in effects.answers { answers[request] = answer }
            notices[id, default: []] += effects.notices
            if let mark = effects.mark { applied[id] = mark }
            if let members = effects.configurationChanged { configurations[id] = members }
            if effects.removed { removed.append(id) }
            if !slowDisks.contains(id), let last = disks[id]?.last {
                disks[id] = []
                nodes[id]!.persisted(id: last.id)
                continue
            }
            if !effects.runAgain { return }
        }
    }

    mutating func settle() {
        for id in ids { collect(id) }
        while !queue.isEmpty {
            let (from, to, frame) = queue.removeFirst()
            guard !cut.contains(from), !cut.contains(to), nodes[to] != nil else { continue }
            nodes[to]!.received(frame, from: from)
            collect(to)
        }
    }

    mutating func run(_ duration: Duration) {
        let end = now.advanced(by: duration)
        while now < end {
            now = now.advanced(by: .milliseconds(5))
            for id in ids { nodes[id]!.timeAdvanced(to: now, wall: wall) }
            settle()
        }
    }

    /// Elects some leader and gives its number.
    mutating func elect() -> UInt64 {
        while leader == nil { run(.milliseconds(50)) }
        run(.milliseconds(50))
        return leader!
    }

    /// A member that does not lead.
    var follower: UInt64 { ids.first { nodes[$0]!.status.role != .leader }!.rawValue }

    mutating func submit(
        _ command: Command, _ request: UInt64, at node: UInt64,
        patience: Duration = .seconds(2)
    ) {
        self[node].submitted(
            command, request: RequestID(request), deadline: now.advanced(by: patience))
    }

    /// A node that joins: it knows of no member.
    mutating func join(_ node: UInt64) {
        let id = NodeID(node)
        nodes[id] = try! Replica(
            id: id, incarnation: 1_000 + node, configuration: Configuration(voters: []),
            stored: StoredLog(), state: ReplicatedState(), mark: .init(), limits: limits,
            seed: node, now: now, wall: wall)
    }

    mutating func change(
        _ change: MembershipChange, _ request: UInt64, at node: UInt64,
        patience: Duration = .seconds(2)
    ) {
        self[node].membershipRequested(
            change, request: RequestID(request), deadline: now.advanced(by: patience))
    }

    mutating func transfer(to target: UInt64?, _ request: UInt64, at node: UInt64) {
        self[node].transferRequested(
            to: target.map { NodeID($0) }, request: RequestID(request),
            deadline: now.advanced(by: .seconds(2)))
    }

    /// The id that a request which was done gave.
    func done(_ request: UInt64) -> Int64? {
        if case .applied(_, .done(let id)) = answer(request) { id } else { nil }
    }

    /// Kill -9: frames from and to it are lost, and the others see its links close.
    mutating func kill(_ node: UInt64) {
        cut.insert(NodeID(node))
        for id in ids where id != NodeID(node) { nodes[id]!.linkClosed(to: NodeID(node)) }
    }

    func answer(_ request: UInt64) -> Answer? { answers[RequestID(request)] }
}

func newAgent(_ login: Text) -> Command {
    .createAgent(by: nil, login: login, name: login, passwordHash: "x", isAdmin: false)
}
