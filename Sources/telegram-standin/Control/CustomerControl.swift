import HTTP
import Telegram
import Wire

/// What a customer is made to do.
struct CustomerControl {
    let world: World
    let body: JSONValue

    /// Changes who the customer is.
    func update(_ id: Int64) -> JSONValue {
        let customer = world.customer(id)
        if let text = body["first_name"]?.text { customer.firstName = text }
        if let text = body["last_name"]?.text { customer.lastName = text }
        if let text = body["username"]?.text { customer.username = text }
        if let text = body["language_code"]?.text { customer.languageCode = text }
        return customer.userJSON
    }

    /// Does what the last part of the path says.
    func act(_ action: String, _ id: Int64) throws(ControlError) -> JSONValue {
        let customer = world.customer(id)
        if action == "deactivate" {
            customer.isDeactivated = true
            return customer.userJSON
        }
        let chat = try chat(of: customer)
        switch action {
        case "send": return try send(in: chat)
        case "edit":
            return try edit(in: chat)
        case "press":
            guard let message = body["message_id"]?.int, let data = body["data"]?.text,
                let (query, update) = chat.customerPresses(message, data: data)
            else { throw ControlError(400, "message_id of the bot and data are needed") }
            return ["query_id": .text(query), "update_id": update.map { .int($0) } ?? nil]
        case "block", "unblock":
            let update = chat.setBlocked(action == "block")
            return ["update_id": update.map { .int($0) } ?? nil]
        default: throw ControlError(404, "no such action for a customer")
        }
    }

    private func chat(of customer: Customer) throws(ControlError) -> Conversation {
        let name = body["bot"]?.text ?? (world.bots.count == 1 ? world.bots[0].username : "")
        guard let bot = world.bot(named: name) else { throw ControlError(404, "no such bot") }
        return bot.conversation(with: customer)
    }

    /// `{message_id, text}`, or what `send` takes with a `kind`.
    private func edit(in chat: Conversation) throws(ControlError) -> JSONValue {
        let text = body["text"]?.text ?? body["caption"]?.text
        var new: ChatMessage.Content?
        if let kind = body["kind"]?.text { new = try content(kind, chat.bot) }
        guard let message = body["message_id"]?.int, text != nil || new != nil,
            let (edited, update) = chat.customerEdits(message, text: text ?? "", content: new)
        else {
            throw ControlError(400, "message_id of the customer and text or kind are needed")
        }
        return Self.result(edited, update)
    }

    /// `{text}`, `{start}` or `{kind, caption?, bytes?, file_name?, mime_type?, size?, value?}`.
    private func send(in chat: Conversation) throws(ControlError) -> JSONValue {
        let replyTo = body["reply_to"]?.int
        let group = body["media_group_id"]?.text
        if let start = body["start"]?.text {
            let command = start.isEmpty ? Text("/start") : Text("/start \(start)")
            let (message, update) = chat.customerSends(.text, text: command)
            return Self.result(message, update)
        }
        if let text = body["text"]?.text {
            let (message, update) = chat.customerSends(.text, text: text, replyTo: replyTo)
            return Self.result(message, update)
        }
        guard let kind = body["kind"]?.text else {
            throw ControlError(400, "text, start or kind is needed")
        }
        let (message, update) = chat.customerSends(
            try content(kind, chat.bot), text: body["caption"]?.text ?? "", replyTo: replyTo,
            mediaGroup: group)
        return Self.result(message, update)
    }

    private func content(
        _ kind: Text, _ bot: Bot
    ) throws(ControlError) -> ChatMessage.Content {
        if let value = body["value"] { return .other(kind: kind, value) }
        return try files(kind, bot)
    }

    /// The file of a kind; a photo comes in two sizes.
    private func files(_ kind: Text, _ bot: Bot) throws(ControlError) -> ChatMessage.Content {
        let kinds: [Text: (type: Text, name: Text)] = [
            "photo": ("image/jpeg", "photo.jpg"), "document": ("application/pdf", "file.pdf"),
            "voice": ("audio/ogg", "voice.oga"), "audio": ("audio/mpeg", "audio.mp3"),
            "video": ("video/mp4", "video.mp4"), "video_note": ("video/mp4", "note.mp4"),
            "animation": ("video/mp4", "animation.mp4"), "sticker": ("image/webp", "sticker.webp"),
        ]
        guard let standard = kinds[kind] else {
            throw ControlError(400, "a message of this kind needs a value")
        }
        var bytes = Array("the bytes of a \(kind)".utf8)
        if let encoded = body["bytes"]?.text {
            guard let decoded = Base64.bytes(encoded) else {
                throw ControlError(400, "bytes is no Base64")
            }
            bytes = decoded
        }
        let name = body["file_name"]?.text ?? standard.name
        let type = body["mime_type"]?.text ?? standard.type
        func add(_ bytes: [UInt8], size: Int?) -> StoredFile {
            bot.files.add(
                kind: kind, bytes: bytes, name: name, mimeType: type, size: size, bot: bot.id)
        }
        let thumbnail = kind == "photo" ? [add(FileShelf.small(bytes), size: nil)] : []
        let size = body["size"]?.int.map { Int(clamping: $0) }
        return .files(kind: kind, thumbnail + [add(bytes, size: size)])
    }

    private static func result(_ message: ChatMessage, _ update: Int64?) -> JSONValue {
        [
            "message_id": .int(message.id), "update_id": update.map { .int($0) } ?? nil,
            "message": ControlAPI.json(message),
        ]
    }

    /// Clicks a magic link and presses Start: `{url, user_agent?}`.
    func click(
        _ id: Int64, completion: @escaping (Result<JSONValue, ControlError>) -> Void
    ) throws(ControlError) {
        guard let text = body["url"]?.text, let url = WebURL(text) else {
            throw ControlError(400, "url is needed")
        }
        let customer = world.customer(id)
        let agent = body["user_agent"]?.string ?? Visitor.browsers[0]
        LinkClick.follow(url, userAgent: agent, world: world) { [world] result in
            switch result {
            case .failure(let error): completion(.failure(ControlError(502, error.reason)))
            case .success(let found):
                guard let bot = world.bot(named: found.bot) else {
                    return completion(
                        .failure(ControlError(404, "the link leads to \(found.bot)")))
                }
                let command =
                    found.payload.isEmpty ? Text("/start") : Text("/start \(found.payload)")
                let (message, update) = bot.conversation(with: customer)
                    .customerSends(.text, text: command)
                var members = Self.result(message, update).members ?? []
                members.append(.init("payload", .text(found.payload)))
                members.append(.init("bot", .text(bot.username)))
                completion(.success(.object(members)))
            }
        }
    }
}
