import HTTP
import Routing
import Telegram
import Wire

/// A link that can be clicked, with everything of the answer that is the same for each click.
struct PreparedLink {
    /// Which link.
    let id: LinkID
    /// Where it leads to without a rule.
    let project: ProjectID
    /// Its own pool, of that project.
    let pool: PoolID?
    /// From then on it answers no more.
    let expires: LogTime?
    /// The redirect up to the token.
    let redirect: PreparedResponse
    /// Where a click with a parameter is sent to instead, and what else the rule says.
    let rules: [(rule: LinkTerms.Rule, redirect: PreparedResponse)]
    /// What the link does with a click besides.
    let terms: LinkTerms

    /// The rule that decides on a click with this query; nil: none does.
    func rule(for query: [UInt8]?) -> (rule: LinkTerms.Rule, redirect: PreparedResponse)? {
        guard !rules.isEmpty, let query else { return nil }
        let items = URLEncoding.items(query)
        return rules.first { each in
            items.contains { $0.name == each.rule.name && $0.value == each.rule.value }
        }
    }

    /// The query with the link's UTM values where it has none.
    func completed(_ query: [UInt8]) -> [UInt8] {
        guard terms.utm.contains(where: { !$0.isEmpty }) else { return query }
        let present = URLEncoding.items(query).map(\.name)
        var completed = query
        for (name, value) in zip(LinkTerms.utmNames, terms.utm)
        where !value.isEmpty && !present.contains(name) {
            if !completed.isEmpty { completed.append(UInt8(ascii: "&")) }
            completed += name.utf8 + [UInt8(ascii: "=")] + URLEncoding.encode(value.utf8)
        }
        return completed
    }
}

/// `GET /{code}`: a click on a magic link. Answered by this node alone, also without a leader: the
/// click is kept in the spool and the visitor is sent to the bot with a token.
extension Node {
    /// Links prepared before all are forgotten. They are forgotten as well whenever any changes.
    static let maxPreparedLinks = 4096

    /// Answers a click on a link that was clicked before; false leaves the request to the router.
    func clickPrepared(_ exchange: Exchange) -> Bool {
        guard let link = preparedLinks[exchange.request.path] else { return false }
        switch exchange.request.method {
        case .get, .head: break
        default: return false
        }
        if let expires = link.expires, expires <= clickTime { return false }
        keepClick(exchange, on: link)
        return true
    }

    /// Answers a click on the link with this code.
    func click(_ exchange: Exchange, code: Text) {
        guard let link = state.link(code: code) else {
            return exchange.respond(Node.linkPage(404, "This link does not exist."))
        }
        guard link.settings.isEnabled, let project = state.project(link.settings.project) else {
            return exchange.respond(Node.linkPage(410, "This link is switched off."))
        }
        if let expires = link.settings.expires, expires <= clickTime {
            return exchange.respond(Node.linkPage(410, "This link has expired."))
        }
        let prepared = PreparedLink(
            id: link.id, project: project.id, pool: link.settings.pool,
            expires: link.settings.expires,
            redirect: Node.redirect(to: project, opensApp: link.settings.opensApp),
            rules: link.terms.rules.compactMap { rule in
                state.project(rule.project).map {
                    (
                        rule: rule,
                        redirect: Node.redirect(to: $0, opensApp: link.settings.opensApp)
                    )
                }
            }, terms: link.terms)
        if preparedLinks.count >= Node.maxPreparedLinks { preparedLinks = [:] }
        preparedLinks[exchange.request.path] = prepared
        keepClick(exchange, on: prepared)
    }

    /// By which links expire: log time, as this node can tell it. That is the newest entry's and
    /// what has passed here since, so it goes on where a node is cut off from the others.
    private var clickTime: LogTime { logTime }

    /// The redirect to a project's bot, up to the token.
    private static func redirect(to project: Project, opensApp: Bool) -> PreparedResponse {
        let bot = project.settings.botUsername
        let target =
            opensApp ? StartLink.app(bot: bot, payload: "") : StartLink.web(bot: bot, payload: "")
        return PreparedResponse(
            status: 302, headers: ["Cache-Control": "no-store", "Referrer-Policy": "no-referrer"],
            open: "Location", value: target.utf8)
    }

