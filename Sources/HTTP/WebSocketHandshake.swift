/// The opening handshake of RFC 6455, section 4. No extension and no subprotocol is agreed on.
public enum WebSocketHandshake {
    /// The answer to a `Sec-WebSocket-Key`.
    public static func accept(key: [UInt8]) -> [UInt8] {
        Base64.encode(SHA1.digest(key + Array("258EAFA5-E914-47DA-95CA-C5AB0DC85B11".utf8)))
    }

    /// Whether a request asks for a WebSocket at all.
    public static func isUpgrade(_ request: HTTPRequest) -> Bool {
        request.headers.hasToken("Upgrade", "websocket")
            && request.headers.hasToken("Connection", "upgrade")
    }

    /// The 101 response to an upgrade request, or why there can't be one (400, 405, 426).
    ///
    /// Whether the origin may connect is the caller's to check first.
    public static func response(to request: HTTPRequest) throws(HTTPError) -> HTTPResponse {
        guard isUpgrade(request) else { throw HTTPError(426, "a WebSocket is wanted here") }
        guard request.method == .get else { throw HTTPError(405, "a WebSocket starts with GET") }
        guard request.minorVersion >= 1 else { throw HTTPError(400, "a WebSocket needs HTTP/1.1") }
        guard request.body.isEmpty else { throw HTTPError(400, "a handshake with a body") }
        guard request.headers.all("Sec-WebSocket-Version") == [Array("13".utf8)] else {
            throw HTTPError(426, "a WebSocket of version 13 is wanted")
        }
        let keys = request.headers.all("Sec-WebSocket-Key")
        guard keys.count == 1, Base64.isSixteenBytes(keys[0]) else {
            throw HTTPError(400, "a Sec-WebSocket-Key that is not 16 bytes")
        }
        var response = HTTPResponse(
            status: 101, headers: ["Upgrade": "websocket", "Connection": "Upgrade"])
        response.headers.append("Sec-WebSocket-Accept", accept(key: keys[0]))
        return response
    }

    /// A client's request; `nonce` is 16 random bytes.
    public static func request(
        target: String, host: String, nonce: [UInt8], headers: HTTPHeaders = [:]
    ) -> HTTPRequest {
        precondition(nonce.count == 16, "a nonce has 16 bytes")
        var all: HTTPHeaders = ["Host": host, "Upgrade": "websocket", "Connection": "Upgrade"]
        all.append("Sec-WebSocket-Version", "13")
        all.append("Sec-WebSocket-Key", Base64.encode(nonce))
        for field in headers { all.append(name: field.name, value: field.value) }
        return HTTPRequest(method: .get, target: target, headers: all)
    }

    /// Checks the server's answer to `request(target:host:nonce:headers:)`.
    public static func check(_ response: HTTPResponse, nonce: [UInt8]) throws(HTTPError) {
        let headers = response.headers
        guard response.status == 101 else {
            throw HTTPError(502, "the server refused the WebSocket with \(response.status)")
        }
        guard headers.hasToken("Upgrade", "websocket"), headers.hasToken("Connection", "upgrade")
        else { throw HTTPError(502, "the server switched to something else") }
        let key = Base64.encode(nonce)
        guard headers.all("Sec-WebSocket-Accept") == [accept(key: key)] else {
            throw HTTPError(502, "the server answered another handshake")
        }
        guard !headers.contains("Sec-WebSocket-Extensions"),
            !headers.contains("Sec-WebSocket-Protocol")
        else { throw HTTPError(502, "the server chose what was not offered") }
    }
}
