/// How many messages a second, and how many at once after a pause.
struct Rate {
    var perSecond: Double
    var burst: Double
}

/// A bucket of tokens that fills at a rate; the seconds are the machine's, because whoever is told
/// to wait waits in these.
struct RateBucket {
    private var level: Double
    private var filledAt: Double

    /// A full bucket.
    init(_ rate: Rate, now: Double) {
        level = rate.burst
        filledAt = now
    }

    /// The seconds until a token may be taken; 0 when there is one now.
    mutating func wait(_ rate: Rate, now: Double) -> Double {
        guard rate.perSecond > 0 else { return 0 }
        level = min(rate.burst, level + (now - filledAt) * rate.perSecond)
        filledAt = now
        return level >= 1 ? 0 : (1 - level) / rate.perSecond
    }

    /// Takes a token that `wait` found.
    mutating func take() { level -= 1 }
}
