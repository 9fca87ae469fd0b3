import HTTP
import Testing
import Wire

private func upgrade(_ change: (inout HTTPHeaders) -> Void = { _ in }) -> HTTPRequest {
    var headers: HTTPHeaders = [
        "Host": "a", "Upgrade": "WebSocket", "Connection": "keep-alive, Upgrade",
        "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    ]
    change(&headers)
    return HTTPRequest(method: .get, target: "/live", headers: headers)
}

private func status(_ request: HTTPRequest) -> Int {
    do { return try WebSocketHandshake.response(to: request).status } catch { return error.status }
}

@Test func `The key of RFC 6455 gives its answer`() throws {
    let response = try WebSocketHandshake.response(to: upgrade())
    #expect(response.status == 101)
    #expect(response.header("Sec-WebSocket-Accept") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
    var out: [UInt8] = []
    response.serialize(into: &out, keepAlive: true)
    #expect(
        text(out) == "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
            + "Connection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n")
}

@Test(arguments: [
    ("", "Kfh9QIsMVZcl6xEPYxPHzW8SZ8w="),
    ("a", "FtgH8qqfEKHvZKEZYEWkYDhlXNY="),
    // Keys whose padding needs no, one and nearly two blocks with the 36 bytes behind them.
    (String(repeating: "k", count: 19), "tWclcP21hrR+xgjYVswtQRW71GQ="),
    (String(repeating: "k", count: 20), "tSsjsIAvEVIQ+IC5K8+T/OkG8nU="),
    (String(repeating: "k", count: 92), "LY9EluoxzTck+ySKVLqXrQNaqCc="),
])
func `Keys of any length are digested`(key: String, expected: String) {
    #expect(text(WebSocketHandshake.accept(key: Array(key.utf8))) == expected)
}

@Test func `A handshake that is not one is refused`() {
    #expect(status(upgrade()) == 101)
    #expect(status(upgrade { $0.remove("Upgrade") }) == 426)
    #expect(status(upgrade { $0.set("Upgrade", "h2c") }) == 426)
    #expect(status(upgrade { $0.set("Connection", "close") }) == 426)
    #expect(status(upgrade { $0.set("Sec-WebSocket-Version", "8") }) == 426)
    #expect(status(upgrade { $0.remove("Sec-WebSocket-Version") }) == 426)
    #expect(status(upgrade { $0.append("Sec-WebSocket-Version", "13") }) == 426)
    #expect(status(upgrade { $0.remove("Sec-WebSocket-Key") }) == 400)
    #expect(status(upgrade { $0.append("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==") }) == 400)
    for key in [
        "", "dGhlIHNhbXBsZSBub25jZQ", "dGhlIHNhbXBsZSBub25jZQ=", "dGhlIHNhbXBsZSBub25jZR==",
        "dGhlIHNhbXBsZSBub25j!Q==", "dGhlIHNhbXBsZSBub25jZWQ=",
    ] {
        #expect(status(upgrade { $0.set("Sec-WebSocket-Key", key) }) == 400, "\(key)")
    }
    var post = upgrade()
    post.method = .post
    #expect(status(post) == 405)
    var old = upgrade()
    old.minorVersion = 0
    #expect(status(old) == 400)
    var body = upgrade()
    body.body = [1]
    #expect(status(body) == 400)
}

@Test func `426 says what is wanted`() {
    let response = HTTPError(426, "a WebSocket is wanted here").response
    #expect(response.header("Upgrade") == "websocket")
    #expect(response.header("Sec-WebSocket-Version") == "13")
}

@Test func `A client's handshake goes through a server`() throws {
    let nonce = (1...16).map { UInt8($0) }
    let request = WebSocketHandshake.request(
        target: "/live?after=1", host: "h:80", nonce: nonce, headers: ["Cookie": "a=b"])
    var client = HTTPClientConnection()
    var server = HTTPServerConnection()
    var out: [UInt8] = []
    client.send(request, into: &out)
    server.receive(out)
    let heard = try #require(try server.nextRequest())
    #expect(heard.cookie("a") == "b")
    var back: [UInt8] = []
    server.respond(try WebSocketHandshake.response(to: heard), into: &back)
    #expect(server.phase == .upgraded)
    client.receive(back)
    let response = try #require(try client.nextResponse())
    try WebSocketHandshake.check(response, nonce: nonce)
    #expect(throws: HTTPError.self) {
        try WebSocketHandshake.check(response, nonce: Array(nonce.reversed()))
    }
    for (name, value) in [
        ("Upgrade", "h2c"), ("Connection", "close"), ("Sec-WebSocket-Protocol", "x"),
        ("Sec-WebSocket-Extensions", "permessage-deflate"),
    ] {
        var other = response
        other.headers.set(name, value)
        #expect(throws: HTTPError.self) { try WebSocketHandshake.check(other, nonce: nonce) }
    }
    var refused = response
    refused.status = 403
    #expect(throws: HTTPError.self) { try WebSocketHandshake.check(refused, nonce: nonce) }
}
