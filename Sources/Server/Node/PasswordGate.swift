/// Throttles failed sign-ins by account and by address: a token bucket each, refilled over a
/// minute. Loop's thread only; each node counts for itself.
struct PasswordGate {
    /// Accounts and addresses remembered before the fullest buckets are forgotten.
    static let maxKeys = 20_000

    private struct Bucket {
        var failures: Double
        var at: Int64
    }
    private let perMinute: Double
    private var buckets: [String: Bucket] = [:]

    /// A gate that lets this many failures a minute pass.
    init(perMinute: Int) { self.perMinute = Double(perMinute) }

    /// Whether a sign-in under these keys may be tried at this moment (nanoseconds, monotonic).
    mutating func mayTry(_ keys: [String], now: Int64) -> Bool {
        keys.allSatisfy { level(of: $0, now: now) < perMinute }
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
