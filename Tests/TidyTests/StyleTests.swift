import Foundation
import Testing

/// The measurable part of the style: lengths, words, calls.
@Suite struct StyleTests {
    static let swiftFiles = SourceTree.files("swift")
    static let codeFiles = SourceTree.files("swift", "py", "js", "css", "lua", "sh", "c", "h")
    static let lineLimited = SourceTree.files("swift", "py", "lua", "sh", "c", "h", "js", "css")

    @Test("A file has at most 500 lines, unless it opens with its reason", arguments: codeFiles)
    func fileLength(_ file: SourceTree.File) {
        let opening = file.lines.prefix(6).joined(separator: " ").lowercased()
        #expect(
            file.lines.count <= 500 || opening.contains("long because"),
            "\(file.lines.count) lines; split it, or open it with \"Long because ...\"")
    }

    @Test("Lines stay within 100 columns", arguments: lineLimited)
    func lineLength(_ file: SourceTree.File) {
        for (number, line) in file.lines.enumerated() where line.count > 100 {
            Issue.record("\(file.path):\(number + 1) has \(line.count) columns")
        }
    }

    @Test("Functions stay within 60 lines", arguments: swiftFiles)
    func functionLength(_ file: SourceTree.File) {
        for function in Self.functions(in: file) where function.length > 60 {
            Issue.record(
                "\(file.path):\(function.line) \(function.name) has \(function.length) lines")
        }
    }

    @Test("No file ends without a line break or with an empty line", arguments: codeFiles)
    func endings(_ file: SourceTree.File) {
        #expect(file.lines.last?.isEmpty == false || file.lines.isEmpty)
        for (number, line) in file.lines.enumerated() where line.last == " " || line.last == "\t" {
            Issue.record("\(file.path):\(number + 1) ends with a blank")
        }
    }

    // The words are built from halves, so that this file keeps its own rules.
    static let unfinished = ["TO" + "DO", "FIX" + "ME", "XX" + "X", "not imple" + "mented"]
    static let localPaths = ["/wo" + "rk/", "/ro" + "ot/", "/ho" + "me/"]

    @Test("Nothing is left undone in words", arguments: SourceTree.files)
    func nothingUndone(_ file: SourceTree.File) {
        for (number, line) in file.lines.enumerated() {
            for word in Self.unfinished where line.contains(word) {
                Issue.record("\(file.path):\(number + 1) says \(word)")
            }
        }
    }

    @Test("No path of somebody's machine", arguments: SourceTree.files)
    func noLocalPaths(_ file: SourceTree.File) {
        for (number, line) in file.lines.enumerated() {
            for path in Self.localPaths where line.contains(path) {
                Issue.record("\(file.path):\(number + 1) names \(path)")
            }
        }
    }

    /// A function found in a file.
    struct Function {
        let name: String
        let line: Int
        let length: Int
    }

    /// Functions and initializers with the lines from `func` to the closing brace. Relies on the
    /// formatter: a body ends at the first line that is a closing brace with the same indentation.
    static func functions(in file: SourceTree.File) -> [Function] {
        var result: [Function] = []
        for (start, line) in file.lines.enumerated() {
            let body = line.drop { $0 == " " }
            guard let name = declaredName(body) else { continue }
            let indentation = line.count - body.count
            let closing = String(repeating: " ", count: indentation) + "}"
            guard let end = file.lines[start...].firstIndex(where: { $0.hasPrefix(closing) }),
                hasBody(file.lines[start...end], indentation: indentation)
            else { continue }
            result.append(Function(name: name, line: start + 1, length: end - start + 1))
        }
        return result
    }

    /// Whether these lines are one declaration: nothing else begins at its indentation.
    private static func hasBody(_ lines: ArraySlice<Substring>, indentation: Int) -> Bool {
        lines.dropFirst().dropLast().allSatisfy { line in
            let body = line.drop { $0 == " " }
            return body.isEmpty || line.count - body.count > indentation || body.hasPrefix(")")
                || body.hasPrefix("where ") || body.hasPrefix("{") || body.hasPrefix("\"")
        } && !(lines.first?.hasSuffix("}") ?? false)
    }

    private static func declaredName(_ line: Substring) -> String? {
        let modifiers: Set<Substring> = [
            "public", "private", "fileprivate", "internal", "package", "static", "mutating",
            "nonmutating", "override", "final", "convenience", "required", "nonisolated", "class",
            "consuming", "borrowing", "isolated",
        ]
        var words = line.split(separator: " ")[...]
        while let word = words.first, modifiers.contains(word) || word.hasPrefix("@") {
            words.removeFirst()
        }
        guard let keyword = words.first else { return nil }
        if keyword == "func" { return words.dropFirst().first.map(String.init) }
        return keyword.hasPrefix("init(") || keyword.hasPrefix("init?(") ? "init" : nil
    }
}
