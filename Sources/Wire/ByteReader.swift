/// Takes back, in order, what a `ByteWriter` wrote; trusts nothing.
///
/// Every encoding accepted here is the only one its value has, so equal values have equal bytes.
/// After an error the position is undefined; the reader should be dropped.
public struct ByteReader: Sendable {
    @usableFromInline let bytes: [UInt8]
    @usableFromInline let end: Int
    @usableFromInline var position: Int
    /// The next byte to read, as an index into the array given to `init`.
    @inlinable public var offset: Int { position }

    /// A reader of all of these bytes.
    @inlinable public init(_ bytes: [UInt8]) {
        self.init(bytes, range: 0..<bytes.count)
    }

    /// A reader of a part of these bytes; offsets count from the array's start.
    @inlinable public init(_ bytes: [UInt8], range: Range<Int>) {
        precondition(range.lowerBound >= 0 && range.upperBound <= bytes.count)
        self.bytes = bytes
        position = range.lowerBound
        end = range.upperBound
    }

    /// Whether every byte was read.
    @inlinable public var isAtEnd: Bool { position == end }

    /// How many bytes are left.
    @inlinable public var remaining: Int { end - position }

    /// Throws `trailingBytes` unless every byte was read.
    @inlinable public func expectEnd() throws(WireError) {
        if position != end { throw WireError(.trailingBytes, offset: position) }
    }

    /// One byte.
    @inlinable public mutating func u8() throws(WireError) -> UInt8 {
        guard position < end else { throw WireError(.truncated, offset: position) }
        let value = bytes[position]
        position += 1
        return value
    }

    /// Two bytes, little endian.
    @inlinable public mutating func u16() throws(WireError) -> UInt16 { try fixed() }

    /// Four bytes, little endian.
    @inlinable public mutating func u32() throws(WireError) -> UInt32 { try fixed() }

    /// Eight bytes, little endian.
    @inlinable public mutating func u64() throws(WireError) -> UInt64 { try fixed() }

    @inlinable mutating func fixed<T: FixedWidthInteger>() throws(WireError) -> T {
        let size = T.bitWidth / 8
        guard end - position >= size else { throw WireError(.truncated, offset: end) }
        var value: T = 0
        for index in 0..<size {
            value |= T(truncatingIfNeeded: bytes[position + index]) << T(index * 8)
        }
        position += size
        return value
    }

    /// A varint in its shortest form.
    @inlinable public mutating func varint() throws(WireError) -> UInt64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while true {
            guard position < end else { throw WireError(.truncated, offset: position) }
            let byte = bytes[position]
            if shift == 63, byte > 1 { throw WireError(.badVarint, offset: position) }
            value |= UInt64(byte & 0x7f) << shift
            if byte < 0x80 {
                if byte == 0, shift > 0 { throw WireError(.badVarint, offset: position) }
                position += 1
                return value
            }
            position += 1
            shift += 7
        }
    }

    /// A varint that fits an `Int` and is at most `limit`: a count or a length.
    @inlinable public mutating func count(limit: Int = .max) throws(WireError) -> Int {
        let start = position
        let value = try varint()
        guard value <= UInt64(limit) else { throw WireError(.tooLong, offset: start) }
        return Int(value)
    }

    /// A signed number.
    @inlinable public mutating func zigzag() throws(WireError) -> Int64 {
        let value = try varint()
        return Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
    }

    /// A truth value; anything but 0 and 1 is an error.
    @inlinable public mutating func bool() throws(WireError) -> Bool {
        let value = try u8()
        guard value <= 1 else { throw WireError(.badBool, offset: position - 1) }
        return value == 1
    }

    /// The next `count` bytes.
    @inlinable public mutating func raw(count: Int) throws(WireError) -> [UInt8] {
        guard count >= 0, end - position >= count else {
            throw WireError(.truncated, offset: end)
        }
        let value = Array(bytes[position..<position + count])
        position += count
        return value
    }

    /// Moves past the next `count` bytes.
    @inlinable public mutating func skip(_ count: Int) throws(WireError) {
        guard count >= 0, end - position >= count else {
            throw WireError(.truncated, offset: end)
        }
        position += count
    }

    /// A counted run of at most `limit` bytes.
    @inlinable public mutating func blob(limit: Int = .max) throws(WireError) -> [UInt8] {
        try raw(count: count(limit: limit))
    }

    /// A counted text of at most `limit` bytes; not checked to be UTF-8.
    @inlinable public mutating func text(limit: Int = .max) throws(WireError) -> Text {
        Text(try blob(limit: limit))
    }
}
