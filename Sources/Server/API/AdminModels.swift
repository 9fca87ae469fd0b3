import Crypto
import Routing
import Telegram
import Wire

extension API {
    /// A project as its managers see it. Secrets never leave the cluster.
    struct ProjectView: Encodable {
        struct MemberView: Encodable {
            var agent: Named
            var permissions: [String]
            var inScope: Bool
            var tags: [String]
            /// Since when their page has not shown what they were given.
            @Null var staleSince: String?
        }
        var id: String
        var name: String
        var botUsername: String
        var hasToken: Bool
        var mode: String
        var balance: String
        var assignOffline: AssignOfflineBody?
        var scope: String
        var seats: Int?
        var claim: String
        var claimOnly: Bool
        var openLimit: Int
        var newPerMinute: Int
        var hiddenGraceSeconds: Int?
        var reopenSeconds: Int
        @Null var firstReplySeconds: Int?
        var firstReplyMoves: Int
        @Null var goneSeconds: Int?
        @Null var autoCompleteSeconds: Int?
        var messagesPerMinute: Int
        @Null var clickRetentionDays: Int?
        @Null var hours: HoursBody?
        @Null var hoursKnownUntil: String?
        var members: [MemberView]
        var webhookPath: String
        /// What If-Match takes for the settings, and for the list of members.
        var etag: String?
        var membersETag: String?

        init(_ project: Project, in state: RoutingState, at time: LogTime) {
            let stale = state.stalePages(in: project.id, at: time)
            let settings = project.settings
            id = "\(project.id)"
            name = settings.name.string
            botUsername = settings.botUsername.string
            hasToken = !settings.sealedToken.isEmpty
            mode = settings.mode.word
            balance = settings.balance.word
            assignOffline = settings.assignOffline.map(AssignOfflineBody.init)
            scope = settings.scope.word
            seats = settings.seats.map { Int($0) }
            claim = settings.claim.word
            claimOnly = settings.claimOnly
            openLimit = Int(settings.openLimit)
            newPerMinute = Int(settings.newPerMinute)
            hiddenGraceSeconds = settings.hiddenGraceMilliseconds.map { Int($0 / 1000) }
            reopenSeconds = Int(settings.reopenMilliseconds / 1000)
            firstReplySeconds = settings.timers.firstReplyMilliseconds.map { Int($0 / 1000) }
            firstReplyMoves = Int(settings.timers.firstReplyMoves)
            goneSeconds = settings.timers.goneMilliseconds.map { Int($0 / 1000) }
            autoCompleteSeconds = settings.timers.completeMilliseconds.map { Int($0 / 1000) }
            messagesPerMinute = Int(settings.messagesPerMinute)
            clickRetentionDays =
                settings.clickRetentionDays == 0 ? nil : Int(settings.clickRetentionDays)
            hours = settings.hours.map(HoursBody.init)
            hoursKnownUntil = state.openTimes(of: project.id)?.end.text
            members = project.members.map {
                MemberView(
                    agent: state.named($0.agent), permissions: $0.permissions.words,
                    inScope: $0.isInScope, tags: $0.tags.map(\.string),
                    staleSince: stale[$0.agent]?.text)
            }
            webhookPath = "/telegram/\(project.id)"
            etag = state.etag(of: Setting(.project, of: project.id))
            membersETag = state.etag(of: Setting(.members, of: project.id))
        }
    }

    /// `"never"`, `{"afterSeconds": n}`, or `"default"` for what the mode says.
    enum AssignOfflineBody: Codable {
        case modeDefault
        case never
        case after(seconds: Int)

        private struct After: Codable { var afterSeconds: Int }

        init(_ policy: AssignOffline) {
            switch policy {
            case .never: self = .never
            case .after(let milliseconds): self = .after(seconds: Int(milliseconds / 1000))
            }
        }
        init(from decoder: any Decoder) throws {
            if let word = try? decoder.singleValueContainer().decode(String.self) {
                switch word {
                case "never": self = .never
                case "default": self = .modeDefault
                default:
                    throw DecodingError.dataCorrupted(
                        .init(codingPath: decoder.codingPath, debugDescription: word))
                }
            } else {
                let after = try After(from: decoder)
                guard (0...604_800).contains(after.afterSeconds) else {
                    throw DecodingError.dataCorrupted(
                        .init(codingPath: decoder.codingPath, debugDescription: "out of range"))
                }
                self = .after(seconds: after.afterSeconds)
            }
        }
        func encode(to encoder: any Encoder) throws {
            switch self {
            case .modeDefault, .never:
                var container = encoder.singleValueContainer()
                try container.encode(policy == nil ? "default" : "never")
            case .after(let seconds):
                try After(afterSeconds: seconds).encode(to: encoder)
            }
        }
        var policy: AssignOffline? {
            switch self {
            case .modeDefault: nil
            case .never: .never
            case .after(let seconds): .after(milliseconds: Int64(seconds) * 1000)
            }
        }
    }

