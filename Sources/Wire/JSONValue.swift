/// A JSON document as a tree: for tests, settings and other places that are not hot.
///
/// Objects keep the order and the repetitions of their members; looking one up gives the last of
/// its name. Equality respects the order of members.
public enum JSONValue: Hashable, Sendable {
    case null
    case bool(Bool)
    /// A number written without fraction or exponent that fits 64 bits.
    case int(Int64)
    /// Any other number, as it is written.
    case number(Text)
    case text(Text)
    case array([JSONValue])
    case object([Member])

    /// A name and its value in an object.
    public struct Member: Hashable, Sendable {
        /// The key.
        public var name: Text
        /// What belongs to it.
        public var value: JSONValue

        /// This value under this name.
        public init(_ name: Text, _ value: JSONValue) {
            self.name = name
            self.value = value
        }
    }

    /// The tree of a whole document; white space may surround it, nothing else.
    public static func parse(
        _ bytes: [UInt8], depthLimit: Int = 64
    ) throws(WireError) -> JSONValue {
        var scanner = JSONScanner(bytes, depthLimit: depthLimit)
        let value = try scanner.value()
        try scanner.expectEnd()
        return value
    }

    /// The last member of this name; nil when there is none or this is no object.
    public subscript(name: String) -> JSONValue? {
        let name = Text(name)
        return members?.last { $0.name == name }?.value
    }

    /// The element at this place; nil when there is none or this is no array.
    public subscript(index: Int) -> JSONValue? {
        guard let elements, elements.indices.contains(index) else { return nil }
        return elements[index]
    }

    /// The integer, when this is one.
    public var int: Int64? { if case .int(let value) = self { value } else { nil } }

    /// The number as a double, when this is one.
    public var double: Double? {
        switch self {
        case .int(let value): Double(value)
        case .number(let text): Double(text.string)
        case .null, .bool, .text, .array, .object: nil
        }
    }

    /// The text, when this is one.
    public var text: Text? { if case .text(let value) = self { value } else { nil } }

    /// The text for people, when this is one.
    public var string: String? { text?.string }

    /// The truth value, when this is one.
    public var bool: Bool? { if case .bool(let value) = self { value } else { nil } }

    /// The elements, when this is an array.
    public var elements: [JSONValue]? { if case .array(let value) = self { value } else { nil } }

    /// The members, when this is an object.
    public var members: [Member]? { if case .object(let value) = self { value } else { nil } }

    /// Whether this is null.
    public var isNull: Bool { self == .null }

    /// Appends this value.
    public func write(into writer: inout JSONWriter) {
        switch self {
        case .null: writer.null()
        case .bool(let value): writer.bool(value)
        case .int(let value): writer.int(value)
        case .number(let text): writer.raw(text.utf8)
        case .text(let value): writer.text(value)
        case .array(let elements):
            writer.beginArray()
            for element in elements { element.write(into: &writer) }
            writer.endArray()
        case .object(let members):
            writer.beginObject()
            for member in members {
                writer.key(text: member.name)
                member.value.write(into: &writer)
            }
            writer.endObject()
        }
    }

    /// The document's bytes, without white space.
    public func serialized() -> [UInt8] {
        var writer = JSONWriter()
        write(into: &writer)
        return writer.bytes
    }
}

extension JSONScanner {
    /// The next value as a tree; the depth is bounded by the scanner's limit.
    public mutating func value() throws(WireError) -> JSONValue {
        switch try peek() {
        case .null:
            _ = try takeNull()
            return .null
        case .bool: return .bool(try bool())
        case .text: return .text(try text())
        case .number:
            let written = try number()
            let isInteger = written.utf8.allSatisfy { $0 == 0x2d || (0x30...0x39).contains($0) }
            if isInteger, let value = Int64(written.string) { return .int(value) }
            return .number(written)
        case .array:
            var elements: [JSONValue] = []
            try beginArray()
            while try nextElement() { elements.append(try value()) }
            return .array(elements)
        case .object:
            var members: [JSONValue.Member] = []
            try beginObject()
            while try nextKey() {
                let name = key
                members.append(JSONValue.Member(name, try value()))
            }
            return .object(members)
        }
    }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByBooleanLiteral, ExpressibleByNilLiteral, ExpressibleByArrayLiteral,
    ExpressibleByDictionaryLiteral
{
    /// A text.
    public init(stringLiteral value: String) { self = .text(Text(value)) }
    /// An integer.
    public init(integerLiteral value: Int64) { self = .int(value) }
    /// A truth value.
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    /// A null.
    public init(nilLiteral: ()) { self = .null }
    /// An array.
    public init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
    /// An object with its members in this order.
    public init(dictionaryLiteral elements: (String, JSONValue)...) {
        self = .object(elements.map { Member(Text($0), $1) })
    }
}
