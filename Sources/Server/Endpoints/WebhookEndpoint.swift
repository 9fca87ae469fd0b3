import Crypto
import HTTP
import Replica
import Routing
import Telegram
import Wire

/// `POST /telegram/{project}`: an update from Telegram.
///
/// Refused here, before anything enters the log: unknown project 404, wrong secret 401, too large
/// 413 (by the HTTP room), malformed 400. 200 means committed by a majority and applied at this
/// node; or that it never will be, since the router refuses it or no entry can hold it, which the
/// node's log says. 503: it may or may not be committed; Telegram sends it again and the second is
/// known by its update id.
extension Node {
    static let webhookPrefix = Array("/telegram/".utf8)
    private static let accepted = HTTPResponse(status: 200)

    /// Answers one webhook; `path` starts with `webhookPrefix`.
    func webhook(_ exchange: Exchange) {
        let started = loop.now
        let project: ProjectID
        let update: Update
        do {
            project = try webhookProject(exchange.request)
            update = try decodeUpdate(exchange.request.body)
        } catch {
            return finishWebhook(exchange, error.response, started)
        }
        guard !isOutOfRoom else {
            metrics.count(.updatesRefused)
            return finishWebhook(exchange, Node.unavailable(outOfRoom.sentence), started)
        }
        guard !isOverloaded, !isStopping else {
            return finishWebhook(exchange, Node.unavailable("busy"), started)
        }
        var inbound = InboundUpdate(
            project: project, updateID: update.id, content: content(of: update, in: project))
        if let text = inbound.content.text {
            inbound.verdict = verdict(on: text, .inbound, in: project)
        }
        submit(.update(inbound)) { [self] answer in
            switch answer {
            case .applied(_, .done):
                metrics.count(.updatesAccepted)
                finishWebhook(exchange, Node.accepted, started)
                follow(update, of: project)
            case .applied(_, .duplicate):
                metrics.count(.updatesDuplicate)
                finishWebhook(exchange, Node.accepted, started)
            case .applied(_, .refused(let refusal)):
                sayNotTaken(inbound, "\(refusal)")
                finishWebhook(exchange, Node.accepted, started)
            case .refused(.tooLarge):
                metrics.count(.updatesTooLarge)
                sayNotTaken(inbound, "it is longer than an entry of the log may be")
                finishWebhook(exchange, Node.accepted, started)
            case .refused(.noRoom):
                metrics.count(.updatesRefused)
                finishWebhook(exchange, Node.unavailable(Problem.disksFull.sentence), started)
            case .refused(let why):
                metrics.count(.updatesRefused)
                finishWebhook(exchange, Node.unavailable("\(why)"), started)
            case .unknown, .readable:
                metrics.count(.updatesRefused)
                finishWebhook(exchange, Node.unavailable("no answer in time"), started)
            }
        }
    }

    /// Telegram would repeat such an update for a day and stall the others: it is acknowledged.
    private func sayNotTaken(_ update: InboundUpdate, _ reason: String) {
        log.warning(
            "update not taken",
            [
                "project": .count(update.project.rawValue), "update": .number(update.updateID),
                "reason": .text(reason),
            ])
    }

    /// What is done once about an update that was taken, after Telegram has its answer.
    private func follow(_ update: Update, of project: ProjectID) {
        switch update.content {
        case .message(let message) where !message.isSupported:
            metrics.unsupported.count(message.kind)
        case .other(let kind): metrics.unsupported.count(kind)
        case .callbackQuery(let query):
            guard let settings = state.project(project)?.settings,
                let token = secrets.open(settings.sealedToken, for: .botToken)
            else { return metrics.count(.callbacksUnanswered) }
            callbackAnswers.answer(query.id, token: token) { [weak self] isTaken in
                self?.metrics.count(isTaken ? .callbacksAnswered : .callbacksUnanswered)
            }
        case .message, .editedMessage, .myChatMember: return
        }
    }

    private func finishWebhook(_ exchange: Exchange, _ response: HTTPResponse, _ started: Int64) {
        metrics.countWebhook(
            status: response.status, seconds: Double(loop.now - started) / 1e9)
        exchange.respond(response)
    }

    /// The project in the path, once the secret is right.
    private func webhookProject(_ request: HTTPRequest) throws(WebhookRefusal) -> ProjectID {
        guard request.method == .post else { throw .init(405, "Telegram posts its updates\n") }
        var number: Int64 = 0
        let digits = request.path.dropFirst(Node.webhookPrefix.count)
        for byte in digits {
            guard byte >= 0x30, byte <= 0x39, number < 1 << 56 else {
                throw .init(404, "there is no such project\n")
            }
            number = number * 10 + Int64(byte - 0x30)
        }
        let id = ProjectID(number)
        guard let secret = webhookSecret(id) else {
            throw .init(404, "there is no such project\n")
        }
        let given = request.headers.first("X-Telegram-Bot-Api-Secret-Token") ?? []
        guard !secret.isEmpty, constantTimeEqual(given, secret.utf8) else {
            throw .init(401, "the secret token is missing or wrong\n")
        }
        return id
    }

