import Raft
import Routing
import Wire

/// A node's clocks. The monotonic one runs at a rate of its own; the wall clock is off by a step,
/// or goes ever further, or swings.
struct SimulatedClock {
    /// Where every wall clock would be at the beginning, in milliseconds.
    private static let epoch: Int64 = 1_800_000_000_000
    /// A drifting wall clock is off by all of its skew after so many microseconds.
    private static let slope: Int64 = 5_000_000
    /// A swinging one is back after so many microseconds.
    private static let period: Int64 = 3_000_000

    /// No run comes to a later moment of the monotonic clock, in nanoseconds: about fifty days.
    private static let farthest = Int64.max / 2_000

    /// By how many millionths the monotonic clock is too fast.
    let rate: Int64
    private var offset: Int64 = 0
    private var skew: Int64 = 0
    private var course = Faults.ClockCourse.steps
    private var since: Int64 = 0

    init(rate: Int64) { self.rate = rate }

    /// The monotonic clock, at a moment of simulated time.
    func instant(at now: Int64) -> Instant {
        Instant(nanoseconds: now * (1_000_000 + rate) / 1_000)
    }

    /// When the monotonic clock will have come to an instant.
    func time(of instant: Instant) -> Int64 {
        let pace = 1_000_000 + rate
        return (min(instant.nanoseconds, Self.farthest) * 1_000 + pace - 1) / pace
    }

    /// The wall clock, at a moment of simulated time.
    func wall(at now: Int64) -> LogTime {
        LogTime(milliseconds: Self.epoch + now / 1_000 + error(at: now))
    }

    /// By how many milliseconds the wall clock is wrong.
    func error(at now: Int64) -> Int64 {
        let passed = now - since
        switch course {
        case .steps: return offset
        case .linear: return offset + skew * passed / Self.slope
        case .periodic:
            // A triangle: up for a quarter, down for a half, up again.
            let phase = passed % Self.period
            let quarter = Self.period / 4
            let height =
                phase < quarter
                ? phase : phase < 3 * quarter ? 2 * quarter - phase : phase - 4 * quarter
            return offset + skew * height / quarter
        }
    }

    /// The wall clock goes wrong by `skew` from now on: at once, or on its way from where it is.
    mutating func disturb(_ course: Faults.ClockCourse, by skew: Int64, at now: Int64) {
        offset = course == .steps ? skew : error(at: now)
        self.skew = skew
        self.course = course
        since = now
    }
}
