import Foundation
import Testing

/// The deliberate bugs of chaos/mutations must fit the code as it is.
@Suite struct MutationTests {
    static let files = SourceTree.files("mutation")

    @Test("There are at least twelve deliberate bugs")
    func count() { #expect(Self.files.count >= 12) }

    @Test("What a deliberate bug replaces is in its file exactly once", arguments: files)
    func applies(_ mutation: SourceTree.File) throws {
        var path = ""
        var old: [Substring] = []
        var checked = 0
        func finish() throws {
            guard !old.isEmpty else { return }
            let url = SourceTree.root.appendingPathComponent(path)
            let text = try String(contentsOf: url, encoding: .utf8)
            let wanted = old.joined(separator: "\n") + "\n"
            #expect(
                text.components(separatedBy: wanted).count == 2,
                "bring \(mutation.path) up to date with \(path)")
            old = []
            checked += 1
        }
        for line in mutation.lines {
            if line.hasPrefix("file: ") {
                try finish()
                path = String(line.dropFirst(6))
            } else if line.hasPrefix("@@") {
                try finish()
            } else if !path.isEmpty, line.hasPrefix("-") || line.hasPrefix(" ") {
                old.append(line.dropFirst())
            }
        }
        try finish()
        #expect(checked > 0, "\(mutation.path) changes nothing")
    }
}