    /// A project's fields to set; absent ones stay.
    struct ProjectBody: Decodable {
        var name: String?
        var botUsername: String?
        var token: String?
        var webhookSecret: String?
        var mode: String?
        var balance: String?
        var assignOffline: AssignOfflineBody?
        var scope: String?
        var seats: Int?
        var claim: String?
        var claimOnly: Bool?
        var openLimit: Int?
        var newPerMinute: Int?
        var hiddenGraceSeconds: Int?
        var reopenSeconds: Int?
        // Spans of what happens by itself; 0 and below: never.
        var firstReplySeconds: Int?
        var firstReplyMoves: Int?
        var goneSeconds: Int?
        var autoCompleteSeconds: Int?
        var messagesPerMinute: Int?
        var clickRetentionDays: Int?
        var hours: HoursBody?

        func apply(to settings: inout ProjectSettings, secrets: Secrets) throws(Problem) {
            if name != nil { settings.name = try checked(name, "name", 1...100) }
            if let botUsername { settings.botUsername = try checkedUsername(botUsername) }
            if let token {
                guard BotToken.isValid(Text(token)) else {
                    throw .invalid(
                        "The field token is no bot token.",
                        hint: "Copy the whole token from BotFather; it looks like 123456:ABC-DEF.")
                }
                settings.sealedToken = secrets.seal(Text(token), for: .botToken)
            }
            if let webhookSecret {
                settings.sealedSecret = secrets.seal(
                    try checkedSecret(webhookSecret), for: .webhookSecret)
            }
            try applyRules(to: &settings)
            try applyTimers(to: &settings.timers)
            if let hours { settings.hours = try hours.hours() }
            if let messagesPerMinute {
                guard (0...10_000).contains(messagesPerMinute) else {
                    throw .invalid("The field messagesPerMinute must be from 0 to 10000.")
                }
                settings.messagesPerMinute = UInt32(messagesPerMinute)
            }
            if let clickRetentionDays {
                let longest = Int(ProjectSettings.longestClickRetentionDays)
                guard (0...longest).contains(clickRetentionDays) else {
                    throw .invalid("The field clickRetentionDays must be from 0 to \(longest).")
                }
                settings.clickRetentionDays = UInt32(clickRetentionDays)
            }
        }

        private func applyTimers(to timers: inout Timers) throws(Problem) {
            func set(
                _ seconds: Int?, _ field: String, _ span: inout Int64?
            ) throws(Problem) {
                guard let seconds else { return }
                guard seconds <= 31_536_000 else {
                    throw .invalid("The field \(field) must be at most 31536000.")
                }
                span = seconds <= 0 ? nil : Int64(seconds) * 1000
            }
            try set(firstReplySeconds, "firstReplySeconds", &timers.firstReplyMilliseconds)
            try set(goneSeconds, "goneSeconds", &timers.goneMilliseconds)
            try set(autoCompleteSeconds, "autoCompleteSeconds", &timers.completeMilliseconds)
            guard let firstReplyMoves else { return }
            guard (0...100).contains(firstReplyMoves) else {
                throw .invalid("The field firstReplyMoves must be from 0 to 100.")
            }
            timers.firstReplyMoves = UInt32(firstReplyMoves)
        }

