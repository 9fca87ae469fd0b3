import Raft

/// Compares the nodes' digests at equal indexes.
///
/// Digests roll: once two nodes differ they differ for ever, so one comparison at any later index
/// finds it. But that two nodes differ from a third does not tell that they agree: a majority is
/// one only by equal digests at one index. While that is open nothing is taken any more, so the
/// nodes come to stand at one index, and then it is known.
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
        /// A majority agrees on another digest than ours.
        case weDiffer(index: LogIndex, mine: UInt64, theirs: UInt64)
        /// Somebody differs, and no majority is known to agree.
        case undecided(index: LogIndex)
    }
    private struct Peer: Sendable {
        var id: NodeID
        var isVoter: Bool
        var waiting: Report?
        var agreed: LogIndex = .zero
        /// Its latest reports that differ from ours, oldest first; empty when it agrees.
        var differing: [(report: Report, mine: UInt64)] = []
    }
    /// Differing reports of one peer that are remembered.
    private static let remembered = 8
    /// Digests of the newest indexes, at `index % capacity`.
    private var ring: [Report]
    private var peers: [Peer] = []
    /// The newest index that a peer told of; nil before any did.
    private(set) var newestHeard: LogIndex?
    private var voters = 0
    /// The newest index at which a node told us that a majority agrees with it, and we do.
    private var toldToAgree: LogIndex = .zero
    private var isVoter = false

    init(capacity: Int, applied: Report) {
        ring = Array(
            repeating: Report(index: LogIndex(.max), digest: 0), count: max(1, capacity))
        this(applied)
    }

    /// Compares with the members of a configuration from now on.
    mutating func follow(_ configuration: Configuration, but own: NodeID) {
        peers = configuration.members.filter { $0 != own }.map { id in
            var peer = peers.first { $0.id == id } ?? Peer(id: id, isVoter: false)
            peer.isVoter = configuration.voters.contains(id)
            return peer
        }
        voters = configuration.voters.count
        isVoter = configuration.voters.contains(own)
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
        newestHeard = max(newestHeard ?? report.index, report.index)
    }

    /// Compares what can be compared by now; gives our digests where a peer's differed.
    mutating func compare(applied: LogIndex) -> [(peer: NodeID, mine: Report)] {
        var found: [(peer: NodeID, mine: Report)] = []
        for at in peers.indices {
            guard let report = peers[at].waiting, report.index <= applied else { continue }
            peers[at].waiting = nil
            guard let mine = digest(at: report.index) else { continue }
            if mine == report.digest {
                peers[at].agreed = report.index
                // A node that was repaired agrees again.
                peers[at].differing = []
                continue
            }
            if peers[at].differing.last?.report != report {
                peers[at].differing.append((report, mine))
            }
            if peers[at].differing.count > Self.remembered { peers[at].differing.removeFirst() }
            found.append((peers[at].id, Report(index: report.index, digest: mine)))
        }
        return found
    }

    /// A node told that a majority has this digest, which is ours, too. A follower hears nobody but
    /// leaders, and could not count that majority itself.
    mutating func majorityAgrees(at index: LogIndex) { toldToAgree = max(toldToAgree, index) }

    var verdict: Verdict {
        // Asked at every turn: a key path here cost a seventh of the simulation's time.
        if peers.allSatisfy({ $0.differing.isEmpty }) { return .fine }
        let differing = peers.filter { !$0.differing.isEmpty }
        guard let index = differing.compactMap({ $0.differing.first?.report.index }).min() else {
            return .fine
        }
        let needed = Quorum.size(of: voters)
        let against = differing.filter(\.isVoter)
        if against.count >= needed {
            for one in against {
                for (report, mine) in one.differing {
                    let same = against.filter { $0.differing.contains { $0.report == report } }
                    guard same.count >= needed else { continue }
                    return .weDiffer(index: report.index, mine: mine, theirs: report.digest)
                }
            }
        }
        let agreeing = peers.filter {
            $0.isVoter && $0.differing.isEmpty && $0.agreed >= index
        }
        return agreeing.count + (isVoter ? 1 : 0) >= needed || toldToAgree >= index
            ? .othersDiffer(differing.map(\.id), index: index) : .undecided(index: index)
    }
}
