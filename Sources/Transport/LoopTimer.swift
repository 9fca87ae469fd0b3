/// An action waiting for its time. Rescheduling to a later time costs nothing, so one timer can
/// follow a deadline that moves all the time. Loop's thread only.
///
/// The heap knows the time `queuedAt`; `deadline` may be later. When the queued time comes the
/// timer is queued again for what is left, so a deadline pushed out by every request costs one
/// move of the heap per period instead of one per request.
public final class LoopTimer {
    /// When to act, in nanoseconds of the loop's clock; `.max` is never.
    fileprivate(set) var deadline = Int64.max
    /// The time of this timer's valid entry in the heap; `.max` when it has none.
    fileprivate var queuedAt = Int64.max
    fileprivate let action: () -> Void
    private unowned let loop: EventLoop

    init(loop: EventLoop, action: @escaping () -> Void) {
        self.loop = loop
        self.action = action
    }

    /// Whether the action is still to come.
    public var isPending: Bool { deadline != .max }

    /// Forgets the time, keeps the action: `reschedule` arms it again.
    public func cancel() {
        loop.checkThread()
        guard isPending else { return }
        deadline = .max
        loop.timers.cancelled(self)
    }

    /// Moves the time (also of a timer that fired or was cancelled) to `delay` from now.
    public func reschedule(after delay: Duration) {
        reschedule(at: loop.now.adding(delay))
    }

    /// Moves the time to `deadline` on the loop's clock, in nanoseconds.
    public func reschedule(at deadline: Int64) {
        loop.checkThread()
        loop.timers.schedule(self, at: max(deadline, loop.now))
    }
}

/// The loop's timers by time: a binary heap whose dead entries leave when they surface, or all at
/// once when they outnumber the living.
struct TimerHeap {
    private struct Entry {
        let time: Int64
        let sequence: UInt64
        let timer: LoopTimer

        static func < (left: Entry, right: Entry) -> Bool {
            left.time != right.time ? left.time < right.time : left.sequence < right.sequence
        }
    }

    private var entries: [Entry] = []
    private var nextSequence: UInt64 = 0
    /// About how many entries will do nothing when they surface.
    private var deadEntries = 0

    /// The time of the first entry, dead ones included.
    var firstTime: Int64? { entries.first?.time }
    /// For tests: how many entries there are.
    var entryCount: Int { entries.count }

    mutating func schedule(_ timer: LoopTimer, at deadline: Int64) {
        if timer.queuedAt != .max && !timer.isPending { deadEntries -= 1 }
        timer.deadline = deadline
        guard deadline < timer.queuedAt else { return }
        if timer.queuedAt != .max { deadEntries += 1 }
        timer.queuedAt = deadline
        push(timer, at: deadline)
        discardDeadIfMany()
    }

    mutating func cancelled(_ timer: LoopTimer) {
        guard timer.queuedAt != .max else { return }
        deadEntries += 1
        discardDeadIfMany()
    }

    /// The first sequence number that is not given yet: a limit for `popDue`.
    var horizon: UInt64 { nextSequence }

    /// The next action due at `now` among the timers scheduled before `horizon`.
    mutating func popDue(now: Int64, horizon: UInt64) -> (() -> Void)? {
        while let first = entries.first, first.time <= now, first.sequence < horizon {
            removeFirst()
            let timer = first.timer
            guard timer.queuedAt == first.time else {
                deadEntries = max(0, deadEntries - 1)
                continue
            }
            timer.queuedAt = .max
            if timer.deadline == .max {
                deadEntries = max(0, deadEntries - 1)
            } else if timer.deadline > now {
                timer.queuedAt = timer.deadline
                push(timer, at: timer.deadline)
            } else {
                timer.deadline = .max
                return timer.action
            }
        }
        return nil
    }

    mutating func removeAll() {
        for entry in entries {
            entry.timer.deadline = .max
            entry.timer.queuedAt = .max
        }
        entries = []
        deadEntries = 0
    }

    private mutating func push(_ timer: LoopTimer, at time: Int64) {
        entries.append(Entry(time: time, sequence: nextSequence, timer: timer))
        nextSequence += 1
        siftUp(entries.count - 1)
    }

    private mutating func discardDeadIfMany() {
        guard deadEntries > 64 && deadEntries > entries.count / 2 else { return }
        entries = entries.filter { entry in
            guard entry.timer.queuedAt == entry.time else { return false }
            guard entry.timer.isPending else {
                entry.timer.queuedAt = .max
                return false
            }
            return true
        }
        deadEntries = 0
        for index in stride(from: entries.count / 2 - 1, through: 0, by: -1) { siftDown(index) }
    }

    private mutating func removeFirst() {
        let last = entries.removeLast()
        guard !entries.isEmpty else { return }
        entries[0] = last
        siftDown(0)
    }

    private mutating func siftUp(_ start: Int) {
        var child = start
        while child > 0 {
            let parent = (child - 1) / 2
            guard entries[child] < entries[parent] else { return }
            entries.swapAt(child, parent)
            child = parent
        }
    }

    private mutating func siftDown(_ start: Int) {
        var parent = start
        while true {
            var smallest = parent
            for child in (2 * parent + 1)..<(2 * parent + 3)
            where child < entries.count && entries[child] < entries[smallest] {
                smallest = child
            }
            guard smallest != parent else { return }
            entries.swapAt(parent, smallest)
            parent = smallest
        }
    }
}

extension Duration {
    /// Whole nanoseconds, at most about 146 years either way.
    var nanosecondsClamped: Int64 {
        let (seconds, attoseconds) = components
        let limit = Int64.max / 2_000_000_000
        guard seconds > -limit else { return -limit * 1_000_000_000 }
        guard seconds < limit else { return limit * 1_000_000_000 }
        return seconds * 1_000_000_000 + attoseconds / 1_000_000_000
    }
}

extension Int64 {
    /// This time in nanoseconds moved by `duration`.
    func adding(_ duration: Duration) -> Int64 {
        let (sum, overflow) = addingReportingOverflow(duration.nanosecondsClamped)
        return overflow ? .max : sum
    }
}
