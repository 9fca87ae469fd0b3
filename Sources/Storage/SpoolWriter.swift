import Synchronization

/// The thread of spool.db: clicks that queued meanwhile are kept in one transaction.
public final class SpoolWriter: Sendable {
    /// How much may wait.
    public struct Limits: Hashable, Sendable {
        /// More clicks than this in the queue are refused.
        public var maxQueued = 100_000
        /// More clicks than this in the spool are refused (a cluster long without a leader).
        public var maxSpooled = 5_000_000
        /// How long kept clicks may be exposed to a power cut.
        public var syncInterval: Duration = .seconds(1)
        /// With this many pages in the WAL they are moved into the file without waiting.
        public var checkpointPages = 2_048
        /// The limits as given above.
        public init() {}
    }
    private enum Request {
        case append(SpooledRow, @Sendable (StorageError?) -> Void)
        case next(
            after: Int64, limit: Int, maxBytes: Int,
            @Sendable (Result<SpooledRows, StorageError>) -> Void)
        case remove(Int64)
    }
    private struct Queue {
        var waiting: [Request] = []
        var isClosing = false
    }
    private enum Work {
        case serve([Request])
        case checkpoint
        case stop
    }

    private let spool: ClickSpool
    private let limits: Limits
    private let queue = Monitor(Queue())
    private let counter = Counter()
    private let thread: Thread

    /// Clicks queued or kept.
    private final class Counter: Sendable {
        let queued = Atomic<Int>(0)
        let kept = Atomic<Int>(0)
    }

    /// Starts the thread. `onFailure` runs on it, once; nothing is kept afterwards.
    public init(
        spool: ClickSpool, limits: Limits = Limits(),
        onFailure: @escaping @Sendable (StorageError) -> Void
    ) {
        self.spool = spool
        self.limits = limits
        counter.kept.store(spool.count, ordering: .relaxed)
        let (queue, counter) = (queue, counter)
        thread = Thread(name: "spool-writer") {
            SpoolWriter.run(spool, limits, queue, counter, onFailure)
        }
    }

    /// Keeps some clicks as one row; the completion runs on the thread when they are kept, or with
    /// the failure. Over a limit it runs at once on the caller's thread, with `.full`.
    public func append(
        epoch: UInt64, sequence: UInt64, clicks: Int = 1, body: [UInt8],
        completion: @escaping @Sendable (StorageError?) -> Void
    ) {
        if counter.queued.load(ordering: .relaxed) >= limits.maxQueued {
            return completion(
                StorageError(.full, file: spool.path, "\(limits.maxQueued) clicks are queued"))
        }
        if counter.kept.load(ordering: .relaxed) >= limits.maxSpooled {
            return completion(
                StorageError(.full, file: spool.path, "\(limits.maxSpooled) clicks are kept"))
        }
        counter.queued.add(clicks, ordering: .relaxed)
        let row = SpooledRow(epoch: epoch, sequence: sequence, clicks: clicks, body: body)
        submit(.append(row, completion))
    }

    /// Reads the oldest clicks after a position, behind everything queued before, until `limit`
    /// rows were read, or as many bytes; the completion runs on the thread.
    public func next(
        after position: Int64 = 0, limit: Int, maxBytes: Int = .max,
        completion: @escaping @Sendable (Result<SpooledRows, StorageError>) -> Void
    ) {
        submit(.next(after: position, limit: limit, maxBytes: maxBytes, completion))
    }

    /// Forgets the clicks up to and including a position, behind everything queued before.
    public func remove(through position: Int64) { submit(.remove(position)) }

    /// How many clicks wait or are kept.
    public var count: Int {
        counter.queued.load(ordering: .relaxed) + counter.kept.load(ordering: .relaxed)
    }

    /// Keeps what is queued, ends the thread and closes the spool. Blocks until then; once.
    public func close() {
        queue.withLock { queue in
            queue.isClosing = true
            return ((), notify: true)
        }
        thread.join()
        spool.close()
    }

