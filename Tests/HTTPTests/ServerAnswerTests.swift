import HTTP
import Testing
import Wire

/// A server that has given out the one request of these bytes.
private func server(after input: String) throws -> HTTPServerConnection {
    var server = HTTPServerConnection()
    server.receive(bytes(input))
    #expect(try server.nextRequest() != nil)
    #expect(server.phase == .answering)
    return server
}

private func answer(
    _ response: HTTPResponse, to input: String, date: Text? = nil
) throws -> (text: String, phase: HTTPServerConnection.Phase) {
    var server = try server(after: input)
    var out: [UInt8] = []
    server.respond(response, date: date, into: &out)
    return (text(out), server.phase)
}

private let get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"

@Test func `An answer says its date, its fields and its length`() throws {
    var response = HTTPResponse(status: 200, contentType: "text/plain", body: bytes("hello"))
    response.headers.append("X", "y")
    let said = try answer(response, to: get, date: "Sat, 21 Nov 2026 10:00:00 GMT")
    #expect(
        said.text == "HTTP/1.1 200 OK\r\nDate: Sat, 21 Nov 2026 10:00:00 GMT\r\n"
            + "Content-Type: text/plain\r\nX: y\r\nContent-Length: 5\r\n\r\nhello")
    #expect(said.phase == .idle)
}

@Test func `HEAD is told the length and spared the body`() throws {
    let said = try answer(
        HTTPResponse(status: 200, body: bytes("hello")),
        to: "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n")
    #expect(said.text == "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n")
}

@Test(arguments: [204, 304])
func `Some statuses have neither body nor length`(status: Int) throws {
    let said = try answer(HTTPResponse(status: status, body: bytes("hello")), to: get)
    #expect(!said.text.contains("hello"))
    #expect(!said.text.contains("Content-Length"))
}

@Test func `The connection closes when the client, the answer or an old version wants it`() throws {
    let ok = HTTPResponse(status: 200)
    let close = try answer(ok, to: "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    #expect(close.text.contains("Connection: close\r\n"))
    #expect(close.phase == .finished)
    var closing = ok
    closing.closes = true
    let closed = try answer(closing, to: get)
    #expect(closed.text.contains("Connection: close\r\n"))
    #expect(closed.phase == .finished)
    let old = try answer(ok, to: "GET / HTTP/1.0\r\n\r\n")
    #expect(old.text.contains("Connection: close\r\n"))
    #expect(old.phase == .finished)
    let kept = try answer(ok, to: "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
    #expect(kept.text.contains("Connection: keep-alive\r\n"))
    #expect(kept.phase == .idle)
}

@Test func `Fields that frame the message are the serialiser's alone`() throws {
    let response = HTTPResponse(
        status: 200,
        headers: [
            "Content-Length": "99", "transfer-encoding": "chunked", "Connection": "x", "A": "b",
        ])
    let said = try answer(response, to: get)
    #expect(said.text == "HTTP/1.1 200 OK\r\nA: b\r\nContent-Length: 0\r\n\r\n")
}

@Test func `No value can end its line`() throws {
    let response = HTTPResponse(
        status: 302, headers: ["Location": "/a\r\nSet-Cookie: b\n\rc\u{0}d "])
    let said = try answer(response, to: get)
    #expect(said.text.contains("Location: /a  Set-Cookie: b  c d"))
    #expect(response.header("Location") == "/a  Set-Cookie: b  c d")
}

@Test func `A name that is no token is the program's own mistake`() async {
    await #expect(processExitsWith: .failure) {
        var headers = HTTPHeaders()
        headers.append("A b", "c")
    }
}

@Test func `One answer for each request`() async {
    await #expect(processExitsWith: .failure) {
        var server = HTTPServerConnection()
        var out: [UInt8] = []
        server.respond(HTTPResponse(status: 200), into: &out)
    }
}

@Test func `A request behind an unanswered one waits`() throws {
    var server = try server(after: get + "GET /second HTTP/1.1\r\nHost: a\r\n\r\n")
    #expect(try server.nextRequest() == nil)
    var out: [UInt8] = []
    server.respond(HTTPResponse(status: 200), into: &out)
    #expect(server.phase == .readingHead)
    #expect(try server.nextRequest()?.pathString == "/second")
}

