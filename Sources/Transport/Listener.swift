/// A listening TCP socket. Loop's thread only.
public final class Listener {
    /// A new connection (with TLS: after its handshake). Set its callbacks here.
    public var onAccept: ((Connection) -> Void)?
    /// Where it listens; the port is the real one when 0 was asked for.
    public let address: SocketAddress
    /// Connections handed out since the start.
    public internal(set) var accepted: UInt64 = 0
    /// Connections open now, those in a handshake included.
    public internal(set) var openConnections = 0
    /// Connections closed at once because `maxConnections` were open.
    public internal(set) var refusedOverLimit: UInt64 = 0
    /// Connections closed at once because the process had no file descriptor left.
    public internal(set) var refusedWithoutDescriptor: UInt64 = 0
    /// TLS handshakes that failed or took too long.
    public internal(set) var failedHandshakes: UInt64 = 0

    /// Listens on `host` (a literal or a name of this machine) and `port` (0 takes a free one).
    public init(
        loop: EventLoop, host: String, port: UInt16, limits: ListenerLimits = ListenerLimits(),
        tls: TLSServerContext? = nil, reusePort: Bool = false
    ) throws(TransportError) { fatalError("unfinished") }

    /// Stops listening; accepted connections stay open.
    public func close() { fatalError("unfinished") }
}
