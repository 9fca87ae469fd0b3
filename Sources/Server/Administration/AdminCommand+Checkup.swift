import Wire

/// The checkup of a project: ten checks, what each found, what to do.
extension AdminCommand {
    func checkup(_ project: String) throws {
        let found = try client.get("/api/v1/projects/\(projectID(project))/checkup")
        if output.isJSON { return output.show(found) }
        let checks = (found["checks"]?.elements ?? []) + [found["deliveries"] ?? .null]
        var table = TextTable(heads: ["VERDICT", "CHECK", "FOUND"])
        for check in checks where check.members != nil {
            let first = [TextTable.cell(check["verdict"]), TextTable.cell(check["title"])]
            let evidence = check["evidence"]?.elements ?? []
            let texts = evidence.map { TextTable.cell($0["text"]) }
            let fix = check["fix"]?.string.map { "-> \(TextTable.cell(.text(Text($0))))" }
            let lines = texts + (fix.map { [$0] } ?? [])
            table.rows.append(first + [lines.first ?? "-"])
            for line in lines.dropFirst() { table.rows.append(["", "", line]) }
        }
        for line in table.lines { output.print(line) }
    }
}
