import Testing
import Wire

@Suite struct JSONScannerTests {
    @Test func `an object is walked key by key`() throws {
        var json = JSONScanner(
            Array(
                #" {"id" : 7, "skip":{"x":[1,{"y":"}"}]}, "\u006eame":"Zoë \ud83d\ude00","#
                    .utf8) + Array(#" "ok":true, "none":null, "list":[1, 2 ,3] } "#.utf8))
        try json.beginObject()
        #expect(try json.nextKey() && json.keyIs("id"))
        #expect(!json.keyIs("i") && !json.keyIs("id2") && !json.keyIs(""))
        #expect(try json.int64() == 7)
        #expect(try json.nextKey() && json.key == "skip")
        let range = try json.skipValue()
        #expect(range == 19..<38)
        #expect(try json.nextKey() && json.keyIs("name") && json.key == "name")
        #expect(try json.text() == "Zoë 😀")
        #expect(try json.nextKey() && json.keyIs("ok"))
        #expect(try !json.takeNull())
        #expect(try json.bool())
        #expect(try json.nextKey() && json.keyIs("none"))
        #expect(try json.takeNull())
        #expect(try json.nextKey() && json.keyIs("list"))
        try json.beginArray()
        var list: [Int64] = []
        while try json.nextElement() { list.append(try json.int64()) }
        #expect(list == [1, 2, 3])
        #expect(try !json.nextKey())
        try json.expectEnd()
    }

    @Test(
        arguments: [
            ("0", 0), ("-0", 0), ("42", 42), ("-42", -42), ("9223372036854775807", .max),
            ("-9223372036854775808", .min),
        ] as [(String, Int64)])
    func `integers`(json: String, value: Int64) throws {
        var scanner = JSONScanner(Array(json.utf8))
        #expect(try scanner.int64() == value)
        try scanner.expectEnd()
    }

    @Test(
        arguments: [
            ("1.0", .unexpectedJSONType, 0), ("1e3", .unexpectedJSONType, 0),
            ("\"1\"", .unexpectedJSONType, 0), ("null", .unexpectedJSONType, 0),
            ("01", .badJSON("bad number"), 2), ("-", .badJSON("bad number"), 1),
            ("?", .badJSON("no value"), 0), ("", .truncated, 0),
            ("9223372036854775808", .badValue("integer over 64 bits"), 0),
            ("-9223372036854775809", .badValue("integer over 64 bits"), 0),
            ("99999999999999999999", .badValue("integer over 64 bits"), 0),
        ] as [(String, WireError.What, Int)])
    func `what is no integer`(json: String, what: WireError.What, offset: Int) {
        var scanner = JSONScanner(Array(json.utf8))
        #expect(throws: WireError(what, offset: offset)) { try scanner.int64() }
    }

    @Test func `a value of another kind is told from no value`() {
        for (json, what) in [
            ("1", WireError.What.unexpectedJSONType), (",", .badJSON("no value")),
        ] {
            let error = WireError(what, offset: 0)
            #expect(throws: error) { () throws in
                var scanner = JSONScanner(Array(json.utf8))
                _ = try scanner.text()
            }
            #expect(throws: error) { () throws in
                var scanner = JSONScanner(Array(json.utf8))
                _ = try scanner.bool()
            }
            #expect(throws: error) { () throws in
                var scanner = JSONScanner(Array(json.utf8))
                try scanner.beginObject()
            }
        }
    }

    @Test func `values are told by their first byte`() throws {
        for (json, kind) in [
            ("{", JSONKind.object), ("[", .array), ("\"", .text), ("-", .number), ("7", .number),
            ("t", .bool), ("f", .bool), ("n", .null),
        ] {
            var scanner = JSONScanner(Array(json.utf8))
            #expect(try scanner.peek() == kind)
            #expect(scanner.offset == 0)
        }
    }
}

