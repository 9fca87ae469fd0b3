import Routing
import Wire

extension API {
    /// One thing not to be said, as managers write it.
    struct ModerationRule: Codable {
        var text: String
        var match: String
        var direction: String
        var action: String

        init(_ rule: Routing.ModerationRule) {
            text = rule.text.string
            match = rule.form.word
            direction = rule.way.word
            action = rule.action.word
        }

        func checked() throws(Problem) -> Routing.ModerationRule {
            typealias Rule = Routing.ModerationRule
            let form = try API.choice(match, "rules.match", Rule.Form.allCases, \.word)
            let way = try API.choice(direction, "rules.direction", Rule.Way.allCases, \.word)
            let action = try API.choice(action, "rules.action", Rule.Action.allCases, \.word)
            let text = try API.checked(text, "rules.text", 1...Rule.maxBytes)
            return Rule(text, form, way, action)
        }
    }

    /// What a project does not want said.
    struct ModerationView: Encodable {
        /// The log index of the last change; "0": there never was one.
        var version: String
        var rules: [ModerationRule]
        var etag: String?

        init(_ moderation: Moderation, etag: String?) {
            version = "\(moderation.version)"
            rules = moderation.rules.map(ModerationRule.init)
            self.etag = etag
        }
    }

    /// `PUT .../moderation`.
    struct ModerationBody: Decodable {
        var rules: [ModerationRule]

        func checked() throws(Problem) -> [Routing.ModerationRule] {
            guard rules.count <= Moderation.limit else {
                throw .invalid("A project may have \(Moderation.limit) rules at most.")
            }
            var checked: [Routing.ModerationRule] = []
            for rule in rules {
                let rule = try rule.checked()
                guard Moderator.takes(rule) else {
                    throw .invalid(
                        "The rule \"\(rule.text)\" would be found in nearly every text.",
                        hint: "A pattern names two characters besides * ? # or more.")
                }
                checked.append(rule)
            }
            return checked
        }
    }

    /// What rules said of a text, in a session's history.
    struct ModerationMark: Encodable {
        var action: String
        var rule: String
        var version: String

        init(_ verdict: Verdict) {
            action = verdict.action.word
            rule = verdict.rule.string
            version = "\(verdict.version)"
        }
    }

    /// The case with this word.
    private static func choice<Case>(
        _ word: String, _ field: String, _ cases: [Case], _ name: (Case) -> String
    ) throws(Problem) -> Case {
        guard let found = cases.first(where: { name($0) == word }) else {
            let names = cases.map(name).joined(separator: ", ")
            throw .invalid("The field \(field) must be one of \(names).")
        }
        return found
    }
}

extension Routing.ModerationRule.Form {
    /// The API's word.
    var word: String {
        switch self {
        case .word: "word"
        case .pattern: "pattern"
        }
    }
}

extension Routing.ModerationRule.Way {
    /// The API's word.
    var word: String {
        switch self {
        case .inbound: "in"
        case .outbound: "out"
        case .both: "both"
        }
    }
}

extension Routing.ModerationRule.Action {
    /// The API's word.
    var word: String {
        switch self {
        case .flag: "flag"
        case .confirm: "confirm"
        case .block: "block"
        }
    }
}
