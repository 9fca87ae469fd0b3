import CLinux
import Glibc
import Synchronization

/// One thread's sockets, timers and posted work.
///
/// Everything except `post`, `stop` and the static clock belongs to one thread: the one that made
/// the loop, and from `run` on the one that runs it. A call from a wrong thread traps.
///
/// A turn is: wait; deferred work, ready sockets, posted work, due timers; `onTurnEnd`; send what
/// was written. Sending runs no callback, so whatever a turn causes is covered by the `onTurnEnd`
/// of the same turn or of the next one, which then follows without waiting.
///
/// Sendable because every stored property is immutable, atomic, under the mutex, or touched only
/// after `checkThread`.
public final class EventLoop: @unchecked Sendable {
    /// Called once after all ready events, timers and posted work of a turn, before pending
    /// writes are sent and the loop blocks again.
    public var onTurnEnd: (() -> Void)?
    /// Monotonic nanoseconds at the start of this turn.
    public private(set) var now: Int64

    /// What a file descriptor belongs to.
    enum Target {
        case none
        case connection(Connection)
        case listener(Listener)
        case callback(() -> Void)
    }

    private struct Slot {
        var generation: UInt32 = 0
        var target = Target.none
    }

    private struct Posted {
        var queue: [@Sendable () -> Void] = []
        var isClosed = false
    }

    private static let eventCapacity = 256
    /// Size of the buffers into which all connections read.
    static let bufferSize = 64 << 10

    var timers = TimerHeap()
    let receiveBuffer: UnsafeMutableRawBufferPointer
    let plainBuffer: UnsafeMutableRawBufferPointer
    private let epoll: Int32
    private let wakeUp: Int32
    private let events: UnsafeMutablePointer<linux_event>
    private var slots: ContiguousArray<Slot> = []
    private var deferred: ContiguousArray<() -> Void> = []
    private var unsent: ContiguousArray<Connection> = []
    private var running: [@Sendable () -> Void] = []
    private let posted = Mutex(Posted())
    private let isStopping = Atomic<Bool>(false)
    private let owner = Atomic<UInt>(UInt(pthread_self()))

    /// A loop with nothing in it. Makes the process ignore SIGPIPE.
    public init() throws(TransportError) {
        signal(SIGPIPE, SIG_IGN)
        let epoll = linux_epoll_create()
        guard epoll >= 0 else { throw .system(call: "epoll_create1", errno: errno) }
        let wakeUp = linux_eventfd()
        guard wakeUp >= 0, linux_epoll_add(epoll, wakeUp, 1, UInt64(wakeUp)) == 0 else {
            let code = errno
            Glibc.close(epoll)
            throw .system(call: "eventfd", errno: code)
        }
        self.epoll = epoll
        self.wakeUp = wakeUp
        self.now = Self.clock()
        self.events = .allocate(capacity: Self.eventCapacity)
        self.receiveBuffer = .allocate(byteCount: Self.bufferSize, alignment: 16)
        self.plainBuffer = .allocate(byteCount: Self.bufferSize, alignment: 16)
    }

    deinit {
        Glibc.close(epoll)
        Glibc.close(wakeUp)
        events.deallocate()
        receiveBuffer.deallocate()
        plainBuffer.deallocate()
    }

    /// Monotonic nanoseconds now, from any thread.
    public static func clock() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }

    /// Whether the caller may use the loop's confined parts.
    public var isOnLoop: Bool { owner.load(ordering: .relaxed) == UInt(pthread_self()) }

    /// Runs turns until `stop`. May be called again, also by another thread.
    public func run() {
        owner.store(UInt(pthread_self()), ordering: .relaxed)
        now = Self.clock()
        while !isStopping.exchange(false, ordering: .acquiring) { turn() }
    }

    /// Lets `run` return after the current turn. Any thread.
    public func stop() {
        isStopping.store(true, ordering: .releasing)
        if !isOnLoop { wake() }
    }

    /// Closes every connection and listener of the loop and forgets timers, work and `onTurnEnd`,
    /// without callbacks. The loop can't be used after it.
    public func shutDown() {
        checkThread()
        for index in slots.indices {
            switch slots[index].target {
            case .none, .callback: break
            case .connection(let connection): connection.loopShutDown()
            case .listener(let listener): listener.close()
            }
            slots[index].target = .none
        }
        timers.removeAll()
        deferred = []
        unsent = []
        onTurnEnd = nil
        let left = posted.withLock { posted in
            defer { posted.queue = [] }
            posted.isClosed = true
            return posted.queue
        }
        _ = left  // Dropped outside of the lock: what the closures hold may post when it dies.
    }

    /// Runs `work` on the loop. Any thread; a burst of posts costs one wake-up.
    public func post(_ work: @escaping @Sendable () -> Void) {
        let isFirst = posted.withLock { posted in
            guard !posted.isClosed else { return false }
            posted.queue.append(work)
            return posted.queue.count == 1
        }
        if isFirst { wake() }
    }

    /// Runs `work` at the start of the next turn. Loop's thread only.
    public func later(_ work: @escaping () -> Void) {
        checkThread()
        deferred.append(work)
    }

    /// Runs `action` once after `delay`, unless the timer is cancelled or rescheduled. The timer
    /// keeps the action for a later `reschedule`; the loop keeps the timer while it is pending.
    @discardableResult
    public func schedule(after delay: Duration, _ action: @escaping () -> Void) -> LoopTimer {
        let timer = LoopTimer(loop: self, action: action)
        timer.reschedule(after: delay)
        return timer
    }

    /// A timer without a time yet, to be armed with `reschedule`.
    public func timer(_ action: @escaping () -> Void) -> LoopTimer {
        LoopTimer(loop: self, action: action)
    }

    func checkThread() {
        precondition(isOnLoop, "the event loop was used from another thread")
    }

    private func wake() {
        var one: UInt64 = 1
        // EAGAIN means that the counter is full: the loop is being woken already.
        _ = Glibc.write(wakeUp, &one, 8)
    }
}

