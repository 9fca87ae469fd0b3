/// The opening handshake of RFC 6455, section 4.
public enum WebSocketHandshake {
    /// The answer to a `Sec-WebSocket-Key`.
    public static func accept(key: [UInt8]) -> [UInt8] { [] }

    /// The 101 response to an upgrade request, or why there can't be one (400, 405, 426).
    ///
    /// Whether the origin may connect is the caller's to check first.
    public static func response(to request: HTTPRequest) throws(HTTPError) -> HTTPResponse {
        throw HTTPError(501, "not yet")
    }

    /// Whether a request asks for a WebSocket at all.
    public static func isUpgrade(_ request: HTTPRequest) -> Bool { false }

    /// A client's request; `nonce` is 16 random bytes.
    public static func request(
        target: String, host: String, nonce: [UInt8], headers: HTTPHeaders = [:]
    ) -> HTTPRequest {
        HTTPRequest(method: .get, target: target, headers: headers)
    }

    /// Checks the server's answer to `request(target:host:nonce:)`.
    public static func check(_ response: HTTPResponse, nonce: [UInt8]) throws(HTTPError) {}
}
