import Wire

/// Reads one message, field by field in whatever order they come.
struct MessageDecoder {
    private var messageID: Int64?
    private var date: Int64 = 0
    private var from: User?
    private var chat = Chat()
    /// Stands at the chat's value.
    private var chatValue: JSONScanner?
    private var text: Text = ""
    private var caption: Text = ""
    private var replyTo: Int64?
    private var mediaGroup: Text = ""
    /// The content found so far and its rank: an animation also comes as a document, a venue also
    /// as a location, and the more telling one wins.
    private var kind: Text?
    private var rank = 0
    private var file = FoundFile()
    private var location: LocationFacts?
    private var venue: LocationFacts?
    private var contact: ContactFacts?
    private var entities: [MessageEntity] = []
    private var captionEntities: [MessageEntity] = []
    /// The first field that is neither content nor known to go along with content.
    private var unknownField: Text?

    /// The next value as a message, or as the kind to file it under when it is none for the desk.
    static func decode(_ json: inout JSONScanner, kind: Text) throws(WireError) -> Decoded {
        guard try json.beginObjectOrSkip() else { return .other(kind) }
        var decoder = MessageDecoder()
        while try json.nextKey() { try decoder.field(&json) }
        return decoder.finish(kind)
    }

    private func finish(_ updateKind: Text) -> Decoded {
        guard chat.isPrivate else {
            return .other(chat.id == 0 ? updateKind : chat.kind(of: updateKind))
        }
        guard let messageID, let from = from ?? person else { return .other(updateKind) }
        let kind = kind ?? unknownField ?? "unknown"
        var message = Message(
            messageID: messageID, date: date, from: from,
            chat: Chat(id: chat.id == 0 ? from.id : chat.id), kind: kind,
            text: kind == Self.textKind ? text : caption, fileID: file.id, replyTo: replyTo,
            mediaGroup: mediaGroup)
        message.entities = kind == Self.textKind ? entities : captionEntities
        message.file = file.facts
        if kind == "location" { message.location = location }
        if kind == "venue" { message.location = venue ?? location }
        if kind == "contact" { message.contact = contact }
        return .message(message)
    }

    private static let textKind: Text = "text"

    /// The person that a private chat itself tells.
    private var person: User? {
        guard var chatValue else { return nil }
        return (try? Chat.decode(&chatValue))?.person
    }

    private mutating func field(_ json: inout JSONScanner) throws(WireError) {
        if json.keyIs("message_id") {
            messageID = try json.lenientInt64()
        } else if json.keyIs("from") {
            from = try User.decode(&json)
        } else if json.keyIs("chat") {
            chatValue = json
            chat = try Chat.decode(&json, withNames: false)
        } else if json.keyIs("date") {
            date = try json.lenientInt64() ?? 0
        } else if json.keyIs("text") {
            guard let value = try json.lenientText() else { return }
            text = value
            found(Self.textKind, rank: 3)
        } else if json.keyIs("caption") {
            caption = try json.lenientText() ?? ""
        } else if json.keyIs("entities") {
            entities = try MessageEntity.decodeAll(&json)
        } else if json.keyIs("caption_entities") {
            captionEntities = try MessageEntity.decodeAll(&json)
        } else if json.keyIs("reply_to_message") {
            replyTo = try Self.messageID(&json)
        } else if json.keyIs("media_group_id") {
            mediaGroup = try json.lenientText() ?? ""
        } else if json.keyIs("photo") {
            found("photo", rank: 2, try FoundFile.photo(&json))
        } else if json.keyIs("document") {
            found("document", rank: 1, try FoundFile.decode(&json))
        } else if json.keyIs("location") {
            location = try LocationFacts.decode(&json)
            found("location", rank: 1)
        } else {
            try otherField(&json)
        }
    }

    private mutating func otherField(_ json: inout JSONScanner) throws(WireError) {
        for (name, kind) in Self.filedKinds where json.keyIs(name) {
            found(kind, rank: 2, try FoundFile.decode(&json))
            return
        }
        if json.keyIs("venue") {
            venue = try LocationFacts.venue(&json)
            return found("venue", rank: 2)
        }
        if json.keyIs("contact") {
            contact = try ContactFacts.decode(&json)
            return found("contact", rank: 2)
        }
        if unknownField == nil, !Self.companions.contains(where: { json.keyIs($0) }) {
            unknownField = json.key
        }
        try json.skipValue()
    }

    private mutating func found(_ kind: Text, rank: Int, _ file: FoundFile = FoundFile()) {
        guard rank > self.rank else { return }
        self.kind = kind
        self.rank = rank
        self.file = file
    }

    private static func messageID(_ json: inout JSONScanner) throws(WireError) -> Int64? {
        guard try json.beginObjectOrSkip() else { return nil }
        var id: Int64?
        while try json.nextKey() {
            if json.keyIs("message_id") {
                id = try json.lenientInt64()
            } else {
                try json.skipValue()
            }
        }
        return id
    }

    private static let filedKinds: [(StaticString, Text)] = [
        ("sticker", "sticker"), ("voice", "voice"), ("video", "video"), ("audio", "audio"),
        ("video_note", "video_note"), ("animation", "animation"),
    ]

    /// Fields that come along with content and are none themselves (Bot API, "Message").
    private static let companions: [StaticString] = [
        "message_thread_id", "direct_messages_topic", "sender_chat", "sender_boost_count",
        "sender_business_bot", "sender_tag", "business_connection_id", "forward_origin",
        "is_topic_message", "is_automatic_forward", "external_reply", "quote", "reply_to_story",
        "reply_to_checklist_task_id", "via_bot", "edit_date", "has_protected_content",
        "is_from_offline", "is_paid_post", "author_signature", "paid_star_count",
        "link_preview_options", "suggested_post_info", "effect_id",
        "show_caption_above_media", "has_media_spoiler", "reply_markup", "forward_from",
        "forward_from_chat", "forward_from_message_id", "forward_signature",
        "forward_sender_name", "forward_date",
    ]
}

/// Values of a type that was not expected are passed over, not refused.
extension JSONScanner {
    mutating func lenientText() throws(WireError) -> Text? {
        if try peek() == .text { return try text() }
        try skipValue()
        return nil
    }

    /// `text` itself when that is the next value, so that it need not be copied; nil, and nothing
    /// taken, when another value comes.
    mutating func takeText(_ text: Text) throws(WireError) -> Text? {
        guard try peek() == .text, textIs(text.utf8) else { return nil }
        try skipValue()
        return text
    }

    mutating func lenientBool() throws(WireError) -> Bool? {
        if try peek() == .bool { return try bool() }
        try skipValue()
        return nil
    }

    /// An integer; nil also for fractions, exponents and what does not fit 64 bits.
    mutating func lenientInt64() throws(WireError) -> Int64? {
        if try peek() == .number {
            if let value = int64OrStay() { return value }
        }
        try skipValue()
        return nil
    }

    /// Enters an object; false when the value was something else and was passed over.
    mutating func beginObjectOrSkip() throws(WireError) -> Bool {
        if try peek() == .object {
            try beginObject()
            return true
        }
        try skipValue()
        return false
    }
}
