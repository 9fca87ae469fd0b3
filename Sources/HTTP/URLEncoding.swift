import Wire

/// Percent encoding and the pairs of queries and of `application/x-www-form-urlencoded` bodies.
public enum URLEncoding {
    /// The bytes with `%XX` resolved; a "%" that no two digits follow stays as it is.
    public static func decode(
        _ bytes: some Collection<UInt8>, plusIsSpace: Bool = false
    ) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count)
        var index = bytes.startIndex
        while index < bytes.endIndex {
            let byte = bytes[index]
            let next = bytes.index(after: index)
            if byte == UInt8(ascii: "%"), next < bytes.endIndex,
                let high = Characters.hexValue(bytes[next])
            {
                let second = bytes.index(after: next)
                if second < bytes.endIndex, let low = Characters.hexValue(bytes[second]) {
                    result.append(UInt8(high << 4 | low))
                    index = bytes.index(after: second)
                    continue
                }
            }
            result.append(plusIsSpace && byte == UInt8(ascii: "+") ? 0x20 : byte)
            index = next
        }
        return result
    }

    /// The bytes with everything but letters, digits and "-._~" written as `%XX`.
    public static func encode(_ bytes: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        for byte in bytes {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
                UInt8(ascii: "_"), UInt8(ascii: "~"):
                result.append(byte)
            default:
                appendEscaped(byte, to: &result)
            }
        }
        return result
    }

    /// Appends `%XX`.
    static func appendEscaped(_ byte: UInt8, to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "%"))
        for digit in [byte >> 4, byte & 15] {
            bytes.append(digit < 10 ? digit + UInt8(ascii: "0") : digit - 10 + UInt8(ascii: "A"))
        }
    }

    /// The pairs of a query or an urlencoded body. A name without "=" has an empty value.
    public static func items(_ bytes: [UInt8]) -> [(name: Text, value: Text)] {
        bytes.split(separator: UInt8(ascii: "&")).map { pair in
            let equals = pair.firstIndex(of: UInt8(ascii: "=")) ?? pair.endIndex
            let value = pair[equals...].dropFirst()
            return (
                Text(decode(pair[..<equals], plusIsSpace: true)),
                Text(decode(value, plusIsSpace: true))
            )
        }
    }
}
