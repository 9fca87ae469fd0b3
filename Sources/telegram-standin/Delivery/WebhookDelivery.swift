import HTTP
import Transport
import Wire

/// Delivers the updates of one bot to its webhook, as Telegram does.
///
/// Updates of one queue go one after the other, each until it is taken; different queues go at
/// once, as far as the connections reach. At most twice as many updates as connections are held
/// ready, so that a few that are always refused stop everything: that is how it is.
final class WebhookDelivery {
    /// What `setWebhook` asked for.
    struct Settings: Equatable {
        let url: Text
        let secret: Text
        let maxConnections: Int
        /// PEM, when the webhook's certificate is signed by itself.
        let certificate: [UInt8]?
        let fixedAddress: Text?
    }

    /// An update in a queue.
    private struct Loaded {
        let update: Bot.PendingUpdate
        /// The last pause, in Telegram's seconds.
        var delay = 1.0
        var failures = 0
        var dueAt: Double
    }

    let settings: Settings
    let address: SocketAddress
    private unowned let bot: Bot
    private let world: World
    private let url: WebURL
    private let trust: TLSClientContext?
    /// Updates by number, and their numbers by queue in order.
    private var loaded: [Int64: Loaded] = [:]
    private var queues: [Int64: [Int64]] = [:]
    /// The queues whose first update is not on its way, by when it is due.
    private var due: [(at: Double, queue: Int64)] = []
    /// The next update to load.
    private var nextToLoad: Int64
    private var connections: [Int: WebhookConnection] = [:]
    private var idle: [WebhookConnection] = []
    private var connectionCount = 0
    /// When new connections were opened lately.
    private var opened: [Double] = []
    private var lastSuccess = -1e9
    private var first410: Double?
    private(set) var lastError: (date: Int64, message: Text)?
    private var timer: LoopTimer?
    private var isStopped = false

    /// A webhook that answers 410 for this long is deleted, in Telegram's seconds.
    static let goneLimit = 23.0 * 3600
    /// A pause grows up to between this and twice as much.
    static let longestDelay = 60.0

    init(
        bot: Bot, settings: Settings, url: WebURL, address: SocketAddress, world: World
    ) throws(TransportError) {
        self.bot = bot
        self.settings = settings
        self.url = url
        self.address = address
        self.world = world
        nextToLoad = bot.lowestPending
        if let certificate = settings.certificate {
            trust = try Self.trust(in: certificate)
        } else {
            trust = url.isSecure ? world.trust : nil
        }
        timer = world.loop.timer { [weak self] in self?.advance() }
    }

    /// Ends it; requests on their way are given up.
    func stop() {
        isStopped = true
        timer?.cancel()
        for connection in connections.values.sorted(by: { $0.number < $1.number }) {
            connection.close()
        }
        connections = [:]
        idle = []
    }

    /// The number of open connections.
    var connectionsOpen: Int { connections.count }

    /// There may be something to do.
    func updatesArrived() { advance() }

    private func advance() {
        guard !isStopped else { return }
        var wakeAt = Double.infinity
        load()
        open(&wakeAt)
        send(&wakeAt)
        if wakeAt.isFinite {
            timer?.reschedule(after: world.clock.duration(wakeAt - world.clock.seconds))
        }
    }

    // MARK: Queues

    private func load() {
        let now = world.clock.seconds
        nextToLoad = max(nextToLoad, bot.lowestPending)
        if nextToLoad > bot.nextUpdateID { nextToLoad = bot.lowestPending }
        while loaded.count < 2 * settings.maxConnections, nextToLoad < bot.nextUpdateID {
            defer { nextToLoad += 1 }
            guard let update = bot.pending[nextToLoad] else { continue }
            guard update.expiresAt > now else {
                bot.forget(update.id)
                continue
            }
            loaded[update.id] = Loaded(update: update, dueAt: now)
            queues[update.queue, default: []].append(update.id)
            if queues[update.queue]?.count == 1 { schedule(update.queue, at: now) }
        }
    }

    /// Lets the first update of a queue be sent from then on.
    private func schedule(_ queue: Int64, at time: Double) {
        let place = due.firstIndex { (time, queue) < ($0.at, $0.queue) } ?? due.endIndex
        due.insert((time, queue), at: place)
    }

    /// Takes an update out of its queue and lets the next one go.
    private func remove(_ id: Int64) {
        guard let entry = loaded.removeValue(forKey: id) else { return }
        bot.forget(id)
        let queue = entry.update.queue
        queues[queue]?.removeFirst()
        if let next = queues[queue]?.first, let following = loaded[next] {
            schedule(queue, at: following.dueAt)
        } else {
            queues[queue] = nil
        }
    }

    private func send(_ wakeAt: inout Double) {
        while let (time, queue) = due.first {
            let now = world.clock.seconds
            guard time <= now else {
                wakeAt = min(wakeAt, time)
                return
            }
            guard let connection = idle.popLast() else { return }
            due.removeFirst()
            guard let id = queues[queue]?.first, let entry = loaded[id] else {
                preconditionFailure("a queue that is due has a first update")
            }
            let number = bot.deliveries.begin(
                update: id, queue: queue, attempt: entry.failures + 1,
                connection: connection.number, at: now)
            let body = Bot.body(of: entry.update)
            connection.send(
                update: id, attempt: number, head: head(length: body.count), body: body)
        }
    }

