/// An action waiting for its time. Rescheduling to a later time costs nothing, so one timer can
/// follow a deadline that moves all the time. Loop's thread only.
public final class LoopTimer {
    init() {}

    /// Whether the action is still to come.
    public var isPending: Bool { fatalError("unfinished") }

    /// Forgets the time, keeps the action: `reschedule` arms it again.
    public func cancel() { fatalError("unfinished") }

    /// Moves the time (also of a timer that fired or was cancelled) to `delay` from now.
    public func reschedule(after delay: Duration) { fatalError("unfinished") }

    /// Moves the time to `deadline` on the loop's clock, in nanoseconds.
    public func reschedule(at deadline: Int64) { fatalError("unfinished") }
}
