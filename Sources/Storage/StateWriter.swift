import Raft
import Routing
import Synchronization

/// The thread of state.db: rows are gathered for 100 ms or 2,000 rows, then written at once.
public final class StateWriter: Sendable {
    /// When rows are written, and how many may wait.
    public struct Limits: Hashable, Sendable {
        /// The longest time that a row waits for company.
        public var flushInterval: Duration = .milliseconds(100)
        /// As many rows are written without waiting longer.
        public var flushRows = 2_000
        /// A thread that is behind writes at most about so many in one transaction.
        public var maxTransactionRows = 20_000
        /// From as many waiting rows on `isOverloaded` is true.
        public var maxPendingRows = 200_000
        /// With this many pages in the WAL they are moved into the file: 32 MiB. A page touched
        /// by many transactions is then written once.
        public var checkpointPages = 8_192
        /// Each of three nodes takes so many pages less than the one before it, so that they don't
        /// do it at the same entries: while one node's log waits for its disk, the others' are a
        /// quorum.
        public var checkpointStagger = 1_024
        /// A copy takes so many pages of 4 KiB in one step,
        public var copyPages = 256
        /// and rests so long between two steps: at most some 250 MB/s, and less than a third of
        /// the time.
        public var copyPause: Duration = .milliseconds(4)
        /// How long a full disk is left alone before the same rows are tried again.
        public var fullPause: Duration = .milliseconds(100)
        /// A walk over all rows reads at most so many bytes in a second,
        public var scrubBytesPerSecond = 1 << 20
        /// so many in one step,
        public var scrubStepBytes = 64 << 10
        /// begins so long after the start,
        public var scrubDelay: Duration = .seconds(2)
        /// and again so long after one has ended.
        public var scrubRest: Duration = .seconds(86_400)
        /// The limits as given above.
        public init() {}
    }
    private struct Submission {
        var rows: [RowChange]
        var applied: AppliedMark
    }
    private struct Waiter: Sendable {
        var index: LogIndex
        var completion: @Sendable (Bool) -> Void
    }
    private struct Copy: Sendable {
        var path: String
        var isBegun = false
        /// When its next step is due.
        var due: Int64 = 0
        var completion: @Sendable (Result<AppliedMark, StorageError>) -> Void
    }
    private enum Work {
        case write([Submission])
        case makeDurable([@Sendable (LogIndex) -> Void])
        case emptyWAL([@Sendable (Bool) -> Void])
        case copy(Copy)
        case scrub
        case stop
    }
    private struct Callbacks: Sendable {
        var onFull: @Sendable (StorageError?) -> Void
        var onBadRows: @Sendable (StorageError) -> Void
        var onFailure: @Sendable (StorageError) -> Void
    }
    private struct Queue {
        var waiting: [Submission] = []
        var rows = 0
        /// When the oldest of `waiting` was submitted.
        var since: Int64 = 0
        var waiters: [Waiter] = []
        /// Who wants to know up to where the file is durable.
        var askedDurable: [@Sendable (LogIndex) -> Void] = []
        /// Who wants the WAL to be emptied.
        var askedEmpty: [@Sendable (Bool) -> Void] = []
        var copy: Copy?
        var written: LogIndex
        var scrub = ScrubProgress()
        /// What is being written finds no room.
        var isFull = false
        var isClosing = false
        var isDead = false

        /// Whether someone waits for an index that is submitted and not written.
        var isAwaited: Bool {
            guard let last = waiting.last?.applied.index else { return false }
            return waiters.contains { $0.index <= last }
        }
    }

    private let store: StateStore
    private let limits: Limits
    private let queue: Monitor<Queue>
    private let pending: Counter
    private let thread: Thread

    private final class Counter: Sendable {
        let rows = Atomic<Int>(0)
    }

