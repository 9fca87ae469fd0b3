/// Threads for slow work (scrypt, look-ups, reads of files), with a bounded queue. Any thread.
public final class WorkerPool: Sendable {
    /// `threads` at work at once, at most `queueLimit` waiting.
    public init(name: String, threads: Int, queueLimit: Int) { fatalError("unfinished") }

    /// Runs `work` on a thread of the pool, then `completion` on `loop` (call it on the loop's
    /// thread). False, and nothing happens, when the queue is full.
    public func submit<Value: Sendable>(
        on loop: EventLoop, _ work: @escaping @Sendable () -> Value,
        completion: @escaping (Value) -> Void
    ) -> Bool { fatalError("unfinished") }

    /// Finishes what is queued and ends the threads.
    public func shutDown() { fatalError("unfinished") }
}
