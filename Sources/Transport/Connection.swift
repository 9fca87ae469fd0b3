import CLinux
import Glibc

/// A TCP connection, plain or TLS. Loop's thread only.
///
/// The loop keeps it alive while it is open. Callbacks never run inside a call of yours: an error
/// found by `write` or `close` is told through `onClosed` on a later turn. All callbacks are
/// dropped once it is closed, so they may capture the connection.
public final class Connection {
    /// Bytes arrived. The buffer is valid during the call only. Bytes that come while this is nil
    /// are dropped: set it before `onAccept` or the completion of `connect` returns.
    public var onReceive: ((UnsafeRawBufferPointer) -> Void)?
    /// The peer will send no more (half-close). Without this callback the connection is closed
    /// once pending bytes are flushed; with it, it stays open for writing until `close`.
    public var onPeerFinished: (() -> Void)?
    /// Told once, after the last other callback, also after a `close` of yours.
    public var onClosed: ((CloseReason) -> Void)?
    /// All pending bytes went to the kernel after some had to wait.
    public var onDrained: (() -> Void)?
    /// The loop that it lives on.
    public let loop: EventLoop
    /// The peer.
    public let remoteAddress: SocketAddress
    /// See `ConnectionLimits.maxPendingWriteBytes`.
    public var maxPendingWriteBytes: Int

    /// How far its life has come. Each phase leads only to later ones.
    enum Phase {
        case connecting
        case handshaking
        case open
        /// Closed by the user; what was written is still on its way.
        case flushing
        /// All sent and told to the user; waits a while for the peer's end, since closing on
        /// bytes not yet read would reset the connection and lose our last ones.
        case lingering
        case closed
    }

    /// Who is told when the connection is established.
    enum Opener {
        case client((Result<Connection, TransportError>) -> Void)
        case server(Listener)
    }

    let fd: Int32
    var phase: Phase
    var opener: Opener?
    var listener: Listener?
    var tls: TLSSession?
    var interest: UInt32 = 0
    /// What the user wrote.
    var output = ByteQueue()
    /// With TLS: the records made of it.
    var records = ByteQueue()
    /// Waits in the loop's list of connections to flush.
    var isQueued = false
    /// The kernel took no more; the loop watches for room.
    var isBlocked = false
    /// Sending failed; only what the peer sent before is still read.
    var isOutputBroken = false
    var isReadingPaused = false
    var hasPeerFinished = false
    var closeReason = CloseReason.closedHere
    /// Times in nanoseconds of the loop's clock; timeouts in nanoseconds, 0 is none.
    var lastActivity: Int64
    var lastProgress: Int64
    var deadline = Int64.max
    var idleNanoseconds: Int64
    var writeNanoseconds: Int64
    let lingerTimeout: Duration
    let handshakeTimeout: Duration
    var timer: LoopTimer?

    init(loop: EventLoop, fd: Int32, remote: SocketAddress, limits: ConnectionLimits) {
        self.loop = loop
        self.fd = fd
        self.remoteAddress = remote
        self.phase = .connecting
        self.maxPendingWriteBytes = limits.maxPendingWriteBytes
        self.lastActivity = loop.now
        self.lastProgress = loop.now
        self.idleNanoseconds = limits.idleTimeout?.nanosecondsClamped ?? 0
        self.writeNanoseconds = limits.writeTimeout?.nanosecondsClamped ?? 0
        self.lingerTimeout = limits.lingerTimeout
        self.handshakeTimeout = limits.handshakeTimeout
        setOption(fd, Int32(IPPROTO_TCP), TCP_NODELAY, 1)
    }

    /// Whether it can still be written to.
    public var isOpen: Bool { phase == .open && !isOutputBroken }
    /// Whether TLS protects it.
    public var isSecure: Bool { tls != nil }
    /// With mutual TLS: the only URI name of the peer's certificate, whose chain was verified.
    public var peerURI: String? { tls?.peerURI }
    /// Bytes written that the kernel has not taken.
    public var pendingWriteBytes: Int { output.count + records.count }
    /// This side's address.
    public var localAddress: SocketAddress? { phase == .closed ? nil : boundAddress(of: fd) }

    /// See `ConnectionLimits.idleTimeout`.
    public var idleTimeout: Duration? {
        get { idleNanoseconds == 0 ? nil : .nanoseconds(idleNanoseconds) }
        set {
            loop.checkThread()
            idleNanoseconds = newValue?.nanosecondsClamped ?? 0
            guard idleNanoseconds > 0, phase != .closed else { return }
            arm(at: loop.now + idleNanoseconds)
        }
    }

    /// See `ConnectionLimits.writeTimeout`.
    public var writeTimeout: Duration? {
        get { writeNanoseconds == 0 ? nil : .nanoseconds(writeNanoseconds) }
        set {
            loop.checkThread()
            writeNanoseconds = newValue?.nanosecondsClamped ?? 0
            if isBlocked && writeNanoseconds > 0 { arm(at: lastProgress + writeNanoseconds) }
        }
    }

    /// Closes it `delay` from now whatever happens (a request's head must be complete by then);
    /// nil lifts the deadline. Cheap enough for every request.
    public func setDeadline(after delay: Duration?) {
        loop.checkThread()
        guard phase == .open else { return }
        guard let delay else {
            deadline = .max
            return
        }
        deadline = loop.now.adding(delay)
        arm(at: deadline)
    }

    /// Sends `bytes`. Writes of one turn leave together at its end. No effect once closed.
    public func write(_ bytes: [UInt8]) {
        loop.checkThread()
        guard isOpen else { return }
        output.append(bytes)
        didWrite()
    }

    /// Sends a copy of `bytes`.
    public func write(_ bytes: UnsafeRawBufferPointer) {
        loop.checkThread()
        guard isOpen else { return }
        output.append(bytes)
        didWrite()
    }

    /// Lets `body` append what is to be sent to the output buffer: no array in between. The
    /// buffer may hold earlier bytes, which must stay. `body` isn't called once closed.
    public func write(appending body: (inout [UInt8]) -> Void) {
        loop.checkThread()
        guard isOpen else { return }
        output.append(with: body)
        didWrite()
    }

    private func didWrite() {
        if pendingWriteBytes > maxPendingWriteBytes {
            flush()
            guard phase == .open else { return }
            if pendingWriteBytes > maxPendingWriteBytes { return finish(.slowReader) }
        }
        queueFlush()
    }

    /// Ends it: with `afterFlush`, pending bytes are sent first (within the write timeout) and the
    /// peer gets an orderly end; without, pending bytes are dropped.
    public func close(afterFlush: Bool = true) {
        loop.checkThread()
        guard phase == .open || phase == .flushing else { return }
        guard afterFlush && !isOutputBroken else { return finish(.closedHere) }
        guard phase == .open else { return }
        beginFlushing(.closedHere)
    }

    /// No more `onReceive` until `resumeReading`; the kernel's window slows the peer down.
    public func pauseReading() {
        loop.checkThread()
        guard phase == .open, !isReadingPaused else { return }
        isReadingPaused = true
        updateInterest()
    }

    /// Takes up reading again.
    public func resumeReading() {
        loop.checkThread()
        guard phase == .open, isReadingPaused else { return }
        isReadingPaused = false
        updateInterest()
        // TLS may hold bytes that came before the pause; the socket need not become readable.
        if tls != nil { loop.later { [self] in readPlaintext() } }
    }
}
