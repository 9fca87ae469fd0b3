import Wire

/// How a stretch of a text is to look, as the Bot API counts it ("MessageEntity"). What looks like
/// the text around it (mentions, commands, addresses) is not kept.
public struct TextEntity: Hashable, Sendable {
    /// The ways of looking.
    public enum Kind: UInt8, Hashable, Sendable, CaseIterable {
        /// Bold.
        case bold = 0
        /// Slanted.
        case italic = 1
        /// Underlined.
        case underline = 2
        /// Crossed out.
        case strikethrough = 3
        /// Hidden until it is asked for.
        case spoiler = 4
        /// A piece of a program within a line.
        case code = 5
        /// Lines of a program; `value` may name the language.
        case pre = 6
        /// Somebody else's words.
        case blockquote = 7
        /// Leads to the address in `value`.
        case textLink = 8
        /// Is an address itself: found by Telegram, never asked for.
        case url = 9
    }
    /// How it looks.
    public var kind: Kind
    /// Where it begins, in UTF-16 units of the text.
    public var offset: UInt32
    /// How long it is, in UTF-16 units; at least 1.
    public var length: UInt32
    /// Where a `textLink` leads, or the language of a `pre`; else empty.
    public var value: Text

    /// The most entities of one text.
    public static let limit = 100
    /// The longest `value`, in bytes.
    public static let maxValueBytes = 2048

    /// An entity of these parts.
    public init(_ kind: Kind, _ offset: UInt32, _ length: UInt32, value: Text = "") {
        self.kind = kind
        self.offset = offset
        self.length = length
        self.value = value
    }

    /// Whether it lies within a text of so many UTF-16 units.
    public func fits(_ units: Int) -> Bool {
        length > 0 && Int(offset) + Int(length) <= units && value.utf8.count <= Self.maxValueBytes
    }

    /// Whether an agent may ask for it.
    var mayBeSent: Bool {
        switch kind {
        case .url: false
        case .textLink: value.isWebAddress
        case .pre: true
        case .bold, .italic, .underline, .strikethrough, .spoiler, .code, .blockquote:
            value.isEmpty
        }
    }
}

extension [TextEntity] {
    /// What speaks against sending a text with these; nil: nothing.
    func objection(in text: Text) -> Text? {
        if isEmpty { return nil }
        guard count <= TextEntity.limit else { return "more entities than a message may have" }
        let units = text.utf16Units
        for entity in self {
            guard entity.fits(units) else { return "an entity that is not within the text" }
            guard entity.mayBeSent else { return "an entity that can't be sent" }
        }
        return nil
    }

    /// Those of a part of the text, counted from where the part begins; what reaches over an end
    /// of the part is cut there.
    func within(_ part: Range<UInt32>) -> [TextEntity] {
        compactMap { entity in
            let from = Swift.max(entity.offset, part.lowerBound)
            let to = Swift.min(entity.offset &+ entity.length, part.upperBound)
            guard from < to else { return nil }
            var cut = entity
            cut.offset = from - part.lowerBound
            cut.length = to - from
            return cut
        }
    }
}

extension Text {
    /// How many UTF-16 units the text has.
    public var utf16Units: Int { utf8.utf16Units }

    /// Whether it begins as an address on the web does.
    public var isWebAddress: Bool {
        let start = utf8.prefix(8).map { (0x41...0x5a).contains($0) ? $0 | 0x20 : $0 }
        return start.starts(with: "https://".utf8) || start.starts(with: "http://".utf8)
    }
}

extension Collection<UInt8> {
    /// How many UTF-16 units this UTF-8 has.
    var utf16Units: Int {
        var units = 0
        for byte in self where byte & 0xc0 != 0x80 { units += byte >= 0xf0 ? 2 : 1 }
        return units
    }
}

extension TextEntity: Coded {
    func encode(into writer: inout ByteWriter) {
        writer.put(kind)
        writer.put(offset)
        writer.put(length)
        writer.text(value)
    }

    init(from reader: inout ByteReader) throws(WireError) {
        self.init(
            try reader.takeCase(), try reader.take(), try reader.take(),
            value: try reader.text())
    }
}

/// What is told of the file in a message, beside its id.
public struct Attachment: Hashable, Sendable {
    /// By which a small picture of it is asked for; may be empty.
    public var thumbnailID: Text = ""
    /// The sender's name for it; may be empty.
    public var name: Text = ""
    /// What the sender says it is; may be empty.
    public var mimeType: Text = ""
    /// In bytes; 0 when not told.
    public var size: Int64 = 0

    /// Whether nothing is told.
    var isEmpty: Bool {
        size == 0 && thumbnailID.isEmpty && name.isEmpty && mimeType.isEmpty
    }

    /// The longest name and type kept, in bytes.
    public static let maxNameBytes = 255

    /// Facts of these parts; long words are cut.
    public init(thumbnailID: Text = "", name: Text = "", mimeType: Text = "", size: Int64 = 0) {
        self.thumbnailID = thumbnailID
        self.name = name.prefix(bytes: Self.maxNameBytes)
        self.mimeType = mimeType.prefix(bytes: Self.maxNameBytes)
        self.size = size
    }
}

extension Attachment: Coded {
    func encode(into writer: inout ByteWriter) {
        writer.text(thumbnailID)
        writer.text(name)
        writer.text(mimeType)
        writer.put(size)
    }

    init(from reader: inout ByteReader) throws(WireError) {
        self.init()
        thumbnailID = try reader.text()
        name = try reader.text()
        mimeType = try reader.text()
        size = try reader.take()
    }
}