        func applyRules(to settings: inout ProjectSettings) throws(Problem) {
            func word<Value>(
                _ text: String?, _ field: String, _ make: (String) -> Value?
            ) throws(Problem) -> Value? {
                guard let text else { return nil }
                guard let value = make(text) else {
                    throw .invalid("The field \(field) has no value \"\(text)\".")
                }
                return value
            }
            if let mode = try word(mode, "mode", Mode.init(word:)) { settings.mode = mode }
            if let balance = try word(balance, "balance", Balance.init(word:)) {
                settings.balance = balance
            }
            if let scope = try word(scope, "scope", Scope.init(word:)) { settings.scope = scope }
            if let claim = try word(claim, "claim", ClaimRule.init(word:)) {
                settings.claim = claim
            }
            if let assignOffline { settings.assignOffline = assignOffline.policy }
            if let claimOnly { settings.claimOnly = claimOnly }
            if let seats = try checkedLimit(seats, "seats") {
                settings.seats = seats == 0 ? nil : seats
            }
            if let limit = try checkedLimit(openLimit, "openLimit") { settings.openLimit = limit }
            if let limit = try checkedLimit(newPerMinute, "newPerMinute") {
                settings.newPerMinute = limit
            }
            if let seconds = hiddenGraceSeconds {
                // A negative grace is "never": hidden pages count as visible.
                guard seconds <= 86_400 else {
                    throw .invalid("The field hiddenGraceSeconds must be at most 86400.")
                }
                settings.hiddenGraceMilliseconds = seconds < 0 ? nil : Int64(seconds) * 1000
            }
            if let seconds = reopenSeconds {
                guard (0...31_536_000).contains(seconds) else {
                    throw .invalid("The field reopenSeconds must be from 0 to 31536000.")
                }
                settings.reopenMilliseconds = Int64(seconds) * 1000
            }
        }
    }

    /// A place in a project's list.
    struct MemberBody: Decodable {
        var agent: String
        var permissions: [String]
        var inScope: Bool?
        /// Absent: those that the member has.
        var tags: [String]?

        func member(before: Project) throws(Problem) -> Member {
            guard let id = Int64(agent), id > 0 else {
                throw .invalid("The field agent must be an agent's id.")
            }
            guard let permissions = Permissions(words: permissions) else {
                throw .invalid(
                    "The field permissions may hold view, reply, transfer and manage only.")
            }
            return Member(
                agent: AgentID(id), permissions: permissions, isInScope: inScope ?? true,
                tags: try tags.map(checkedTags) ?? before.member(AgentID(id))?.tags ?? [])
        }
    }

    /// An agent's fields.
    struct AgentBody: Decodable {
        var login: String?
        var name: String?
        var password: String?
        var isAdmin: Bool?
        var isActive: Bool?
        var openLimit: Int?
        var newPerMinute: Int?
        /// With `isActive: false`: who gets the sessions.
        var handOver: String?

        var touchesOnlyOwnFields: Bool {
            login == nil && isAdmin == nil && isActive == nil && openLimit == nil
                && newPerMinute == nil && handOver == nil
        }
    }

    /// A link as managers see it.
    struct LinkView: Encodable {
        var id: String
        var code: String
        var url: String
        var name: String
        var project: String
        var enabled: Bool
        @Null var expires: String?
        var open: String
        @Null var pool: String?
        var prefer: MemberRuleBody
        var language: String
        var humanClicks: Int64
        var otherClicks: Int64
        var starts: Int64
        var version: Int64
        var utm: LinkTermsBody.UTM
        var rules: [LinkTermsBody.Rule]
        var addresses: String
        var etag: String?

        init(_ link: Link, base: String, in state: RoutingState) {
            id = "\(link.id)"
            code = link.settings.code.string
            url = base + "/" + link.settings.code.string
            name = link.settings.name.string
            project = "\(link.settings.project)"
            enabled = link.settings.isEnabled
            expires = link.settings.expires?.text
            open = link.settings.opensApp ? "app" : "web"
            pool = link.settings.pool.map { "\($0)" }
            prefer = MemberRuleBody(link.settings.prefer)
            language = link.settings.language.string
            humanClicks = Int64(clamping: link.humanClicks)
            otherClicks = Int64(clamping: link.otherClicks)
            starts = Int64(clamping: link.starts)
            version = Int64(clamping: link.version)
            utm = LinkTermsBody.UTM(link.terms.utm)
            rules = link.terms.rules.map(LinkTermsBody.Rule.init)
            addresses = link.terms.addresses.word
            etag = state.etag(of: Setting(.link, of: link.id))
        }
    }

    /// A link's fields to set; absent ones stay. `expires` empty: never; `pool` empty: none.
    struct LinkBody: Decodable {
        var code: String?
        var name: String?
        var project: String?
        var enabled: Bool?
        var expires: String?
        var open: String?
        var pool: String?
        var prefer: MemberRuleBody?
        var language: String?
        var utm: LinkTermsBody.UTM?
        var rules: [LinkTermsBody.Rule]?
        var addresses: String?
        /// An edit's: the version that was seen.
        var version: UInt64?

