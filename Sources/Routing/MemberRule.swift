import Wire

/// Some of a project's members: those named, and those with any of the tags.
///
/// A tag is a word such as `billing`. A tag that begins with `lang:` names a language that its
/// bearer speaks, in BCP 47: `lang:pt-BR`. Tags are kept in lower case, as bytes.
public struct MemberRule: Hashable, Sendable {
    /// Members by name.
    public var agents: [AgentID]
    /// Members with any of these tags.
    public var tags: [Text]
    /// A rule of these parts; of none, it names nobody.
    public init(agents: [AgentID] = [], tags: [Text] = []) {
        self.agents = agents
        self.tags = tags
    }
    /// Whether it says nothing.
    public var isEmpty: Bool { agents.isEmpty && tags.isEmpty }
}

extension MemberRule: Coded {
    func encode(into writer: inout ByteWriter) {
        writer.put(agents)
        writer.put(tags)
    }
    init(from reader: inout ByteReader) throws(WireError) {
        self.init(agents: try reader.take(), tags: try reader.take())
    }
}

extension MemberRule {
    /// What can't be as it is.
    var refusal: Text? {
        if agents.count > FieldLimits.members { return "agents" }
        if tags.count > FieldLimits.tags || !tags.allSatisfy(\.isTag) { return "tags" }
        return nil
    }
}

extension Text {
    /// What a language's tag begins with.
    static let languagePrefix: Text = "lang:"

    /// Whether this can be a tag: some lower-case bytes without space, control or comma.
    var isTag: Bool {
        !isEmpty && utf8.count <= FieldLimits.tag
            && utf8.allSatisfy { byte in
                byte > 0x20 && byte != 0x7f && byte != UInt8(ascii: ",")
                    && !(UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
            }
    }

    /// Whether this can be a language in BCP 47: letters, digits and hyphens, in lower case.
    var isLanguage: Bool {
        !isEmpty && utf8.count <= FieldLimits.language
            && utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                    UInt8(ascii: "-"):
                    true
                default: false
                }
            }
    }

    /// The text with A-Z in lower case.
    public var lowercased: Text {
        let capitals = UInt8(ascii: "A")...UInt8(ascii: "Z")
        guard utf8.contains(where: capitals.contains) else { return self }
        return Text(utf8.map { capitals.contains($0) ? $0 | 0x20 : $0 })
    }

    /// A language's first subtag: `pt` of `pt-br`.
    var primarySubtag: ArraySlice<UInt8> { utf8.prefix { $0 != UInt8(ascii: "-") } }
}
