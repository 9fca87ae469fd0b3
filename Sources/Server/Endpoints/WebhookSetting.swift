import HTTP
import Routing
import Telegram
import Wire

/// `POST /api/v1/projects/{id}/webhook`: points Telegram at this cluster.
extension Node {
    private struct Body: Decodable { var url: String? }
    private struct Done: Encodable {
        var url: String
        var description: String
    }

    /// Calls setWebhook with the project's secret, for the URL given or this node's own address.
    func setWebhook(_ call: APICall) throws(Problem) {
        let project = try managedProject(call)
        let base = try call.body(Body.self).url ?? configuration.publicListener.baseURL
        guard ServiceURL(base) != nil else {
            throw .invalid("The field url must be an http or https URL.")
        }
        let settings = project.settings
        guard let token = secrets.open(settings.sealedToken, for: .botToken),
            let secret = secrets.open(settings.sealedSecret, for: .webhookSecret)
        else {
            throw .invalid(
                "The project has no bot token that this cluster can read.",
                hint: "Set the token and the secret first.")
        }
        let path = "/telegram/\(project.id)"
        let url = base.hasSuffix(path) ? base : base + path
        let method = BotMethod.setWebhook(WebhookSettings(url: Text(url), secret: secret))
        delivery.client.call(method, token: token) { result in
            switch result {
            case .failure(.notSent(let reason)), .failure(.lost(let reason)):
                call.respond(Node.telegramProblem(BotToken.redacted(Text(reason)).string))
            case .success(let response):
                let answer = BotAnswer.classify(
                    status: response.status, retryAfter: response.header("Retry-After"),
                    body: response.body)
                switch answer {
                case .ok:
                    let said = (try? JSONValue.parse(response.body))?["description"]?.string
                    call.respond(Done(url: url, description: said ?? "Webhook was set"))
                case .retryAfter(_, let reason), .unavailable(let reason):
                    call.respond(Node.telegramProblem(reason.string))
                case .failed(let failure):
                    call.respond(Node.telegramProblem(failure.description.string))
                }
            }
        }
    }

    private static func telegramProblem(_ reason: String) -> Problem {
        Problem(
            502, "telegram", "Telegram did not take it", detail: reason,
            hint: "Check the bot's token and that Telegram can reach the URL over HTTPS.")
    }
}
