import Wire

/// A table for people: heads, rows, columns as wide as what is in them.
struct TextTable {
    /// Names of the columns.
    var heads: [String]
    /// Cells, as many in each row as there are heads.
    var rows: [[String]] = []

    /// The lines, heads first; the last column is not padded.
    var lines: [String] {
        let all = [heads] + rows
        let widths = heads.indices.map { column in
            all.map { TextTable.width($0[column]) }.max() ?? 0
        }
        return all.map { row in
            row.enumerated().map { column, cell in
                let isLast = column == heads.count - 1
                let blanks = isLast ? 0 : widths[column] - TextTable.width(cell)
                return cell + String(repeating: " ", count: blanks)
            }.joined(separator: "  ")
        }
    }

    /// The columns that a terminal gives a text: two for each of the wide characters of East Asia
    /// and for emoji, none for marks that join the character before.
    static func width(_ text: String) -> Int {
        text.reduce(0) { sum, character in
            guard let scalar = character.unicodeScalars.first else { return sum }
            return sum + (isWide(scalar.value) ? 2 : 1)
        }
    }

    private static let wide: [ClosedRange<UInt32>] = [
        0x1100...0x115f, 0x2e80...0xa4cf, 0xac00...0xd7a3, 0xf900...0xfaff, 0xfe30...0xfe6f,
        0xff00...0xff60, 0xffe0...0xffe6, 0x1f300...0x1faff, 0x20000...0x3fffd,
    ]
    private static func isWide(_ scalar: UInt32) -> Bool {
        wide.contains { $0.contains(scalar) }
    }

    /// A value of the API as a cell: no line breaks, and nothing that a terminal would obey.
    static func cell(_ value: JSONValue?) -> String {
        switch value {
        case nil, .null?: return "-"
        case .text(let text)?: return clean(text.string)
        case .bool(let flag)?: return flag ? "yes" : "no"
        case .int(let number)?: return "\(number)"
        case .array(let elements)? where elements.isEmpty: return "-"
        case .array(let elements)?: return elements.map { cell($0) }.joined(separator: ",")
        case .object?:
            // A person or a thing by its name, anything else as it came.
            if let name = value?["name"]?.string { return clean(name) }
            return clean(String(decoding: value?.serialized() ?? [], as: UTF8.self))
        case .number(let text)?: return clean(text.string)
        }
    }

    /// The value at a path such as `owner.name`.
    static func value(_ object: JSONValue, at path: String) -> JSONValue? {
        var value: JSONValue? = object
        for name in path.split(separator: ".") { value = value?[String(name)] }
        return value
    }

    private static func clean(_ text: String) -> String {
        let shown = String(
            String.UnicodeScalarView(
                text.unicodeScalars.map { scalar in
                    let isControl = scalar.properties.generalCategory == .control
                    let turns = scalar.properties.generalCategory == .format
                    return isControl || turns && scalar.value != 0x200d ? " " : scalar
                }))
        return shown.isEmpty ? "-" : shown
    }
}
