/// A value of the loop's thread on its way through another thread and back.
///
/// Sendable because other threads only pass it on: the value is read and given up on the loop's
/// thread alone.
public final class LoopBound<Value>: @unchecked Sendable {
    private var value: Value?
    private let loop: EventLoop

    /// Wraps `value`, which only the loop's thread touches.
    public init(_ value: Value, loop: EventLoop) {
        loop.checkThread()
        self.value = value
        self.loop = loop
    }

    /// The value, given up so that it dies on the loop's thread. Once, loop's thread only.
    public func take() -> Value {
        loop.checkThread()
        guard let taken = value else { preconditionFailure("taken before") }
        value = nil
        return taken
    }
}