    /// Starts the thread. On it run `onFull`, when rows found no room and are kept to be tried
    /// again, and with nil once they are written; `onBadRows`, when a walk over all rows found
    /// some that are not what was written, at most once a walk; and `onFailure`, once: nothing is
    /// written afterwards.
    public init(
        store: StateStore, limits: Limits = Limits(),
        onFull: @escaping @Sendable (StorageError?) -> Void = { _ in },
        onBadRows: @escaping @Sendable (StorageError) -> Void = { _ in },
        onFailure: @escaping @Sendable (StorageError) -> Void
    ) {
        self.store = store
        self.limits = limits
        let queue = Monitor(Queue(written: store.applied.index))
        let pending = Counter()
        self.queue = queue
        self.pending = pending
        thread = Thread(name: "state-writer") {
            StateWriter.run(
                store, limits, queue, pending,
                Callbacks(onFull: onFull, onBadRows: onBadRows, onFailure: onFailure))
        }
    }

    /// Queues the rows of everything applied since the last call. Never blocks on the disk. Does
    /// nothing after a failure.
    public func submit(_ rows: [RowChange], applied: AppliedMark) {
        pending.rows.add(rows.count, ordering: .relaxed)
        let now = monotonicNanoseconds()
        queue.withLock { queue in
            precondition(!queue.isClosing, "rows after close")
            guard !queue.isDead else { return ((), notify: false) }
            let wasEmpty = queue.waiting.isEmpty
            if wasEmpty { queue.since = now }
            queue.waiting.append(Submission(rows: rows, applied: applied))
            let wasFull = queue.rows >= limits.flushRows
            queue.rows += rows.count
            let isFull = queue.rows >= limits.flushRows
            return ((), notify: wasEmpty || isFull && !wasFull || !queue.waiters.isEmpty)
        }
    }

    /// Writes at once what is queued and calls back when readers see everything through the
    /// index: on the caller's thread when they do already, on the writer's otherwise. On a full
    /// disk it does not wait: readers see what was written before. False: it failed or was closed
    /// before.
    public func flush(
        through index: LogIndex, completion: @escaping @Sendable (Bool) -> Void
    ) {
        let answer: Bool? = queue.withLock { queue in
            if queue.written >= index || queue.isFull { return (true, notify: false) }
            if queue.isDead || queue.isClosing { return (false, notify: false) }
            queue.waiters.append(Waiter(index: index, completion: completion))
            return (nil, notify: true)
        }
        if let answer { completion(answer) }
    }

    /// Makes what is written durable and tells up to where that is now; runs on the thread.
    public func makeDurable(completion: @escaping @Sendable (LogIndex) -> Void) {
        queue.withLock { queue in
            guard !queue.isDead, !queue.isClosing else { return ((), notify: false) }
            queue.askedDurable.append(completion)
            return ((), notify: true)
        }
    }

    /// Writes what is queued and empties the WAL, so that nothing is left in it of what rows were
    /// before; runs on the thread. False: a reader was in the way, or the disk is full.
    public func emptyWAL(completion: @escaping @Sendable (Bool) -> Void) {
        queue.withLock { queue in
            guard !queue.isDead, !queue.isClosing else { return ((), notify: false) }
            queue.askedEmpty.append(completion)
            return ((), notify: true)
        }
    }

    /// Copies the file to a path, step by step between the writes. The completion runs on the
    /// thread with what the copy holds; after a failure nothing is left at the path. One at a
    /// time: another fails with `.locked`. A close ends it with `.closed`.
    public func copy(
        to path: String, completion: @escaping @Sendable (Result<AppliedMark, StorageError>) -> Void
    ) {
        let refusal: StorageError? = queue.withLock { queue in
            if queue.isDead || queue.isClosing {
                return (StorageError(.closed, file: path, "state.db is closed"), notify: false)
            }
            if queue.copy != nil {
                let why = "another copy of state.db is under way"
                return (StorageError(.locked, file: path, why), notify: false)
            }
            queue.copy = Copy(path: path, completion: completion)
            return (nil, notify: true)
        }
        if let refusal { completion(.failure(refusal)) }
    }

