import Telegram
import Testing
import Wire

@Suite struct BotMethodTests {
    @Test(
        arguments: [
            (.getMe, "getMe", "{}"),
            (.getWebhookInfo, "getWebhookInfo", "{}"),
            (.sendMessage(chat: -7, text: "a\"b"), "sendMessage", #"{"chat_id":-7,"text":"a\"b"}"#),
            (
                .sendMessage(chat: 7, text: "x", replyTo: 9), "sendMessage",
                #"{"chat_id":7,"text":"x","reply_parameters":{"message_id":9,"#
                    + #""allow_sending_without_reply":true}}"#
            ),
            (
                .editMessageText(chat: 7, message: 8, text: "x"), "editMessageText",
                #"{"chat_id":7,"message_id":8,"text":"x"}"#
            ),
            (
                .deleteMessage(chat: 7, message: 8), "deleteMessage",
                #"{"chat_id":7,"message_id":8}"#
            ),
            (
                .sendChatAction(chat: 7, action: "typing"), "sendChatAction",
                #"{"chat_id":7,"action":"typing"}"#
            ),
            (
                .answerCallbackQuery(id: "5"), "answerCallbackQuery", #"{"callback_query_id":"5"}"#
            ),
            (
                .answerCallbackQuery(id: "5", text: "ok", showsAlert: true), "answerCallbackQuery",
                #"{"callback_query_id":"5","text":"ok","show_alert":true}"#
            ),
            (.getFile(id: "f"), "getFile", #"{"file_id":"f"}"#),
            (.deleteWebhook(), "deleteWebhook", "{}"),
            (
                .deleteWebhook(dropsPending: true), "deleteWebhook",
                #"{"drop_pending_updates":true}"#
            ),
            (
                .setWebhook(
                    WebhookSettings(url: "https://a.example/telegram/1", secret: "s_-1")),
                "setWebhook",
                #"{"url":"https://a.example/telegram/1","max_connections":40,"allowed_updates":"#
                    + #"["message","edited_message","callback_query","my_chat_member"],"#
                    + #""secret_token":"s_-1"}"#
            ),
            (
                .setWebhook(
                    WebhookSettings(
                        url: "u", secret: "s", maxConnections: 5, allowedUpdates: nil,
                        dropsPending: true)),
                "setWebhook",
                #"{"url":"u","max_connections":5,"drop_pending_updates":true,"secret_token":"s"}"#
            ),
        ] as [(BotMethod, String, String)])
    func `calls`(method: BotMethod, name: String, body: String) {
        #expect(String(decoding: method.body(), as: UTF8.self) == body)
        #expect(
            String(decoding: method.target(token: "1:a"), as: UTF8.self) == "/bot1:a/\(name)")
    }

    @Test func `only a message shows twice`() {
        #expect(!BotMethod.sendMessage(chat: 1, text: "x").isRepeatable)
        #expect(BotMethod.getMe.isRepeatable)
    }

    @Test func `files have their own target`() {
        let target = BotMethod.fileTarget(token: "1:a", path: "photos/f.jpg")
        #expect(String(decoding: target, as: UTF8.self) == "/file/bot1:a/photos/f.jpg")
    }

    @Test func `secrets`() {
        #expect(WebhookSettings.isValidSecret("aZ09_-"))
        #expect(!WebhookSettings.isValidSecret(""))
        #expect(!WebhookSettings.isValidSecret("a b"))
        #expect(WebhookSettings.isValidSecret(Text([UInt8](repeating: 0x61, count: 256))))
        #expect(!WebhookSettings.isValidSecret(Text([UInt8](repeating: 0x61, count: 257))))
    }

    @Test func `start links`() {
        #expect(StartLink.web(bot: "b", payload: "p") == "https://t.me/b?start=p")
        #expect(StartLink.app(bot: "b", payload: "p") == "tg://resolve?domain=b&start=p")
        #expect(StartLink.isValidPayload("a-_9"))
        #expect(!StartLink.isValidPayload("a.b") && !StartLink.isValidPayload(""))
        #expect(!StartLink.isValidPayload(Text([UInt8](repeating: 0x61, count: 65))))
    }
}

@Suite struct BotAnswerTests {
    static func classify(_ status: Int, _ body: String, retryAfter: Text? = nil) -> BotAnswer {
        BotAnswer.classify(status: status, retryAfter: retryAfter, body: Array(body.utf8))
    }

    static func error(_ code: Int, _ description: String, more: String = "") -> String {
        #"{"ok":false,"error_code":\#(code),"description":"\#(description)"\#(more)}"#
    }

    @Test func `a result`() {
        #expect(
            Self.classify(200, #"{"ok":true,"result":{"message_id":5}}"#)
                == .ok(["message_id": 5]))
        #expect(Self.classify(200, #"{"ok":true,"result":true,"description":"x"}"#) == .ok(true))
    }

