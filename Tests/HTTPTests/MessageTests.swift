import HTTP
import Testing
import Wire

@Test func `Fields are found in any case and kept in order`() {
    var headers: HTTPHeaders = ["Content-Type": "a", "X-One": "1", "x-one": "2"]
    #expect(headers.first("CONTENT-type") == bytes("a"))
    #expect(headers.all("X-ONE") == [bytes("1"), bytes("2")])
    #expect(headers.first("X-On") == nil)
    #expect(headers.contains("x-one"))
    headers.set("X-ONE", "3")
    #expect(headers.map { text($0.name) } == ["Content-Type", "X-ONE"])
    headers.remove("content-type")
    #expect(headers == ["X-ONE": "3"])
    headers.remove("absent")
    #expect(headers.count == 1 && !headers.isEmpty)
}

@Test func `Tokens are looked for in lists over several fields`() {
    let headers: HTTPHeaders = ["Connection": "keep-alive ,\tUpgrade", "connection": "x,,"]
    #expect(headers.hasToken("Connection", "upgrade"))
    #expect(headers.hasToken("Connection", "X"))
    #expect(!headers.hasToken("Connection", "keep"))
}

@Test func `A field's bytes are lent without a copy`() {
    let headers: HTTPHeaders = ["A": "  value\t"]
    #expect(headers.withField(named: "a") { $0.count } == 5)
    #expect(headers.withField(named: "b") { $0.count } == nil)
}

@Test func `A target comes apart`() {
    let request = HTTPRequest(method: .get, target: "/a%20b//c%2Fd?x=1&y=%41+b&&z&x=2?")
    #expect(request.pathString == "/a%20b//c%2Fd")
    #expect(request.pathSegments == ["a b", "", "c/d"])
    #expect(request.query == bytes("x=1&y=%41+b&&z&x=2?"))
    #expect(request.queryItems.map(\.name) == ["x", "y", "z", "x"])
    #expect(request.queryItems.map(\.value) == ["1", "A b", "", "2?"])
    #expect(request.queryItem("x") == "1")
    #expect(request.queryItem("w") == nil)
    #expect(request.hasPathPrefix(bytes("/a%")))
    #expect(HTTPRequest(method: .get, target: "/").query == nil)
    #expect(HTTPRequest(method: .get, target: "/?").query == [])
}

@Test func `A URL as target has its own host`() {
    let request = HTTPRequest(
        method: .get, target: "HTTPS://b:8443?q", headers: ["Host": "a"])
    #expect(request.host == "b:8443")
    #expect(request.pathString == "/")
    #expect(request.query == bytes("q"))
    #expect(HTTPRequest(method: .get, target: "/", headers: ["Host": "a"]).host == "a")
}

@Test func `Cookies come apart`() {
    let request = HTTPRequest(
        method: .get, target: "/",
        headers: ["Cookie": "a=1; b=\"two\";c = x=y ;bad; d=", "cookie": "e=5"])
    #expect(request.cookies.map(\.name) == ["a", "b", "c", "d", "e"])
    #expect(request.cookies.map(\.value) == ["1", "two", "x=y", "", "5"])
    #expect(request.cookie("b") == "two")
    #expect(request.cookie("z") == nil)
}

@Test(arguments: [
    ("a%20b", "a b"), ("%", "%"), ("%4", "%4"), ("%4g%41", "%4gA"), ("%e4%B8%ad", "中"), ("+", "+"),
])
func `Percent signs are resolved where digits follow`(encoded: String, decoded: String) {
    #expect(text(URLEncoding.decode(Array(encoded.utf8))) == decoded)
}

@Test func `What was encoded is decoded again`() {
    let all = (0...255).map { UInt8($0) }
    #expect(URLEncoding.decode(URLEncoding.encode(all)) == all)
    #expect(text(URLEncoding.encode(bytes("a/b c~"))) == "a%2Fb%20c~")
}

@Test func `Methods are told apart by case`() {
    for method: HTTPMethod in [.get, .head, .post, .put, .patch, .delete, .options] {
        #expect(HTTPMethod(method.bytes) == method)
    }
    #expect(HTTPMethod(bytes("get")) == .other(bytes("get")))
}

@Test func `No target can end its line`() {
    var out: [UInt8] = []
    HTTPRequest(method: .get, target: "/a b\r\nX: y#\u{E9}", headers: ["Host": "h"])
        .serialize(into: &out)
    #expect(text(out) == "GET /a%20b%0D%0AX:%20y%23%C3%A9 HTTP/1.1\r\nHost: h\r\n\r\n")
    out = []
    HTTPRequest(method: .post, target: "").serialize(into: &out)
    #expect(text(out) == "POST / HTTP/1.1\r\nContent-Length: 0\r\n\r\n")
}
