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

    @Test func `An interval older than its lifetime does not count, and at its very end it does`() {
        let lifetime: Int64 = 48 * 3_600_000
        func later(_ milliseconds: Int64) -> LogTime {
            moment(hours: 0).adding(milliseconds: lifetime + milliseconds)
        }
        var room = SeenIntervals(lifetimeMilliseconds: lifetime, capacity: 9)
        for number: Int64 in 5...9 { _ = room.insertFresh(number, at: moment(hours: 0)) }
        var atTheEnd = room
        #expect(atTheEnd.insertFresh(7, at: later(0)).isDuplicate)
        #expect(atTheEnd.intervals.map(\.lastUse) == [later(0)], "a use")
        // One millisecond on, any number of it is new: its first, its last, and its neighbours.
        for number: Int64 in [5, 7, 9, 4, 10] {
            var after = room
            let change = after.insertFresh(number, at: later(1))
            #expect(!change.isDuplicate && change.deleted == [5])
            #expect(change.written == .init(first: number, last: number, lastUse: later(1)))
            #expect(after.intervals == [change.written])
        }
    }

    @Test func `After a quiet week updates may count on within what was seen, from level 2 on`()
        throws
    {
        for level in [FeatureLevel.first, .second] {
            var world = World()
            if level > .first { world.done(.raiseLevel(to: level)) }
            let project = world.project([])
            func update(_ id: Int64) -> Outcome {
                world.apply(
                    .update(
                        InboundUpdate(
                            project: project, updateID: id, content: .message(world.message(1)))))
            }
            for id: Int64 in 100...110 { _ = update(id) }
            world.time = world.time.adding(milliseconds: 7 * 86_400_000)
            let outcomes = [update(104), update(105), update(105)]
            if level == .first {
                #expect(outcomes == [.duplicate, .duplicate, .duplicate], "as it was before")
            } else {
                #expect(outcomes[0] != .duplicate && outcomes[1] != .duplicate)
                #expect(outcomes[2] == .duplicate)
            }
            #expect(try world.rebuilt() == world.state)
        }
    }

    @Test(arguments: [UInt64](1...30))
    func `Rows agree with what is kept while time passes`(seed: UInt64) {
        var dice = Dice(seed: seed)
        var seen = SeenIntervals(lifetimeMilliseconds: 10, capacity: 50)
        var lastUse: [Int64: Int64] = [:]
        var rows: [Int64: SeenIntervals.Interval] = [:]
        var now: Int64 = 0
        for _ in 0..<300 {
            now += Int64(dice.roll(0...4))
            let number = Int64(dice.roll(-20...20))
            let change = seen.insertFresh(number, at: LogTime(milliseconds: now))
            // What counts as seen was used within the lifetime, by itself or in its interval.
            if let use = lastUse[number], use == now { #expect(change.isDuplicate) }
            lastUse[number] = now
            for first in change.deleted { rows[first] = nil }
            rows[change.written.first] = change.written
            #expect(rows.values.sorted { $0.first < $1.first } == seen.intervals)
            #expect(seen.intervals.allSatisfy { $0.lastUse.milliseconds >= now - 10 })
        }
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
