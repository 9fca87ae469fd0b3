import Glibc
import Testing

@testable import Transport

@Suite struct ConnectionTests {
    @Test func `bytes go both ways and the end is told`() throws {
        let loop = try EventLoop()
        let server = try TestServer(loop) { connection in
            connection.onReceive = { connection.write($0) }
        }
        var received: [UInt8] = []
        var reason: CloseReason?
        loop.connect(to: server.address) { result in
            guard let connection = loop.need(result) else { return }
            connection.onReceive = { bytes in
                received += bytes
                if received.count == 11 { connection.close() }
            }
            connection.onClosed = {
                reason = $0
                loop.stop()
            }
            connection.write(Array("hello ".utf8))
            connection.write(appending: { $0 += Array("world".utf8) })
            #expect(connection.remoteAddress == server.address)
            #expect(connection.localAddress?.ip == "127.0.0.1")
        }
        run(loop)
        #expect(String(decoding: received, as: UTF8.self) == "hello world")
        #expect(reason == .closedHere)
        #expect(server.listener.accepted == 1)
    }

    @Test func `writes of one turn arrive together`() throws {
        let loop = try EventLoop()
        let server = try TestServer(loop) { connection in
            for byte in UInt8(0)..<100 { connection.write([byte]) }
            #expect(connection.pendingWriteBytes == 100)
            loop.later { loop.stop() }
        }
        let client = RawSocket(to: server.address)
        run(loop)
        #expect(client.receive() == Array(0..<100))
    }

    @Test func `what onTurnEnd writes leaves in the same turn`() throws {
        let loop = try EventLoop()
        var asked: Connection?
        let server = try TestServer(loop) { connection in
            connection.onReceive = { _ in asked = connection }
        }
        loop.onTurnEnd = {
            guard let connection = asked else { return }
            connection.write(Array("answer".utf8))
            loop.stop()
        }
        let client = RawSocket(to: server.address)
        #expect(client.send([1]) == 1)
        run(loop)
        #expect(client.receive() == Array("answer".utf8))
    }

    @Test(arguments: [1, 7, 4096, 65536, 1_000_000])
    func `much data keeps its order through partial writes`(chunk: Int) throws {
        let total = chunk == 1 ? 20_000 : 6_000_000
        let data = pattern(total)
        let loop = try EventLoop()
        var limits = ListenerLimits()
        limits.connection.maxPendingWriteBytes = 64 << 20
        let server = try TestServer(loop, limits: limits) { connection in
            connection.onReceive = { connection.write($0) }
            connection.onPeerFinished = { connection.close() }
        }
        var received: [UInt8] = []
        var clientLimits = ConnectionLimits()
        clientLimits.maxPendingWriteBytes = total
        loop.connect(to: server.address, limits: clientLimits) { result in
            guard let connection = loop.need(result) else { return }
            connection.onReceive = { bytes in
                received += bytes
                if received.count == total { loop.stop() }
            }
            for start in stride(from: 0, to: total, by: chunk) {
                connection.write(Array(data[start..<min(total, start + chunk)]))
            }
        }
        run(loop)
        #expect(received == data)
    }

    @Test func `a peer that has finished sending still gets its answer`() throws {
        let loop = try EventLoop()
        var reasons: [CloseReason] = []
        let server = try TestServer(loop) { connection in
            connection.onPeerFinished = {
                loop.schedule(after: .milliseconds(1)) {
                    connection.write(Array("late answer".utf8))
                    connection.close()
                }
            }
            connection.onClosed = {
                reasons.append($0)
                loop.stop()
            }
        }
        let client = RawSocket(to: server.address)
        #expect(client.send([1]) == 1)
        client.finishSending()
        run(loop)
        #expect(client.receiveAll() == Array("late answer".utf8))
        #expect(reasons == [.closedHere])
    }

