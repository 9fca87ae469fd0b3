import Wire

/// The configuration of a cluster as a document: agents, projects with their members, pools and
/// texts, links. Things are named as people name them (login, bot, code), so that it can be
/// applied to another cluster; no secret is in it, and no customer.
struct ConfigurationExport {
    /// The form of the document.
    static let version: Int64 = 1

    /// What was read.
    private(set) var agents: [JSONValue] = []
    private(set) var projects: [JSONValue] = []
    private(set) var links: [JSONValue] = []
    /// Names by id, and ids by name.
    private(set) var agentIDs: [String: String] = [:]
    private(set) var projectIDs: [String: String] = [:]
    /// By bot and name.
    private(set) var poolIDs: [String: [String: String]] = [:]
    private(set) var linkIDs: [String: String] = [:]
    /// By bot and address.
    private(set) var hookIDs: [String: [String: String]] = [:]
    private var logins: [String: String] = [:]
    private var bots: [String: String] = [:]
    private var poolNames: [String: String] = [:]

    /// Reads everything from a node.
    init(_ client: AdminClient) throws {
        for agent in try client.items("/api/v1/agents") {
            let login = agent["login"]?.string ?? ""
            agentIDs[login] = agent["id"]?.string
            logins[agent["id"]?.string ?? ""] = login
            agents.append(.object(ConfigurationExport.agentFields.map { agent.member($0) }))
        }
        let found = try client.items("/api/v1/projects")
        for project in found {
            let bot = project["botUsername"]?.string ?? ""
            projectIDs[bot] = project["id"]?.string
            bots[project["id"]?.string ?? ""] = bot
        }
        for project in found { projects.append(try exported(project, client)) }
        for link in try client.items("/api/v1/links") {
            linkIDs[link["code"]?.string ?? ""] = link["id"]?.string
            links.append(exported(link))
        }
    }

    /// The document.
    var document: JSONValue {
        [
            "roundhouse": .int(ConfigurationExport.version), "agents": .array(agents),
            "projects": .array(projects), "links": .array(links),
        ]
    }

    static let agentFields = [
        "login", "name", "isAdmin", "isActive", "openLimit", "newPerMinute",
    ]
    /// A project's settings, each with what says the same as null.
    static let projectFields: [(name: String, none: JSONValue)] = [
        ("botUsername", ""), ("name", ""), ("mode", ""), ("balance", ""),
        ("assignOffline", "default"), ("scope", ""), ("seats", 0), ("claim", ""),
        ("claimOnly", false), ("openLimit", 0), ("newPerMinute", 0), ("hiddenGraceSeconds", -1),
        ("reopenSeconds", 0), ("firstReplySeconds", 0), ("firstReplyMoves", 0), ("goneSeconds", 0),
        ("autoCompleteSeconds", 0), ("messagesPerMinute", 0), ("clickRetentionDays", 0),
        ("hours", ["zone": "", "week": [], "outside": "route"]),
    ]
    private static let deskFields = [
        "tags", "cannedReplies", "welcome", "privacyNotice", "nobodyAvailable", "outOfHours",
    ]

    private mutating func exported(
        _ project: JSONValue, _ client: AdminClient
    ) throws -> JSONValue {
        let id = project["id"]?.string ?? ""
        let bot = project["botUsername"]?.string ?? ""
        var members = ConfigurationExport.projectFields.map {
            project.member($0.name, none: $0.none)
        }
        let list = project["members"]?.elements ?? []
        members.append(.init("members", .array(list.map(exportedMember))))
        var pools: [JSONValue] = []
        for pool in try client.items("/api/v1/projects/\(id)/pools") {
            let name = pool["name"]?.string ?? ""
            poolIDs[bot, default: [:]][name] = pool["id"]?.string
            poolNames[pool["id"]?.string ?? ""] = name
            pools.append(
                .object([
                    pool.member("name"), .init("only", rule(pool["only"])),
                    pool.member("untilSeconds", none: -1),
                ]))
        }
        members.append(.init("pools", .array(pools)))
        let desk = try client.get("/api/v1/projects/\(id)/desk")
        members.append(
            .init("desk", .object(ConfigurationExport.deskFields.map { desk.member($0) })))
        let moderation = try client.get("/api/v1/projects/\(id)/moderation")
        members.append(.init("moderation", .object([moderation.member("rules")])))
        members.append(.init("hooks", .array(try exportedHooks(of: id, bot, client))))
        return .object(members)
    }

