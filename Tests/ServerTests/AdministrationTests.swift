import HTTP
import Testing
import Wire

@testable import Server

/// What the administrator's command line reads, and how it writes.
@Suite struct AdministrationTests {
    // MARK: Words

    @Test func `Options take a value behind a blank or an equals sign, the last one counts`() throws
    {
        let arguments = try Arguments(
            [
                "list", "--limit", "5", "--url=http://a", "--limit=7", "--json", "--",
                "--not-an-option",
            ],
            options: ["limit", "url"], flags: ["json"])
        #expect(arguments.options == ["limit": "7", "url": "http://a"])
        #expect(arguments.flags == ["json"] && arguments.words == ["list", "--not-an-option"])
    }

    @Test(arguments: [
        (["--limit"], "--limit needs a value"), (["--json=yes"], "--json has no value"),
        (["--other"], "unknown option --other"),
    ])
    func `Words that make no sense are named`(words: [String], why: String) {
        let problem = #expect(throws: Arguments.Problem.self) {
            try Arguments(words, options: ["limit"], flags: ["json"])
        }
        #expect(problem?.description == why)
    }

    @Test func `Fields are texts after = and JSON after :=`() throws {
        let fields = try AdminFields.document([
            "name=Help = more", "seats:=3", "claimOnly:=true", "hours:={\"zone\":\"\"}", "empty=",
        ])
        #expect(
            JSONValue.object(fields) == [
                "name": "Help = more", "seats": 3, "claimOnly": true, "hours": ["zone": ""],
                "empty": "",
            ])
    }

    @Test(arguments: ["name", "=x", "seats:=three", "token=1:x", "webhookSecret=s", "password=p"])
    func `A field that is none, or that would show a secret, is refused`(word: String) {
        #expect(throws: Arguments.Problem.self) { try AdminFields.document([word]) }
    }

    @Test(arguments: [
        ("2026-12-31T08:00:00Z", "2026-12-31T08:00:00.000Z"), ("90m", "1970-01-10T22:30:00.000Z"),
        ("24h", "1970-01-10T00:00:00.000Z"), ("7d", "1970-01-04T00:00:00.000Z"),
    ])
    func `A time is a moment or a span before now`(text: String, moment: String) throws {
        #expect(try AdminCommand.moment(text, before: 10 * 86_400_000) == moment)
    }

    @Test(arguments: ["", "yesterday", "h", "0h", "-3d", "5w", "12"])
    func `What is no time is refused`(text: String) {
        #expect(throws: Arguments.Problem.self) { try AdminCommand.moment(text, before: 0) }
    }

    @Test func `A what-if is told side by side, with what limits it`() {
        let ana: JSONValue = ["agent": ["id": "2", "name": "Ana"], "assigned": 4]
        let report: JSONValue = [
            "asItWas": ["assigned": 4, "agents": [ana]], "asAsked": ["assigned": 3, "agents": []],
            "changed": 1, "notRepeated": 2, "unknown": 0, "record": ["different": 0],
            "differences": [
                ["session": "9", "asItWas": [["id": "2", "name": "Ana"]], "asAsked": []]
            ],
        ]
        let lines = AdminCommand.lines(of: report)
        #expect(lines.contains { $0.hasPrefix("given to agents") && $0.hasSuffix("3") })
        #expect(lines.contains { $0.hasPrefix("sessions of Ana") && $0.hasSuffix("0") })
        #expect(lines.contains("sessions that come to other agents: 1"))
        #expect(lines.contains { $0.hasPrefix("9 ") && $0.hasSuffix("-") })
        #expect(lines.last == "2 things that agents did found no place under these rules")
    }

    // MARK: Who asks

    @Test func `A token or a sign-in comes from the environment or from files, never from words`()
        throws
    {
        let token = try AdminSettings([:], environment: ["ROUNDHOUSE_TOKEN": "rh_x"])
        guard case .token("rh_x") = token.identity else {
            Issue.record("a token is expected")
            return
        }
        #expect(token.url == "http://127.0.0.1:8080")
        let signIn = try AdminSettings(
            ["login": "ana", "url": "https://desk.example/"],
            environment: ["ROUNDHOUSE_PASSWORD": "secret", "ROUNDHOUSE_TOKEN": "rh_x"])
        guard case .signIn(login: "ana", password: "secret") = signIn.identity else {
            Issue.record("a sign-in is expected: an option counts more than the environment")
            return
        }
        #expect(signIn.url == "https://desk.example")
        for (options, environment) in [
            ([:], [:]), (["login": "ana"], [:]), (["token": "rh_x"], [:]),
            (["password": "p", "login": "ana"], ["ROUNDHOUSE_PASSWORD": "p"]),
            (["token-file": "/nowhere/at/all"], [:]),
            (["url": "desk.example"], ["ROUNDHOUSE_TOKEN": "rh_x"]),
        ] as [([String: String], [String: String])] {
            #expect(throws: Arguments.Problem.self) {
                try AdminSettings(options, environment: environment)
            }
        }
    }

    // MARK: What is printed

    private func printed(
        isJSON: Bool = false, _ body: (AdminOutput) -> Void
    ) -> [String] {
        var lines: [String] = []
        body(AdminOutput(isJSON: isJSON) { lines.append($0) })
        return lines
    }
    private let people: [JSONValue] = [
        ["id": "1", "who": ["id": "9", "name": "王小明"], "on": true, "tags": ["a", "b"]],
        ["id": "22", "who": nil, "on": false, "tags": []],
    ]
    private let columns: [AdminOutput.Column] = [
        .init("ID", "id"), .init("NAME", "who.name"), .init("ON", "on"), .init("TAGS", "tags"),
    ]

    @Test func `A list is a table whose columns line up, wide characters included`() {
        #expect(
            printed { $0.list(people, columns) } == [
                "ID  NAME    ON   TAGS",
                "1   王小明  yes  a,b",
                "22  -       no   -",
            ])
        #expect(printed { $0.list([], columns) } == ["ID  NAME  ON  TAGS"])
    }

    @Test func `For programs a list is one JSON array in a line`() throws {
        let lines = printed(isJSON: true) { $0.list(people, columns) }
        #expect(lines.count == 1)
        #expect(try JSONValue.parse(Array(lines[0].utf8)) == .array(people))
        let done = printed(isJSON: true) { $0.done("made") }
        #expect(done == [#"{"done":"made"}"#])
    }

    @Test func `One thing is its fields one below the other`() {
        #expect(
            printed { $0.show(people[0]) } == [
                "FIELD  VALUE", "id     1", "who    王小明", "on     yes", "tags   a,b",
            ])
    }

    @Test(arguments: [
        ("a\nb", "a b"), ("\u{1b}[31mred", " [31mred"), ("", "-"), ("\u{202e}drow", " drow"),
        ("👩‍🚀", "👩‍🚀"),
    ])
    func `What a customer wrote can't command a terminal`(text: String, shown: String) {
        #expect(TextTable.cell(.text(Text(text))) == shown)
    }

    // MARK: Exit codes

    @Test(arguments: [
        (401, 77), (403, 77), (404, 66), (422, 65), (409, 75), (412, 75), (503, 75), (504, 75),
        (429, 75), (500, 70),
    ])
    func `A refusal has an exit code of its sort`(status: Int, code: Int32) {
        let body = #"{"title":"T","detail":"D.","hint":"H.","code":"c"}"#
        let response = HTTPResponse(status: status, body: Array(body.utf8))
        let failure = AdminFailure(response, of: "GET http://a/b")
        #expect(failure.code == code)
        #expect(failure.description == "GET http://a/b: T: D. H. [c]")
        let bare = AdminFailure(HTTPResponse(status: status, body: []), of: "GET http://a/b")
        #expect(bare.description == "GET http://a/b: the answer has status \(status)")
    }

    // MARK: Documents

    @Test func `A document says what another wants when it has all of it, in any order`() {
        let have: JSONValue = ["a": 1, "b": ["x", ["c": true, "d": 2]], "e": nil]
        for wanted in [
            ["b": ["x", ["d": 2]], "a": 1], [:], ["e": nil], ["z": nil],
        ] as [JSONValue] {
            #expect(have.says(wanted))
        }
        for wanted in [["a": 2], ["b": ["x"]], ["z": 1], ["b": [["c": true], "x"]]] as [JSONValue] {
            #expect(!have.says(wanted))
        }
    }

    @Test func `A document with line breaks is the same document`() throws {
        let value: JSONValue = [
            "list": [["a": 1, "b": []], ["c": "\"\n"]], "words": ["x", "y"], "none": nil, "o": [:],
        ]
        #expect(try JSONValue.parse(Array(value.indented().utf8)) == value)
        #expect(value.indented().contains("\n  \"words\": [\"x\",\"y\"],\n"))
    }
}
