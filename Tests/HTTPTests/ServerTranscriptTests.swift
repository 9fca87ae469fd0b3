import HTTP
import Testing
import Wire

/// An input to a server and what it must make of it, however the input is cut.
struct ServerTranscript: CustomTestStringConvertible, Sendable {
    let name: String
    let input: String
    let expected: [Heard]
    var testDescription: String { name }

    init(_ name: String, _ input: String, _ expected: Heard...) {
        self.name = name
        self.input = input
        self.expected = expected
    }
}

private let host = "Host: a\r\n"
private let chunked = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"

@Test(arguments: [
    ServerTranscript("the smallest", "GET / HTTP/1.1\r\n\(host)\r\n", .request("GET", "/", "")),
    ServerTranscript("1.0 without Host", "GET / HTTP/1.0\r\n\r\n", .request("GET", "/", "")),
    ServerTranscript(
        "three in a row, the last with a body",
        "GET /a HTTP/1.1\r\n\(host)\r\nHEAD /b?c=d HTTP/1.1\r\n\(host)\r\n"
            + "POST /e HTTP/1.1\r\n\(host)Content-Length: 4\r\n\r\nbody",
        .request("GET", "/a", ""), .request("HEAD", "/b?c=d", ""), .request("POST", "/e", "body")),
    ServerTranscript(
        "a body that looks like a request",
        "POST / HTTP/1.1\r\n\(host)Content-Length: 18\r\n\r\nGET / HTTP/1.1\r\n\r\n",
        .request("POST", "/", "GET / HTTP/1.1\r\n\r\n")),
    ServerTranscript(
        "nothing after close",
        "GET / HTTP/1.1\r\n\(host)Connection: a, Close\r\n\r\nGET /x HTTP/1.1\r\n\(host)\r\n",
        .request("GET", "/", "")),
    ServerTranscript(
        "1.0 kept alive",
        "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\nGET /x HTTP/1.0\r\n\r\n",
        .request("GET", "/", ""), .request("GET", "/x", "")),
    ServerTranscript(
        "blanks around values and none",
        "GET / HTTP/1.1\r\nHOST:a\t \r\nEmpty:\r\ncontent-LENGTH:  \t2 \t\r\n\r\nxy",
        .request("GET", "/", "xy")),
    ServerTranscript(
        "two empty lines before", "\r\n\r\nGET / HTTP/1.1\r\n\(host)\r\n", .request("GET", "/", "")
    ),
    ServerTranscript("three empty lines before", "\r\n\r\n\r\nGET / HTTP/1.1\r\n", .error(400)),
    ServerTranscript(
        "a URL as target", "GET http://b:80/p?q HTTP/1.1\r\n\(host)\r\n",
        .request("GET", "http://b:80/p?q", "")),
    ServerTranscript(
        "an asterisk", "OPTIONS * HTTP/1.1\r\n\(host)\r\n", .request("OPTIONS", "*", "")),
    ServerTranscript(
        "a later minor version", "GET / HTTP/1.7\r\n\(host)\r\n", .request("GET", "/", "")),
    ServerTranscript(
        "a method of its own", "M-SEARCH / HTTP/1.1\r\n\(host)\r\n", .request("M-SEARCH", "/", "")),
    ServerTranscript(
        "chunks", chunked + "3\r\nabc\r\n000A\r\n0123456789\r\n0\r\n\r\n",
        .request("POST", "/", "abc0123456789")),
    ServerTranscript(
        "chunks with extensions and a trailer",
        chunked + "3;a=b;c=\"d e\"\r\nabc\r\n2 ;x\r\nde\r\n0;end\r\nX-Sum: 1\r\nHost: b\r\n\r\n"
            + "GET /next HTTP/1.1\r\n\(host)\r\n",
        .request("POST", "/", "abcde"), .request("GET", "/next", "")),
    ServerTranscript("no chunk", chunked + "0\r\n\r\n", .request("POST", "/", "")),
    ServerTranscript(
        "an upgrade and what follows it",
        "GET / HTTP/1.1\r\n\(host)Upgrade: x\r\nConnection: upgrade\r\n\r\n\u{81}\u{0}bytes",
        .request("GET", "/", ""), .upgraded("\u{FFFD}\u{0}bytes")),
    ServerTranscript(
        "closed in a head", "GET / HTTP/1.1\r\n\(host)\r", .error(400)),
    ServerTranscript(
        "closed in a body", "PUT / HTTP/1.1\r\n\(host)Content-Length: 2\r\n\r\n1", .error(400)),
    ServerTranscript("closed in a chunk", chunked + "3\r\nab", .error(400)),
    ServerTranscript("nothing at all", ""),
])
func `A server hears the same however the bytes are cut`(_ transcript: ServerTranscript) {
    expectInEverySplit(bytes(transcript.input), transcript.expected) { serve($0) }
}

