import Routing

/// How often a node tells Telegram that an agent is typing. What Telegram then shows lasts for five
/// seconds; it is worth no entry in the log and no repetition.
struct TypingPace {
    /// Bounds of what is told.
    enum Limits {
        /// From one time to the next for a session, in nanoseconds.
        static let pause: Int64 = 4_000_000_000
        /// Sessions that are remembered; in more at once the others are not told of.
        static let sessions = 256
    }
    private var toldAt: [SessionID: Int64] = [:]

    /// Whether it is told now; then not again for a while. `now` in nanoseconds of the loop.
    mutating func mayTell(_ session: SessionID, now: Int64) -> Bool {
        if let last = toldAt[session], now - last < Limits.pause { return false }
        if toldAt.count >= Limits.sessions {
            toldAt = toldAt.filter { now - $0.value < Limits.pause }
            guard toldAt.count < Limits.sessions else { return false }
        }
        toldAt[session] = now
        return true
    }
}
