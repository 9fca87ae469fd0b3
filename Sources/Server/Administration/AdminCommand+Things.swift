import Crypto
import Foundation
import Wire

/// Projects, agents and links.
extension AdminCommand {
    func project(_ words: [String]) throws {
        let path = "/api/v1/projects"
        switch (words.first, words.count) {
        case ("list", 1):
            output.list(
                try client.items(path, limit: limit),
                [
                    .init("ID", "id"), .init("NAME", "name"), .init("BOT", "botUsername"),
                    .init("MODE", "mode"), .init("SCOPE", "scope"), .init("SEATS", "seats"),
                    .init("TOKEN", "hasToken"),
                ])
        case ("show", 2): output.show(try client.get("\(path)/\(projectID(words[1]))"))
        case ("create", 3...):
            let fields = try AdminFields.document(words.dropFirst(3))
            let body: [JSONValue.Member] = [
                .init("name", .text(Text(words[1]))), .init("botUsername", .text(Text(words[2]))),
                .init("webhookSecret", .text(Text(Base64URL.string(SecureRandom.bytes(32))))),
            ]
            let made = try client.send(.post, path, .object(body + fields + secrets()))
            output.done("project \(made["id"]?.string ?? "") is made", made)
        case ("set", 2...):
            let fields = try AdminFields.document(words.dropFirst(2)) + secrets()
            let id = try projectID(words[1])
            output.show(try client.send(.put, "\(path)/\(id)", .object(fields)))
        case ("members", 2):
            let project = try client.get("\(path)/\(projectID(words[1]))")
            output.list(
                project["members"]?.elements ?? [],
                [
                    .init("AGENT", "agent.id"), .init("NAME", "agent.name"),
                    .init("PERMISSIONS", "permissions"), .init("IN SCOPE", "inScope"),
                    .init("TAGS", "tags"),
                ])
        case ("members", 3...): try setMembers(words)
        case ("pools", 2):
            output.list(
                try client.items("\(path)/\(projectID(words[1]))/pools"),
                [
                    .init("ID", "id"), .init("NAME", "name"), .init("UNTIL S", "untilSeconds"),
                    .init("MANNED", "manned"), .init("MEMBERS", "members"),
                ])
        case ("desk", 2): output.show(try client.get("\(path)/\(projectID(words[1]))/desk"))
        case ("webhook", 2): output.show(try client.get("\(path)/\(projectID(words[1]))/webhook"))
        case ("webhook", 3):
            let id = try projectID(words[1])
            let set = try client.send(
                .post, "\(path)/\(id)/webhook", ["url": .text(Text(words[2]))])
            output.done("Telegram delivers to \(set["url"]?.string ?? "") now", set)
        default: throw AdminCommand.wrong("project")
        }
    }

    /// The whole ordered list, from words such as `ana:reply,transfer`.
    private func setMembers(_ words: [String]) throws {
        let id = try projectID(words[1])
        let members = try words.dropFirst(2).map { word -> JSONValue in
            let parts = word.split(separator: ":", maxSplits: 1).map(String.init)
            let permissions = parts.count == 2 ? parts[1] : "reply,transfer"
            let agent = try agentID(parts[0])
            return [
                "agent": .text(Text(agent)),
                "permissions": .array(
                    permissions.split(separator: ",").map { .text(Text(String($0))) }),
            ]
        }
        var path = "/api/v1/projects/\(id)/members"
        if let successor = arguments.options["hand-over"] {
            path += "?handOver=\(try agentID(successor))"
        }
        output.show(try client.send(.put, path, .array(members)))
    }

    /// A project's secrets, from the files that options name.
    private func secrets() throws -> [JSONValue.Member] {
        try [("bot-token-file", "token"), ("secret-file", "webhookSecret")].compactMap {
            (option, field) in
            guard let file = arguments.options[option] else { return nil }
            return .init(Text(field), .text(Text(try AdminSettings.firstLine(of: file))))
        }
    }

