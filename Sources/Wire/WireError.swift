/// Bytes that can't be what they should be, and where.
public struct WireError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What was wrong.
    public enum What: Hashable, Sendable {
        /// The bytes end in the middle of a value.
        case truncated
        /// A number is larger than its type, or not in its shortest form.
        case badVarint
        /// A truth value is neither 0 nor 1.
        case badBool
        /// A tag that this version does not know.
        case unknownTag(UInt64)
        /// A length or count over the limit the caller set.
        case tooLong
        /// Bytes remain after the last value.
        case trailingBytes
        /// A value outside what its meaning allows.
        case badValue(StaticWhat)
        /// Text that breaks the JSON grammar.
        case badJSON(StaticWhat)
        /// JSON that is well formed, of another type than asked for.
        case unexpectedJSONType
        /// JSON nested deeper than the limit.
        case tooDeep
    }

    /// A fixed description that can be compared, which `StaticString` can't.
    public struct StaticWhat: Hashable, Sendable, ExpressibleByStringLiteral,
        CustomStringConvertible
    {
        /// The words.
        public var description: String
        /// These words.
        public init(stringLiteral value: String) { description = value }
    }

    /// What was wrong.
    public var what: What
    /// The byte at which it was noticed, counted from the start of the input.
    public var offset: Int

    /// This problem at this byte.
    public init(_ what: What, offset: Int) {
        self.what = what
        self.offset = offset
    }

    /// One line for a log.
    public var description: String {
        switch what {
        case .truncated: "truncated at byte \(offset)"
        case .badVarint: "bad varint at byte \(offset)"
        case .badBool: "bad truth value at byte \(offset)"
        case .unknownTag(let tag): "unknown tag \(tag) at byte \(offset)"
        case .tooLong: "length over the limit at byte \(offset)"
        case .trailingBytes: "bytes left over at byte \(offset)"
        case .badValue(let what): "bad value at byte \(offset): \(what)"
        case .badJSON(let what): "bad JSON at byte \(offset): \(what)"
        case .unexpectedJSONType: "JSON value of another type at byte \(offset)"
        case .tooDeep: "JSON nested too deeply at byte \(offset)"
        }
    }
}
