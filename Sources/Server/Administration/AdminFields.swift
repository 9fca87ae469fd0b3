import Wire

/// Words such as `name=Help` and `seats:=3`: the fields of a document, texts after `=`, JSON after
/// `:=`.
enum AdminFields {
    /// The document that words say.
    static func document(
        _ words: some Sequence<String>
    ) throws(Arguments.Problem) -> [JSONValue.Member] {
        var members: [JSONValue.Member] = []
        for word in words {
            guard let sign = word.firstIndex(of: "="), sign != word.startIndex else {
                throw Arguments.Problem(
                    description: "\(word) is no field; say name=TEXT, or name:=JSON for numbers, "
                        + "true, false, null and lists")
            }
            var name = word[..<sign]
            let text = Array(word[word.index(after: sign)...].utf8)
            let isJSON = name.hasSuffix(":")
            if isJSON { name.removeLast() }
            guard !secrets.contains(String(name)) else {
                throw Arguments.Problem(
                    description: "\(name) in the command line would be seen by every user of this "
                        + "machine; use --\(name == "token" ? "bot-token" : "secret")-file FILE")
            }
            guard isJSON else {
                members.append(.init(Text(String(name)), .text(Text(text))))
                continue
            }
            do {
                members.append(.init(Text(String(name)), try JSONValue.parse(text)))
            } catch {
                throw Arguments.Problem(
                    description: "\(word): what stands after := is no JSON")
            }
        }
        return members
    }

    private static let secrets: Set<String> = ["token", "webhookSecret", "password"]
}
