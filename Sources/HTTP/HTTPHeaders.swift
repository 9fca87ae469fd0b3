/// The fields of a message in their order. Names compare without regard to case.
///
/// All bytes lie in one array and a field is four offsets into it, so that a parsed head costs two
/// allocations however many fields it has.
public struct HTTPHeaders: Sendable {
    /// Where a field lies in `storage`.
    struct Field: Sendable {
        var nameStart: UInt32
        var nameEnd: UInt32
        var valueStart: UInt32
        var valueEnd: UInt32

        var name: Range<Int> { Int(nameStart)..<Int(nameEnd) }
        var value: Range<Int> { Int(valueStart)..<Int(valueEnd) }
    }

    /// The bytes that the fields point into.
    private(set) var storage: [UInt8]
    /// The fields in their order.
    private(set) var fields: [Field]
    /// Whether `storage` is exactly the fields as they go over the wire.
    private(set) var isWireFormat: Bool
    /// Whether a field is present that frames the message, which only a serialiser may write.
    private(set) var hasFramingField = false

    /// No fields.
    public init() {
        storage = []
        fields = []
        isWireFormat = true
    }

    /// Parsed fields: the parser has checked names and values.
    init(storage: [UInt8], fields: [Field]) {
        self.storage = storage
        self.fields = fields
        isWireFormat = false
        hasFramingField = true
    }

    /// How many fields there are.
    public var count: Int { fields.count }
    /// Whether there are none.
    public var isEmpty: Bool { fields.isEmpty }

    /// Adds a field at the end.
    ///
    /// A name that is no token traps: names are the program's own. Bytes that a value can't hold
    /// become spaces, so that no value can end its line.
    public mutating func append(_ name: String, _ value: String) {
        write(name: name.utf8, value: value.utf8)
    }

    /// Adds a field at the end; see the form for strings.
    public mutating func append(_ name: String, _ value: [UInt8]) {
        write(name: name.utf8, value: value)
    }

    /// Adds a field at the end; see the form for strings.
    public mutating func append(name: [UInt8], value: [UInt8]) {
        write(name: name, value: value)
    }

    /// Replaces all fields of this name by one.
    public mutating func set(_ name: String, _ value: String) {
        remove(name)
        append(name, value)
    }

    /// Removes all fields of this name.
    public mutating func remove(_ name: String) {
        guard contains(name) else { return }
        let kept = filter { !$0.name.isNamed(name) }
        self = HTTPHeaders()
        for field in kept { append(name: field.name, value: field.value) }
    }

    /// The value of the first field of this name.
    public func first(_ name: String) -> [UInt8]? {
        withField(named: name) { Array($0) }
    }

    /// The values of all fields of this name.
    public func all(_ name: String) -> [[UInt8]] {
        fields.indices.filter { isField($0, named: name) }.map { Array(storage[fields[$0].value]) }
    }

    /// Whether there is a field of this name.
    public func contains(_ name: String) -> Bool {
        withField(named: name) { _ in true } ?? false
    }

    /// Whether the fields of this name, taken as comma-separated lists, hold this token. Case does
    /// not count.
    public func hasToken(_ name: String, _ token: String) -> Bool {
        all(name).contains { value in
            value.split(separator: UInt8(ascii: ",")).contains { element in
                element.trimmingBlanks.isNamed(token)
            }
        }
    }

    /// Calls `body` with the bytes of the first field of this name, without copying them.
    public func withField<Result>(
        named name: String, _ body: (UnsafeRawBufferPointer) -> Result
    ) -> Result? {
        for index in fields.indices where isField(index, named: name) {
            return storage.withUnsafeBytes { body($0.part(fields[index].value)) }
        }
        return nil
    }

    private func isField(_ index: Int, named name: String) -> Bool {
        let field = fields[index]
        guard field.name.count == name.utf8.count else { return false }
        return storage.withUnsafeBytes { bytes in
            zip(bytes.part(field.name), name.utf8)
                .allSatisfy { Characters.lowercased($0) == Characters.lowercased($1) }
        }
    }

    private mutating func write(name: some Collection<UInt8>, value: some Collection<UInt8>) {
        precondition(
            !name.isEmpty && name.allSatisfy(Characters.isToken), "a field's name is a token")
        let nameStart = storage.count
        storage.append(contentsOf: name)
        let nameEnd = storage.count
        storage.append(UInt8(ascii: ":"))
        storage.append(UInt8(ascii: " "))
        let valueStart = storage.count
        for byte in value { storage.append(Characters.isFieldValue(byte) ? byte : 0x20) }
        let written = valueStart..<storage.count
        let trimmed = storage.withUnsafeBytes { $0.trimmed(written) }
        storage.append(0x0D)
        storage.append(0x0A)
        fields.append(
            Field(
                nameStart: UInt32(nameStart), nameEnd: UInt32(nameEnd),
                valueStart: UInt32(trimmed.lowerBound), valueEnd: UInt32(trimmed.upperBound)))
        let isFraming = storage.withUnsafeBytes { Self.isFraming($0.part(nameStart..<nameEnd)) }
        if isFraming { hasFramingField = true }
    }

    /// Whether this is a field that only a serialiser may write.
    static func isFraming(_ name: UnsafeRawBufferPointer) -> Bool {
        switch name.count {
        case 10: name.equalsIgnoringCase("connection")
        case 14: name.equalsIgnoringCase("content-length")
        case 17: name.equalsIgnoringCase("transfer-encoding")
        default: false
        }
    }
}

extension HTTPHeaders: Sequence, Equatable, ExpressibleByDictionaryLiteral {
    /// Fields in the order of the literal.
    public init(dictionaryLiteral elements: (String, String)...) {
        self.init()
        for (name, value) in elements { append(name, value) }
    }

    /// The fields as copies of their bytes.
    public func makeIterator() -> AnyIterator<(name: [UInt8], value: [UInt8])> {
        var index = 0
        return AnyIterator {
            guard index < fields.count else { return nil }
            defer { index += 1 }
            let field = fields[index]
            return (Array(storage[field.name]), Array(storage[field.value]))
        }
    }

    /// The same names, byte for byte, and values in the same order.
    public static func == (a: HTTPHeaders, b: HTTPHeaders) -> Bool {
        a.count == b.count && zip(a, b).allSatisfy { $0.name == $1.name && $0.value == $1.value }
    }
}

extension Collection<UInt8> {
    /// Whether these bytes spell a name when case does not count.
    func isNamed(_ name: String) -> Bool {
        count == name.utf8.count
            && zip(self, name.utf8)
                .allSatisfy { Characters.lowercased($0) == Characters.lowercased($1) }
    }
}

extension BidirectionalCollection<UInt8> where SubSequence: BidirectionalCollection<UInt8> {
    /// The bytes without spaces and tabs at the ends.
    var trimmingBlanks: SubSequence {
        let isBlank: (UInt8) -> Bool = { $0 == 0x20 || $0 == 0x09 }
        guard let first = firstIndex(where: { !isBlank($0) }) else { return self[endIndex...] }
        let last = lastIndex { !isBlank($0) } ?? first
        return self[first...last]
    }
}
