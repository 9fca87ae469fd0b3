import HTTP
import Telegram
import Wire

/// The Bot API: the path leads to a bot and a method, the method to an answer.
struct BotAPI {
    let world: World

    /// How a call ends; nil closes the connection without an answer.
    typealias Answer = (HTTPResponse?) -> Void

    /// Answers `/bot<token>/<method>`; `path` is what follows `/bot`.
    func handle(_ request: HTTPRequest, path: [UInt8], answer: @escaping Answer) {
        guard request.method == .get || request.method == .post else {
            return answer(
                Reply.error(405, "Method Not Allowed: unsupported HTTP request method").response)
        }
        guard let slash = path.firstIndex(of: UInt8(ascii: "/")) else {
            return answer(Reply.error(404, "Not Found").response)
        }
        let token = Text(URLEncoding.decode(path[..<slash]))
        let method = String(decoding: path[(slash + 1)...], as: UTF8.self).lowercased()
        guard BotToken.isValid(token) else {
            return answer(Reply.error(401, "Unauthorized: invalid token specified").response)
        }
        guard let bot = world.bot(token: token) else {
            return answer(Reply.error(401, "Unauthorized").response)
        }
        call(method, of: bot, Arguments(request: request), answer: answer)
    }

    /// Calls a method, with whatever was asked to go wrong.
    func call(
        _ method: String, of bot: Bot, _ arguments: Arguments, answer: @escaping Answer
    ) {
        let isKnown = Self.methods.contains(method)
        world.calls[isKnown ? method : "unknown", default: 0] += 1
        if let chat = arguments.int("chat_id") { bot.note(call: method, chat: chat) }
        let done: (Reply) -> Void = { answer($0.response) }
        switch bot.faults.take(for: method) {
        case nil: perform(method, of: bot, arguments, answer: done)
        case .fail(let code, let description, let retryAfter):
            var response = Reply.error(code, description).response
            if let retryAfter {
                response = Reply.tooMany(seconds: retryAfter).response
            }
            answer(response)
        case .drop: answer(nil)
        case .dropAfterwards: perform(method, of: bot, arguments) { _ in answer(nil) }
        case .delay(let milliseconds):
            _ = world.loop.schedule(after: .milliseconds(milliseconds)) {
                perform(method, of: bot, arguments, answer: done)
            }
        case .delayAnswer(let milliseconds):
            perform(method, of: bot, arguments) { reply in
                _ = world.loop.schedule(after: .milliseconds(milliseconds)) { done(reply) }
            }
        }
    }

    /// The methods there are, in lower case.
    static let methods: Set<String> = [
        "getme", "setwebhook", "deletewebhook", "getwebhookinfo", "getupdates", "sendmessage",
        "editmessagetext", "editmessagecaption", "deletemessage", "sendphoto", "senddocument",
        "sendaudio", "sendvideo", "sendvoice", "sendvideonote", "sendanimation", "sendsticker",
        "sendchataction", "getfile", "answercallbackquery", "getchat", "setmycommands", "close",
        "logout",
    ]

    private func perform(
        _ method: String, of bot: Bot, _ arguments: Arguments, answer: @escaping (Reply) -> Void
    ) {
        let messages = MessageMethods(world: world, bot: bot, arguments: arguments)
        switch method {
        case "getme": answer(.ok(Self.me(bot)))
        case "setwebhook", "deletewebhook":
            WebhookMethods(world: world, bot: bot).set(
                url: method == "setwebhook" ? arguments["url"] : "", arguments, answer: answer)
        case "getwebhookinfo": answer(.ok(WebhookMethods(world: world, bot: bot).info()))
        case "getupdates": LongPoll.begin(bot, arguments, answer: answer)
        case "sendmessage": answer(messages.sendMessage())
        case "editmessagetext": answer(messages.editMessageText())
        case "editmessagecaption": answer(messages.editMessageCaption())
        case "deletemessage": answer(messages.deleteMessage())
        case "sendphoto": answer(messages.sendFile("photo"))
        case "senddocument": answer(messages.sendFile("document"))
        case "sendaudio": answer(messages.sendFile("audio"))
        case "sendvideo": answer(messages.sendFile("video"))
        case "sendvoice": answer(messages.sendFile("voice"))
        case "sendvideonote": answer(messages.sendFile("video_note"))
        case "sendanimation": answer(messages.sendFile("animation"))
        case "sendsticker": answer(messages.sendFile("sticker"))
        case "sendchataction": answer(messages.sendChatAction())
        case "answercallbackquery": answer(messages.answerCallbackQuery())
        case "getfile": answer(messages.getFile())
        case "getchat": answer(messages.getChat())
        case "setmycommands", "close", "logout": answer(.ok(true))
        default: answer(.error(404, "Not Found: method not found"))
        }
    }

    /// What `getMe` tells beyond the sender of a message.
    private static func me(_ bot: Bot) -> JSONValue {
        let abilities: [JSONValue.Member] = [
            .init("can_join_groups", true), .init("can_read_all_group_messages", false),
            .init("supports_inline_queries", false), .init("can_connect_to_business", false),
            .init("has_main_web_app", false),
        ]
        return .object((bot.userJSON.members ?? []) + abilities)
    }

    /// Answers `/file/bot<token>/<path>`; `path` is what follows `/file/bot`.
    func download(path: [UInt8]) -> HTTPResponse {
        guard let slash = path.firstIndex(of: UInt8(ascii: "/")),
            let bot = world.bot(token: Text(URLEncoding.decode(path[..<slash]))),
            let file = bot.files.download(
                Text(URLEncoding.decode(path[(slash + 1)...])), now: world.clock.seconds)
        else { return Reply.error(404, "Not Found").response }
        return HTTPResponse(
            status: 200, contentType: "application/octet-stream", body: file.bytes)
    }
}
