import HTTP
import Telegram
import Transport
import Wire

/// Calls to the Bot API over a few kept connections. Loop's thread only.
///
/// With `https` the chain and the host's name are verified. A token is part of a call's path and
/// goes nowhere else: not into a log, not into an error.
final class BotClient {
    /// Bounds of the client.
    enum Limits {
        /// Calls that wait for a connection before further ones are refused.
        static let waiting = 10_000
        /// Until connected, TLS included.
        static let connect: Duration = .seconds(10)
        /// From a call to the end of its answer.
        static let answer: Duration = .seconds(30)
        /// An unused connection is closed after this.
        static let idle: Duration = .seconds(20)
        /// Bytes of an answer.
        static let answerBytes = 4 << 20
    }

    /// Why there is no answer, in words for people.
    enum Failure: Error, Hashable {
        /// The call certainly did not reach the server.
        case notSent(String)
        /// The call was sent; whether it was carried out is not known.
        case lost(String)
    }
    /// Told once per call.
    typealias Completion = (Result<HTTPResponse, Failure>) -> Void

    private struct Call {
        var request: HTTPRequest
        var completion: Completion
    }

    private let loop: EventLoop
    private let url: ServiceURL
    private let tls: TLSClientContext?
    private let resolver: Resolver
    private let maxConnections: Int
    private let answerBytes: Int
    private var idle: [BotConnection] = []
    private var connections = 0
    private var waiting: [Call] = []

    /// A client of the server at `url`; `tls` is needed when it is `https`.
    init(
        loop: EventLoop, url: ServiceURL, tls: TLSClientContext?, resolver: Resolver,
        maxConnections: Int, answerBytes: Int = Limits.answerBytes
    ) {
        self.loop = loop
        self.url = url
        self.tls = tls
        self.resolver = resolver
        self.maxConnections = maxConnections
        self.answerBytes = answerBytes
    }

    /// A client of the same server with connections of its own, so that what it does holds up
    /// nothing of this one's.
    func sibling(maxConnections: Int, answerBytes: Int) -> BotClient {
        BotClient(
            loop: loop, url: url, tls: tls, resolver: resolver, maxConnections: maxConnections,
            answerBytes: answerBytes)
    }

    /// Calls a method of the bot with this token.
    func call(_ method: BotMethod, token: Text, completion: @escaping Completion) {
        var headers = HTTPHeaders()
        headers.append("Host", url.authority)
        headers.append("Content-Type", "application/json")
        let target = Array(url.path.utf8) + method.target(token: token)
        send(
            HTTPRequest(method: .post, target: target, headers: headers, body: method.body()),
            completion)
    }

    /// Downloads the file under a path that `getFile` told.
    func download(_ path: Text, token: Text, completion: @escaping Completion) {
        var headers = HTTPHeaders()
        headers.append("Host", url.authority)
        let target = Array(url.path.utf8) + BotMethod.fileTarget(token: token, path: path)
        send(HTTPRequest(method: .get, target: target, headers: headers, body: []), completion)
    }

    private func send(_ request: HTTPRequest, _ completion: @escaping Completion) {
        let call = Call(request: request, completion: completion)
        while let connection = idle.popLast() {
            if connection.isReady {
                run(call, on: connection)
                return
            }
        }
        guard waiting.count < Limits.waiting else {
            completion(.failure(.notSent("too many calls to the Bot API are waiting")))
            return
        }
        waiting.append(call)
        if connections < maxConnections { connect() }
    }

    private func connect() {
        connections += 1
        loop.connect(
            host: url.host, port: url.port, resolver: resolver, tls: url.isSecure ? tls : nil,
            timeout: Limits.connect
        ) { [weak self] result in
            guard let self else { return }
            switch result {
            case .success(let connection):
                adopt(BotConnection(connection, answerBytes: answerBytes))
            case .failure(let error):
                connections -= 1
                // Every waiting call would meet the same; their owners decide when to try again.
                let calls = waiting
                waiting = []
                for call in calls {
                    call.completion(.failure(.notSent("the Bot API can't be reached: \(error)")))
                }
            }
        }
    }

    private func adopt(_ connection: BotConnection) {
        connection.onClosed = { [weak self, unowned connection] in
            guard let self else { return }
            connections -= 1
            idle.removeAll { $0 === connection }
            if !waiting.isEmpty && connections < maxConnections { self.connect() }
        }
        release(connection)
    }

    private func release(_ connection: BotConnection) {
        guard connection.isReady else { return }
        if waiting.isEmpty {
            idle.append(connection)
        } else {
            run(waiting.removeFirst(), on: connection)
        }
    }

    private func run(_ call: Call, on connection: BotConnection) {
        connection.send(call.request) { [weak self] result in
            call.completion(result)
            self?.release(connection)
        }
    }
}

/// One kept connection to the Bot API: one call at a time.
private final class BotConnection {
    var onClosed: (() -> Void)?
    private let connection: Connection
    private var machine: HTTPClientConnection
    private var completion: BotClient.Completion?

    init(_ connection: Connection, answerBytes: Int) {
        self.connection = connection
        machine = HTTPClientConnection(limits: HTTPLimits(maxBodyBytes: answerBytes))
        connection.idleTimeout = BotClient.Limits.idle
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

    func send(_ request: HTTPRequest, _ completion: @escaping BotClient.Completion) {
        self.completion = completion
        connection.idleTimeout = nil
        connection.setDeadline(after: BotClient.Limits.answer)
        connection.write { machine.send(request, into: &$0) }
    }

    private func advance() {
        do {
            guard let response = try machine.nextResponse() else { return }
            connection.setDeadline(after: nil)
            connection.idleTimeout = BotClient.Limits.idle
            let completion = self.completion
            self.completion = nil
            if machine.shouldClose { connection.close(afterFlush: false) }
            completion?(.success(response))
        } catch {
            connection.close(afterFlush: false)
        }
    }
}
