import Raft
import Replica

/// Links between nodes: frames on their way, lost, doubled, late, and cuts.
extension SimulatedCluster {
    /// A cut of the network: frames of these directions are lost.
    final class Cut {
        var blocked: Set<Way> = []
        var closed: [Way] = []
    }
    /// A clog: frames of these directions wait for its end, and then come all at once, in order.
    final class Clog {
        let ways: Set<Way>
        var held: [(way: Way, frame: [UInt8])] = []
        init(_ ways: Set<Way>) { self.ways = ways }
    }
    /// One direction between two nodes.
    struct Way: Hashable, Comparable {
        var from: NodeID
        var to: NodeID
        static func < (a: Way, b: Way) -> Bool { (a.from, a.to) < (b.from, b.to) }
    }

    func send(_ frame: [UInt8], from: NodeID, to: NodeID) {
        let way = Way(from: from, to: to)
        if !cuts.isEmpty, cuts.contains(where: { $0.blocked.contains(way) }) { return }
        var copies = 1
        if isStorm {
            if physics.happens(permille: faults.loss) { return }
            if physics.happens(permille: faults.duplicate) { copies = 2 }
        }
        let clog = clogs.first { $0.ways.contains(way) }
        for _ in 0..<copies {
            if let clog {
                clog.held.append((way, frame))
                continue
            }
            var time = physics.number(
                faults.delay.lowerBound * 1000 + 20...faults.delay.upperBound * 1000 + 80)
            if isStorm && physics.happens(permille: faults.straggler) { time *= 10 }
            if faults.isOrdered {
                time = max(time, (lastArrival[way] ?? 0) + 1 - now)
                lastArrival[way] = now + time
            }
            schedule(.frame(to: to, from: from, bytes: frame), after: time)
        }
    }

    func deliver(_ bytes: [UInt8], to: NodeID, from: NodeID) throws {
        guard let member = members[to], member.isRunning else { return }
        if member.isPaused {
            member.inbox.append((from, bytes))
        } else {
            try turn(member) { $0.received(bytes, from: from) }
        }
    }

    func cutSomewhere() throws {
        guard ids.count > 1 else { return }
        let shape = faults.cutShapes.count == 1 ? faults.cutShapes[0] : fate.pick(faults.cutShapes)
        let parted = pairs(shape)
        let isOneWay = fate.happens(permille: faults.oneWay)
        let isNoticed = fate.happens(permille: faults.noticed)
        let time = fate.number(
            faults.cutLasts.lowerBound * 1000...faults.cutLasts.upperBound * 1000)
        var blocked: Set<Way> = []
        for (a, b) in parted {
            blocked.insert(Way(from: a, to: b))
            if !isOneWay { blocked.insert(Way(from: b, to: a)) }
        }
        guard !blocked.isEmpty else { return }
        schedule(.heal(try cut(blocked, isNoticed: isNoticed)), after: time)
    }

    /// The pairs of nodes that a cut of this shape parts.
    private func pairs(_ shape: Faults.CutShape) -> [(NodeID, NodeID)] {
        func parted(_ nodes: ArraySlice<NodeID>, at size: Int) -> [(NodeID, NodeID)] {
            nodes.prefix(size).flatMap { a in nodes.dropFirst(size).map { (a, $0) } }
        }
        if shape == .sides {
            let left = ids.filter { _ in fate.happens(permille: 500) }
            return left.flatMap { a in ids.filter { !left.contains($0) }.map { (a, $0) } }
        }
        let order = ids.shuffled(using: &fate)
        switch shape {
        case .sides, .one: return parted(order[...], at: 1)
        case .sizes:
            return parted(order[...], at: Int(fate.number(1...Int64(order.count - 1))))
        case .ring where order.count > 3:
            return order.indices.flatMap { a in
                order.indices.filter { b in b > a + 1 && (a > 0 || b < order.count - 1) }
                    .map { (order[a], order[$0]) }
            }
        case .bridge, .ring:
            // Of two nodes none is between.
            guard order.count > 2 else { return [] }
            return parted(
                order.dropFirst(), at: Int(fate.number(1...Int64(order.count - 2))))
        }
    }

    /// Everything to one node, or one way between two or both, is clogged.
    func clogSomewhere() {
        guard ids.count > 1 else { return }
        let node = fate.pick(ids)
        let others = ids.filter { $0 != node }
        let other = fate.pick(others)
        let ways: Set<Way> =
            switch fate.number(0...2) {
            case 0: Set(others.map { Way(from: $0, to: node) })
            case 1: [Way(from: other, to: node)]
            default: [Way(from: other, to: node), Way(from: node, to: other)]
            }
        let time = fate.number(
            faults.clogLasts.lowerBound * 1000...faults.clogLasts.upperBound * 1000)
        note { "clogged: " + ways.sorted().map { "\($0.from)->\($0.to)" }.joined(separator: " ") }
        let clog = Clog(ways)
        clogs.append(clog)
        schedule(.unclog(clog), after: time)
    }

    func unclog(_ clog: Clog) {
        guard let place = clogs.firstIndex(where: { $0 === clog }) else { return }
        clogs.remove(at: place)
        note { "a clog goes: \(clog.held.count) frames" }
        for (offset, held) in clog.held.enumerated() {
            let time = Int64(offset) + 1
            lastArrival[held.way] = max(lastArrival[held.way] ?? 0, now + time)
            schedule(.frame(to: held.way.to, from: held.way.from, bytes: held.frame), after: time)
        }
        clog.held = []
    }

    /// Loses all frames of these directions until it is healed.
    func cut(_ blocked: Set<Way>, isNoticed: Bool) throws -> Cut {
        let cut = Cut()
        cut.blocked = blocked
        cuts.append(cut)
        let ways = blocked.sorted()
        note {
            "cut " + ways.map { "\($0.from)->\($0.to)" }.joined(separator: " ")
                + (isNoticed ? ", noticed" : ", unnoticed")
        }
        guard isNoticed else { return cut }
        for way in ways {
            cut.closed.append(way)
            try turn(members[way.to]!) { $0.linkClosed(to: way.from) }
        }
        return cut
    }

    func heal(_ cut: Cut) {
        guard let place = cuts.firstIndex(where: { $0 === cut }) else { return }
        cuts.remove(at: place)
        note { "a cut heals" }
        for way in cut.closed {
            // A violation found here is found again at the node's next turn.
            try? turn(members[way.to]!) { open(&$0, to: way.from) }
        }
        cut.closed = []
    }
}