    /// How many rows wait or are being written.
    public var pendingRows: Int { pending.rows.load(ordering: .relaxed) }
    /// Whether so many rows wait that ingress must refuse.
    public var isOverloaded: Bool { pendingRows >= limits.maxPendingRows }
    /// The newest index that readers see.
    public var writtenIndex: LogIndex { queue.read { $0.written } }

    /// How the walk over all rows stands.
    public var scrub: ScrubProgress { queue.read { $0.scrub } }

    /// Writes what is queued, ends the thread and closes the store. Blocks until then; once.
    public func close() {
        queue.withLock { queue in
            queue.isClosing = true
            return ((), notify: true)
        }
        thread.join()
        store.close()
    }

    private static func run(
        _ store: StateStore, _ limits: Limits, _ queue: Monitor<Queue>, _ pending: Counter,
        _ callbacks: Callbacks
    ) {
        var failure: StorageError?
        var scrub = ScrubSchedule(
            store, limits,
            report: { progress in
                queue.withLock { queue in
                    queue.scrub = progress
                    return ((), notify: false)
                }
            }, onBadRows: callbacks.onBadRows)
        do throws(StorageError) {
            var isOver = false
            while !isOver {
                switch nextWork(queue, limits, scrubAt: scrub.due) {
                case .write(let batch):
                    isOver = try !write(batch, store, limits, queue, pending, callbacks.onFull)
                    if !isOver, store.walPages >= limits.checkpointPages {
                        try skippingWhenFull { () throws(StorageError) in try store.checkpoint() }
                    }
                case .makeDurable(let completions):
                    try skippingWhenFull { () throws(StorageError) in try store.checkpointWhole() }
                    for completion in completions { completion(store.durable) }
                case .emptyWAL(let completions):
                    var isEmpty = false
                    try skippingWhenFull { () throws(StorageError) in
                        isEmpty = try store.emptyWAL()
                    }
                    for completion in completions { completion(isEmpty) }
                case .copy(let copy): advance(copy, store, limits, queue)
                case .scrub: scrub.step()
                case .stop: isOver = true
                }
            }
        } catch {
            failure = error
        }
        let isDead = failure != nil
        let (waiters, copy): ([Waiter], Copy?) = queue.withLock { queue in
            if isDead { queue.isDead = true }
            defer {
                (queue.waiters, queue.copy) = ([], nil)
                (queue.askedDurable, queue.askedEmpty) = ([], [])
            }
            return ((queue.waiters, queue.copy), notify: false)
        }
        for waiter in waiters { waiter.completion(false) }
        if let copy {
            store.endCopy()
            removeFile(copy.path)
            copy.completion(.failure(StorageError(.closed, file: copy.path, "state.db closed")))
        }
        if let failure { callbacks.onFailure(failure) }
    }

    /// A full disk puts a checkpoint off: the WAL grows meanwhile, while there is room for it.
    private static func skippingWhenFull(
        _ body: () throws(StorageError) -> Void
    ) throws(StorageError) {
        do throws(StorageError) { try body() } catch  where error.kind == .full {}
    }

    /// Writes a batch, as often as it takes while the disk is full; false when it is to end
    /// instead: the log replays what is missing.
    private static func write(
        _ batch: [Submission], _ store: StateStore, _ limits: Limits, _ queue: Monitor<Queue>,
        _ pending: Counter, _ onFull: @Sendable (StorageError?) -> Void
    ) throws(StorageError) -> Bool {
        guard let applied = batch.last?.applied else { return true }
        let rows = batch.count == 1 ? batch[0].rows : batch.flatMap(\.rows)
        var wasFull = false
        while true {
            do throws(StorageError) {
                try store.write(rows, applied: applied)
                break
            } catch  where error.kind == .full {
                if !wasFull {
                    onFull(error)
                    for waiter in becomeFull(queue) { waiter.completion(true) }
                }
                wasFull = true
            }
            let end = monotonicNanoseconds() + nanoseconds(limits.fullPause)
            let isClosing = queue.wait { queue, now in
                if queue.isClosing { return .ready(true) }
                return now >= end ? .ready(false) : .waitUntil(end)
            }
            if isClosing { return false }
        }
        if wasFull { onFull(nil) }
        // Before anybody is told: who hears that it is written finds it nowhere else any more.
        pending.rows.subtract(rows.count, ordering: .relaxed)
        for waiter in settle(queue, applied.index) { waiter.completion(true) }
        return true
    }

