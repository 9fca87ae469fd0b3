import Telegram
import Testing
import Wire

@Suite struct UpdateTests {
    /// A private text message as the Bot API sends it.
    static let plain = """
        {"update_id":703415,
        "message":{"message_id":17,"from":{"id":5000000001,"is_bot":false,"first_name":"Zoë",\
        "last_name":"Q","username":"zoe","language_code":"en-GB"},"chat":{"id":5000000001,\
        "first_name":"Zoë","last_name":"Q","username":"zoe","type":"private"},\
        "date":1763686800,"text":"hello \\ud83d\\ude00"}}
        """

    static func decode(_ json: String) throws -> Update {
        try Update.decode(Array(json.utf8))
    }

    static func message(_ fields: String) throws -> Message? {
        let json = """
            {"update_id":1,"message":{"message_id":2,"from":{"id":3,"first_name":"A"},\
            "chat":{"id":3,"type":"private"},"date":4,\(fields)}}
            """
        guard case .message(let message) = try decode(json).content else { return nil }
        return message
    }

    @Test func `a text in a private chat`() throws {
        let user = User(
            id: 5_000_000_001, firstName: "Zoë", lastName: "Q", username: "zoe",
            languageCode: "en-GB")
        let message = Message(
            messageID: 17, date: 1_763_686_800, from: user, chat: Chat(id: 5_000_000_001),
            text: "hello 😀")
        #expect(try Self.decode(Self.plain) == Update(id: 703_415, content: .message(message)))
        #expect(user.name == "Zoë Q")
        #expect(message.isSupported)
    }

    @Test func `cut at any byte it is malformed`() {
        let bytes = Array(Self.plain.utf8)
        for length in bytes.indices {
            #expect(throws: TelegramError.self) { try Update.decode(Array(bytes.prefix(length))) }
        }
    }

