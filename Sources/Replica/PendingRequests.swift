import Raft
import Routing

/// This node's requests without an answer, in the order of their sequences.
///
/// A ring indexed by sequence: finding one costs no hashing, and the oldest is always at hand,
/// which is what `settledBelow` says.
struct PendingRequests: Sendable {
    struct Pending: Sendable {
        var request: RequestID
        var deadline: Instant
        var keepsAnswer: Bool
        /// Whether a `RequestKey` stands before the command.
        var carriesKey = false
        /// The encoded command.
        var command: [UInt8]
        /// How many times it may have entered a log.
        var sends: UInt8 = 0

        /// What the entry's header says of it.
        var flags: UInt8 {
            (keepsAnswer ? EntryPayload.keepsAnswer : 0)
                | (carriesKey ? EntryPayload.carriesKey : 0)
        }
    }
    /// The oldest sequence without an answer, or the next one to be given.
    private(set) var base: UInt64 = 1
    /// How many wait.
    private(set) var count = 0
    private(set) var bytes = 0
    private var slots: [Pending?] = []
    private var head = 0
    private var deadlines = DeadlineHeap()

    /// The next sequence to be given.
    var next: UInt64 { base + UInt64(slots.count - head) }
    /// How far apart the oldest and the next are.
    var span: Int { slots.count - head }

    subscript(sequence: UInt64) -> Pending? {
        guard sequence >= base, sequence < next else { return nil }
        return slots[head + Int(sequence - base)]
    }

    mutating func add(_ pending: Pending) {
        deadlines.push(pending.deadline, next)
        count += 1
        bytes += pending.command.count
        slots.append(pending)
    }

    mutating func noteSent(_ sequence: UInt64, by change: Int) {
        guard sequence >= base, sequence < next else { return }
        let at = head + Int(sequence - base)
        // At the most it can count, it stays: fewer would be taken for certain.
        guard let sends = slots[at]?.sends, sends < .max else { return }
        slots[at]?.sends = UInt8(clamping: Int(sends) + change)
    }

    /// Takes one out: it has its answer.
    mutating func remove(_ sequence: UInt64) -> Pending? {
        guard sequence >= base, sequence < next else { return nil }
        let at = head + Int(sequence - base)
        guard let pending = slots[at] else { return nil }
        slots[at] = nil
        count -= 1
        bytes -= pending.command.count
        while head < slots.count, slots[head] == nil {
            head += 1
            base += 1
        }
        if head > 1_024, head > slots.count / 2 {
            slots.removeSubrange(..<head)
            head = 0
        }
        // The heap's first is always one that waits; others may have been answered meanwhile.
        while let first = deadlines.first, self[first.sequence] == nil { deadlines.removeFirst() }
        return pending
    }

    /// The earliest deadline of those that wait.
    var nextDeadline: Instant? { deadlines.first?.at }

    /// One whose deadline has passed.
    func firstExpired(at now: Instant) -> UInt64? {
        guard let first = deadlines.first, first.at <= now else { return nil }
        return first.sequence
    }

    func checkInvariants() {
        precondition(slots[head...].reduce(0) { $0 + ($1 == nil ? 0 : 1) } == count)
        precondition(slots[head...].reduce(0) { $0 + ($1?.command.count ?? 0) } == bytes)
        precondition(head == slots.count || slots[head] != nil)
        precondition(deadlines.count >= count)
        precondition(deadlines.first.map { self[$0.sequence] != nil } ?? true)
    }
}

/// Deadlines of requests in a binary heap.
struct DeadlineHeap: Sendable {
    private var items: [(at: Instant, sequence: UInt64)] = []

    var first: (at: Instant, sequence: UInt64)? { items.first }
    var count: Int { items.count }

    mutating func push(_ at: Instant, _ sequence: UInt64) {
        items.append((at, sequence))
        var child = items.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard items[child].at < items[parent].at else { return }
            items.swapAt(child, parent)
            child = parent
        }
    }

    mutating func removeFirst() {
        items.swapAt(0, items.count - 1)
        items.removeLast()
        sink(0)
    }

    private mutating func sink(_ start: Int) {
        var parent = start
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2]
            where child < items.count && items[child].at < items[least].at {
                least = child
            }
            if least == parent { return }
            items.swapAt(parent, least)
            parent = least
        }
    }
}
