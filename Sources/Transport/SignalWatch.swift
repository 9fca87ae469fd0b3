/// Unix signals as callbacks of a loop.
public enum SignalWatch {
    /// Calls `action` on `loop` whenever the process gets `signal` (SIGTERM, SIGINT, SIGHUP...),
    /// instead of the default action. One watch per signal in the process.
    public static func watch(
        _ signal: Int32, on loop: EventLoop, _ action: @escaping () -> Void
    ) throws(TransportError) { fatalError("unfinished") }
}