        func apply(to terms: inout LinkTerms) throws(Problem) {
            if let utm { terms.utm = try utm.values(before: terms.utm) }
            if let rules { terms.rules = try LinkTermsBody.checked(rules) }
            guard let addresses else { return }
            guard let kept = LinkTerms.Addresses(word: addresses) else {
                throw .invalid("The field addresses must be whole, truncated or dropped.")
            }
            terms.addresses = kept
        }

        func apply(to settings: inout LinkSettings) throws(Problem) {
            if let pool {
                settings.pool = Int64(pool).map { PoolID($0) }
                guard pool.isEmpty || settings.pool != nil else {
                    throw .invalid("The field pool must be a pool's id, or empty.")
                }
            }
            if let prefer { settings.prefer = try prefer.rule() }
            if let language { settings.language = try checkedLanguage(language) }
            if let enabled { settings.isEnabled = enabled }
            if let expires {
                guard expires.isEmpty || RFC3339.milliseconds(expires) != nil else {
                    throw .invalid(
                        "The field expires must be a time such as 2026-12-31T00:00:00Z.")
                }
                settings.expires = RFC3339.milliseconds(expires).map {
                    LogTime(milliseconds: $0)
                }
            }
            if let open {
                guard open == "web" || open == "app" else {
                    throw .invalid("The field open must be web or app.")
                }
                settings.opensApp = open == "app"
            }
        }
    }
}

/// Checks of fields, each with the problem that names it.
extension API {
    /// A text of so many bytes.
    static func checked(
        _ text: String?, _ field: String, _ bytes: ClosedRange<Int>
    ) throws(Problem) -> Text {
        guard let text, bytes.contains(text.utf8.count) else {
            throw .invalid(
                "The field \(field) must have \(bytes.lowerBound) to \(bytes.upperBound) bytes.")
        }
        return Text(text)
    }
    static func checkedPassword(_ text: String?) throws(Problem) -> [UInt8] {
        guard let text, (8...Node.maxPasswordBytes).contains(text.utf8.count) else {
            throw .invalid(
                "The field password must have 8 to \(Node.maxPasswordBytes) bytes.")
        }
        return Array(text.utf8)
    }
    static func checkedLimit(_ number: Int?, _ field: String) throws(Problem) -> UInt32? {
        guard let number else { return nil }
        guard (0...1_000_000).contains(number) else {
            throw .invalid("The field \(field) must be from 0 (no limit) to 1000000.")
        }
        return UInt32(number)
    }
    static func checkedUsername(_ text: String) throws(Problem) -> Text {
        let name = text.hasPrefix("@") ? String(text.dropFirst()) : text
        guard (5...32).contains(name.utf8.count),
            name.utf8.allSatisfy({ isWordByte($0) && $0 != UInt8(ascii: "-") })
        else {
            throw .invalid(
                "The field botUsername must have 5 to 32 characters of A-Z a-z 0-9 _.")
        }
        return Text(name)
    }
    /// What Telegram takes as a webhook's secret.
    static func checkedSecret(_ text: String) throws(Problem) -> Text {
        guard (1...256).contains(text.utf8.count), text.utf8.allSatisfy(isWordByte) else {
            throw .invalid(
                "The field webhookSecret must have 1 to 256 characters of A-Z a-z 0-9 _ -.")
        }
        return Text(text)
    }
    /// Paths that are the node's own.
    static let reservedCodes: Set<String> = [
        "api", "assets", "telegram", "healthz", "readyz", "metrics", "status", "favicon.ico",
        "robots.txt", "index.html", "login", "admin", "console", "well-known",
    ]
    static func checkedCode(_ text: String) throws(Problem) -> Text {
        guard (1...64).contains(text.utf8.count), text.utf8.allSatisfy(isWordByte) else {
            throw .invalid("The field code must have 1 to 64 characters of A-Z a-z 0-9 _ -.")
        }
        guard !reservedCodes.contains(text.lowercased()) else {
            throw .invalid("The code \(text) is an address of Roundhouse itself.")
        }
        return Text(text)
    }
    /// A random code without characters that look alike.
    static func newCode() -> Text {
        let alphabet = Array("23456789abcdefghjkmnpqrstuvwxyz".utf8)
        // 8 of 31 characters; a collision is refused by the cluster. The bias of the remainder is
        // of no consequence, as codes are public.
        return Text(SecureRandom.bytes(8).map { alphabet[Int($0) % alphabet.count] })
    }
    private static func isWordByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default: false
        }
    }
}
