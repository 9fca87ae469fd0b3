import Glibc
import HTTP
import Transport
import Wire

/// Webhooks over some kept connections, one on its way on each.
///
/// At a fixed rate a webhook is due at its moment whether or not earlier ones are answered; its
/// time runs from that moment, so that a node that stands still is seen by all who wait.
final class WebhookLoad {
    /// Bounds of the load.
    enum Limits {
        /// Webhooks become due in lots, as often as this, in nanoseconds.
        static let tick: Int64 = 1_000_000
        /// Telegram waits so long for an answer.
        static let answer: Duration = .seconds(60)
        /// A connection that failed is opened anew after this.
        static let reconnect: Duration = .milliseconds(100)
        /// How long the last answers are waited for.
        static let farewell: Int64 = 5_000_000_000
        /// About the bytes of a body.
        static let bodyBytes = 450
    }

    let loop: EventLoop
    let address: SocketAddress
    private let path: String
    private let headers: HTTPHeaders
    private let rate: Int64
    private let ends: (seconds: Int64, count: Int64)
    private let firstUpdate: Int64
    private var idle: [Sender] = []
    private var senders: [Sender] = []
    private var made: Int64 = 0
    private var ended: Int64 = 0
    private var startedAt: Int64 = 0
    private var isEnding = false
    /// When the last answers are given up.
    private var endsAt = Int64.max
    private var seconds: [Second] = []
    private static let words = Array(
        String(repeating: "Where is my parcel? ", count: Limits.bodyBytes / 20 + 1).utf8)

    init(
        address: SocketAddress, path: String, secret: String, rate: Int64,
        ends: (seconds: Int64, count: Int64), firstUpdate: Int64
    ) throws {
        loop = try EventLoop()
        self.address = address
        self.path = path
        var headers = HTTPHeaders()
        headers.append("Host", address.description)
        headers.append("Content-Type", "application/json")
        headers.append("X-Telegram-Bot-Api-Secret-Token", secret)
        self.headers = headers
        self.rate = rate
        self.ends = ends
        self.firstUpdate = firstUpdate
    }

    /// Runs until the end; gives the report, one line a second.
    func run(connections: Int) throws -> String {
        try SignalWatch.watch(SIGTERM, on: loop) { [unowned self] in isEnding = true }
        startedAt = EventLoop.clock()
        senders = (0..<connections).map { _ in Sender(load: self) }
        for sender in senders { sender.open() }
        tick()
        loop.onTurnEnd = { [unowned self] in pump() }
        loop.run()
        loop.shutDown()
        return seconds.enumerated().map { $1.line(number: $0) }.joined()
    }

    private func tick() {
        _ = loop.schedule(after: .nanoseconds(Limits.tick)) { [unowned self] in tick() }
    }

    /// Sends what is due on what is idle.
    private func pump() {
        let elapsed = loop.now - startedAt
        if elapsed >= ends.seconds * 1_000_000_000 || made >= ends.count { isEnding = true }
        if isEnding {
            endsAt = min(endsAt, loop.now + Limits.farewell)
            if ended == made || loop.now > endsAt { loop.stop() }
            return
        }
        while !idle.isEmpty, made < ends.count {
            let due = dueTime(of: made)
            guard due <= loop.now else { return }
            idle.removeLast().send(request(made), due: due)
            made += 1
        }
    }

    /// When a webhook is due: in whole ticks.
    private func dueTime(of number: Int64) -> Int64 {
        guard rate > 0 else { return loop.now }
        let ticks = (number * (1_000_000_000 / Limits.tick) + rate - 1) / rate
        return startedAt + ticks * Limits.tick
    }

    private func request(_ number: Int64) -> HTTPRequest {
        let update = firstUpdate + number
        let user = 1_000_000_000 + update
        var body = Array(
            """
            {"update_id":\(update),
            "message":{"message_id":1,"from":{"id":\(user),"is_bot":false,"first_name":"Customer",\
            "last_name":"Number \(update)","username":"customer_\(update)","language_code":"en"},\
            "chat":{"id":\(user),"first_name":"Customer","last_name":"Number \(update)",\
            "username":"customer_\(update)","type":"private"},"date":1790000000,"text":"
            """.utf8)
        body += WebhookLoad.words.prefix(max(1, Limits.bodyBytes - body.count - 3))
        body += [0x22, 0x7d, 0x7d]
        return HTTPRequest(
            method: .post, target: Array(path.utf8), headers: headers, body: body)
    }

    /// A connection can take a webhook.
    func isIdle(_ sender: Sender) { idle.append(sender) }

    /// A connection is gone.
    func isGone(_ sender: Sender) { idle.removeAll { $0 === sender } }

    /// A webhook's fate; counted in the second in which it was due.
    func ended(due: Int64, _ outcome: Second.Outcome) {
        ended += 1
        let number = Int(max(0, due - startedAt) / 1_000_000_000)
        while seconds.count <= number { seconds.append(Second()) }
        seconds[number].count(outcome, nanoseconds: EventLoop.clock() - due)
    }
}
