import HTTP
import Replica
import Routing
import Telegram
import Transport
import Wire

/// The sender of the leader: takes messages from the replicated outbox in order per chat and within
/// Telegram's rates, commits `startSending` before each call and the result after it.
///
/// Only the node in office sends. When it loses office the calls under way go on, but their results
/// are ignored by the state: the next office's epoch has made these messages `uncertain`.
/// Loop's thread only.
final class Delivery {
    /// Our patience; the rates are in `SendingPace`.
    enum Limits {
        /// Messages of one project looked at in one go: twice as many as one node has files, which
        /// may all have to wait.
        static let look = 512
        /// Messages whose sending is committed in one entry.
        static let batch = 100
        /// Pause after the Bot API could not be reached, doubled by each attempt up to `maxPause`.
        static let minPause: Int64 = 1_000
        /// Longest such pause, in milliseconds.
        static let maxPause: Int64 = 60_000
        /// How often a change or a deletion is tried of which nobody knows whether it was done.
        static let attemptsInDoubt: UInt32 = 5
        /// Pause after turns that were not committed, in nanoseconds.
        static let refusalPause: Int64 = 500_000_000
        /// Pause before a result that was not committed is put to the cluster again.
        static let recordAgain: Duration = .milliseconds(500)
    }

    /// Why a message fails without asking Telegram.
    static let noToken: Text = "the project has no bot token that this cluster can read"

    private unowned let node: Node
    let client: BotClient
    private var underWay: Set<OutboxID> = []
    private var pace = SendingPace()
    /// The office whose beginning `pace` knows.
    private var office: UInt64?
    private var timer: LoopTimer?
    /// When `timer` fires.
    private var looksAt: Int64 = 0
    private var isPoked = false
    private lazy var turns = FileTurns(node: node)

    init(node: Node, client: BotClient) {
        self.node = node
        self.client = client
    }

    /// Something may have become ready to be sent; looks at the end of this turn.
    func poke() {
        guard !isPoked, node.officeEpoch != nil else { return }
        isPoked = true
        node.loop.later { [weak self] in
            self?.isPoked = false
            self?.look()
        }
    }

    private func look() {
        // One that leaves takes no turn: it could not commit what became of it.
        guard !node.isStopping, let epoch = node.officeEpoch else { return }
        let now = node.loop.now
        if office != epoch {
            office = epoch
            pace.beganOffice(now: now)
        }
        var chosen: [OutboxMessage] = []
        var wait = Int64.max
        for chat in turns.look() { pace.ended(chat, now: now) }
        if turns.isWatching { wait = FileTurns.Limits.look }
        for message in node.state.outboxSending
        where message.state == .sending(epoch: epoch) && !underWay.contains(message.id) {
            wait = min(wait, begunUnheard(message, epoch: epoch, now: now))
        }
        for message in node.state.outboxReady(at: node.logTime, limit: Limits.look)
        where !underWay.contains(message.id) && chosen.count < Limits.batch {
            if let file = message.file, !turns.mayBegin(file) {
                wait = min(wait, FileTurns.Limits.look)
                continue
            }
            switch pace.choose(message.address, now: now) {
            case .go: chosen.append(message)
            case .wait(let pause): wait = min(wait, pause)
            // Whatever becomes of their calls, this is looked at again then.
            case .waitForOthers: break
            }
        }
        if let next = node.state.outboxNext(after: node.logTime) {
            let pause = max(1, next.milliseconds - node.logTime.milliseconds)
            wait = min(wait, min(pause, 3_600_000) * 1_000_000)
        }
        if wait != .max { lookAgain(after: wait) }
        if !chosen.isEmpty { begin(chosen, epoch: epoch) }
    }

