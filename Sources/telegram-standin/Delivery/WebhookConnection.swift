import HTTP
import Transport
import Wire

/// One connection to a webhook: one update on its way at a time, kept alive between them.
final class WebhookConnection {
    /// How the use of the connection ended.
    enum Outcome {
        case answered(update: Int64, attempt: Int, HTTPResponse)
        case failed(update: Int64, attempt: Int, message: String, status: Int?)
        /// It was closed with nothing on its way.
        case closedIdle
    }

    let number: Int
    /// Told once for each update, and when an idle connection closes.
    var onEnd: ((WebhookConnection, Outcome) -> Void)?
    private let world: World
    private let address: SocketAddress
    private let trust: TLSClientContext?
    private let serverName: String
    private var connection: Connection?
    private var http = HTTPClientConnection()
    /// What is on its way.
    private var current: (update: Int64, attempt: Int, head: [UInt8], body: [UInt8])?
    /// The first bytes of the answer, to see an interim one, which Telegram does not expect.
    private var firstBytes: [UInt8] = []
    private var timer: LoopTimer?
    private var isClosed = false

    /// Without an answer for this long an attempt has failed, in Telegram's seconds.
    static let answerTimeout = 60.0
    /// An idle connection is closed after this long, in Telegram's seconds.
    static let idleTimeout = 50.0

    init(
        number: Int, world: World, address: SocketAddress, trust: TLSClientContext?,
        serverName: String
    ) {
        self.number = number
        self.world = world
        self.address = address
        self.trust = trust
        self.serverName = serverName
        timer = world.loop.timer { [weak self] in self?.timeIsOver() }
    }

    /// Whether another update can be sent.
    var isReusable: Bool { !isClosed && connection?.isOpen == true && http.canSend }

    /// Begins to connect.
    func open() {
        var limits = ConnectionLimits()
        limits.idleTimeout = nil
        world.loop.connect(
            to: address, tls: trust, serverName: trust == nil ? nil : serverName,
            timeout: world.clock.duration(Self.answerTimeout), limits: limits
        ) { [self] result in
            switch result {
            case .success(let connection):
                guard !isClosed else { return connection.close(afterFlush: false) }
                connected(connection)
            case .failure(let error): fail(Self.words(for: error))
            }
        }
    }

    private func connected(_ connection: Connection) {
        self.connection = connection
        connection.onReceive = { [self] in received($0) }
        connection.onPeerFinished = { [self] in
            http.peerClosed()
            readAnswer(isLast: true)
            fail("Webhook connection closed")
        }
        connection.onClosed = { [self] _ in fail("Webhook connection closed") }
        if current != nil { write() } else { timer?.reschedule(after: idleTime) }
    }

    private var idleTime: Duration { world.clock.duration(Self.idleTimeout) }

    /// Sends an update, now or once connected.
    func send(update: Int64, attempt: Int, head: [UInt8], body: [UInt8]) {
        precondition(current == nil, "one update at a time on a connection")
        current = (update, attempt, head, body)
        firstBytes = []
        timer?.reschedule(after: world.clock.duration(Self.answerTimeout))
        if connection != nil { write() }
    }

    /// Telegram sends head and body in two writes: servers must not count on one.
    private func write() {
        guard let current, let connection else { return }
        // The request's bytes are ours; the machine is only told that one is on its way.
        var unused: [UInt8] = []
        http.send(HTTPRequest(method: .post, target: "/"), into: &unused)
        connection.write(current.head)
        world.loop.later { connection.write(current.body) }
    }

    private func received(_ bytes: UnsafeRawBufferPointer) {
        if firstBytes.count < 10 { firstBytes += bytes.prefix(10 - firstBytes.count) }
        if firstBytes.count == 10, firstBytes.last == UInt8(ascii: "1") {
            let status = Int(String(decoding: bytes.dropFirst(9).prefix(3), as: UTF8.self))
            return fail(
                "Wrong response from the webhook: \(StatusWords.line(status ?? 100))",
                status: status)
        }
        http.receive(bytes)
        readAnswer()
    }

    private func readAnswer(isLast: Bool = false) {
        guard !isClosed, let (update, attempt, _, _) = current else { return }
        do throws(HTTPError) {
            guard let response = try http.nextResponse() else { return }
            current = nil
            if http.shouldClose { close() } else { timer?.reschedule(after: idleTime) }
            onEnd?(self, .answered(update: update, attempt: attempt, response))
        } catch {
            fail(
                isLast
                    ? "Webhook connection closed"
                    : "Wrong response from the webhook: \(error.reason)")
        }
    }

    private func timeIsOver() {
        fail(connection == nil ? "Connection timed out" : "Read timeout expired")
    }

    /// Ends the connection, and with it what was on its way.
    private func fail(_ message: String, status: Int? = nil) {
        guard !isClosed else { return }
        close()
        if let (update, attempt, _, _) = current {
            current = nil
            onEnd?(
                self,
                .failed(update: update, attempt: attempt, message: message, status: status))
        } else {
            onEnd?(self, .closedIdle)
        }
    }

    /// Ends the connection without telling.
    func close() {
        isClosed = true
        timer?.cancel()
        connection?.close(afterFlush: false)
        connection = nil
    }

    private static func words(for error: TransportError) -> String {
        switch error {
        case .timedOut: "Connection timed out"
        case .connect: "Connection refused"
        case .tls(let failure):
            "SSL error {error:0A000086:SSL routines::certificate verify failed}: "
                + failure.description
        case .system, .listen, .lookUp, .certificate, .overloaded, .notPermitted, .closed:
            "\(error)"
        }
    }
}