/// A request that must be refused, and with which status.
struct Refused: CustomTestStringConvertible, Sendable {
    let name: String
    let status: Int
    let input: String
    var testDescription: String { name }

    init(_ name: String, _ status: Int = 400, whole input: String) {
        self.name = name
        self.status = status
        self.input = input
    }

    /// A POST with these fields behind Host, and five bytes of body.
    init(_ name: String, _ status: Int = 400, fields: String) {
        self.init(name, status, whole: "POST / HTTP/1.1\r\nHost: a\r\n\(fields)\r\n\r\nhello")
    }

    /// A chunked POST with this body.
    init(_ name: String, _ status: Int = 400, chunks: String) {
        self.init(name, status, whole: chunked + chunks)
    }
}

@Test(arguments: [
    Refused("length and coding", fields: "Content-Length: 5\r\nTransfer-Encoding: chunked"),
    Refused("coding and length", fields: "Transfer-Encoding: chunked\r\nContent-Length: 5"),
    Refused("two lengths", fields: "Content-Length: 5\r\nContent-Length: 6"),
    Refused("the same length twice", fields: "Content-Length: 5\r\nContent-Length: 5"),
    Refused("a list of lengths", fields: "Content-Length: 5, 5"),
    Refused("a signed length", fields: "Content-Length: +5"),
    Refused("a negative length", fields: "Content-Length: -5"),
    Refused("a hexadecimal length", fields: "Content-Length: 0x5"),
    Refused("a length with a space in it", fields: "Content-Length: 5 5"),
    Refused("a length with an underscore", fields: "Content-Length: 1_0"),
    Refused("an empty length", fields: "Content-Length:"),
    Refused("a length past 64 bits", 413, fields: "Content-Length: 99999999999999999999"),
    Refused("a length of 2^64 + 5", 413, fields: "Content-Length: 18446744073709551621"),
    Refused("identity", fields: "Transfer-Encoding: identity"),
    Refused("chunked twice", fields: "Transfer-Encoding: chunked, chunked"),
    Refused("two codings", fields: "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked"),
    Refused("chunked not last", fields: "Transfer-Encoding: chunked, gzip"),
    Refused("a second coding", 501, fields: "Transfer-Encoding: gzip, chunked"),
    Refused("a coding that only looks chunked", fields: "Transfer-Encoding: xchunked"),
    Refused("a quoted coding", fields: "Transfer-Encoding: \"chunked\""),
    Refused("a coding with a parameter", fields: "Transfer-Encoding: chunked;a=b"),
    Refused("a coding behind a vertical tab", fields: "Transfer-Encoding: \u{B}chunked"),
    Refused("an empty coding", fields: "Transfer-Encoding:"),
    Refused(
        "a coding in 1.0", whole: "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    Refused("a space before the colon", fields: "Content-Length : 5"),
    Refused("a tab before the colon", fields: "Transfer-Encoding\t: chunked"),
    Refused("a line without a colon", fields: "Content-Length"),
    Refused("an empty name", fields: ": 5"),
    Refused("a name with a space", fields: "Content Length: 5"),
    Refused("a name outside ASCII", fields: "C\u{F6}ntent-Length: 5"),
    Refused("a folded line", fields: "X: 1\r\n folded"),
    Refused("a first line that is folded", whole: "GET / HTTP/1.1\r\n Host: a\r\n\r\n"),
    Refused("a tab that folds", fields: "X: 1\r\n\tfolded"),
    Refused("a bare CR in a value", fields: "X: 1\rContent-Length: 5"),
    Refused("a bare LF in a value", fields: "X: 1\nContent-Length: 5"),
    Refused("NUL in a value", fields: "X: 1\u{0}"),
    Refused("NUL in a name", fields: "X\u{0}: 1"),
    Refused("DEL in a value", fields: "X: 1\u{7F}"),
    Refused("lines that end with LF", whole: "GET / HTTP/1.1\nHost: a\n\n"),
    Refused("a head that ends with LF LF", whole: "GET / HTTP/1.1\r\nHost: a\n\n"),
    Refused("CR CR LF", whole: "GET / HTTP/1.1\r\r\nHost: a\r\n\r\n"),
    Refused("no Host", whole: "GET / HTTP/1.1\r\n\r\n"),
    Refused("two Hosts", whole: "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n"),
    Refused("two Hosts in 1.0", whole: "GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n"),
    Refused("an empty Host", whole: "GET / HTTP/1.1\r\nHost:\r\n\r\n"),
    Refused("a Host with a path", whole: "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"),
    Refused("a Host with a user", whole: "GET / HTTP/1.1\r\nHost: b@a\r\n\r\n"),
    Refused("a Host with a space", whole: "GET / HTTP/1.1\r\nHost: a b\r\n\r\n"),
    Refused("two spaces", whole: "GET  / HTTP/1.1\r\nHost: a\r\n\r\n"),
    Refused("a tab for a space", whole: "GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n"),
    Refused("a space behind the version", whole: "GET / HTTP/1.1 \r\nHost: a\r\n\r\n"),
    Refused("a space before the method", whole: " GET / HTTP/1.1\r\nHost: a\r\n\r\n"),
    Refused("a space in the target", whole: "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n"),
    Refused("a fragment in the target", whole: "GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n"),
    Refused("a target outside ASCII", whole: "GET /\u{E9} HTTP/1.1\r\nHost: a\r\n\r\n"),
    Refused("a target that is no path", whole: "GET a HTTP/1.1\r\nHost: a\r\n\r\n"),
    Refused("a URL without a host", whole: "GET http:///x HTTP/1.1\r\nHost: a\r\n\r\n"),
    Refused("a URL with a user", whole: "GET http://u@h/ HTTP/1.1\r\nHost: a\r\n\r\n"),
    Refused("an authority", whole: "CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n"),
    Refused("an asterisk for GET", whole: "GET * HTTP/1.1\r\nHost: a\r\n\r\n"),
    Refused("a method that is no token", whole: "GE{T / HTTP/1.1\r\nHost: a\r\n\r\n"),
    Refused("HTTP/0.9", whole: "GET /\r\n"),
    Refused("HTTP/2", 505, whole: "OPTIONS * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    Refused("HTTP/3", 505, whole: "GET / HTTP/3.0\r\nHost: a\r\n\r\n"),
    Refused("a version in small letters", whole: "GET / http/1.1\r\nHost: a\r\n\r\n"),
    Refused("a version of two digits", whole: "GET / HTTP/1.10\r\nHost: a\r\n\r\n"),
    Refused("a version with a sign", whole: "GET / HTTP/+1.1\r\nHost: a\r\n\r\n"),
    Refused("TLS", whole: "\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}"),
    Refused("an expectation of another kind", 417, fields: "Expect: 200-ok"),
])
func `A server refuses what two parsers could read in two ways`(_ refused: Refused) {
    expectInEverySplit(bytes(refused.input), [.error(refused.status)]) { serve($0) }
}

@Test(arguments: [
    Refused("a size with a sign", chunks: "+3\r\nabc\r\n0\r\n\r\n"),
    Refused("a size with 0x", chunks: "0x3\r\nabc\r\n0\r\n\r\n"),
    Refused("a size with an underscore", chunks: "0_3\r\nabc\r\n0\r\n\r\n"),
    Refused("no size", chunks: "\r\nabc\r\n"),
    Refused("an extension without a size", chunks: ";a\r\nabc\r\n"),
    Refused("a space before the size", chunks: " 3\r\nabc\r\n0\r\n\r\n"),
    Refused("a space behind the size", chunks: "3 \r\nabc\r\n0\r\n\r\n"),
    Refused("a semicolon alone", chunks: "3;\r\nabc\r\n0\r\n\r\n"),
    Refused("a size of 17 digits", chunks: "10000000000000003\r\nabc\r\n0\r\n\r\n"),
    Refused("a size past 63 bits", 413, chunks: "8000000000000003\r\nabc\r\n0\r\n\r\n"),
    Refused("a size past the limit", 413, chunks: "FFFFFFFFFFFFFFF\r\nabc"),
    Refused("a bare LF behind the size", chunks: "3\nabc\r\n0\r\n\r\n"),
    Refused("a bare CR in an extension", chunks: "3;a\rb\r\nabc\r\n0\r\n\r\n"),
    Refused("a bare LF in an extension", chunks: "3;a\nb\r\nabc\r\n0\r\n\r\n"),
    Refused("NUL in an extension", chunks: "3;\u{0}\r\nabc\r\n0\r\n\r\n"),
    Refused("data longer than its size", chunks: "3\r\nabcd\r\n0\r\n\r\n"),
    Refused("data shorter than its size", chunks: "4\r\nabc\r\n0\r\n\r\n"),
    Refused("two bytes that are not CR LF behind data", chunks: "3\r\nabcXX0\r\n\r\n"),
    Refused("LF behind data", chunks: "3\r\nabc\n0\r\n\r\n"),
    Refused("CR without LF behind data", chunks: "3\r\nabc\r0\r\n\r\n"),
    Refused("a folded trailer", chunks: "0\r\nA: 1\r\n b\r\n\r\n"),
    Refused("a trailer without a colon", chunks: "0\r\nGET / HTTP/1.1\r\n\r\n"),
    Refused("a trailer that ends with LF", chunks: "0\r\n\n"),
])
func `A server refuses chunks that are not as the grammar says`(_ refused: Refused) {
    expectInEverySplit(bytes(refused.input), [.error(refused.status)]) { serve($0) }
}
