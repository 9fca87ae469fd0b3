import Wire

/// A Telegram update, as far as a support desk needs it (Bot API, "Update").
///
/// Decoding is lenient on purpose: Telegram repeats an update until it is answered with success,
/// and a few that are refused stall all the others. Unknown kinds and fields pass, expected fields
/// may be missing or of another type; only bytes that are no JSON object, or one without an
/// `update_id`, are an error.
public struct Update: Hashable, Sendable {
    /// Telegram's number of the update, by which repetitions are recognised.
    public var id: Int64
    /// What happened.
    public var content: Content

    /// What an update tells.
    public enum Content: Hashable, Sendable {
        /// A new message in a private chat.
        case message(Message)
        /// A changed message in a private chat.
        case editedMessage(Message)
        /// A button was pressed.
        case callbackQuery(CallbackQuery)
        /// A person blocked (true) or unblocked the bot.
        case myChatMember(user: User, isBlocked: Bool)
        /// Anything else, by the name of its field; for a chat that is not private
        /// `message/group` and the like.
        case other(kind: Text)
    }

    /// An update of these parts.
    public init(id: Int64, content: Content) {
        self.id = id
        self.content = content
    }

    /// The update in a webhook's body, or in one element of `getUpdates`.
    public static func decode(_ body: [UInt8]) throws(TelegramError) -> Update {
        do {
            var json = JSONScanner(body)
            let update = try decode(&json)
            try json.expectEnd()
            guard let update else { throw TelegramError.noUpdateID }
            return update
        } catch let error as TelegramError {
            throw error
        } catch let error as WireError {
            throw .malformed(error)
        } catch {
            preconditionFailure("no other error can come out of the scanner")
        }
    }

    /// The next value of a document; nil without an `update_id`.
    private static func decode(_ json: inout JSONScanner) throws(WireError) -> Update? {
        var id: Int64?
        var content: Content?
        var otherKind: Text?
        try json.beginObject()
        while try json.nextKey() {
            if json.keyIs("update_id") {
                id = try json.lenientInt64()
            } else if json.keyIs("message") {
                content = try MessageDecoder.decode(&json, kind: "message")
                    .map { .message($0) }
            } else if json.keyIs("edited_message") {
                content = try MessageDecoder.decode(&json, kind: "edited_message")
                    .map { .editedMessage($0) }
            } else if json.keyIs("callback_query") {
                content = try CallbackQuery.decode(&json)
            } else if json.keyIs("my_chat_member") {
                content = try myChatMember(&json)
            } else {
                otherKind = otherKind ?? json.key
                try json.skipValue()
            }
        }
        guard let id else { return nil }
        return Update(id: id, content: content ?? .other(kind: otherKind ?? "empty"))
    }

    private static func myChatMember(_ json: inout JSONScanner) throws(WireError) -> Content {
        var chat = Chat()
        var user: User?
        var status: Text?
        guard try json.beginObjectOrSkip() else { return .other(kind: "my_chat_member") }
        while try json.nextKey() {
            if json.keyIs("chat") {
                chat = try Chat.decode(&json)
            } else if json.keyIs("from") {
                user = try User.decode(&json)
            } else if json.keyIs("new_chat_member") {
                guard try json.beginObjectOrSkip() else { continue }
                while try json.nextKey() {
                    if json.keyIs("status") {
                        status = try json.lenientText()
                    } else {
                        try json.skipValue()
                    }
                }
            } else {
                try json.skipValue()
            }
        }
        guard chat.isPrivate else { return .other(kind: chat.kind(of: "my_chat_member")) }
        guard let user = user ?? chat.person, let status else {
            return .other(kind: "my_chat_member")
        }
        return .myChatMember(user: user, isBlocked: status == "kicked")
    }
}

/// Why a webhook's body is no update.
public enum TelegramError: Error, Hashable, Sendable {
    /// It is not the JSON of an object.
    case malformed(WireError)
    /// It has no `update_id` that is an integer.
    case noUpdateID
}

/// What `MessageDecoder` found: a message that counts, or the kind under which to file the rest.
enum Decoded {
    case message(Message)
    case other(Text)

    func map(_ content: (Message) -> Update.Content) -> Update.Content {
        switch self {
        case .message(let message): content(message)
        case .other(let kind): .other(kind: kind)
        }
    }
}
