import Testing
import Wire

@testable import Routing

/// The numbers for managers, each with a history whose figures were computed by hand.
@Suite struct NumbersTests {
    private static let second: Int64 = 1000

    /// Two agents in one project; only the first is receiving.
    private func desk(
        _ change: (inout ProjectSettings) -> Void = { _ in }
    ) -> (World, AgentID, AgentID, ProjectID) {
        var world = World.newest
        let ana = world.agent("ana")
        let wei = world.agent("wei")
        let project = world.project([ana, wei]) { settings in
            settings.timers = Timers()
            change(&settings)
        }
        world.limit(ana)
        world.limit(wei)
        return (world, ana, wei, project)
    }

    private func numbers(
        _ world: World, _ project: ProjectID, from: LogTime = LogTime(milliseconds: 0),
        to: LogTime? = nil
    ) -> Numbers {
        let end = to ?? world.time.adding(milliseconds: 1)
        var numbers = Numbers(of: project, in: from..<end, at: world.time)
        for id in world.state.sessions(in: project, limit: .max).reversed() {
            guard numbers.concerns(world.state.session(id)!) else { continue }
            var walk = NumbersWalk()
            for item in world.history(id) { walk.take(item, into: &numbers) }
            walk.finish(into: &numbers)
        }
        return numbers
    }

    private func lengths(_ times: Times) -> [Int64?] {
        var times = times
        times.sort()
        return [Int64(times.count), times.rank(50), times.rank(90)]
    }

    @Test func `Sessions: each opening counts, each time one became an agent's`() {
        var (world, ana, wei, project) = desk()
        world.show(ana)
        let session = world.write(project, user: 1)
        world.write(project, user: 1, "still there?")
        world.done(.complete(session, by: ana, version: world.version(session)))
        world.write(project, user: 1, "one more thing")
        world.write(project, user: 2)
        let found = numbers(world, project)
        #expect(found.all.sessions == 3, "two opened, one opened again")
        #expect(found.agents[ana]?.sessions == 3)
        #expect(found.agents[wei] == nil)
    }

    @Test func `Success rate: 60 seconds are in time, one millisecond more is not`() {
        var (world, ana, _, project) = desk()
        world.write(project, user: 1)
        world.pass(milliseconds: 1)
        world.write(project, user: 2)
        world.pass(milliseconds: 60 * Self.second)
        world.show(ana)
        let found = numbers(world, project)
        #expect(found.all.rate == .init(inTime: 1, judged: 2))
        #expect(found.agents[ana]?.rate == .init(inTime: 1, judged: 2))
        #expect(found.all.rate.value == 0.5)
    }

    @Test func `Success rate: who still waits is judged once the time is over`() {
        var (world, _, _, project) = desk()
        world.write(project, user: 1)
        world.pass(milliseconds: 60 * Self.second)
        #expect(numbers(world, project).all.rate == .init())
        world.pass(milliseconds: 1)
        #expect(numbers(world, project).all.rate == .init(inTime: 0, judged: 1))
    }

    @Test func `Success rate: offline assignments stand apart`() {
        var (world, ana, _, project) = desk { settings in
            settings.assignOffline = .after(milliseconds: 0)
        }
        world.signIn(ana)
        world.write(project, user: 1)
        let found = numbers(world, project)
        #expect(found.all.offline == 1)
        #expect(found.all.rate == .init())
        #expect(lengths(found.all.assignment) == [1, 0, 0])
    }

    @Test func `Success rate: a claim counts, a customer who left at once does not`() {
        var (world, ana, _, project) = desk()
        let claimed = world.write(project, user: 1)
        world.write(project, user: 2)
        #expect(world.update(project, .blocked(TelegramID(2), true)) != .done(id: 0))
        world.pass(milliseconds: 30 * Self.second)
        world.done(.claim(claimed, by: ana, version: 1))
        world.pass(milliseconds: 90 * Self.second)
        #expect(numbers(world, project).all.rate == .init(inTime: 1, judged: 1))
    }