    @Test(arguments: [
        "", "null", "[]", "7", "{\"update_id\":1}}", "{\"update_id\":1,}", "\u{feff}{}",
    ])
    func `what is no JSON object is malformed`(json: String) {
        #expect { try Self.decode(json) } throws: {
            if case .malformed = $0 as? TelegramError { true } else { false }
        }
    }

    @Test(arguments: ["{}", #"{"update_id":"1"}"#, #"{"update_id":1.5,"message":{}}"#])
    func `an update has a number`(json: String) {
        #expect(throws: TelegramError.noUpdateID) { try Self.decode(json) }
    }

    @Test(
        arguments: [
            (#""text":"t""#, "text", "t", ""),
            (
                #""photo":[{"file_id":"s"},{"file_id":"l","width":9}],"caption":"c""#, "photo", "c",
                "l"
            ),
            (#""document":{"file_id":"d","file_name":"a.pdf"}"#, "document", "", "d"),
            (#""voice":{"file_id":"v"}"#, "voice", "", "v"),
            (#""audio":{"file_id":"a"},"caption":"c""#, "audio", "c", "a"),
            (#""video":{"file_id":"v"}"#, "video", "", "v"),
            (#""video_note":{"file_id":"n"}"#, "video_note", "", "n"),
            (#""animation":{"file_id":"a"},"document":{"file_id":"d"}"#, "animation", "", "a"),
            (#""document":{"file_id":"d"},"animation":{"file_id":"a"}"#, "animation", "", "a"),
            (#""sticker":{"file_id":"s","emoji":"x"}"#, "sticker", "", "s"),
            (#""location":{"latitude":1.5,"longitude":2}"#, "location", "", ""),
            (#""location":{"latitude":1.5},"venue":{"title":"x"}"#, "venue", "", ""),
            (#""venue":{"title":"x"},"location":{"latitude":1.5}"#, "venue", "", ""),
            (#""contact":{"phone_number":"1"}"#, "contact", "", ""),
        ] as [(String, Text, Text, Text)])
    func `the kinds that the desk shows`(
        fields: String, kind: Text, text: Text, fileID: Text
    ) throws {
        let message = try #require(try Self.message(fields))
        #expect(message.kind == kind)
        #expect(message.text == text)
        #expect(message.fileID == fileID)
        #expect(message.isSupported)
    }

    @Test(
        arguments: [
            (#""dice":{"value":6}"#, "dice"), (#""poll":{"id":"1"}"#, "poll"),
            (#""pinned_message":{"message_id":1}"#, "pinned_message"),
            (#""reply_markup":{},"entities":[],"hologram":{"file_id":"x"}"#, "hologram"),
            (#""edit_date":5,"story":{}"#, "story"), (#""edit_date":5"#, "unknown"),
        ] as [(String, Text)])
    func `other kinds keep their name`(fields: String, kind: Text) throws {
        let message = try #require(try Self.message(fields))
        #expect(message.kind == kind)
        #expect(!message.isSupported)
    }

    @Test func `an unknown field beside a text changes nothing`() throws {
        let message = try #require(try Self.message(#""hologram":true,"text":"t","x":[{}]"#))
        #expect(message.kind == "text" && message.text == "t")
    }

    @Test func `replies and albums`() throws {
        let message = try #require(
            try Self.message(
                #""reply_to_message":{"message_id":9,"text":"no","chat":{"id":1}},"text":"yes","#
                    + #""media_group_id":"77""#))
        #expect(message.replyTo == 9)
        #expect(message.text == "yes")
        #expect(message.mediaGroup == "77")
    }

    @Test func `an edit`() throws {
        let json = Self.plain.replacing(
            "\"message\":", with: "\"edited_message\":", maxReplacements: 1)
        guard case .editedMessage(let message) = try Self.decode(json).content else {
            Issue.record("no edit")
            return
        }
        #expect(message.messageID == 17)
    }

    @Test func `a pressed button`() throws {
        let json = #"""
            {"update_id":2,"callback_query":{"id":"77","from":{"id":3,"is_bot":false,
            "first_name":"A"},"message":{"message_id":5,"data":"wrong"},"chat_instance":"-1",
            "data":"yes"}}
            """#
        #expect(
            try Self.decode(json).content
                == .callbackQuery(
                    CallbackQuery(id: "77", from: User(id: 3, firstName: "A"), data: "yes")))
    }

    @Test(arguments: [("kicked", true), ("member", false)])
    func `a block and its end`(status: String, isBlocked: Bool) throws {
        let json = """
            {"update_id":2,"my_chat_member":{"chat":{"id":3,"type":"private"},"from":{"id":3,\
            "first_name":"A"},"date":1,"old_chat_member":{"status":"left"},"new_chat_member":\
            {"user":{"id":9,"is_bot":true,"first_name":"B"},"status":"\(status)"}}}
            """
        #expect(
            try Self.decode(json).content
                == .myChatMember(user: User(id: 3, firstName: "A"), isBlocked: isBlocked))
    }

    @Test(
        arguments: [
            (#"{"update_id":1}"#, "empty"), (#"{"update_id":1,"poll":{"id":"x"}}"#, "poll"),
            (#"{"update_id":1,"tomorrow":7,"also":8}"#, "tomorrow"),
            (#"{"update_id":1,"message":null}"#, "message"),
            (#"{"update_id":1,"message":{}}"#, "message"),
            (#"{"update_id":1,"message":{"message_id":1,"text":"x"}}"#, "message"),
            (#"{"update_id":1,"message":{"text":"x","chat":{"id":4}}}"#, "message"),
            (
                #"{"update_id":1,"message":{"message_id":1,"chat":{"id":-4,"type":"supergroup"}}}"#,
                "message/supergroup"
            ),
            (#"{"update_id":1,"message":{"message_id":1,"chat":{"id":-4}}}"#, "message/group"),
            (
                #"{"update_id":1,"edited_message":{"chat":{"id":-4,"type":"channel"}}}"#,
                "edited_message/channel"
            ),
            (
                #"{"update_id":1,"my_chat_member":{"chat":{"id":-4,"type":"group"}}}"#,
                "my_chat_member/group"
            ),
            (#"{"update_id":1,"my_chat_member":[]}"#, "my_chat_member"),
            (#"{"update_id":1,"callback_query":{"id":"1"}}"#, "callback_query"),
        ] as [(String, Text)])
    func `everything else is acknowledged under its name`(json: String, kind: Text) throws {
        #expect(try Self.decode(json) == Update(id: 1, content: .other(kind: kind)))
    }

    @Test func `missing and mistyped fields are no reason to refuse`() throws {
        // No is_bot, no chat type, no sender: as in some of the official examples.
        let bare = #"""
            {"update_id":1,"message":{"message_id":2,"chat":{"id":3,"first_name":"A"},
            "text":"x"}}
            """#
        guard case .message(let message) = try Self.decode(bare).content else {
            Issue.record("no message")
            return
        }
        #expect(message.from == User(id: 3, firstName: "A"))
        #expect(message.chat == Chat(id: 3))
        let odd = #"""
            {"update_id":1,"message":{"message_id":2,"date":"now","from":{"id":3,"is_bot":0,
            "first_name":null,"username":[1]},"chat":{"id":3,"type":"private"},"text":"x",
            "caption":7,"photo":"?","video":true,"reply_to_message":4}}
            """#
        guard case .message(let lenient) = try Self.decode(odd).content else {
            Issue.record("no message")
            return
        }
        #expect(lenient.text == "x" && lenient.date == 0 && lenient.from == User(id: 3))
        #expect(lenient.replyTo == nil)
    }

    @Test(
        arguments: [
            ("/start", ""), ("/start ", ""), ("/start abc-_1", "abc-_1"),
            ("/start@my_bot abc", "abc"),
            ("/start@my_bot", ""), ("/start\nabc", "abc"), ("/start  a b ", "a b"),
            ("/started", nil),
            ("/start=x", nil), (" /start", nil), ("start", nil), ("", nil), ("/Start", nil),
        ] as [(String, Text?)])
    func `what start carries`(text: String, payload: Text?) throws {
        let message = Message(
            messageID: 1, from: User(id: 1), chat: Chat(id: 1), text: Text(text))
        #expect(message.startPayload == payload)
    }

    @Test func `a caption is no command`() {
        let message = Message(
            messageID: 1, from: User(id: 1), chat: Chat(id: 1), kind: "photo", text: "/start x")
        #expect(message.startPayload == nil)
    }
}
