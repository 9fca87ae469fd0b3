import Crypto
import HTTP
import Replica
import Routing
import Telegram
import Transport
import Wire

/// Has the files that agents send through this node until they are delivered, and makes the call to
/// the Bot API once the leader has committed that a file's turn has come; see decision 28. In
/// memory alone: what another incarnation of this node had is gone. Loop's thread only.
final class FileSender {
    /// Bounds of the work.
    enum Limits {
        /// Calls under way; each has a second copy of its file.
        static let calls = 4
        /// From a call to the end of its answer: 20 MB at two megabits a second.
        static let answer: Duration = .seconds(90)
        /// A call that can't begin so long after its turn waits for another one, lest the leader
        /// takes it for silence; see `FileTurns.Limits.report`.
        static let begin: Int64 = 25_000_000_000
        /// Bytes of an answer.
        static let answerBytes = 1 << 20
        /// So long a file is kept whose message the cluster does not have.
        static let unclaimed: Int64 = 120_000_000_000
        /// So long one is kept whose message failed or may have arrived, to be sent again.
        static let stuck: Int64 = 600_000_000_000
        /// Between two looks at what is kept.
        static let look: Duration = .seconds(15)
        /// Pause before something that was not committed is put to the cluster again.
        static let again: Duration = .milliseconds(500)
    }

    /// Why a message fails whose file is not kept any more.
    static let notKept: Text = "its node keeps the file no more: send the file again"

    private struct Held {
        var bytes: [UInt8]
        var share: UploadShare
        /// Its message, once the cluster has it.
        var message: OutboxID?
        /// Since when it is unclaimed or its message is stuck; nil: it waits or is being sent.
        var idleSince: Int64?
    }
    /// One attempt at a message.
    private struct Turn: Equatable {
        var id: OutboxID
        var epoch: UInt64
        var attempt: UInt32
    }

    /// The memory for files.
    let room = UploadRoom()
    private unowned let node: Node
    private var held: [UInt64: Held] = [:]
    private var keys: [OutboxID: UInt64] = [:]
    /// The last attempts that were begun here, of messages that are still being sent.
    private var begun: [OutboxID: Turn] = [:]
    /// Turns that wait for a call, and since when.
    private var waiting: [(turn: Turn, since: Int64)] = []
    private var underWay = 0
    private var isForgetting = false
    private lazy var client = node.delivery.client.sibling(
        maxConnections: Limits.calls, answerBytes: Limits.answerBytes, answer: Limits.answer)

    init(node: Node) { self.node = node }

    /// Begins to look after what is kept.
    func start() {
        look()
        _ = node.loop.schedule(after: Limits.look) { [weak self] in
            guard let self, !node.isStopping else { return }
            start()
        }
    }

    // MARK: Keeping

    /// Keeps a file; gives what it is called here.
    func keep(_ bytes: [UInt8], _ share: UploadShare) -> UInt64 {
        var key = SecureRandom.uint64()
        while held[key] != nil { key = SecureRandom.uint64() }
        held[key] = Held(bytes: bytes, share: share, idleSince: node.loop.now)
        return key
    }

    /// A file is not needed unless a message names it.
    func release(_ key: UInt64) {
        if held[key]?.message == nil { held[key] = nil }
    }

    /// The node gives way to another one, for which all this is gone.
    func dropAll() {
        (held, keys, begun, waiting) = ([:], [:], [:], [])
    }

    private func drop(_ id: OutboxID) {
        begun[id] = nil
        guard let key = keys.removeValue(forKey: id) else { return }
        held[key] = nil
    }

    private func look() {
        let now = node.loop.now
        for (key, file) in held {
            guard let since = file.idleSince else { continue }
            let patience = file.message == nil ? Limits.unclaimed : Limits.stuck
            guard now - since >= patience else { continue }
            held[key] = nil
            if let id = file.message { keys[id] = nil }
        }
        let own = node.configuration.node.rawValue
        let others = node.state.outbox(heldBy: own).contains {
            $0.file?.incarnation != node.incarnation
        }
        if others { forgetOthers() }
    }

    /// What other incarnations of this node had is gone: the cluster is told, once.
    private func forgetOthers() {
        guard !isForgetting else { return }
        isForgetting = true
        let command = Command.forgetFiles(
            holder: node.configuration.node.rawValue, but: node.incarnation)
        node.submit(command) { [weak self] answer in
            guard let self else { return }
            isForgetting = false
            if case .applied = answer { return }
            _ = node.loop.schedule(after: Limits.again) { [weak self] in
                guard let self, !node.isStopping else { return }
                look()
            }
        }
    }

