import Telegram
import Testing
import Wire

/// Files as `multipart/form-data`.
@Suite struct BotUploadTests {
    private func upload(
        _ kind: BotUpload.Kind = .photo, name: Text = "a.jpg", type: Text = "image/jpeg",
        caption: Text = "", entities: [MessageEntity] = []
    ) -> BotUpload {
        BotUpload(
            chat: 7, kind: kind, fileName: name, mimeType: type, caption: caption,
            entities: entities)
    }

    private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

    @Test func `A photo with its caption and how that is to look`() {
        let bold = MessageEntity(type: "bold", offset: 0, length: 3)
        let upload = upload(caption: "See", entities: [bold])
        #expect(text(upload.target(token: "1:a")) == "/bot1:a/sendPhoto")
        #expect(
            text(upload.body(Array("bytes".utf8), boundary: "B"))
                == [
                    "--B", #"Content-Disposition: form-data; name="chat_id""#, "", "7",
                    "--B", #"Content-Disposition: form-data; name="caption""#, "", "See",
                    "--B", #"Content-Disposition: form-data; name="caption_entities""#, "",
                    #"[{"type":"bold","offset":0,"length":3}]"#,
                    "--B",
                    #"Content-Disposition: form-data; name="photo"; filename="a.jpg""#,
                    "Content-Type: image/jpeg", "", "bytes", "--B--", "",
                ].joined(separator: "\r\n"))
    }

    @Test func `A document keeps its name and is not looked into`() {
        let upload = upload(.document, name: "b.pdf", type: "application/pdf")
        #expect(text(upload.target(token: "1:a")) == "/bot1:a/sendDocument")
        let body = text(upload.body([], boundary: "B"))
        #expect(body.contains("name=\"disable_content_type_detection\"\r\n\r\ntrue\r\n"))
        #expect(body.contains("name=\"document\"; filename=\"b.pdf\"\r\n"))
        #expect(!body.contains("caption"))
    }

    @Test(
        arguments: [
            ("a\"b\\c", #"a\"b\\c"#), ("a\r\nb\u{0}\u{7f}c", "abc"),
            ("naïve 文.txt", "naïve 文.txt"),
        ])
    func `A name can't end its quotes or its line`(name: String, written: String) {
        let body = text(upload(name: Text(name)).body([], boundary: "B"))
        #expect(body.contains("filename=\"\(written)\"\r\nContent-Type: image/jpeg\r\n\r\n"))
    }

    @Test(arguments: ["", "image", "image/", "/x", "a/b/c", "a/b\r\nX: y", "a b/c", "ä/b"])
    func `What is no media type is sent as bytes`(type: String) {
        #expect(!Text(type).isMediaType)
        let body = text(upload(type: Text(type)).body([], boundary: "B"))
        #expect(body.contains("Content-Type: application/octet-stream\r\n\r\n"))
    }

    @Test func `Media types`() {
        for type in ["image/jpeg", "image/svg+xml", "application/vnd.ms-excel", "a/x_-1"] {
            #expect(Text(type).isMediaType)
        }
        #expect(!Text("a/" + String(repeating: "x", count: 126)).isMediaType)
        #expect(Text("a/" + String(repeating: "x", count: 125)).isMediaType)
    }

    @Test func `Bytes go as they are, line ends and delimiters of others included`() {
        let bytes = Array(0...255) + Array("\r\n--B--\r\n".utf8)
        let boundary = BotUpload.boundary(0, 0xfeed)
        #expect(boundary == "roundhouse-0000000000000000000000000000feed")
        #expect(
            BotUpload.contentType(boundary: boundary)
                == "multipart/form-data; boundary=roundhouse-0000000000000000000000000000feed")
        let body = upload().body(bytes, boundary: boundary)
        let end = Array("\r\n--\(boundary)--\r\n".utf8)
        #expect(Array(body.suffix(end.count)) == end)
        #expect(Array(body.dropLast(end.count).suffix(bytes.count)) == bytes)
    }

    @Test func `A caption of a message is changed`() {
        let method = BotMethod.editMessageCaption(
            chat: 7, message: 8, caption: "x",
            entities: [MessageEntity(type: "italic", offset: 0, length: 1)])
        #expect(
            text(method.body())
                == #"{"chat_id":7,"message_id":8,"caption":"x","#
                + #""caption_entities":[{"type":"italic","offset":0,"length":1}]}"#)
        #expect(text(method.target(token: "1:a")) == "/bot1:a/editMessageCaption")
        #expect(method.isRepeatable)
    }

    @Test(
        arguments: [
            (#"{"message_id":5,"photo":[{"file_id":"s"},{"file_id":"l"}]}"#, "l", "s"),
            (#"{"message_id":5,"photo":[{"file_id":"l"}]}"#, "l", ""),
            (
                #"{"message_id":5,"document":{"file_id":"d","thumbnail":{"file_id":"t"}}}"#, "d",
                "t"
            ),
            (#"{"message_id":5,"animation":{"file_id":"a"}}"#, "a", ""),
            (#"{"message_id":5,"text":"x"}"#, "", ""),
        ])
    func `What Telegram calls a file`(json: String, file: String, thumbnail: String) throws {
        let media = try #require(SentMedia(try JSONValue.parse(Array(json.utf8))))
        #expect(media.messageID == 5)
        #expect(media.fileID == Text(file) && media.thumbnailID == Text(thumbnail))
    }

    @Test func `An answer without a number is none`() throws {
        #expect(SentMedia(try JSONValue.parse(Array("true".utf8))) == nil)
    }
}
