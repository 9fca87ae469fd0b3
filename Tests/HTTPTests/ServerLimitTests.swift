import HTTP
import Testing

private func head(target: Int, field: Int) -> [UInt8] {
    // 15 bytes besides the target and its slash, then 9 of Host, 4 + 2 of X, 2 at the end.
    let target = String(repeating: "t", count: target - 1)
    let field = String(repeating: "v", count: field)
    return bytes("GET /\(target) HTTP/1.1\r\nHost: a\r\nX: \(field)\r\n\r\n")
}

@Test func `The head may reach its limit and not pass it`() {
    var limits = HTTPLimits()
    limits.maxHeadBytes = 100
    for field in 40..<80 {
        let input = head(target: 1, field: field)
        // The last line's end must begin before the limit.
        let fits = input.count - 2 < 100
        let expected: Heard = fits ? .request("GET", "/", "") : .error(431)
        expectInEverySplit(input, [expected]) { serve($0, limits: limits) }
    }
}

@Test func `The request line may reach its limit and not pass it`() {
    var limits = HTTPLimits()
    limits.maxRequestLineBytes = 40
    for target in 20..<34 {
        let input = head(target: target, field: 1)
        let fits = target + 13 < 40
        let path = "/" + String(repeating: "t", count: target - 1)
        let expected: Heard = fits ? .request("GET", path, "") : .error(414)
        expectInEverySplit(input, [expected]) { serve($0, limits: limits) }
    }
}

@Test func `Fields are counted, in the trailer too`() {
    var limits = HTTPLimits()
    limits.maxHeaderCount = 3
    let three = bytes("GET / HTTP/1.1\r\nHost: a\r\nB: \r\nC: \r\n\r\n")
    expectInEverySplit(three, [.request("GET", "/", "")]) { serve($0, limits: limits) }
    let four = bytes("GET / HTTP/1.1\r\nHost: a\r\nB: \r\nC: \r\nD: \r\n\r\n")
    expectInEverySplit(four, [.error(431)]) { serve($0, limits: limits) }
    let trailer = bytes(
        "GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
            + "0\r\nA:\r\nB:\r\nC:\r\nD:\r\n\r\n")
    expectInEverySplit(trailer, [.error(431)]) { serve($0, limits: limits) }
}

@Test func `A body is refused by its length before it comes, by the limit of its path`() {
    let limits = HTTPLimits(
        maxBodyBytes: 4,
        bodyLimits: [.init(pathPrefix: "/telegram/", maxBodyBytes: 6)])
    func post(_ path: String, _ count: Int) -> [UInt8] {
        bytes("POST \(path) HTTP/1.1\r\nHost: a\r\nContent-Length: \(count)\r\n\r\n")
    }
    #expect(serve([post("/x", 5)[...]], limits: limits, closing: false) == [.error(413)])
    #expect(serve([post("/x", 4)[...]], limits: limits, closing: false) == [])
    #expect(serve([post("/telegram/1", 6)[...]], limits: limits, closing: false) == [])
    #expect(serve([post("/telegram/1", 7)[...]], limits: limits, closing: false) == [.error(413)])
    #expect(serve([post("/telegram", 5)[...]], limits: limits, closing: false) == [.error(413)])
    let url = "http://a/telegram/1"
    #expect(serve([post(url, 6)[...]], limits: limits, closing: false) == [])
}

@Test func `Chunks are refused once they add up to more than the limit`() {
    let limits = HTTPLimits(maxBodyBytes: 5)
    let start = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"
    expectInEverySplit(bytes(start + "2\r\nde\r\n0\r\n\r\n"), [.request("POST", "/", "abcde")]) {
        serve($0, limits: limits)
    }
    expectInEverySplit(bytes(start + "3\r\ndef\r\n0\r\n\r\n"), [.error(413)]) {
        serve($0, limits: limits)
    }
}

@Test func `Chunk extensions are bounded over the whole body`() {
    var limits = HTTPLimits()
    limits.maxChunkExtensionBytes = 10
    let start = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
    let fits = bytes(start + "1;abcd\r\n1\r\n1;abcd\r\n2\r\n0\r\n\r\n")
    expectInEverySplit(fits, [.request("POST", "/", "12")]) { serve($0, limits: limits) }
    let long = bytes(start + "1;" + String(repeating: "e", count: 30) + "\r\n1\r\n0\r\n\r\n")
    expectInEverySplit(long, [.error(400)]) { serve($0, limits: limits) }
    let many = String(repeating: "1;abcd\r\n1\r\n", count: 6)
    expectInEverySplit(bytes(start + many + "0\r\n\r\n"), [.error(400)]) {
        serve($0, limits: limits)
    }
}

@Test func `A client that sends far ahead of the answers is told to wait, then refused`() throws {
    var limits = HTTPLimits()
    limits.maxWaitingBytes = 100
    var server = HTTPServerConnection(limits: limits)
    let request = bytes("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    server.receive(request)
    #expect(try server.nextRequest() != nil)
    #expect(server.wantsInput)
    for _ in 0..<4 { server.receive(request) }
    #expect(!server.wantsInput)
    #expect(try server.nextRequest() == nil)
    for _ in 0..<20 { server.receive(request) }
    var out: [UInt8] = []
    server.respond(HTTPResponse(status: 200), into: &out)
    #expect(throws: HTTPError(400, "too much sent ahead of an answer")) {
        try server.nextRequest()
    }
    #expect(server.shouldClose)
}
