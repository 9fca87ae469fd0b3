import Testing
import Wire

/// What RFC 8259 accepts and refuses, read as a tree and skipped: both check the same grammar.
@Suite struct JSONGrammarTests {
    static let valid: [(String, JSONValue)] = [
        ("null", nil), (" true ", true), ("\t\r\nfalse", false), ("0", 0), ("-0", 0),
        ("-1", -1), ("9223372036854775807", .int(.max)), ("-9223372036854775808", .int(.min)),
        ("9223372036854775808", .number("9223372036854775808")), ("1.5", .number("1.5")),
        ("-0.0", .number("-0.0")), ("1e5", .number("1e5")), ("1E+5", .number("1E+5")),
        ("1.25e-3", .number("1.25e-3")), ("\"\"", ""), ("\"a\"", "a"),
        (#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{c}\n\r\t"),
        (#""\u0041\u00e9\u20AC""#, "Aé€"), (#""\ud83d\ude00!""#, "😀!"), ("\"😀é\"", "😀é"),
        (#""\u0000""#, "\u{0}"), ("\"\u{7f}\u{2028}\"", "\u{7f}\u{2028}"), ("[]", []),
        ("[ ]", []), ("{}", [:]), ("{ }", [:]), ("[1,2]", [1, 2]),
        ("[ 1 , [ ] , { } ]", [1, [], [:]]),
        (#"{"a":1,"b":[true,null]}"#, ["a": 1, "b": [true, nil]]),
        (#"{"":0}"#, ["": 0]), (#"{"\u0061":1}"#, ["a": 1]),
        (#"{"a":1,"a":2}"#, ["a": 1, "a": 2]),
        // Lone and swapped surrogates: the stated leniency.
        (#""\ud83d""#, "\u{fffd}"), (#""\ude00x""#, "\u{fffd}x"),
        (#""\ud83dx""#, "\u{fffd}x"), (#""\ud83d\n""#, "\u{fffd}\n"),
        (#""\ud83d\u0041""#, "\u{fffd}A"), (#""\ud83d\ud83d\ude00""#, "\u{fffd}😀"),
    ]

    static let invalid: [String] = [
        "", " ", "nul", "nulL", "True", "truex", "fals", "+1", "01", "-01", "-", "1.", ".5", "1.e2",
        "1e", "1e+", "0x1", "1_000", "Infinity", "NaN", "--1", "1a", "1 2", "\"", "\"a", "'a'",
        #""\x""#, #""\u12""#, #""\u123g""#, #""\"#, "\"\n\"", "\"\t\"", "\"\u{0}\"", "[", "]", "[1",
        "[1,", "[1,]", "[,1]", "[,]", "[1 2]", "[1,,2]", "[1]]", "[}", "{]", "{", "}", "{\"a\"",
        "{\"a\":", "{\"a\":1", "{\"a\":1,", "{\"a\":1,}", "{,}", "{\"a\" 1}", "{\"a\",1}", "{a:1}",
        "{1:1}", "{\"a\":1 \"b\":2}", "{\"a\"::1}", "{\"a\":}", "[1:2]", "{\"a\":1}}", "// x\n1",
        "1 // x", "/**/1", "\u{feff}1", "\u{a0}1", "1\u{c}", "undefined",
    ]

    @Test(arguments: valid) func `accepted`(json: String, value: JSONValue) throws {
        #expect(try JSONValue.parse(Array(json.utf8)) == value)
        try skip(Array(json.utf8))
        // What the writer makes of it means the same.
        #expect(try JSONValue.parse(value.serialized()) == value)
    }

    @Test(arguments: invalid) func `refused`(json: String) {
        #expect(throws: WireError.self) { try JSONValue.parse(Array(json.utf8)) }
        #expect(throws: WireError.self) { try skip(Array(json.utf8)) }
    }

    @Test(
        arguments: [
            [0x80], [0xc0, 0x80], [0xc1, 0xbf], [0xe0, 0x80, 0x80], [0xe0, 0x9f, 0xbf],
            [0xed, 0xa0, 0x80], [0xf0, 0x80, 0x80, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xf5, 0x80],
            [0xff], [0xc3], [0xe2, 0x82], [0xf0, 0x9f, 0x98], [0xc3, 0x28],
        ] as [[UInt8]])
    func `malformed UTF-8 is refused in texts and keys`(bytes: [UInt8]) {
        let text = [0x22] + bytes + [0x22]
        #expect(throws: WireError(.badJSON("malformed UTF-8"), offset: 1)) {
            try JSONValue.parse(text)
        }
        #expect(throws: WireError.self) {
            try JSONValue.parse([0x7b] + text + [0x3a, 0x31, 0x7d])
        }
        #expect(!UTF8Form.isValid(bytes))
    }

    @Test func `cut at any byte it is refused`() throws {
        let json = Array(
            #"{"a":[1,-2.5e3,"é\u00e9\ud83d\ude00",true,false,null,{}],"b":{"c":"d"}}"#.utf8)
        try skip(json)
        for length in json.indices {
            #expect(throws: WireError.self) { try skip(Array(json.prefix(length))) }
            #expect(throws: WireError.self) { try JSONValue.parse(Array(json.prefix(length))) }
        }
    }

    @Test func `any single byte changed never traps`() throws {
        let json = Array(#"{"a":[1,-2.5e3,"é\u00e9\ud83d\ude00",true,null,{}],"b":"d"}"#.utf8)
        for index in json.indices {
            for byte in UInt8.min...UInt8.max {
                var changed = json
                changed[index] = byte
                let tree = try? JSONValue.parse(changed)
                let skipped = (try? skip(changed)) != nil
                #expect((tree != nil) == skipped)
            }
        }
    }

    @Test func `the depth is bounded`() throws {
        func nested(_ depth: Int) -> [UInt8] {
            [UInt8](repeating: 0x5b, count: depth) + [UInt8](repeating: 0x5d, count: depth)
        }
        #expect(throws: Never.self) { try JSONValue.parse(nested(64)) }
        #expect(throws: WireError(.tooDeep, offset: 64)) { try JSONValue.parse(nested(65)) }
        #expect(throws: WireError(.tooDeep, offset: 64)) { try skip(nested(100_000)) }
        #expect(throws: WireError(.tooDeep, offset: 2)) {
            try JSONValue.parse(nested(3), depthLimit: 2)
        }
    }

    private func skip(_ bytes: [UInt8]) throws(WireError) {
        var scanner = JSONScanner(bytes)
        try scanner.skipValue()
        try scanner.expectEnd()
    }

}
