import Glibc
import Testing

@testable import Transport

@Suite struct ConnectTests {
    /// The error of connecting to `address`.
    private func errorOfConnecting(
        to address: SocketAddress, on loop: EventLoop, tls: TLSClientContext? = nil,
        timeout: Duration = .seconds(10)
    ) -> TransportError? {
        var error: TransportError?
        loop.connect(to: address, tls: tls, timeout: timeout) { result in
            if case .failure(let failure) = result { error = failure }
            loop.stop()
        }
        run(loop)
        return error
    }

    @Test func `a refused connection says so`() throws {
        let loop = try EventLoop()
        let server = try TestServer(loop)
        let address = server.address
        server.listener.close()
        let error = errorOfConnecting(to: address, on: loop)
        #expect(error == .connect(address: address.description, errno: ECONNREFUSED))
        #expect(error?.description == "cannot connect to \(address): Connection refused")
    }

    @Test func `a peer that is silent in the handshake times out`() throws {
        let loop = try EventLoop()
        let server = try TestServer(loop)
        let error = errorOfConnecting(
            to: server.address, on: loop, tls: try TLSClientContext(), timeout: .milliseconds(20))
        #expect(error == .timedOut(what: "the TLS handshake with \(server.address)"))
    }

    @Test func `a peer that hangs up in the handshake is told`() throws {
        let loop = try EventLoop()
        let server = try TestServer(loop) { $0.close(afterFlush: false) }
        let error = errorOfConnecting(to: server.address, on: loop, tls: try TLSClientContext())
        #expect(
            error == .closed
                || error
                    == .connect(
                        address: server.address.description, errno: ECONNRESET)
        )
    }

    @Test func `a port in use cannot be listened on`() throws {
        let loop = try EventLoop()
        let server = try TestServer(loop)
        let port = server.address.port
        #expect(throws: TransportError.listen(address: "127.0.0.1:\(port)", errno: EADDRINUSE)) {
            _ = try Listener(loop: loop, host: "127.0.0.1", port: port)
        }
    }

    @Test func `two loops share a port`() throws {
        let loop = try EventLoop()
        let first = try Listener(loop: loop, host: "127.0.0.1", port: 0, reusePort: true)
        let second = try Listener(
            loop: loop, host: "127.0.0.1", port: first.address.port, reusePort: true)
        #expect(first.address == second.address)
        loop.shutDown()
    }

    @Test func `a name is looked up, cached and shared`() throws {
        let loop = try EventLoop()
        let address = try #require(SocketAddress("127.0.0.9:0"))
        let calls = Calls()
        let resolver = try Resolver(
            loop: loop, timeToLive: .seconds(60), timeout: .seconds(5)
        ) { host in
            calls.add()
            return host == "known"
                ? .success([address])
                : .failure(
                    .lookUp(host: host, detail: "no such name"))
        }
        var answers: [Result<[SocketAddress], TransportError>] = []
        func ask(_ host: String, _ port: UInt16, last: Bool = false) {
            resolver.resolve(host: host, port: port) {
                answers.append($0)
                if last { loop.stop() }
            }
        }
        ask("known", 1)
        ask("known", 2, last: true)
        run(loop)
        ask("known", 3, last: true)
        run(loop)
        ask("10.0.0.1", 4, last: true)
        run(loop)
        ask("unknown", 5, last: true)
        run(loop)
        #expect(calls.count == 2)
        #expect(
            answers.prefix(4).compactMap { try? $0.get().first?.description } == [
                "127.0.0.9:1", "127.0.0.9:2", "127.0.0.9:3", "10.0.0.1:4",
            ])
        #expect(answers.last == .failure(.lookUp(host: "unknown", detail: "no such name")))
    }

    @Test func `a slow look-up times out and still fills the cache`() throws {
        let loop = try EventLoop()
        let address = try #require(SocketAddress("127.0.0.9:0"))
        let gate = Gate()
        let resolver = try Resolver(
            loop: loop, timeToLive: .seconds(60), timeout: .milliseconds(10)
        ) { _ in
            gate.wait()
            return .success([address])
        }
        var answers: [Result<[SocketAddress], TransportError>] = []
        resolver.resolve(host: "slow", port: 1) {
            answers.append($0)
            gate.open()
            loop.schedule(after: .milliseconds(5)) { loop.stop() }
        }
        run(loop)
        #expect(answers == [.failure(.timedOut(what: "looking up slow"))])
        resolver.resolve(host: "slow", port: 1) {
            answers.append($0)
            loop.stop()
        }
        run(loop)
        #expect(try answers.last?.get().first?.port == 1)
    }

    @Test func `the next address is tried when one refuses`() throws {
        let loop = try EventLoop()
        let server = try TestServer(loop)
        let dead = try #require(SocketAddress(ip: "127.0.0.77", port: 0))
        let alive = server.address.withPort(0)
        let resolver = try Resolver(
            loop: loop, timeToLive: .seconds(60), timeout: .seconds(5)
        ) { _ in .success([dead, alive]) }
        var remote: SocketAddress?
        loop.connect(host: "both", port: server.address.port, resolver: resolver) { result in
            remote = try? result.get().remoteAddress
            loop.stop()
        }
        run(loop)
        #expect(remote == server.address)
    }

    @Test func `localhost is known to the system`() throws {
        let loop = try EventLoop()
        let resolver = try Resolver(loop: loop)
        var addresses: [SocketAddress] = []
        resolver.resolve(host: "localhost", port: 80) {
            addresses = (try? $0.get()) ?? []
            loop.stop()
        }
        run(loop)
        #expect(addresses.contains { $0.description == "127.0.0.1:80" || $0.ip == "::1" })
    }

    @Test func `workers answer on the loop and a full queue refuses`() throws {
        let loop = try EventLoop()
        let pool = try WorkerPool(name: "work", threads: 1, queueLimit: 2)
        let gate = Gate()
        let started = Gate()
        var results: [Int] = []
        let first = pool.submit(
            on: loop,
            { () -> Int in
                started.open()
                gate.wait()
                return 1
            }
        ) { results.append($0) }
        started.wait()
        let others = (2...4).map { number in
            pool.submit(on: loop, { number }) {
                results.append($0)
                if results.count == 3 { loop.stop() }
            }
        }
        #expect(first)
        #expect(others == [true, true, false])
        #expect(pool.waitingCount == 2)
        gate.open()
        run(loop)
        #expect(results == [1, 2, 3])
        pool.shutDown()
        #expect(!pool.submit(on: loop, { 5 }) { _ in })
    }

    @Test(arguments: [true, false])
    func `an address that is not permitted is not connected to`(isPermitted: Bool) throws {
        let loop = try EventLoop()
        let server = try TestServer(loop)
        let resolver = try Resolver(loop: loop)
        var result: Result<Connection, TransportError>?
        loop.connect(
            host: "127.0.0.1", port: server.address.port, resolver: resolver,
            permits: { _ in isPermitted }
        ) {
            result = $0
            loop.stop()
        }
        run(loop)
        switch result {
        case .success: #expect(isPermitted)
        case .failure(let error):
            #expect(!isPermitted && error == .notPermitted(host: "127.0.0.1"))
        case nil: Issue.record("no answer")
        }
    }

    @Test(arguments: [
        "1.1.1.1", "100.63.255.255", "100.128.0.0", "172.15.0.1", "172.32.0.1", "192.0.1.1",
        "198.17.0.1", "223.255.255.255", "2606:4700::1111", "64:ff9b::1.1.1.1", "2002:101:101::1",
    ])
    func `addresses of the public internet are known`(ip: String) throws {
        #expect(try #require(SocketAddress(ip: ip, port: 1)).isPublic)
    }

    @Test(arguments: [
        "0.0.0.0", "10.0.0.1", "127.0.0.1", "127.255.0.1", "100.64.0.1", "100.127.255.255",
        "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.168.1.1", "192.0.0.8",
        "192.0.2.1", "198.18.0.1", "198.51.100.7", "203.0.113.9", "224.0.0.1", "255.255.255.255",
        "::", "::1", "::ffff:10.0.0.1", "::127.0.0.1", "fe80::1", "fc00::1", "fd12::1", "ff02::1",
        "2001:db8::1", "2001::1", "64:ff9b::10.0.0.1", "2002:a00:1::1",
    ])
    func `private, local and special addresses are known`(ip: String) throws {
        #expect(try !#require(SocketAddress(ip: ip, port: 1)).isPublic)
    }
}
