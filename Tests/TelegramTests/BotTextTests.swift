import Telegram
import Testing
import Wire

@Suite struct BotTokenTests {
    @Test(
        arguments: [
            ("123456:ABC-def_9", 123_456), ("1:a", 1), ("18014398509481983:x", 1 << 54 - 1),
        ] as [(Text, Int64)])
    func `tokens`(token: Text, id: Int64) {
        #expect(BotToken.isValid(token))
        #expect(BotToken.botID(of: token) == id)
    }

    @Test(
        arguments: [
            "", ":", "1:", ":a", "0:a", "01:a", "a:b", "1a:b", "1:a/b", "1:a b", "1:é", "-1:a",
            "1:a:b",
            "18014398509481984:x", "99999999999999999999:x",
            "1:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        ] as [Text])
    func `what is no token`(token: Text) { #expect(!BotToken.isValid(token)) }

    @Test(
        arguments: [
            ("POST /bot123456:ABCdefGHI_-jkl/sendMessage", "POST /bot***/sendMessage"),
            ("https://api.telegram.org/file/bot1:a/x", "https://api.telegram.org/file/bot***/x"),
            ("token 123456:ABCdefGHIjkl.", "token 123456:***."),
            ("123456:ABCdefGHIjkl", "123456:***"), ("two 1234:ABCDEFGH 99:x", "two 1234:*** 99:x"),
            ("at 127.0.0.1:8080, 12:34:56", "at 127.0.0.1:8080, 12:34:56"),
            ("/botany and /bots/all", "/botany and /bots/all"), ("", ""), ("é 1234:", "é 1234:"),
        ] as [(Text, Text)])
    func `tokens never reach a log`(text: Text, redacted: Text) {
        #expect(BotToken.redacted(text) == redacted)
    }
}

@Suite struct MessageTextTests {
    @Test func `lengths in code points and UTF-16 units`() {
        #expect(MessageText.codePoints("aé€😀") == 4)
        #expect(MessageText.utf16Units("aé€😀") == 5)
        #expect(MessageText.codePoints(Text([0x61, 0xff, 0xe2, 0x82])) == 4)
        #expect(MessageText.codePoints("") == 0)
    }

    @Test(
        arguments: [
            ("", []), ("   \n", []), ("short", ["short"]), ("  trimmed\n", ["trimmed"]),
            ("1234567890", ["1234567890"]), ("12345678901", ["1234567890", "1"]),
            ("12345678 01", ["12345678", "01"]), ("1234567890 1", ["1234567890", "1"]),
            ("12345\n78 01", ["12345", "78 01"]), ("1 34567890123", ["1 34567890", "123"]),
            ("ééééééééééé", ["éééééééééé", "é"]),
            ("abcdefghij\u{301}k", ["abcdefghi", "j\u{301}k"]),
            ("12345678👩\u{200d}💻x", ["12345678", "👩\u{200d}💻x"]),
            ("123456789🇩🇪x", ["123456789", "🇩🇪x"]),
            ("12345678👍🏽👍", ["12345678👍🏽", "👍"]),
        ] as [(String, [String])])
    func `long texts are cut where it hurts least`(text: String, parts: [String]) {
        #expect(MessageText.split(Text(text), limit: 10) == parts.map { Text($0) })
    }

    @Test func `every part fits and nothing but white space is lost`() {
        var text = ""
        for word in 0..<3000 { text += "w\(word * 7919)é" + (word % 50 == 0 ? "\n" : " ") }
        text += String(repeating: "x", count: 9000)
        let parts = MessageText.split(Text(text))
        for part in parts { #expect((1...4096).contains(MessageText.codePoints(part))) }
        func dense(_ bytes: some Sequence<UInt8>) -> [UInt8] { bytes.filter { $0 > 0x20 } }
        #expect(dense(parts.flatMap(\.utf8)) == dense(text.utf8))
        #expect(parts.count < 12)
    }

    @Test func `a run that can't be cut well is cut anyway`() {
        let marks = String(repeating: "\u{301}", count: 25)
        let parts = MessageText.split(Text(marks), limit: 10)
        #expect(parts.map { MessageText.codePoints($0) } == [10, 10, 5])
        #expect(MessageText.split("ab", limit: 1) == ["a", "b"])
    }

    @Test func `malformed bytes are cut too`() {
        let parts = MessageText.split(Text([UInt8](repeating: 0xff, count: 25)), limit: 10)
        #expect(parts.map(\.utf8.count) == [10, 10, 5])
    }
}
