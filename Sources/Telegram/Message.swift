import Wire

/// A person or bot on Telegram.
public struct User: Hashable, Sendable {
    /// Telegram's number; needs 64 bits.
    public var id: Int64
    /// Whether it is a bot; false when not told.
    public var isBot: Bool
    /// First name.
    public var firstName: Text
    /// Last name; may be empty.
    public var lastName: Text
    /// Without `@`; may be empty.
    public var username: Text
    /// BCP 47 tag of the person's app; may be empty.
    public var languageCode: Text

    /// A user of these parts.
    public init(
        id: Int64, isBot: Bool = false, firstName: Text = "", lastName: Text = "",
        username: Text = "", languageCode: Text = ""
    ) {
        self.id = id
        self.isBot = isBot
        self.firstName = firstName
        self.lastName = lastName
        self.username = username
        self.languageCode = languageCode
    }

    /// First and last name, joined by a space.
    public var name: Text {
        if lastName.isEmpty { return firstName }
        if firstName.isEmpty { return lastName }
        return Text(firstName.utf8 + [0x20] + lastName.utf8)
    }

    /// The next value, when it is an object with an `id`.
    static func decode(_ json: inout JSONScanner) throws(WireError) -> User? {
        guard try json.beginObjectOrSkip() else { return nil }
        var user = User(id: 0)
        var hasID = false
        while try json.nextKey() {
            if json.keyIs("id") {
                guard let id = try json.lenientInt64() else { continue }
                user.id = id
                hasID = true
            } else if json.keyIs("is_bot") {
                user.isBot = try json.lenientBool() ?? false
            } else if json.keyIs("first_name") {
                user.firstName = try json.lenientText() ?? ""
            } else if json.keyIs("last_name") {
                user.lastName = try json.lenientText() ?? ""
            } else if json.keyIs("username") {
                user.username = try json.lenientText() ?? ""
            } else if json.keyIs("language_code") {
                user.languageCode = try json.lenientText() ?? ""
            } else {
                try json.skipValue()
            }
        }
        return hasID ? user : nil
    }
}

/// A chat, as far as it matters here.
public struct Chat: Hashable, Sendable {
    /// Telegram's number: that of the person in a private chat, negative for groups.
    public var id: Int64 = 0
    /// `private`, `group`, `supergroup` or `channel`; may be empty.
    public var type: Text = ""
    /// The person, told by a private chat itself.
    var firstName: Text = ""
    var lastName: Text = ""
    var username: Text = ""

    /// The type of a conversation with one person.
    public static let privateType: Text = "private"

    /// A chat that is not known yet.
    init() {}

    /// A chat of these parts.
    public init(id: Int64, type: Text = Chat.privateType) {
        self.id = id
        self.type = type
    }

    /// Whether it is a conversation with one person; without a type the number tells.
    public var isPrivate: Bool { type.isEmpty ? id > 0 : type == Chat.privateType }

    /// The person behind a private chat.
    var person: User? {
        guard isPrivate, id != 0 else { return nil }
        return User(id: id, firstName: firstName, lastName: lastName, username: username)
    }

    /// The kind under which an update from this chat is filed when it is not private.
    func kind(of update: Text) -> Text {
        Text(update.utf8 + [UInt8(ascii: "/")] + (type.isEmpty ? Text("group") : type).utf8)
    }

    /// The next value. The names are taken only when asked for: mostly the sender has them.
    static func decode(
        _ json: inout JSONScanner, withNames: Bool = true
    ) throws(WireError) -> Chat {
        var chat = Chat()
        guard try json.beginObjectOrSkip() else { return chat }
        while try json.nextKey() {
            if json.keyIs("id") {
                chat.id = try json.lenientInt64() ?? 0
            } else if json.keyIs("type") {
                let isPrivate = try json.takeText(Chat.privateType) != nil
                chat.type = isPrivate ? Chat.privateType : try json.lenientText() ?? ""
            } else if !withNames {
                try json.skipValue()
            } else if json.keyIs("first_name") {
                chat.firstName = try json.lenientText() ?? ""
            } else if json.keyIs("last_name") {
                chat.lastName = try json.lenientText() ?? ""
            } else if json.keyIs("username") {
                chat.username = try json.lenientText() ?? ""
            } else {
                try json.skipValue()
            }
        }
        return chat
    }
}

