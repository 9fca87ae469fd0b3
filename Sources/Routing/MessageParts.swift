import Wire

extension Text {
    /// The text cut into what fits one message each, in order; empty if there is nothing to see.
    ///
    /// Cuts after the last line break of a part, else after its last space, else between code
    /// points; nothing but white space between parts is lost.
    var messageParts: [Text] { parts { part, _ in part } }

    /// The same, each part with those of the entities that reach into it, counted from where the
    /// part begins.
    func messageParts(_ entities: [TextEntity]) -> [(text: Text, entities: [TextEntity])] {
        if entities.isEmpty { return messageParts.map { ($0, []) } }
        var units: UInt32 = 0
        var counted = 0
        return parts { part, start in
            units += UInt32(utf8[counted..<start].utf16Units)
            counted = start
            let end = units + UInt32(part.utf16Units)
            return (part, entities.within(units..<end))
        }
    }

    /// Makes something of each part and the byte at which it begins.
    private func parts<Part>(_ make: (Text, Int) -> Part) -> [Part] {
        guard utf8.count > OutboxMessage.codePointLimit else {
            return isBlank ? [] : [make(self, 0)]
        }
        var parts: [Part] = []
        var start = 0
        while start < utf8.count {
            let end = partEnd(from: start)
            let part = Text(Array(utf8[start..<end]))
            if !part.isBlank { parts.append(make(part, start)) }
            start = end
        }
        return parts
    }

    /// Where the part that begins at `start` ends.
    private func partEnd(from start: Int) -> Int {
        var points = 0
        var line: Int?
        var word: Int?
        var index = start
        while index < utf8.count {
            let byte = utf8[index]
            if byte & 0xc0 != 0x80 {
                if points == OutboxMessage.codePointLimit { return line ?? word ?? index }
                points += 1
            }
            index += 1
            if byte == UInt8(ascii: "\n") { line = index }
            if byte == UInt8(ascii: " ") { word = index }
        }
        return utf8.count
    }

    /// Whether there is nothing but ASCII white space.
    private var isBlank: Bool {
        utf8.allSatisfy { $0 == 0x20 || (0x09...0x0d).contains($0) }
    }
}