// MARK: - Turns

extension EventLoop {
    private func turn() {
        let count = linux_epoll_wait(
            epoll, events, Int32(Self.eventCapacity), millisecondsToWait())
        precondition(count >= 0 || errno == EINTR, "epoll_wait failed: errno \(errno)")
        now = Self.clock()
        runDeferred()
        var isWoken = false
        for index in 0..<Int(max(0, count)) {
            let event = events[index]
            let fd = Int(event.token & 0xFFFF_FFFF)
            if fd == Int(wakeUp) {
                isWoken = true
                continue
            }
            // A descriptor closed (and perhaps reused) earlier in this turn has a new generation.
            guard slots[fd].generation == UInt32(event.token >> 32) else { continue }
            switch slots[fd].target {
            case .none: break
            case .connection(let connection): connection.ready(event.events)
            case .listener(let listener): listener.ready()
            case .callback(let callback): callback()
            }
        }
        if isWoken { runPosted() }
        let horizon = timers.horizon
        while let action = timers.popDue(now: now, horizon: horizon) { action() }
        onTurnEnd?()
        flushUnsent()
    }

    private func millisecondsToWait() -> Int32 {
        if !deferred.isEmpty || isStopping.load(ordering: .relaxed) { return 0 }
        guard let first = timers.firstTime else { return -1 }
        let nanoseconds = first - Self.clock()
        guard nanoseconds > 0 else { return 0 }
        return Int32(min(nanoseconds / 1_000_000 + 1, 3_600_000))
    }

    private func runDeferred() {
        guard !deferred.isEmpty else { return }
        let batch = deferred
        deferred = []
        for work in batch { work() }
    }

    private func runPosted() {
        var counter: UInt64 = 0
        _ = Glibc.read(wakeUp, &counter, 8)  // EAGAIN: somebody's wake-up was read before.
        posted.withLock { swap(&$0.queue, &running) }
        for work in running { work() }
        running.removeAll(keepingCapacity: running.capacity <= 4096)
    }

    private func flushUnsent() {
        guard !unsent.isEmpty else { return }
        // By index, because a flush may queue another one: TLS says goodbye after the last byte.
        var index = 0
        while index < unsent.count {
            unsent[index].flush()
            index += 1
        }
        unsent.removeAll(keepingCapacity: true)
    }
}

// MARK: - Descriptors

extension EventLoop {
    /// Watches `fd` for `target`; false with errno when the kernel refuses.
    func add(_ fd: Int32, interest: UInt32, target: Target) -> Bool {
        checkThread()
        let index = Int(fd)
        while slots.count <= index { slots.append(Slot()) }
        slots[index].generation &+= 1
        guard linux_epoll_add(epoll, fd, interest, token(fd)) == 0 else { return false }
        slots[index].target = target
        return true
    }

    func change(_ fd: Int32, interest: UInt32) {
        let result = linux_epoll_change(epoll, fd, interest, token(fd))
        precondition(result == 0, "epoll_ctl on a descriptor of this loop: errno \(errno)")
    }

    /// Forgets and closes `fd`; closing takes it out of epoll, as no one else holds the file.
    func close(_ fd: Int32) {
        slots[Int(fd)].generation &+= 1
        slots[Int(fd)].target = .none
        Glibc.close(fd)
    }

    /// Has `connection` flushed at the end of this turn.
    func willFlush(_ connection: Connection) {
        unsent.append(connection)
    }

    private func token(_ fd: Int32) -> UInt64 {
        UInt64(slots[Int(fd)].generation) << 32 | UInt64(UInt32(bitPattern: fd))
    }
}