    @Test func `without a callback for it the peer's end closes after the flush`() throws {
        let loop = try EventLoop()
        var reasons: [CloseReason] = []
        let server = try TestServer(loop) { connection in
            connection.onReceive = { connection.write($0) }
            connection.onClosed = {
                reasons.append($0)
                loop.stop()
            }
        }
        let client = RawSocket(to: server.address)
        #expect(client.send([1, 2, 3]) == 3)
        client.finishSending()
        run(loop)
        #expect(client.receiveAll() == [1, 2, 3])
        #expect(reasons == [.closedByPeer])
        #expect(server.listener.openConnections == 0)
    }

    @Test func `a reset is told apart from an end`() throws {
        let loop = try EventLoop()
        var reason: CloseReason?
        let server = try TestServer(loop) { connection in
            connection.onClosed = {
                reason = $0
                loop.stop()
            }
            connection.write([1])
        }
        let client = RawSocket(to: server.address)
        loop.schedule(after: .milliseconds(2)) { client.reset() }
        run(loop)
        #expect(reason == .reset)
    }

    @Test func `a reset is noticed while reading is paused`() throws {
        let loop = try EventLoop()
        var reason: CloseReason?
        let server = try TestServer(loop) { connection in
            connection.pauseReading()
            connection.onClosed = {
                reason = $0
                loop.stop()
            }
        }
        let client = RawSocket(to: server.address)
        #expect(client.send([1]) == 1)
        loop.schedule(after: .milliseconds(2)) { client.reset() }
        run(loop)
        #expect(reason == .reset)
    }

    @Test func `a paused connection receives nothing until it resumes`() throws {
        let loop = try EventLoop()
        var received: [UInt8] = []
        let server = try TestServer(loop) { connection in
            connection.pauseReading()
            connection.onReceive = {
                received += $0
                loop.stop()
            }
            loop.schedule(after: .milliseconds(5)) {
                #expect(received.isEmpty)
                connection.resumeReading()
            }
        }
        let client = RawSocket(to: server.address)
        #expect(client.send([4, 5]) == 2)
        run(loop)
        #expect(received == [4, 5])
    }

    @Test func `an early answer survives a request that is not read`() throws {
        let loop = try EventLoop()
        let answer = Array("413".utf8)
        let server = try TestServer(loop) { connection in
            connection.onReceive = { _ in
                connection.write(answer)
                connection.close()
            }
        }
        let client = RawSocket(to: server.address)
        let flood = [UInt8](repeating: 9, count: 300_000)
        #expect(client.send(flood) > 0)
        run(loop) { server.connections.first?.isOpen == false }
        #expect(client.send(flood) > 0)
        client.finishSending()
        run(loop) { server.listener.openConnections == 0 }
        #expect(client.receiveAll() == answer)
    }

    @Test func `an answer sent before a reset is still received`() throws {
        let loop = try EventLoop()
        var received: [UInt8] = []
        var reason: CloseReason?
        let server = try TestServer(loop) { connection in
            connection.write(Array("bye".utf8))
            connection.close()
        }
        loop.connect(to: server.address) { result in
            guard let connection = loop.need(result) else { return }
            connection.onReceive = { received += $0 }
            connection.onClosed = {
                reason = $0
                loop.stop()
            }
            connection.write([UInt8](repeating: 1, count: 1000))
        }
        run(loop)
        #expect(received == Array("bye".utf8))
        #expect(reason == .closedByPeer)
    }

    @Test func `callbacks of a closed connection are dropped`() throws {
        final class Witness {}
        let loop = try EventLoop()
        weak var witness: Witness?
        weak var closed: Connection?
        let server = try TestServer(loop)
        loop.connect(to: server.address) { result in
            guard let connection = loop.need(result) else { return }
            let captured = Witness()
            witness = captured
            closed = connection
            connection.onReceive = { _ in _ = (captured, connection) }
            connection.onClosed = { _ in _ = (captured, connection) }
            connection.close(afterFlush: false)
            connection.write([1])
            connection.close()
            #expect(!connection.isOpen)
            loop.schedule(after: .milliseconds(1)) { loop.stop() }
        }
        run(loop)
        #expect(witness == nil)
        #expect(closed == nil)
    }
}
