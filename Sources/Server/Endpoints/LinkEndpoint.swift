import HTTP
import Routing
import Telegram
import Wire

/// `GET /{code}`: a click on a magic link. Answered by this node alone, also without a leader: the
/// click is kept in the spool and the visitor is sent to the bot with a token.
extension Node {
    /// Answers a click on the link with this code.
    func click(_ exchange: Exchange, code: Text) {
        let request = exchange.request
        guard let link = state.link(code: code) else {
            return exchange.respond(Node.linkPage(404, "This link does not exist."))
        }
        guard link.settings.isEnabled, let project = state.project(link.settings.project) else {
            return exchange.respond(Node.linkPage(410, "This link is switched off."))
        }
        let now = LogTime(milliseconds: WallClock.now())
        if let expires = link.settings.expires, expires <= now {
            return exchange.respond(Node.linkPage(410, "This link has expired."))
        }
        func kept(_ name: String) -> Text {
            Text(Array((request.headers.first(name) ?? []).prefix(ClickIntake.Limits.textBytes)))
        }
        let click = Click(
            key: clicks.nextKey(), link: link.id, at: now, node: configuration.node.rawValue,
            flag: clickFlags.flag(of: request), address: Text(exchange.clientAddress),
            userAgent: kept("User-Agent"), referrer: kept("Referer"),
            language: kept("Accept-Language"),
            query: Text(Array((request.query ?? []).prefix(ClickIntake.Limits.textBytes))))
        let token = Text(
            StartToken(link: link.id, key: click.key, at: now).text(key: tokenKey))
        let target =
            link.settings.opensApp
            ? StartLink.app(bot: project.settings.botUsername, payload: token)
            : StartLink.web(bot: project.settings.botUsername, payload: token)
        clicks.keep(click) { [self] isSafe in
            guard isSafe else {
                metrics.countRequest(route: "/*", status: 503)
                return exchange.respond(
                    Node.linkPage(503, "The link can't be opened now. Try again in a moment."))
            }
            metrics.count(.clicksAccepted)
            metrics.countRequest(route: "/*", status: 302)
            var response = HTTPResponse(status: 302)
            response.headers.append("Location", target.utf8)
            response.headers.append("Cache-Control", "no-store")
            response.headers.append("Referrer-Policy", "no-referrer")
            exchange.respond(response)
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
