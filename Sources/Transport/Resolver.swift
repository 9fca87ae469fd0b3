/// Names to addresses on threads of its own, with a cache. Loop's thread only.
public final class Resolver {
    private static let threadCount = 2
    private static let maxWaiting = 256
    private static let maxCached = 1024
    /// How long a failed look-up is believed.
    private static let negativeTimeToLive = Duration.seconds(2)

    private typealias Outcome = Result<[SocketAddress], TransportError>

    private struct Cached {
        let outcome: Outcome
        let expiry: Int64
    }

    private struct Waiter {
        let port: UInt16
        let completion: (Result<[SocketAddress], TransportError>) -> Void
    }

    private let loop: EventLoop
    private let timeToLive: Duration
    private let timeout: Duration
    private let pool: WorkerPool
    private let lookUpName: @Sendable (String) -> Result<[SocketAddress], TransportError>
    private var cache: [String: Cached] = [:]
    private var waiters: [String: [Waiter]] = [:]
    /// Look-ups on a thread; one may outlive the patience of its waiters.
    private var inFlight: Set<String> = []

    /// Look-ups of `loop`.
    public convenience init(
        loop: EventLoop, timeToLive: Duration = .seconds(60), timeout: Duration = .seconds(5)
    ) throws(TransportError) {
        try self.init(loop: loop, timeToLive: timeToLive, timeout: timeout) { host in
            Result { () throws(TransportError) in try Transport.lookUp(host, 0) }
        }
    }

    /// With another source of addresses than the system, for tests.
    init(
        loop: EventLoop, timeToLive: Duration, timeout: Duration,
        lookUpName: @escaping @Sendable (String) -> Result<[SocketAddress], TransportError>
    ) throws(TransportError) {
        self.loop = loop
        self.timeToLive = timeToLive
        self.timeout = timeout
        self.lookUpName = lookUpName
        self.pool = try WorkerPool(
            name: "resolver", threads: Self.threadCount, queueLimit: Self.maxWaiting)
    }

    /// The addresses of `host`, told on a later turn. Literals need no look-up; concurrent
    /// requests for one name share one.
    public func resolve(
        host: String, port: UInt16,
        completion: @escaping (Result<[SocketAddress], TransportError>) -> Void
    ) {
        loop.checkThread()
        if let literal = SocketAddress(ip: host, port: port) {
            return loop.later { completion(.success([literal])) }
        }
        if let cached = cache[host], cached.expiry > loop.now {
            let outcome = cached.outcome.map { $0.map { $0.withPort(port) } }
            return loop.later { completion(outcome) }
        }
        guard inFlight.contains(host) || lookUp(host) else {
            return loop.later {
                completion(.failure(.overloaded(what: "the queue of name look-ups")))
            }
        }
        waiters[host, default: []].append(Waiter(port: port, completion: completion))
        if waiters[host]?.count == 1 {
            loop.schedule(after: timeout) { [weak self] in
                // Later waiters of the same name share the fate of the first: the name is slow.
                self?.tell(host, .failure(.timedOut(what: "looking up \(host)")))
            }
        }
    }

    private func lookUp(_ host: String) -> Bool {
        let lookUpName = lookUpName
        let isQueued = pool.submit(on: loop, { lookUpName(host) }) { [weak self] outcome in
            self?.found(host, outcome)
        }
        if isQueued { inFlight.insert(host) }
        return isQueued
    }

    private func found(_ host: String, _ outcome: Outcome) {
        inFlight.remove(host)
        let life: Duration =
            switch outcome {
            case .success: timeToLive
            case .failure: min(timeToLive, Self.negativeTimeToLive)
            }
        if cache.count >= Self.maxCached {
            cache = cache.filter { $0.value.expiry > loop.now }
            if cache.count >= Self.maxCached { cache = [:] }
        }
        cache[host] = Cached(outcome: outcome, expiry: loop.now.adding(life))
        tell(host, outcome)
    }

    private func tell(_ host: String, _ outcome: Outcome) {
        guard let told = waiters.removeValue(forKey: host) else { return }
        for waiter in told {
            waiter.completion(outcome.map { $0.map { $0.withPort(waiter.port) } })
        }
    }
}
