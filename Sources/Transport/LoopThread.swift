/// A loop on a thread of its own.
public final class LoopThread: Sendable {
    /// The loop; use `post` to get onto it.
    public let loop: EventLoop

    /// Starts the thread.
    public init(name: String) throws(TransportError) { fatalError("unfinished") }

    /// Stops the loop, waits for the thread, closes what the loop held.
    public func stop() { fatalError("unfinished") }
}
