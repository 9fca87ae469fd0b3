/// What the fields of a head say about the message's end and the connection's.
struct FramingFields: Sendable {
    /// How many `Host` fields there are.
    var hostCount = 0
    /// How many `Content-Length` fields there are.
    var contentLengthCount = 0
    /// The length that the last of them told.
    var contentLength = 0
    /// How many `Transfer-Encoding` fields there are.
    var transferEncodingCount = 0
    /// Whether `Connection` holds "close".
    var saysClose = false
    /// Whether `Connection` holds "keep-alive".
    var saysKeepAlive = false
    /// Whether the client waits for 100 before it sends a body.
    var expectsContinue = false

    /// Takes note of a field; throws where its value can't be right in any message.
    mutating func note(
        name: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer
    ) throws(HTTPError) {
        switch name.count {
        case 4 where name.equalsIgnoringCase("host"):
            hostCount += 1
            guard !value.isEmpty, value.allSatisfy(Characters.isHost) else {
                throw HTTPError(400, "the Host field is not a host")
            }
        case 6 where name.equalsIgnoringCase("expect"):
            guard value.equalsIgnoringCase("100-continue") else {
                throw HTTPError(417, "an expectation that is not 100-continue")
            }
            expectsContinue = true
        case 10 where name.equalsIgnoringCase("connection"):
            noteConnection(value)
        case 14 where name.equalsIgnoringCase("content-length"):
            contentLengthCount += 1
            contentLength = try Self.length(value)
        case 17 where name.equalsIgnoringCase("transfer-encoding"):
            transferEncodingCount += 1
            try Self.checkCoding(value)
        default:
            break
        }
    }

    private mutating func noteConnection(_ value: UnsafeRawBufferPointer) {
        var start = 0
        while start <= value.count {
            let end = value[start...].firstIndex(of: UInt8(ascii: ",")) ?? value.count
            let token = value.part(value.trimmed(start..<end))
            if token.equalsIgnoringCase("close") { saysClose = true }
            if token.equalsIgnoringCase("keep-alive") { saysKeepAlive = true }
            start = end + 1
        }
    }

    /// A length is digits and nothing else: no sign, no list, no space (RFC 9112, section 6.3).
    private static func length(_ value: UnsafeRawBufferPointer) throws(HTTPError) -> Int {
        var number = 0
        guard !value.isEmpty else { throw HTTPError(400, "an empty Content-Length") }
        for byte in value {
            guard byte &- 48 < 10 else {
                throw HTTPError(400, "a Content-Length with other than digits")
            }
        }
        for byte in value {
            let (product, tooBig) = number.multipliedReportingOverflow(by: 10)
            let (sum, carries) = product.addingReportingOverflow(Int(byte) - 48)
            guard !tooBig, !carries else {
                throw HTTPError(413, "a Content-Length past all bounds")
            }
            number = sum
        }
        return number
    }

    /// Only `chunked` alone is understood. A list that ends with it is well formed all the same.
    private static func checkCoding(_ value: UnsafeRawBufferPointer) throws(HTTPError) {
        if value.equalsIgnoringCase("chunked") { return }
        let lastStart = value.lastIndex(of: UInt8(ascii: ",")).map { $0 + 1 } ?? 0
        let last = value.part(value.trimmed(lastStart..<value.count))
        let others = value.part(value.trimmed(0..<max(lastStart - 1, 0)))
        if last.equalsIgnoringCase("chunked"), !others.isEmpty,
            !others.equalsIgnoringCase("chunked")
        {
            throw HTTPError(501, "a Transfer-Encoding besides chunked")
        }
        throw HTTPError(400, "a Transfer-Encoding that does not end the message")
    }
}

/// Reads the lines of a head or of a trailer as they complete.
struct FieldParser: Sendable {
    private(set) var scanner = LineScanner()
    private(set) var fields: [HTTPHeaders.Field] = []
    private(set) var framing = FramingFields()

    /// The next line; nil when its end has not come. Errors have a status for fields.
    mutating func line(
        in bytes: UnsafeRawBufferPointer, limit: Int, tooLong: @autoclosure () -> HTTPError
    ) throws(HTTPError) -> Range<Int>? {
        switch scanner.next(in: bytes, limit: limit) {
        case .line(let range): return range
        case .incomplete: return nil
        case .tooLong: throw tooLong()
        case .forbidden: throw HTTPError(400, "a bare CR or LF or a control byte in the head")
        }
    }

    /// Reads fields up to the empty line; false when more bytes are needed.
    mutating func readFields(
        in bytes: UnsafeRawBufferPointer, limits: borrowing HTTPLimits
    ) throws(HTTPError) -> Bool {
        let maxBytes = limits.maxHeadBytes
        while let line = try line(
            in: bytes, limit: maxBytes, tooLong: HTTPError(431, "the head is too large"))
        {
            if line.isEmpty { return true }
            guard fields.count < limits.maxHeaderCount else {
                throw HTTPError(431, "too many fields")
            }
            try readField(in: bytes, line: line)
        }
        return false
    }

    private mutating func readField(
        in bytes: UnsafeRawBufferPointer, line: Range<Int>
    ) throws(HTTPError) {
        var colon = line.lowerBound
        while colon < line.upperBound, Characters.isToken(bytes[colon]) { colon += 1 }
        guard colon < line.upperBound, colon > line.lowerBound,
            bytes[colon] == UInt8(ascii: ":")
        else {
            throw HTTPError(400, "a field line without a proper name and colon")
        }
        let value = bytes.trimmed(colon + 1..<line.upperBound)
        if fields.isEmpty { fields.reserveCapacity(12) }
        fields.append(
            HTTPHeaders.Field(
                nameStart: UInt32(truncatingIfNeeded: line.lowerBound),
                nameEnd: UInt32(truncatingIfNeeded: colon),
                valueStart: UInt32(truncatingIfNeeded: value.lowerBound),
                valueEnd: UInt32(truncatingIfNeeded: value.upperBound)))
        try framing.note(name: bytes.part(line.lowerBound..<colon), value: bytes.part(value))
    }
}
