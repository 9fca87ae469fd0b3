import Routing
import Telegram
import Wire

/// A checkup in words: what was found, with names and figures, and what to do about it.
struct CheckupWords {
    let state: RoutingState
    let project: ProjectID
    let time: LogTime

    /// The whole checkup.
    func view(_ checkup: Checkup, index: String) -> API.CheckupView {
        API.CheckupView(
            index: index, project: "\(project)", at: time.text, verdict: checkup.verdict.word,
            checks: checkup.ten.map(view), deliveries: view(checkup.deliveries))
    }

    private func view(_ result: Checkup.Result) -> API.CheckView {
        var fixes: [String] = []
        for finding in result.findings {
            if let fix = fix(finding), !fixes.contains(fix) { fixes.append(fix) }
        }
        return API.CheckView(
            id: result.check.words.id, title: result.check.words.title,
            verdict: result.verdict.word, evidence: result.findings.map(evidence),
            fix: fixes.isEmpty ? nil : fixes.joined(separator: " "))
    }

    private func evidence(_ finding: Checkup.Finding) -> API.Evidence {
        var evidence = API.Evidence(verdict: finding.verdict.word, text: "")
        switch finding {
        case .telegram(let finding): evidence.text = telegram(finding)
        case .link(let finding): tell(finding, in: &evidence)
        case .roster(let finding): tell(finding, in: &evidence)
        case .agent(let finding): tell(finding, in: &evidence)
        case .session(let finding): tell(finding, in: &evidence)
        case .more(let others, _): evidence.text = "\(others) more of this kind."
        }
        return evidence
    }

    private func telegram(_ finding: Checkup.TelegramFinding) -> String {
        switch finding {
        case .bot(let username): "The token is @\(username)'s."
        case .noToken: "The project has no bot token that this cluster can read."
        case .tokenRefused(let reason): "Telegram refuses the token: \(reason)."
        case .otherBot(let username, let expected):
            "The token is @\(username)'s, and the project says @\(expected)."
        case .silent(let reason): "Telegram did not say: \(reason)."
        case .webhook(let url, let pending):
            "Telegram delivers to \(url); \(count(Int(clamping: pending), "update")) "
                + "\(pending == 1 ? "waits" : "wait")."
        case .noWebhook: "The bot has no webhook: nothing that customers write arrives."
        case .foreignWebhook(let url):
            "Telegram delivers to \(url), which is not this project's address."
        case .otherAddress(let url, let own):
            "Telegram delivers to \(url); the nodes call themselves "
                + own.map(\.string).joined(separator: ", ") + "."
        case .updatesWait(let pending):
            "\(pending) updates wait at Telegram, \(Checkup.pendingUpdates) or more are too many."
        case .webhookError(let reason, let at, _):
            "The last delivery that failed was \(ago(at)), at \(at.text): \(reason)."
        case .webhookNotAsked: "Without a good token Telegram can't be asked."
        }
    }

    private func tell(_ finding: Checkup.LinkFinding, in evidence: inout API.Evidence) {
        func tell(_ link: LinkID, _ text: (String) -> String) {
            let name = state.named(link)
            evidence.link = name
            evidence.text = text(name.name)
        }
        switch finding {
        case .work(let links):
            evidence.text =
                links == 0 ? "The project has no links." : "\(count(links, "link")) good."
        case .off(let link): tell(link) { "The link \($0) is switched off." }
        case .expired(let link, let at):
            tell(link) { "The link \($0) expired \(ago(at)), at \(at.text)." }
        case .toOtherBot(let link, let username):
            tell(link) { "The link \($0) leads to @\(username), which is not the token's bot." }
        case .toUnready(let link, let target):
            let other = state.project(target)?.settings.name.string ?? "project \(target)"
            tell(link) {
                "The link \($0) leads some clicks to the project \(other), which has no bot token."
            }
        case .withoutPool(let link):
            tell(link) { "The link \($0) names a pool that is no more: it has the whole project." }
        }
    }

