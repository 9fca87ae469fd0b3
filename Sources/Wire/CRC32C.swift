import CChecksum

/// The Castagnoli checksum (RFC 3720, appendix B.4): by the processor's instruction where it has
/// one, by tables and eight bytes a step otherwise.
///
/// `checksum(b, seed: checksum(a))` is the checksum of `a` and `b` together, so records can be
/// chained.
public enum CRC32C {
    /// Row k holds the effect of a byte that lies k bytes before the end of a step.
    private static let table: [UInt32] = {
        var table = [UInt32](repeating: 0, count: 8 * 256)
        for index in 0..<256 {
            var value = UInt32(index)
            for _ in 0..<8 {
                value = value & 1 == 1 ? (value >> 1) ^ 0x82f6_3b78 : value >> 1
            }
            table[index] = value
        }
        for row in 1..<8 {
            for index in 0..<256 {
                let previous = table[(row - 1) * 256 + index]
                table[row * 256 + index] = (previous >> 8) ^ table[Int(previous & 0xff)]
            }
        }
        return table
    }()

    /// The checksum of these bytes, going on from `seed`.
    public static func checksum(_ bytes: [UInt8], seed: UInt32 = 0) -> UInt32 {
        bytes.withUnsafeBytes { checksum($0, seed: seed) }
    }

    /// The checksum of these bytes, going on from `seed`.
    public static func checksum(_ bytes: ArraySlice<UInt8>, seed: UInt32 = 0) -> UInt32 {
        bytes.withUnsafeBytes { checksum($0, seed: seed) }
    }

    /// The checksum of these bytes, going on from `seed`.
    public static func checksum(_ bytes: UnsafeRawBufferPointer, seed: UInt32 = 0) -> UInt32 {
        guard hasInstruction else { return checksumByTable(bytes, seed: seed) }
        return ~checksum_crc32c(~seed, bytes.baseAddress, bytes.count)
    }

    private static let hasInstruction = checksum_has_crc32c()

    /// The same for any processor; the tests compare both.
    static func checksumByTable(_ bytes: UnsafeRawBufferPointer, seed: UInt32) -> UInt32 {
        table.withUnsafeBufferPointer { table in
            var crc = ~seed
            var index = 0
            while bytes.count - index >= 8 {
                let word = UInt64(
                    littleEndian: bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self))
                let low = UInt32(truncatingIfNeeded: word) ^ crc
                let high = UInt32(truncatingIfNeeded: word >> 32)
                crc = table[7 * 256 + Int(low & 0xff)]
                crc ^= table[6 * 256 + Int((low >> 8) & 0xff)]
                crc ^= table[5 * 256 + Int((low >> 16) & 0xff)]
                crc ^= table[4 * 256 + Int(low >> 24)]
                crc ^= table[3 * 256 + Int(high & 0xff)]
                crc ^= table[2 * 256 + Int((high >> 8) & 0xff)]
                crc ^= table[256 + Int((high >> 16) & 0xff)]
                crc ^= table[Int(high >> 24)]
                index += 8
            }
            while index < bytes.count {
                crc = (crc >> 8) ^ table[Int((crc ^ UInt32(bytes[index])) & 0xff)]
                index += 1
            }
            return ~crc
        }
    }
}
