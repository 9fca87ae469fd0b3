import Crypto
import Glibc
import HTTP
import Wire

/// Applies a document of `ConfigurationExport` to a cluster: makes what is missing, changes what is
/// different, leaves alone what the document does not name. Done twice it does nothing the second
/// time.
struct ConfigurationImport {
    private let client: AdminClient
    /// What there is, read anew after each step that makes something.
    private var current: ConfigurationExport
    private let isDryRun: Bool
    /// What was done, or would be, as lines for people.
    private(set) var report: [String] = []

    /// An import that asks a node, and only tells what it would do when it is a dry run.
    init(_ client: AdminClient, isDryRun: Bool) throws {
        self.client = client
        self.isDryRun = isDryRun
        current = try ConfigurationExport(client)
    }

    /// Applies a document: agents, projects, then what names both.
    mutating func apply(_ document: JSONValue) throws {
        guard document["roundhouse"]?.int == ConfigurationExport.version else {
            throw AdminFailure(
                "the document does not begin with \"roundhouse\": \(ConfigurationExport.version); "
                    + "it is not one that `roundhouse export` of this release wrote",
                code: EX_DATAERR)
        }
        for agent in document["agents"]?.elements ?? [] { try applyAgent(agent) }
        for project in document["projects"]?.elements ?? [] { try applySettings(project) }
        if !isDryRun { current = try ConfigurationExport(client) }
        for project in document["projects"]?.elements ?? [] { try applyParts(project) }
        if !isDryRun { current = try ConfigurationExport(client) }
        for link in document["links"]?.elements ?? [] { try applyLink(link) }
    }

    private mutating func applyAgent(_ wanted: JSONValue) throws {
        let login = try name(wanted, "login", "agents")
        let found = current.agents.first { $0["login"]?.string == login }
        if found?.says(wanted) == true { return note("agent", login, "as it is") }
        let fields = (wanted.members ?? []).filter { $0.name != "login" }
        if found == nil {
            note("agent", login, "made, with a password that nobody knows: reset it")
            guard !isDryRun else { return }
            let password = Base64URL.string(SecureRandom.bytes(24))
            let made = try client.send(
                .post, "/api/v1/agents",
                [
                    "login": .text(Text(login)), "name": wanted["name"] ?? .text(Text(login)),
                    "password": .text(Text(password)), "isAdmin": wanted["isAdmin"] ?? false,
                ])
            let id = made["id"]?.string ?? ""
            return try change("/api/v1/agents/\(id)", fields)
        }
        note("agent", login, "changed")
        try change("/api/v1/agents/\(current.agentIDs[login] ?? "")", fields)
    }

    private static let parts: Set<Text> = ["members", "pools", "desk", "moderation", "hooks"]

    private mutating func applySettings(_ wanted: JSONValue) throws {
        let bot = try name(wanted, "botUsername", "projects")
        let fields = (wanted.members ?? []).filter { !ConfigurationImport.parts.contains($0.name) }
        guard let found = current.projects.first(where: { $0["botUsername"]?.string == bot })
        else {
            note("project", bot, "made, without a token: set it")
            guard !isDryRun else { return }
            let secret = Base64URL.string(SecureRandom.bytes(32))
            let body = fields + [.init("webhookSecret", .text(Text(secret)))]
            try client.send(.post, "/api/v1/projects", .object(body))
            return
        }
        if found.says(.object(fields)) { return note("project", bot, "as it is") }
        note("project", bot, "changed")
        try change("/api/v1/projects/\(current.projectIDs[bot] ?? "")", fields)
    }

    /// Members, pools, texts and hooks of a project.
    private mutating func applyParts(_ wanted: JSONValue) throws {
        let bot = try name(wanted, "botUsername", "projects")
        let found = current.projects.first { $0["botUsername"]?.string == bot }
        let path = "/api/v1/projects/\(current.projectIDs[bot] ?? "")"
        if let members = wanted["members"], found?["members"]?.says(members) != true {
            note("members of", bot, "changed")
            if !isDryRun {
                let list = try (members.elements ?? []).map { try member($0) }
                try client.send(.put, path + "/members", .array(list))
            }
        }
        for pool in wanted["pools"]?.elements ?? [] {
            let poolName = try name(pool, "name", "pools")
            let known = found?["pools"]?.elements?.first { $0["name"]?.string == poolName }
            if known?.says(pool) == true { continue }
            note("pool of \(bot)", poolName, known == nil ? "made" : "changed")
            guard !isDryRun else { continue }
            let body = try JSONValue.object(
                (pool.members ?? []).map { field in
                    field.name == "only" ? .init("only", try rule(field.value)) : field
                })
            if let id = current.poolIDs[bot]?[poolName] {
                try client.send(.put, "/api/v1/pools/\(id)", body)
            } else {
                try client.send(.post, path + "/pools", body)
            }
        }
        for (part, what) in [("desk", "texts of"), ("moderation", "rules about texts of")] {
            guard let document = wanted[part], found?[part]?.says(document) != true else {
                continue
            }
            note(what, bot, "changed")
            if !isDryRun { try client.send(.put, "\(path)/\(part)", document) }
        }
        for hook in wanted["hooks"]?.elements ?? [] { try applyHook(hook, of: bot, path) }
    }

