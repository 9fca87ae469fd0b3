import Routing
import Wire

extension API {
    /// Some of a project's members, named or by their tags.
    struct MemberRuleBody: Codable {
        var agents: [String]?
        var tags: [String]?

        init(_ rule: MemberRule) {
            agents = rule.agents.map { "\($0)" }
            tags = rule.tags.map(\.string)
        }

        func rule() throws(Problem) -> MemberRule {
            var rule = MemberRule(tags: try API.checkedTags(tags ?? []))
            for agent in agents ?? [] {
                guard let id = Int64(agent), id > 0 else {
                    throw .invalid("The field agents must hold agents' ids.")
                }
                rule.agents.append(AgentID(id))
            }
            return rule
        }
    }

    /// A named pool.
    struct PoolView: Encodable {
        var id: String
        var project: String
        var name: String
        var only: MemberRuleBody
        @Null var untilSeconds: Int?
        /// Whether an active member is in it; while not, it is as if the project were named.
        var manned: Bool
        var members: [Named]
        var etag: String?

        init(_ pool: Pool, members: [Named], in state: RoutingState) {
            id = "\(pool.id)"
            project = "\(pool.project)"
            name = pool.settings.name.string
            only = MemberRuleBody(pool.settings.only)
            untilSeconds = pool.settings.untilMilliseconds.map { Int($0 / 1000) }
            manned = pool.isManned
            self.members = members
            etag = state.etag(of: Setting(.pool, of: pool.id))
        }
    }

    /// A pool's fields to set; absent ones stay. `untilSeconds` below 0: never.
    struct PoolBody: Decodable {
        var name: String?
        var only: MemberRuleBody?
        var untilSeconds: Int?

        func apply(to settings: inout PoolSettings) throws(Problem) {
            if name != nil { settings.name = try checked(name, "name", 1...100) }
            if let only { settings.only = try only.rule() }
            guard let untilSeconds else { return }
            guard untilSeconds <= API.longestWaitSeconds else {
                throw .invalid(
                    "The field untilSeconds must be at most \(API.longestWaitSeconds).")
            }
            settings.untilMilliseconds = untilSeconds < 0 ? nil : Int64(untilSeconds) * 1000
        }
    }

    /// The longest wait that a rule may name: a week.
    static let longestWaitSeconds = 604_800

    /// Tags in lower case, as they are kept.
    static func checkedTags(_ tags: [String]) throws(Problem) -> [Text] {
        var checked: [Text] = []
        for tag in tags {
            let tag = Text(tag).lowercased
            guard (1...64).contains(tag.utf8.count),
                tag.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7f && $0 != UInt8(ascii: ",") })
            else {
                throw .invalid("A tag must have 1 to 64 bytes, without a space or a comma.")
            }
            if !checked.contains(tag) { checked.append(tag) }
        }
        return checked
    }

    /// A language in BCP 47, in lower case; empty: none.
    static func checkedLanguage(_ text: String) throws(Problem) -> Text {
        let language = Text(text).lowercased
        guard language.utf8.count <= 35,
            language.utf8.allSatisfy({ byte in
                (0x61...0x7a).contains(byte) || (0x30...0x39).contains(byte) || byte == 0x2d
            })
        else { throw .invalid("The field language must be a language such as pt-BR.") }
        return language
    }
}
