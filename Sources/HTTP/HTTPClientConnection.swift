/// The client's side of one HTTP/1.1 connection, without I/O: one request at a time.
public struct HTTPClientConnection: Sendable {
    private enum State: Sendable {
        case idle
        case awaiting(isHead: Bool, keepAlive: Bool, interim: Int)
        case body(HTTPResponse, BodyReader, keepAlive: Bool)
        case upgraded
        case finished
    }

    private enum BodyReader: Sendable {
        case length(Int)
        case chunked(ChunkedBody)
        case untilClose
    }

    /// Interim responses (1xx) that may come before the final one.
    private static let maxInterimResponses = 16

    /// The bounds of this connection.
    public let limits: HTTPLimits
    private var state = State.idle
    private var parser = ResponseHeadParser()
    private var buffer = ReceiveBuffer()
    private var hasPeerClosed = false

    /// A fresh connection.
    public init(limits: HTTPLimits = HTTPLimits(maxBodyBytes: 1 << 20)) {
        self.limits = limits
    }

    /// Whether a request may be sent now: none is outstanding and the connection is still good.
    public var canSend: Bool {
        guard case .idle = state else { return false }
        return buffer.isEmpty && !hasPeerClosed
    }

    /// Whether to close the connection: the server said so, or it can't be trusted any more.
    public var shouldClose: Bool {
        switch state {
        case .idle: !canSend
        case .finished: true
        case .awaiting, .body, .upgraded: false
        }
    }

    /// Appends a request as it goes over the wire. The caller gives `Host`; `canSend` must hold.
    public mutating func send(_ request: HTTPRequest, into out: inout [UInt8]) {
        precondition(canSend, "one request at a time on an open connection")
        request.serialize(into: &out)
        state = .awaiting(
            isHead: request.method == .head, keepAlive: request.keepAlive, interim: 0)
    }

    /// Takes bytes from the socket.
    public mutating func receive(_ bytes: UnsafeRawBufferPointer) {
        if case .finished = state { return }  // Nothing after an error has a meaning.
        buffer.append(bytes)
    }

    /// Takes bytes from the socket.
    public mutating func receive(_ bytes: [UInt8]) { bytes.withUnsafeBytes { receive($0) } }

    /// Tells that the server closed; a body without a length ends here: ask `nextResponse` again.
    public mutating func peerClosed() { hasPeerClosed = true }

    /// The response once it is complete; nil when more is needed. Interim responses are left out.
    ///
    /// An error's status means nothing here, its reason does. After an error the connection is to
    /// be closed; whether the server did what it was asked is then unknown.
    public mutating func nextResponse() throws(HTTPError) -> HTTPResponse? {
        do {
            if let response = try advance() { return response }
            try checkEnd()
            return nil
        } catch {
            finish()
            throw error
        }
    }

    /// After 101: the bytes that came behind the response, for the new protocol.
    public mutating func takeUpgradedBytes() -> [UInt8] {
        guard case .upgraded = state else { return [] }
        return buffer.take(buffer.count)
    }

    private mutating func finish() {
        state = .finished
        buffer.removeAll()
    }

    private mutating func checkEnd() throws(HTTPError) {
        switch state {
        case .idle:
            guard buffer.isEmpty else { throw HTTPError(502, "bytes that nobody asked for") }
            if hasPeerClosed { finish() }
        case .awaiting, .body:
            if hasPeerClosed { throw HTTPError(502, "the connection closed within a response") }
        case .upgraded, .finished:
            return
        }
    }

    private mutating func advance() throws(HTTPError) -> HTTPResponse? {
        while true {
            switch state {
            case .idle, .upgraded, .finished:
                return nil
            case .awaiting(let isHead, let keepAlive, let interim):
                guard let head = try readHead() else { return nil }
                let status = head.response.status
                if status == 101 {
                    state = .upgraded
                    return head.response
                }
                if status < 200 {
                    guard interim < Self.maxInterimResponses else {
                        throw HTTPError(502, "too many interim responses")
                    }
                    state = .awaiting(isHead: isHead, keepAlive: keepAlive, interim: interim + 1)
                    continue
                }
                try startBody(of: head, isHead: isHead, keepAlive: keepAlive)
            case .body(let response, let reader, let keepAlive):
                state = .finished
                return try readBody(of: response, reader, keepAlive: keepAlive)
            }
        }
    }

    private mutating func readHead() throws(HTTPError) -> ResponseHeadParser.Head? {
        guard !buffer.isEmpty else { return nil }
        let limits = limits
        let read = try buffer.withUnread {
            (bytes) throws(HTTPError) -> ResponseHeadParser.Head? in
            try parser.read(bytes, limits: limits)
        }
        guard let head = read else { return nil }
        parser = ResponseHeadParser()
        buffer.consume(head.byteCount)
        return head
    }

    private mutating func startBody(
        of head: ResponseHeadParser.Head, isHead: Bool, keepAlive: Bool
    ) throws(HTTPError) {
        let reader: BodyReader
        var isDelimited = true
        switch isHead ? .length(0) : head.body {
        case .length(let count):
            guard count <= limits.maxBodyBytes else {
                throw HTTPError(502, "the body is too large")
            }
            reader = .length(count)
        case .chunked:
            reader = .chunked(ChunkedBody(maxBodyBytes: limits.maxBodyBytes))
        case .untilClose:
            reader = .untilClose
            isDelimited = false
        }
        var response = head.response
        let stays = keepAlive && head.keepAlive && isDelimited
        response.closes = !stays
        state = .body(response, reader, keepAlive: stays)
    }

    private mutating func readBody(
        of response: consuming HTTPResponse, _ reader: consuming BodyReader, keepAlive: Bool
    ) throws(HTTPError) -> HTTPResponse? {
        switch reader {
        case .length(let count):
            if buffer.count >= count {
                if count > 0 { response.body = buffer.take(count) }
                return end(response, keepAlive: keepAlive)
            }
        case .chunked(var chunks):
            // Lets go of the second reference, so that the body grows in place.
            reader = .length(0)
            if try chunks.read(from: &buffer, limits: limits) {
                response.body = chunks.body
                return end(response, keepAlive: keepAlive)
            }
            reader = .chunked(chunks)
        case .untilClose:
            guard buffer.count <= limits.maxBodyBytes else {
                throw HTTPError(502, "the body is too large")
            }
            if hasPeerClosed {
                response.body = buffer.take(buffer.count)
                return end(response, keepAlive: false)
            }
        }
        state = .body(response, reader, keepAlive: keepAlive)
        return nil
    }

    private mutating func end(_ response: HTTPResponse, keepAlive: Bool) -> HTTPResponse {
        if keepAlive { state = .idle } else { finish() }
        return response
    }
}
