import Wire

/// What a link does with a click besides leading to its project. From the second level on.
public struct LinkTerms: Hashable, Sendable {
    /// What is kept of a visitor's address.
    public enum Addresses: UInt8, Hashable, Sendable, CaseIterable {
        /// All of it.
        case whole = 0
        /// The network: /24 of an IPv4 address, /48 of an IPv6 address.
        case truncated = 1
        /// Nothing.
        case dropped = 2
    }
    /// A query parameter of the click that leads to another project's bot. The first rule whose
    /// parameter the click has decides.
    public struct Rule: Hashable, Sendable {
        /// The parameter's name.
        public var name: Text
        /// Its value.
        public var value: Text
        /// Where such a click leads to.
        public var project: ProjectID
        /// A rule of these parts.
        public init(name: Text, value: Text, project: ProjectID) {
            self.name = name
            self.value = value
            self.project = project
        }
    }
    /// UTM values of clicks that bring none: `utm_source`, `utm_medium`, `utm_campaign`,
    /// `utm_term`, `utm_content` in this order; empty is none.
    public var utm: [Text]
    /// Parameter rules, in order.
    public var rules: [Rule]
    /// What is kept of a visitor's address.
    public var addresses: Addresses
    /// Terms of these parts.
    public init(
        utm: [Text] = Array(repeating: "", count: 5), rules: [Rule] = [],
        addresses: Addresses = .whole
    ) {
        self.utm = utm
        self.rules = rules
        self.addresses = addresses
    }

    /// The names of the UTM parameters, in the order of `utm`.
    public static let utmNames: [Text] = [
        "utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content",
    ]
    /// The longest parameter name, parameter value or UTM value, in bytes.
    public static let maxBytes = 100
    /// How many rules a link may have.
    public static let maxRules = 32

    /// What can't be as it is.
    var refusal: Text? {
        guard utm.count == Self.utmNames.count,
            utm.allSatisfy({ $0.utf8.count <= Self.maxBytes })
        else { return "utm" }
        guard rules.count <= Self.maxRules,
            rules.allSatisfy({
                !$0.name.isEmpty && $0.name.utf8.count <= Self.maxBytes
                    && $0.value.utf8.count <= Self.maxBytes
            })
        else { return "rules" }
        return nil
    }
}

extension LinkTerms: Coded {
    func encode(into writer: inout ByteWriter) {
        writer.put(utm)
        writer.put(rules)
        writer.put(addresses)
    }
    init(from reader: inout ByteReader) throws(WireError) {
        self.init(
            utm: try reader.take(), rules: try reader.take(), addresses: try reader.takeCase())
    }
}

extension LinkTerms.Rule: Coded {
    func encode(into writer: inout ByteWriter) {
        writer.text(name)
        writer.text(value)
        writer.put(project)
    }
    init(from reader: inout ByteReader) throws(WireError) {
        self.init(name: try reader.text(), value: try reader.text(), project: try reader.take())
    }
}