    /// The head of a request, with the fields that Telegram sends and no others.
    private func head(length: Int) -> [UInt8] {
        var head = "POST \(url.target) HTTP/1.1\r\nHost: \(url.hostField)\r\n"
        if !url.userInfo.isEmpty {
            head += "Authorization: Basic \(Base64.string(Array(url.userInfo.utf8)))\r\n"
        }
        if !settings.secret.isEmpty {
            head += "X-Telegram-Bot-Api-Secret-Token: \(settings.secret)\r\n"
        }
        head += "Content-Type: application/json\r\nContent-Length: \(length)\r\n"
        head += "Connection: keep-alive\r\nAccept-Encoding: gzip, deflate\r\n\r\n"
        return Array(head.utf8)
    }

    // MARK: Connections

    /// Opens what the queues need: one at a time while nothing was taken lately.
    private func open(_ wakeAt: inout Double) {
        let now = world.clock.seconds
        var needed = min(queues.count, settings.maxConnections)
        let isActive = lastSuccess + 10 >= now
        if !isActive { needed = min(needed, 1) }
        // Ten in half a second while it works, else one in two seconds.
        let (period, most) = isActive ? (0.5, 10) : (2.0, 1)
        while connections.count < needed {
            let recent = opened.suffix(most)
            if recent.count == most, let first = recent.first, first + period > now {
                wakeAt = min(wakeAt, first + period)
                return
            }
            opened = Array(opened.suffix(9)) + [now]
            connectionCount += 1
            let connection = WebhookConnection(
                number: connectionCount, world: world, address: address, trust: trust,
                serverName: url.host)
            connection.onEnd = { [weak self] in self?.ended($0, $1) }
            connections[connection.number] = connection
            idle.append(connection)
            connection.open()
        }
    }

    /// A connection took an answer, failed, or was closed while idle.
    private func ended(_ connection: WebhookConnection, _ outcome: WebhookConnection.Outcome) {
        guard !isStopped else { return }
        if connection.isReusable {
            idle.append(connection)
        } else {
            connections[connection.number] = nil
            idle.removeAll { $0 === connection }
        }
        switch outcome {
        case .closedIdle: break
        case .answered(let update, let attempt, let response)
        where (200...299).contains(response.status):
            succeeded(update, attempt, response)
        case .answered(let update, let attempt, let response):
            refused(update, attempt, response)
        case .failed(let update, let attempt, let message, let status):
            failed(update, attempt, message, status: status, retryAfter: 0)
        }
        advance()
    }

    private func succeeded(_ update: Int64, _ attempt: Int, _ response: HTTPResponse) {
        lastSuccess = world.clock.seconds
        first410 = nil
        bot.deliveries.end(
            attempt, at: lastSuccess, status: response.status, error: nil, retryIn: nil)
        remove(update)
        let arguments = Arguments(
            body: response.body, contentType: response.header("Content-Type")?.string ?? "")
        let method = arguments["method"].string.lowercased()
        guard !method.isEmpty, !method.hasPrefix("get"),
            !["deletewebhook", "setwebhook", "close", "logout"].contains(method)
        else { return }
        // Telegram tells nobody how this call ends.
        BotAPI(world: world).call(method, of: bot, arguments) { _ in }
    }

    private func refused(_ update: Int64, _ attempt: Int, _ response: HTTPResponse) {
        let now = world.clock.seconds
        let message = "Wrong response from the webhook: \(StatusWords.line(response.status))"
        if response.status == 410 {
            if let first410 {
                if now > first410 + Self.goneLimit {
                    bot.deliveries.end(
                        attempt, at: now, status: 410, error: Text(message), retryIn: nil)
                    stop()
                    bot.webhook = nil
                    return
                }
            } else {
                first410 = now
            }
        } else {
            first410 = nil
        }
        let retryAfter = response.header("Retry-After").flatMap { Double($0.string) } ?? 0
        failed(
            update, attempt, message, status: response.status,
            retryAfter: min(max(0, retryAfter.rounded(.down)), 3600))
    }

    /// At once after the first failure, then 2, 4, 8, 16, 32 s and from there 60 to 120 s; what
    /// the webhook asks for replaces the pause.
    private func failed(
        _ update: Int64, _ attempt: Int, _ message: String, status: Int?, retryAfter: Double
    ) {
        let now = world.clock.seconds
        lastError = (world.clock.unixTime, Text(message))
        guard var entry = loaded[update] else { return }
        var pause = retryAfter
        if retryAfter == 0, entry.failures > 0 {
            let longest = Double.random(
                in: Self.longestDelay...2 * Self.longestDelay, using: &world.random)
            entry.delay = min(longest, entry.delay * 2)
            pause = entry.delay
        }
        bot.deliveries.end(
            attempt, at: now, status: status, error: Text(message), retryIn: pause)
        if now + pause > entry.update.expiresAt {
            bot.deliveries.drop()
            return remove(update)
        }
        entry.failures += 1
        entry.dueAt = now + pause
        loaded[update] = entry
        schedule(entry.update.queue, at: entry.dueAt)
    }
}