    private static func advance(
        _ copy: Copy, _ store: StateStore, _ limits: Limits, _ queue: Monitor<Queue>
    ) {
        let result: Result<AppliedMark, StorageError>?
        do throws(StorageError) {
            if !copy.isBegun {
                removeFile(copy.path)
                try store.beginCopy(to: copy.path)
            }
            let mark = try store.stepCopy(pages: limits.copyPages)
            if mark != nil { try syncDirectory(of: copy.path) }
            result = mark.map { .success($0) }
        } catch {
            store.endCopy()
            removeFile(copy.path)
            result = .failure(error)
        }
        let isOver = result != nil
        queue.withLock { queue in
            queue.copy?.isBegun = true
            queue.copy?.due = monotonicNanoseconds() + nanoseconds(limits.copyPause)
            if isOver { queue.copy = nil }
            return ((), notify: false)
        }
        if let result { copy.completion(result) }
    }

    private static func nextWork(
        _ queue: Monitor<Queue>, _ limits: Limits, scrubAt: Int64
    ) -> Work {
        let interval = nanoseconds(limits.flushInterval)
        return queue.wait { queue, now in
            let due = queue.waiting.isEmpty ? Int64.max : queue.since + interval
            if !queue.waiting.isEmpty {
                let isDue = now >= due || queue.rows >= limits.flushRows
                let isWanted =
                    queue.isAwaited || !queue.askedDurable.isEmpty || !queue.askedEmpty.isEmpty
                if isDue || isWanted || queue.isClosing {
                    return .ready(.write(take(&queue, limits)))
                }
            }
            if queue.isClosing { return .ready(.stop) }
            if !queue.askedDurable.isEmpty {
                defer { queue.askedDurable = [] }
                return .ready(.makeDurable(queue.askedDurable))
            }
            if !queue.askedEmpty.isEmpty {
                defer { queue.askedEmpty = [] }
                return .ready(.emptyWAL(queue.askedEmpty))
            }
            if let copy = queue.copy, now >= copy.due { return .ready(.copy(copy)) }
            if now >= scrubAt { return .ready(.scrub) }
            return .waitUntil(min(due, queue.copy?.due ?? .max, scrubAt))
        }
    }

    private static func take(_ queue: inout Queue, _ limits: Limits) -> [Submission] {
        var rows = 0
        var count = 0
        for submission in queue.waiting {
            rows += submission.rows.count
            if count > 0, rows > limits.maxTransactionRows { break }
            count += 1
        }
        let batch = Array(queue.waiting[0..<count])
        queue.waiting.removeFirst(count)
        queue.rows -= batch.reduce(0) { $0 + $1.rows.count }
        return batch
    }

    /// Notes that there is no room and takes out who waited: readers must do with what there is.
    private static func becomeFull(_ queue: Monitor<Queue>) -> [Waiter] {
        queue.withLock { queue in
            queue.isFull = true
            defer { queue.waiters = [] }
            return (queue.waiters, notify: false)
        }
    }

    /// Notes what is written now and takes out who waited for it.
    private static func settle(_ queue: Monitor<Queue>, _ index: LogIndex) -> [Waiter] {
        queue.withLock { queue in
            queue.written = index
            queue.isFull = false
            let ready = queue.waiters.filter { $0.index <= index }
            queue.waiters.removeAll { $0.index <= index }
            return (ready, notify: false)
        }
    }
}
