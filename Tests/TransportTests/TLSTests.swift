import Glibc
import Testing

@testable import Transport

@Suite struct TLSTests {
    private let certificates: Certificates

    init() throws {
        certificates = try Certificates.shared.get()
    }

    private func serverContext(_ name: String) throws -> TLSServerContext {
        try TLSServerContext(
            certificateFile: certificates.certificate(name), keyFile: certificates.key(name))
    }

    private func clientContext() throws -> TLSClientContext {
        try TLSClientContext(extraCAFile: certificates.authority)
    }

    /// What a client that wants `host` hears from a server with the certificate `name`.
    private func outcome(
        of name: String, host: String?, trusting client: TLSClientContext? = nil
    ) throws -> (failure: TLSFailure?, server: Listener) {
        let loop = try EventLoop()
        let server = try TestServer(loop, tls: try serverContext(name))
        var failure: TLSFailure?
        var isOver = false
        loop.connect(
            to: server.address, tls: try client ?? clientContext(), serverName: host
        ) { result in
            switch result {
            case .success(let connection): #expect(connection.isSecure)
            case .failure(.tls(let why)): failure = why
            case .failure(let error): Issue.record(error)
            }
            isOver = true
        }
        // The server hears of it a little later.
        run(loop) {
            isOver && server.listener.accepted + server.listener.failedHandshakes == 1
        }
        loop.shutDown()
        return (failure, server.listener)
    }

    @Test(arguments: ["node.test", "127.0.0.1", nil])
    func `a certificate of a trusted authority for the wanted name is accepted`(
        host: String?
    ) throws {
        let (failure, listener) = try outcome(of: "good", host: host)
        #expect(failure == nil)
        #expect(listener.accepted == 1)
    }

    @Test(arguments: [
        (
            "expired", "node.test", TLSFailure.Kind.certificateExpired,
            "the certificate of node.test (or one above it) has expired (certificate has expired)"
        ),
        (
            "future", "node.test", .certificateNotYetValid,
            "the certificate of node.test is not valid yet (certificate is not yet valid)"
        ),
        (
            "good", "other.test", .wrongHost,
            "the peer's certificate is not for other.test (hostname mismatch)"
        ),
        (
            "stranger", "127.0.0.1", .wrongHost,
            "the peer's certificate is not for 127.0.0.1 (IP address mismatch)"
        ),
        (
            "alone", "node.test", .selfSigned,
            "the certificate of node.test is self-signed and not in the trust store"
                + " (self-signed certificate)"
        ),
    ])
    func `another certificate is refused with its reason`(
        name: String, host: String, kind: TLSFailure.Kind, text: String
    ) throws {
        let (failure, listener) = try outcome(of: name, host: host)
        #expect(failure?.kind == kind)
        #expect(failure?.description == text)
        #expect(listener.accepted == 0 || listener.failedHandshakes == 0)
    }

    @Test func `an authority that is not trusted is refused`() throws {
        let stranger = try TLSClientContext()
        let (failure, listener) = try outcome(of: "good", host: "node.test", trusting: stranger)
        #expect(failure?.kind == .untrusted)
        #expect(listener.openConnections == 0)
    }

    @Test func `a trusted self-signed certificate is accepted`() throws {
        let client = try TLSClientContext(extraCAFile: certificates.certificate("alone"))
        #expect(try outcome(of: "alone", host: "node.test", trusting: client).failure == nil)
    }

