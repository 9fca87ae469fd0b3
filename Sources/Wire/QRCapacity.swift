/// What a QR version holds at error correction level M, and its codewords (ISO/IEC 18004, tables 7
/// and 9, sections 7.4 to 7.6).
struct QRCapacity {
    let version: Int
    /// Error correction codewords of each block.
    let correction: Int
    /// Data codewords of each block, in order.
    let blocks: [Int]

    /// Correction codewords, blocks, data codewords of each; the longer blocks, and theirs.
    private static let rows: [(Int, Int, Int, Int)] = [
        (10, 1, 16, 0), (16, 1, 28, 0), (26, 1, 44, 0), (18, 2, 32, 0), (24, 2, 43, 0),
        (16, 4, 27, 0), (18, 4, 31, 0), (22, 2, 38, 2), (22, 3, 36, 2), (26, 4, 43, 1),
        (30, 1, 50, 4), (22, 6, 36, 2), (22, 8, 37, 1), (24, 4, 40, 5), (24, 5, 41, 5),
    ]

    /// Centres of the alignment patterns, by version (annex E).
    static let alignment: [[Int]] = [
        [], [6, 18], [6, 22], [6, 26], [6, 30], [6, 34], [6, 22, 38], [6, 24, 42], [6, 26, 46],
        [6, 28, 50], [6, 30, 54], [6, 32, 58], [6, 34, 62], [6, 26, 46, 66], [6, 26, 48, 70],
    ]

    /// The smallest version for so many bytes.
    static func fitting(_ bytes: Int) -> QRCapacity? {
        for (index, row) in rows.enumerated() {
            let capacity = QRCapacity(
                version: index + 1, correction: row.0,
                blocks: Array(repeating: row.2, count: row.1)
                    + Array(repeating: row.2 + 1, count: row.3))
            if 4 + capacity.countBits + 8 * bytes <= 8 * capacity.dataCount { return capacity }
        }
        return nil
    }

    private var dataCount: Int { blocks.reduce(0, +) }
    private var countBits: Int { version < 10 ? 8 : 16 }

    /// The bytes as data codewords with their correction, interleaved over the blocks.
    func codewords(of bytes: [UInt8]) -> [UInt8] {
        let data = self.data(of: bytes)
        let divisor = GaloisField.divisor(degree: correction)
        var parts: [[UInt8]] = []
        var start = 0
        for count in blocks {
            parts.append(Array(data[start..<start + count]))
            start += count
        }
        let corrections = parts.map { GaloisField.remainder(of: $0, by: divisor) }
        var codewords: [UInt8] = []
        for place in 0..<blocks[blocks.count - 1] {
            for part in parts where place < part.count { codewords.append(part[place]) }
        }
        for place in 0..<correction {
            for part in corrections { codewords.append(part[place]) }
        }
        return codewords
    }

    /// Mode, count, bytes, terminator, padding.
    private func data(of bytes: [UInt8]) -> [UInt8] {
        var bits: [Bool] = []
        func append(_ value: Int, _ count: Int) {
            for place in (0..<count).reversed() { bits.append(value >> place & 1 == 1) }
        }
        append(0b0100, 4)
        append(bytes.count, countBits)
        for byte in bytes { append(Int(byte), 8) }
        append(0, min(4, 8 * dataCount - bits.count))
        append(0, (8 - bits.count % 8) % 8)
        var data = stride(from: 0, to: bits.count, by: 8).map { start in
            bits[start..<start + 8].reduce(UInt8(0)) { $0 << 1 | ($1 ? 1 : 0) }
        }
        var isFirst = true
        while data.count < dataCount {
            data.append(isFirst ? 0xEC : 0x11)
            isFirst.toggle()
        }
        return data
    }
}

/// Reed-Solomon over GF(2^8) with the polynomial x^8 + x^4 + x^3 + x^2 + 1.
enum GaloisField {
    static func product(_ a: UInt8, _ b: UInt8) -> UInt8 {
        var result = 0
        for place in (0..<8).reversed() {
            result = (result << 1) ^ ((result >> 7) * 0x11D)
            if b >> UInt8(place) & 1 == 1 { result ^= Int(a) }
        }
        return UInt8(result)
    }

    /// The product of (x - 2^i) for i below the degree, without its leading 1.
    static func divisor(degree: Int) -> [UInt8] {
        var coefficients = Array(repeating: UInt8(0), count: degree)
        coefficients[degree - 1] = 1
        var root: UInt8 = 1
        for _ in 0..<degree {
            for place in 0..<degree {
                coefficients[place] = product(coefficients[place], root)
                if place + 1 < degree { coefficients[place] ^= coefficients[place + 1] }
            }
            root = product(root, 2)
        }
        return coefficients
    }

    static func remainder(of data: [UInt8], by divisor: [UInt8]) -> [UInt8] {
        var rest = Array(repeating: UInt8(0), count: divisor.count)
        for byte in data {
            let factor = byte ^ rest.removeFirst()
            rest.append(0)
            for place in rest.indices { rest[place] ^= product(divisor[place], factor) }
        }
        return rest
    }
}
