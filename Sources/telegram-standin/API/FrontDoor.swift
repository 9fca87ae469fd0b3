import HTTP
import Transport
import Wire

/// A listener and the HTTP of its connections.
final class FrontDoor {
    private let world: World
    private let listener: Listener
    private let isSecure: Bool

    /// Bounds of one connection: an upload of 50 MB and what frames it.
    private static let limits = HTTPLimits(maxBodyBytes: 52 << 20)

    init(world: World, address: SocketAddress, tls: TLSServerContext?) throws(TransportError) {
        self.world = world
        isSecure = tls != nil
        var limits = ListenerLimits()
        limits.connection.idleTimeout = .seconds(600)
        limits.connection.maxPendingWriteBytes = 64 << 20
        listener = try Listener(
            loop: world.loop, host: address.ip, port: address.port, limits: limits, tls: tls)
        listener.onAccept = { connection in
            FrontConnection(world: world, connection: connection, limits: Self.limits).start()
        }
    }

    /// Where it listens.
    var url: String { "\(isSecure ? "https" : "http")://\(listener.address)" }
}

/// One client's connection: requests in turn, each answered before the next is looked at.
final class FrontConnection {
    private let world: World
    private let connection: Connection
    private var http: HTTPServerConnection

    init(world: World, connection: Connection, limits: HTTPLimits) {
        self.world = world
        self.connection = connection
        http = HTTPServerConnection(limits: limits)
    }

    func start() {
        // The callbacks keep this object alive as long as the connection.
        connection.onReceive = { [self] bytes in
            http.receive(bytes)
            advance()
        }
        connection.onPeerFinished = { [self] in
            http.peerClosed()
            advance()
        }
    }

    private func advance() {
        do throws(HTTPError) {
            while let request = try http.nextRequest() {
                var isNow = true
                var wasAnswered = false
                route(request) { [self] response in
                    precondition(!wasAnswered, "a request is answered once")
                    wasAnswered = true
                    send(response)
                    if !isNow { advance() }
                }
                isNow = false
                if !wasAnswered { return }
            }
            if let interim = http.takeInterimResponse() { connection.write(interim) }
            if http.shouldClose { connection.close(afterFlush: true) }
        } catch {
            refuse(error)
        }
    }

    private func send(_ response: HTTPResponse?) {
        guard connection.isOpen else { return }
        guard let response else { return connection.close(afterFlush: false) }
        var out: [UInt8] = []
        http.respond(response, date: nil, into: &out)
        connection.write(out)
        if http.shouldClose { connection.close(afterFlush: true) }
    }

    /// Bytes that are no request: told in the Bot API's own form, and the end.
    private func refuse(_ error: HTTPError) {
        let text: Text = error.status == 413 ? "Request Entity Too Large" : Text(error.reason)
        var out: [UInt8] = []
        Reply.error(error.status, text).response.serialize(into: &out, keepAlive: false)
        connection.write(out)
        connection.close(afterFlush: true)
    }

    private func route(_ request: HTTPRequest, answer: @escaping BotAPI.Answer) {
        let path = request.path
        let api = BotAPI(world: world)
        if path.starts(with: Array("/bot".utf8)) {
            api.handle(request, path: Array(path.dropFirst(4)), answer: answer)
        } else if path.starts(with: Array("/file/bot".utf8)) {
            answer(api.download(path: Array(path.dropFirst(9))))
        } else if path.starts(with: Array("/standin/".utf8)) {
            ControlAPI(world: world).handle(request, answer: answer)
        } else {
            answer(Reply.error(404, "Not Found").response)
        }
    }
}
