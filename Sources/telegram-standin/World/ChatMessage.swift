import Telegram
import Wire

/// A message in a private chat.
struct ChatMessage {
    let id: Int64
    let isFromBot: Bool
    /// Seconds since 1970.
    let date: Int64
    var editDate: Int64?
    var content: Content
    /// The text, or the caption of a file.
    var text: Text
    /// The array of entities, when there are any.
    var entities: JSONValue?
    var replyTo: Int64?
    var mediaGroup: Text?
    /// The buttons below.
    var replyMarkup: JSONValue?
    var isDeleted = false

    /// What the message consists of.
    enum Content {
        case text
        /// A file; for a photo all its sizes, the largest last.
        case files(kind: Text, [StoredFile])
        /// Anything else, as the value of the field of its kind.
        case other(kind: Text, JSONValue)

        /// The name of the field that holds it.
        var kind: Text {
            switch self {
            case .text: "text"
            case .files(let kind, _), .other(let kind, _): kind
            }
        }
    }

    /// The entity of a command at the start of a text; nil when there is none.
    static func commands(in text: Text, _ content: Content) -> JSONValue? {
        guard case .text = content, text.utf8.first == UInt8(ascii: "/") else { return nil }
        let command = text.utf8.prefix { $0 > 0x20 }
        guard command.count > 1 else { return nil }
        let length = MessageText.utf16Units(Text(Array(command)))
        return [["offset": 0, "length": .int(Int64(length)), "type": "bot_command"]]
    }

    /// The message as the Bot API shows it; a reply shows the message that it answers.
    func json(in conversation: Conversation, showsReply: Bool = true) -> JSONValue {
        var members: [JSONValue.Member] = [
            .init("message_id", .int(id)),
            .init(
                "from",
                isFromBot ? conversation.bot.userJSON : conversation.customer.userJSON),
            .init("chat", conversation.customer.chatJSON), .init("date", .int(date)),
        ]
        if let editDate { members.append(.init("edit_date", .int(editDate))) }
        if showsReply, let replyTo, let original = conversation.message(replyTo) {
            let shown = original.json(in: conversation, showsReply: false)
            members.append(.init("reply_to_message", shown))
        }
        if let mediaGroup { members.append(.init("media_group_id", .text(mediaGroup))) }
        switch content {
        case .text:
            members.append(.init("text", .text(text)))
            if let entities { members.append(.init("entities", entities)) }
        case .files(let kind, let files):
            members += StoredFile.members(kind: kind, files: files)
            if !text.isEmpty { members.append(.init("caption", .text(text))) }
            if let entities { members.append(.init("caption_entities", entities)) }
        case .other(let kind, let value):
            if kind == "venue", let location = value["location"] {
                members.append(.init("location", location))
            }
            members.append(.init(kind, value))
        }
        if let replyMarkup { members.append(.init("reply_markup", replyMarkup)) }
        return .object(members)
    }
}
