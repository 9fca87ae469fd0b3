import Testing

@testable import Wire

@Suite struct ChecksumTests {
    @Test(
        arguments: [
            (Array("123456789".utf8), 0xe306_9283),
            ([UInt8](repeating: 0, count: 32), 0x8a91_36aa),
            ([UInt8](repeating: 0xff, count: 32), 0x62a8_ab43),
            (Array(0..<32), 0x46dd_794e),
            (Array((0..<32).reversed()), 0x113f_db5c),
            ([], 0),
        ] as [([UInt8], UInt32)])
    func `CRC32C of RFC 3720's examples`(bytes: [UInt8], expected: UInt32) {
        #expect(CRC32C.checksum(bytes) == expected)
    }

    @Test func `a checksum goes on from its seed, cut anywhere`() {
        let bytes = (0..<100).map { UInt8($0 * 7 & 0xff) }
        let whole = CRC32C.checksum(bytes)
        for cut in 0...bytes.count {
            let first = CRC32C.checksum(bytes[..<cut])
            #expect(CRC32C.checksum(bytes[cut...], seed: first) == whole)
        }
    }

    @Test func `the instruction and the tables agree at every length and alignment`() {
        let bytes = (0..<200).map { UInt8($0 * 31 & 0xff) }
        for start in 0..<9 {
            for end in start...bytes.count {
                let slice = bytes[start..<end]
                let byTable = slice.withUnsafeBytes {
                    CRC32C.checksumByTable($0, seed: 77)
                }
                #expect(CRC32C.checksum(slice, seed: 77) == byTable)
            }
        }
    }

    @Test func `every single flipped bit changes the checksum`() {
        var bytes = (0..<40).map { UInt8($0) }
        let whole = CRC32C.checksum(bytes)
        for bit in 0..<bytes.count * 8 {
            bytes[bit / 8] ^= 1 << (bit % 8)
            #expect(CRC32C.checksum(bytes) != whole)
            bytes[bit / 8] ^= 1 << (bit % 8)
        }
    }

    @Test func `the digest is part of the format`() {
        var digest = Digest64()
        #expect(digest.value == 0)
        digest.absorb(0)
        #expect(digest.value != 0)
        digest.absorb(Array("a digest of more than eight bytes".utf8))
        #expect(digest.value == 0xf600_1130_e5b6_f3d2)
        var resumed = Digest64(digest.value)
        digest.absorb(5)
        resumed.absorb(5)
        #expect(resumed == digest)
    }

    @Test func `the digest tells order, length and every bit apart`() {
        func digest(_ runs: [[UInt8]]) -> UInt64 {
            var digest = Digest64()
            for run in runs { digest.absorb(run) }
            return digest.value
        }
        var seen: Set<UInt64> = []
        var cases: [[[UInt8]]] = [
            [], [[]], [[], []], [[1], [2]], [[2], [1]], [[1, 2]], [[1, 2, 0]],
        ]
        for length in 1..<20 { cases.append([[UInt8](repeating: 0, count: length)]) }
        for bit in 0..<17 * 8 {
            var run = [UInt8](repeating: 0x55, count: 17)
            run[bit / 8] ^= 1 << (bit % 8)
            cases.append([run])
        }
        for runs in cases { seen.insert(digest(runs)) }
        #expect(seen.count == cases.count)
    }
}
