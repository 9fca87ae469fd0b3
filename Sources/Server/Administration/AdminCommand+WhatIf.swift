import Wire

/// How a time would have looked under other rules: figures side by side.
extension AdminCommand {
    /// Spans of `--from` that are counted back from now.
    private static let units: [Character: Int64] = [
        "m": 60_000, "h": 3_600_000, "d": 86_400_000,
    ]

    func whatIf(_ words: [String]) throws {
        let id = try projectID(words[0])
        guard let from = arguments.options["from"] else { throw AdminCommand.wrong("whatif") }
        let now = WallClock.now()
        var body: [JSONValue.Member] = [
            .init("from", .text(Text(try AdminCommand.moment(from, before: now)))),
            .init("changes", .object(try AdminFields.document(words.dropFirst()))),
        ]
        if let to = arguments.options["to"] {
            body.append(.init("to", .text(Text(try AdminCommand.moment(to, before: now)))))
        }
        let found = try client.send(
            .post, "/api/v1/projects/\(id)/what-if", .object(body),
            within: AdminClient.Limits.whatIf)
        if output.isJSON { return output.show(found) }
        for line in AdminCommand.lines(of: found) { output.print(line) }
    }

    /// A moment: RFC 3339, or a span before now such as `90m`, `24h` and `7d`.
    static func moment(_ text: String, before now: Int64) throws(Arguments.Problem) -> String {
        if let milliseconds = RFC3339.milliseconds(text) {
            return RFC3339.text(milliseconds: milliseconds)
        }
        guard let unit = text.last.flatMap({ units[$0] }), let count = Int64(text.dropLast()),
            (1...100_000).contains(count)
        else {
            throw Arguments.Problem(
                description: "\(text) is no time; say 2026-12-31T08:00:00Z, or 24h for a day ago")
        }
        return RFC3339.text(milliseconds: now - count * unit)
    }

    private static let figures: [(String, String)] = [
        ("given to agents", "assigned"), ("handed on", "handedOn"),
        ("waited, median (s)", "medianWaitSeconds"), ("waited, 95 in 100 (s)", "p95WaitSeconds"),
        ("waited longest (s)", "longestWaitSeconds"),
        ("waited, all together (s)", "unassignedSeconds"), ("still waiting", "waiting"),
    ]

    /// A report for people.
    static func lines(of report: JSONValue) -> [String] {
        let sides = [report["asItWas"] ?? .null, report["asAsked"] ?? .null]
        var table = TextTable(heads: ["", "AS IT WAS", "AS ASKED"])
        for (name, field) in figures {
            table.rows.append([name] + sides.map { TextTable.cell($0[field]) })
        }
        var names: [String] = []
        let shares = sides.map { side in
            var shares: [String: String] = [:]
            for share in side["agents"]?.elements ?? [] {
                let name = TextTable.cell(TextTable.value(share, at: "agent.name"))
                if !names.contains(name) { names.append(name) }
                shares[name] = TextTable.cell(share["assigned"])
            }
            return shares
        }
        for name in names {
            table.rows.append(["sessions of \(name)"] + shares.map { $0[name] ?? "0" })
        }
        func path(_ agents: JSONValue?) -> String {
            let names = (agents?.elements ?? []).map { TextTable.cell($0["name"]) }
            return names.isEmpty ? "-" : names.joined(separator: ", ")
        }
        var sessions = TextTable(heads: ["SESSION", "AS IT WAS", "AS ASKED"])
        sessions.rows = (report["differences"]?.elements ?? []).map {
            [TextTable.cell($0["session"]), path($0["asItWas"]), path($0["asAsked"])]
        }
        let count = TextTable.cell(report["changed"])
        let said = "sessions that come to other agents: \(count)"
        return table.lines + ["", said] + (sessions.rows.isEmpty ? [] : sessions.lines)
            + notes(of: report)
    }

    /// What limits a report, where something does.
    private static func notes(of report: JSONValue) -> [String] {
        func count(_ path: String) -> String { TextTable.cell(TextTable.value(report, at: path)) }
        return [
            ("notRepeated", "things that agents did found no place under these rules"),
            ("unknown", "were done with sessions that had been completed for long before"),
            (
                "record.different",
                "assignments differ from the histories: the journal lacks something"
            ),
        ].compactMap { path, text in count(path) == "0" ? nil : "\(count(path)) \(text)" }
    }
}
