/// What well-formed UTF-8 is (RFC 3629): no surrogates, no overlong forms, nothing past U+10FFFF.
public enum UTF8Form {
    /// The length of the well-formed sequence that starts at `index`, or 0 when there is none.
    @inlinable public static func length(
        at index: Int, in bytes: UnsafeBufferPointer<UInt8>
    ) -> Int {
        let first = bytes[index]
        if first < 0x80 { return 1 }
        let left = bytes.count - index
        switch first {
        case 0xc2...0xdf:
            return left >= 2 && isTail(bytes[index + 1]) ? 2 : 0
        case 0xe0...0xef:
            guard left >= 3, isTail(bytes[index + 1]), isTail(bytes[index + 2]) else { return 0 }
            if first == 0xe0, bytes[index + 1] < 0xa0 { return 0 }
            if first == 0xed, bytes[index + 1] > 0x9f { return 0 }
            return 3
        case 0xf0...0xf4:
            guard left >= 4, isTail(bytes[index + 1]), isTail(bytes[index + 2]),
                isTail(bytes[index + 3])
            else { return 0 }
            if first == 0xf0, bytes[index + 1] < 0x90 { return 0 }
            if first == 0xf4, bytes[index + 1] > 0x8f { return 0 }
            return 4
        default:
            return 0
        }
    }

    @inlinable static func isTail(_ byte: UInt8) -> Bool { byte & 0xc0 == 0x80 }

    /// Whether all of these bytes are well-formed.
    @inlinable public static func isValid(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        var index = 0
        while index < bytes.count {
            let step = length(at: index, in: bytes)
            if step == 0 { return false }
            index += step
        }
        return true
    }

    /// Whether all of these bytes are well-formed.
    @inlinable public static func isValid(_ bytes: [UInt8]) -> Bool {
        bytes.withUnsafeBufferPointer { isValid($0) }
    }

    /// Appends the sequence of one code point; a surrogate becomes U+FFFD.
    @inlinable public static func append(_ codePoint: UInt32, to bytes: inout [UInt8]) {
        switch codePoint {
        case 0..<0x80:
            bytes.append(UInt8(codePoint))
        case 0x80..<0x800:
            bytes.append(UInt8(0xc0 | codePoint >> 6))
            bytes.append(UInt8(0x80 | codePoint & 63))
        case 0xd800..<0xe000, 0x11_0000...:
            bytes.append(contentsOf: [0xef, 0xbf, 0xbd])
        case 0x800..<0x1_0000:
            bytes.append(UInt8(0xe0 | codePoint >> 12))
            bytes.append(UInt8(0x80 | (codePoint >> 6) & 63))
            bytes.append(UInt8(0x80 | codePoint & 63))
        default:
            bytes.append(UInt8(0xf0 | codePoint >> 18))
            bytes.append(UInt8(0x80 | (codePoint >> 12) & 63))
            bytes.append(UInt8(0x80 | (codePoint >> 6) & 63))
            bytes.append(UInt8(0x80 | codePoint & 63))
        }
    }
}
