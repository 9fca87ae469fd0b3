import Wire

/// The server's side of one HTTP/1.1 connection, without I/O.
///
/// Feed it what arrives, take complete requests, and let it write each answer: `respond` knows the
/// version, whether the request was HEAD, and whether the connection stays. Until a request is
/// answered `nextRequest` gives nil, so answers can't leave out of order.
public struct HTTPServerConnection: Sendable {
    /// What the connection is doing, for the timeouts of its owner.
    public enum Phase: Sendable, Equatable {
        /// Between requests, nothing of the next one has come.
        case idle
        /// A part of a head has come.
        case readingHead
        /// A head has come, and whether its large body is wanted is not decided yet.
        case asking
        /// A head has come and a part of its body is missing.
        case readingBody
        /// A request was given out and is not answered yet.
        case answering
        /// 101 was sent: further bytes belong to another protocol.
        case upgraded
        /// Nothing more will be read: close once all is written.
        case finished
    }

    private enum State: Sendable {
        case head
        case asking(HTTPRequest, byteCount: Int, expectsContinue: Bool)
        case body(HTTPRequest, BodyReader, owesContinue: Bool)
        case answering(isHead: Bool, minorVersion: Int, keepAlive: Bool)
        case upgraded
        case finished
    }

    private enum BodyReader: Sendable {
        case length(Int)
        case chunked(ChunkedBody)
    }

    /// The bounds of this connection.
    public let limits: HTTPLimits
    private var state = State.head
    private var parser = RequestHeadParser()
    private var buffer = ReceiveBuffer()
    private var hasPeerClosed = false
    private var hasOverflowed = false

    /// A fresh connection.
    public init(limits: HTTPLimits = HTTPLimits()) {
        self.limits = limits
    }

    /// What the connection is doing.
    public var phase: Phase {
        switch state {
        case .head: buffer.isEmpty ? .idle : .readingHead
        case .asking: .asking
        case .body: .readingBody
        case .answering: .answering
        case .upgraded: .upgraded
        case .finished: .finished
        }
    }

    /// Whether to go on reading from the socket; false while too much waits behind an unanswered
    /// request. Who reads on all the same ends with 400 once four times as much waits.
    public var wantsInput: Bool {
        switch state {
        case .answering, .asking: buffer.count < limits.maxWaitingBytes
        case .head, .body, .upgraded, .finished: !shouldClose
        }
    }

    /// A request whose body is larger than its path's bound, and the body's length: only with
    /// `HTTPLimits.asksForLargeBodies`. Nothing of the body is read before `takeBody` or
    /// `refuseBody` says what becomes of it; look after `nextRequest` returned nil.
    public var question: (request: HTTPRequest, byteCount: Int)? {
        guard case .asking(let request, let byteCount, _) = state else { return nil }
        return (request, byteCount)
    }

    /// The body that `question` tells of is wanted: it is read, and the request given out then.
    public mutating func takeBody() {
        guard case .asking(let request, let byteCount, let expectsContinue) = state else {
            preconditionFailure("a body that was asked about")
        }
        buffer.reserve(byteCount)
        state = .body(request, .length(byteCount), owesContinue: expectsContinue)
    }

    /// The body that `question` tells of is not wanted: appends the answer, which ends the
    /// connection.
    public mutating func refuseBody(
        _ response: HTTPResponse, date: Text? = nil, into out: inout [UInt8]
    ) {
        guard case .asking(let request, _, _) = state else {
            preconditionFailure("a body that was asked about")
        }
        response.serialize(
            into: &out, keepAlive: false, head: request.method == .head, date: date,
            minorVersion: request.minorVersion)
        finish()
    }

    /// Whether to close the connection once all that was written has left.
    public var shouldClose: Bool {
        if case .finished = state { return true }
        return false
    }

    /// Takes bytes from the socket.
    public mutating func receive(_ bytes: UnsafeRawBufferPointer) {
        switch state {
        case .finished:
            return  // Nothing after an error or a last answer has a meaning.
        case .answering where buffer.count + bytes.count > 4 * limits.maxWaitingBytes,
            .asking where buffer.count + bytes.count > 4 * limits.maxWaitingBytes:
            hasOverflowed = true
        case .head, .asking, .body, .answering, .upgraded:
            buffer.append(bytes)
        }
    }

    /// Takes bytes from the socket.
    public mutating func receive(_ bytes: [UInt8]) { bytes.withUnsafeBytes { receive($0) } }

    /// Tells that the client will send no more. What came before is still given out and answered.
    public mutating func peerClosed() {
        hasPeerClosed = true
        if case .head = state, buffer.isEmpty { state = .finished }
    }

    /// The next complete request, or nil when more bytes or an answer are needed first.
    ///
    /// After an error the connection reads nothing more: answer with `respond(to:date:into:)`,
    /// write, close.
    public mutating func nextRequest() throws(HTTPError) -> HTTPRequest? {
        do {
            guard let request = try advance() else {
                try checkEnd()
                return nil
            }
            state = .answering(
                isHead: request.method == .head, minorVersion: request.minorVersion,
                keepAlive: request.keepAlive)
            return request
        } catch {
            finish()
            throw error
        }
    }

