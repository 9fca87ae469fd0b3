import Wire

/// A field of something configured, with its value as text. A secret's value is compared and never
/// written anywhere.
struct AuditFact: Equatable {
    var field: Text
    var value: Text
    var isSecret = false
}

/// Facts being collected.
private struct Facts {
    var list: [AuditFact] = []

    mutating func add(_ field: Text, _ value: Text) {
        if !value.isEmpty { list.append(AuditFact(field: field, value: value)) }
    }
    mutating func add(_ field: Text, _ value: Bool) { add(field, value ? "yes" : "no") }
    mutating func add(_ field: Text, _ value: some BinaryInteger) { add(field, Text("\(value)")) }
    mutating func add(_ field: Text, seconds milliseconds: Int64?) {
        add(field, milliseconds.map { Text("\(Double($0) / 1000)") } ?? "never")
    }
    mutating func add(_ field: Text, _ rule: MemberRule) {
        add(field, Text((rule.agents.map { "\($0)" } + rule.tags.map(\.string)).joined(" ")))
    }
    mutating func add(_ field: Text, secret: [UInt8]) {
        guard !secret.isEmpty else { return }
        list.append(AuditFact(field: field, value: Text(secret), isSecret: true))
    }
}

extension [String] {
    fileprivate func joined(_ separator: String) -> String { joined(separator: separator) }
}

extension RoutingState {
    /// Everything that is configured of a subject; nothing of what is not there.
    func facts(of subject: AuditSubject) -> [AuditFact] {
        var facts = Facts()
        switch subject {
        case .agent(let id): id.flatMap { agent($0) }.map { add($0, to: &facts) }
        case .project(let id): id.flatMap { project($0) }.map { add($0, to: &facts) }
        case .pool(let id): id.flatMap { pool($0) }.map { add($0, to: &facts) }
        case .link(let id): id.flatMap { link($0) }.map { add($0, to: &facts) }
        case .token(let id):
            tokens.values.first { $0.id == id }.map { token in
                facts.add("name", token.name)
                facts.add("agent", token.agent.rawValue)
                facts.add("scopes", token.scopes.rawValue)
                token.ends.map { facts.add("ends", Text("\($0.milliseconds)")) }
                facts.add("token", secret: token.tokenHash)
            }
        case .hook(let id): id.flatMap { hook($0) }.map { add($0, to: &facts) }
        case .erasure(let id):
            id.flatMap { erasure($0) }.map { facts.add("customer", $0.pseudonym.rawValue) }
        case .cluster: facts.add("level", level.rawValue)
        }
        return facts.list
    }

    private func add(_ agent: Agent, to facts: inout Facts) {
        facts.add("login", agent.login)
        facts.add("name", agent.name)
        facts.add("password", secret: agent.passwordHash.utf8)
        facts.add("isAdmin", agent.isAdmin)
        facts.add("isActive", agent.isActive)
        facts.add("openLimit", agent.openLimit)
        facts.add("newPerMinute", agent.newPerMinute)
        facts.add("signIns", signIns(of: agent.id).count)
    }

