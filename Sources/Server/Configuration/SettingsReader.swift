import Transport
import Wire

/// Walks a configuration file's JSON: takes settings by key, checks each, and at the end names
/// every key that nobody took.
struct SettingsReader {
    private let file: String
    private let path: String
    private let members: [JSONValue.Member]
    private var taken: Set<Text> = []

    /// A reader of an object at a path.
    init(_ value: JSONValue, path: String, file: String) throws(ConfigurationError) {
        guard let members = value.members else {
            throw ConfigurationError(file: file, path: path, detail: "must be an object")
        }
        self.file = file
        self.path = path
        self.members = members
        for (place, member) in members.enumerated()
        where members[..<place].contains(where: { $0.name == member.name }) {
            throw ConfigurationError(
                file: file, path: "\(path).\(member.name)", detail: "is given twice")
        }
    }

    /// The error of a setting here.
    func problem(_ key: String, _ detail: String) -> ConfigurationError {
        ConfigurationError(file: file, path: "\(path).\(key)", detail: detail)
    }

    /// The value of a key, unless it is missing or null.
    mutating func value(_ key: String) -> JSONValue? {
        taken.insert(Text(key))
        guard let value = members.first(where: { $0.name == Text(key) })?.value, !value.isNull
        else { return nil }
        return value
    }

    /// A nested object.
    mutating func object(_ key: String) throws(ConfigurationError) -> SettingsReader? {
        guard let value = value(key) else { return nil }
        return try SettingsReader(value, path: "\(path).\(key)", file: file)
    }

    /// A list of objects.
    mutating func objects(_ key: String) throws(ConfigurationError) -> [SettingsReader]? {
        guard let value = value(key) else { return nil }
        guard let elements = value.elements else { throw problem(key, "must be an array") }
        var readers: [SettingsReader] = []
        for (place, element) in elements.enumerated() {
            readers.append(
                try SettingsReader(element, path: "\(path).\(key)[\(place)]", file: file))
        }
        return readers
    }

    /// A text that is not empty.
    mutating func text(_ key: String) throws(ConfigurationError) -> String? {
        guard let value = value(key) else { return nil }
        guard let text = value.string, !text.isEmpty else {
            throw problem(key, "must be a text that is not empty")
        }
        return text
    }

    /// A list of texts.
    mutating func texts(_ key: String) throws(ConfigurationError) -> [String]? {
        guard let value = value(key) else { return nil }
        guard let elements = value.elements else { throw problem(key, "must be an array") }
        var texts: [String] = []
        for (place, element) in elements.enumerated() {
            guard let text = element.string else {
                throw problem("\(key)[\(place)]", "must be a text")
            }
            texts.append(text)
        }
        return texts
    }

    /// A whole number within bounds.
    mutating func number(_ key: String, in range: ClosedRange<Int>) throws(ConfigurationError)
        -> Int?
    {
        guard let value = value(key) else { return nil }
        guard let number = value.int, range.contains(Int(number)) else {
            throw problem(
                key, "must be a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return Int(number)
    }

    /// A truth value.
    mutating func flag(_ key: String) throws(ConfigurationError) -> Bool? {
        guard let value = value(key) else { return nil }
        guard let flag = value.bool else { throw problem(key, "must be true or false") }
        return flag
    }

    /// An address and port such as `127.0.0.1:8081`.
    mutating func address(_ key: String) throws(ConfigurationError) -> SocketAddress? {
        guard let text = try text(key) else { return nil }
        guard let address = SocketAddress(text) else {
            throw problem(
                key, "must be an IP address and a port such as 127.0.0.1:8081, not \"\(text)\"")
        }
        return address
    }

    /// Says that a setting is missing when it is.
    func required<Value>(_ value: Value?, _ key: String) throws(ConfigurationError) -> Value {
        guard let value else { throw problem(key, "is missing") }
        return value
    }

    /// Throws when the object has a key that nobody took.
    func finish() throws(ConfigurationError) {
        if let unknown = members.first(where: { !taken.contains($0.name) }) {
            let known = taken.map(\.string).sorted().joined(separator: ", ")
            throw problem(unknown.name.string, "is unknown; known here are \(known)")
        }
    }
}
