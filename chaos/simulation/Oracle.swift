import Raft
import Replica
import Routing
import Wire

/// What must never be, found in a run.
public struct Violation: Error, CustomStringConvertible {
    /// What was seen.
    public var description: String
    init(_ description: String) { self.description = description }
}

/// Watches all nodes from outside and knows the safety properties of Raft (figure 3 of the paper)
/// and of the state machine. All of them are in this file.
struct Oracle {
    private struct Leadership {
        var leader: NodeID
    }
    private var leaders: [Term: NodeID] = [:]
    /// The digest and term that every node must have at an index where one was seen.
    private var digests: [LogIndex: (term: Term, digest: UInt64, node: NodeID)] = [:]
    private var appliedBy: [NodeID: LogIndex] = [:]
    private var terms: [NodeID: Term] = [:]
    private(set) var highestApplied = LogIndex.zero
    /// Times that a node took a term's leadership.
    private(set) var elections = 0

    /// After each turn of a node: election safety, terms that only rise, applied within committed
    /// and durable, and a leader that has everything applied anywhere.
    mutating func looked(at replica: Replica) throws(Violation) {
        let status = replica.status
        if let before = terms[replica.id], status.term < before {
            throw Violation("node \(replica.id): term went from \(before) to \(status.term)")
        }
        terms[replica.id] = status.term
        if status.applied > status.commit || status.applied > status.durable {
            throw Violation(
                "node \(replica.id) applied \(status.applied) beyond commit \(status.commit) or "
                    + "durable \(status.durable)")
        }
        guard status.role == .leader else { return }
        if let other = leaders[status.term] {
            guard other == replica.id else {
                throw Violation("term \(status.term) has two leaders: \(other), \(replica.id)")
            }
        } else {
            leaders[status.term] = replica.id
            elections += 1
            // Leader completeness: what was applied anywhere is in every later leader's log.
            guard status.last >= highestApplied else {
                throw Violation(
                    "leader \(replica.id) of term \(status.term) ends at \(status.last), but "
                        + "\(highestApplied) was applied")
            }
        }
    }

    /// A node applied entries: state machine safety.
    mutating func applied(
        _ node: NodeID, _ mark: Replica.Mark, _ rows: [RowChange]
    ) throws(Violation) {
        if let before = appliedBy[node], mark.index <= before {
            throw Violation("node \(node) applied \(mark.index) after \(before)")
        }
        appliedBy[node] = mark.index
        highestApplied = max(highestApplied, mark.index)
        try agree(node, mark)
    }

    /// A node started from its disk.
    mutating func restarted(_ node: NodeID, _ mark: Replica.Mark) throws(Violation) {
        appliedBy[node] = mark.index == .zero ? nil : mark.index
        if mark.index > .zero { try agree(node, mark) }
    }

    private mutating func agree(_ node: NodeID, _ mark: Replica.Mark) throws(Violation) {
        guard let seen = digests[mark.index] else {
            digests[mark.index] = (mark.term, mark.digest, node)
            return
        }
        guard seen.digest == mark.digest, seen.term == mark.term else {
            throw Violation(
                "nodes \(seen.node) and \(node) differ at \(mark.index): term \(seen.term) and "
                    + "\(mark.term), digest \(seen.digest) and \(mark.digest)")
        }
    }

    /// Log matching: where two disks have an entry of the same index and term, all before it equal.
    static func checkLogs(_ disks: [(NodeID, [Entry])]) throws(Violation) {
        for (place, (a, left)) in disks.enumerated() {
            for (b, right) in disks[(place + 1)...] {
                var end = min(left.count, right.count)
                while end > 0, left[end - 1].term != right[end - 1].term { end -= 1 }
                for index in 0..<end where left[index] != right[index] {
                    throw Violation("logs of \(a) and \(b) differ at \(index + 1) below \(end)")
                }
            }
        }
    }
}