    /// Bytes to send now because the client waits for them before it sends a body
    /// (`Expect: 100-continue`); given once, after `nextRequest` returned nil.
    public mutating func takeInterimResponse() -> [UInt8]? {
        guard case .body(let request, let reader, true) = state else { return nil }
        state = .body(request, reader, owesContinue: false)
        return Array("HTTP/1.1 100 Continue\r\n\r\n".utf8)
    }

    /// Appends the answer to the request given out last and makes way for the next one.
    ///
    /// Answering without such a request traps, and so does a status that is not final (101 is).
    public mutating func respond(
        _ response: HTTPResponse, date: Text? = nil, into out: inout [UInt8]
    ) {
        let (isHead, minorVersion, isKept) = answering()
        precondition(response.status >= 200 || response.status == 101, "a final status")
        let keepAlive = isKept && !response.closes
        response.serialize(
            into: &out, keepAlive: keepAlive, head: isHead, date: date, minorVersion: minorVersion)
        if response.status == 101 {
            state = .upgraded
        } else {
            answered(keepAlive: keepAlive)
        }
    }

    /// Appends a prepared answer, whose open value ends with `ending`; see the other form.
    public mutating func respond(
        _ response: PreparedResponse, ending: [UInt8], date: Text? = nil, into out: inout [UInt8]
    ) {
        let (_, minorVersion, keepAlive) = answering()
        response.serialize(
            ending: ending, into: &out, keepAlive: keepAlive, date: date,
            minorVersion: minorVersion)
        answered(keepAlive: keepAlive)
    }

    /// What is known of the request to be answered, and whether the connection may stay.
    private func answering() -> (isHead: Bool, minorVersion: Int, keepAlive: Bool) {
        guard case .answering(let isHead, let minorVersion, let keepAlive) = state else {
            preconditionFailure("a response answers the request given out last, once")
        }
        return (isHead, minorVersion, keepAlive && !(hasPeerClosed && buffer.isEmpty))
    }

    private mutating func answered(keepAlive: Bool) {
        if keepAlive { state = .head } else { finish() }
    }

    /// Appends the answer to a request that could not be accepted, or that took too long (408).
    public mutating func respond(
        to error: HTTPError, date: Text? = nil, into out: inout [UInt8]
    ) {
        error.response.serialize(into: &out, keepAlive: false, date: date)
        finish()
    }

    /// After 101: the bytes that came behind the request, for the new protocol.
    public mutating func takeUpgradedBytes() -> [UInt8] {
        guard case .upgraded = state else { return [] }
        return buffer.take(buffer.count)
    }

    private mutating func finish() {
        state = .finished
        buffer.removeAll()
    }

    /// A client that closes in the middle of a request has not sent it.
    private mutating func checkEnd() throws(HTTPError) {
        guard hasPeerClosed else { return }
        switch state {
        case .head where buffer.isEmpty: finish()
        case .head, .asking, .body:
            throw HTTPError(400, "the connection closed within a request")
        case .answering, .upgraded, .finished: return
        }
    }

    private mutating func advance() throws(HTTPError) -> HTTPRequest? {
        switch state {
        case .head:
            if hasOverflowed { throw HTTPError(400, "too much sent ahead of an answer") }
            return buffer.isEmpty ? nil : try readHead()
        case .body where hasOverflowed:
            throw HTTPError(400, "too much sent before it was asked for")
        case .body(let request, let reader, let owesContinue):
            state = .finished
            return try readBody(of: request, reader, owesContinue: owesContinue)
        case .asking, .answering, .upgraded, .finished:
            return nil
        }
    }

    private mutating func readHead() throws(HTTPError) -> HTTPRequest? {
        let limits = limits
        let read = try buffer.withUnread {
            (bytes) throws(HTTPError) -> RequestHeadParser.Head? in
            try parser.read(bytes, limits: limits)
        }
        guard let head = read else { return nil }
        parser = RequestHeadParser()
        buffer.consume(head.byteCount)
        let maxBytes = maxBodyBytes(of: head.request)
        switch head.body {
        case .length(let count):
            guard count <= maxBytes else {
                guard limits.asksForLargeBodies else {
                    throw HTTPError(413, "the body is too large")
                }
                state = .asking(
                    head.request, byteCount: count, expectsContinue: head.expectsContinue)
                return nil
            }
            return try readBody(
                of: head.request, .length(count), owesContinue: head.expectsContinue)
        case .chunked:
            return try readBody(
                of: head.request, .chunked(ChunkedBody(maxBodyBytes: maxBytes)),
                owesContinue: head.expectsContinue)
        }
    }

    private mutating func readBody(
        of request: consuming HTTPRequest, _ reader: consuming BodyReader, owesContinue: Bool
    ) throws(HTTPError) -> HTTPRequest? {
        switch reader {
        case .length(let count):
            if buffer.count >= count {
                if count > 0 { request.body = buffer.take(count) }
                return request
            }
        case .chunked(var chunks):
            // Lets go of the second reference, so that the body grows in place.
            reader = .length(0)
            if try chunks.read(from: &buffer, limits: limits) {
                request.body = chunks.body
                return request
            }
            reader = .chunked(chunks)
        }
        state = .body(request, reader, owesContinue: owesContinue)
        return nil
    }

    private func maxBodyBytes(of request: HTTPRequest) -> Int {
        for limit in limits.bodyLimits where request.hasPathPrefix(limit.pathPrefix) {
            return limit.maxBodyBytes
        }
        return limits.maxBodyBytes
    }
}