    /// The unsealed secret of a project; nil if there is no such project.
    private func webhookSecret(_ id: ProjectID) -> Text? {
        if let known = webhookSecrets[id] { return known }
        guard let project = state.project(id) else { return nil }
        let secret = secrets.open(project.settings.sealedSecret, for: .webhookSecret)
        if secret == nil {
            log.error(
                "a webhook secret does not open with this node's cluster key",
                ["project": .count(id.rawValue)])
        }
        webhookSecrets[id] = secret ?? ""
        return secret ?? ""
    }

    private func decodeUpdate(_ body: [UInt8]) throws(WebhookRefusal) -> Update {
        do {
            return try Update.decode(body)
        } catch {
            throw .init(400, "the body is not an update: \(error)\n")
        }
    }

    /// An update as the router takes it.
    private func content(
        of update: Update, in project: ProjectID
    ) -> InboundUpdate.Content {
        switch update.content {
        case .message(let message) where message.from.id > 0:
            .message(inbound(message, in: project))
        case .editedMessage(let message) where message.from.id > 0:
            .edit(inbound(message, in: project))
        case .callbackQuery(let query) where query.from.id > 0:
            .callback(user: TelegramID(query.from.id), data: query.data)
        case .myChatMember(let user, let isBlocked) where user.id > 0:
            .blocked(TelegramID(user.id), isBlocked)
        case .other(let kind): .unsupported(kind: kind)
        // Telegram numbers people from 1; below 0 are the pseudonyms of who was erased.
        case .message, .editedMessage, .callbackQuery, .myChatMember:
            .unsupported(kind: "nobody")
        }
    }

    private func inbound(_ message: Message, in project: ProjectID) -> InboundMessage {
        let start = start(of: message)
        var text = message.text
        // A token is for routing, not for reading, unless it is for another project's bot.
        if case .click(let link, _, _, _, _, let clicked) = start,
            state.level < .second
                || clicked.map({ $0 == project }) ?? state.link(link)?.leads(to: project) ?? false
        {
            text = "/start"
        }
        var inbound = InboundMessage(
            user: TelegramID(message.from.id), name: message.from.name,
            username: message.from.username, language: message.from.languageCode,
            messageID: message.messageID, kind: message.knownKind, text: text,
            fileID: message.fileID, start: start)
        if state.level >= .second {
            inbound.extras = MessageExtras(
                entities: message.entities.compactMap(TextEntity.init), of: text,
                attachment: Attachment(message.file), album: message.mediaGroup,
                replyTo: message.replyTo ?? 0, enclosure: Enclosure(message))
        }
        return inbound
    }

    /// What `/start` carried: a token of ours is verified here, once, at the node that took it.
    private func start(of message: Message) -> Start? {
        guard let payload = message.startPayload else { return nil }
        if payload.isEmpty { return .plain }
        guard let token = StartToken(payload.utf8, key: tokenKey, projects: mayLeadTo) else {
            return .text(payload)
        }
        return .click(
            link: token.link, key: token.key, clickedAt: token.at, language: token.language,
            pool: token.pool, project: token.project)
    }

    private static func unavailable(_ why: String) -> HTTPResponse {
        var response = HTTPResponse(
            status: 503, contentType: "text/plain; charset=utf-8", body: Array((why + "\n").utf8))
        response.headers.append("Retry-After", "1")
        return response
    }
}

extension Message {
    /// The kind, of which the name of a field that nobody knows is cut.
    fileprivate var knownKind: Text {
        isSupported || kind.utf8.count <= 64 ? kind : "unknown"
    }
}

extension InboundUpdate.Content {
    /// What a customer wrote, if that is what happened, as rules about texts read it.
    fileprivate var text: Text? {
        switch self {
        case .message(let message), .edit(let message):
            message.text.withAddresses(of: message.extras.entities)
        case .blocked, .callback, .unsupported: nil
        }
    }
}

/// Why a webhook is refused before it enters the log.
private struct WebhookRefusal: Error {
    var response: HTTPResponse
    init(_ status: Int, _ text: String) {
        response = HTTPResponse(
            status: status, contentType: "text/plain; charset=utf-8", body: Array(text.utf8))
        if status == 405 { response.headers.append("Allow", "POST") }
    }
}
