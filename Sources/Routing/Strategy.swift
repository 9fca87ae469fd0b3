/// How one agent is chosen among candidates: a pure function of the ballot.
enum Strategy: CaseIterable, Sendable {
    /// The next after the cursor in list order, cyclic.
    case inTurn
    /// The one with the fewest open sessions; then the longest without an assignment; then the
    /// first in list order.
    case leastLoaded
    /// A draw that every node makes alike.
    case random

    /// The strategy of a mode.
    init(_ mode: Mode, _ balance: Balance) {
        switch (mode, balance) {
        case (.roundRobin, _), (.onlineFirst, .roundRobin): self = .inTurn
        case (.onlineFirst, .leastLoaded): self = .leastLoaded
        case (.onlineFirst, .random): self = .random
        }
    }

    /// The candidates of one decision.
    struct Ballot: Sendable {
        /// One candidate.
        struct Entry: Sendable {
            /// Place in the roster.
            var position: Int
            /// Open sessions over all projects.
            var open: Int
            /// The log index of the last assignment.
            var lastIndex: Int64
        }
        /// Candidates, ascending by position.
        var entries: [Entry]
        /// The cursor's place in the roster; -1: before the first.
        var cursor: Int
        /// A number that is the same on every node and different for each decision.
        var draw: UInt64
    }

    /// The chosen candidate's position; nil without candidates.
    func choose(_ ballot: Ballot) -> Int? {
        guard let first = ballot.entries.first else { return nil }
        switch self {
        case .inTurn:
            return (ballot.entries.first { $0.position > ballot.cursor } ?? first).position
        case .leastLoaded:
            var best = first
            for entry in ballot.entries
            where (entry.open, entry.lastIndex) < (best.open, best.lastIndex) {
                best = entry
            }
            return best.position
        case .random:
            return ballot.entries[Int(ballot.draw % UInt64(ballot.entries.count))].position
        }
    }

    /// Spreads a log index and a session over all 64 bits (the finaliser of SplitMix64).
    static func draw(index: Int64, session: SessionID) -> UInt64 {
        var x = UInt64(bitPattern: index) &+ UInt64(bitPattern: session.rawValue) << 32
        x &+= 0x9e37_79b9_7f4a_7c15
        x = (x ^ (x >> 30)) &* 0xbf58_476d_1ce4_e5b9
        x = (x ^ (x >> 27)) &* 0x94d0_49bb_1331_11eb
        return x ^ (x >> 31)
    }
}