    @Test func `Time to assignment: median and 90th percentile of ten`() {
        var (world, ana, _, project) = desk()
        for user in 1...10 {
            world.write(project, user: Int64(user))
            world.pass(milliseconds: 10 * Self.second)
        }
        world.show(ana)
        // They waited 10, 20, ... 100 seconds.
        #expect(lengths(numbers(world, project).all.assignment) == [10, 50_000, 90_000])
    }

    @Test func `First reply: of the project from the opening, of an agent from the assignment`() {
        var (world, ana, _, project) = desk()
        let session = world.write(project, user: 1)
        world.pass(milliseconds: 20 * Self.second)
        world.show(ana)
        world.pass(milliseconds: 5 * Self.second)
        world.done(.reply(session, by: ana, text: "hello"))
        world.pass(milliseconds: 5 * Self.second)
        world.done(.reply(session, by: ana, text: "again"))
        let found = numbers(world, project)
        #expect(lengths(found.all.firstReply) == [1, 25_000, 25_000])
        #expect(lengths(found.agents[ana]!.firstReply) == [1, 5_000, 5_000])
    }

    @Test func `First reply: what the project says by itself is none`() {
        var (world, ana, _, project) = desk()
        var book = DeskBook()
        book.welcome = "Welcome"
        world.done(.setDeskBook(project, by: nil, book))
        world.show(ana)
        world.write(project, user: 1)
        #expect(numbers(world, project).all.firstReply.count == 0)
    }

    @Test func `Resolution: to the completion, and an undone completion is none`() {
        var (world, ana, _, project) = desk()
        world.show(ana)
        let session = world.write(project, user: 1)
        world.pass(milliseconds: 40 * Self.second)
        world.done(.complete(session, by: ana, version: world.version(session)))
        world.done(.reopen(session, by: ana, version: world.version(session)))
        #expect(numbers(world, project).all.resolution.count == 0)
        world.pass(milliseconds: 20 * Self.second)
        world.done(.complete(session, by: ana, version: world.version(session)))
        let found = numbers(world, project)
        #expect(lengths(found.all.resolution) == [1, 60_000, 60_000])
        #expect(lengths(found.agents[ana]!.resolution) == [1, 60_000, 60_000])
    }

    @Test func `Resolution: a session that completes by itself was resolved by its last answer`() {
        var (world, ana, _, project) = desk { settings in
            settings.timers.completeMilliseconds = 3_600_000
        }
        world.show(ana)
        let session = world.write(project, user: 1)
        world.pass(milliseconds: 30 * Self.second)
        world.done(.reply(session, by: ana, text: "done"))
        world.pass(milliseconds: 3_600_000)
        #expect(world.state.session(session)!.state == .completed)
        #expect(lengths(numbers(world, project).all.resolution) == [1, 30_000, 30_000])
    }

    @Test func `Transfers: one hands on, the other receives`() {
        var (world, ana, wei, project) = desk()
        world.show(ana)
        let session = world.write(project, user: 1)
        world.show(wei)
        world.done(
            .transfer(
                session, by: ana, to: wei, version: world.version(session), remark: "",
                confirmed: false))
        let found = numbers(world, project)
        #expect((found.all.handedOn, found.all.received) == (1, 1))
        #expect((found.agents[ana]!.handedOn, found.agents[ana]!.received) == (1, 0))
        #expect((found.agents[wei]!.handedOn, found.agents[wei]!.received) == (0, 1))
        #expect(found.all.rate == .init(inTime: 1, judged: 1), "given once, and not again")
    }

    @Test func `Bounces: given back, or taken from who leaves`() {
        var (world, ana, wei, project) = desk()
        world.show(ana)
        let session = world.write(project, user: 1)
        world.done(.giveBack(session, by: ana, version: world.version(session)))
        world.show(wei)
        #expect(world.owner(session) == wei)
        var change = AgentChange()
        change.isActive = false
        world.done(.updateAgent(wei, by: nil, change))
        let found = numbers(world, project)
        #expect(found.all.bounces == 2)
        #expect(found.agents[ana]?.bounces == 1)
        #expect(found.agents[wei]?.bounces == 1)
    }

