/// Throttles failed sign-ins by account and by address: a token bucket each, refilled over a
/// minute. Loop's thread only.
///
/// The bound holds for the cluster: each node lets its share of it pass. So no node has to be told
/// of the failures at another one, also while it can't be reached, and nobody's address or mistyped
/// login is written to the log.
struct PasswordGate {
    /// Accounts and addresses remembered before the fullest buckets are forgotten.
    static let maxKeys = 20_000

    private struct Bucket {
        var failures: Double
        var at: Int64
    }
    /// Failures a minute that the cluster lets pass.
    private let inAll: Double
    /// Nodes among which they are divided.
    private var nodes = 1
    private var buckets: [String: Bucket] = [:]

    /// A gate of a cluster that lets this many failures a minute pass.
    init(perMinute: Int) { inAll = Double(perMinute) }

    /// So many nodes share the bound from now on.
    mutating func share(among nodes: Int) { self.nodes = max(1, nodes) }

    /// Failures a minute that this node lets pass.
    private var perMinute: Double { inAll / Double(nodes) }

    /// Whether a sign-in under these keys may be tried at this moment (nanoseconds, monotonic).
    mutating func mayTry(_ keys: [String], now: Int64) -> Bool {
        // A share below one try lets one pass, and the next once it is forgotten.
        keys.allSatisfy { level(of: $0, now: now) + 1 <= max(1, perMinute) }
    }

    /// Notes a try; a success afterwards takes it back with `succeeded`. Counting before the
    /// slow check keeps a burst of parallel tries within the limit.
    mutating func tried(_ keys: [String], now: Int64) {
        if buckets.count > PasswordGate.maxKeys { forgetIdle(now: now) }
        for key in keys { buckets[key] = Bucket(failures: level(of: key, now: now) + 1, at: now) }
    }

    /// A try under these keys was right.
    mutating func succeeded(_ keys: [String], now: Int64) {
        for key in keys {
            buckets[key] = Bucket(failures: max(0, level(of: key, now: now) - 1), at: now)
        }
    }

    private func level(of key: String, now: Int64) -> Double {
        guard let bucket = buckets[key] else { return 0 }
        let minutes = Double(now - bucket.at) / 60e9
        return max(0, bucket.failures - minutes * perMinute)
    }

    private mutating func forgetIdle(now: Int64) {
        buckets = buckets.filter { level(of: $0.key, now: now) > 0 }
        // Still too many: an attack from many addresses. Forgetting all only resets the count.
        if buckets.count > PasswordGate.maxKeys { buckets = [:] }
    }
}
