import Synchronization

/// Threads for slow work (scrypt, look-ups, reads of files), with a bounded queue. Any thread.
public final class WorkerPool: Sendable {
    private let queue: WorkQueue
    private let threads: Mutex<[OSThread]>

    /// `threads` at work at once, at most `queueLimit` waiting.
    public init(name: String, threads: Int, queueLimit: Int) throws(TransportError) {
        precondition(threads > 0 && queueLimit > 0, "a pool needs a thread and room for work")
        let queue = WorkQueue(limit: queueLimit)
        self.queue = queue
        self.threads = Mutex([])
        for _ in 0..<threads {
            let thread = try OSThread(name: name) {
                while let work = queue.pop() { work() }
            }
            self.threads.withLock { $0.append(thread) }
        }
    }

    deinit { queue.close() }

    /// How much work waits for a thread.
    public var waitingCount: Int { queue.count }

    /// Runs `work` on a thread of the pool, then `completion` on `loop` (call it on the loop's
    /// thread). False, and nothing happens, when the queue is full.
    public func submit<Value: Sendable>(
        on loop: EventLoop, _ work: @escaping @Sendable () -> Value,
        completion: @escaping (Value) -> Void
    ) -> Bool {
        let completion = LoopBound(completion, loop: loop)
        return queue.push {
            let value = work()
            loop.post { completion.take()(value) }
        }
    }

    /// Finishes what is queued and ends the threads.
    public func shutDown() {
        queue.close()
        let ending = threads.withLock { threads in
            defer { threads = [] }
            return threads
        }
        for thread in ending { thread.join() }
    }
}
