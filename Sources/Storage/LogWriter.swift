import Raft

/// The thread of log.db: everything that queued meanwhile becomes one transaction with one fsync.
public final class LogWriter: Sendable {
    private struct Queue {
        var waiting: [Persist] = []
        /// When each of `waiting` was submitted.
        var since: [Int64] = []
        /// When the oldest of those being written was submitted.
        var writingSince: Int64?
        var isClosing = false
        var isDead = false
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

    private let store: LogStore
    private let queue = Monitor(Queue())
    private let reads = Monitor(ReadQueue())
    private let threads: [Thread]

    /// Starts the thread. Both closures run on it: `onDurable` with the id of the newest durable
    /// `Persist`, once for each transaction; `onFailure` once, after which nothing is written.
    public init(
        store: LogStore, onDurable: @escaping @Sendable (_ lastPersistID: UInt64) -> Void,
        onFailure: @escaping @Sendable (StorageError) -> Void
    ) {
        self.store = store
        let (queue, reads) = (queue, reads)
        threads = [
            Thread(name: "log-writer") {
                LogWriter.write(store, queue, onDurable, onFailure)
            },
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
        _ store: LogStore, _ queue: Monitor<Queue>, _ onDurable: (UInt64) -> Void,
        _ onFailure: (StorageError) -> Void
    ) {
        do throws(StorageError) {
            while true {
                switch nextWork(queue, walPages: store.walPages) {
                case .write(let persists):
                    try store.write(persists)
                    queue.withLock { queue in
                        queue.writingSince = nil
                        return ((), notify: false)
                    }
                    if let last = persists.last { onDurable(last.id) }
                case .checkpoint: try store.checkpoint()
                case .stop: return
                }
            }
        } catch {
            queue.withLock { queue in
                queue.isDead = true
                return ((), notify: false)
            }
            onFailure(error)
        }
    }

    private static func nextWork(_ queue: Monitor<Queue>, walPages: Int) -> Work {
        if walPages >= busyCheckpointPages { return .checkpoint }
        var pauseEnd: Int64?
        return queue.wait { queue, now in
            if !queue.waiting.isEmpty { return .ready(.write(take(&queue))) }
            if queue.isClosing { return .ready(.stop) }
            guard walPages >= idleCheckpointPages else { return .wait }
            let end = pauseEnd ?? now + pauseNanoseconds
            pauseEnd = end
            return now >= end ? .ready(.checkpoint) : .waitUntil(end)
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
