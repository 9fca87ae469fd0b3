/// Pulls values out of JSON text (RFC 8259) one by one, without building a tree.
///
/// The caller walks the document: `beginObject`, then `nextKey` until it is false, taking or
/// skipping the value after each key; `beginArray` and `nextElement` alike; `expectEnd` last. The
/// grammar is checked strictly on the way, skipped values included: well-formed UTF-8, no leading
/// zeros, no trailing commas. The one leniency: an escaped surrogate without its partner becomes
/// U+FFFD, because Telegram's users can cause it and one bad character must not refuse an update.
///
///     var json = JSONScanner(body)
///     try json.beginObject()
///     while try json.nextKey() {
///         if json.keyIs("id") { id = try json.int64() } else { try json.skipValue() }
///     }
///     try json.expectEnd()
public struct JSONScanner: Sendable {
    @usableFromInline let bytes: [UInt8]
    @usableFromInline var position = 0
    @usableFromInline var depth = 0
    @usableFromInline let depthLimit: Int
    /// Whether the innermost container was opened and has had no element yet.
    @usableFromInline var isFirst = false
    @usableFromInline var keyStart = 0
    @usableFromInline var keyEnd = 0
    /// The key when it was written with escapes, which is rare.
    @usableFromInline var unescapedKey: [UInt8]?

    /// A scanner at the start of these bytes, which may nest `depthLimit` containers.
    public init(_ bytes: [UInt8], depthLimit: Int = 64) {
        self.bytes = bytes
        self.depthLimit = depthLimit
    }

    /// The byte that will be looked at next.
    public var offset: Int { position }

    /// The kind of the next value, told by its first byte and not checked further.
    public mutating func peek() throws(WireError) -> JSONKind {
        switch try nextByte() {
        case UInt8(ascii: "{"): return .object
        case UInt8(ascii: "["): return .array
        case UInt8(ascii: "\""): return .text
        case UInt8(ascii: "t"), UInt8(ascii: "f"): return .bool
        case UInt8(ascii: "n"): return .null
        case UInt8(ascii: "-"), 0x30...0x39: return .number
        default: throw bad("no value")
        }
    }

    // MARK: Containers

    /// Enters an object.
    public mutating func beginObject() throws(WireError) { try open(UInt8(ascii: "{")) }

    /// Enters an array.
    public mutating func beginArray() throws(WireError) { try open(UInt8(ascii: "[")) }

    /// Moves to the value of the object's next key; false when the object has ended and was left.
    public mutating func nextKey() throws(WireError) -> Bool {
        guard try step(closing: UInt8(ascii: "}")) else { return false }
        guard try nextByte() == UInt8(ascii: "\"") else { throw bad("no key") }
        let (range, escaped) = try scanString()
        (keyStart, keyEnd) = (range.lowerBound, range.upperBound)
        unescapedKey = escaped ? unescape(range) : nil
        guard try nextByte() == UInt8(ascii: ":") else { throw bad("no colon") }
        position += 1
        return true
    }

    /// Moves to the array's next element; false when the array has ended and was left.
    public mutating func nextElement() throws(WireError) -> Bool {
        try step(closing: UInt8(ascii: "]"))
    }

    /// Whether the key that `nextKey` found is this one; to be asked before its value is taken.
    @inlinable public func keyIs(_ name: StaticString) -> Bool {
        if let unescapedKey { return unescapedKey.elementsEqual(name.bytes) }
        guard keyEnd - keyStart == name.utf8CodeUnitCount else { return false }
        let start = name.utf8Start
        for index in 0..<name.utf8CodeUnitCount where bytes[keyStart + index] != start[index] {
            return false
        }
        return true
    }

    /// The key that `nextKey` found; to be asked before its value is taken.
    public var key: Text { Text(unescapedKey ?? Array(bytes[keyStart..<keyEnd])) }

    private mutating func open(_ bracket: UInt8) throws(WireError) {
        guard try nextByte() == bracket else { throw wrongType() }
        guard depth < depthLimit else { throw WireError(.tooDeep, offset: position) }
        position += 1
        depth += 1
        isFirst = true
    }

    private mutating func step(closing bracket: UInt8) throws(WireError) -> Bool {
        let byte = try nextByte()
        if byte == bracket {
            precondition(depth > 0, "nextKey or nextElement outside a container")
            position += 1
            depth -= 1
            isFirst = false
            return false
        }
        if isFirst {
            isFirst = false
            return true
        }
        guard byte == UInt8(ascii: ",") else { throw bad("no comma") }
        position += 1
        return true
    }

