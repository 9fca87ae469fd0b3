import HTTP
import Routing
import Telegram
import Transport
import Wire

/// Asks Telegram about projects' bots for their checkups: who the bot is, and how its webhook
/// fares. Loop's thread only.
///
/// A project is asked about once at a time, whoever wants to know, so that a Telegram that does not
/// answer takes no more than two connections of a project from the sender.
final class BotInquiries {
    /// Bounds of the questions.
    enum Limits {
        /// Who asks is answered after this long, with what is known by then.
        static let patience: Duration = .seconds(5)
        /// Bytes of Telegram's words that are shown.
        static let reasonBytes = 300
    }
    /// What Telegram said of the bot and of the webhook.
    typealias Answers = (
        bot: CheckupEvidence.Answer<Text>, webhook: CheckupEvidence.Answer<CheckupEvidence.Webhook>
    )

    private struct Inquiry {
        var bot: CheckupEvidence.Answer<Text>?
        var webhook: CheckupEvidence.Answer<CheckupEvidence.Webhook>?
        /// Those who wait; empty once their patience is over.
        var askers: [(Answers) -> Void] = []
        var timer: LoopTimer?

        var isComplete: Bool { bot != nil && webhook != nil }
    }

    private let loop: EventLoop
    private let client: BotClient
    private var inquiries: [ProjectID: Inquiry] = [:]

    /// Asks through this client.
    init(loop: EventLoop, client: BotClient) {
        self.loop = loop
        self.client = client
    }

    /// Asks about a project's bot; the completion is called once, on a later turn.
    func ask(about project: ProjectID, token: Text, completion: @escaping (Answers) -> Void) {
        if let inquiry = inquiries[project] {
            guard !inquiry.askers.isEmpty else {
                // The calls of an inquiry that ran out of patience are still under way.
                return loop.later { completion(BotInquiries.answers(of: inquiry)) }
            }
            inquiries[project]!.askers.append(completion)
            return
        }
        let timer = loop.schedule(after: Limits.patience) { [weak self] in self?.answer(project) }
        inquiries[project] = Inquiry(askers: [completion], timer: timer)
        client.call(.getMe, token: token) { [weak self] result in
            let answer = BotInquiries.read(result) { BotIdentity($0)?.username }
            self?.took(project) { $0.bot = answer }
        }
        client.call(.getWebhookInfo, token: token) { [weak self] result in
            let answer = BotInquiries.read(result) { WebhookInfo($0).map(BotInquiries.webhook) }
            self?.took(project) { $0.webhook = answer }
        }
    }

    private func took(_ project: ProjectID, _ change: (inout Inquiry) -> Void) {
        guard inquiries[project] != nil else { return }
        change(&inquiries[project]!)
        guard inquiries[project]!.isComplete else { return }
        inquiries[project]!.timer?.cancel()
        answer(project)
        inquiries[project] = nil
    }

    /// Tells those who wait what is known by now.
    private func answer(_ project: ProjectID) {
        guard let inquiry = inquiries[project] else { return }
        inquiries[project]!.askers = []
        let answers = BotInquiries.answers(of: inquiry)
        loop.later { for asker in inquiry.askers { asker(answers) } }
    }

    private static func answers(of inquiry: Inquiry) -> Answers {
        let seconds = Limits.patience.components.seconds
        let reason = Text("Telegram has not answered for \(seconds) seconds or more")
        return (bot: inquiry.bot ?? .silent(reason), webhook: inquiry.webhook ?? .silent(reason))
    }

    private static func read<Value>(
        _ result: Result<HTTPResponse, BotClient.Failure>, _ value: (JSONValue) -> Value?
    ) -> CheckupEvidence.Answer<Value> {
        switch result {
        case .failure(.notSent(let reason)), .failure(.lost(let reason)):
            return .silent(shown(Text(reason)))
        case .success(let response):
            let answer = BotAnswer.classify(
                status: response.status, retryAfter: response.header("Retry-After"),
                body: response.body)
            switch answer {
            case .ok(let result):
                return value(result).map { .told($0) }
                    ?? .silent("the Bot API's answer has another form than it should")
            case .retryAfter(_, let reason), .unavailable(let reason):
                return .silent(shown(reason))
            case .failed(let failure):
                return failure.blocksBot
                    ? .refused(shown(failure.description)) : .silent(shown(failure.description))
            }
        }
    }

    private static func webhook(_ info: WebhookInfo) -> CheckupEvidence.Webhook {
        let error = info.lastErrorDate.map { seconds in
            CheckupEvidence.Webhook.LastError(
                at: LogTime(telegram: seconds),
                reason: shown(info.lastErrorMessage ?? "no reason given"))
        }
        return CheckupEvidence.Webhook(
            url: shown(info.url), pending: info.pendingUpdates, lastError: error)
    }

    /// Words from outside without a token, cut to a length.
    private static func shown(_ words: Text) -> Text {
        Text(Array(BotToken.redacted(words).utf8.prefix(Limits.reasonBytes)))
    }
}

extension LogTime {
    /// A moment by Telegram's clock, in seconds; one beyond all calendars is cut to what they have.
    init(telegram seconds: Int64) {
        self.init(milliseconds: min(max(seconds, 0), 1 << 37) * 1000)
    }
}
