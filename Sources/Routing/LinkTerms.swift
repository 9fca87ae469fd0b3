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
    /// A query parameter of the click that leads to another project's bot, to a pool, or to a
    /// language. The first rule whose parameter the click has decides.
    public struct Rule: Hashable, Sendable {
        /// The parameter's name.
        public var name: Text
        /// Its value.
        public var value: Text
        /// Where such a click leads to.
        public var project: ProjectID
        /// The session is for this pool of that project; nil: as without the rule.
        public var pool: PoolID?
        /// The language of the customer; empty: as without the rule.
        public var language: Text
        /// A rule of these parts.
        public init(
            name: Text, value: Text, project: ProjectID, pool: PoolID? = nil, language: Text = ""
        ) {
            self.name = name
            self.value = value
            self.project = project
            self.pool = pool
            self.language = language
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
                    && ($0.language.isEmpty || $0.language.isLanguage)
            })
        else { return "rules" }
        return nil
    }
}

extension LinkTerms: Coded {
    func encode(into writer: inout ByteWriter) {
        writer.put(utm)
        writer.put(rules)
        // Rules stand in a list: what came later stands behind it.
        let leads = rules.contains { $0.pool != nil || !$0.language.isEmpty }
        writer.u8(addresses.rawValue, isLonger: leads)
        guard leads else { return }
        for rule in rules {
            writer.put(rule.pool)
            writer.text(rule.language)
        }
    }
    init(from reader: inout ByteReader) throws(WireError) {
        self.init(utm: try reader.take(), rules: try reader.take())
        let start = reader.offset
        let (number, isLonger) = try reader.u8OrLonger()
        guard let addresses = Addresses(rawValue: number) else {
            throw reader.unknown(number, at: start)
        }
        self.addresses = addresses
        guard isLonger else { return }
        for place in rules.indices {
            rules[place].pool = try reader.take()
            rules[place].language = try reader.text()
        }
        guard rules.contains(where: { $0.pool != nil || !$0.language.isEmpty }) else {
            throw WireError(.badValue("rules"), offset: start)
        }
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
