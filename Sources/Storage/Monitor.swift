import Glibc

/// A state under a lock on which a thread can wait.
///
/// Unchecked: the state is only touched while the mutex is held, and it is `Sendable` itself.
final class Monitor<State: Sendable>: @unchecked Sendable {
    /// What a waiting thread decides after a look at the state.
    enum Verdict<Value> {
        /// Go on with this.
        case ready(Value)
        /// Look again after a `notify`.
        case wait
        /// Look again after a `notify` or at this moment of the monotonic clock, in nanoseconds.
        case waitUntil(Int64)
    }

    private var state: State
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

    init(_ state: State) {
        self.state = state
        var attributes = pthread_condattr_t()
        pthread_condattr_init(&attributes)
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(condition, &attributes)
        pthread_condattr_destroy(&attributes)
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }

    /// Runs with the state; wakes the waiting threads if `body` says so.
    func withLock<Value>(_ body: (inout State) -> (Value, notify: Bool)) -> Value {
        pthread_mutex_lock(mutex)
        let (value, notify) = body(&state)
        pthread_mutex_unlock(mutex)
        // After the unlock: a thread that wakes up must not meet the lock still held.
        if notify { pthread_cond_broadcast(condition) }
        return value
    }

    /// Looks at the state.
    func read<Value>(_ body: (borrowing State) -> Value) -> Value {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return body(state)
    }

    /// Blocks until `body` is ready.
    func wait<Value>(_ body: (inout State, _ now: Int64) -> Verdict<Value>) -> Value {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while true {
            switch body(&state, monotonicNanoseconds()) {
            case .ready(let value): return value
            case .wait: pthread_cond_wait(condition, mutex)
            case .waitUntil(let moment):
                var time = timespec(
                    tv_sec: Int(moment / 1_000_000_000), tv_nsec: Int(moment % 1_000_000_000))
                pthread_cond_timedwait(condition, mutex, &time)
            }
        }
    }
}

/// The monotonic clock.
func monotonicNanoseconds() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
}

/// A thread of our own, with every signal blocked: signals belong to the main thread.
struct Thread: Sendable {
    private let handle: pthread_t

    private final class Body: Sendable {
        let run: @Sendable () -> Void
        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }

    /// Starts it. The name shows in `top -H`; at most 15 bytes. Niceness is what it leaves to other
    /// threads when the processors are busy, from 0 to 19 as in nice(2).
    init(name: String, niceness: Int32 = 0, _ run: @escaping @Sendable () -> Void) {
        var all = sigset_t()
        var before = sigset_t()
        sigfillset(&all)
        pthread_sigmask(SIG_SETMASK, &all, &before)
        defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
        var handle = pthread_t()
        let named: @Sendable () -> Void = {
            nameThisThread(name)
            // On Linux 0 means the calling thread alone; should it fail, the thread is not nice.
            if niceness != 0 { setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, niceness) }
            run()
        }
        let body = Unmanaged.passRetained(Body(named)).toOpaque()
        let code = pthread_create(
            &handle, nil,
            { context in
                guard let context else { return nil }
                Unmanaged<Body>.fromOpaque(context).takeRetainedValue().run()
                return nil
            }, body)
        precondition(code == 0, "starting the thread \(name): \(String(cString: strerror(code)))")
        self.handle = handle
    }

    /// Blocks until it has ended; once.
    func join() { pthread_join(handle, nil) }
}

/// Sets the name that tools show. Without effect where /proc is missing, which harms nothing.
private func nameThisThread(_ name: String) {
    let descriptor = open("/proc/thread-self/comm", O_WRONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    let bytes = Array(name.utf8)
    _ = write(descriptor, bytes, bytes.count)
    close(descriptor)
}
