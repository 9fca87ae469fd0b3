import HTTP
import Transport
import Wire

/// A listener that speaks HTTP/1.1: takes requests, one at a time per connection, and hands each
/// to `onRequest` with the way to answer it. Loop's thread only.
final class HTTPFront {
    /// Called with every request. Each must be answered once, now or later.
    var onRequest: ((Exchange) -> Void)?
    /// Asked before a body that is larger than the ordinary bound is read; must say once, now or
    /// later, what becomes of it. Without it such a body is refused.
    var onLargeBody: ((LargeBody) -> Void)?
    /// Where it listens.
    var address: SocketAddress { listener.address }
    /// Open connections.
    var openConnections: Int { listener.openConnections }
    /// Connections refused because of a limit or for want of a file descriptor.
    var refusedConnections: UInt64 {
        listener.refusedOverLimit + listener.refusedWithoutDescriptor
    }

    /// From this size on an answer gets more room in its connection's queue,
    fileprivate static let largeAnswerBytes = 1 << 20
    /// which is this: the largest answer, a file of Telegram's, and a little more.
    fileprivate static let maxAnswerBytes = 24 << 20
    /// With more than this on its way to readers, no further file is brought for one.
    fileprivate static let maxLargeBytes = 256 << 20
    /// So fast a large body must come, beside the time of every request: 20 MB have 330 seconds.
    fileprivate static let slowestBytesPerSecond = 64 << 10
    /// The longest request line: a caption of 1,024 emoji, percent-encoded, fits.
    private static let maxRequestLineBytes = 14 << 10
    /// The answer to a body that is larger than anybody's may be here.
    static var tooLarge: HTTPResponse { HTTPError(413, "the body is too large").response }

    fileprivate let loop: EventLoop
    fileprivate let limits: HTTPLimits
    fileprivate let requestTime: Duration
    fileprivate let trustedProxies: Set<String>
    fileprivate var date = Text("")
    /// Connections whose large answers wait, or did when one was last looked for.
    private var large: [Connection] = []
    private let listener: Listener
    private var isClosing = false

    /// A front on this address; `tls` makes it HTTPS.
    init(
        loop: EventLoop, listen: SocketAddress, tls: TLSServerContext?, bounds: NodeLimits,
        trustedProxies: Set<String>
    ) throws(TransportError) {
        self.loop = loop
        limits = HTTPFront.limits(bounds)
        requestTime = .seconds(bounds.requestSeconds)
        self.trustedProxies = trustedProxies
        var listening = ListenerLimits()
        listening.maxConnections = bounds.connections
        listening.connection.idleTimeout = .seconds(bounds.idleSeconds)
        listening.connection.writeTimeout = .seconds(bounds.writeSeconds)
        listener = try Listener(
            loop: loop, host: listen.ip, port: listen.port, limits: listening, tls: tls)
        listener.onAccept = { [unowned self] connection in
            HTTPSession(connection, front: self).start()
        }
        refreshDate()
    }

    /// Accepts no more; open connections finish what they do.
    func close() {
        isClosing = true
        listener.close()
    }

    private static func limits(_ bounds: NodeLimits) -> HTTPLimits {
        var limits = HTTPLimits(
            maxBodyBytes: bounds.bodyBytes,
            bodyLimits: [
                HTTPLimits.BodyLimit(
                    pathPrefix: "/telegram/", maxBodyBytes: bounds.webhookBodyBytes)
            ])
        limits.maxHeadBytes = bounds.headBytes
        limits.maxRequestLineBytes = min(HTTPFront.maxRequestLineBytes, bounds.headBytes)
        limits.asksForLargeBodies = true
        return limits
    }

    /// Whether large answers wait for slow readers in such numbers that memory sets a bound.
    fileprivate var isFullOfLarge: Bool {
        forgetTaken()
        return large.reduce(0) { $0 + $1.pendingWriteBytes } > HTTPFront.maxLargeBytes
    }

    /// A connection is given a large answer.
    fileprivate func noteLarge(_ connection: Connection) {
        forgetTaken()
        if !large.contains(where: { $0 === connection }) { large.append(connection) }
    }

    private func forgetTaken() {
        large.removeAll { $0.pendingWriteBytes < HTTPFront.largeAnswerBytes }
    }

    private func refreshDate() {
        date = Text(HTTPDate.text(milliseconds: WallClock.now()))
        guard !isClosing else { return }
        _ = loop.schedule(after: .milliseconds(500)) { [weak self] in self?.refreshDate() }
    }
}

/// One request and the way to answer it.
struct Exchange {
    /// The request, with its whole body.
    let request: HTTPRequest
    /// The connection it came over.
    fileprivate let session: HTTPSession
    /// What was set aside for its large body, for as long as somebody has it.
    var room: AnyObject?

    /// Whether it came over TLS.
    var isSecure: Bool { session.connection.isSecure }
    /// The client's address as text: the peer's, or what a trusted proxy says.
    var clientAddress: Text {
        guard session.isPeerTrusted else { return session.peerAddress }
        return ForwardedFor.client(
            request.headers.all("X-Forwarded-For"), peer: session.peerAddress,
            trusted: session.front.trustedProxies)
    }
    /// Whether so many large answers wait for slow readers that a further one must be refused.
    var isFrontFull: Bool { session.front.isFullOfLarge }
    /// Answers. Exactly once.
    func respond(_ response: HTTPResponse) { session.respond(response) }
    /// The way to answer alone, for an answer that comes later and needs nothing of the request.
    var answering: Answering { Answering(session: session) }
    /// Answers 101 and hands the connection over, with what the client sent behind its request.
    func upgrade(_ response: HTTPResponse) -> (connection: Connection, first: [UInt8]) {
        session.upgrade(response)
    }
}

