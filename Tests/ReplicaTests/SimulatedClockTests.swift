import Raft
import Routing
import Testing

@testable import Simulation

/// The simulation's clocks: what they say must be what the storm asked for.
@Suite struct SimulatedClockTests {
    @Test(arguments: [0, 1, 200, 100_000, -1, -100_000] as [Int64])
    func `A deadline is met at the first moment that is not before it`(rate: Int64) {
        let clock = SimulatedClock(rate: rate)
        for nanoseconds in [1, 999, 1_000, 1_001, 123_456_789, 40_000_000_000] as [Int64] {
            let deadline = Instant(nanoseconds: nanoseconds)
            let moment = clock.time(of: deadline)
            #expect(clock.instant(at: moment) >= deadline)
            #expect(clock.instant(at: moment - 1) < deadline)
        }
    }

    @Test func `A clock that is a tenth too fast is a second ahead after ten`() {
        let clock = SimulatedClock(rate: 100_000)
        #expect(clock.instant(at: 10_000_000) == Instant(nanoseconds: 11_000_000_000))
    }

    @Test func `A wall clock jumps, goes ever further, or swings around where it was`() {
        var clock = SimulatedClock(rate: 0)
        clock.disturb(.steps, by: 300, at: 0)
        #expect(clock.error(at: 0) == 300 && clock.error(at: 9_000_000) == 300)
        clock.disturb(.linear, by: -100, at: 1_000_000)
        #expect(clock.error(at: 1_000_000) == 300 && clock.error(at: 6_000_000) == 200)
        #expect(clock.error(at: 11_000_000) == 100)
        clock.disturb(.periodic, by: 40, at: 11_000_000)
        let swing = (0...4).map { clock.error(at: 11_000_000 + $0 * 750_000) }
        #expect(swing == [100, 140, 100, 60, 100])
        #expect(clock.wall(at: 11_000_000).milliseconds == 1_800_000_000_000 + 11_000 + 100)
    }
}
