/// Appends values to bytes in the form `ByteReader` takes back.
///
/// Fixed-width numbers are little endian; a varint is LEB128 in its shortest form.
public struct ByteWriter: Sendable {
    /// What was written so far.
    public var bytes: [UInt8]

    /// A writer with room for `capacity` bytes before it has to grow.
    @inlinable public init(capacity: Int = 0) {
        bytes = []
        if capacity > 0 { bytes.reserveCapacity(capacity) }
    }

    /// One byte.
    @inlinable public mutating func u8(_ value: UInt8) { bytes.append(value) }

    /// Two bytes, little endian.
    @inlinable public mutating func u16(_ value: UInt16) { fixed(value) }

    /// Four bytes, little endian.
    @inlinable public mutating func u32(_ value: UInt32) { fixed(value) }

    /// Eight bytes, little endian.
    @inlinable public mutating func u64(_ value: UInt64) { fixed(value) }

    @inlinable mutating func fixed<T: FixedWidthInteger>(_ value: T) {
        withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }

    /// One to ten bytes, seven bits in each, the lowest first.
    @inlinable public mutating func varint(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: rest))
    }

    /// A signed number as a varint that is short near zero on both sides.
    @inlinable public mutating func zigzag(_ value: Int64) {
        varint(UInt64(bitPattern: (value << 1) ^ (value >> 63)))
    }

    /// One byte, 0 or 1.
    @inlinable public mutating func bool(_ value: Bool) { bytes.append(value ? 1 : 0) }

    /// The bytes alone; the reader must know how many.
    @inlinable public mutating func raw(_ value: [UInt8]) { bytes.append(contentsOf: value) }

    /// The bytes alone; the reader must know how many.
    @inlinable public mutating func raw(_ value: ArraySlice<UInt8>) {
        bytes.append(contentsOf: value)
    }

    /// A varint count and the bytes.
    @inlinable public mutating func blob(_ value: [UInt8]) {
        varint(UInt64(value.count))
        bytes.append(contentsOf: value)
    }

    /// A varint count and the text's bytes.
    @inlinable public mutating func text(_ value: Text) { blob(value.utf8) }
}
