import Raft
import Routing

/// The log's clock at one node: the newest entry's time plus what has passed here since.
///
/// A leader stamps entries with it. It runs by the monotonic clock, is slewed towards the wall
/// clock by a tenth at most, and never goes back. A process that has not seen an entry arrive just
/// after it was stamped since it started knows no elapsed time: taking office it may jump forward
/// to the wall clock. Entries that come late, to a node that was down or cut off, tell nothing of
/// the quiet time since they were stamped: where this node's own clock is further it stays there.
struct LogClock: Sendable {
    /// Log time in nanoseconds at `at`.
    private var nanoseconds: Int64
    private var at: Instant
    /// Whether an entry was seen to arrive in this process just after it was stamped, or this
    /// process has led.
    private var isAnchored = false

    /// No time beyond the year 2116 counts, and none before 1970: what another node says must not
    /// bring the arithmetic down.
    private static let maxMilliseconds = Int64.max / 1_000_000 / 2

    init(last: LogTime, now: Instant) {
        nanoseconds = LogClock.nanoseconds(last)
        at = now
    }

    private static func nanoseconds(_ time: LogTime) -> Int64 {
        min(max(0, time.milliseconds), maxMilliseconds) * 1_000_000
    }

    /// An entry carries this time that was stamped just now.
    mutating func observed(_ time: LogTime, now: Instant) {
        nanoseconds = LogClock.nanoseconds(time)
        at = now
        isAnchored = true
    }

    /// An entry carries this time that may have been stamped long ago: it is no earlier now.
    mutating func observedLate(_ time: LogTime, now: Instant, wall: LogTime) {
        let stamped = LogClock.nanoseconds(time)
        guard stamped > reading(at: now, wall: wall) else { return }
        nanoseconds = stamped
        at = now
    }

    /// This node leads now; the last entry in its log carries `last`.
    mutating func tookOffice(last: LogTime, now: Instant, wall: LogTime) {
        advance(to: now, wall: wall)
        if !isAnchored { nanoseconds = max(nanoseconds, LogClock.nanoseconds(wall)) }
        nanoseconds = max(nanoseconds, LogClock.nanoseconds(last))
        isAnchored = true
    }

    /// Lets the clock run to `now` and gives its time.
    @discardableResult mutating func advance(to now: Instant, wall: LogTime) -> LogTime {
        nanoseconds = reading(at: now, wall: wall)
        at = max(at, now)
        return LogTime(milliseconds: nanoseconds / 1_000_000)
    }

    /// The time at `now`, without letting the clock run.
    func time(at now: Instant, wall: LogTime) -> LogTime {
        LogTime(milliseconds: reading(at: now, wall: wall) / 1_000_000)
    }

    private func reading(at now: Instant, wall: LogTime) -> Int64 {
        let elapsed = max(0, now.nanoseconds - at.nanoseconds)
        let run = nanoseconds + elapsed
        let error = LogClock.nanoseconds(wall) - run
        let most = elapsed / 10
        return run + min(most, max(-most, error))
    }
}
