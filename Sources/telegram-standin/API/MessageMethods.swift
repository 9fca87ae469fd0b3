import Telegram
import Wire

/// The methods that write to a chat, and those about files and buttons.
struct MessageMethods {
    let world: World
    let bot: Bot
    let arguments: Arguments

    /// The largest upload, the largest photo among them, and the largest download, in bytes.
    static let maxUpload = 50 << 20
    static let maxPhoto = 10 << 20
    static let maxDownload = 20 << 20

    /// A chat that may be written to, or the reason why not.
    private enum Target {
        case chat(Conversation)
        case refused(Reply)
    }

    private func target() -> Target {
        let value = arguments["chat_id"]
        if value.isEmpty { return .refused(.bad("chat_id is empty")) }
        guard let id = arguments.int("chat_id"), let conversation = bot.conversations[id],
            conversation.isStarted
        else { return .refused(.bad("chat not found")) }
        if conversation.customer.isDeactivated {
            return .refused(.error(403, "Forbidden: user is deactivated"))
        }
        if conversation.isBlocked {
            return .refused(.error(403, "Forbidden: bot was blocked by the user"))
        }
        return .chat(conversation)
    }

    // MARK: Writing

    func sendMessage() -> Reply {
        let text = Self.trimmed(arguments["text"])
        if let problem = Self.problem(in: text, limit: MessageText.limit, what: "message") {
            return problem
        }
        if text.isEmpty { return .bad("message text is empty") }
        return send(.text, text: text)
    }

    func sendFile(_ kind: Text) -> Reply {
        let caption = Self.trimmed(arguments["caption"])
        let limit = MessageText.captionLimit
        if let problem = Self.problem(in: caption, limit: limit, what: "message caption") {
            return problem
        }
        guard let upload = arguments.upload(kind) else {
            let value = arguments[kind]
            if value.isEmpty { return .bad("there is no \(kind) in the request") }
            if value.string.contains("://") { return .bad("failed to get HTTP URL content") }
            guard let file = bot.files.file(value) else {
                return .bad("wrong file identifier/HTTP URL specified")
            }
            return send(.files(kind: kind, [file]), text: caption)
        }
        if upload.bytes.isEmpty { return .bad("file must be non-empty") }
        if upload.bytes.count > Self.maxUpload {
            return .error(413, "Request Entity Too Large")
        }
        if kind == "photo", upload.bytes.count > Self.maxPhoto {
            return .bad(
                "file of size \(upload.bytes.count) bytes is too big for a photo; "
                    + "the maximum size is \(Self.maxPhoto) bytes")
        }
        if kind == "photo", let (width, height) = PictureSize.ofPNG(upload.bytes),
            width + height > 10_000 || max(width, height) > 20 * max(1, min(width, height))
        {
            return .bad("PHOTO_INVALID_DIMENSIONS")
        }
        let type = upload.contentType.isEmpty ? "application/octet-stream" : upload.contentType
        return send(text: caption) {
            func add(_ bytes: [UInt8]) -> StoredFile {
                bot.files.add(
                    kind: kind, bytes: bytes, name: upload.fileName, mimeType: type, bot: bot.id)
            }
            let small = kind == "photo" ? [add(FileShelf.small(upload.bytes))] : []
            return .files(kind: kind, small + [add(upload.bytes)])
        }
    }

    private func send(_ content: ChatMessage.Content, text: Text) -> Reply {
        send(text: text) { content }
    }

    /// Sends what `content` gives once nothing is in the way.
    private func send(text: Text, _ content: () -> ChatMessage.Content) -> Reply {
        if !arguments["parse_mode"].isEmpty { return .bad("unsupported parse_mode") }
        let conversation: Conversation
        switch target() {
        case .chat(let found): conversation = found
        case .refused(let reply): return reply
        }
        var replyTo = arguments.int("reply_to_message_id")
        var mayBeMissing = arguments.bool("allow_sending_without_reply")
        if let parameters = arguments.json("reply_parameters") {
            replyTo = parameters["message_id"]?.int
            mayBeMissing = parameters["allow_sending_without_reply"]?.bool ?? false
        }
        if let id = replyTo, conversation.message(id) == nil {
            if !mayBeMissing { return .bad("message to be replied not found") }
            replyTo = nil
        }
        if let seconds = bot.admitMessage(to: conversation) { return .tooMany(seconds: seconds) }
        let message = ChatMessage(
            id: bot.takeMessageID(), isFromBot: true, date: world.clock.unixTime,
            content: content(), text: text, entities: entities(),
            replyTo: replyTo, replyMarkup: inlineKeyboard())
        conversation.append(message)
        return .ok(message.json(in: conversation))
    }

    func editMessageText() -> Reply {
        let text = Self.trimmed(arguments["text"])
        if let problem = Self.problem(in: text, limit: MessageText.limit, what: "message") {
            return problem
        }
        if text.isEmpty { return .bad("message text is empty") }
        return edit(text, isCaption: false)
    }

    func editMessageCaption() -> Reply {
        let caption = Self.trimmed(arguments["caption"])
        let limit = MessageText.captionLimit
        if let problem = Self.problem(in: caption, limit: limit, what: "message caption") {
            return problem
        }
        return edit(caption, isCaption: true)
    }

