/// Reads the head of a response line by line.
struct ResponseHeadParser: Sendable {
    private var parser = FieldParser()
    private var hasStatusLine = false
    private var status = 0
    private var minorVersion = 0

    /// A head that was read and where its body ends when the request does not say otherwise.
    struct Head: Sendable {
        var response: HTTPResponse
        var body: BodyFraming
        /// The bytes that the head took.
        var byteCount: Int
        /// Whether the server means to keep the connection.
        var keepAlive: Bool
    }

    /// How a body is framed.
    enum BodyFraming: Sendable, Equatable {
        case length(Int)
        case chunked
        case untilClose
    }

    /// Reads on; nil when more bytes are needed. `bytes` always starts where the head does.
    mutating func read(
        _ bytes: UnsafeRawBufferPointer, limits: borrowing HTTPLimits
    ) throws(HTTPError) -> Head? {
        if !hasStatusLine {
            guard
                let line = try parser.line(
                    in: bytes, limit: limits.maxHeadBytes,
                    tooLong: HTTPError(502, "the status line is too long"))
            else { return nil }
            try readStatusLine(bytes.part(line))
            hasStatusLine = true
        }
        guard try parser.readFields(in: bytes, limits: limits) else { return nil }
        return try head(bytes)
    }

    private mutating func readStatusLine(_ line: UnsafeRawBufferPointer) throws(HTTPError) {
        let isShort = line.count == 12
        guard isShort || (line.count > 12 && line[12] == 0x20), line[8] == 0x20 else {
            throw HTTPError(502, "a status line without its parts")
        }
        minorVersion = try HTTPVersion.minor(line.part(0..<8))
        for digit in line.part(9..<12) {
            guard digit &- 48 < 10 else { throw HTTPError(502, "a status that is no number") }
            status = status * 10 + Int(digit) - 48
        }
        guard status >= 100 else { throw HTTPError(502, "a status under 100") }
    }

    private func head(_ bytes: UnsafeRawBufferPointer) throws(HTTPError) -> Head {
        let fields = parser.framing
        guard fields.contentLengthCount <= 1, fields.transferEncodingCount <= 1,
            fields.contentLengthCount + fields.transferEncodingCount <= 1
        else {
            throw HTTPError(502, "more than one field that frames the body")
        }
        let isChunked = fields.transferEncodingCount == 1
        guard !isChunked || minorVersion >= 1 else {
            throw HTTPError(502, "a Transfer-Encoding in HTTP/1.0")
        }
        let body: BodyFraming =
            if status < 200 || status == 204 || status == 304 {
                .length(0)
            } else if isChunked {
                .chunked
            } else if fields.contentLengthCount == 1 {
                .length(fields.contentLength)
            } else {
                .untilClose
            }
        let end = parser.scanner.lineStart
        let response = HTTPResponse(
            status: status,
            headers: HTTPHeaders(storage: Array(bytes[0..<end]), fields: parser.fields))
        let keepAlive = !fields.saysClose && (minorVersion >= 1 || fields.saysKeepAlive)
        return Head(response: response, body: body, byteCount: end, keepAlive: keepAlive)
    }
}