    private mutating func applyHook(
        _ wanted: JSONValue, of bot: String, _ path: String
    ) throws {
        let url = try name(wanted, "url", "hooks")
        let hooks = current.projects.first { $0["botUsername"]?.string == bot }?["hooks"]
        let found = hooks?.elements?.first { $0["url"]?.string == url }
        if found?.says(wanted) == true { return }
        let made = "made, with a secret that nobody knows: renew it"
        note("hook of \(bot)", url, found == nil ? made : "changed")
        guard !isDryRun else { return }
        if let id = current.hookIDs[bot]?[url] {
            try client.send(.put, "/api/v1/hooks/\(id)", wanted)
        } else {
            try client.send(.post, path + "/hooks", wanted)
        }
    }

    private mutating func applyLink(_ wanted: JSONValue) throws {
        let code = try name(wanted, "code", "links")
        let found = current.links.first { $0["code"]?.string == code }
        if found?.says(wanted) == true { return note("link", code, "as it is") }
        note("link", code, found == nil ? "made" : "changed")
        guard !isDryRun else { return }
        let bot = wanted["project"]?.string ?? ""
        let body = try JSONValue.object(
            (wanted.members ?? []).map { field in
                switch field.name {
                case "project": .init("project", try project(field.value))
                case "prefer": .init("prefer", try rule(field.value))
                case "pool":
                    .init(
                        "pool", .text(Text(current.poolIDs[bot]?[field.value.string ?? ""] ?? "")))
                case "rules":
                    .init("rules", .array(try (field.value.elements ?? []).map { try target($0) }))
                default: field
                }
            })
        if let id = current.linkIDs[code] {
            try client.send(.put, "/api/v1/links/\(id)", body)
        } else {
            try client.send(.post, "/api/v1/links", body)
        }
    }

    // MARK: Names

    private func name(_ value: JSONValue, _ field: String, _ list: String) throws -> String {
        guard let name = value[field]?.string, !name.isEmpty else {
            throw AdminFailure(
                "an element of \"\(list)\" has no \"\(field)\"", code: EX_DATAERR)
        }
        return name
    }

    private func agent(_ login: JSONValue?) throws -> JSONValue {
        guard let login = login?.string, let id = current.agentIDs[login] else {
            throw AdminFailure(
                "there is no agent \(TextTable.cell(login)); nothing that names it was changed",
                code: EX_DATAERR)
        }
        return .text(Text(id))
    }

    private func project(_ bot: JSONValue?) throws -> JSONValue {
        guard let bot = bot?.string, let id = current.projectIDs[bot] else {
            throw AdminFailure(
                "there is no project with the bot \(TextTable.cell(bot))", code: EX_DATAERR)
        }
        return .text(Text(id))
    }

    private func member(_ value: JSONValue) throws -> JSONValue {
        let others = (value.members ?? []).filter { $0.name != "login" }
        return .object([.init("agent", try agent(value["login"]))] + others)
    }

    private func rule(_ value: JSONValue) throws -> JSONValue {
        let agents = try (value["logins"]?.elements ?? []).map { try agent($0) }
        return ["agents": .array(agents), "tags": value["tags"] ?? []]
    }

    private func target(_ value: JSONValue) throws -> JSONValue {
        let others = (value.members ?? []).filter { $0.name != "project" && $0.name != "pool" }
        let pools = current.poolIDs[value["project"]?.string ?? ""]
        let pool = value["pool"]?.string.flatMap { pools?[$0] } ?? ""
        return .object(
            others + [
                .init("project", try project(value["project"])), .init("pool", .text(Text(pool))),
            ])
    }

    private mutating func note(_ kind: String, _ name: String, _ what: String) {
        report.append("\(kind) \(name): \(what)")
    }

    private func change(_ path: String, _ fields: [JSONValue.Member]) throws {
        if !isDryRun { try client.send(.put, path, .object(fields)) }
    }
}
