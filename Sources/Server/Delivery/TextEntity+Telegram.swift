import Routing
import Telegram
import Wire

extension TextEntity {
    /// An entity that Telegram sent; nil when it looks like the text around it, or is out of
    /// bounds.
    init?(_ entity: MessageEntity) {
        guard let kind = Kind(word: entity.type), let offset = UInt32(exactly: entity.offset),
            let length = UInt32(exactly: entity.length)
        else { return nil }
        if kind == .textLink, !entity.value.isWebAddress { return nil }
        let hasValue = kind == .textLink || kind == .pre
        self.init(kind, offset, length, value: hasValue ? entity.value : "")
    }
}

extension TextEntity.Kind {
    /// The Bot API's word, which is also this API's.
    var word: Text {
        switch self {
        case .bold: "bold"
        case .italic: "italic"
        case .underline: "underline"
        case .strikethrough: "strikethrough"
        case .spoiler: "spoiler"
        case .code: "code"
        case .pre: "pre"
        case .blockquote: "blockquote"
        case .textLink: "text_link"
        case .url: "url"
        }
    }

    /// The kind of a word of the Bot API, if it is one that is kept.
    init?(word: Text) {
        if word == "expandable_blockquote" {
            self = .blockquote
            return
        }
        guard let kind = Self.allCases.first(where: { $0.word == word }) else { return nil }
        self = kind
    }
}

extension MessageEntity {
    /// An entity as it is sent.
    init(_ entity: TextEntity) {
        self.init(
            type: entity.kind.word, offset: Int64(entity.offset), length: Int64(entity.length),
            value: entity.value)
    }
}

extension Enclosure {
    /// The place or the person that a message consists of; nil: it is none of these, or not told.
    init?(_ message: Message) {
        if let place = message.location {
            self = .location(
                Location(
                    latitude: place.latitude, longitude: place.longitude,
                    isLive: place.livePeriod > 0, title: place.title, address: place.address))
        } else if let person = message.contact {
            self = .contact(
                ContactCard(
                    phoneNumber: person.phoneNumber, firstName: person.firstName,
                    lastName: person.lastName))
        } else {
            return nil
        }
    }
}

extension Attachment {
    /// What Telegram tells of a file.
    init(_ file: FileFacts) {
        self.init(
            thumbnailID: file.thumbnailID, name: file.name, mimeType: file.mimeType,
            size: file.size)
    }
}