    /// A message's turn was committed by this office, but only after its answer was given up: it is
    /// called for once there is a place. Gives how long it is until then.
    private func begunUnheard(_ message: OutboxMessage, epoch: UInt64, now: Int64) -> Int64 {
        guard message.file == nil else {
            if !turns.isBegun(message, epoch: epoch) { turns.began(message, epoch: epoch) }
            return FileTurns.Limits.look
        }
        switch pace.choose(message.address, now: now) {
        case .go:
            underWay.insert(message.id)
            call(message, epoch: epoch)
            return .max
        case .wait(let pause): return pause
        case .waitForOthers: return .max
        }
    }

    /// Looks again then, or earlier if that was wanted before.
    private func lookAgain(after nanoseconds: Int64) {
        let moment = node.loop.now + nanoseconds
        guard timer == nil || moment < looksAt else { return }
        timer?.cancel()
        looksAt = moment
        timer = node.loop.schedule(after: .nanoseconds(nanoseconds)) { [weak self] in
            self?.timer = nil
            self?.poke()
        }
    }

    private func begin(_ messages: [OutboxMessage], epoch: UInt64) {
        for message in messages { underWay.insert(message.id) }
        let ids = messages.map(\.id)
        node.submit(.startSending(ids, epoch: epoch)) { [weak self] answer in
            guard let self else { return }
            for message in messages {
                guard case .applied = answer, let now = node.state.outbox(message.id),
                    now.state == .sending(epoch: epoch), node.officeEpoch == epoch
                else {
                    pace.gaveUp(message.address)
                    underWay.remove(message.id)
                    continue
                }
                guard now.file == nil else {
                    // The node that has the file applies the same entry and makes the call.
                    pace.called(message.address, now: node.loop.now)
                    underWay.remove(message.id)
                    turns.began(now, epoch: epoch)
                    continue
                }
                call(now, epoch: epoch)
            }
            // What is refused at once would be refused again and again in the same moment.
            if case .applied = answer { poke() } else { lookAgain(after: Limits.refusalPause) }
        }
    }

    private func call(_ message: OutboxMessage, epoch: UInt64) {
        guard let project = node.state.project(message.project),
            let token = node.secrets.open(project.settings.sealedToken, for: .botToken)
        else {
            pace.gaveUp(message.address)
            return finish(message, epoch, .failed(reason: Delivery.noToken, unreachable: nil))
        }
        var isBegun = false
        let begun = { [weak self] in
            guard let self else { return }
            isBegun = true
            pace.called(message.address, now: node.loop.now)
            poke()
        }
        client.call(message.method, token: token, begun: begun) { [weak self] answer in
            guard let self else { return }
            if !isBegun { pace.gaveUp(message.address) }
            finish(message, epoch, result(of: answer, for: message))
        }
    }

    /// What an answer of the Bot API, or none, makes of a message.
    func result(
        of answer: Result<HTTPResponse, BotClient.Failure>, for message: OutboxMessage
    ) -> DeliveryResult {
        switch answer {
        case .failure(.notSent(let reason)): retry(message, BotToken.redacted(Text(reason)))
        case .failure(.lost(let reason)): inDoubt(message, BotToken.redacted(Text(reason)))
        case .success(let response):
            switch BotAnswer.classify(
                status: response.status, retryAfter: response.header("Retry-After"),
                body: response.body)
            {
            case .ok(let result): done(message, result)
            case .retryAfter(let seconds, let reason):
                held(message, seconds: Int64(seconds), reason)
            case .failed(let failure):
                if let target = message.act.target, failure.isDoneAlready {
                    .sent(messageID: target.messageID)
                } else {
                    .failed(reason: failure.description, unreachable: unreachable(failure))
                }
            case .unavailable(let reason): inDoubt(message, reason)
            }
        }
    }

    /// Telegram takes no more for a while.
    private func held(
        _ message: OutboxMessage, seconds: Int64, _ reason: Text
    ) -> DeliveryResult {
        pace.refused(message.address, pause: seconds * 1_000_000_000, now: node.loop.now)
        return retry(after: seconds * 1000, reason)
    }

