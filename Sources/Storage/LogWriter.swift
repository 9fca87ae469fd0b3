import Raft

/// The thread of log.db: everything that queued meanwhile becomes one transaction with one fsync.
public final class LogWriter: Sendable {
    private struct Queue {
        var waiting: [Persist] = []
        /// When each of `waiting` was submitted.
        var since: [Int64] = []
        /// When the oldest of those being written was submitted.
        var writingSince: Int64?
        var cut: Cut?
        var isClosing = false
        var isDead = false
    }
    /// A cut under way.
    private struct Cut: Sendable {
        var limit: LogIndex
        var trail: LogTrail
        /// When its next slice is due.
        var due: Int64
        var onSlice: @Sendable ((index: LogIndex, term: Term)?) -> Void
    }
    /// What the thread was told about, from the start on.
    private struct Callbacks: Sendable {
        var onDurable: @Sendable (UInt64) -> Void
        var onFull: @Sendable (StorageError?) -> Void
        var onFailure: @Sendable (StorageError) -> Void
    }
    private struct ReadRequest: Sendable {
        var from: LogIndex
        var through: LogIndex
        var maxBytes: Int
        var completion: @Sendable (Result<[Entry], StorageError>) -> Void
    }
    private struct ReadQueue {
        var waiting: [ReadRequest] = []
        var isClosing = false
    }
    private enum Work {
        case write([Persist])
        case checkpoint
        case cut(Cut)
        case stop
    }

    /// One transaction takes at most about this many payload bytes: bounds its time and the WAL.
    static let maxTransactionBytes = 8 << 20
    /// With this many pages in the WAL, a pause is used to move them into the file. A checkpoint
    /// costs about 6 microseconds a page and delays the writes that arrive meanwhile.
    static let idleCheckpointPages = 64
    /// How long a pause must be.
    static let pauseNanoseconds: Int64 = 2_000_000
    /// With this many pages it is done under load too: about 3 ms.
    static let busyCheckpointPages = 512
    /// The pause between two slices of a cut: most of the time belongs to appends.
    static let cutPauseNanoseconds: Int64 = 5_000_000
    /// How long a full disk is left alone before the same write is tried again.
    static let fullPauseNanoseconds: Int64 = 100_000_000

    private let store: LogStore
    private let queue = Monitor(Queue())
    private let reads = Monitor(ReadQueue())
    private let threads: [Thread]

    /// Starts the thread. The closures run on it: `onDurable` with the id of the newest durable
    /// `Persist`, once for each transaction; `onFull` when a write found no room and is kept to be
    /// tried again, and with nil once it has succeeded; `onFailure` once, after which nothing is
    /// written.
    public init(
        store: LogStore, onDurable: @escaping @Sendable (_ lastPersistID: UInt64) -> Void,
        onFull: @escaping @Sendable (StorageError?) -> Void = { _ in },
        onFailure: @escaping @Sendable (StorageError) -> Void
    ) {
        self.store = store
        let (queue, reads) = (queue, reads)
        let callbacks = Callbacks(onDurable: onDurable, onFull: onFull, onFailure: onFailure)
        threads = [
            Thread(name: "log-writer") { LogWriter.write(store, queue, callbacks) },
            Thread(name: "log-reader") { LogWriter.serveReads(store, reads) },
        ]
    }

    /// Queues a write. Never blocks on the disk. Does nothing after a failure.
    public func submit(_ persist: Persist) {
        let now = monotonicNanoseconds()
        queue.withLock { queue in
            precondition(!queue.isClosing, "a write after close")
            guard !queue.isDead else { return ((), notify: false) }
            queue.waiting.append(persist)
            queue.since.append(now)
            return ((), notify: queue.waiting.count == 1)
        }
    }

    /// Deletes entries from the beginning on, in slices between writes; see `LogStore.cut`. After
    /// each slice `onSlice` runs on the thread with the new base, at the end with nil. A new cut
    /// takes the place of one under way, whose `onSlice` is then not called any more.
    public func cut(
        through limit: LogIndex, keeping trail: LogTrail,
        onSlice: @escaping @Sendable ((index: LogIndex, term: Term)?) -> Void
    ) {
        queue.withLock { queue in
            guard !queue.isDead, !queue.isClosing else { return ((), notify: false) }
            let due = queue.cut?.due ?? 0
            queue.cut = Cut(limit: limit, trail: trail, due: due, onSlice: onSlice)
            return ((), notify: true)
        }
    }

    /// How many bytes the log's entries hold.
    public var bytes: Int { store.bytes }

    /// Reads on a thread of its own, so that a follower that catches up never delays a write; the
    /// completion runs there.
    public func read(
        from: LogIndex, through: LogIndex, maxBytes: Int,
        completion: @escaping @Sendable (Result<[Entry], StorageError>) -> Void
    ) {
        let request = ReadRequest(
            from: from, through: through, maxBytes: maxBytes, completion: completion)
        reads.withLock { reads in
            precondition(!reads.isClosing, "a read after close")
            reads.waiting.append(request)
            return ((), notify: true)
        }
    }

    /// How long the oldest write that is not yet durable has waited; nil when there is none.
    public var oldestPending: Duration? {
        guard let since = queue.read({ $0.writingSince ?? $0.since.first }) else { return nil }
        return .nanoseconds(max(0, monotonicNanoseconds() - since))
    }

