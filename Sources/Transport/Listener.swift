import CLinux
import Glibc

/// A listening TCP socket. Loop's thread only.
public final class Listener {
    /// A new connection (with TLS: after its handshake). Set its callbacks here.
    public var onAccept: ((Connection) -> Void)?
    /// Where it listens; the port is the real one when 0 was asked for.
    public let address: SocketAddress
    /// Connections handed out since the start.
    public internal(set) var accepted: UInt64 = 0
    /// Connections open now, those in a handshake or lingering included.
    public internal(set) var openConnections = 0
    /// Connections closed at once because `maxConnections` were open.
    public internal(set) var refusedOverLimit: UInt64 = 0
    /// Connections closed at once because the process had no file descriptor left.
    public internal(set) var refusedWithoutDescriptor: UInt64 = 0
    /// TLS handshakes that failed or took too long.
    public private(set) var failedHandshakes: UInt64 = 0
    /// Why the last handshake failed, for the log.
    public private(set) var lastHandshakeFailure: TransportError?
    /// A TLS handshake failed: with whom and why. Told on a later turn.
    public var onHandshakeFailed: ((SocketAddress, TransportError) -> Void)?

    private let loop: EventLoop
    private let limits: ListenerLimits
    /// Makes each connection's TLS session, nil when memory ran out; nil without TLS.
    private let makeSession: (() -> TLSSession?)?
    private let fd: Int32
    private var isClosed = false
    /// Kept open so that one descriptor can be freed when the process has run out of them.
    private var reserve: Int32

    /// Listens on `host` (a literal or a name of this machine) and `port` (0 takes a free one).
    /// A name is looked up at once: listen before the loop has work to do.
    public convenience init(
        loop: EventLoop, host: String, port: UInt16, limits: ListenerLimits = ListenerLimits(),
        tls: TLSServerContext? = nil, reusePort: Bool = false
    ) throws(TransportError) {
        let makeSession = tls.map { tls in { tls.session() } }
        try self.init(loop, host, port, limits, makeSession, reusePort: reusePort)
    }

    /// Listens for peers of mutual TLS.
    public convenience init(
        loop: EventLoop, host: String, port: UInt16, limits: ListenerLimits = ListenerLimits(),
        peers: TLSPeerContext
    ) throws(TransportError) {
        let makeSession = { peers.session(isDialer: false, peer: "the node that dialled") }
        try self.init(loop, host, port, limits, makeSession, reusePort: false)
    }

    private init(
        _ loop: EventLoop, _ host: String, _ port: UInt16, _ limits: ListenerLimits,
        _ makeSession: (() -> TLSSession?)?, reusePort: Bool
    ) throws(TransportError) {
        let wanted: SocketAddress
        if let literal = SocketAddress(ip: host, port: port) {
            wanted = literal
        } else {
            wanted = try lookUp(host, port)[0]
        }
        self.fd = try Self.listen(wanted, limits: limits, reusePort: reusePort)
        self.address = boundAddress(of: fd) ?? wanted
        self.loop = loop
        self.limits = limits
        self.makeSession = makeSession
        self.reserve = open("/dev/null", O_RDONLY | O_CLOEXEC)
        guard loop.add(fd, interest: readable, target: .listener(self)) else {
            let code = errno
            isClosed = true
            Glibc.close(fd)
            throw .system(call: "epoll_ctl", errno: code)
        }
    }

    deinit {
        if reserve >= 0 { Glibc.close(reserve) }
    }

    private static func listen(
        _ address: SocketAddress, limits: ListenerLimits, reusePort: Bool
    ) throws(TransportError) -> Int32 {
        let fd = linux_tcp_socket(address.family)
        guard fd >= 0 else { throw .system(call: "socket", errno: errno) }
        setOption(fd, SOL_SOCKET, SO_REUSEADDR, 1)
        if reusePort { setOption(fd, SOL_SOCKET, SO_REUSEPORT, 1) }
        guard address.withSockaddr({ bind(fd, $0, $1) }) == 0,
            Glibc.listen(fd, limits.backlog) == 0
        else {
            let code = errno
            Glibc.close(fd)
            throw .listen(address: address.description, errno: code)
        }
        return fd
    }

    /// Stops listening; accepted connections stay open.
    public func close() {
        loop.checkThread()
        guard !isClosed else { return }
        isClosed = true
        loop.close(fd)
        onAccept = nil
        onHandshakeFailed = nil
    }

    func ready() {
        for _ in 0..<limits.acceptsPerTurn {
            guard !isClosed else { return }
            var storage = sockaddr_storage()
            var length: UInt32 = 0
            let peer = linux_accept(fd, &storage, &length)
            if peer >= 0 {
                admit(peer, from: SocketAddress(storage) ?? address)
                continue
            }
            switch errno {
            case EAGAIN: return
            case EMFILE, ENFILE:
                guard refuseOneWithReserve() else { return pause() }
            case ENOBUFS, ENOMEM: return pause()
            default: continue  // The peer gave up (ECONNABORTED), or its network did; or EINTR.
            }
        }
        if reserve < 0 { reserve = open("/dev/null", O_RDONLY | O_CLOEXEC) }
    }

    private func admit(_ peer: Int32, from address: SocketAddress) {
        guard openConnections < limits.maxConnections else {
            refusedOverLimit += 1
            Glibc.close(peer)
            return
        }
        let session = makeSession?()
        guard makeSession == nil || session != nil else {
            Glibc.close(peer)
            return
        }
        let connection = Connection(
            loop: loop, fd: peer, remote: address, limits: limits.connection)
        guard connection.start(accepting: self, tls: session) else { return }
        openConnections += 1
        if session == nil { hand(connection) }
    }

    /// A connection died before it was established.
    func handshakeFailed(_ error: TransportError, from peer: SocketAddress) {
        failedHandshakes += 1
        lastHandshakeFailure = error
        guard onHandshakeFailed != nil else { return }
        loop.later { [weak self] in self?.onHandshakeFailed?(peer, error) }
    }

    /// Gives an established connection to the user.
    func hand(_ connection: Connection) {
        accepted += 1
        guard let onAccept else { return connection.close(afterFlush: false) }
        onAccept(connection)
    }

    /// Frees the reserved descriptor for one accept, so that the peer hears a close instead of
    /// silence. False when there was no reserve or no one to refuse.
    private func refuseOneWithReserve() -> Bool {
        guard reserve >= 0 else { return false }
        Glibc.close(reserve)
        reserve = -1
        var storage = sockaddr_storage()
        var length: UInt32 = 0
        let peer = linux_accept(fd, &storage, &length)
        if peer >= 0 {
            refusedWithoutDescriptor += 1
            Glibc.close(peer)
        }
        reserve = open("/dev/null", O_RDONLY | O_CLOEXEC)
        return peer >= 0 && reserve >= 0
    }

    /// Rests: the kernel's queue keeps those who wait until descriptors may be free again.
    private func pause() {
        loop.change(fd, interest: 0)
        loop.schedule(after: limits.descriptorPause) { [weak self] in
            guard let self, !isClosed else { return }
            if reserve < 0 { reserve = open("/dev/null", O_RDONLY | O_CLOEXEC) }
            loop.change(fd, interest: readable)
        }
    }
}
