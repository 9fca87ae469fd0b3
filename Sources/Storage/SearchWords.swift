import Wire

/// Texts and questions in the form in which search.db keeps them.
///
/// FTS5's own tokenizers cut words at spaces, which Chinese and Japanese text has few of, or into
/// runs of three characters, which finds no word of two. So every run of such characters is written
/// as its pairs of neighbours and its last character; the rest is left to `unicode61`.
enum SearchWords {
    /// Bounds of a question.
    enum Limits {
        /// Words and runs; the rest is not looked at.
        static let terms = 12
    }

    /// What is indexed of a text.
    static func indexed(_ text: Text) -> Text {
        if isSpaced(text) { return text }
        var words = ""
        for part in parts(of: text) {
            if !words.isEmpty { words += " " }
            switch part {
            case .run(let characters): words += pairs(characters, withLast: true)
            case .other(let other): words += other
            }
        }
        return Text(words)
    }

    /// What finds the texts that have all words and runs of a question; nil if there is nothing to
    /// look for. Words are found by their beginning, but one of a single letter or digit as a
    /// whole: so many begin with it that gathering their texts would take seconds.
    static func query(_ question: Text) -> Text? {
        var terms: [String] = []
        for part in parts(of: question) {
            switch part {
            case .run(let characters) where characters.count == 1:
                terms.append("\"\(characters[0])\"*")
            case .run(let characters):
                terms.append("\"\(pairs(characters, withLast: false))\"")
            case .other(let other):
                // A quotation mark would end the term; it stands between words anyway.
                for word in other.split(whereSeparator: { $0.isWhitespace || $0 == "\"" })
                where word.unicodeScalars.contains(where: isWordCharacter) {
                    terms.append(endsInOneLetter(word) ? "\"\(word)\"" : "\"\(word)\"*")
                }
            }
        }
        guard !terms.isEmpty else { return nil }
        return Text(terms.prefix(Limits.terms).joined(separator: " AND "))
    }

    private enum Part {
        /// Characters of a script without spaces.
        case run([Unicode.Scalar])
        /// Anything else.
        case other(String)
    }

    private static func parts(of text: Text) -> [Part] {
        var parts: [Part] = []
        var run: [Unicode.Scalar] = []
        var other = String.UnicodeScalarView()
        func end() {
            if !run.isEmpty { parts.append(.run(run)) }
            if !other.isEmpty { parts.append(.other(String(other))) }
            run = []
            other = String.UnicodeScalarView()
        }
        for character in text.string.unicodeScalars where character.value != 0 {
            if isUnspaced(character) {
                if !other.isEmpty { end() }
                run.append(character)
            } else {
                if !run.isEmpty { end() }
                other.append(character)
            }
        }
        end()
        return parts
    }

    private static func pairs(_ run: [Unicode.Scalar], withLast: Bool) -> String {
        var words = zip(run, run.dropFirst()).map { "\($0)\($1)" }
        if withLast, let last = run.last { words.append("\(last)") }
        return words.joined(separator: " ")
    }

    /// Whether a text is known to have no character of a script without spaces, and no zero, from
    /// its bytes: all of these begin with 0xe3 or more in UTF-8.
    private static func isSpaced(_ text: Text) -> Bool {
        text.utf8.allSatisfy { 0 < $0 && $0 < 0xe3 }
    }

    /// Whether nothing but a single letter or digit, with its marks, stands behind the last hyphen
    /// or the like, which cuts words, too.
    private static func endsInOneLetter(_ word: Substring) -> Bool {
        let letters = word.unicodeScalars.filter {
            $0.properties.generalCategory != .nonspacingMark
        }
        return letters.reversed().drop { !isWordCharacter($0) }.prefix(while: isWordCharacter)
            .count == 1
    }

    private static func isWordCharacter(_ character: Unicode.Scalar) -> Bool {
        character.properties.isAlphabetic || character.properties.numericType != nil
    }

    /// Han, Hiragana, Katakana and Hangul, without the marks among them that are no letters.
    private static func isUnspaced(_ character: Unicode.Scalar) -> Bool {
        switch character.value {
        case 0x3005...0x3007, 0x3041...0x3096, 0x309d...0x309f, 0x30a1...0x30fa, 0x30fc...0x30ff,
            0x31f0...0x31ff, 0x3400...0x4dbf, 0x4e00...0x9fff, 0xac00...0xd7a3, 0xf900...0xfaff,
            0xff66...0xff9d, 0x20000...0x3ffff:
            true
        default: false
        }
    }
}
