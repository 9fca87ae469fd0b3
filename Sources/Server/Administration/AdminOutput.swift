import Wire

/// What an administrator's command prints: tables for people, the API's documents for programs.
struct AdminOutput {
    /// Whether programs read it.
    var isJSON: Bool
    /// Takes each line.
    var print: (String) -> Void = { Swift.print($0) }

    /// A column of a table: its head, and where the value is in a document.
    struct Column {
        var head: String
        var path: String
        /// A column for a path.
        init(_ head: String, _ path: String) { (self.head, self.path) = (head, path) }
    }

    /// Things of a list: a table, or a JSON array.
    func list(_ items: [JSONValue], _ columns: [Column]) {
        if isJSON { return json(.array(items)) }
        var table = TextTable(heads: columns.map(\.head))
        table.rows = items.map { item in
            columns.map { TextTable.cell(TextTable.value(item, at: $0.path)) }
        }
        for line in table.lines { print(line) }
    }

    /// One thing: its fields one below the other, or its document.
    func show(_ value: JSONValue) {
        guard !isJSON, let members = value.members else { return json(value) }
        var table = TextTable(heads: ["FIELD", "VALUE"])
        table.rows = members.map { [$0.name.string, TextTable.cell($0.value)] }
        for line in table.lines { print(line) }
    }

    /// What was done: a sentence, or the document of the answer.
    func done(_ sentence: String, _ value: JSONValue = .null) {
        if isJSON {
            json(value.isNull ? ["done": .text(Text(sentence))] : value)
        } else {
            print(sentence)
        }
    }

    private func json(_ value: JSONValue) {
        print(String(decoding: value.serialized(), as: UTF8.self))
    }
}
