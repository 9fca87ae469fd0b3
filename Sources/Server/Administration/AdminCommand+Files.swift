import Foundation
import Wire

/// `export` and `import`.
extension AdminCommand {
    func export() throws {
        let document = try ConfigurationExport(client).document
        let text =
            output.isJSON
            ? String(decoding: document.serialized(), as: UTF8.self) : document.indented()
        guard let file = arguments.options["to"] else { return output.print(text) }
        guard FileManager.default.createFile(atPath: file, contents: Data((text + "\n").utf8))
        else { throw AdminFailure("\(file) can't be written", code: EX_CANTCREAT) }
        let count = { (name: String) in document[name]?.elements?.count ?? 0 }
        output.done(
            "\(file): \(count("agents")) agents, \(count("projects")) projects, "
                + "\(count("links")) links; no secret is in it")
    }

    func importFile(_ file: String) throws {
        guard let data = FileManager.default.contents(atPath: file) else {
            throw AdminFailure("\(file) can't be read", code: EX_NOINPUT)
        }
        let document: JSONValue
        do {
            document = try JSONValue.parse(Array(data))
        } catch {
            throw AdminFailure("\(file) is no JSON: \(error)", code: EX_DATAERR)
        }
        let isDryRun = arguments.flags.contains("dry-run")
        var work = try ConfigurationImport(client, isDryRun: isDryRun)
        // What was done before a failure is told, too: it stays done.
        defer { tell(work.report, isDryRun) }
        try work.apply(document)
    }

    private func tell(_ report: [String], _ isDryRun: Bool) {
        if output.isJSON {
            return output.show([
                "dryRun": .bool(isDryRun), "report": .array(report.map { .text(Text($0)) }),
            ])
        }
        for line in report { output.print(line) }
        if isDryRun { output.print("nothing was changed: this was a dry run") }
    }
}
