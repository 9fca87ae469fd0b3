import Routing

extension API {
    /// How a stretch of a text looks: a MessageEntity of the Bot API, counted in UTF-16 units.
    struct Entity: Codable {
        var type: String
        var offset: Int
        var length: Int
        /// Where a `text_link` leads.
        var url: String?
        /// The language of a `pre`.
        var language: String?
    }

    /// What is told of the file in a message.
    struct File: Encodable {
        var name: String?
        var mimeType: String?
        /// In bytes, as the sender's app says.
        var size: Int64?
        /// Whether there is a small picture of it.
        var hasThumbnail: Bool
    }
}

extension API.Entity {
    init(_ entity: TextEntity) {
        type = entity.kind.word.string
        offset = Int(entity.offset)
        length = Int(entity.length)
        if entity.kind == .textLink { url = entity.value.string }
        if entity.kind == .pre, !entity.value.isEmpty { language = entity.value.string }
    }
}

extension [API.Entity] {
    /// Entities as the API shows them; nil when there are none.
    init?(shown entities: [TextEntity]) {
        if entities.isEmpty { return nil }
        self = entities.map(API.Entity.init)
    }
}

extension API.File {
    /// The file of a customer's message; nil when it has none.
    init?(_ message: HistoryItem.Inbound) {
        guard !message.fileID.isEmpty else { return nil }
        let facts = message.extras.attachment
        name = facts.name.isEmpty ? nil : facts.name.string
        mimeType = facts.mimeType.isEmpty ? nil : facts.mimeType.string
        size = facts.size > 0 ? facts.size : nil
        hasThumbnail = !facts.thumbnailID.isEmpty || message.kind == "photo"
    }
}
