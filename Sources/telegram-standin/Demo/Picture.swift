import Wire

/// A picture for customers to send: a gradient in a colour of its own, as a PNG (RFC 2083) whose
/// pixels are not compressed.
enum Picture {
    /// A square of this side, in one of 256 colours.
    static func png(side: Int, colour: UInt8) -> [UInt8] {
        var out: [UInt8] = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]
        let sides = [UInt8(side >> 8), UInt8(side & 0xff)]
        // 8 bits a pixel, grey values into a palette.
        append("IHDR", [0, 0] + sides + [0, 0] + sides + [8, 3, 0, 0, 0], to: &out)
        append("PLTE", palette(colour), to: &out)
        append("IDAT", stored(pixels(side)), to: &out)
        append("IEND", [], to: &out)
        return out
    }

    private static func palette(_ colour: UInt8) -> [UInt8] {
        (0...255).flatMap { (level: Int) -> [UInt8] in
            let first = UInt8(level)
            let second = UInt8((level * Int(colour) / 255) & 0xff)
            return [first, second, UInt8(255 - level / 2)]
        }
    }

    /// Each row begins with a byte that says that it is not filtered.
    private static func pixels(_ side: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        for row in 0..<side {
            bytes.append(0)
            for column in 0..<side {
                let level: Int = (row + column) * 255 / (2 * side)
                bytes.append(UInt8(level))
            }
        }
        return bytes
    }

    /// A zlib stream (RFC 1950) of stored blocks.
    private static func stored(_ bytes: [UInt8]) -> [UInt8] {
        var out: [UInt8] = [0x78, 0x01]
        var start = 0
        while start < bytes.count {
            let end = min(start + 0xffff, bytes.count)
            let count = end - start
            let length = [UInt8(count & 0xff), UInt8(count >> 8)]
            out += [end == bytes.count ? 1 : 0] + length + length.map { ~$0 }
            out += bytes[start..<end]
            start = end
        }
        var low: UInt32 = 1
        var high: UInt32 = 0
        for byte in bytes {
            low = (low + UInt32(byte)) % 65_521
            high = (high + low) % 65_521
        }
        return out + bigEndian(high << 16 | low)
    }

    private static func append(_ type: String, _ data: [UInt8], to out: inout [UInt8]) {
        let named = Array(type.utf8) + data
        out += bigEndian(UInt32(data.count)) + named + bigEndian(crc(named))
    }

    private static func bigEndian(_ value: UInt32) -> [UInt8] {
        [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) }
    }

    /// The CRC-32 of PNG.
    private static func crc(_ bytes: [UInt8]) -> UInt32 {
        var sum = UInt32.max
        for byte in bytes {
            sum ^= UInt32(byte)
            for _ in 0..<8 { sum = sum >> 1 ^ (sum & 1 == 1 ? 0xedb8_8320 : 0) }
        }
        return ~sum
    }
}
