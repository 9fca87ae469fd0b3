/// A value of the loop's thread on its way through another thread and back.
public final class LoopBound<Value>: @unchecked Sendable {
    /// Wraps `value`, which only the loop's thread touches.
    public init(_ value: Value, loop: EventLoop) { fatalError("unfinished") }

    /// The value, given up so that it dies on the loop's thread. Once, loop's thread only.
    public func take() -> Value { fatalError("unfinished") }
}
