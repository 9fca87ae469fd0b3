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
    private struct Queue {
        var waiting: [Submission] = []
        var rows = 0
        /// When the oldest of `waiting` was submitted.
        var since: Int64 = 0
        var waiters: [Waiter] = []
        var written: LogIndex
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

    /// Starts the thread. `onFailure` runs on it, once; nothing is written afterwards.
    public init(
        store: StateStore, limits: Limits = Limits(),
        onFailure: @escaping @Sendable (StorageError) -> Void
    ) {
        self.store = store
        self.limits = limits
        let queue = Monitor(Queue(written: store.applied.index))
        let pending = Counter()
        self.queue = queue
        self.pending = pending
        thread = Thread(name: "state-writer") {
            StateWriter.run(store, limits, queue, pending, onFailure)
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
    /// index: on the caller's thread when they do already, on the writer's otherwise. False: it
    /// failed or was closed before.
    public func flush(
        through index: LogIndex, completion: @escaping @Sendable (Bool) -> Void
    ) {
        let answer: Bool? = queue.withLock { queue in
            if queue.written >= index { return (true, notify: false) }
            if queue.isDead || queue.isClosing { return (false, notify: false) }
            queue.waiters.append(Waiter(index: index, completion: completion))
            return (nil, notify: true)
        }
        if let answer { completion(answer) }
    }

    /// How many rows wait or are being written.
    public var pendingRows: Int { pending.rows.load(ordering: .relaxed) }
    /// Whether so many rows wait that ingress must refuse.
    public var isOverloaded: Bool { pendingRows >= limits.maxPendingRows }
    /// The newest index that readers see.
    public var writtenIndex: LogIndex { queue.read { $0.written } }

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
        _ onFailure: (StorageError) -> Void
    ) {
        var failure: StorageError?
        do throws(StorageError) {
            while let batch = nextBatch(queue, limits) {
                guard let applied = batch.last?.applied else { continue }
                let rows = batch.count == 1 ? batch[0].rows : batch.flatMap(\.rows)
                try store.write(rows, applied: applied)
                pending.rows.subtract(rows.count, ordering: .relaxed)
                for waiter in settle(queue, applied.index) { waiter.completion(true) }
                if store.walPages >= limits.checkpointPages { try store.checkpoint() }
            }
        } catch {
            failure = error
        }
        let isDead = failure != nil
        let left: [Waiter] = queue.withLock { queue in
            if isDead { queue.isDead = true }
            defer { queue.waiters = [] }
            return (queue.waiters, notify: false)
        }
        for waiter in left { waiter.completion(false) }
        if let failure { onFailure(failure) }
    }

    private static func nextBatch(_ queue: Monitor<Queue>, _ limits: Limits) -> [Submission]? {
        let interval = limits.flushInterval.components
        let nanoseconds = interval.seconds * 1_000_000_000 + interval.attoseconds / 1_000_000_000
        return queue.wait { queue, now in
            guard !queue.waiting.isEmpty else { return queue.isClosing ? .ready(nil) : .wait }
            let due = queue.since + nanoseconds
            let isDue = now >= due || queue.rows >= limits.flushRows
            guard isDue || queue.isClosing || queue.isAwaited else { return .waitUntil(due) }
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
            return .ready(batch)
        }
    }

    /// Notes what is written now and takes out who waited for it.
    private static func settle(_ queue: Monitor<Queue>, _ index: LogIndex) -> [Waiter] {
        queue.withLock { queue in
            queue.written = index
            let ready = queue.waiters.filter { $0.index <= index }
            queue.waiters.removeAll { $0.index <= index }
            return (ready, notify: false)
        }
    }
}
