import Wire

/// A name in braces within a text, such as `{customer}`, and what stands there in the end.
public struct Placeholder: Hashable, Sendable {
    /// The name, without the braces.
    public var name: Text
    /// What stands there.
    public var value: Text
    /// A placeholder of these parts.
    public init(_ name: Text, _ value: Text) {
        self.name = name
        self.value = value
    }
}

extension Text {
    /// The text with its placeholders filled in. Braces around anything else stay, and what is
    /// filled in is not looked at again.
    public func filled(_ placeholders: [Placeholder]) -> Text {
        var filled: [UInt8] = []
        filled.reserveCapacity(utf8.count)
        var place = 0
        while place < utf8.count {
            if let found = placeholders.first(where: { stands($0, at: place) }) {
                filled += found.value.utf8
                place += found.name.utf8.count + 2
            } else {
                filled.append(utf8[place])
                place += 1
            }
        }
        return Text(filled)
    }

    /// The text without the lines in which a placeholder stands.
    func withoutLines(of name: Text) -> Text {
        let lines = utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        let wanted = Placeholder(name, "")
        let kept = lines.filter { line in
            let text = Text(Array(line))
            return !text.utf8.indices.contains { text.stands(wanted, at: $0) }
        }
        return Text(Array(kept.joined(separator: [UInt8(ascii: "\n")])))
    }

    private func stands(_ placeholder: Placeholder, at place: Int) -> Bool {
        guard utf8[place] == UInt8(ascii: "{") else { return false }
        let end = place + placeholder.name.utf8.count + 1
        return end < utf8.count && utf8[end] == UInt8(ascii: "}")
            && utf8[(place + 1)..<end].elementsEqual(placeholder.name.utf8)
    }
}
