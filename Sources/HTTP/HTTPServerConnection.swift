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
        /// A head has come and a part of its body is missing.
        case readingBody
        /// A request was given out and is not answered yet.
        case answering
        /// 101 was sent: further bytes belong to another protocol.
        case upgraded
        /// Nothing more will be read: close once all is written.
        case finished
    }

    /// What the connection is doing.
    public private(set) var phase = Phase.idle
    /// The bounds of this connection.
    public let limits: HTTPLimits

    /// A fresh connection.
    public init(limits: HTTPLimits = HTTPLimits()) {
        self.limits = limits
    }

    /// Whether to go on reading from the socket; false while too much waits behind an unanswered
    /// request.
    public var wantsInput: Bool { true }
    /// Whether to close the connection once all that was written has left.
    public var shouldClose: Bool { phase == .finished }

    /// Takes bytes from the socket.
    public mutating func receive(_ bytes: UnsafeRawBufferPointer) {}
    /// Takes bytes from the socket.
    public mutating func receive(_ bytes: [UInt8]) { bytes.withUnsafeBytes { receive($0) } }

    /// Tells that the client will send no more. What came before is still given out and answered.
    public mutating func peerClosed() {}

    /// The next complete request, or nil when more bytes or an answer are needed first.
    ///
    /// After an error the connection reads nothing more: answer with `respond(to: error)`, write,
    /// close.
    public mutating func nextRequest() throws(HTTPError) -> HTTPRequest? { nil }

    /// Bytes to send now because the client waits for them before it sends a body
    /// (`Expect: 100-continue`); given once, after `nextRequest` returned nil.
    public mutating func takeInterimResponse() -> [UInt8]? { nil }

    /// Appends the answer to the request given out last and makes way for the next one.
    ///
    /// Nothing may be outstanding but that request; answering twice traps.
    public mutating func respond(_ response: HTTPResponse, date: Text?, into out: inout [UInt8]) {}

    /// Appends the answer to a request that could not be accepted, or that took too long (408).
    public mutating func respond(to error: HTTPError, date: Text?, into out: inout [UInt8]) {}

    /// After 101: the bytes that came behind the request, for the new protocol.
    public mutating func takeUpgradedBytes() -> [UInt8] { [] }
}