    private func done(_ message: OutboxMessage, _ result: JSONValue) -> DeliveryResult {
        if message.file != nil, let media = SentMedia(result) {
            return .sentFile(
                messageID: media.messageID,
                SentFile(fileID: media.fileID, thumbnailID: media.thumbnailID))
        }
        let id = message.act.target?.messageID ?? result["message_id"]?.int ?? 0
        return .sent(messageID: id)
    }

    /// What a failure says of the customer; before the second level there was one word for all.
    private func unreachable(_ failure: BotFailure) -> Unreachable? {
        let why = failure.kind.unreachable
        return why != nil && node.state.level < .second ? .blockedBot : why
    }

    /// Nobody knows whether it was done. A message is left to a person; a change or a deletion is
    /// tried again some times, because twice makes no difference.
    private func inDoubt(_ message: OutboxMessage, _ reason: Text) -> DeliveryResult {
        guard Delivery.isTriedAgain(message.act, attempts: message.attempts) else {
            return .uncertain(reason: reason)
        }
        return retry(message, reason)
    }

    /// Whether what is in doubt after so many calls is done again.
    static func isTriedAgain(_ act: OutboxMessage.Act, attempts: UInt32) -> Bool {
        act.target != nil && attempts < Limits.attemptsInDoubt
    }

    /// Another try after a pause that grows with each.
    private func retry(_ message: OutboxMessage, _ reason: Text) -> DeliveryResult {
        let exponent = min(Int64(message.attempts), 6)
        let pause = min(Limits.minPause << max(0, exponent - 1), Limits.maxPause)
        return retry(after: pause, reason)
    }

    private func retry(after milliseconds: Int64, _ reason: Text) -> DeliveryResult {
        .retry(notBefore: node.logTime.adding(milliseconds: milliseconds), reason: reason)
    }

    private func finish(_ message: OutboxMessage, _ epoch: UInt64, _ result: DeliveryResult) {
        say(message, result)
        record(message.id, epoch, result)
    }

    /// Counts a result, and logs one that is not as it should be.
    func say(_ message: OutboxMessage, _ result: DeliveryResult) {
        switch result {
        case .sent, .sentFile: node.metrics.count(.messagesSent)
        case .failed, .uncertain:
            node.metrics.count(.messagesFailed)
            node.log.warning(
                "a message was not delivered",
                [
                    "outbox": .count(message.id.rawValue), "result": .text("\(result)"),
                ])
        case .retry(_, let reason):
            node.metrics.count(.messagesRetried)
            node.log.warning(
                "a message could not be sent yet",
                ["outbox": .count(message.id.rawValue), "reason": .text(reason.string)])
        }
    }

    /// Commits a result, again and again while this node stays in office. Out of office there is
    /// no need: the next epoch has made the message `uncertain`.
    private func record(_ id: OutboxID, _ epoch: UInt64, _ result: DeliveryResult) {
        node.submit(.finishSending(id, epoch: epoch, result)) { [weak self] answer in
            guard let self else { return }
            if case .applied = answer {
            } else if node.officeEpoch == epoch {
                // One that leaves keeps it under way: the next office makes it `uncertain`.
                guard !node.isStopping else { return }
                _ = node.loop.schedule(after: Limits.recordAgain) { [weak self] in
                    self?.record(id, epoch, result)
                }
                return
            }
            underWay.remove(id)
            poke()
        }
    }
}

extension OutboxMessage {
    /// The call that does it.
    fileprivate var method: BotMethod {
        let entities = entities.map(MessageEntity.init)
        return switch act {
        // What sends a file is the call of who has it; see `FileSender`.
        case .send, .sendFile:
            .sendMessage(
                chat: chat.rawValue, text: text, entities: entities, replyTo: replyTo?.messageID)
        case .edit(let target):
            .editMessageText(
                chat: chat.rawValue, message: target.messageID, text: text, entities: entities)
        case .editCaption(let target):
            .editMessageCaption(
                chat: chat.rawValue, message: target.messageID, caption: text,
                entities: entities)
        case .delete(let target):
            .deleteMessage(chat: chat.rawValue, message: target.messageID)
        }
    }
}