    @Test func `Open load: sessions are counted as long as they were an agent's in the span`() {
        var (world, ana, _, project) = desk()
        world.show(ana)
        let start = world.time
        let session = world.write(project, user: 1)
        world.pass(milliseconds: 10 * Self.second)
        world.write(project, user: 2)
        world.pass(milliseconds: 10 * Self.second)
        world.done(.complete(session, by: ana, version: world.version(session)))
        world.pass(milliseconds: 10 * Self.second)
        // 20 seconds of the first, 20 of the second.
        #expect(numbers(world, project).agents[ana]?.ownedMilliseconds == 40_000)
        let from = start.adding(milliseconds: 15 * Self.second)
        let to = start.adding(milliseconds: 25 * Self.second)
        // 5 seconds of the first, 10 of the second.
        #expect(numbers(world, project, from: from, to: to).all.ownedMilliseconds == 15_000)
    }

    @Test func `A span begins with its first moment and ends before its last`() {
        var (world, ana, _, project) = desk()
        world.show(ana)
        var times: [LogTime] = []
        for user in 1...4 {
            times.append(world.time)
            world.write(project, user: Int64(user))
            world.pass(milliseconds: 10 * Self.second)
        }
        let found = numbers(world, project, from: times[1], to: times[3])
        #expect(found.all.sessions == 2)
        #expect(found.all.rate == .init(inTime: 2, judged: 2))
        #expect(found.before == .init(inTime: 1, judged: 1), "the window before has the first")
    }

    @Test func `Sessions that were over before the window before are not read`() {
        var (world, ana, _, project) = desk()
        world.show(ana)
        let session = world.write(project, user: 1)
        world.done(.complete(session, by: ana, version: world.version(session)))
        let end = world.time
        let later = end.adding(milliseconds: 2000)
        let reaching = Numbers(of: project, in: end.adding(milliseconds: 1000)..<later, at: later)
        #expect(reaching.concerns(world.state.session(session)!), "the window before begins then")
        let beyond = Numbers(
            of: project, in: end.adding(milliseconds: 1001)..<later, at: later)
        #expect(beyond.concerns(world.state.session(session)!) == false, "it begins 2 ms later")
    }

    @Test(
        arguments: [
            ((16, 20), (12, 20), true), ((16, 20), (13, 20), false), ((20, 20), (15, 19), false),
            ((19, 19), (0, 100), false), ((100, 100), (80, 100), true), ((5, 50), (0, 50), false),
            ((10, 20), (20, 20), false),
        ] as [((Int, Int), (Int, Int), Bool)])
    func `Alert: a fifth of all below, with twenty openings on both sides`(
        before: (Int, Int), now: (Int, Int), isAlarming: Bool
    ) {
        let rate = Numbers.Rate(inTime: now.0, judged: now.1)
        #expect(
            rate.isAlarming(after: Numbers.Rate(inTime: before.0, judged: before.1)) == isAlarming)
    }

    @Test func `Online time: a row for each span that is over, clipped to what is asked for`()
        throws
    {
        var (world, ana, _, _) = desk()
        let start = world.time
        world.show(ana)
        world.pass(milliseconds: 20 * Self.second)
        world.hide(ana)
        let row = try #require(world.applied.rows.first { $0.table == .onlineSpan })
        #expect((row.major, row.minor) == (ana.rawValue, start.milliseconds))
        let span = try OnlineSpan(from: row.minor, value: row.value!)
        #expect(span == OnlineSpan(from: start, to: start.adding(milliseconds: 20_000)))
        let half = start.adding(milliseconds: 10_000)
        #expect(span.milliseconds(in: half..<LogTime(milliseconds: .max)) == 10_000)
        #expect(span.milliseconds(in: span.to..<LogTime(milliseconds: .max)) == 0)
        for length in 0..<row.value!.count {
            #expect(throws: WireError.self) {
                try OnlineSpan(from: 0, value: Array(row.value!.prefix(length)))
            }
        }
    }

    @Test func `Online time: who goes in the moment of coming leaves no row`() {
        var (world, ana, _, _) = desk()
        world.show(ana)
        world.hide(ana)
        #expect(!world.applied.rows.contains { $0.table == .onlineSpan })
    }
}
