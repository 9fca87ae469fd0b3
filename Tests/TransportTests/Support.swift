import Glibc
import Testing

@testable import Transport

/// Runs `loop` until something stops it; a test that waits in vain fails instead of hanging.
func run(_ loop: EventLoop, sourceLocation: SourceLocation = #_sourceLocation) {
    let guardian = loop.schedule(after: .seconds(30)) {
        Issue.record("nothing stopped the loop", sourceLocation: sourceLocation)
        loop.stop()
    }
    loop.run()
    guardian.cancel()
}

/// Runs `loop` until `condition` holds, asked once a millisecond.
func run(
    _ loop: EventLoop, until condition: @escaping () -> Bool,
    sourceLocation: SourceLocation = #_sourceLocation
) {
    func ask() {
        if condition() { return loop.stop() }
        loop.schedule(after: .milliseconds(1), ask)
    }
    loop.later(ask)
    run(loop, sourceLocation: sourceLocation)
}

extension EventLoop {
    /// The connection that a test needs; without it the test fails and its loop stops.
    func need(
        _ result: Result<Connection, TransportError>,
        sourceLocation: SourceLocation = #_sourceLocation
    ) -> Connection? {
        switch result {
        case .success(let connection): return connection
        case .failure(let error):
            Issue.record(error, sourceLocation: sourceLocation)
            stop()
            return nil
        }
    }
}

/// A listener on loopback that keeps what it accepted.
final class TestServer {
    let loop: EventLoop
    let listener: Listener
    var connections: [Connection] = []

    init(
        _ loop: EventLoop, limits: ListenerLimits = ListenerLimits(), tls: TLSServerContext? = nil,
        onAccept: @escaping (Connection) -> Void = { _ in }
    ) throws {
        self.loop = loop
        listener = try Listener(loop: loop, host: "127.0.0.1", port: 0, limits: limits, tls: tls)
        listener.onAccept = { [unowned self] connection in
            connections.append(connection)
            onAccept(connection)
        }
    }

    var address: SocketAddress { listener.address }
}

/// A blocking socket of the test itself: the badly behaved peer.
final class RawSocket {
    private(set) var fd: Int32

    init(to address: SocketAddress, receiveBuffer: Int32? = nil) {
        // Kept from the programs that other tests start: they would hold the connection open.
        fd = socket(
            AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        if let receiveBuffer { setOption(fd, SOL_SOCKET, SO_RCVBUF, receiveBuffer) }
        var patience = timeval(tv_sec: 30, tv_usec: 0)
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        let result = address.withSockaddr { Glibc.connect(fd, $0, $1) }
        precondition(result == 0, "connect: \(errno)")
    }

    deinit { close() }

    func send(_ bytes: [UInt8]) -> Int {
        Glibc.send(fd, bytes, bytes.count, Int32(MSG_NOSIGNAL))
    }

    /// What is there now, or comes; empty at the end of the stream, nil on an error.
    func receive(_ limit: Int = 1 << 20) -> [UInt8]? {
        var buffer = [UInt8](repeating: 0, count: limit)
        let count = recv(fd, &buffer, limit, 0)
        return count < 0 ? nil : Array(buffer.prefix(count))
    }

    /// What is there now; the loop's own thread must not wait for what the loop is to send.
    func receiveAvailable(_ limit: Int) -> [UInt8] {
        var buffer = [UInt8](repeating: 0, count: limit)
        let count = recv(fd, &buffer, limit, Int32(MSG_DONTWAIT))
        return Array(buffer.prefix(max(0, count)))
    }

    /// Everything up to the end of the stream; nil when it ends in an error.
    func receiveAll() -> [UInt8]? {
        var all: [UInt8] = []
        while let bytes = receive() {
            if bytes.isEmpty { return all }
            all += bytes
        }
        return nil
    }

    func finishSending() { shutdown(fd, Int32(SHUT_WR)) }

    /// Closes with a reset instead of an orderly end.
    func reset() {
        var option = linger(l_onoff: 1, l_linger: 0)
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
        close()
    }

    func close() {
        if fd >= 0 { Glibc.close(fd) }
        fd = -1
    }
}

/// Bytes that differ everywhere, so that lost or doubled ones show.
func pattern(_ count: Int) -> [UInt8] {
    var state: UInt32 = 1
    // A prime length: no piece of a power of two looks like the one before it.
    let period = (0..<min(count, 65_521)).map { _ in
        state = state &* 1_664_525 &+ 1_013_904_223
        return UInt8(state >> 24)
    }
    var bytes: [UInt8] = []
    while bytes.count < count { bytes += period }
    bytes.removeLast(bytes.count - count)
    return bytes
}