    func agent(_ words: [String]) throws {
        let path = "/api/v1/agents"
        switch (words.first, words.count) {
        case ("list", 1):
            output.list(
                try client.items(path, limit: limit),
                [
                    .init("ID", "id"), .init("LOGIN", "login"), .init("NAME", "name"),
                    .init("ADMIN", "isAdmin"), .init("ACTIVE", "isActive"),
                    .init("PRESENCE", "presence"), .init("OPEN", "openSessions"),
                    .init("LIMIT", "openLimit"),
                ])
        case ("show", 2): output.show(try find(words[1], in: path, by: ["login"]))
        case ("create", 3):
            let (password, isMade) = try newPassword()
            let made = try client.send(
                .post, path,
                [
                    "login": .text(Text(words[1])), "name": .text(Text(words[2])),
                    "password": .text(Text(password)),
                    "isAdmin": .bool(arguments.flags.contains("admin")),
                ])
            tellPassword(
                "agent \(made["id"]?.string ?? "") is made", isMade ? password : nil, made)
        case ("set", 2...):
            let fields = try AdminFields.document(words.dropFirst(2))
            let id = try agentID(words[1])
            output.show(try client.send(.put, "\(path)/\(id)", .object(fields)))
        case ("offline", 2):
            let id = try agentID(words[1])
            output.show(try client.send(.post, "\(path)/\(id)/offline", [:]))
        default: throw AdminCommand.wrong("agent")
        }
    }

    func resetPassword(of login: String) throws {
        let agent = try find(login, in: "/api/v1/agents", by: ["login"])
        let (password, isMade) = try newPassword()
        let changed = try client.send(
            .put, "/api/v1/agents/\(agent["id"]?.string ?? "")",
            ["password": .text(Text(password))])
        tellPassword("the password of \(login) is changed", isMade ? password : nil, changed)
    }

    /// The password in the file that an option names, or a new one.
    private func newPassword() throws -> (password: String, isMade: Bool) {
        if let file = arguments.options["new-password-file"] {
            return (try AdminSettings.firstLine(of: file), false)
        }
        return (Base64URL.string(SecureRandom.bytes(12)), true)
    }

    /// Tells a password that was made here: nobody else knows it.
    private func tellPassword(_ sentence: String, _ password: String?, _ value: JSONValue) {
        guard let password else { return output.done(sentence, value) }
        let document = (value.members ?? []) + [.init("password", .text(Text(password)))]
        output.done("\(sentence): \(password)", .object(document))
    }

    func link(_ words: [String]) throws {
        let path = "/api/v1/links"
        switch (words.first, words.count) {
        case ("list", 1):
            output.list(
                try client.items(path, limit: limit),
                [
                    .init("ID", "id"), .init("CODE", "code"), .init("NAME", "name"),
                    .init("PROJECT", "project"), .init("ON", "enabled"),
                    .init("EXPIRES", "expires"), .init("CLICKS", "humanClicks"),
                    .init("STARTS", "starts"), .init("URL", "url"),
                ])
        case ("show", 2): output.show(try find(words[1], in: path, by: ["code"]))
        case ("create", 3...):
            let fields = try AdminFields.document(words.dropFirst(3))
            var body: [JSONValue.Member] = [
                .init("project", .text(Text(try projectID(words[1])))),
                .init("name", .text(Text(words[2]))),
            ]
            if let code = arguments.options["code"] {
                body.append(.init("code", .text(Text(code))))
            }
            let made = try client.send(.post, path, .object(body + fields))
            output.done(made["url"]?.string ?? "the link is made", made)
        case ("set", 2...):
            let fields = try AdminFields.document(words.dropFirst(2))
            let id = try id(words[1], in: path, by: ["code"])
            output.show(try client.send(.put, "\(path)/\(id)", .object(fields)))
        case ("report", 2): try reportLinks(of: words[1])
        default: throw AdminCommand.wrong("link")
        }
    }

    /// The links of a project side by side.
    private func reportLinks(of project: String) throws {
        let now = WallClock.now()
        let span = try ["from", "to"].compactMap { name in
            try arguments.options[name].map { text in
                "\(name)=\(try AdminCommand.moment(text, before: now))"
            }
        }
        let query = span.isEmpty ? "" : "?" + span.joined(separator: "&")
        let report = try client.get("/api/v1/projects/\(projectID(project))/links/report\(query)")
        if output.isJSON { return output.show(report) }
        output.list(
            report["items"]?.elements ?? [],
            [
                .init("ID", "link"), .init("CODE", "code"), .init("NAME", "name"),
                .init("CLICKS", "clicks.total"), .init("PEOPLE", "clicks.human"),
                .init("UNIQUE", "clicks.unique"), .init("STARTS", "funnel.starts"),
                .init("ASSIGNED", "funnel.assigned"), .init("REPLIED", "funnel.firstReplies"),
                .init("COMPLETED", "funnel.completed"),
                .init("FIRST", "attribution.sessions.first"),
                .init("LAST", "attribution.sessions.last"),
            ])
    }
}