    @Test func `a peer that speaks no TLS is told apart`() throws {
        let loop = try EventLoop()
        let server = try TestServer(loop) { $0.write(Array("HTTP/1.1 400 Bad Request\r\n".utf8)) }
        var failure: TransportError?
        loop.connect(to: server.address, tls: try clientContext()) { result in
            if case .failure(let error) = result { failure = error }
            loop.stop()
        }
        run(loop)
        #expect(
            failure
                == .tls(
                    TLSFailure(
                        kind: .protocolError, description: "TLS failed: wrong version number")))
    }

    @Test func `a server closes who speaks no TLS or nothing at all`() throws {
        let loop = try EventLoop()
        var limits = ListenerLimits()
        limits.connection.handshakeTimeout = .milliseconds(20)
        let server = try TestServer(loop, limits: limits, tls: try serverContext("good"))
        let plain = RawSocket(to: server.address)
        #expect(plain.send(Array("GET / HTTP/1.1\r\n\r\n".utf8)) > 0)
        let silent = RawSocket(to: server.address)
        run(loop) { server.listener.failedHandshakes == 2 }
        #expect(server.listener.openConnections == 0)
        #expect(server.listener.accepted == 0)
        #expect((silent.receive() ?? []).isEmpty)
        let silentPort = try #require(boundAddress(of: silent.fd)).description
        #expect(
            server.listener.lastHandshakeFailure
                == .timedOut(what: "the TLS handshake with \(silentPort)"))
    }

    @Test(arguments: [1, 1000, 5_000_000])
    func `data keeps its order and the end is orderly`(count: Int) throws {
        let data = pattern(count)
        let loop = try EventLoop()
        var limits = ListenerLimits()
        limits.connection.maxPendingWriteBytes = 16 << 20
        let server = try TestServer(loop, limits: limits, tls: try serverContext("good")) { peer in
            peer.onReceive = { peer.write($0) }
            peer.onPeerFinished = { peer.close() }
        }
        var received: [UInt8] = []
        var reason: CloseReason?
        var clientLimits = ConnectionLimits()
        clientLimits.maxPendingWriteBytes = 16 << 20
        loop.connect(
            to: server.address, tls: try clientContext(), serverName: "node.test",
            limits: clientLimits
        ) { result in
            guard let connection = loop.need(result) else { return }
            connection.onReceive = { bytes in
                received += bytes
                if received.count == count { server.connections.first?.close() }
            }
            connection.onClosed = {
                reason = $0
                loop.stop()
            }
            connection.write(data)
        }
        run(loop)
        #expect(received == data)
        #expect(reason == .closedByPeer)
    }

    @Test func `records cut into single bytes are put together`() throws {
        let loop = try EventLoop()
        let data = pattern(3000)
        var received: [UInt8] = []
        let server = try TestServer(loop, tls: try serverContext("good")) { peer in
            peer.onReceive = {
                received += $0
                if received.count == data.count { loop.stop() }
            }
        }
        // Between the two stands a relay that passes on one byte at a time to the server.
        let relay = try TestServer(loop) { outer in
            outer.pauseReading()
            loop.connect(to: server.address) { result in
                guard let inner = loop.need(result) else { return }
                inner.onReceive = { outer.write($0) }
                outer.onReceive = { bytes in
                    for byte in bytes {
                        inner.write([byte])
                        inner.flush()
                    }
                }
                outer.resumeReading()
            }
        }
        loop.connect(
            to: relay.address, tls: try clientContext(), serverName: "node.test"
        ) { result in
            guard let connection = loop.need(result) else { return }
            connection.write(data)
        }
        run(loop)
        #expect(received == data)
    }

    @Test func `a stream cut without a farewell is told`() throws {
        let loop = try EventLoop()
        var reason: CloseReason?
        let server = try TestServer(loop, tls: try serverContext("good"))
        let relay = try TestServer(loop) { outer in
            outer.pauseReading()
            loop.connect(to: server.address) { result in
                guard let inner = loop.need(result) else { return }
                inner.onReceive = { outer.write($0) }
                outer.onReceive = { inner.write($0) }
                outer.resumeReading()
            }
        }
        loop.connect(
            to: relay.address, tls: try clientContext(), serverName: "node.test"
        ) { result in
            guard let connection = loop.need(result) else { return }
            connection.onClosed = {
                reason = $0
                loop.stop()
            }
            relay.connections.first?.close()
        }
        run(loop)
        #expect(reason == .truncated)
    }

    @Test func `a paused reader gets what was decrypted before, once it resumes`() throws {
        let loop = try EventLoop()
        var pieces: [Int] = []
        let server = try TestServer(loop, tls: try serverContext("good")) { peer in
            peer.onReceive = { bytes in
                pieces.append(bytes.count)
                peer.pauseReading()
                if pieces.reduce(0, +) == 50_000 { return loop.stop() }
                loop.schedule(after: .milliseconds(1)) { peer.resumeReading() }
            }
        }
        loop.connect(
            to: server.address, tls: try clientContext(), serverName: "node.test"
        ) { result in
            guard let connection = loop.need(result) else { return }
            connection.write(pattern(50_000))
        }
        run(loop)
        #expect(pieces.count >= 4)
        #expect(pieces.allSatisfy { $0 <= 16_384 })
    }

    @Test func `a TLS peer that reads too slowly is closed`() throws {
        let loop = try EventLoop()
        var reason: CloseReason?
        let server = try TestServer(loop, tls: try serverContext("good")) { peer in
            peer.maxPendingWriteBytes = 100_000
            peer.onClosed = {
                reason = $0
                loop.stop()
            }
            peer.write([UInt8](repeating: 1, count: 20_000_000))
        }
        loop.connect(
            to: server.address, tls: try clientContext(), serverName: "node.test"
        ) { result in
            loop.need(result)?.pauseReading()
        }
        run(loop)
        #expect(reason == .slowReader)
    }

    @Test func `a reload serves the new certificate and survives a bad file`() throws {
        try certificates.copy("good", to: "live")
        let context = try serverContext("live")
        let good = try #require(context.expiry)
        try certificates.copy("second", to: "live")
        #expect(context.expiry == good)
        try context.reload()
        let second = try #require(context.expiry)
        #expect(good - second == 365 * 86_400)
        try certificates.write("rubbish", to: "live.pem")
        #expect(throws: TransportError.self) { try context.reload() }
        #expect(context.expiry == second)
        // What was served before goes on being served.
        let loop = try EventLoop()
        let server = try TestServer(loop, tls: context)
        var isConnected = false
        loop.connect(
            to: server.address, tls: try clientContext(), serverName: "node.test"
        ) { result in
            if case .success = result { isConnected = true }
            loop.stop()
        }
        run(loop)
        #expect(isConnected)
    }

    @Test func `bad files are named with what is wrong`() throws {
        func detail(_ certificate: String, _ key: String) -> String? {
            do throws(TransportError) {
                _ = try TLSServerContext(certificateFile: certificate, keyFile: key)
                return nil
            } catch {
                return error.description
            }
        }
        let good = certificates.certificate("good")
        let goodKey = certificates.key("good")
        let otherKey = certificates.key("second")
        #expect(detail(good, goodKey) == nil)
        #expect(detail("/nowhere.pem", goodKey) == "/nowhere.pem: No such file or directory")
        #expect(detail(goodKey, goodKey) == "\(goodKey): not a PEM certificate chain")
        #expect(
            detail(good, otherKey)
                == "\(otherKey): the key does not belong to the certificate in \(good)")
        #expect(
            detail(good, good) == "\(good): not a PEM private key, or it needs a password")
        #expect(throws: TransportError.self) {
            _ = try TLSClientContext(extraCAFile: certificates.key("good"))
        }
    }
}
