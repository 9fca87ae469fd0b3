/// A text held as its UTF-8 bytes.
///
/// Equality, order and hash are those of the bytes, never of canonical equivalence, so that every
/// node and every toolchain agrees on them. Not necessarily valid UTF-8: `string` repairs.
public struct Text: Hashable, Comparable, Sendable, ExpressibleByStringLiteral,
    CustomStringConvertible
{
    /// The bytes, as they came.
    public var utf8: [UInt8]

    /// A text of these bytes.
    @inlinable public init(_ utf8: [UInt8]) { self.utf8 = utf8 }
    /// A text of a string's UTF-8 bytes.
    @inlinable public init(_ string: String) { utf8 = Array(string.utf8) }
    /// A text of a literal.
    @inlinable public init(stringLiteral value: String) { utf8 = Array(value.utf8) }

    /// Whether there is no byte.
    @inlinable public var isEmpty: Bool { utf8.isEmpty }
    /// The text for people: invalid sequences are replaced.
    public var string: String { String(decoding: utf8, as: UTF8.self) }
    /// Same as `string`.
    public var description: String { string }

    /// Byte order.
    @inlinable public static func < (a: Text, b: Text) -> Bool {
        a.utf8.lexicographicallyPrecedes(b.utf8)
    }
}