    /// Writes what is queued, ends the threads and closes the store. Blocks until then; once.
    public func close() {
        queue.withLock { queue in
            queue.isClosing = true
            return ((), notify: true)
        }
        reads.withLock { reads in
            reads.isClosing = true
            return ((), notify: true)
        }
        for thread in threads { thread.join() }
        store.close()
    }

    private static func write(
        _ store: LogStore, _ queue: Monitor<Queue>, _ callbacks: Callbacks
    ) {
        var checkpointsFrom: Int64 = 0
        do throws(StorageError) {
            while true {
                let pages = monotonicNanoseconds() < checkpointsFrom ? 0 : store.walPages
                switch nextWork(queue, walPages: pages) {
                case .write(let persists):
                    guard try write(persists, store, queue, callbacks) else { return }
                case .checkpoint:
                    do throws(StorageError) {
                        try store.checkpoint()
                    } catch  where error.kind == .full {
                        // The WAL grows meanwhile, while there is room for it.
                        checkpointsFrom = monotonicNanoseconds() + fullPauseNanoseconds
                    }
                case .cut(let cut): try slice(cut, store, queue)
                case .stop: return
                }
            }
        } catch {
            queue.withLock { queue in
                queue.isDead = true
                queue.cut = nil
                return ((), notify: false)
            }
            callbacks.onFailure(error)
        }
    }

    /// Writes, as often as it takes while the disk is full; false when it is to end instead: what
    /// is left was never said to be durable.
    private static func write(
        _ persists: [Persist], _ store: LogStore, _ queue: Monitor<Queue>, _ callbacks: Callbacks
    ) throws(StorageError) -> Bool {
        var wasFull = false
        while true {
            do throws(StorageError) {
                try store.write(persists)
                break
            } catch  where error.kind == .full {
                if !wasFull { callbacks.onFull(error) }
                wasFull = true
                // What is in the WAL may fit into free pages of the file; then the WAL is used
                // again from its beginning. If it does not fit either, nothing has changed.
                do throws(StorageError) { try store.checkpoint() } catch  where error.kind == .full
                {
                }
            }
            let end = monotonicNanoseconds() + fullPauseNanoseconds
            let isClosing = queue.wait { queue, now in
                if queue.isClosing { return .ready(true) }
                return now >= end ? .ready(false) : .waitUntil(end)
            }
            if isClosing { return false }
        }
        queue.withLock { queue in
            queue.writingSince = nil
            return ((), notify: false)
        }
        if wasFull { callbacks.onFull(nil) }
        if let last = persists.last { callbacks.onDurable(last.id) }
        return true
    }

    private static func slice(
        _ cut: Cut, _ store: LogStore, _ queue: Monitor<Queue>
    ) throws(StorageError) {
        let base: (index: LogIndex, term: Term)?
        do throws(StorageError) {
            base = try store.cut(through: cut.limit, keeping: cut.trail)
        } catch  where error.kind == .full {
            // Even deleting needs room in the WAL; the next cut tries again.
            base = nil
        }
        let isEnded = base == nil
        queue.withLock { queue in
            // Unless another one has taken its place meanwhile.
            if isEnded, queue.cut?.limit == cut.limit { queue.cut = nil }
            queue.cut?.due = monotonicNanoseconds() + cutPauseNanoseconds
            return ((), notify: false)
        }
        cut.onSlice(base)
    }

    private static func nextWork(_ queue: Monitor<Queue>, walPages: Int) -> Work {
        if walPages >= busyCheckpointPages { return .checkpoint }
        var pauseEnd: Int64?
        return queue.wait { queue, now in
            if let cut = queue.cut, now >= cut.due, !queue.isClosing { return .ready(.cut(cut)) }
            if !queue.waiting.isEmpty { return .ready(.write(take(&queue))) }
            if queue.isClosing { return .ready(.stop) }
            guard walPages >= idleCheckpointPages else {
                return queue.cut.map { .waitUntil($0.due) } ?? .wait
            }
            let end = pauseEnd ?? now + pauseNanoseconds
            pauseEnd = end
            return now >= end
                ? .ready(.checkpoint) : .waitUntil(min(end, queue.cut?.due ?? .max))
        }
    }

    /// Everything that waits, up to the limit of a transaction.
    private static func take(_ queue: inout Queue) -> [Persist] {
        queue.writingSince = queue.since.first
        var bytes = 0
        var count = 0
        for persist in queue.waiting {
            bytes += persist.entries.reduce(0) { $0 + $1.payload.count }
            if count > 0, bytes > maxTransactionBytes { break }
            count += 1
        }
        if count == queue.waiting.count {
            queue.since = []
            defer { queue.waiting = [] }
            return queue.waiting
        }
        let taken = Array(queue.waiting[0..<count])
        queue.waiting.removeFirst(count)
        queue.since.removeFirst(count)
        return taken
    }

    private static func serveReads(_ store: LogStore, _ reads: Monitor<ReadQueue>) {
        while true {
            let requests: [ReadRequest]? = reads.wait { reads, _ in
                if !reads.waiting.isEmpty {
                    defer { reads.waiting = [] }
                    return .ready(reads.waiting)
                }
                return reads.isClosing ? .ready(nil) : .wait
            }
            guard let requests else { return }
            for request in requests {
                do throws(StorageError) {
                    let entries = try store.read(
                        from: request.from, through: request.through, maxBytes: request.maxBytes)
                    request.completion(.success(entries))
                } catch {
                    request.completion(.failure(error))
                }
            }
        }
    }
}