    /// Hooks without their secrets and without how they fare.
    private mutating func exportedHooks(
        of project: String, _ bot: String, _ client: AdminClient
    ) throws -> [JSONValue] {
        try client.items("/api/v1/projects/\(project)/hooks").map { hook in
            hookIDs[bot, default: [:]][hook["url"]?.string ?? ""] = hook["id"]?.string
            return .object([
                hook.member("url"), hook.member("events"), hook.member("enabled"),
            ])
        }
    }

    private func exportedMember(_ member: JSONValue) -> JSONValue {
        let login = logins[member["agent"]?["id"]?.string ?? ""] ?? ""
        return .object(
            [.init("login", .text(Text(login)))]
                + ["permissions", "inScope", "tags"].map { member.member($0) })
    }

    private func exported(_ link: JSONValue) -> JSONValue {
        let pool = poolName(link["pool"])
        let rules = link["rules"]?.elements ?? []
        return .object([
            link.member("code"), link.member("name"),
            .init("project", bot(link["project"])), link.member("enabled"),
            link.member("expires", none: ""), link.member("open"),
            .init("pool", .text(Text(pool))), .init("prefer", rule(link["prefer"])),
            link.member("language"), link.member("utm"),
            .init(
                "rules",
                .array(
                    rules.map {
                        .object([
                            $0.member("name"), $0.member("value"),
                            .init("project", bot($0["project"])),
                            .init("pool", .text(Text(poolName($0["pool"])))),
                            $0.member("language", none: ""),
                        ])
                    })),
            link.member("addresses"),
        ])
    }

    private func poolName(_ id: JSONValue?) -> String {
        id?.string.flatMap { poolNames[$0] } ?? ""
    }

    private func bot(_ id: JSONValue?) -> JSONValue {
        .text(Text(id?.string.flatMap { bots[$0] } ?? ""))
    }

    /// Members named or by their tags, with logins instead of ids.
    private func rule(_ rule: JSONValue?) -> JSONValue {
        let agents = rule?["agents"]?.elements ?? []
        return .object([
            .init(
                "logins", .array(agents.map { .text(Text(logins[$0.string ?? ""] ?? "")) })),
            .init("tags", rule?["tags"] ?? []),
        ])
    }
}

extension JSONValue {
    /// The member of this name, for another object; `none` for null and for what is not there.
    func member(_ name: String, none: JSONValue = .null) -> Member {
        let found = self[name] ?? .null
        return Member(Text(name), found.isNull ? none : found)
    }

    /// Whether two documents say the same: members of objects may come in any order, and those
    /// that are not in `wanted` do not count.
    func says(_ wanted: JSONValue) -> Bool {
        switch (self, wanted) {
        case (.object, .object(let members)):
            members.allSatisfy { self[$0.name.string]?.says($0.value) ?? $0.value.isNull }
        case (.array(let mine), .array(let theirs)):
            mine.count == theirs.count && zip(mine, theirs).allSatisfy { $0.says($1) }
        default: self == wanted
        }
    }

    /// The document with line breaks, for files that people read and compare.
    func indented(_ depth: Int = 0) -> String {
        let blanks = String(repeating: "  ", count: depth + 1)
        let end = "\n" + String(repeating: "  ", count: depth)
        switch self {
        case .object(let members) where !members.isEmpty:
            let lines = members.map { member in
                let name = String(decoding: JSONValue.text(member.name).serialized(), as: UTF8.self)
                return "\(blanks)\(name): \(member.value.indented(depth + 1))"
            }
            return "{\n" + lines.joined(separator: ",\n") + end + "}"
        case .array(let elements) where elements.contains { $0.members != nil }:
            let lines = elements.map { blanks + $0.indented(depth + 1) }
            return "[\n" + lines.joined(separator: ",\n") + end + "]"
        default: return String(decoding: serialized(), as: UTF8.self)
        }
    }
}
