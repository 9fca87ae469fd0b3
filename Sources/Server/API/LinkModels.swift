import Routing
import Wire

extension API {
    /// The parts of a link's terms.
    enum LinkTermsBody {
        /// UTM values of clicks that bring none; absent ones stay, empty ones are none.
        struct UTM: Codable {
            var source: String?
            var medium: String?
            var campaign: String?
            var term: String?
            var content: String?

            init(_ values: [Text]) {
                source = values[0].string
                medium = values[1].string
                campaign = values[2].string
                term = values[3].string
                content = values[4].string
            }

            func values(before: [Text]) throws(Problem) -> [Text] {
                var values = before
                let given = [
                    (source, "utm.source"), (medium, "utm.medium"), (campaign, "utm.campaign"),
                    (term, "utm.term"), (content, "utm.content"),
                ]
                for (place, (text, field)) in given.enumerated() where text != nil {
                    values[place] = try API.checked(text, field, 0...LinkTerms.maxBytes)
                }
                return values
            }
        }

        /// Clicks with this parameter lead to a project's bot, to a pool of it or to a language.
        struct Rule: Codable {
            var name: String
            var value: String
            var project: String
            /// Empty or absent: as without the rule.
            var pool: String?
            /// Empty or absent: as without the rule.
            var language: String?

            init(_ rule: LinkTerms.Rule) {
                name = rule.name.string
                value = rule.value.string
                project = "\(rule.project)"
                pool = rule.pool.map { "\($0)" }
                language = rule.language.isEmpty ? nil : rule.language.string
            }
        }

        static func checked(_ rules: [Rule]) throws(Problem) -> [LinkTerms.Rule] {
            guard rules.count <= LinkTerms.maxRules else {
                throw .invalid("A link may have \(LinkTerms.maxRules) rules at most.")
            }
            var checked: [LinkTerms.Rule] = []
            for rule in rules {
                let language = Text(rule.language ?? "").lowercased
                guard let project = Int64(rule.project), project > 0 else {
                    throw .invalid("The field rules.project must be a project's id.")
                }
                checked.append(
                    LinkTerms.Rule(
                        name: try API.checked(rule.name, "rules.name", 1...LinkTerms.maxBytes),
                        value: try API.checked(rule.value, "rules.value", 0...LinkTerms.maxBytes),
                        project: ProjectID(project), pool: try checkedPool(rule.pool),
                        language: language))
            }
            return checked
        }

        private static func checkedPool(_ id: String?) throws(Problem) -> PoolID? {
            guard let id, !id.isEmpty else { return nil }
            guard let number = Int64(id), number > 0 else {
                throw .invalid("The field rules.pool must be a pool's id.")
            }
            return PoolID(number)
        }
    }
}

extension LinkTerms.Addresses {
    /// The API's word.
    var word: String {
        switch self {
        case .whole: "whole"
        case .truncated: "truncated"
        case .dropped: "dropped"
        }
    }
    init?(word: String) {
        guard let found = Self.allCases.first(where: { $0.word == word }) else { return nil }
        self = found
    }
}