    private func submit(_ request: Request) {
        queue.withLock { queue in
            precondition(!queue.isClosing, "a click after close")
            queue.waiting.append(request)
            return ((), notify: queue.waiting.count == 1)
        }
    }

    private static func run(
        _ spool: ClickSpool, _ limits: Limits, _ queue: Monitor<Queue>, _ counter: Counter,
        _ onFailure: @escaping (StorageError) -> Void
    ) {
        var service = Service(spool: spool, counter: counter, onFailure: onFailure)
        let interval = limits.syncInterval.components
        let nanoseconds = interval.seconds * 1_000_000_000 + interval.attoseconds / 1_000_000_000
        var syncBy: Int64?
        while true {
            let pages = spool.walPages
            if pages == 0 { syncBy = nil }
            let work: Work = queue.wait { queue, now in
                if pages >= limits.checkpointPages { return .ready(.checkpoint) }
                if pages > 0 {
                    let moment = syncBy ?? now + nanoseconds
                    syncBy = moment
                    if now >= moment { return .ready(.checkpoint) }
                }
                if !queue.waiting.isEmpty {
                    defer { queue.waiting = [] }
                    return .ready(.serve(queue.waiting))
                }
                if queue.isClosing { return .ready(.stop) }
                return syncBy.map { .waitUntil($0) } ?? .wait
            }
            switch work {
            case .serve(let requests): service.serve(requests)
            case .checkpoint:
                service.checkpoint()
                syncBy = nil
            case .stop: return
            }
        }
    }

    /// What the thread does with the spool.
    private struct Service {
        let spool: ClickSpool
        let counter: Counter
        let onFailure: (StorageError) -> Void
        private var hasFailed = false

        init(
            spool: ClickSpool, counter: Counter, onFailure: @escaping (StorageError) -> Void
        ) {
            self.spool = spool
            self.counter = counter
            self.onFailure = onFailure
        }

        mutating func serve(_ requests: [Request]) {
            var rows: [SpooledRow] = []
            var completions: [@Sendable (StorageError?) -> Void] = []
            for request in requests {
                if case .append(let row, let completion) = request {
                    rows.append(row)
                    completions.append(completion)
                    continue
                }
                append(&rows, &completions)
                switch request {
                case .append: break
                case .next(let position, let limit, let maxBytes, let completion):
                    completion(
                        attempt { (spool) throws(StorageError) in
                            try spool.next(after: position, limit: limit, maxBytes: maxBytes)
                        })
                case .remove(let position):
                    _ = attempt { (spool) throws(StorageError) in
                        try spool.remove(through: position)
                    }
                    counter.kept.store(spool.count, ordering: .relaxed)
                }
            }
            append(&rows, &completions)
        }

        mutating func checkpoint() {
            _ = attempt { (spool) throws(StorageError) in try spool.checkpoint() }
        }

        private mutating func append(
            _ rows: inout [SpooledRow], _ completions: inout [@Sendable (StorageError?) -> Void]
        ) {
            guard !rows.isEmpty else { return }
            let kept = rows
            let result = attempt { (spool) throws(StorageError) in try spool.append(kept) }
            counter.kept.store(spool.count, ordering: .relaxed)
            counter.queued.subtract(rows.reduce(0) { $0 + $1.clicks }, ordering: .relaxed)
            var failure: StorageError?
            if case .failure(let error) = result { failure = error }
            for completion in completions { completion(failure) }
            (rows, completions) = ([], [])
        }

        /// Runs something; the first failure that ends the spool is told.
        private mutating func attempt<Value>(
            _ body: (ClickSpool) throws(StorageError) -> Value
        ) -> Result<Value, StorageError> {
            do throws(StorageError) {
                return .success(try body(spool))
            } catch {
                if !hasFailed, error.kind != .full {
                    hasFailed = true
                    onFailure(error)
                }
                return .failure(error)
            }
        }
    }
}
