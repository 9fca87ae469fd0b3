import Raft

/// Compares the nodes' digests at equal indexes.
///
/// Digests roll: once two nodes differ they differ for ever, so one comparison at any later index
/// finds it.
struct DigestWatch: Sendable {
    /// A node's digest at an index.
    struct Report: Hashable, Sendable {
        var index: LogIndex
        var digest: UInt64
    }
    /// How the comparisons stand.
    enum Verdict: Hashable, Sendable {
        /// No difference is known.
        case fine
        /// These differ, and a majority agrees with us.
        case othersDiffer([NodeID], index: LogIndex)
        /// A majority differs from us.
        case weDiffer(index: LogIndex, mine: UInt64, theirs: UInt64)
        /// Somebody differs, and no majority is known to agree.
        case undecided(index: LogIndex)
    }
    private struct Peer: Sendable {
        var id: NodeID
        var waiting: Report?
        var agreed: LogIndex = .zero
        var differs: (index: LogIndex, mine: UInt64, theirs: UInt64)?
    }
    /// Digests of the newest indexes, at `index % capacity`.
    private var ring: [Report]
    private var peers: [Peer]

    init(peers: [NodeID], capacity: Int, applied: Report) {
        ring = Array(
            repeating: Report(index: LogIndex(.max), digest: 0), count: max(1, capacity))
        self.peers = peers.map { Peer(id: $0) }
        this(applied)
    }

    /// Our own digest after an entry.
    mutating func this(_ report: Report) {
        ring[Int(report.index.rawValue % UInt64(ring.count))] = report
    }

    /// Our own digest at an index, if it is remembered.
    func digest(at index: LogIndex) -> UInt64? {
        let report = ring[Int(index.rawValue % UInt64(ring.count))]
        return report.index == index ? report.digest : nil
    }

    /// A peer told its digest.
    mutating func heard(_ report: Report, from peer: NodeID) {
        guard let at = peers.firstIndex(where: { $0.id == peer }) else { return }
        peers[at].waiting = report
    }

    /// Compares what can be compared by now; gives our digests where a peer's differed.
    mutating func compare(applied: LogIndex) -> [(peer: NodeID, mine: Report)] {
        var found: [(peer: NodeID, mine: Report)] = []
        for at in peers.indices {
            guard let report = peers[at].waiting, report.index <= applied else { continue }
            peers[at].waiting = nil
            let mine = ring[Int(report.index.rawValue % UInt64(ring.count))]
            guard mine.index == report.index else { continue }
            if mine.digest == report.digest {
                peers[at].agreed = report.index
                // A node that was repaired agrees again.
                peers[at].differs = nil
            } else {
                peers[at].differs = (report.index, mine.digest, report.digest)
                found.append((peers[at].id, mine))
            }
        }
        return found
    }

    func verdict(voters: Int) -> Verdict {
        let differing = peers.filter { $0.differs != nil }
        guard let first = differing.compactMap(\.differs).min(by: { $0.index < $1.index }) else {
            return .fine
        }
        let needed = voters / 2 + 1
        if differing.count >= needed {
            return .weDiffer(index: first.index, mine: first.mine, theirs: first.theirs)
        }
        let agreeing = peers.filter { $0.differs == nil && $0.agreed >= first.index }.count
        return agreeing + 1 >= needed
            ? .othersDiffer(differing.map(\.id), index: first.index)
            : .undecided(index: first.index)
    }
}
