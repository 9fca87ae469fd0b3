import Glibc
import Synchronization

/// A loop on a thread of its own.
public final class LoopThread: Sendable {
    /// The loop; use `post` to get onto it.
    public let loop: EventLoop
    private let thread: Mutex<OSThread?>

    /// Starts the thread.
    public init(name: String) throws(TransportError) {
        let loop = try EventLoop()
        self.loop = loop
        self.thread = Mutex(
            try OSThread(name: name) {
                loop.run()
                loop.shutDown()
            })
    }

    /// Stops the loop, waits for the thread, closes what the loop held. Not from the loop itself.
    public func stop() {
        let ending = thread.withLock { thread in
            defer { thread = nil }
            return thread
        }
        guard let ending else { return }
        loop.post { [loop] in loop.stop() }
        ending.join()
    }
}
