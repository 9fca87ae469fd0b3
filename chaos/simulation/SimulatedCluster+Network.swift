import Raft
import Replica

/// Links between nodes: frames on their way, lost, doubled, late, and cuts.
extension SimulatedCluster {
    /// A cut of the network: frames of these directions are lost.
    final class Cut {
        var blocked: Set<Way> = []
        var closed: [Way] = []
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
        for _ in 0..<copies {
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
        guard let member = members[to], member.replica != nil else { return }
        if member.isPaused {
            member.inbox.append((from, bytes))
        } else {
            try turn(member) { $0.received(bytes, from: from) }
        }
    }

    func cutSomewhere() throws {
        guard ids.count > 1 else { return }
        let left = Set(ids.filter { _ in fate.happens(permille: 500) })
        let isOneWay = fate.happens(permille: faults.oneWay)
        let isNoticed = fate.happens(permille: faults.noticed)
        let time = fate.number(
            faults.cutLasts.lowerBound * 1000...faults.cutLasts.upperBound * 1000)
        var blocked: Set<Way> = []
        for a in ids where left.contains(a) {
            for b in ids where !left.contains(b) {
                blocked.insert(Way(from: a, to: b))
                if !isOneWay { blocked.insert(Way(from: b, to: a)) }
            }
        }
        guard !blocked.isEmpty else { return }
        schedule(.heal(try cut(blocked, isNoticed: isNoticed)), after: time)
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