@Test func `A client that closes its side still gets its answers`() throws {
    var server = try server(after: get + get)
    server.peerClosed()
    var out: [UInt8] = []
    server.respond(HTTPResponse(status: 200), into: &out)
    #expect(!text(out).contains("close"))
    #expect(try server.nextRequest() != nil)
    server.respond(HTTPResponse(status: 200), into: &out)
    #expect(text(out).contains("Connection: close"))
    #expect(server.shouldClose)
}

@Test func `A client that waits for 100 is told once to go on`() throws {
    var server = HTTPServerConnection()
    server.receive(
        bytes(
            "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-Continue\r\n\r\n"))
    #expect(server.takeInterimResponse() == nil)
    #expect(try server.nextRequest() == nil)
    #expect(server.phase == .readingBody)
    #expect(server.takeInterimResponse() == bytes("HTTP/1.1 100 Continue\r\n\r\n"))
    #expect(server.takeInterimResponse() == nil)
    server.receive(bytes("ok"))
    #expect(try server.nextRequest()?.body == bytes("ok"))
}

@Test(arguments: [
    "PUT / HTTP/1.0\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n",
    "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n",
])
func `A client that does not wait is told nothing`(input: String) throws {
    var server = HTTPServerConnection()
    server.receive(bytes(input))
    #expect(try server.nextRequest() == nil)
    #expect(server.takeInterimResponse() == nil)
}

@Test func `A refusal is answered and nothing is read after it`() throws {
    var server = HTTPServerConnection()
    server.receive(bytes("nonsense\r\n"))
    #expect(throws: HTTPError.self) { try server.nextRequest() }
    var out: [UInt8] = []
    server.respond(to: HTTPError(400, "why"), date: "today", into: &out)
    let problem =
        #"{"type":"about:blank","title":"Not a proper request","status":400,"code":"malformed","#
        + #""detail":"why","hint":"Correct the request; this connection is closed."}"#
    #expect(
        text(out) == "HTTP/1.1 400 Bad Request\r\nDate: today\r\n"
            + "Content-Type: application/problem+json\r\nContent-Length: \(problem.utf8.count)\r\n"
            + "Connection: close\r\n\r\n" + problem)
    server.receive(bytes(get))
    #expect(try server.nextRequest() == nil)
    #expect(server.phase == .finished)
}

@Test func `The phases follow what has come`() throws {
    var server = HTTPServerConnection()
    #expect(server.phase == .idle)
    server.receive(bytes("P"))
    #expect(try server.nextRequest() == nil)
    #expect(server.phase == .readingHead)
    server.receive(bytes("OST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\n"))
    #expect(try server.nextRequest() == nil)
    #expect(server.phase == .readingBody)
    server.receive(bytes("x"))
    #expect(try server.nextRequest() != nil)
    #expect(server.phase == .answering)
}

@Suite struct PreparedResponseTests {
    private let redirect = PreparedResponse(
        status: 302, headers: ["Cache-Control": "no-store"], open: "Location",
        value: bytes("https://example.org/?start="))

    private func answered(
        _ input: String, ending: String
    ) throws -> (text: String, phase: HTTPServerConnection.Phase) {
        var server = try server(after: input)
        var out: [UInt8] = []
        server.respond(
            redirect, ending: bytes(ending), date: "Sat, 21 Nov 2026 10:00:00 GMT", into: &out)
        return (text(out), server.phase)
    }

    @Test func `A prepared answer is finished with its value, date and length`() throws {
        let said = try answered(get, ending: "abc")
        #expect(
            said.text == "HTTP/1.1 302 Found\r\nCache-Control: no-store\r\n"
                + "Location: https://example.org/?start=abc\r\n"
                + "Date: Sat, 21 Nov 2026 10:00:00 GMT\r\nContent-Length: 0\r\n\r\n")
        #expect(said.phase == .idle)
    }

    @Test func `No ending can end its line`() throws {
        let said = try answered(get, ending: "a\r\nSet-Cookie: b")
        #expect(said.text.contains("start=a  Set-Cookie: b\r\n"))
    }

    @Test func `A prepared answer closes when the client wants it`() throws {
        let said = try answered(
            "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", ending: "a")
        #expect(said.text.contains("Connection: close\r\n"))
        #expect(said.phase == .finished)
    }
}
