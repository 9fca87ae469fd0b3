import HTTP
import Transport
import Wire

/// Requests to one server over a few kept connections, one at a time on each. Loop's thread only.
///
/// With `https` the chain and the host's name are verified.
final class ServiceClient {
    /// Bounds of a client.
    struct Limits {
        /// Requests that wait for a connection before further ones are refused.
        var waiting = 10_000
        /// Until connected, TLS included.
        var connect: Duration = .seconds(10)
        /// From a request to the end of its answer.
        var answer: Duration = .seconds(30)
        /// An unused connection is closed after this.
        var idle: Duration = .seconds(20)
        /// Bytes of an answer.
        var answerBytes = 4 << 20
        /// Connections at a time.
        var connections: Int
    }

    /// Why there is no answer, in words for people.
    enum Failure: Error, Hashable {
        /// The request certainly did not reach the server.
        case notSent(String)
        /// The request was sent; whether it was carried out is not known.
        case lost(String)
    }
    /// Told once per request.
    typealias Completion = (Result<HTTPResponse, Failure>) -> Void

    private struct Call {
        var request: HTTPRequest
        /// Told when it has a connection and is about to be written.
        var begun: (() -> Void)?
        var completion: Completion
    }

    private let loop: EventLoop
    let url: ServiceURL
    /// What the server is called in messages.
    private let name: String
    private let tls: TLSClientContext?
    private let resolver: Resolver
    private let limits: Limits
    private let permits: (SocketAddress) -> Bool
    private var idle: [ServiceConnection] = []
    private var connections = 0
    private var waiting: [Call] = []

    /// A client of the server at `url`; `tls` is needed when it is `https`. It talks only to
    /// addresses that `permits` says yes to.
    init(
        loop: EventLoop, url: ServiceURL, name: String, tls: TLSClientContext?,
        resolver: Resolver, limits: Limits,
        permits: @escaping (SocketAddress) -> Bool = { _ in true }
    ) {
        self.loop = loop
        self.url = url
        self.name = name
        self.tls = tls
        self.resolver = resolver
        self.limits = limits
        self.permits = permits
    }

    /// A client of the same server, with connections and limits of its own.
    func sibling(limits: Limits) -> ServiceClient {
        ServiceClient(
            loop: loop, url: url, name: name, tls: tls, resolver: resolver, limits: limits,
            permits: permits)
    }

    /// Sends a request; the caller gives `Host`. `begun` is told once it has a connection and is
    /// about to be written, which may be later, or never.
    func send(
        _ request: HTTPRequest, begun: (() -> Void)? = nil, completion: @escaping Completion
    ) {
        let call = Call(request: request, begun: begun, completion: completion)
        while let connection = idle.popLast() {
            if connection.isReady {
                run(call, on: connection)
                return
            }
        }
        guard waiting.count < limits.waiting else {
            completion(.failure(.notSent("too many calls to \(name) are waiting")))
            return
        }
        waiting.append(call)
        if connections < limits.connections { connect() }
    }

    private func connect() {
        connections += 1
        loop.connect(
            host: url.host, port: url.port, resolver: resolver, tls: url.isSecure ? tls : nil,
            timeout: limits.connect, permits: permits
        ) { [weak self] result in
            guard let self else {
                if case .success(let connection) = result { connection.close(afterFlush: false) }
                return
            }
            switch result {
            case .success(let connection):
                adopt(ServiceConnection(connection, limits))
            case .failure(let error):
                connections -= 1
                // Every waiting call would meet the same; their owners decide when to try again.
                let calls = waiting
                waiting = []
                for call in calls {
                    call.completion(.failure(.notSent("\(name) can't be reached: \(error)")))
                }
            }
        }
    }

    private func adopt(_ connection: ServiceConnection) {
        connection.onClosed = { [weak self, unowned connection] in
            guard let self else { return }
            connections -= 1
            idle.removeAll { $0 === connection }
            if !waiting.isEmpty && connections < limits.connections { self.connect() }
        }
        release(connection)
    }

    private func release(_ connection: ServiceConnection) {
        guard connection.isReady else { return }
        if waiting.isEmpty {
            idle.append(connection)
        } else {
            run(waiting.removeFirst(), on: connection)
        }
    }

    private func run(_ call: Call, on connection: ServiceConnection) {
        call.begun?()
        connection.send(call.request) { [weak self] result in
            call.completion(result)
            self?.release(connection)
        }
    }
}

/// One kept connection to a server: one call at a time.
private final class ServiceConnection {
    var onClosed: (() -> Void)?
    private let connection: Connection
    private let limits: ServiceClient.Limits
    private var machine: HTTPClientConnection
    private var completion: ServiceClient.Completion?
    /// More than the head of any request and what TLS adds to its body.
    private static let overheadBytes = 1 << 20

    init(_ connection: Connection, _ limits: ServiceClient.Limits) {
        self.connection = connection
        self.limits = limits
        machine = HTTPClientConnection(limits: HTTPLimits(maxBodyBytes: limits.answerBytes))
        connection.idleTimeout = limits.idle
        connection.onReceive = { bytes in
            self.machine.receive(bytes)
            self.advance()
        }
        connection.onPeerFinished = {
            self.machine.peerClosed()
            self.advance()
            connection.close(afterFlush: false)
        }
        connection.onClosed = { reason in
            let completion = self.completion
            self.completion = nil
            self.onClosed?()
            completion?(.failure(.lost("the connection ended before the answer: \(reason)")))
        }
    }

    var isReady: Bool { connection.isOpen && machine.canSend && completion == nil }

    func send(_ request: HTTPRequest, _ completion: @escaping ServiceClient.Completion) {
        self.completion = completion
        connection.idleTimeout = nil
        connection.setDeadline(after: limits.answer)
        // A request is written at once, whatever its size: who sends large ones bounds them.
        connection.maxPendingWriteBytes = max(
            connection.maxPendingWriteBytes, request.body.count + Self.overheadBytes)
        connection.write { machine.send(request, into: &$0) }
    }

    private func advance() {
        do {
            guard let response = try machine.nextResponse() else { return }
            connection.setDeadline(after: nil)
            connection.idleTimeout = limits.idle
            let completion = self.completion
            self.completion = nil
            if machine.shouldClose { connection.close(afterFlush: false) }
            completion?(.success(response))
        } catch {
            connection.close(afterFlush: false)
        }
    }
}
