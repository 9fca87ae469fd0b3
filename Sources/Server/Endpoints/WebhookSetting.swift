import HTTP
import Raft
import Routing
import Telegram
import Wire

/// `/api/v1/projects/{id}/webhook`: where Telegram delivers a project's updates.
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
        let path = FrontDoorView.path(of: project.id)
        let url = Text(base.hasSuffix(path) ? base : base + path)
        register(project, at: url) { [self] result in
            switch result {
            case .failure(let problem): call.respond(problem)
            case .success(let said):
                let done = Done(url: url.string, description: said)
                let owner = frontDoor.view.owners(of: url, project: project.id).first
                let point = WebhookPoint(
                    url: url, node: owner?.rawValue, gone: nil, by: call.caller.agent,
                    isConfirmed: true)
                guard state.level >= .second else { return call.respond(done) }
                let command = Command.pointWebhook(project.id, point)
                submit(command.given(by: call.caller.token)) { _ in
                    // Telegram has it; that nobody can read who did it is no reason to say no.
                    call.respond(done)
                }
            }
        }
    }

    /// What Telegram says of the webhook now, and who pointed it there.
    func showWebhook(_ call: APICall) throws(Problem) {
        let project = try managedProject(call)
        var view = API.WebhookView(
            point: state.webhookPoint(of: project.id), in: state)
        guard !project.settings.sealedToken.isEmpty,
            let token = secrets.open(project.settings.sealedToken, for: .botToken)
        else {
            view.problem = Node.noToken.sentence
            return call.respond(view)
        }
        askWebhookInfo(token) { [self] result in
            switch result {
            case .failure(let problem): view.problem = problem.detail
            case .success(let info):
                view.take(info, owners: frontDoor.view.owners(of: info.url, project: project.id))
            }
            call.respond(view)
        }
    }

    // MARK: Calls

    /// Calls setWebhook with a project's secret; gives what Telegram said.
    func register(
        _ project: Project, at url: Text,
        completion: @escaping (Result<String, Problem>) -> Void
    ) {
        let settings = project.settings
        guard let token = secrets.open(settings.sealedToken, for: .botToken),
            let secret = secrets.open(settings.sealedSecret, for: .webhookSecret)
        else { return completion(.failure(Node.noToken)) }
        let method = BotMethod.setWebhook(WebhookSettings(url: url, secret: secret))
        delivery.client.call(method, token: token) { result in
            completion(
                Node.result(of: result).map { body in
                    let said = (try? JSONValue.parse(body))?["description"]?.string
                    return said ?? "Webhook was set"
                })
        }
    }

    /// Calls getWebhookInfo.
    func askWebhookInfo(
        _ token: Text, completion: @escaping (Result<WebhookInfo, Problem>) -> Void
    ) {
        delivery.client.call(.getWebhookInfo, token: token) { result in
            completion(
                Node.result(of: result).flatMap { body in
                    guard let value = (try? JSONValue.parse(body))?["result"],
                        let info = WebhookInfo(value)
                    else { return .failure(Node.telegramProblem("its answer can't be read")) }
                    return .success(info)
                })
        }
    }

    /// The body of a good answer, or what is wrong in words for people.
    private static func result(
        of result: Result<HTTPResponse, BotClient.Failure>
    ) -> Result<[UInt8], Problem> {
        switch result {
        case .failure(.notSent(let reason)), .failure(.lost(let reason)):
            return .failure(telegramProblem(BotToken.redacted(Text(reason)).string))
        case .success(let response):
            let answer = BotAnswer.classify(
                status: response.status, retryAfter: response.header("Retry-After"),
                body: response.body)
            switch answer {
            case .ok: return .success(response.body)
            case .retryAfter(_, let reason), .unavailable(let reason):
                return .failure(telegramProblem(reason.string))
            case .failed(let failure):
                return .failure(telegramProblem(failure.description.string))
            }
        }
    }

    private static let noToken = Problem.invalid(
        "The project has no bot token that this cluster can read.",
        hint: "Set the token and the secret first.")

    private static func telegramProblem(_ reason: String) -> Problem {
        Problem(
            502, "telegram", "Telegram did not take it", detail: reason,
            hint: "Check the bot's token and that Telegram can reach the URL over HTTPS.")
    }
}

extension API {
    /// A project's webhook as its managers see it.
    struct WebhookView: Encodable {
        /// Who pointed it where, through the cluster.
        struct Pointed: Encodable {
            var url: String
            @Null var node: UInt64?
            /// The node that was gone, when the cluster itself chose.
            @Null var gone: UInt64?
            /// Nil: the cluster itself.
            @Null var by: Named?
            var at: String
            var confirmed: Bool
        }
        /// A node's public URL.
        struct Entrance: Encodable {
            var node: UInt64
            var url: String
        }
        /// As Telegram tells it; empty: there is none; null: Telegram could not be asked.
        @Null var url: String?
        /// The nodes whose public URL it is; none: it is foreign and never replaced unasked.
        var nodes: [UInt64] = []
        @Null var pending: Int64?
        @Null var lastError: String?
        @Null var lastErrorAt: String?
        /// Why Telegram could not be asked.
        @Null var problem: String?
        @Null var pointed: Pointed?
        var entrances: [Entrance]

        init(point: WebhookPoint?, in state: RoutingState) {
            pointed = point.map {
                Pointed(
                    url: $0.url.string, node: $0.node, gone: $0.gone,
                    by: $0.by.map(state.named), at: $0.at.text, confirmed: $0.isConfirmed)
            }
            entrances = state.nodeURLs.map { Entrance(node: $0.node, url: $0.url.string) }
        }

        mutating func take(_ info: WebhookInfo, owners: [NodeID]) {
            url = info.url.string
            nodes = owners.map(\.rawValue)
            pending = info.pendingUpdates
            lastError = info.lastErrorMessage?.string
            lastErrorAt = info.lastErrorDate.map { LogTime(telegram: $0).text }
        }
    }
}
