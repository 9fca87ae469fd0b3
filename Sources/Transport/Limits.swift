/// Bounds of one connection.
public struct ConnectionLimits: Sendable {
    /// Bytes that may wait for a slow peer before the connection is closed.
    public var maxPendingWriteBytes = 4 << 20
    /// Closed after this time without a byte received or sent; nil is never. The time while
    /// reading is paused does not count.
    public var idleTimeout: Duration? = .seconds(75)
    /// Closed when waiting bytes make no progress for this time; nil is never.
    public var writeTimeout: Duration? = .seconds(20)
    /// A TLS handshake of an accepted connection must be done within this time.
    public var handshakeTimeout: Duration = .seconds(10)
    /// After a close with flush, how long the peer's last bytes are awaited (and discarded).
    public var lingerTimeout: Duration = .seconds(2)

    /// The defaults.
    public init() {}
}

/// Bounds of one listener.
public struct ListenerLimits: Sendable {
    /// Connections open at once; further ones are accepted and closed at once.
    public var maxConnections = 10_000
    /// The kernel's queue of connections not yet accepted.
    public var backlog: Int32 = 1024
    /// Accepted at most in one turn of the loop.
    public var acceptsPerTurn = 64
    /// Rest after the process ran out of file descriptors.
    public var descriptorPause: Duration = .milliseconds(100)
    /// Bounds of each accepted connection.
    public var connection = ConnectionLimits()

    /// The defaults.
    public init() {}
}