/// A message in a private chat.
public struct Message: Hashable, Sendable {
    /// Telegram's number of the message in its chat.
    public var messageID: Int64
    /// Seconds since 1970, by Telegram's clock; 0 when not told.
    public var date: Int64
    /// Who wrote.
    public var from: User
    /// Where.
    public var chat: Chat
    /// `text`, `photo` and so on: the name of the field that holds the content.
    public var kind: Text
    /// The text or the caption; may be empty.
    public var text: Text
    /// By which the attachment is asked for; of a photo its largest size. May be empty.
    public var fileID: Text
    /// The message that this one answers.
    public var replyTo: Int64?
    /// Groups the parts of an album; may be empty.
    public var mediaGroup: Text
    /// How the text or caption is to look.
    public var entities: [MessageEntity] = []
    /// What is told of the attachment.
    public var file = FileFacts()
    /// The place that a `location` or a `venue` tells of.
    public var location: LocationFacts?
    /// The person that a `contact` tells of.
    public var contact: ContactFacts?

    /// A message of these parts.
    public init(
        messageID: Int64, date: Int64 = 0, from: User, chat: Chat, kind: Text = "text",
        text: Text = "", fileID: Text = "", replyTo: Int64? = nil, mediaGroup: Text = ""
    ) {
        self.messageID = messageID
        self.date = date
        self.from = from
        self.chat = chat
        self.kind = kind
        self.text = text
        self.fileID = fileID
        self.replyTo = replyTo
        self.mediaGroup = mediaGroup
    }

    /// Whether the kind is one that the desk can show; others are "unsupported: kind".
    public var isSupported: Bool { Self.isSupported(kind: kind) }

    /// Whether a kind of content is one that the desk can show.
    public static func isSupported(kind: Text) -> Bool { supportedKinds.contains(kind) }

    /// What `/start` carried: nil when this is no `/start`, empty when it carried nothing.
    public var startPayload: Text? {
        guard kind == "text" else { return nil }
        let command = Array("/start".utf8)
        guard text.utf8.starts(with: command) else { return nil }
        var rest = text.utf8[command.count...]
        if rest.first == UInt8(ascii: "@") {
            rest = rest.drop { $0 > 0x20 }
        }
        guard rest.first.map({ $0 <= 0x20 }) ?? true else { return nil }
        while let first = rest.first, first <= 0x20 { rest.removeFirst() }
        while let last = rest.last, last <= 0x20 { rest.removeLast() }
        return Text(Array(rest))
    }

    /// The kinds of content that the desk can show.
    static let supportedKinds: [Text] = [
        "text", "photo", "document", "voice", "audio", "video", "video_note", "animation",
        "sticker", "location", "venue", "contact",
    ]
}

/// A press on a button under a message.
public struct CallbackQuery: Hashable, Sendable {
    /// By which it is answered, within 150 s.
    public var id: Text
    /// Who pressed.
    public var from: User
    /// What the button carries; may be empty.
    public var data: Text

    /// A press of these parts.
    public init(id: Text, from: User, data: Text) {
        self.id = id
        self.from = from
        self.data = data
    }

    static func decode(_ json: inout JSONScanner) throws(WireError) -> Update.Content {
        let kind = Update.Content.other(kind: "callback_query")
        guard try json.beginObjectOrSkip() else { return kind }
        var id: Text?
        var from: User?
        var data: Text = ""
        while try json.nextKey() {
            if json.keyIs("id") {
                id = try json.lenientText()
            } else if json.keyIs("from") {
                from = try User.decode(&json)
            } else if json.keyIs("data") {
                data = try json.lenientText() ?? ""
            } else {
                try json.skipValue()
            }
        }
        guard let id, let from else { return kind }
        return .callbackQuery(CallbackQuery(id: id, from: from, data: data))
    }
}
