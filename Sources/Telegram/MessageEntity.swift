import Wire

/// A stretch of a text that looks otherwise or leads somewhere (Bot API, "MessageEntity").
public struct MessageEntity: Hashable, Sendable {
    /// `bold`, `text_link` and so on.
    public var type: Text
    /// Where it begins, in UTF-16 units of the text.
    public var offset: Int64
    /// How long it is, in UTF-16 units.
    public var length: Int64
    /// Where a `text_link` leads, or the language of a `pre`; else empty.
    public var value: Text

    /// The most entities of one message.
    public static let limit = 100

    /// An entity of these parts.
    public init(type: Text, offset: Int64, length: Int64, value: Text = "") {
        self.type = type
        self.offset = offset
        self.length = length
        self.value = value
    }

    /// The next value, when it is an array; what is no entity in it is passed over, and so is
    /// what comes after the first `limit`.
    static func decodeAll(_ json: inout JSONScanner) throws(WireError) -> [MessageEntity] {
        guard try json.peek() == .array else {
            try json.skipValue()
            return []
        }
        var found: [MessageEntity] = []
        try json.beginArray()
        while try json.nextElement() {
            guard found.count < limit else {
                try json.skipValue()
                continue
            }
            if let entity = try decode(&json) { found.append(entity) }
        }
        return found
    }

    private static func decode(_ json: inout JSONScanner) throws(WireError) -> MessageEntity? {
        guard try json.beginObjectOrSkip() else { return nil }
        var entity = MessageEntity(type: "", offset: -1, length: 0)
        while try json.nextKey() {
            if json.keyIs("type") {
                entity.type = try json.lenientText() ?? ""
            } else if json.keyIs("offset") {
                entity.offset = try json.lenientInt64() ?? -1
            } else if json.keyIs("length") {
                entity.length = try json.lenientInt64() ?? 0
            } else if json.keyIs("url") || json.keyIs("language") {
                entity.value = try json.lenientText() ?? ""
            } else {
                try json.skipValue()
            }
        }
        return entity.offset >= 0 && entity.length > 0 && !entity.type.isEmpty ? entity : nil
    }

    /// Appends the entity as a call carries it.
    func write(into json: inout JSONWriter) {
        json.beginObject()
        json.field("type", type)
        json.field("offset", offset)
        json.field("length", length)
        if !value.isEmpty {
            if type == "text_link" { json.field("url", value) }
            if type == "pre" { json.field("language", value) }
        }
        json.endObject()
    }
}

/// What a message tells of its file, beside the id.
public struct FileFacts: Hashable, Sendable {
    /// By which a small picture of it is asked for; may be empty.
    public var thumbnailID: Text = ""
    /// The sender's name for it; may be empty.
    public var name: Text = ""
    /// What the sender says it is; may be empty.
    public var mimeType: Text = ""
    /// In bytes; 0 when not told.
    public var size: Int64 = 0

    /// Facts of these parts.
    public init(thumbnailID: Text = "", name: Text = "", mimeType: Text = "", size: Int64 = 0) {
        self.thumbnailID = thumbnailID
        self.name = name
        self.mimeType = mimeType
        self.size = size
    }
}

/// A file in a message: what it is asked for by, and what is told of it.
struct FoundFile {
    var id: Text = ""
    var facts = FileFacts()

    /// The longer side of a picture that is still a thumbnail, in pixels.
    private static let thumbnailSide: Int64 = 400

    /// The next value, when it is an object with a file's fields.
    static func decode(_ json: inout JSONScanner) throws(WireError) -> FoundFile {
        try sized(&json).file
    }

    private static func sized(
        _ json: inout JSONScanner
    ) throws(WireError) -> (file: FoundFile, side: Int64) {
        var file = FoundFile()
        var side: Int64 = 0
        guard try json.beginObjectOrSkip() else { return (file, side) }
        while try json.nextKey() {
            if json.keyIs("file_id") {
                file.id = try json.lenientText() ?? ""
            } else if json.keyIs("file_name") {
                file.facts.name = try json.lenientText() ?? ""
            } else if json.keyIs("mime_type") {
                file.facts.mimeType = try json.lenientText() ?? ""
            } else if json.keyIs("file_size") {
                file.facts.size = max(0, try json.lenientInt64() ?? 0)
            } else if json.keyIs("width") || json.keyIs("height") {
                side = max(side, try json.lenientInt64() ?? 0)
            } else if json.keyIs("thumbnail") {
                file.facts.thumbnailID = try decode(&json).id
            } else {
                try json.skipValue()
            }
        }
        return (file, side)
    }

    /// The largest of a photo's sizes, which come in ascending order. Its thumbnail is the largest
    /// of at most 400 pixels, else the smallest.
    static func photo(_ json: inout JSONScanner) throws(WireError) -> FoundFile {
        guard try json.peek() == .array else {
            try json.skipValue()
            return FoundFile()
        }
        var largest = FoundFile()
        var thumbnail: Text = ""
        try json.beginArray()
        while try json.nextElement() {
            let (file, side) = try sized(&json)
            if thumbnail.isEmpty || side <= thumbnailSide { thumbnail = file.id }
            largest = file
        }
        largest.facts.thumbnailID = thumbnail == largest.id ? "" : thumbnail
        return largest
    }
}