    private func tell(_ finding: Checkup.RosterFinding, in evidence: inout API.Evidence) {
        func tell(_ pool: PoolID, _ links: Int, _ text: String) {
            evidence.pool = state.named(pool)
            evidence.text =
                "The pool \(state.named(pool).name) \(text); \(count(links, "link")) "
                + "\(links == 1 ? "leads" : "lead") to it."
        }
        func tell(_ agent: AgentID, _ text: String) {
            evidence.agent = state.named(agent)
            evidence.text = "\(state.named(agent).name) \(text)."
        }
        func tell(_ link: LinkID, _ text: String) {
            evidence.link = state.named(link)
            evidence.text = "The link \(state.named(link).name) \(text)."
        }
        switch finding {
        case .manned(let members, let pools):
            let more = pools == 0 ? "" : "; \(count(pools, "pool")) manned"
            evidence.text = "\(count(members, "active member")) with Reply\(more)."
        case .empty: evidence.text = "No member is active and may reply."
        case .emptyPool(let pool, let links):
            tell(pool, links, "names nobody who is active and may reply")
        case .inScope(let members):
            evidence.text = "\(count(members, "member")) can be given what comes in."
        case .nobodyInScope: evidence.text = "No member can be given what comes in."
        case .poolOutOfScope(let pool, let links):
            tell(pool, links, "names nobody who is in scope and has a seat")
        case .unspoken(let link, let language):
            tell(link, "is for customers who speak \(language), and nobody in scope does")
        case .preferredNobody(let link): tell(link, "prefers nobody who is in scope")
        case .leftOut(let agent, 0): tell(agent, "is not among the specified agents")
        case .leftOut(let agent, let waiting):
            tell(
                agent,
                "is not among the specified agents, and \(count(waiting, "session")) "
                    + "\(waiting == 1 ? "waits" : "wait")")
        case .seatsUnlimited: evidence.text = "Seats are not limited."
        case .seats(let taken, let seats): evidence.text = "\(taken) of \(seats) seats taken."
        case .overSeat(let agent, let seats):
            tell(agent, "may reply and is beyond the \(count(seats, "seat"))")
        }
    }

    private func tell(_ finding: Checkup.AgentFinding, in evidence: inout API.Evidence) {
        func tell(_ agent: AgentID, _ text: String) {
            evidence.agent = state.named(agent)
            evidence.text = "\(state.named(agent).name) \(text)."
        }
        switch finding {
        case .pagesCurrent(let pages):
            evidence.text =
                pages == 0
                ? "No member has a page open."
                : "\(count(pages, "member")) with an open page that shows what came in."
        case .stalePage(let agent, let since, let shown, let given):
            tell(
                agent,
                "was given a session \(ago(since)) at log index \(given), and the page shows "
                    + "what was up to \(shown)")
        case .mayNotify(let members):
            evidence.text = "\(count(members, "member")) with an open page that may notify."
        case .notificationsBlocked(let agent, let pages):
            tell(agent, "has \(count(pages, "open page")), and the browser shows no notifications")
        case .noPageOpen: evidence.text = "No member has a page open that could tell."
        case .active(let members):
            evidence.text = "\(count(members, "member")) here within 7 days."
        case .neverSignedIn(let agent): tell(agent, "has never signed in")
        case .inactive(let agent, let since):
            tell(agent, "was last here \(ago(since)), at \(since.text)")
        }
    }

    private func tell(_ finding: Checkup.SessionFinding, in evidence: inout API.Evidence) {
        func tell(_ session: SessionID, _ text: String) {
            evidence.session = "\(session)"
            evidence.text = text
        }
        switch finding {
        case .quiet(let sessions):
            evidence.text =
                "\(count(sessions, "completed session")), nothing written after the end."
        case .writtenAfter(let session, let at):
            tell(
                session,
                "Session \(session) was completed, and its customer, who is barred, wrote "
                    + "\(ago(at)).")
        case .waitsAgain(let session, let since):
            tell(
                session,
                "Session \(session) was an agent's before; it waits again, \(ago(since)) written.")
        case .delivered: evidence.text = "No message failed."
        case .failed(let session, let messages, let reason):
            tell(
                session, "\(count(messages, "message")) of session \(session) failed: \(reason).")
        case .uncertain(let session, let messages, let reason):
            tell(
                session,
                "\(count(messages, "message")) of session \(session) may not have arrived: "
                    + "\(reason).")
        }
    }

    /// A number with its noun.
    private func count(_ number: Int, _ noun: String) -> String {
        "\(number) \(noun)\(number == 1 ? "" : "s")"
    }

    /// How long ago something was, in its largest unit.
    private func ago(_ at: LogTime) -> String {
        let seconds = Int(max(0, time.milliseconds - at.milliseconds) / 1000)
        switch seconds {
        case ..<120: return "\(count(seconds, "second")) ago"
        case ..<7200: return "\(count(seconds / 60, "minute")) ago"
        case ..<172_800: return "\(count(seconds / 3600, "hour")) ago"
        default: return "\(count(seconds / 86_400, "day")) ago"
        }
    }
}

extension RoutingState {
    /// A link by id and name.
    func named(_ id: LinkID) -> API.Named {
        API.Named(id: "\(id)", name: link(id)?.settings.name.string ?? "link \(id)")
    }
}