    private func keepClick(_ exchange: Exchange, on link: PreparedLink) {
        let now = LogTime(milliseconds: WallClock.now())
        let request = exchange.request
        func kept(_ name: String) -> Text {
            let bytes = request.headers.withField(named: name) { value in
                Array(value.prefix(ClickIntake.Limits.textBytes))
            }
            return Text(bytes ?? [])
        }
        let query = request.query
        let mayIdentify = request.header("Sec-GPC") != "1"
        var click = Click(
            key: clicks.nextKey(), link: link.id, at: now, node: configuration.node.rawValue,
            flag: clickFlags.flag(of: request),
            address: mayIdentify
                ? VisitorAddress.kept(exchange.clientAddress, link.terms.addresses) : "",
            userAgent: kept("User-Agent"), referrer: kept("Referer"),
            language: kept("Accept-Language"),
            query: Text(
                link.completed(Array((query ?? []).prefix(ClickIntake.Limits.textBytes)))))
        // The first feature level has no place for it.
        if mayIdentify, state.level >= .second { click.fingerprint = fingerprint(of: click) }
        let led = link.rule(for: query)
        let token = token(for: click, on: link, led?.rule, language(of: request, led?.rule))
        clicks.keep(
            click,
            .init(
                answering: exchange.answering, redirect: led?.redirect ?? link.redirect,
                token: token))
    }

    /// What comes back with `/start`. What holds at the click is in it, as what the link says may
    /// change until then.
    private func token(
        for click: Click, on link: PreparedLink, _ rule: LinkTerms.Rule?, _ language: Text
    ) -> [UInt8] {
        var token = StartToken(link: link.id, key: click.key, at: click.at)
        // Nodes of the first feature level read no others.
        if state.level >= .second {
            let project = rule?.project ?? link.project
            token = StartToken(
                link: link.id, key: click.key, at: click.at, language: language,
                pool: rule?.pool ?? (project == link.project ? link.pool : nil), project: project)
        }
        return token.text(key: tokenKey)
    }

    /// The projects to whose bots a token of a link may lead: those that the link names first.
    func mayLeadTo(_ link: LinkID) -> [ProjectID] {
        let named = state.link(link).map { [$0.settings.project] + $0.terms.rules.map(\.project) }
        return ((named ?? []) + state.projects.map(\.id)).prefix(StartToken.maxProjects).map(\.self)
    }

    /// What tells a visitor from another, of no more than is kept anyway.
    private func fingerprint(of click: Click) -> UInt64 {
        var writer = ByteWriter(capacity: 256)
        for text in [click.address, click.userAgent, click.language] { writer.text(text) }
        let hash: UInt64 = visitorKey.mac(writer.bytes).prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
        return max(1, hash)
    }

    /// The language that a parameter rule says, or else what the parameter `lang` asks for; fixed
    /// at the click.
    private func language(of request: HTTPRequest, _ rule: LinkTerms.Rule?) -> Text {
        if let rule, !rule.language.isEmpty { return rule.language }
        guard request.query != nil, state.level >= .second, let value = request.queryItem("lang")
        else { return "" }
        return value
    }

    /// Answers the visitors whose clicks were kept, or could not be.
    func answerClicks(_ visitors: [ClickIntake.Visitor], areSafe: Bool) {
        metrics.countRequest(route: "/*", status: areSafe ? 302 : 503, by: visitors.count)
        guard areSafe else {
            let page = Node.linkPage(
                503, "The link can't be opened now. Try again in a moment.")
            for visitor in visitors { visitor.answering.respond(page) }
            return
        }
        metrics.count(.clicksAccepted, by: visitors.count)
        for visitor in visitors {
            visitor.answering.respond(visitor.redirect, ending: visitor.token)
        }
    }

    private static func linkPage(_ status: Int, _ text: String) -> HTTPResponse {
        let page =
            "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>\(text)</title>"
            + "<p>\(text)</p></html>\n"
        var response = HTTPResponse(
            status: status, contentType: "text/html; charset=utf-8", body: Array(page.utf8))
        response.headers.append("Cache-Control", "no-store")
        return response
    }
}
