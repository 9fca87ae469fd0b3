import Foundation
import Testing

/// The repository's files as the tidy tests read them.
struct SourceTree {
    /// One text file, its path from the repository's root.
    struct File: Sendable, CustomTestStringConvertible {
        let path: String
        let lines: [Substring]
        var testDescription: String { path }
        /// The room of a file under Sources: `Wire` of `Sources/Wire/Text.swift`.
        var room: String? {
            let parts = path.split(separator: "/")
            return parts.count > 2 && parts[0] == "Sources" ? String(parts[1]) : nil
        }
        /// Numbered lines without comments and string contents, for rules about code.
        var code: [(number: Int, text: String)] {
            lines.enumerated().map { ($0.offset + 1, Self.stripped($0.element)) }
        }

        /// The line without its comment and without what stands in plain string literals.
        static func stripped(_ line: Substring) -> String {
            var result = ""
            var isInString = false
            var previous: Character = " "
            for character in line {
                if character == "\"" && previous != "\\" {
                    isInString.toggle()
                    result.append(character)
                } else if !isInString {
                    if character == "/" && previous == "/" {
                        result.removeLast()
                        return result
                    }
                    result.append(character)
                }
                previous = previous == "\\" ? " " : character
            }
            return result
        }
    }

    /// The repository's root, found from this file's place in it.
    static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// The folders that hold the project's own text.
    static let folders = ["Sources", "Tests", "chaos", "cluster", "docs", ".ci"]

    /// Every text file of the project, in the order of the paths; no third party's, no fixtures.
    static let files: [File] = {
        var paths = ["Makefile", "Package.swift", "README.md"]
        for folder in folders {
            let base = root.appendingPathComponent(folder)
            let found = FileManager.default.enumerator(atPath: base.path)
            while let path = found?.nextObject() as? String {
                paths.append("\(folder)/\(path)")
            }
        }
        return paths.filter(isOurs).sorted().compactMap(read)
    }()

    /// The files with one of these extensions.
    static func files(_ extensions: String...) -> [File] {
        files.filter { extensions.contains(($0.path as NSString).pathExtension) }
    }

    private static func isOurs(_ path: String) -> Bool {
        let parts = path.split(separator: "/")
        let foreign: Set<Substring> = [
            "Fixtures", "__pycache__", "vendor", ".pytest_cache", "corpus",
        ]
        return !parts.contains { foreign.contains($0) }
    }

    private static func read(_ path: String) -> File? {
        let url = root.appendingPathComponent(path)
        guard let data = try? Data(contentsOf: url), !data.contains(0),
            let text = String(data: data, encoding: .utf8)
        else { return nil }
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        if lines.last?.isEmpty == true { lines.removeLast() }
        return File(path: path, lines: lines)
    }
}
