/// The terminals of the grammar.
extension JSONScanner {
    mutating func skipSpace() {
        while position < bytes.count {
            switch bytes[position] {
            case 0x20, 0x0a, 0x0d, 0x09: position += 1
            default: return
            }
        }
    }

    /// The next byte that is not white space; it stays the next.
    mutating func nextByte() throws(WireError) -> UInt8 {
        if position < bytes.count, bytes[position] > 0x20 { return bytes[position] }
        skipSpace()
        guard position < bytes.count else { throw WireError(.truncated, offset: position) }
        return bytes[position]
    }

    mutating func literal(_ word: StaticString) throws(WireError) {
        for byte in word.bytes {
            guard position < bytes.count else { throw WireError(.truncated, offset: position) }
            guard bytes[position] == byte else { throw bad("bad literal") }
            position += 1
        }
    }

    mutating func skipNumber() throws(WireError) {
        if peekIs(0x2d) { position += 1 }
        if peekIs(0x30) {
            position += 1
            if position < bytes.count, (0x30...0x39).contains(bytes[position]) {
                throw bad("leading zero")
            }
        } else {
            try digits()
        }
        if peekIs(0x2e) {
            position += 1
            try digits()
        }
        if peekIs(0x65) || peekIs(0x45) {
            position += 1
            if peekIs(0x2b) || peekIs(0x2d) { position += 1 }
            try digits()
        }
    }

    /// Passes over a string, quotes included; gives what lies between and whether it has escapes.
    mutating func scanString() throws(WireError) -> (range: Range<Int>, escaped: Bool) {
        let start = position + 1
        var escaped = false
        let (end, problem) = bytes.withUnsafeBufferPointer {
            source -> (Int, WireError.What?) in
            var index = start
            while index < source.count {
                index = Self.endOfPlainText(from: index, in: source)
                guard index < source.count else { break }
                switch source[index] {
                case UInt8(ascii: "\""): return (index, nil)
                case 0..<0x20: return (index, .badJSON("control character in a string"))
                case UInt8(ascii: "\\"):
                    escaped = true
                    let length = Self.escapeLength(at: index, in: source)
                    if length <= 0 {
                        return length == 0
                            ? (index, .badJSON("bad escape")) : (source.count, .truncated)
                    }
                    index += length
                case 0x20..<0x80: index += 1
                default:
                    let length = UTF8Form.length(at: index, in: source)
                    if length == 0 { return (index, .badJSON("malformed UTF-8")) }
                    index += length
                }
            }
            return (index, .truncated)
        }
        if let problem { throw WireError(problem, offset: end) }
        position = end + 1
        return (start..<end, escaped)
    }

    /// The first place from `index` on, up to seven bytes early, that is no printable ASCII or is a
    /// quote or a backslash: eight bytes are looked at together.
    @inline(__always)
    private static func endOfPlainText(
        from index: Int, in source: UnsafeBufferPointer<UInt8>
    ) -> Int {
        let each: UInt64 = 0x0101_0101_0101_0101
        let high = each << 7
        let raw = UnsafeRawBufferPointer(source)
        var index = index
        while index + 8 <= raw.count {
            let word = raw.loadUnaligned(fromByteOffset: index, as: UInt64.self)
            let quote = word ^ (each &* 0x22)
            let backslash = word ^ (each &* 0x5c)
            // A high bit tells a byte of 0x80 and more, under 0x20, or zero after the xor; bits
            // that a borrow adds beside a true one do no harm.
            let found =
                word | (word &- each &* 0x20) | (quote &- each) | (backslash &- each)
            if found & high != 0 { return index }
            index += 8
        }
        return index
    }

    /// The length of the escape at `index`: 0 when it is none, -1 when the input ends within it.
    private static func escapeLength(
        at index: Int, in source: UnsafeBufferPointer<UInt8>
    ) -> Int {
        guard index + 1 < source.count else { return -1 }
        switch source[index + 1] {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"),
            UInt8(ascii: "f"), UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            return 2
        case UInt8(ascii: "u"):
            for digit in index + 2..<index + 6 {
                guard digit < source.count else { return -1 }
                if Hex.value(of: source[digit]) == nil { return 0 }
            }
            return 6
        default: return 0
        }
    }

    /// The bytes that the inside of a scanned string means.
    func unescape(_ range: Range<Int>) -> [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(range.count)
        var index = range.lowerBound
        while index < range.upperBound {
            let byte = bytes[index]
            guard byte == UInt8(ascii: "\\") else {
                out.append(byte)
                index += 1
                continue
            }
            index += 2
            switch bytes[index - 1] {
            case UInt8(ascii: "b"): out.append(0x08)
            case UInt8(ascii: "f"): out.append(0x0c)
            case UInt8(ascii: "n"): out.append(0x0a)
            case UInt8(ascii: "r"): out.append(0x0d)
            case UInt8(ascii: "t"): out.append(0x09)
            case UInt8(ascii: "u"):
                var unit = codeUnit(at: index)
                index += 4
                if unit & 0xfc00 == 0xd800, index + 6 <= range.upperBound,
                    bytes[index] == UInt8(ascii: "\\"), bytes[index + 1] == UInt8(ascii: "u")
                {
                    let low = codeUnit(at: index + 2)
                    if low & 0xfc00 == 0xdc00 {
                        unit = 0x1_0000 + (unit & 0x3ff) << 10 + low & 0x3ff
                        index += 6
                    }
                }
                UTF8Form.append(unit, to: &out)
            case let other: out.append(other)
            }
        }
        return out
    }

    /// The four hexadecimal digits at `index`, known to be there.
    private func codeUnit(at index: Int) -> UInt32 {
        (index..<index + 4).reduce(0) { $0 << 4 | UInt32(Hex.value(of: bytes[$1]) ?? 0) }
    }

    func peekIs(_ byte: UInt8) -> Bool { position < bytes.count && bytes[position] == byte }

    private mutating func digits() throws(WireError) {
        let start = position
        while position < bytes.count, (0x30...0x39).contains(bytes[position]) { position += 1 }
        if position == start {
            throw position == bytes.count
                ? WireError(.truncated, offset: position) : bad("bad number")
        }
    }

    func bad(_ what: WireError.StaticWhat) -> WireError {
        WireError(.badJSON(what), offset: position)
    }

    /// The error for a value of another kind than asked for, or for no value at all.
    func wrongType() -> WireError {
        switch bytes[position] {
        case UInt8(ascii: "{"), UInt8(ascii: "["), UInt8(ascii: "\""), UInt8(ascii: "t"),
            UInt8(ascii: "f"), UInt8(ascii: "n"), UInt8(ascii: "-"), 0x30...0x39:
            WireError(.unexpectedJSONType, offset: position)
        default: bad("no value")
        }
    }
}
