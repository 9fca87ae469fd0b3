import Routing
import Wire

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

extension API {
    /// A place on the earth, in degrees (WGS 84).
    struct Location: Encodable {
        var latitude: Double
        var longitude: Double
        /// True when it follows its sender.
        var live: Bool?
        var title: String?
        var address: String?

        init(_ place: Routing.Location) {
            latitude = Double(place.latitude) / Double(Routing.Location.perDegree)
            longitude = Double(place.longitude) / Double(Routing.Location.perDegree)
            live = place.isLive ? true : nil
            title = place.title.isEmpty ? nil : place.title.string
            address = place.address.isEmpty ? nil : place.address.string
        }
    }

    /// A person, as somebody's telephone knows them.
    struct Contact: Encodable {
        var phoneNumber: String
        var firstName: String
        var lastName: String?

        init(_ person: ContactCard) {
            phoneNumber = person.phoneNumber.string
            firstName = person.firstName.string
            lastName = person.lastName.isEmpty ? nil : person.lastName.string
        }
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

extension API.Entity {
    /// The entity as it is sent.
    func checked() throws(Problem) -> TextEntity {
        guard let kind = TextEntity.Kind(word: Text(type)) else {
            let kinds = TextEntity.Kind.allCases.filter { $0 != .url }.map(\.word.string)
            throw .invalid(
                "The field entities.type must be one of \(kinds.joined(separator: ", ")).")
        }
        guard let offset = UInt32(exactly: offset), let length = UInt32(exactly: length) else {
            throw .invalid("The fields entities.offset and entities.length are out of bounds.")
        }
        let value = kind == .textLink ? url : kind == .pre ? language : nil
        return TextEntity(kind, offset, length, value: Text(value ?? ""))
    }
}

extension API.Reply {
    /// Longest text: sixteen messages, the most of one reply, of 4,096 plain letters.
    static let maxTextBytes = 65_536

    /// The text, once its size is right; and how it is to look.
    func checked() throws(Problem) -> (text: Text, entities: [TextEntity]) {
        guard (1...API.Reply.maxTextBytes).contains(text.utf8.count) else {
            throw .invalid("The field text must have 1 to \(API.Reply.maxTextBytes) bytes.")
        }
        var checked: [TextEntity] = []
        guard entities?.count ?? 0 <= TextEntity.limit else {
            throw .invalid("A message may have \(TextEntity.limit) entities at most.")
        }
        for entity in entities ?? [] { checked.append(try entity.checked()) }
        return (Text(text), checked)
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
    init?(_ fileID: Text, of kind: Text, _ facts: Attachment) {
        guard !fileID.isEmpty else { return nil }
        self.init(facts, hasThumbnail: !facts.thumbnailID.isEmpty || kind == "photo")
    }

    /// The file of an agent's message, which can be seen once it is sent.
    init(_ file: OutboundFile) {
        let isSmall = !file.attachment.thumbnailID.isEmpty || file.kind == .photo
        self.init(file.attachment, hasThumbnail: isSmall && !file.fileID.isEmpty)
    }

    private init(_ facts: Attachment, hasThumbnail: Bool) {
        self.hasThumbnail = hasThumbnail
        name = facts.name.isEmpty ? nil : facts.name.string
        mimeType = facts.mimeType.isEmpty ? nil : facts.mimeType.string
        size = facts.size > 0 ? facts.size : nil
    }
}
