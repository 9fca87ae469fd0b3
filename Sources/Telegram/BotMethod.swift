import Wire

/// A call of the Bot API and its arguments.
public enum BotMethod: Hashable, Sendable {
    /// Who the bot is.
    case getMe
    /// A text to a chat; at most 4,096 code points, see `MessageText.split`.
    case sendMessage(
        chat: Int64, text: Text, entities: [MessageEntity] = [], replyTo: Int64? = nil)
    /// Replaces the text of a message of ours.
    case editMessageText(
        chat: Int64, message: Int64, text: Text, entities: [MessageEntity] = [])
    /// Replaces the caption of a message of ours that has a file; at most 1,024 code points.
    case editMessageCaption(
        chat: Int64, message: Int64, caption: Text, entities: [MessageEntity] = [])
    /// Deletes a message.
    case deleteMessage(chat: Int64, message: Int64)
    /// Shows for five seconds what the bot is doing, as `typing`.
    case sendChatAction(chat: Int64, action: Text)
    /// Ends the wait of a pressed button; the text is shown, at most 200 characters.
    case answerCallbackQuery(id: Text, text: Text? = nil, showsAlert: Bool = false)
    /// Prepares the download of a file of at most 20 MB.
    case getFile(id: Text)
    /// Where and how updates are delivered.
    case setWebhook(WebhookSettings)
    /// What the webhook is and how it fares.
    case getWebhookInfo
    /// No delivery any more.
    case deleteWebhook(dropsPending: Bool = false)

    /// The method's name, the last component of the path.
    public var name: StaticString {
        switch self {
        case .getMe: "getMe"
        case .sendMessage: "sendMessage"
        case .editMessageText: "editMessageText"
        case .editMessageCaption: "editMessageCaption"
        case .deleteMessage: "deleteMessage"
        case .sendChatAction: "sendChatAction"
        case .answerCallbackQuery: "answerCallbackQuery"
        case .getFile: "getFile"
        case .setWebhook: "setWebhook"
        case .getWebhookInfo: "getWebhookInfo"
        case .deleteWebhook: "deleteWebhook"
        }
    }

    /// Whether doing it twice shows: such a call must not be repeated when its answer was lost.
    public var isRepeatable: Bool {
        switch self {
        case .sendMessage: false
        case .getMe, .editMessageText, .editMessageCaption, .deleteMessage, .sendChatAction,
            .answerCallbackQuery, .getFile, .setWebhook, .getWebhookInfo, .deleteWebhook:
            true
        }
    }

    /// The request's target, `/bot<token>/<method>`. Holds the token: never log it as it is.
    public func target(token: Text) -> [UInt8] { Self.target(name, token: token) }

    /// The target of a method of this name.
    static func target(_ name: StaticString, token: Text) -> [UInt8] {
        var target = Array("/bot".utf8)
        target += token.utf8
        target.append(UInt8(ascii: "/"))
        target += name.description.utf8
        return target
    }

    /// The request's body, JSON.
    public func body() -> [UInt8] {
        var json = JSONWriter()
        json.beginObject()
        switch self {
        case .getMe, .getWebhookInfo: break
        case .sendMessage(let chat, let text, let entities, let replyTo):
            json.field("chat_id", chat)
            json.field("text", text)
            Self.write(entities, into: &json)
            if let replyTo {
                json.key("reply_parameters")
                json.beginObject()
                json.field("message_id", replyTo)
                json.field("allow_sending_without_reply", true)
                json.endObject()
            }
        case .editMessageText(let chat, let message, let text, let entities):
            json.field("chat_id", chat)
            json.field("message_id", message)
            json.field("text", text)
            Self.write(entities, into: &json)
        case .editMessageCaption(let chat, let message, let caption, let entities):
            json.field("chat_id", chat)
            json.field("message_id", message)
            json.field("caption", caption)
            Self.write(entities, as: "caption_entities", into: &json)
        case .deleteMessage(let chat, let message):
            json.field("chat_id", chat)
            json.field("message_id", message)
        case .sendChatAction(let chat, let action):
            json.field("chat_id", chat)
            json.field("action", action)
        case .answerCallbackQuery(let id, let text, let showsAlert):
            json.field("callback_query_id", id)
            if let text { json.field("text", text) }
            if showsAlert { json.field("show_alert", true) }
        case .getFile(let id): json.field("file_id", id)
        case .setWebhook(let settings): settings.write(into: &json)
        case .deleteWebhook(let dropsPending):
            if dropsPending { json.field("drop_pending_updates", true) }
        }
        json.endObject()
        return json.bytes
    }

    private static func write(
        _ entities: [MessageEntity], as key: StaticString = "entities",
        into json: inout JSONWriter
    ) {
        guard !entities.isEmpty else { return }
        json.key(key)
        json.beginArray()
        for entity in entities { entity.write(into: &json) }
        json.endArray()
    }

    /// Whether a path may stand in a target as it is: plain characters, and no way upwards.
    public static func isPlainPath(_ path: Text) -> Bool {
        let plain = path.utf8.allSatisfy { (0x21...0x7e).contains($0) && $0 != 0x3f && $0 != 0x23 }
        return plain && !path.isEmpty && !path.contains("..")
    }

    /// The target under which a file is downloaded after `getFile` told its path.
    public static func fileTarget(token: Text, path: Text) -> [UInt8] {
        Array("/file/bot".utf8) + token.utf8 + [UInt8(ascii: "/")] + path.utf8
    }
}

/// The arguments of `setWebhook`.
public struct WebhookSettings: Hashable, Sendable {
    /// Where updates go; HTTPS for the real Telegram.
    public var url: Text
    /// Sent back in `X-Telegram-Bot-Api-Secret-Token`; see `isValidSecret`.
    public var secret: Text
    /// Updates delivered at once, 1 to 100.
    public var maxConnections: Int
    /// The kinds of updates wanted; nil keeps what was set before.
    public var allowedUpdates: [Text]?
    /// Whether updates that wait are dropped.
    public var dropsPending: Bool

    /// Settings of these parts.
    public init(
        url: Text, secret: Text, maxConnections: Int = 40,
        allowedUpdates: [Text]? = WebhookSettings.neededUpdates, dropsPending: Bool = false
    ) {
        self.url = url
        self.secret = secret
        self.maxConnections = maxConnections
        self.allowedUpdates = allowedUpdates
        self.dropsPending = dropsPending
    }

    /// The kinds of updates that the desk understands.
    public static let neededUpdates: [Text] = [
        "message", "edited_message", "callback_query", "my_chat_member",
    ]

    /// Whether Telegram accepts this secret: 1 to 256 letters, digits, `_` and `-`.
    public static func isValidSecret(_ secret: Text) -> Bool {
        (1...256).contains(secret.utf8.count) && secret.utf8.allSatisfy(isURLSafe)
    }

    func write(into json: inout JSONWriter) {
        json.field("url", url)
        json.field("max_connections", maxConnections)
        if let allowedUpdates {
            json.key("allowed_updates")
            json.beginArray()
            for kind in allowedUpdates { json.text(kind) }
            json.endArray()
        }
        if dropsPending { json.field("drop_pending_updates", true) }
        json.field("secret_token", secret)
    }
}

/// Whether a byte is a letter, a digit, `_` or `-`.
func isURLSafe(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
        true
    default: false
    }
}
