/// Reads the head of a request line by line, so that what is wrong is told as soon as it is seen.
struct RequestHeadParser: Sendable {
    private var parser = FieldParser()
    private var hasRequestLine = false
    private var emptyLines = 0
    private var method = HTTPMethod.get
    private var target = 0..<0
    private var minorVersion = 0

    /// Empty lines that may come before a request (RFC 9112, section 2.2).
    private static let maxEmptyLines = 2

    /// A head that was read and what it says about the body.
    struct Head: Sendable {
        var request: HTTPRequest
        var body: BodyFraming
        /// The bytes that the head took.
        var byteCount: Int
        var expectsContinue: Bool
    }

    /// How a body is framed.
    enum BodyFraming: Sendable {
        case length(Int)
        case chunked
    }

    /// Reads on; nil when more bytes are needed. `bytes` always starts where the head does.
    mutating func read(
        _ bytes: UnsafeRawBufferPointer, limits: borrowing HTTPLimits
    ) throws(HTTPError) -> Head? {
        let lineLimit = min(limits.maxRequestLineBytes, limits.maxHeadBytes)
        while !hasRequestLine {
            guard
                let line = try parser.line(
                    in: bytes, limit: lineLimit, tooLong: HTTPError(414, "the target is too long"))
            else { return nil }
            if line.isEmpty {
                emptyLines += 1
                guard emptyLines <= Self.maxEmptyLines else {
                    throw HTTPError(400, "empty lines where a request should be")
                }
                continue
            }
            try readRequestLine(bytes.part(line), at: line.lowerBound)
            hasRequestLine = true
        }
        guard try parser.readFields(in: bytes, limits: limits) else { return nil }
        return try head(bytes)
    }

    private mutating func readRequestLine(
        _ line: UnsafeRawBufferPointer, at offset: Int
    ) throws(HTTPError) {
        var end = 0
        while end < line.count, Characters.isToken(line[end]) { end += 1 }
        guard end > 0, end < line.count, line[end] == 0x20 else {
            throw HTTPError(400, "a request line without a proper method")
        }
        method = HTTPMethod(line.part(0..<end))
        let start = end + 1
        end = start
        while end < line.count, Characters.isTarget(line[end]) { end += 1 }
        guard end > start, end < line.count, line[end] == 0x20 else {
            throw HTTPError(400, "a request line without a proper target")
        }
        try checkTarget(line.part(start..<end))
        target = offset + start..<offset + end
        minorVersion = try HTTPVersion.minor(line.part(end + 1..<line.count))
    }

    private func checkTarget(_ target: UnsafeRawBufferPointer) throws(HTTPError) {
        if target[0] == UInt8(ascii: "/") { return }
        if target.equals("*"), method == .options { return }
        guard let authority = HTTPTarget.authority(of: target), !authority.isEmpty,
            target.part(authority).allSatisfy(Characters.isHost)
        else {
            throw HTTPError(400, "a target that is neither a path nor a URL")
        }
    }

    /// Decides where the body ends, the whole of RFC 9112, section 6.3, in one place.
    private func head(_ bytes: UnsafeRawBufferPointer) throws(HTTPError) -> Head {
        let fields = parser.framing
        guard fields.hostCount == 1 || (fields.hostCount == 0 && minorVersion == 0) else {
            throw HTTPError(400, "not exactly one Host field")
        }
        guard fields.contentLengthCount <= 1, fields.transferEncodingCount <= 1 else {
            throw HTTPError(400, "a framing field more than once")
        }
        let isChunked = fields.transferEncodingCount == 1
        guard !isChunked || fields.contentLengthCount == 0 else {
            throw HTTPError(400, "both Content-Length and Transfer-Encoding")
        }
        guard !isChunked || minorVersion >= 1 else {
            throw HTTPError(400, "a Transfer-Encoding in HTTP/1.0")
        }
        let keepAlive = !fields.saysClose && (minorVersion >= 1 || fields.saysKeepAlive)
        let end = parser.scanner.lineStart
        let request = HTTPRequest(
            method: method, target: Array(bytes[target]),
            headers: HTTPHeaders(storage: Array(bytes[0..<end]), fields: parser.fields), body: [],
            minorVersion: minorVersion, keepAlive: keepAlive)
        return Head(
            request: request, body: isChunked ? .chunked : .length(fields.contentLength),
            byteCount: end, expectsContinue: fields.expectsContinue && minorVersion >= 1)
    }
}

/// The version at the end of a request line or the start of a status line.
enum HTTPVersion {
    /// The minor version of `HTTP/1.x`.
    static func minor(_ bytes: UnsafeRawBufferPointer) throws(HTTPError) -> Int {
        guard bytes.count == 8, bytes.part(0..<5).equals("HTTP/"),
            bytes[6] == UInt8(ascii: "."), bytes[5] &- 48 < 10, bytes[7] &- 48 < 10
        else {
            throw HTTPError(400, "a start line without a proper version")
        }
        guard bytes[5] == UInt8(ascii: "1") else {
            throw HTTPError(505, "a version other than HTTP/1.x")
        }
        return Int(bytes[7]) - 48
    }
}