    private func add(_ project: Project, to facts: inout Facts) {
        let settings = project.settings
        facts.add("name", settings.name)
        facts.add("botUsername", settings.botUsername)
        facts.add("token", secret: settings.sealedToken)
        facts.add("webhookSecret", secret: settings.sealedSecret)
        facts.add("mode", Text("\(settings.mode)"))
        facts.add("balance", Text("\(settings.balance)"))
        switch settings.assignOffline {
        case .never: facts.add("assignOffline", "never")
        case .after(let milliseconds): facts.add("assignOffline", seconds: milliseconds)
        case nil: facts.add("assignOffline", "default")
        }
        facts.add("scope", Text("\(settings.scope)"))
        facts.add("seats", settings.seats ?? 0)
        facts.add("claim", Text("\(settings.claim)"))
        facts.add("claimOnly", settings.claimOnly)
        facts.add("openLimit", settings.openLimit)
        facts.add("newPerMinute", settings.newPerMinute)
        facts.add("hiddenGraceSeconds", seconds: settings.hiddenGraceMilliseconds)
        facts.add("reopenSeconds", seconds: settings.reopenMilliseconds)
        facts.add("firstReplySeconds", seconds: settings.timers.firstReplyMilliseconds)
        facts.add("firstReplyMoves", settings.timers.firstReplyMoves)
        facts.add("goneSeconds", seconds: settings.timers.goneMilliseconds)
        facts.add("autoCompleteSeconds", seconds: settings.timers.completeMilliseconds)
        facts.add("messagesPerMinute", settings.messagesPerMinute)
        facts.add("clickRetentionDays", settings.clickRetentionDays)
        settings.hours.map { hours in
            let week = hours.week.map { "\($0.day) \($0.from)-\($0.to)" }
            let words = [hours.zone.string, "\(hours.outside)"] + week
            facts.add("hours", Text(words.joined(", ")))
        }
        facts.add("members", Text(project.members.map { "\($0.agent)" }.joined(" ")))
        for member in project.members {
            let words =
                member.permissions.auditWords + (member.isInScope ? ["inScope"] : [])
                + member.tags.map(\.string)
            facts.add(Text("member \(member.agent)"), Text(words.joined(" ")))
        }
        webhookPoint(of: project.id).map { facts.add("webhook", $0.url) }
        records.books[project.id].map { add($0, to: &facts) }
        for rule in moderation(of: project.id).rules {
            let words = "\(rule.form), \(rule.way), \(rule.action)"
            facts.add(Text("rule \(rule.text)"), Text(words))
        }
    }

    private func add(_ book: DeskBook, to facts: inout Facts) {
        facts.add("tags", Text(book.tags.map(\.string).joined(", ")))
        for reply in book.canned {
            facts.add(Text("cannedReply \(reply.name)"), reply.text)
        }
        facts.add("welcome", book.welcome)
        facts.add("privacyNotice", book.privacyNotice)
        facts.add("nobodyAvailable", book.nobodyAvailable)
        facts.add("outOfHours", book.outOfHours)
    }

    private func add(_ pool: Pool, to facts: inout Facts) {
        facts.add("project", pool.project.rawValue)
        facts.add("name", pool.settings.name)
        facts.add("only", pool.settings.only)
        facts.add("untilSeconds", seconds: pool.settings.untilMilliseconds)
    }

    private func add(_ hook: Hook, to facts: inout Facts) {
        facts.add("project", hook.project.rawValue)
        facts.add("url", hook.settings.url)
        facts.add("events", hook.settings.events.rawValue)
        facts.add("enabled", hook.settings.isEnabled)
        facts.add("secret", secret: hook.sealedSecret)
    }

    private func add(_ link: Link, to facts: inout Facts) {
        let settings = link.settings
        facts.add("code", settings.code)
        facts.add("name", settings.name)
        facts.add("project", settings.project.rawValue)
        facts.add("enabled", settings.isEnabled)
        facts.add("expires", settings.expires.map { Text("\($0.milliseconds)") } ?? "never")
        facts.add("open", settings.opensApp ? "app" : "web")
        settings.pool.map { facts.add("pool", $0.rawValue) }
        facts.add("prefer", settings.prefer)
        facts.add("language", settings.language)
        for (name, value) in zip(LinkTerms.utmNames, link.terms.utm) { facts.add(name, value) }
        facts.add(
            "rules",
            Text(
                link.terms.rules.map { rule in
                    let pool = rule.pool.map { " pool \($0)" } ?? ""
                    let language = rule.language.isEmpty ? "" : " language \(rule.language)"
                    return "\(rule.name)=\(rule.value): \(rule.project)\(pool)\(language)"
                }.joined(", ")))
        facts.add("addresses", Text("\(link.terms.addresses)"))
    }
}

extension Permissions {
    /// As the API names them.
    fileprivate var auditWords: [String] {
        let all: [(Permissions, String)] = [
            (.view, "view"), (.reply, "reply"), (.transfer, "transfer"), (.manage, "manage"),
        ]
        return all.filter { contains($0.0) }.map(\.1)
    }
}
