/// Two hexadecimal digits a byte; written in lower case, read in either.
public enum Hex {
    private static let digits = Array("0123456789abcdef".utf8)

    /// The digits of these bytes.
    public static func encode(_ bytes: [UInt8]) -> [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(bytes.count * 2)
        for byte in bytes {
            out.append(digits[Int(byte >> 4)])
            out.append(digits[Int(byte & 15)])
        }
        return out
    }

    /// The digits of these bytes, as a string.
    public static func string(_ bytes: [UInt8]) -> String {
        String(decoding: encode(bytes), as: UTF8.self)
    }

    /// The bytes of these digits; nil for anything else, or an odd number of them.
    public static func decode(_ text: [UInt8]) -> [UInt8]? {
        guard text.count % 2 == 0 else { return nil }
        var out: [UInt8] = []
        out.reserveCapacity(text.count / 2)
        for index in stride(from: 0, to: text.count, by: 2) {
            guard let high = value(of: text[index]), let low = value(of: text[index + 1]) else {
                return nil
            }
            out.append(high << 4 | low)
        }
        return out
    }

    /// The bytes of this string's digits; nil for anything else.
    public static func decode(_ string: String) -> [UInt8]? { decode(Array(string.utf8)) }

    /// The value of one digit; nil when it is none.
    @inlinable public static func value(of digit: UInt8) -> UInt8? {
        switch digit {
        case 0x30...0x39: digit - 0x30
        case 0x41...0x46: digit - 0x41 + 10
        case 0x61...0x66: digit - 0x61 + 10
        default: nil
        }
    }
}