    /// Changes the text of a message, or the caption of a file.
    private func edit(_ text: Text, isCaption: Bool) -> Reply {
        if !arguments["parse_mode"].isEmpty { return .bad("unsupported parse_mode") }
        let conversation: Conversation
        switch target() {
        case .chat(let found): conversation = found
        case .refused(let reply): return reply
        }
        guard let id = arguments.int("message_id"), let old = conversation.message(id) else {
            return .bad("message to edit not found")
        }
        guard old.isFromBot else { return .bad("message can't be edited") }
        switch (old.content, isCaption) {
        case (.text, false), (.files, true): break
        case (.files, false): return .bad("there is no text in the message to edit")
        case (.text, true): return .bad("there is no caption in the message to edit")
        case (.other, _): return .bad("message can't be edited")
        }
        let markup = inlineKeyboard()
        if old.text == text, old.replyMarkup == markup {
            return .bad(
                "message is not modified: specified new message content and reply markup are "
                    + "exactly the same as a current content and reply markup of the message")
        }
        let date = world.clock.unixTime
        let changed = conversation.change(id) {
            $0.text = text
            $0.entities = entities()
            $0.editDate = date
            $0.replyMarkup = markup
        }
        return .ok(changed?.json(in: conversation) ?? true)
    }

    func deleteMessage() -> Reply {
        let conversation: Conversation
        switch target() {
        case .chat(let found): conversation = found
        case .refused(let reply): return reply
        }
        guard let id = arguments.int("message_id"),
            conversation.change(id, { $0.isDeleted = true }) != nil
        else { return .bad("message to delete not found") }
        return .ok(true)
    }

    func sendChatAction() -> Reply {
        let known: [Text] = [
            "typing", "upload_photo", "record_video", "upload_video", "record_voice",
            "upload_voice", "upload_document", "choose_sticker", "find_location",
            "record_video_note", "upload_video_note",
        ]
        let action = arguments["action"]
        guard known.contains(action) else { return .bad("wrong parameter action in request") }
        switch target() {
        case .chat(let conversation):
            conversation.note(action: action)
            return .ok(true)
        case .refused(let reply): return reply
        }
    }

    // MARK: Buttons, chats and files

    func answerCallbackQuery() -> Reply {
        if MessageText.codePoints(arguments["text"]) > 200 { return .bad("MESSAGE_TOO_LONG") }
        guard let until = bot.openCallbacks.removeValue(forKey: arguments["callback_query_id"]),
            world.clock.seconds < until
        else {
            bot.callbacksRefused += 1
            return .bad(
                "query is too old and response timeout expired or query ID is invalid")
        }
        bot.callbacksAnswered += 1
        return .ok(true)
    }

    func getChat() -> Reply {
        switch target() {
        case .chat(let conversation):
            let more: [JSONValue.Member] = [
                .init("accent_color_id", 0), .init("max_reaction_count", 11),
                .init(
                    "accepted_gift_types",
                    [
                        "unlimited_gifts": true, "limited_gifts": true, "unique_gifts": true,
                        "premium_subscription": true, "gifts_from_channels": true,
                    ]),
            ]
            return .ok(.object((conversation.customer.chatJSON.members ?? []) + more))
        case .refused(let reply): return reply
        }
    }

    func getFile() -> Reply {
        let id = arguments["file_id"]
        if id.isEmpty { return .bad("file_id not specified") }
        guard let file = bot.files.file(id) else { return .bad("invalid file_id") }
        if file.size > Self.maxDownload { return .bad("file is too big") }
        bot.files.publish(file, until: world.clock.seconds + 3600)
        return .ok(
            .object((file.json.members ?? []) + [.init("file_path", .text(file.path))]))
    }

    // MARK: Details

    /// The buttons below a message; other markups show nothing in the message.
    private func inlineKeyboard() -> JSONValue? {
        guard let markup = arguments.json("reply_markup"), let rows = markup["inline_keyboard"]
        else { return nil }
        return ["inline_keyboard": rows]
    }

    /// The entities of the text or the caption, counted from where the trimmed text begins.
    private func entities() -> JSONValue? {
        let isText = arguments.has("entities")
        guard let list = arguments.json(isText ? "entities" : "caption_entities")?.elements,
            !list.isEmpty
        else { return nil }
        let dropped = Int64(arguments[isText ? "text" : "caption"].utf8.prefix { $0 <= 0x20 }.count)
        guard dropped > 0 else { return .array(list) }
        return .array(
            list.map { entity in
                .object(
                    (entity.members ?? []).map { member in
                        member.name == "offset"
                            ? .init("offset", .int(max(0, (member.value.int ?? 0) - dropped)))
                            : member
                    })
            })
    }

    private static func problem(in text: Text, limit: Int, what: String) -> Reply? {
        if !UTF8Form.isValid(text.utf8) { return .bad("text must be encoded in UTF-8") }
        return MessageText.codePoints(text) > limit ? .bad("\(what) is too long") : nil
    }

    /// The text as Telegram stores it: without white space at both ends.
    static func trimmed(_ text: Text) -> Text {
        var rest = text.utf8.drop { $0 <= 0x20 }
        while let last = rest.last, last <= 0x20 { rest.removeLast() }
        return Text(Array(rest))
    }
}
