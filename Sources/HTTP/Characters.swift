/// The classes of bytes that the grammars name, as bit sets: no table in memory to initialise.
enum Characters {
    /// `tchar` of RFC 9110, section 5.6.2.
    static func isToken(_ byte: UInt8) -> Bool {
        // "!#$%&'*+-.0123456789" in the low half, "A-Z^_`a-z|~" in the high one.
        contains(byte, low: 0x03FF_6CFA_0000_0000, high: 0x57FF_FFFF_C7FF_FFFE)
    }

    /// What a host and its port may be written with (RFC 3986, section 3.2.2), user info left out.
    static func isHost(_ byte: UInt8) -> Bool {
        // "!$%&'()*+,-.0-9:;=" and "A-Z[]_a-z~".
        contains(byte, low: 0x2FFF_7FF2_0000_0000, high: 0x47FF_FFFE_AFFF_FFFE)
    }

    /// `VCHAR` but for "#", which ends a target before it is sent.
    static func isTarget(_ byte: UInt8) -> Bool {
        byte > 0x20 && byte < 0x7F && byte != UInt8(ascii: "#")
    }

    /// What a field's value may hold: visible bytes, space, tab and bytes over 127.
    static func isFieldValue(_ byte: UInt8) -> Bool {
        (byte >= 0x20 && byte != 0x7F) || byte == 0x09
    }

    /// A hexadecimal digit's value.
    static func hexValue(_ byte: UInt8) -> Int? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): Int(byte) - 48
        case UInt8(ascii: "a")...UInt8(ascii: "f"): Int(byte) - 87
        case UInt8(ascii: "A")...UInt8(ascii: "F"): Int(byte) - 55
        default: nil
        }
    }

    /// The small letter of a capital; any other byte unchanged.
    static func lowercased(_ byte: UInt8) -> UInt8 {
        byte &- 65 < 26 ? byte | 0x20 : byte
    }

    private static func contains(_ byte: UInt8, low: UInt64, high: UInt64) -> Bool {
        guard byte < 128 else { return false }
        return (byte < 64 ? low : high) >> UInt64(byte & 63) & 1 == 1
    }
}

extension UnsafeRawBufferPointer {
    /// Whether the bytes are these.
    func equals(_ text: StaticString) -> Bool {
        guard count == text.utf8CodeUnitCount else { return false }
        for index in 0..<count where self[index] != text.utf8Start[index] { return false }
        return true
    }

    /// Whether the bytes are these when capitals count as small letters; `text` has none.
    func equalsIgnoringCase(_ text: StaticString) -> Bool {
        guard count == text.utf8CodeUnitCount else { return false }
        for index in 0..<count
        where Characters.lowercased(self[index]) != text.utf8Start[index] { return false }
        return true
    }

    /// Whether both are the same when capitals count as small letters.
    func equalsIgnoringCase(_ other: UnsafeRawBufferPointer) -> Bool {
        guard count == other.count else { return false }
        for index in 0..<count
        where Characters.lowercased(self[index]) != Characters.lowercased(other[index]) {
            return false
        }
        return true
    }

    /// The range without spaces and tabs at its ends.
    func trimmed(_ range: Range<Int>) -> Range<Int> {
        var start = range.lowerBound
        var end = range.upperBound
        while start < end, self[start] == 0x20 || self[start] == 0x09 { start += 1 }
        while end > start, self[end - 1] == 0x20 || self[end - 1] == 0x09 { end -= 1 }
        return start..<end
    }

    /// The bytes of a range, as a buffer that starts at zero.
    func part(_ range: Range<Int>) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: self[range])
    }
}
