/// Takes a chunked body apart (RFC 9112, section 7.1). Extensions and trailer fields are checked
/// and left out.
struct ChunkedBody: Sendable {
    private enum State: Sendable {
        case size
        case data(Int)
        case dataEnd
        case trailer
    }

    private var state = State.size
    private var scanner = LineScanner()
    private var trailer = FieldParser()
    private var extensionBytes = 0
    private let maxBodyBytes: Int
    /// The data so far.
    private(set) var body: [UInt8] = []

    /// A body that may have this many bytes of data.
    init(maxBodyBytes: Int) { self.maxBodyBytes = maxBodyBytes }

    /// Digits of a chunk's size, leading zeros included.
    private static let maxSizeDigits = 16

    /// Reads on and uses bytes up; true when the body has ended.
    mutating func read(
        from buffer: inout ReceiveBuffer, limits: borrowing HTTPLimits
    ) throws(HTTPError) -> Bool {
        while true {
            switch state {
            case .size:
                guard let size = try readSize(from: &buffer, limits: limits) else { return false }
                state = size > 0 ? .data(size) : .trailer
            case .data(let left):
                let count = min(left, buffer.count)
                buffer.withUnread { body.append(contentsOf: $0.part(0..<count)) }
                buffer.consume(count)
                state = left == count ? .dataEnd : .data(left - count)
                if left > count { return false }
            case .dataEnd:
                let ended = try buffer.withUnread { (bytes) throws(HTTPError) -> Bool in
                    guard bytes.isEmpty || bytes[0] == 0x0D, bytes.count < 2 || bytes[1] == 0x0A
                    else { throw HTTPError(400, "a chunk longer than its size") }
                    return bytes.count >= 2
                }
                guard ended else { return false }
                buffer.consume(2)
                state = .size
            case .trailer:
                let ended = try buffer.withUnread { (bytes) throws(HTTPError) -> Bool in
                    try trailer.readFields(in: bytes, limits: limits)
                }
                guard ended else { return false }
                buffer.consume(trailer.scanner.lineStart)
                return true
            }
        }
    }

    /// Reads a line with a chunk's size; nil when its end has not come.
    private mutating func readSize(
        from buffer: inout ReceiveBuffer, limits: borrowing HTTPLimits
    ) throws(HTTPError) -> Int? {
        let limit = Self.maxSizeDigits + limits.maxChunkExtensionBytes - extensionBytes + 1
        let outcome = buffer.withUnread { scanner.next(in: $0, limit: limit) }
        let line: Range<Int>
        switch outcome {
        case .line(let range): line = range
        case .incomplete: return nil
        case .tooLong: throw HTTPError(400, "too many bytes of chunk extensions")
        case .forbidden: throw HTTPError(400, "a bare CR or LF or a control byte in a chunk's line")
        }
        let size = try buffer.withUnread { (bytes) throws(HTTPError) -> Int in
            try Self.size(bytes.part(line), extensionBytes: &extensionBytes)
        }
        guard size <= maxBodyBytes - body.count else {
            throw HTTPError(413, "the body is too large")
        }
        buffer.consume(scanner.lineStart)
        scanner = LineScanner()
        return size
    }

    private static func size(
        _ line: UnsafeRawBufferPointer, extensionBytes: inout Int
    ) throws(HTTPError) -> Int {
        var number = 0
        var digits = 0
        while digits < line.count, digits < maxSizeDigits,
            let value = Characters.hexValue(line[digits])
        {
            guard number >> 58 == 0 else { throw HTTPError(413, "the body is too large") }
            number = number << 4 | value
            digits += 1
        }
        guard digits > 0 else { throw HTTPError(400, "a chunk without a size") }
        let rest = line.part(line.trimmed(digits..<line.count))
        extensionBytes += line.count - digits
        // Blanks alone behind the size have been used to smuggle: only before an extension.
        guard line.count == digits || (rest.first == UInt8(ascii: ";") && rest.count > 1) else {
            throw HTTPError(400, "a chunk's size with other than hexadecimal digits")
        }
        return number
    }
}
