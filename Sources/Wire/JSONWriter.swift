/// Appends JSON (RFC 8259) to bytes, commas and escapes included.
///
/// The caller keeps brackets and keys in order; what comes out for texts is well-formed UTF-8
/// whatever went in: bytes that are not become U+FFFD.
public struct JSONWriter: Sendable {
    /// What was written so far.
    public var bytes: [UInt8]
    /// Whether a value precedes in the same container.
    private var needsComma = false

    /// A writer with room for `capacity` bytes before it has to grow.
    public init(capacity: Int = 256) {
        bytes = []
        bytes.reserveCapacity(capacity)
    }

    /// A writer that goes on after these bytes, where a value may stand.
    public init(appendingTo bytes: consuming [UInt8]) { self.bytes = bytes }

    /// Opens an object.
    public mutating func beginObject() { open(UInt8(ascii: "{")) }

    /// Closes an object.
    public mutating func endObject() { close(UInt8(ascii: "}")) }

    /// Opens an array.
    public mutating func beginArray() { open(UInt8(ascii: "[")) }

    /// Closes an array.
    public mutating func endArray() { close(UInt8(ascii: "]")) }

    /// The next key of an object; its value must follow. The name needs no escapes.
    public mutating func key(_ name: StaticString) {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
        bytes.append(UInt8(ascii: "\""))
        bytes.append(contentsOf: name.bytes)
        bytes.append(UInt8(ascii: "\""))
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
    }

    /// The next key of an object, escaped as needed; its value must follow.
    public mutating func key(text name: Text) {
        text(name)
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
    }

    /// A text.
    public mutating func text(_ value: Text) { text(value.utf8) }

    /// A text.
    public mutating func text(_ value: String) { text(Array(value.utf8)) }

    /// A text of these UTF-8 bytes.
    public mutating func text(_ utf8: [UInt8]) {
        separate()
        bytes.append(UInt8(ascii: "\""))
        appendEscaped(utf8)
        bytes.append(UInt8(ascii: "\""))
    }

    /// An integer.
    public mutating func int(_ value: some BinaryInteger) {
        separate()
        var magnitude = UInt64(value.magnitude)
        if value < 0 { bytes.append(UInt8(ascii: "-")) }
        let start = bytes.count
        repeat {
            bytes.append(0x30 + UInt8(truncatingIfNeeded: magnitude % 10))
            magnitude /= 10
        } while magnitude > 0
        bytes[start...].reverse()
    }

    /// A finite number in its shortest exact form; null for infinities and NaN.
    public mutating func double(_ value: Double) {
        guard value.isFinite else { return null() }
        separate()
        bytes.append(contentsOf: value.description.utf8)
    }

    /// A truth value.
    public mutating func bool(_ value: Bool) {
        separate()
        let word: StaticString = value ? "true" : "false"
        bytes.append(contentsOf: word.bytes)
    }

    /// A null.
    public mutating func null() {
        separate()
        let word: StaticString = "null"
        bytes.append(contentsOf: word.bytes)
    }

    /// A value that is JSON already.
    public mutating func raw(_ json: [UInt8]) {
        separate()
        bytes.append(contentsOf: json)
    }

    /// A key and a text.
    public mutating func field(_ name: StaticString, _ value: Text) {
        key(name)
        text(value)
    }

    /// A key and a text.
    public mutating func field(_ name: StaticString, _ value: String) {
        key(name)
        text(value)
    }

    /// A key and an integer.
    public mutating func field(_ name: StaticString, _ value: some BinaryInteger) {
        key(name)
        int(value)
    }

    /// A key and a truth value.
    public mutating func field(_ name: StaticString, _ value: Bool) {
        key(name)
        bool(value)
    }

    private mutating func separate() {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
        needsComma = true
    }

    private mutating func open(_ bracket: UInt8) {
        separate()
        bytes.append(bracket)
        needsComma = false
    }

    private mutating func close(_ bracket: UInt8) {
        bytes.append(bracket)
        needsComma = true
    }

    private mutating func appendEscaped(_ utf8: [UInt8]) {
        utf8.withUnsafeBufferPointer { source in
            var index = 0
            var run = 0
            while index < source.count {
                let byte = source[index]
                var length = 1
                if byte >= 0x80 {
                    length = UTF8Form.length(at: index, in: source)
                } else if byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") {
                    length = 0
                }
                if length == 0 {
                    bytes.append(contentsOf: source[run..<index])
                    appendReplacement(of: byte)
                    run = index + 1
                    length = 1
                }
                index += length
            }
            bytes.append(contentsOf: source[run..<index])
        }
    }

    /// The escape of a byte that can't stand in a string as it is.
    private mutating func appendReplacement(of byte: UInt8) {
        if byte >= 0x80 { return UTF8Form.append(0xfffd, to: &bytes) }
        bytes.append(UInt8(ascii: "\\"))
        switch byte {
        case 0x08: bytes.append(UInt8(ascii: "b"))
        case 0x09: bytes.append(UInt8(ascii: "t"))
        case 0x0a: bytes.append(UInt8(ascii: "n"))
        case 0x0c: bytes.append(UInt8(ascii: "f"))
        case 0x0d: bytes.append(UInt8(ascii: "r"))
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes.append(byte)
        default:
            bytes.append(contentsOf: [UInt8(ascii: "u"), 0x30, 0x30])
            bytes.append(contentsOf: Hex.encode([byte]))
        }
    }
}
