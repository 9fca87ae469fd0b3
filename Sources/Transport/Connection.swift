/// A TCP connection, plain or TLS. Loop's thread only.
///
/// The loop keeps it alive while it is open. Callbacks never run inside a call of yours: an error
/// found by `write` or `close` is told through `onClosed` on a later turn. All callbacks are
/// dropped once it is closed, so they may capture the connection.
public final class Connection {
    /// Bytes arrived. The buffer is valid during the call only.
    public var onReceive: ((UnsafeRawBufferPointer) -> Void)?
    /// The peer will send no more (half-close). Without this callback the connection is closed
    /// once pending bytes are flushed; with it, it stays open for writing until `close`.
    public var onPeerFinished: (() -> Void)?
    /// Told once, after the last other callback.
    public var onClosed: ((CloseReason) -> Void)?
    /// All pending bytes went to the kernel after some had to wait.
    public var onDrained: (() -> Void)?
    /// The loop that it lives on.
    public let loop: EventLoop
    /// The peer.
    public let remoteAddress: SocketAddress
    /// This side.
    public var localAddress: SocketAddress { fatalError("unfinished") }

    init(loop: EventLoop, remote: SocketAddress) {
        self.loop = loop
        self.remoteAddress = remote
    }

    /// Whether it can still be written to.
    public var isOpen: Bool { fatalError("unfinished") }
    /// Whether TLS protects it.
    public var isSecure: Bool { fatalError("unfinished") }
    /// Bytes written that the kernel has not taken.
    public var pendingWriteBytes: Int { fatalError("unfinished") }
    /// See `ConnectionLimits.maxPendingWriteBytes`.
    public var maxPendingWriteBytes: Int {
        get { fatalError("unfinished") }
        set { fatalError("unfinished") }
    }
    /// See `ConnectionLimits.idleTimeout`.
    public var idleTimeout: Duration? {
        get { fatalError("unfinished") }
        set { fatalError("unfinished") }
    }
    /// See `ConnectionLimits.writeTimeout`.
    public var writeTimeout: Duration? {
        get { fatalError("unfinished") }
        set { fatalError("unfinished") }
    }

    /// Closes it `delay` from now whatever happens (a request's head must be complete by then);
    /// nil lifts the deadline. Cheap enough for every request.
    public func setDeadline(after delay: Duration?) { fatalError("unfinished") }

    /// Sends `bytes`. Writes of one turn leave together at its end. No effect once closed.
    public func write(_ bytes: [UInt8]) { fatalError("unfinished") }

    /// Sends a copy of `bytes`.
    public func write(_ bytes: UnsafeRawBufferPointer) { fatalError("unfinished") }

    /// Lets `body` append what is to be sent to the output buffer: no array in between.
    public func write(appending body: (inout [UInt8]) -> Void) { fatalError("unfinished") }

    /// Ends it: with `afterFlush`, pending bytes are sent first (within the write timeout) and the
    /// peer gets an orderly end; without, pending bytes are dropped.
    public func close(afterFlush: Bool = true) { fatalError("unfinished") }

    /// No more `onReceive` until `resumeReading`; the kernel's window slows the peer down.
    public func pauseReading() { fatalError("unfinished") }

    /// Takes up reading again.
    public func resumeReading() { fatalError("unfinished") }
}
