/// The client's side of one HTTP/1.1 connection, without I/O: one request at a time.
public struct HTTPClientConnection: Sendable {
    /// The bounds of this connection.
    public let limits: HTTPLimits

    /// A fresh connection.
    public init(limits: HTTPLimits = HTTPLimits(maxBodyBytes: 1 << 20)) {
        self.limits = limits
    }

    /// Whether a request may be sent now: none is outstanding and the connection is still good.
    public var canSend: Bool { true }
    /// Whether the connection has to be closed: the server said so, or it can't be trusted.
    public var shouldClose: Bool { false }

    /// Appends a request as it goes over the wire. The caller gives `Host`; `canSend` must hold.
    public mutating func send(_ request: HTTPRequest, into out: inout [UInt8]) {}

    /// Takes bytes from the socket.
    public mutating func receive(_ bytes: UnsafeRawBufferPointer) {}
    /// Takes bytes from the socket.
    public mutating func receive(_ bytes: [UInt8]) { bytes.withUnsafeBytes { receive($0) } }

    /// Tells that the server closed; a body without a length ends here, so ask `nextResponse` again.
    public mutating func peerClosed() {}

    /// The response once it is complete; nil when more is needed. Interim responses are left out.
    ///
    /// The error's status has no meaning here, its reason has.
    public mutating func nextResponse() throws(HTTPError) -> HTTPResponse? { nil }

    /// After 101: the bytes that came behind the response, for the new protocol.
    public mutating func takeUpgradedBytes() -> [UInt8] { [] }
}