    // MARK: Turns

    /// A message is new, or its state has changed, in what this node has applied.
    func changed(_ id: OutboxID) {
        guard let message = node.state.outbox(id) else { return drop(id) }
        guard let file = message.file, file.holder == node.configuration.node.rawValue else {
            return
        }
        guard file.incarnation == node.incarnation else {
            if message.isHeld { forgetOthers() }
            return
        }
        if held[file.key] != nil {
            keys[id] = file.key
            held[file.key]?.message = id
        }
        switch message.state {
        case .sending(let epoch):
            held[file.key]?.idleSince = nil
            let turn = Turn(id: id, epoch: epoch, attempt: message.attempts)
            guard begun[id] != turn else { return }
            begun[id] = turn
            waiting.append((turn, node.loop.now))
            beginNext()
        case .queued: held[file.key]?.idleSince = nil
        case .failed, .uncertain:
            begun[id] = nil
            if held[file.key]?.idleSince == nil { held[file.key]?.idleSince = node.loop.now }
        case .sent, .withdrawn: drop(id)
        }
    }

    /// Whether an attempt is still the cluster's will, as far as this node knows.
    private func isWanted(_ turn: Turn) -> Bool {
        guard let message = node.state.outbox(turn.id) else { return false }
        return message.state == .sending(epoch: turn.epoch) && message.attempts == turn.attempt
    }

    private func beginNext() {
        while underWay < Limits.calls, !waiting.isEmpty {
            underWay += 1
            let (turn, since) = waiting.removeFirst()
            confirm(turn, since: since)
        }
    }

    private func end() {
        underWay -= 1
        beginNext()
    }

    /// Makes sure that a majority knows nothing newer: a node that was away applies old turns, and
    /// what is `uncertain` by now must not be sent behind everybody's back.
    private func confirm(_ turn: Turn, since: Int64) {
        let patience: Duration = .seconds(node.configuration.limits.commandSeconds)
        node.ask(within: patience) { replica, request, deadline in
            replica.readRequested(request, deadline: deadline)
        } completion: { [weak self] answer in
            guard let self else { return }
            guard !node.isStopping, isWanted(turn) else { return end() }
            guard node.loop.now - since < Limits.begin else { return putOff(turn) }
            if case .readable = answer { return call(turn) }
            _ = node.loop.schedule(after: Limits.again) { [weak self] in
                self?.confirm(turn, since: since)
            }
        }
    }

    /// No call was made, and none will be for this turn.
    private func putOff(_ turn: Turn) {
        record(turn, .retry(notBefore: node.logTime, reason: "the file's node is busy"))
        end()
    }

    private func call(_ turn: Turn) {
        guard let message = node.state.outbox(turn.id), let file = message.file else {
            return end()
        }
        guard let bytes = held[file.key]?.bytes else {
            return finish(turn, message, .failed(reason: Self.notKept, unreachable: nil))
        }
        guard let project = node.state.project(message.project),
            let token = node.secrets.open(project.settings.sealedToken, for: .botToken)
        else {
            return finish(turn, message, .failed(reason: Delivery.noToken, unreachable: nil))
        }
        let upload = BotUpload(
            chat: message.chat.rawValue, kind: file.kind == .photo ? .photo : .document,
            fileName: file.name, mimeType: file.mimeType, caption: message.text,
            entities: message.entities.map(MessageEntity.init))
        let boundary = BotUpload.boundary(SecureRandom.uint64(), SecureRandom.uint64())
        client.upload(upload, bytes, boundary: boundary, token: token) { [weak self] answer in
            guard let self else { return }
            finish(turn, message, node.delivery.result(of: answer, for: message))
        }
    }

    private func finish(_ turn: Turn, _ message: OutboxMessage, _ result: DeliveryResult) {
        node.delivery.say(message, result)
        record(turn, result)
        end()
    }

    /// Puts a result to the cluster, again and again while nobody knows better.
    private func record(_ turn: Turn, _ result: DeliveryResult) {
        // Given up meanwhile, and perhaps begun anew: the result of that one counts.
        guard isWanted(turn) else { return }
        let command = Command.finishSending(turn.id, epoch: turn.epoch, result)
        node.submit(command) { [weak self] answer in
            guard let self else { return }
            if case .applied = answer { return }
            guard isWanted(turn), !node.isStopping else { return }
            _ = node.loop.schedule(after: Limits.again) { [weak self] in
                guard let self, isWanted(turn), !node.isStopping else { return }
                record(turn, result)
            }
        }
    }
}
