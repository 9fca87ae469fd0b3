import Telegram
import Testing
import Wire

/// What goes along with a text: how it looks, and the file behind it.
@Suite struct FormattingTests {
    @Test func `entities of a text, and of a caption`() throws {
        let message = try #require(
            try UpdateTests.message(
                #""entities":[{"offset":0,"length":2,"type":"bold"},"#
                    + #"{"type":"text_link","offset":3,"length":4,"url":"https://a.example"},"#
                    + #"{"type":"pre","offset":7,"length":1,"language":"swift"}],"text":"😀 link x""#
            ))
        #expect(
            message.entities == [
                MessageEntity(type: "bold", offset: 0, length: 2),
                MessageEntity(
                    type: "text_link", offset: 3, length: 4, value: "https://a.example"),
                MessageEntity(type: "pre", offset: 7, length: 1, value: "swift"),
            ])
        let photo = try #require(
            try UpdateTests.message(
                #""photo":[{"file_id":"a"}],"caption":"hi","caption_entities":"#
                    + #"[{"type":"italic","offset":0,"length":2}],"entities":[]"#))
        #expect(photo.entities == [MessageEntity(type: "italic", offset: 0, length: 2)])
    }

    @Test(arguments: [
        #""entities":{},"text":"x""#, #""entities":[7,null,{}],"text":"x""#,
        #""entities":[{"type":"bold","offset":-1,"length":1}],"text":"x""#,
        #""entities":[{"type":"bold","offset":0,"length":0}],"text":"x""#,
        #""entities":[{"type":7,"offset":0,"length":1}],"text":"x""#,
        #""entities":[{"type":"bold","offset":0.5,"length":1}],"text":"x""#,
    ])
    func `what is no entity is passed over`(fields: String) throws {
        let message = try #require(try UpdateTests.message(fields))
        #expect(message.entities.isEmpty && message.text == "x")
    }

    @Test func `a hundred entities are read and no more`() throws {
        let one = #"{"type":"bold","offset":0,"length":1}"#
        let all = Array(repeating: one, count: 150).joined(separator: ",")
        let message = try #require(try UpdateTests.message(#""text":"x","entities":[\#(all)]"#))
        #expect(message.entities.count == MessageEntity.limit)
    }

    @Test func `a photo's thumbnail is its largest small size`() throws {
        func photo(_ sides: [Int]) throws -> Message {
            let sizes = sides.map { side in
                #"{"file_id":"f\#(side)","width":\#(side),"height":\#(side / 2),"file_size":9}"#
            }
            let array = sizes.joined(separator: ",")
            return try #require(try UpdateTests.message(#""photo":[\#(array)]"#))
        }
        let usual = try photo([90, 320, 800, 1280])
        #expect(usual.fileID == "f1280" && usual.file.thumbnailID == "f320")
        #expect(usual.file.size == 9)
        #expect(try photo([800, 1280]).file.thumbnailID == "f800")
        let single = try photo([90])
        #expect(single.fileID == "f90" && single.file.thumbnailID.isEmpty)
    }

    @Test func `a document tells its name, its type, its size and its picture`() throws {
        let message = try #require(
            try UpdateTests.message(
                #""document":{"file_name":"a.pdf","mime_type":"application/pdf","file_size":12,"#
                    + #""thumbnail":{"file_id":"t","width":90},"file_id":"d"}"#))
        #expect(message.kind == "document" && message.fileID == "d")
        #expect(
            message.file
                == FileFacts(
                    thumbnailID: "t", name: "a.pdf", mimeType: "application/pdf", size: 12))
    }

    @Test func `calls carry entities in the Bot API's form`() {
        let entities = [
            MessageEntity(type: "text_link", offset: 0, length: 1, value: "https://a.example"),
            MessageEntity(type: "pre", offset: 2, length: 1, value: "c"),
            MessageEntity(type: "bold", offset: 0, length: 3),
        ]
        let body = BotMethod.sendMessage(chat: 1, text: "a b", entities: entities).body()
        let list =
            #""entities":[{"type":"text_link","offset":0,"length":1,"url":"https://a.example"},"#
            + #"{"type":"pre","offset":2,"length":1,"language":"c"},"#
            + #"{"type":"bold","offset":0,"length":3}]"#
        #expect(
            String(decoding: body, as: UTF8.self) == #"{"chat_id":1,"text":"a b",\#(list)}"#)
        let edit = BotMethod.editMessageText(chat: 1, message: 2, text: "a b", entities: entities)
        #expect(
            String(decoding: edit.body(), as: UTF8.self)
                == #"{"chat_id":1,"message_id":2,"text":"a b",\#(list)}"#)
    }

    @Test(
        arguments: [
            ("photos/file_1.jpg", true), ("documents/a-b_c.pdf", true), ("", false),
            ("photos/../secret", false), ("a b", false), ("a\r\nb", false), ("a?b", false),
            ("a#b", false), ("ä", false),
        ] as [(Text, Bool)])
    func `paths of files are plain`(path: Text, isPlain: Bool) {
        #expect(BotMethod.isPlainPath(path) == isPlain)
    }

    @Test func `a file that is too large for bots`() {
        let body = Array(
            #"{"ok":false,"error_code":400,"description":"Bad Request: file is too big"}"#.utf8)
        guard case .failed(let failure) = BotAnswer.classify(status: 400, body: body) else {
            Issue.record("it is a failure")
            return
        }
        #expect(failure.isTooLargeFile && failure.kind == .badRequest)
    }
}
