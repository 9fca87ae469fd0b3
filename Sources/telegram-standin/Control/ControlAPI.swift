import HTTP
import Telegram
import Wire

/// What tests and people do with the stand-in itself: `/standin/...`, JSON in and out.
///
///     GET    /standin/stats
///     GET    /standin/bots                              POST {token, username, name?}
///     POST   /standin/bots/B/revoke                     {token?}
///     POST   /standin/bots/B/updates                    {kind: value}: any update
///     GET    /standin/bots/B/deliveries?from=N&limit=N  attempts at the webhook
///     GET    /standin/bots/B/calls                      calls that name a chat: when each came
///     POST   /standin/bots/B/faults                     one fault; DELETE forgets all
///     PUT    /standin/customers/C                       {first_name?, last_name?, username?, ...}
///     POST   /standin/customers/C/send|edit|press|block|unblock|deactivate|click
///     GET    /standin/chats/B/C                         the chat as the customer sees it
///
/// B is a bot's username, number or token, C a customer's number.
struct ControlAPI {
    let world: World

    /// Answers one request.
    func handle(_ request: HTTPRequest, answer: @escaping BotAPI.Answer) {
        do throws(ControlError) {
            var body: JSONValue = [:]
            if !request.body.isEmpty {
                guard let parsed = try? JSONValue.parse(request.body), parsed.members != nil else {
                    throw ControlError(400, "the body is no JSON object")
                }
                body = parsed
            }
            let path = request.pathSegments.dropFirst().map(\.string)
            if path.count == 3, path[0] == "customers", path[2] == "click" {
                return try CustomerControl(world: world, body: body)
                    .click(try Self.number(path[1])) { answer(Self.response($0)) }
            }
            answer(Self.response(.success(try route(request, Array(path), body))))
        } catch {
            answer(Self.response(.failure(error)))
        }
    }

    private func route(
        _ request: HTTPRequest, _ path: [String], _ body: JSONValue
    ) throws(ControlError) -> JSONValue {
        switch (request.method, path.first, path.count) {
        case (.get, "stats", 1): return stats()
        case (.get, "bots", 1): return .array(world.bots.map { Self.json($0) })
        case (.post, "bots", 1): return try addBot(body)
        case (_, "bots", 3):
            let bot = try bot(path[1])
            return try BotControl(world: world, bot: bot)
                .handle(path[2], request, body)
        case (.put, "customers", 2):
            return CustomerControl(world: world, body: body).update(try Self.number(path[1]))
        case (.post, "customers", 3):
            return try CustomerControl(world: world, body: body)
                .act(path[2], try Self.number(path[1]))
        case (.get, "chats", 3):
            let bot = try bot(path[1])
            guard let chat = bot.conversations[try Self.number(path[2])] else {
                throw ControlError(404, "no such chat")
            }
            return Self.json(chat)
        default: throw ControlError(404, "no such thing under /standin")
        }
    }

    private func bot(_ name: String) throws(ControlError) -> Bot {
        guard let bot = world.bot(named: Text(name)) else { throw ControlError(404, "no such bot") }
        return bot
    }

    private func addBot(_ body: JSONValue) throws(ControlError) -> JSONValue {
        guard let token = body["token"]?.text, let username = body["username"]?.text else {
            throw ControlError(400, "token and username are needed")
        }
        guard
            let bot = world.addBot(
                token: token, username: username, name: body["name"]?.text ?? username)
        else { throw ControlError(409, "the token is none, or the bot exists") }
        return Self.json(bot)
    }

    static func number(_ text: String) throws(ControlError) -> Int64 {
        guard let number = Int64(text) else { throw ControlError(400, "\(text) is no number") }
        return number
    }

    // MARK: What is shown

    private func stats() -> JSONValue {
        let calls = world.calls.sorted { $0.key < $1.key }
            .map { JSONValue.Member(Text($0.key), .int(Int64($0.value))) }
        return [
            "seconds": .number(Text("\(world.clock.seconds)")), "calls": .object(calls),
            "bots": .array(world.bots.map { Self.json($0) }),
        ]
    }

    static func json(_ bot: Bot) -> JSONValue {
        [
            "id": .int(bot.id), "username": .text(bot.username), "name": .text(bot.name),
            "webhook": .text(bot.webhook?.settings.url ?? ""),
            "updates": .int(Int64(bot.createdUpdates)),
            "next_update_id": .int(bot.nextUpdateID),
            "pending": .int(Int64(bot.pending.count)),
            "delivered": .int(Int64(bot.deliveries.delivered)),
            "failed_attempts": .int(Int64(bot.deliveries.failed)),
            "dropped": .int(Int64(bot.deliveries.dropped)),
            "connections": .int(Int64(bot.webhook?.connectionsOpen ?? 0)),
            "chats": .int(Int64(bot.conversations.count)),
            "faults": .int(Int64(bot.faults.faults.count)),
            "callbacks": [
                "open": .int(Int64(bot.openCallbacks.count)),
                "answered": .int(Int64(bot.callbacksAnswered)),
                "refused": .int(Int64(bot.callbacksRefused)),
            ],
        ]
    }

    static func json(_ chat: Conversation) -> JSONValue {
        [
            "customer": chat.customer.userJSON, "blocked": .bool(chat.isBlocked),
            "started": .bool(chat.isStarted), "actions": .array(chat.actions.map { .text($0) }),
            "messages": .array(chat.messages.map { json($0) }),
        ]
    }

    static func json(_ message: ChatMessage) -> JSONValue {
        var members: [JSONValue.Member] = [
            .init("message_id", .int(message.id)),
            .init("from", message.isFromBot ? "bot" : "customer"),
            .init("date", .int(message.date)), .init("kind", .text(message.content.kind)),
            .init("text", .text(message.text)), .init("edited", .bool(message.editDate != nil)),
            .init("deleted", .bool(message.isDeleted)),
        ]
        if let replyTo = message.replyTo { members.append(.init("reply_to", .int(replyTo))) }
        if let entities = message.entities { members.append(.init("entities", entities)) }
        if let markup = message.replyMarkup { members.append(.init("reply_markup", markup)) }
        if case .files(_, let files) = message.content, let file = files.last {
            members.append(.init("file_id", .text(file.fileID)))
            members.append(.init("file_name", .text(file.name)))
            members.append(.init("mime_type", .text(file.mimeType)))
        }
        return .object(members)
    }

    private static func response(_ result: Result<JSONValue, ControlError>) -> HTTPResponse {
        switch result {
        case .success(let value):
            HTTPResponse(
                status: 200, contentType: "application/json", body: value.serialized())
        case .failure(let error):
            HTTPResponse(
                status: error.status, contentType: "application/json",
                body: JSONValue.object([.init("error", .text(Text(error.reason)))]).serialized())
        }
    }
}

/// Why a control request is refused.
struct ControlError: Error {
    let status: Int
    let reason: String
    init(_ status: Int, _ reason: String) {
        self.status = status
        self.reason = reason
    }
}
