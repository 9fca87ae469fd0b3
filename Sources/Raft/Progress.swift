/// What a leader knows of one other member's log.
struct Progress: Sendable {
    /// Whose.
    let peer: NodeID
    /// Durable there and the same as ours up to here.
    var match: LogIndex = .zero
    /// The first entry not sent yet; always after `match`.
    var next: LogIndex
    /// How far the next probe steps back where memory has let go of the log's terms.
    var stride: UInt64 = 1
    /// How entries flow to it now.
    var flow: Flow = .probe(asked: false, tries: 0)
    /// The commit index last told.
    var toldCommit: LogIndex = .zero
    /// The last broadcast that it answered.
    var round: UInt64 = 0
    /// The last broadcast begun when the newest append left: answers to later ones tell whether
    /// that append arrived.
    var appendRound: UInt64 = 0
    /// When it last said anything.
    var lastHeard: Instant
    /// The link was said to be closed: nothing is sent but a heartbeat from time to time, next at
    /// this moment. News of links may be lost, and a learner does not speak by itself.
    var linkTriedAt: Instant?
    /// The disk was asked for entries from here on its behalf; asked again at `until`.
    var reading: (from: LogIndex, until: Instant)?
    /// It is no member by the entry `index`, and is served until it knows that or `until`.
    var leaving: (index: LogIndex, until: Instant)?
    /// No snapshot is wanted for it before, after one that failed.
    var snapshotNotBefore: Instant

    /// How entries flow to a follower.
    enum Flow: Hashable, Sendable {
        /// Where the logs agree is not known: one append at a time. `asked`: it is under way.
        case probe(asked: Bool, tries: Int)
        /// Entries are sent ahead of the answers; the last indexes of appends under way.
        case replicate(inFlight: [LogIndex])
        /// It needs entries that the log has no more: a snapshot is on its way, of which something
        /// was heard last at `heard`.
        case snapshot(heard: Instant)
    }

    init(peer: NodeID, next: LogIndex, now: Instant) {
        self.peer = peer
        self.next = next
        lastHeard = now
        snapshotNotBefore = now
    }

    /// Whether the link is open as far as is known.
    var isLinked: Bool { linkTriedAt == nil }
    /// Whether a snapshot is on its way to it.
    var isSnapshot: Bool { if case .snapshot = flow { true } else { false } }

    /// Starts over from what is certain, or from a better guess.
    mutating func probe(from next: LogIndex, stride: UInt64 = 1) {
        flow = .probe(asked: false, tries: 0)
        self.stride = stride
        self.next = max(match.next, next)
        reading = nil
    }

    /// The follower has our entries in memory up to `accepted`, durable up to `match`.
    mutating func advance(match newMatch: LogIndex, accepted: LogIndex) {
        match = max(match, newMatch)
        switch flow {
        case .probe, .snapshot:
            flow = .replicate(inFlight: [])
            next = max(match, accepted).next
            reading = nil
        case .replicate(var inFlight):
            if match >= next { next = match.next }
            guard let first = inFlight.first, first <= match else { return }
            flow = .replicate(inFlight: [])
            let gone = inFlight.firstIndex { $0 > match } ?? inFlight.count
            inFlight.removeFirst(gone)
            flow = .replicate(inFlight: inFlight)
        }
    }

    func checkInvariants(last: LogIndex) {
        precondition(match < next && next <= last.next && match <= last)
        if case .replicate(let inFlight) = flow {
            precondition(inFlight.allSatisfy { $0 > match && $0 < next })
            precondition(zip(inFlight, inFlight.dropFirst()).allSatisfy { $0 < $1 })
        }
    }
}
