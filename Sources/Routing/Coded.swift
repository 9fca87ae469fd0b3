import Wire

/// A value with one encoding in commands and rows.
protocol Coded {
    /// Appends the value.
    func encode(into writer: inout ByteWriter)
    /// Reads a value back.
    init(from reader: inout ByteReader) throws(WireError)
}

extension ByteWriter {
    /// A coded value.
    @inline(__always) mutating func put(_ value: some Coded) { value.encode(into: &self) }

    /// An enumeration's number.
    mutating func put<T: RawRepresentable>(_ value: T) where T.RawValue == UInt8 {
        u8(value.rawValue)
    }
}

extension ByteReader {
    /// A coded value.
    mutating func take<T: Coded>() throws(WireError) -> T { try T(from: &self) }

    /// An enumeration's number; an unknown one is an error.
    mutating func takeCase<T: RawRepresentable>() throws(WireError) -> T
    where T.RawValue == UInt8 {
        let start = offset
        let raw = try u8()
        guard let value = T(rawValue: raw) else {
            throw WireError(.unknownTag(UInt64(raw)), offset: start)
        }
        return value
    }

    /// The error for a tag that this version does not know, which was read at `start`.
    func unknown(_ tag: UInt8, at start: Int) -> WireError {
        WireError(.unknownTag(UInt64(tag)), offset: start)
    }
}

// Values grew with later feature levels. What has nothing to say in the new fields keeps the bytes
// that it always had; else the highest bit of one old byte, never used before, tells that more
// follows. So each value has one encoding, whatever the level.
extension ByteWriter {
    /// A number below 128, and whether more fields than at first follow.
    mutating func u8(_ number: UInt8, isLonger: Bool) {
        u8(number & 0x7f | (isLonger ? 0x80 : 0))
    }
}

extension ByteReader {
    /// A number below 128, and whether more fields than at first follow.
    mutating func u8OrLonger() throws(WireError) -> (UInt8, isLonger: Bool) {
        let byte = try u8()
        return (byte & 0x7f, byte & 0x80 != 0)
    }
}

extension Coded where Self: Identifier {
    func encode(into writer: inout ByteWriter) { writer.zigzag(rawValue) }
    init(from reader: inout ByteReader) throws(WireError) { self.init(try reader.zigzag()) }
}
extension ProjectID: Coded {}
extension AgentID: Coded {}
extension SessionID: Coded {}
extension LinkID: Coded {}
extension OutboxID: Coded {}
extension TelegramID: Coded {}

extension LogTime: Coded {
    func encode(into writer: inout ByteWriter) { writer.zigzag(milliseconds) }
    init(from reader: inout ByteReader) throws(WireError) {
        self.init(milliseconds: try reader.zigzag())
    }
}

extension Text: Coded {
    func encode(into writer: inout ByteWriter) { writer.text(self) }
    init(from reader: inout ByteReader) throws(WireError) { self = try reader.text() }
}

extension UInt64: Coded {
    func encode(into writer: inout ByteWriter) { writer.varint(self) }
    init(from reader: inout ByteReader) throws(WireError) { self = try reader.varint() }
}

extension UInt32: Coded {
    func encode(into writer: inout ByteWriter) { writer.varint(UInt64(self)) }
    init(from reader: inout ByteReader) throws(WireError) {
        self = UInt32(try reader.count(limit: Int(UInt32.max)))
    }
}

extension UInt8: Coded {
    func encode(into writer: inout ByteWriter) { writer.u8(self) }
    init(from reader: inout ByteReader) throws(WireError) { self = try reader.u8() }
}

extension Int64: Coded {
    func encode(into writer: inout ByteWriter) { writer.zigzag(self) }
    init(from reader: inout ByteReader) throws(WireError) { self = try reader.zigzag() }
}

extension Bool: Coded {
    func encode(into writer: inout ByteWriter) { writer.bool(self) }
    init(from reader: inout ByteReader) throws(WireError) { self = try reader.bool() }
}

/// A truth value for the presence, and the value if there is one.
extension Optional: Coded where Wrapped: Coded {
    func encode(into writer: inout ByteWriter) {
        writer.bool(self != nil)
        if let self { writer.put(self) }
    }
    init(from reader: inout ByteReader) throws(WireError) {
        self = try reader.bool() ? try Wrapped(from: &reader) : nil
    }
}

/// A count and the values; each takes at least one byte, which bounds the count.
extension Array: Coded where Element: Coded {
    func encode(into writer: inout ByteWriter) {
        writer.varint(UInt64(count))
        for element in self { writer.put(element) }
    }
    init(from reader: inout ByteReader) throws(WireError) {
        let count = try reader.count(limit: reader.remaining)
        self.init()
        reserveCapacity(count)
        for _ in 0..<count { append(try Element(from: &reader)) }
    }
}
