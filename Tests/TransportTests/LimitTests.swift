import Glibc
import Testing

@testable import Transport

/// Slow, silent and too many peers.
@Suite struct LimitTests {
    /// A server that floods whoever connects, with `limits`; the reason why it closed him.
    private func reasonAfterFlood(
        _ limits: ConnectionLimits, bytes: Int
    ) throws -> CloseReason? {
        let loop = try EventLoop()
        var reason: CloseReason?
        var listenerLimits = ListenerLimits()
        listenerLimits.connection = limits
        let server = try TestServer(loop, limits: listenerLimits) { connection in
            connection.onClosed = {
                reason = $0
                loop.stop()
            }
            connection.write([UInt8](repeating: 7, count: bytes))
        }
        let client = RawSocket(to: server.address, receiveBuffer: 4096)
        run(loop)
        client.close()
        #expect(server.listener.openConnections == 0)
        return reason
    }

    @Test func `a peer that reads too slowly for the buffer is closed`() throws {
        var limits = ConnectionLimits()
        limits.maxPendingWriteBytes = 100_000
        #expect(try reasonAfterFlood(limits, bytes: 20_000_000) == .slowReader)
    }

    @Test func `a peer that takes nothing for the write timeout is closed`() throws {
        var limits = ConnectionLimits()
        limits.maxPendingWriteBytes = 50_000_000
        limits.writeTimeout = .milliseconds(30)
        #expect(try reasonAfterFlood(limits, bytes: 20_000_000) == .writeTimeout)
    }

    @Test func `the write timeout also bounds a close with flush`() throws {
        let loop = try EventLoop()
        let server = try TestServer(loop) { connection in
            connection.maxPendingWriteBytes = 50_000_000
            connection.writeTimeout = .milliseconds(20)
            #expect(connection.writeTimeout == .milliseconds(20))
            connection.onClosed = {
                #expect($0 == .writeTimeout)
                loop.stop()
            }
            connection.write([UInt8](repeating: 7, count: 20_000_000))
            connection.close()
        }
        let client = RawSocket(to: server.address, receiveBuffer: 4096)
        run(loop)
        client.close()
    }

    @Test func `a slow reader within the limits gets everything and draining is told`() throws {
        let data = pattern(12_000_000)
        let loop = try EventLoop()
        var drained = 0
        let server = try TestServer(loop) { connection in
            connection.maxPendingWriteBytes = data.count
            connection.onDrained = {
                drained += 1
                #expect(connection.pendingWriteBytes == 0)
                loop.stop()
            }
            connection.write(data)
        }
        let client = RawSocket(to: server.address)
        var received: [UInt8] = []
        var step: LoopTimer?
        step = loop.timer {
            received += client.receiveAvailable(1 << 20)
            if received.count < data.count { step?.reschedule(after: .microseconds(100)) }
        }
        step?.reschedule(after: .milliseconds(1))
        run(loop)
        while received.count < data.count, let more = client.receive(), !more.isEmpty {
            received += more
        }
        step = nil
        #expect(drained == 1)
        #expect(received == data)
        server.connections = []
    }

    @Test func `an idle peer is closed, a talking one is not`() throws {
        let loop = try EventLoop()
        var limits = ListenerLimits()
        limits.connection.idleTimeout = .milliseconds(200)
        var closed: [(UInt16, CloseReason)] = []
        let server = try TestServer(loop, limits: limits) { connection in
            connection.onClosed = { closed.append((connection.remoteAddress.port, $0)) }
        }
        let silent = RawSocket(to: server.address)
        let talking = RawSocket(to: server.address)
        let silentPort = try #require(boundAddress(of: silent.fd)).port
        var words = 0
        var talk: LoopTimer?
        talk = loop.timer {
            words += 1
            #expect(talking.send([1]) == 1)
            if words < 40 { talk?.reschedule(after: .milliseconds(10)) } else { loop.stop() }
        }
        talk?.reschedule(after: .zero)
        run(loop)
        talk = nil
        #expect(closed.map(\.0) == [silentPort])
        #expect(closed.first?.1 == .idleTimeout)
        #expect(server.listener.openConnections == 1)
        loop.shutDown()
    }

    @Test func `a deadline closes a peer that drips, unless it is lifted`() throws {
        let loop = try EventLoop()
        var reason: CloseReason?
        let server = try TestServer(loop) { connection in
            connection.setDeadline(after: .milliseconds(5))
            connection.setDeadline(after: nil)
            connection.onReceive = { _ in connection.setDeadline(after: .milliseconds(20)) }
            connection.onClosed = {
                reason = $0
                loop.stop()
            }
        }
        let client = RawSocket(to: server.address)
        loop.schedule(after: .milliseconds(40)) {
            #expect(reason == nil)
            #expect(client.send([1]) == 1)
        }
        run(loop)
        #expect(reason == .deadline)
    }

    @Test func `connections over the limit are closed at once and counted`() throws {
        let loop = try EventLoop()
        var limits = ListenerLimits()
        limits.maxConnections = 2
        let server = try TestServer(loop, limits: limits)
        let clients = (0..<5).map { _ in RawSocket(to: server.address) }
        run(loop) { server.listener.accepted + server.listener.refusedOverLimit == 5 }
        #expect(server.listener.accepted == 2)
        for client in clients.suffix(3) { #expect((client.receive() ?? []).isEmpty) }
        // A place that becomes free is given away again.
        clients[0].close()
        run(loop) { server.listener.openConnections == 1 }
        let sixth = RawSocket(to: server.address)
        run(loop) { server.listener.accepted == 3 }
        sixth.close()
        loop.shutDown()
    }

    @Test func `a process out of descriptors refuses, rests and recovers`() async {
        await #expect(processExitsWith: .success) {
            let loop = try EventLoop()
            let server = try TestServer(loop)
            let lowestFree = dup(0)
            close(lowestFree)
            let count = rlim_t(lowestFree) + 54
            var limit = rlimit(rlim_cur: count, rlim_max: count)
            setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
            var clients: [RawSocket] = []
            // Half of the descriptors for clients; the server's ends run into the limit.
            for _ in 0..<40 { clients.append(RawSocket(to: server.address)) }
            let listener = server.listener
            run(loop) { listener.accepted > 0 && listener.refusedWithoutDescriptor > 0 }
            guard listener.accepted + listener.refusedWithoutDescriptor <= 40 else { exit(2) }
            clients = []
            run(loop) { listener.openConnections == 0 }
            var answered = false
            loop.connect(to: server.address) { result in
                if case .success = result { answered = true }
                loop.stop()
            }
            loop.run()
            exit(answered ? EXIT_SUCCESS : 4)
        }
    }
}
