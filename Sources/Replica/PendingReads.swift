import Raft

/// This node's linearizable reads: waiting to be asked, asked, or confirmed and waiting for the
/// state to get there.
struct PendingReads: Sendable {
    struct Read: Sendable {
        var request: RequestID
        var deadline: Instant
    }
    /// Reads that share one question to the leader.
    struct Batch: Sendable {
        var id: UInt64
        var askedAt: Instant
        var reads: [Read]
    }
    /// Questions under way at once, so that waiting makes batches.
    static let window = 2

    private(set) var fresh: [Read] = []
    private(set) var asked: [Batch] = []
    private var confirmed: [(index: LogIndex, reads: [Read])] = []
    private var nextID: UInt64 = 1
    private(set) var count = 0
    /// No deadline is earlier.
    private var earliest: Instant?

    mutating func add(_ request: RequestID, deadline: Instant) {
        fresh.append(Read(request: request, deadline: deadline))
        count += 1
        earliest = min(earliest ?? deadline, deadline)
    }

    /// Begins a question for all that wait; its number is never used again.
    mutating func ask(at now: Instant) -> UInt64? {
        guard !fresh.isEmpty, asked.count < Self.window else { return nil }
        let id = nextID
        nextID += 1
        asked.append(Batch(id: id, askedAt: now, reads: fresh))
        fresh = []
        return id
    }

    /// The leader answered; nil: it could not.
    mutating func answered(_ id: UInt64, _ index: LogIndex?) {
        guard let at = asked.firstIndex(where: { $0.id == id }) else { return }
        let batch = asked.remove(at: at)
        if let index {
            confirmed.append((index, batch.reads))
        } else {
            fresh = batch.reads + fresh
        }
    }

    /// What was asked is asked anew: the leader changed.
    mutating func startOver() {
        fresh = asked.flatMap(\.reads) + fresh
        asked = []
    }

    /// Questions that nobody answered are asked anew.
    mutating func retry(askedBefore moment: Instant) {
        guard let first = asked.first, first.askedAt <= moment else { return }
        startOver()
    }

    /// Takes the reads that the state satisfies now.
    mutating func takeReady(applied: LogIndex) -> [Read] {
        guard !confirmed.isEmpty else { return [] }
        var ready: [Read] = []
        confirmed.removeAll { batch in
            guard batch.index <= applied else { return false }
            ready += batch.reads
            return true
        }
        count -= ready.count
        return ready
    }

    /// Takes the reads whose deadline has passed.
    mutating func takeExpired(at now: Instant) -> [Read] {
        guard let earliest, earliest <= now else { return [] }
        var expired: [Read] = []
        var next: Instant?
        func sweep(_ reads: inout [Read]) {
            reads.removeAll { read in
                if read.deadline <= now {
                    expired.append(read)
                    return true
                }
                next = min(next ?? read.deadline, read.deadline)
                return false
            }
        }
        sweep(&fresh)
        for at in asked.indices { sweep(&asked[at].reads) }
        for at in confirmed.indices { sweep(&confirmed[at].reads) }
        self.earliest = next
        count -= expired.count
        return expired
    }

    /// Takes all: none will ever be answered.
    mutating func takeAll() -> [Read] {
        startOver()
        let all = fresh + confirmed.flatMap(\.reads)
        fresh = []
        confirmed = []
        count = 0
        earliest = nil
        return all
    }

    /// When something must be done about reads at the latest.
    func nextDeadline(retryAfter retry: Duration) -> Instant? {
        guard count > 0, let earliest else { return nil }
        guard let first = asked.first else { return earliest }
        return min(earliest, first.askedAt.advanced(by: retry))
    }

    func checkInvariants() {
        let all =
            fresh.count + asked.reduce(0) { $0 + $1.reads.count }
            + confirmed.reduce(0) { $0 + $1.reads.count }
        precondition(all == count && asked.count <= Self.window)
    }
}
