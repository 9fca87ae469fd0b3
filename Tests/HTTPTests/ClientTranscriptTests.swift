import HTTP
import Testing
import Wire

/// What a server sent after a request and what the client must make of it.
struct ClientTranscript: CustomTestStringConvertible, Sendable {
    let name: String
    let method: HTTPMethod
    let input: String
    let expected: [Heard]
    var testDescription: String { name }

    init(_ name: String, _ method: HTTPMethod = .get, from input: String, _ expected: Heard...) {
        self.name = name
        self.method = method
        self.input = input
        self.expected = expected
    }
}

@Test(arguments: [
    ClientTranscript(
        "a length", from: "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
        .response(200, "ok", canSend: true)),
    ClientTranscript(
        "no reason", from: "HTTP/1.1 404 \r\nContent-Length: 0\r\n\r\n",
        .response(404, "", canSend: true)),
    ClientTranscript(
        "not even its space", from: "HTTP/1.1 404\r\nContent-Length: 0\r\n\r\n",
        .response(404, "", canSend: true)),
    ClientTranscript(
        "chunks",
        from: "HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n2\r\nok\r\n0\r\nA: b\r\n\r\n",
        .response(200, "ok", canSend: true)),
    ClientTranscript(
        "until the close", from: "HTTP/1.1 200 OK\r\n\r\nok\r\nand more",
        .response(200, "ok\r\nand more", canSend: false)),
    ClientTranscript(
        "close said", from: "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok",
        .response(200, "ok", canSend: false)),
    ClientTranscript(
        "1.0", from: "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok",
        .response(200, "ok", canSend: false)),
    ClientTranscript(
        "interim responses before the final one",
        from: "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n"
            + "HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n",
        .response(201, "", canSend: true)),
    ClientTranscript(
        "HEAD", .head, from: "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n",
        .response(200, "", canSend: true)),
    ClientTranscript(
        "HEAD without a length", .head, from: "HTTP/1.1 200 OK\r\n\r\n",
        .response(200, "", canSend: true)),
    ClientTranscript(
        "204", from: "HTTP/1.1 204 No Content\r\n\r\n", .response(204, "", canSend: true)),
    ClientTranscript(
        "304 with a length", from: "HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n",
        .response(304, "", canSend: true)),
    ClientTranscript(
        "an upgrade", from: "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\nbytes",
        .response(101, "", canSend: true), .upgraded("bytes")),
    ClientTranscript(
        "bytes that nobody asked for",
        from: "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\n",
        .response(200, "ok", canSend: true), .error(502)),
    ClientTranscript("a close instead", from: "", .error(502)),
    ClientTranscript("a close in the head", from: "HTTP/1.1 200", .error(502)),
    ClientTranscript(
        "a close in the body", from: "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok", .error(502)),
    ClientTranscript(
        "a close in a chunk", from: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nok",
        .error(502)),
    ClientTranscript("no HTTP", from: "SSH-2.0-OpenSSH_9.2\r\n", .error(502)),
    ClientTranscript("a status under 100", from: "HTTP/1.1 099 X\r\n", .error(502)),
    ClientTranscript("a status that is no number", from: "HTTP/1.1 2x0 X\r\n", .error(502)),
    ClientTranscript("HTTP/2", from: "HTTP/2.0 200 OK\r\n", .error(505)),
    ClientTranscript(
        "length and coding",
        from: "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n",
        .error(502)),
    ClientTranscript(
        "two lengths", from: "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\n",
        .error(502)),
    ClientTranscript(
        "a coding in 1.0", from: "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
        .error(502)),
    ClientTranscript(
        "a folded field", from: "HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n", .error(400)),
])
func `A client hears the same however the bytes are cut`(_ transcript: ClientTranscript) {
    expectInEverySplit(bytes(transcript.input), transcript.expected) {
        ask(transcript.method, $0)
    }
}

@Test func `Bodies are bounded in each framing`() {
    let limits = HTTPLimits(maxBodyBytes: 3)
    for (fields, fits, tooLong) in [
        ("Content-Length: 3", "abc", "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n"),
        (
            "Transfer-Encoding: chunked", "3\r\nabc\r\n0\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n"
        ),
        ("Connection: close", "abc", "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nabcd"),
    ] {
        let head = "HTTP/1.1 200 OK\r\n\(fields)\r\n\r\n"
        guard
            case .response(200, "abc", _)? = ask(.get, [bytes(head + fits)[...]], limits: limits)
                .first
        else {
            Issue.record("\(fields) should fit")
            continue
        }
        guard case .error? = ask(.get, [bytes(tooLong)[...]], limits: limits).first else {
            Issue.record("\(fields) should be too long")
            continue
        }
    }
}

@Test func `Interim responses do not go on for ever`() {
    let interim = String(repeating: "HTTP/1.1 100 Continue\r\n\r\n", count: 17)
    #expect(ask(.get, [bytes(interim)[...]]) == [.error(502)])
}

@Test func `A kept connection carries the next request`() throws {
    var client = HTTPClientConnection()
    var out: [UInt8] = []
    for number in 1...3 {
        #expect(client.canSend)
        client.send(
            HTTPRequest(
                method: .post, target: "/m", headers: ["Host": "a"], body: bytes("{}")),
            into: &out)
        #expect(!client.canSend)
        #expect(try client.nextResponse() == nil)
        client.receive(bytes("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n\(number)"))
        #expect(try client.nextResponse()?.body == bytes("\(number)"))
    }
    #expect(
        text(out).hasPrefix("POST /m HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}POST"))
    client.peerClosed()
    #expect(!client.canSend)
    #expect(client.shouldClose)
}

@Test func `A request that ends the connection is the last`() throws {
    var client = HTTPClientConnection()
    var out: [UInt8] = []
    let request = HTTPRequest(method: .get, target: Array("/".utf8), keepAlive: false)
    client.send(request, into: &out)
    #expect(text(out) == "GET / HTTP/1.1\r\nConnection: close\r\n\r\n")
    client.receive(bytes("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"))
    #expect(try client.nextResponse()?.closes == true)
    #expect(client.shouldClose)
}
