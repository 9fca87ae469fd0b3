import Testing
import Wire

@Suite struct ByteCodecTests {
    static let numbers: [UInt64] = [
        0, 1, 127, 128, 129, 16_383, 16_384, 1 << 32, UInt64(Int64.max), UInt64.max - 1, .max,
    ]

    /// One of everything.
    static let everything: [UInt8] = {
        var writer = ByteWriter(capacity: 64)
        writer.u8(7)
        writer.u16(0x0102)
        writer.u32(0x0102_0304)
        writer.u64(0x0102_0304_0506_0708)
        writer.varint(300)
        writer.zigzag(-300)
        writer.bool(true)
        writer.raw([1, 2, 3])
        writer.blob([4, 5])
        writer.text("né")
        return writer.bytes
    }()

    static func readEverything(_ reader: inout ByteReader) throws(WireError) {
        let (a, b, c) = (try reader.u8(), try reader.u16(), try reader.u32())
        #expect(a == 7)
        #expect(b == 0x0102)
        #expect(c == 0x0102_0304)
        let (d, e, f) = (try reader.u64(), try reader.varint(), try reader.zigzag())
        #expect(d == 0x0102_0304_0506_0708)
        #expect(e == 300)
        #expect(f == -300)
        let (g, h) = (try reader.bool(), try reader.raw(count: 3))
        #expect(g)
        #expect(h == [1, 2, 3])
        let (i, j) = (try reader.blob(), try reader.text())
        #expect(i == [4, 5])
        #expect(j == "né")
        try reader.expectEnd()
    }

    @Test func `golden bytes`() {
        #expect(
            Hex.string(Self.everything)
                == "07" + "0201" + "04030201" + "0807060504030201" + "ac02" + "d704" + "01"
                + "010203" + "020405" + "036ec3a9")
    }

    @Test func `what is written is read`() throws {
        var reader = ByteReader(Self.everything)
        try Self.readEverything(&reader)
        #expect(reader.isAtEnd)
        #expect(reader.remaining == 0)
    }

    @Test func `truncated at every byte, it throws`() {
        for length in 0..<Self.everything.count {
            var reader = ByteReader(Array(Self.everything.prefix(length)))
            do {
                try Self.readEverything(&reader)
                Issue.record("read \(length) bytes")
            } catch {
                #expect(error.what == .truncated)
                #expect(error.offset == length)
            }
        }
    }

    @Test func `a reader of a range never looks outside`() throws {
        let padded = [9, 9] + Self.everything + [9]
        var reader = ByteReader(padded, range: 2..<padded.count - 1)
        try Self.readEverything(&reader)
        #expect(reader.offset == padded.count - 1)
        var short = ByteReader(padded, range: 2..<3)
        #expect(throws: WireError(.truncated, offset: 3)) { try short.u16() }
    }

    @Test func `bytes left over are noticed`() {
        let reader = ByteReader([1])
        #expect(throws: WireError(.trailingBytes, offset: 0)) { try reader.expectEnd() }
    }

    @Test(arguments: numbers) func `varint and zigzag round trip`(number: UInt64) throws {
        var writer = ByteWriter()
        writer.varint(number)
        writer.zigzag(Int64(bitPattern: number))
        var reader = ByteReader(writer.bytes)
        #expect(try reader.varint() == number)
        #expect(try reader.zigzag() == Int64(bitPattern: number))
        try reader.expectEnd()
    }

    @Test(
        arguments: [
            [0x80, 0x00],  // zero in two bytes
            [0xff, 0x80, 0x00],  // 127 in three bytes
            [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02],  // 65 bits
            [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x81, 0x00],
        ] as [[UInt8]])
    func `a varint has one form only`(bytes: [UInt8]) {
        var reader = ByteReader(bytes)
        #expect { try reader.varint() } throws: { ($0 as? WireError)?.what == .badVarint }
    }

    @Test func `a truth value is 0 or 1`() {
        var reader = ByteReader([2])
        #expect(throws: WireError(.badBool, offset: 0)) { try reader.bool() }
    }

    @Test func `limits hold before memory is taken`() {
        var writer = ByteWriter()
        writer.varint(.max)
        var reader = ByteReader(writer.bytes)
        #expect(throws: WireError(.tooLong, offset: 0)) { try reader.blob() }
        reader = ByteReader([3, 1, 2, 3])
        #expect(throws: WireError(.tooLong, offset: 0)) { try reader.blob(limit: 2) }
        reader = ByteReader([3, 1, 2, 3])
        #expect(throws: WireError(.truncated, offset: 4)) { try reader.skip(5) }
        #expect(throws: WireError(.truncated, offset: 4)) { try reader.raw(count: -1) }
    }

    @Test func `errors read well`() {
        #expect(WireError(.badValue("a year"), offset: 3).description.contains("byte 3: a year"))
        #expect(WireError(.unknownTag(9), offset: 0).description == "unknown tag 9 at byte 0")
    }
}
