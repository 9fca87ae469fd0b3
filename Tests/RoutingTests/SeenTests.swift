import Testing
import Wire

@testable import Routing

/// What comes twice is applied once.
@Suite struct SeenTests {
    private func moment(hours: Int64) -> LogTime { LogTime(milliseconds: hours * 3_600_000) }

    @Test func `An update seen before is a duplicate and changes nothing but its last use`() {
        var world = World()
        let project = world.project([])
        let update = Command.update(
            InboundUpdate(project: project, updateID: 5, content: .message(world.message(1))))
        let session = world.done(update)
        #expect(world.apply(update) == .duplicate)
        #expect(world.state.session(SessionID(session))?.unread == 1)
        #expect(world.applied.rows.map(\.table) == [.seenUpdates])
    }

    @Test func `Two projects count their updates apart`() {
        var world = World()
        for project in [world.project([]), world.project([])] {
            world.done(
                .update(
                    InboundUpdate(
                        project: project, updateID: 5, content: .message(world.message(1)))))
        }
    }

    @Test func `Ids out of order melt into one interval`() {
        var seen = SeenIntervals(lifetimeMilliseconds: 1000, capacity: 9)
        for number: Int64 in [10, 12, 14, 13, 11] {
            #expect(!seen.insert(number, at: moment(hours: 0)).isDuplicate)
        }
        #expect(seen.intervals.map(\.first) == [10] && seen.intervals.map(\.last) == [14])
        #expect(seen.contains(13) && !seen.contains(15) && !seen.contains(9))
    }

    @Test func `An interval is forgotten 48 hours after its last use, by log time`() {
        var room = SeenIntervals(lifetimeMilliseconds: 48 * 3_600_000, capacity: 9)
        _ = room.insert(1, at: moment(hours: 0))
        #expect(room.insert(1, at: moment(hours: 40)).isDuplicate, "a use")
        _ = room.insert(100, at: moment(hours: 88))
        #expect(room.contains(1))
        #expect(room.insert(200, at: moment(hours: 89)).deleted == [1])
        #expect(!room.contains(1))
    }

    @Test func `Beyond the cap the longest unused interval goes, never the new one`() {
        var seen = SeenIntervals(lifetimeMilliseconds: 1 << 40, capacity: 2)
        _ = seen.insert(10, at: moment(hours: 1))
        _ = seen.insert(20, at: moment(hours: 0))
        #expect(seen.insert(5, at: moment(hours: 0)).deleted == [20])
        #expect(seen.intervals.map(\.first) == [5, 10])
    }

    @Test(arguments: [UInt64](1...30))
    func `Intervals and their rows agree with a plain set`(seed: UInt64) {
        var dice = Dice(seed: seed)
        var seen = SeenIntervals(lifetimeMilliseconds: 1 << 40, capacity: 1000)
        var plain: Set<Int64> = []
        var rows: [Int64: SeenIntervals.Interval] = [:]
        for _ in 0..<300 {
            let number = Int64(dice.roll(-60...60))
            let change = seen.insert(number, at: moment(hours: 0))
            #expect(change.isDuplicate != plain.insert(number).inserted)
            for first in change.deleted { rows[first] = nil }
            rows[change.written.first] = change.written
        }
        #expect(rows.values.sorted { $0.first < $1.first } == seen.intervals)
        #expect((-70...70).allSatisfy { seen.contains($0) == plain.contains($0) })
    }

    @Test func `Spools of dead processes are forgotten in the end`() throws {
        var world = World()
        for epoch in 1...UInt64(SeenClicks.epochLimit + 5) {
            world.time = world.time.adding(milliseconds: 1)
            world.done(
                .clicks([
                    Click(
                        key: ClickKey(epoch: epoch, sequence: 1), link: LinkID(1), at: world.time,
                        node: 1, flag: .human)
                ]))
        }
        #expect(world.state.seenClicks.epochs.first?.epoch == 6)
        #expect(try world.rebuilt() == world.state)
    }
}
