import Wire

/// Sessions, and why they are where they are.
extension AdminCommand {
    func session(_ words: [String]) throws {
        switch (words.first ?? "", words.count) {
        case ("list", 1): try listSessions()
        case ("show", 2): output.show(try client.get(sessionPath(words[1])))
        case ("history", 2):
            output.list(
                try history(of: words[1]),
                [
                    .init("AT", "at"), .init("KIND", "kind"), .init("FROM", "from"),
                    .init("AGENT", "agent"), .init("TO", "to"), .init("DELIVERY", "delivery"),
                    .init("TEXT", "text"),
                ])
        case (let verb, 2)
        where ["claim", "take-over", "give-back", "complete", "reopen"]
            .contains(verb):
            try change(words[1], verb, [])
        case ("transfer", 3):
            var fields: [JSONValue.Member] = []
            let to = words[2] == "any" ? "any" : try agentID(words[2])
            fields.append(.init("to", .text(Text(to))))
            if let remark = arguments.options["remark"] {
                fields.append(.init("remark", .text(Text(remark))))
            }
            if arguments.flags.contains("confirm") { fields.append(.init("confirm", true)) }
            try change(words[1], "transfer", fields)
        case ("send-file", 3): try sendFile(words[2], in: words[1])
        default: throw AdminCommand.wrong("session")
        }
    }

    /// Where a session is; its id goes into a path as it is.
    func sessionPath(_ id: String) throws(Arguments.Problem) -> String {
        guard AdminCommand.isID(id) else {
            throw Arguments.Problem(description: "\(id) is no session's id, which is digits alone")
        }
        return "/api/v1/sessions/\(id)"
    }

    private func listSessions() throws {
        let lists = ["all", "waiting", "completed", "mine", "alerted"]
        var path = "/api/v1/sessions?list=\(try word("list", lists))"
        if let project = arguments.options["project"] {
            path += "&project=\(try projectID(project))"
        }
        output.list(
            try client.items(path, limit: limit),
            [
                .init("ID", "id"), .init("STATE", "state"), .init("CUSTOMER", "customer.name"),
                .init("OWNER", "owner.name"), .init("WAITING SINCE", "waitingSince"),
                .init("OPENED", "openedAt"), .init("SOURCE", "source.name"),
                .init("LAST MESSAGE", "lastMessage.text"),
            ])
    }

    /// An option that is one of some words; the first when it is not given.
    private func word(_ option: String, _ known: [String]) throws -> String {
        guard let text = arguments.options[option] else { return known[0] }
        guard known.contains(text) else {
            throw Arguments.Problem(
                description: "--\(option) is one of \(known.joined(separator: ", "))")
        }
        return text
    }

    /// Changes a session as it is now; a change that comes between is a conflict, and nothing is
    /// done.
    private func change(_ id: String, _ verb: String, _ fields: [JSONValue.Member]) throws {
        let session = try client.get(sessionPath(id))
        let version = JSONValue.Member("version", session["version"] ?? .null)
        let answer = try client.send(
            .post, sessionPath(id) + "/\(verb)", .object([version] + fields))
        if answer.isNull {
            output.done("session \(id): \(verb) is done; you do not see it any more")
        } else {
            output.show(answer)
        }
    }

    /// A session's whole history, oldest first.
    private func history(of id: String) throws -> [JSONValue] {
        var items: [JSONValue] = []
        var before: String?
        repeat {
            let more = before.map { "&before=\($0)" } ?? ""
            let page = try client.get(
                sessionPath(id) + "/history?limit=\(AdminClient.Limits.historyPage)\(more)")
            items = (page["items"]?.elements ?? []) + items
            before = page["next"]?.string
        } while before != nil
        return items
    }

    func decision(_ words: [String]) throws {
        switch (words.first, words.count) {
        case ("list", 2):
            let decisions = try history(of: words[1]).compactMap { $0["decision"] }
                .filter { !$0.isNull }
            if output.isJSON { return output.list(decisions, []) }
            output.list(
                decisions.map { decision in
                    let told = decision["candidates"]?.elements?.map(AdminCommand.candidate) ?? []
                    let text = Text(told.joined(separator: "; "))
                    return .object((decision.members ?? []) + [.init("told", .text(text))])
                },
                [
                    .init("AT", "at"), .init("CAUSE", "cause"), .init("MODE", "mode"),
                    .init("CHOSEN", "chosen.name"), .init("CANDIDATES", "told"),
                ])
        case ("why", 2):
            let session = try client.get(sessionPath(words[1]))
            let names = ["state", "owner", "blockers", "releases", "triedAll"]
            if output.isJSON {
                return output.show(
                    .object(names.map { .init(Text($0), session[$0] ?? .null) }))
            }
            tellWhy(words[1], session)
        default: throw AdminCommand.wrong("decision")
        }
    }

    private func tellWhy(_ id: String, _ session: JSONValue) {
        guard session["state"]?.string == "unassigned" else {
            let owner = TextTable.cell(session["owner"])
            let state = TextTable.cell(session["state"])
            return output.done("session \(id) is \(state), its agent: \(owner)")
        }
        output.done("session \(id) waits since \(TextTable.cell(session["waitingSince"]))")
        for blocker in session["blockers"]?.elements ?? [] {
            output.done("  \(AdminCommand.candidate(blocker))")
        }
        for release in session["releases"]?.elements ?? [] {
            output.done("  would release it: \(TextTable.cell(release["text"]))")
        }
        if session["triedAll"]?.bool == false {
            output.done("  not every change was tried: there are too many")
        }
    }

    /// Who, and what speaks against them.
    private static func candidate(_ value: JSONValue) -> String {
        let reasons = value["reasons"]?.elements ?? []
        let against = reasons.map { TextTable.cell($0["text"] ?? $0["code"]) }
        let name = TextTable.cell(value["agent"])
        return against.isEmpty ? "\(name): ready" : "\(name): \(against.joined(separator: ", "))"
    }
}