    @Test(
        arguments: [
            (403, "Forbidden: bot was blocked by the user", .blockedByUser),
            (403, "Forbidden: user is deactivated", .userDeactivated),
            (403, "Forbidden: bot can't initiate conversation with a user", .chatNotFound),
            (403, "Forbidden: bot was kicked from the group chat", .forbidden),
            (400, "Bad Request: chat not found", .chatNotFound),
            (400, "Bad Request: message is too long", .messageTooLong),
            (400, "Bad Request: message text is empty", .messageEmpty),
            (400, "Bad Request: can't parse entities", .badRequest),
            (401, "Unauthorized", .unauthorized),
            (401, "Unauthorized: invalid token specified", .unauthorized),
            (404, "Not Found", .notFound),
            (409, "Conflict: terminated by other setWebhook", .conflict),
        ] as [(Int, String, BotFailure.Kind)])
    func `failures`(code: Int, description: String, kind: BotFailure.Kind) {
        let failure = BotFailure(kind: kind, code: code, description: Text(description))
        #expect(Self.classify(code, Self.error(code, description)) == .failed(failure))
        #expect(failure.blocksBot == (code == 401 || code == 404))
    }

    @Test(
        arguments: [
            ("Unauthorized", .unauthorized), ("Not Found", .notFound),
            ("Forbidden: bot can't send messages to the user", .forbidden),
            ("Bad Request: message to edit not found", .badRequest),
            ("Forbidden: bot was blocked by the user", .blockedByUser),
            ("Forbidden: user is deactivated", .userDeactivated),
            ("Bad Request: chat not found", .chatNotFound),
            ("Forbidden: bot can't initiate conversation with a user", .chatNotFound),
            ("Bad Request: message is too long", .messageTooLong), ("anything", .badRequest),
        ] as [(String, BotFailure.Kind)])
    func `a failure that is kept as text`(description: String, kind: BotFailure.Kind) {
        #expect(BotFailure.Kind(reason: Text(description)) == kind)
    }

    @Test func `a group that moved`() {
        let body = Self.error(
            400, "Bad Request: group chat was upgraded to a supergroup chat",
            more: #","parameters":{"migrate_to_chat_id":-1001}"#)
        guard case .failed(let failure) = Self.classify(400, body) else {
            Issue.record("no failure")
            return
        }
        #expect(failure.kind == .migrated(to: -1001))
    }

    @Test(
        arguments: [
            (#","parameters":{"retry_after":7}"#, "9", 7), ("", "9", 9), ("", nil, 1),
            ("", "Fri, 31 Dec 1999 23:59:59 GMT", 1), (#","parameters":{"retry_after":0}"#, nil, 1),
            (#","parameters":{"retry_after":999999999}"#, nil, 86_400),
        ] as [(String, Text?, Int)])
    func `too many calls`(parameters: String, header: Text?, seconds: Int) {
        let body = Self.error(429, "Too Many Requests: retry after 7", more: parameters)
        #expect(
            Self.classify(429, body, retryAfter: header)
                == .retryAfter(seconds: seconds, reason: "Too Many Requests: retry after 7"))
    }

    @Test(
        arguments: [
            (500, "oops"), (502, "<html>Bad Gateway</html>"), (200, "not JSON"), (200, "{}"),
            (200, #"{"ok":true}"#), (302, ""), (503, ""),
        ] as [(Int, String)])
    func `trouble on the way`(status: Int, body: String) {
        #expect(
            Self.classify(status, body) == .unavailable(reason: Text("HTTP status \(status)")))
    }

    @Test func `trouble at Telegram keeps its words`() {
        #expect(
            Self.classify(500, Self.error(500, "Internal Server Error: restart"))
                == .unavailable(reason: "Internal Server Error: restart"))
        // The status and the code disagree: the code was written by Telegram.
        #expect(
            Self.classify(200, Self.error(401, "Unauthorized"))
                == .failed(
                    BotFailure(kind: .unauthorized, code: 401, description: "Unauthorized")))
    }

    @Test func `results are read`() throws {
        let bot = try #require(
            BotIdentity(["id": 7, "is_bot": true, "first_name": "B", "username": "b_bot"]))
        #expect(bot.id == 7 && bot.username == "b_bot" && bot.name == "B")
        #expect(BotIdentity(["id": 7]) == nil)
        let info = try #require(
            WebhookInfo([
                "url": "u", "pending_update_count": 3, "last_error_date": 5,
                "last_error_message": "m", "max_connections": 40,
            ]))
        #expect(info.pendingUpdates == 3 && info.lastErrorMessage == "m")
        #expect(WebhookInfo(true) == nil)
        let file = try #require(BotFile(["file_path": "a/b", "file_size": 5]))
        #expect(file.path == "a/b" && file.size == 5)
        #expect(BotFile(["file_id": "x"]) == nil)
    }
}
