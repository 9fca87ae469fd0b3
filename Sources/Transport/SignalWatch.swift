import CLinux
import Glibc

/// Unix signals as callbacks of a loop.
public enum SignalWatch {
    /// Calls `action` on `loop` whenever the process gets `signal` (SIGTERM, SIGINT, SIGHUP...),
    /// instead of the default action. One watch per signal in the process, for its lifetime:
    /// the handler writes to a pipe that is never closed. Several signals in one instant may
    /// come as one call.
    public static func watch(
        _ signal: Int32, on loop: EventLoop, _ action: @escaping () -> Void
    ) throws(TransportError) {
        var ends: [Int32] = [-1, -1]
        guard linux_pipe(&ends) == 0 else {
            throw .system(call: "pipe2", errno: errno)
        }
        let receiver = ends[0]
        let drainAndAct = {
            var bytes: (UInt64, UInt64) = (0, 0)
            while Glibc.read(receiver, &bytes, 16) == 16 {}
            action()
        }
        guard loop.add(receiver, interest: readable, target: .callback(drainAndAct)) else {
            throw .system(call: "epoll_ctl", errno: errno)
        }
        guard linux_route_signal(signal, ends[1]) == 0 else {
            throw .system(call: "sigaction", errno: errno)
        }
    }
}
