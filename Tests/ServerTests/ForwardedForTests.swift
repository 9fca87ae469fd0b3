import Testing
import Wire

@testable import Server

@Suite struct ForwardedForTests {
    private static let trusted: Set<String> = ["10.0.0.1", "10.0.0.2", "2001:db8::9"]

    private func client(_ lines: [String], peer: Text = "10.0.0.1") -> String {
        ForwardedFor.client(lines.map { Array($0.utf8) }, peer: peer, trusted: Self.trusted)
            .string
    }

    @Test(
        arguments: [
            ([], "10.0.0.1"), (["203.0.113.7"], "203.0.113.7"),
            // The client's own line, and the one that HAProxy adds.
            (["6.6.6.6", "203.0.113.7"], "203.0.113.7"),
            // The client's own list, and what nginx appends to it.
            (["6.6.6.6, 203.0.113.7"], "203.0.113.7"),
            (["6.6.6.6", "203.0.113.7, 10.0.0.2"], "203.0.113.7"),
            (["6.6.6.6", "203.0.113.7", "10.0.0.2"], "203.0.113.7"),
            (["203.0.113.7 ,\t10.0.0.2 , "], "203.0.113.7"),
            (["", "203.0.113.7", ","], "203.0.113.7"),
            (["10.0.0.2"], "10.0.0.2"), (["10.0.0.2, 10.0.0.1"], "10.0.0.2"),
        ] as [([String], String)])
    func `all lines are one list, read from the right past trusted proxies`(
        lines: [String], address: String
    ) {
        #expect(client(lines) == address)
    }

    @Test(
        arguments: [
            ("203.0.113.7:4711", "203.0.113.7"), ("2001:db8::5", "2001:db8::5"),
            ("2001:DB8:0:0::5", "2001:db8::5"), ("[2001:db8::5]", "2001:db8::5"),
            ("[2001:db8::5]:4711", "2001:db8::5"), ("::ffff:203.0.113.7", "203.0.113.7"),
            ("203.0.113.7, [2001:db8:0::9]:80", "203.0.113.7"),
        ] as [(String, String)])
    func `addresses come in one form, without their ports`(text: String, address: String) {
        #expect(client([text]) == address)
    }

    @Test(
        arguments: [
            "unknown", "_hidden", "203.0.113", "203.0.113.7:x", "[203.0.113.7]", "[]", "[::1",
            "203.0.113.7:99999", "for=203.0.113.7", "\"203.0.113.7\"", "203.0.113.7; x", "\u{0}",
            "6.6.6.6 203.0.113.7", String(repeating: "9", count: 9_000),
        ])
    func `what is no address ends the walk at the last one that was told`(garbage: String) {
        #expect(client([garbage]) == "10.0.0.1")
        #expect(client(["6.6.6.6, \(garbage)"]) == "10.0.0.1")
        #expect(client(["6.6.6.6", garbage, "10.0.0.2"]) == "10.0.0.2")
        #expect(client([garbage, "203.0.113.7"]) == "203.0.113.7", "never looked at")
    }

    @Test func `a peer that is not trusted says nothing`() {
        #expect(client(["6.6.6.6"], peer: "203.0.113.7") == "203.0.113.7")
        #expect(client(["6.6.6.6"], peer: "2001:db8::9") == "6.6.6.6")
        #expect(
            ForwardedFor.client([Array("6.6.6.6".utf8)], peer: "10.0.0.1", trusted: []).string
                == "10.0.0.1")
    }
}
