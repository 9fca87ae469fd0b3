/// Checks UTF-8 that comes in parts (RFC 3629: no overlong forms, no surrogates, none over 10FFFF).
struct UTF8Validator: Sendable {
    /// Continuation bytes still to come.
    private var missing = 0
    /// What the next continuation byte may be: the first one after some leads has a narrower range.
    private var range: ClosedRange<UInt8> = 0x80...0xBF

    /// Whether the text so far ends between two characters.
    var isComplete: Bool { missing == 0 }

    /// Takes a part; false once the text can't be valid any more.
    mutating func accept(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var index = 0
        while index < bytes.count {
            if missing == 0 {
                index = Self.skipASCII(bytes, from: index)
                guard index < bytes.count else { return true }
                guard start(bytes[index]) else { return false }
            } else {
                guard range.contains(bytes[index]) else { return false }
                range = 0x80...0xBF
                missing -= 1
            }
            index += 1
        }
        return true
    }

    private mutating func start(_ lead: UInt8) -> Bool {
        switch lead {
        case 0xC2...0xDF: missing = 1
        case 0xE0...0xEF: missing = 2
        case 0xF0...0xF4: missing = 3
        default: return false
        }
        switch lead {
        case 0xE0: range = 0xA0...0xBF
        case 0xED: range = 0x80...0x9F
        case 0xF0: range = 0x90...0xBF
        case 0xF4: range = 0x80...0x8F
        default: range = 0x80...0xBF
        }
        return true
    }

    private static func skipASCII(_ bytes: UnsafeRawBufferPointer, from start: Int) -> Int {
        var index = start
        while index + 8 <= bytes.count,
            bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self) & 0x8080_8080_8080_8080 == 0
        {
            index += 8
        }
        while index < bytes.count, bytes[index] < 0x80 { index += 1 }
        return index
    }

    /// Whether these bytes are UTF-8 from beginning to end.
    static func isValid(_ bytes: [UInt8]) -> Bool {
        var validator = UTF8Validator()
        return bytes.withUnsafeBytes { validator.accept($0) } && validator.isComplete
    }
}
