import HTTP
import Testing
import Wire

/// Bodies larger than the ordinary bound: somebody is asked before they are read.
@Suite struct LargeBodyTests {
    private var limits: HTTPLimits {
        var limits = HTTPLimits(maxBodyBytes: 4)
        limits.asksForLargeBodies = true
        limits.maxWaitingBytes = 8
        return limits
    }

    private func post(_ body: String, more: String = "") -> [UInt8] {
        let length = "Content-Length: \(body.utf8.count)\r\n"
        return bytes("POST /f HTTP/1.1\r\nHost: a\r\n" + length + more + "\r\n" + body)
    }

    /// A server that takes large bodies, or refuses them.
    private func hear(_ parts: [ArraySlice<UInt8>], takes: Bool) -> [Heard] {
        var server = HTTPServerConnection(limits: limits)
        var heard: [Heard] = []
        var out: [UInt8] = []
        for part in parts {
            server.receive(Array(part))
            do {
                repeat {
                    while let request = try server.nextRequest() {
                        heard.append(
                            .request(
                                text(request.method.bytes), text(request.target),
                                text(request.body)))
                        server.respond(HTTPResponse(status: 200), into: &out)
                    }
                    guard let question = server.question else { break }
                    if takes {
                        server.takeBody()
                    } else {
                        heard.append(.response(question.byteCount, "", canSend: false))
                        server.refuseBody(HTTPResponse(status: 403), into: &out)
                    }
                } while true
            } catch {
                heard.append(.error(error.status))
            }
        }
        return heard
    }

    @Test func `A body that is wanted is read, and the next request after it`() {
        let input = post("a large body") + post("tiny")
        expectInEverySplit(
            input, [.request("POST", "/f", "a large body"), .request("POST", "/f", "tiny")]
        ) { hear($0, takes: true) }
    }

    @Test func `A body that is not wanted is not read, and ends the connection`() {
        let input = post("a large body") + post("tiny")
        expectInEverySplit(input, [.response(12, "", canSend: false)]) { hear($0, takes: false) }
    }

    @Test func `Nothing of the body is needed for the question`() throws {
        var server = HTTPServerConnection(limits: limits)
        server.receive(
            bytes("POST /f?x=1 HTTP/1.1\r\nHost: a\r\nContent-Length: 20000000\r\n\r\n"))
        #expect(try server.nextRequest() == nil)
        let question = try #require(server.question)
        #expect(question.byteCount == 20_000_000)
        #expect(question.request.pathString == "/f" && question.request.body.isEmpty)
        #expect(server.phase == .asking && server.takeInterimResponse() == nil)
        var out: [UInt8] = []
        server.refuseBody(HTTPResponse(status: 413), into: &out)
        #expect(text(out).hasPrefix("HTTP/1.1 413 "))
        #expect(text(out).contains("Connection: close\r\n"))
        #expect(server.shouldClose && server.question == nil)
    }

    @Test func `100-continue waits for the answer to the question`() throws {
        var server = HTTPServerConnection(limits: limits)
        let input = post("a large body", more: "Expect: 100-continue\r\n")
        server.receive(Array(input.dropLast(12)))
        #expect(try server.nextRequest() == nil)
        #expect(server.takeInterimResponse() == nil)
        server.takeBody()
        #expect(server.phase == .readingBody)
        #expect(try server.nextRequest() == nil)
        #expect(server.takeInterimResponse().map { text($0) } == "HTTP/1.1 100 Continue\r\n\r\n")
        server.receive(Array(input.suffix(12)))
        #expect(try server.nextRequest()?.body == bytes("a large body"))
    }

    @Test func `While nobody has answered little is read ahead`() throws {
        var server = HTTPServerConnection(limits: limits)
        let body = String(repeating: "b", count: 100)
        server.receive(Array(post(body).dropLast(100)))
        #expect(try server.nextRequest() == nil)
        #expect(server.wantsInput)
        server.receive(bytes(String(repeating: "b", count: 10)))
        #expect(!server.wantsInput)
        // Who sends on all the same loses bytes, and the request with them.
        server.receive(bytes(String(repeating: "b", count: 90)))
        server.takeBody()
        #expect(throws: HTTPError(400, "too much sent before it was asked for")) {
            try server.nextRequest()
        }
    }

    @Test func `A client that goes before the answer has asked for nothing`() throws {
        var server = HTTPServerConnection(limits: limits)
        server.receive(Array(post("a large body").dropLast(3)))
        #expect(try server.nextRequest() == nil)
        server.peerClosed()
        #expect(throws: HTTPError(400, "the connection closed within a request")) {
            try server.nextRequest()
        }
        #expect(server.question == nil)
    }

    @Test func `A chunked body has no length to ask about`() {
        let input = bytes(
            "POST /f HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                + "5\r\nabcde\r\n0\r\n\r\n")
        expectInEverySplit(input, [.error(413)]) { hear($0, takes: true) }
    }

    @Test func `Nobody is asked where nobody wants to be`() throws {
        var server = HTTPServerConnection(limits: HTTPLimits(maxBodyBytes: 4))
        server.receive(post("a large body"))
        #expect(throws: HTTPError(413, "the body is too large")) { try server.nextRequest() }
        #expect(server.question == nil)
    }

    @Test func `Large bodies come whole, with and without something behind them`() throws {
        var limits = HTTPLimits(maxBodyBytes: 4)
        limits.asksForLargeBodies = true
        let body = (0..<100_000).map { UInt8(truncatingIfNeeded: $0) }
        let head = bytes("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n")
        for rest in [[], bytes("GET / HTTP/1.1\r\nHost: a\r\n\r\n")] {
            var server = HTTPServerConnection(limits: limits)
            server.receive(head)
            #expect(try server.nextRequest() == nil)
            server.takeBody()
            for start in stride(from: 0, to: body.count, by: 7_000) {
                #expect(try server.nextRequest() == nil)
                let end = min(start + 7_000, body.count)
                server.receive(Array(body[start..<end]) + (end == body.count ? rest : []))
            }
            #expect(try server.nextRequest()?.body == body)
            var out: [UInt8] = []
            server.respond(HTTPResponse(status: 200), into: &out)
            #expect(try server.nextRequest()?.method == (rest.isEmpty ? nil : .get))
        }
    }
}