    // MARK: Values

    /// A text, unescaped.
    public mutating func text() throws(WireError) -> Text {
        guard try nextByte() == UInt8(ascii: "\"") else { throw wrongType() }
        let (range, escaped) = try scanString()
        return Text(escaped ? unescape(range) : Array(bytes[range]))
    }

    /// An integer written without fraction or exponent.
    public mutating func int64() throws(WireError) -> Int64 {
        let first = try nextByte()
        let start = position
        let negative = first == UInt8(ascii: "-")
        guard negative || (0x30...0x39).contains(first) else { throw wrongType() }
        if negative { position += 1 }
        var value: Int64 = 0
        let digits = position
        while position < bytes.count, bytes[position] &- 0x30 < 10 {
            let digit = Int64(bytes[position] &- 0x30)
            let (tens, tooLarge) = value.multipliedReportingOverflow(by: 10)
            let (next, overflow) = tens.subtractingReportingOverflow(digit)
            if tooLarge || overflow {
                throw WireError(.badValue("integer over 64 bits"), offset: start)
            }
            value = next
            position += 1
        }
        if position == digits || (bytes[digits] == 0x30 && position > digits + 1) {
            throw bad("bad number")
        }
        if peekIs(0x2e) || peekIs(0x45) || peekIs(0x65) {
            position = start
            throw wrongType()
        }
        if negative { return value }
        guard value != .min else {
            throw WireError(.badValue("integer over 64 bits"), offset: start)
        }
        return -value
    }

    /// An integer as `int64` takes it; nil, and nothing taken, when the value is none.
    public mutating func int64OrStay() -> Int64? {
        let start = position
        if let value = try? int64() { return value }
        position = start
        return nil
    }

    /// Whether the next value is this text, written without escapes. Takes nothing.
    public func textIs(_ text: [UInt8]) -> Bool {
        var start = position
        while start < bytes.count, bytes[start] <= 0x20 { start += 1 }
        let end = start + 1 + text.count
        guard end < bytes.count, bytes[start] == UInt8(ascii: "\""),
            bytes[end] == UInt8(ascii: "\"")
        else { return false }
        return bytes[start + 1..<end].elementsEqual(text)
    }

    /// Any number, as it is written.
    public mutating func number() throws(WireError) -> Text {
        let first = try nextByte()
        guard first == UInt8(ascii: "-") || (0x30...0x39).contains(first) else {
            throw wrongType()
        }
        let start = position
        try skipNumber()
        return Text(Array(bytes[start..<position]))
    }

    /// A truth value.
    public mutating func bool() throws(WireError) -> Bool {
        switch try nextByte() {
        case UInt8(ascii: "t"):
            try literal("true")
            return true
        case UInt8(ascii: "f"):
            try literal("false")
            return false
        default: throw wrongType()
        }
    }

    /// Takes a null when it comes next and tells whether it did.
    public mutating func takeNull() throws(WireError) -> Bool {
        guard try nextByte() == UInt8(ascii: "n") else { return false }
        try literal("null")
        return true
    }

    /// Passes over the next value, whatever it is, and gives where it was written.
    @discardableResult
    public mutating func skipValue() throws(WireError) -> Range<Int> {
        let kind = try peek()
        let start = position
        switch kind {
        case .object:
            try beginObject()
            while try nextKey() { try skipValue() }
        case .array:
            try beginArray()
            while try nextElement() { try skipValue() }
        case .text: _ = try scanString()
        case .number: try skipNumber()
        case .bool: _ = try bool()
        case .null: try literal("null")
        }
        return start..<position
    }

    /// Throws unless only white space is left.
    public mutating func expectEnd() throws(WireError) {
        skipSpace()
        if position != bytes.count { throw WireError(.trailingBytes, offset: position) }
    }
}

/// The six kinds of JSON values.
public enum JSONKind: Hashable, Sendable {
    case object, array, text, number, bool, null
}

extension StaticString {
    /// The literal's UTF-8 bytes.
    @usableFromInline var bytes: UnsafeBufferPointer<UInt8> {
        // Safe: a literal with a pointer representation lives as long as the program.
        UnsafeBufferPointer(start: utf8Start, count: utf8CodeUnitCount)
    }
}
