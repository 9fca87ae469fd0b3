import CLinux
import Glibc
import Synchronization

/// One thread's sockets, timers and posted work.
///
/// Everything except `post`, `stop` and the static clock belongs to the thread that calls `run`
/// (before `run`, to the thread that sets the loop up); a wrong thread traps.
public final class EventLoop: @unchecked Sendable {
    /// Called once after all ready events, timers and posted work of a turn, before pending
    /// writes are sent and the loop blocks again.
    public var onTurnEnd: (() -> Void)?

    /// A loop with nothing in it.
    public init() throws(TransportError) {}

    /// Monotonic nanoseconds at the start of this turn.
    public var now: Int64 { fatalError("unfinished") }

    /// Monotonic nanoseconds now, from any thread.
    public static func clock() -> Int64 { fatalError("unfinished") }

    /// Whether the caller may use the loop's confined parts.
    public var isOnLoop: Bool { fatalError("unfinished") }

    /// Runs turns until `stop`. May be called again.
    public func run() { fatalError("unfinished") }

    /// Lets `run` return after the current turn. Any thread.
    public func stop() { fatalError("unfinished") }

    /// Closes every connection and listener of the loop, without callbacks.
    public func shutDown() { fatalError("unfinished") }

    /// Runs `work` on the loop. Any thread; a burst of posts costs one wake-up.
    public func post(_ work: @escaping @Sendable () -> Void) { fatalError("unfinished") }

    /// Runs `work` at the start of the next turn. Loop's thread only.
    public func later(_ work: @escaping () -> Void) { fatalError("unfinished") }

    /// Runs `action` once after `delay`, unless the timer is cancelled or rescheduled.
    public func schedule(after delay: Duration, _ action: @escaping () -> Void) -> LoopTimer {
        fatalError("unfinished")
    }

    /// Opens a TCP (and TLS) connection. With TLS, `serverName` is what the certificate must
    /// name; `completion` comes after the handshake, on a later turn, exactly once.
    public func connect(
        to address: SocketAddress, tls: TLSClientContext? = nil, serverName: String? = nil,
        timeout: Duration = .seconds(10), limits: ConnectionLimits = ConnectionLimits(),
        completion: @escaping (Result<Connection, TransportError>) -> Void
    ) { fatalError("unfinished") }

    /// Looks `host` up and connects to its addresses one after the other until one stands.
    public func connect(
        host: String, port: UInt16, resolver: Resolver, tls: TLSClientContext? = nil,
        timeout: Duration = .seconds(10), limits: ConnectionLimits = ConnectionLimits(),
        completion: @escaping (Result<Connection, TransportError>) -> Void
    ) { fatalError("unfinished") }
}