/// A request whose body is larger than the ordinary bound, before anything of it is read.
struct LargeBody {
    /// The request without its body: to be looked at, not to be answered.
    let head: Exchange
    /// How large the body is.
    let byteCount: Int

    /// It is read, and the request comes to `onRequest` then. `room` is kept until that is answered
    /// or the connection ends.
    func take(holding room: AnyObject) { head.session.take(byteCount, holding: room) }
    /// It is not read: this is the answer, and the connection ends.
    func refuse(_ response: HTTPResponse) { head.session.refuseBody(response) }
}

/// The way to answer a request whose bytes need not be kept.
struct Answering {
    fileprivate let session: HTTPSession

    /// Answers. Exactly once.
    func respond(_ response: HTTPResponse) { session.respond(response) }
    /// Answers with a prepared response whose open value ends so. Exactly once.
    func respond(_ response: PreparedResponse, ending: [UInt8]) {
        session.respond(response, ending: ending)
    }
}

/// One HTTP connection: the protocol's machine, its deadlines, one request at a time.
private final class HTTPSession {
    let connection: Connection
    let front: HTTPFront
    /// The peer's address as text.
    let peerAddress: Text
    /// Whether the peer may say for whom it asks.
    let isPeerTrusted: Bool
    private var machine: HTTPServerConnection
    private var isPumping = false
    private var hasDeadline = false
    private var isPaused = false
    /// Whether somebody was asked about a large body.
    private var hasAsked = false
    /// What was set aside for the large body that is being read, and how much longer it may take.
    private var room: AnyObject?
    private var extraTime: Duration = .zero

    init(_ connection: Connection, front: HTTPFront) {
        self.connection = connection
        self.front = front
        let peer = connection.remoteAddress.ip
        peerAddress = Text(peer)
        isPeerTrusted = front.trustedProxies.contains(peer)
        machine = HTTPServerConnection(limits: front.limits)
    }

    /// The connection's callbacks keep this object alive until it closes.
    func start() {
        connection.onReceive = { bytes in
            self.machine.receive(bytes)
            self.pump()
        }
        connection.onPeerFinished = {
            self.machine.peerClosed()
            self.pump()
        }
    }

    private func pump() {
        guard !isPumping else { return }
        isPumping = true
        do {
            repeat {
                while let request = try machine.nextRequest() {
                    let exchange = Exchange(request: request, session: self, room: room)
                    (room, extraTime) = (nil, .zero)
                    front.onRequest?(exchange)
                }
            } while ask()
            if let interim = machine.takeInterimResponse() { connection.write(interim) }
        } catch {
            connection.write { machine.respond(to: error, date: front.date, into: &$0) }
        }
        isPumping = false
        settle()
    }

    /// Asks about a large body; true: it is decided already.
    private func ask() -> Bool {
        guard !hasAsked, let (request, byteCount) = machine.question else { return false }
        hasAsked = true
        let body = LargeBody(
            head: Exchange(request: request, session: self), byteCount: byteCount)
        if let ask = front.onLargeBody { ask(body) } else { body.refuse(HTTPFront.tooLarge) }
        return machine.question == nil
    }

    /// The large body is wanted, unless its sender has gone.
    func take(_ byteCount: Int, holding room: AnyObject) {
        guard connection.isOpen, machine.question != nil else { return }
        machine.takeBody()
        self.room = room
        extraTime = .seconds(byteCount / HTTPFront.slowestBytesPerSecond)
        hasAsked = false
        liftDeadline()
        if !isPumping { pump() }
    }

    /// The large body is not wanted.
    func refuseBody(_ response: HTTPResponse) {
        guard connection.isOpen, machine.question != nil else { return }
        connection.write { machine.refuseBody(response, date: front.date, into: &$0) }
        if !isPumping { settle() }
    }

    /// After every step: the deadline of a half-read request, backpressure, and the end.
    private func settle() {
        switch machine.phase {
        case .readingHead, .readingBody:
            if !hasDeadline { connection.setDeadline(after: front.requestTime + extraTime) }
            hasDeadline = true
        case .idle, .asking, .answering, .upgraded, .finished:
            liftDeadline()
        }
        if machine.shouldClose {
            connection.close(afterFlush: true)
        } else if machine.wantsInput == isPaused {
            isPaused.toggle()
            if isPaused { connection.pauseReading() } else { connection.resumeReading() }
        }
    }

    /// The deadline of a request that is being read counts no more; who takes the connection over
    /// sets their own.
    private func liftDeadline() {
        if hasDeadline { connection.setDeadline(after: nil) }
        hasDeadline = false
    }

    func respond(_ response: HTTPResponse) {
        guard connection.isOpen else { return }
        // A file is one answer; a second one behind it has to wait for a reader who keeps up.
        if response.body.count > HTTPFront.largeAnswerBytes {
            connection.maxPendingWriteBytes = max(
                connection.maxPendingWriteBytes, HTTPFront.maxAnswerBytes)
            front.noteLarge(connection)
        }
        connection.write { machine.respond(response, date: front.date, into: &$0) }
        // Inside `pump` the loop there goes on; an answer that comes later starts it again.
        if !isPumping { pump() }
    }

    func respond(_ response: PreparedResponse, ending: [UInt8]) {
        guard connection.isOpen else { return }
        connection.write {
            machine.respond(response, ending: ending, date: front.date, into: &$0)
        }
        if !isPumping { pump() }
    }

    func upgrade(_ response: HTTPResponse) -> (connection: Connection, first: [UInt8]) {
        liftDeadline()
        connection.write { machine.respond(response, date: front.date, into: &$0) }
        connection.onPeerFinished = nil
        return (connection, machine.takeUpgradedBytes())
    }
}