@Suite struct JSONWriterTests {
    @Test func `commas, escapes and numbers`() {
        var writer = JSONWriter()
        writer.beginObject()
        writer.field("a", 1)
        writer.field("b", Int64.min)
        writer.field("c", UInt64.max)
        writer.field("d", "q\" b\\ n\n t\t r\r f\u{c} b\u{8} e\u{1b} \u{0} / é😀\u{7f}")
        writer.key("e")
        writer.beginArray()
        writer.bool(true)
        writer.null()
        writer.beginArray()
        writer.endArray()
        writer.double(1.5)
        writer.double(.infinity)
        writer.raw(Array("[9]".utf8))
        writer.endArray()
        writer.key(text: "\n")
        writer.beginObject()
        writer.endObject()
        writer.field("f", false)
        writer.endObject()
        let expected =
            #"{"a":1,"b":-9223372036854775808,"c":18446744073709551615,"#
            + #""d":"q\" b\\ n\n t\t r\r f\f b\b e\u001b \u0000 / é😀"# + "\u{7f}\","
            + #""e":[true,null,[],1.5,null,[9]],"\n":{},"f":false}"#
        #expect(String(decoding: writer.bytes, as: UTF8.self) == expected)
    }

    @Test func `bytes that are no UTF-8 come out as replacements`() throws {
        var writer = JSONWriter()
        writer.text(Text([0x61, 0xff, 0x62, 0xe2, 0x82, 0x63, 0xc3]))
        #expect(try JSONValue.parse(writer.bytes) == "a\u{fffd}b\u{fffd}\u{fffd}c\u{fffd}")
    }

    @Test(
        arguments: [
            ("[1.5]", nil), ("[99999999999999999999]", nil), ("[\"7\"]", nil), ("[-7]", -7),
        ] as [(String, Int64?)])
    func `an integer is taken, or nothing is`(json: String, expected: Int64?) throws {
        var scanner = JSONScanner(Array(json.utf8))
        try scanner.beginArray()
        #expect(try scanner.nextElement())
        let start = scanner.offset
        #expect(scanner.int64OrStay() == expected)
        if expected == nil {
            #expect(scanner.offset == start)
            try scanner.skipValue()
        }
        #expect(try !scanner.nextElement())
        try scanner.expectEnd()
    }

    @Test(arguments: [
        (#" "private""#, true), (#""private2""#, false), (#""privat""#, false),
        (#""private"#, false), ("7", false), ("", false),
    ])
    func `a text is compared where it stands`(json: String, expected: Bool) {
        let scanner = JSONScanner(Array(json.utf8))
        #expect(scanner.textIs(Array("private".utf8)) == expected)
        #expect(scanner.offset == 0)
    }

    @Test func `every place of every byte that ends plain text is found`() throws {
        for place in 0..<20 {
            for byte: UInt8 in [0x00, 0x1f, 0x80, 0xff] {
                var bytes = [UInt8](repeating: UInt8(ascii: "a"), count: 20)
                bytes[place] = byte
                var scanner = JSONScanner([0x22] + bytes + [0x22])
                #expect(throws: WireError.self) { try scanner.text() }
            }
            var quoted = [UInt8](repeating: UInt8(ascii: "a"), count: 20)
            quoted[place] = 0x22
            var scanner = JSONScanner([0x22] + quoted + [0x22])
            #expect(try scanner.text().utf8.count == place)
            quoted[place] = 0x5c
            quoted.insert(0x5c, at: place)
            var escaped = JSONScanner([0x22] + quoted + [0x22])
            #expect(try escaped.text().utf8.count == 20)
        }
    }

    @Test func `it can go on after other bytes`() {
        var writer = JSONWriter(appendingTo: Array("x".utf8))
        writer.int(3)
        #expect(writer.bytes == Array("x3".utf8))
    }

    @Test func `every byte survives the way through writer and scanner`() throws {
        let text = Text((UInt8.min...0x7f).map { $0 } + Array("ÿ߿ࠀ￿𐀀\u{10ffff}".utf8))
        var writer = JSONWriter()
        writer.text(text)
        #expect(try JSONValue.parse(writer.bytes) == .text(text))
    }

    @Test func `a tree is read by accessors`() throws {
        let value = try JSONValue.parse(
            Array(#"{"a":[1,2.5,"x",true,null],"a2":{"b":-3},"a2":{"b":4}}"#.utf8))
        #expect(value["a"]?[0]?.int == 1)
        #expect(value["a"]?[1]?.double == 2.5)
        #expect(value["a"]?[0]?.double == 1)
        #expect(value["a"]?[2]?.string == "x")
        #expect(value["a"]?[3]?.bool == true)
        #expect(value["a"]?[4]?.isNull == true)
        #expect(value["a"]?[5] == nil)
        #expect(value["a2"]?["b"]?.int == 4)
        #expect(value["none"] == nil)
        #expect(value.members?.count == 3)
        #expect(value.text == nil && value.elements == nil && value.bool == nil)
        #expect(value["a"]?[2]?.double == nil)
    }
}
