import Testing
import Wire

@testable import Routing

/// Business hours, as the log knows them.
@Suite struct HoursTests {
    private let hours = Hours(
        zone: "Europe/Vienna", week: [.init(day: 1, from: 540, to: 1020)], outside: .hold)

    private func moment(_ seconds: Int64) -> LogTime {
        LogTime(milliseconds: 1_000_000 + seconds * 1000)
    }

    /// Open from the 100th to the 200th and from the 300th to the 400th second; known up to the
    /// 500th.
    private var times: OpenTimes {
        OpenTimes(
            spans: [
                .init(from: moment(100), to: moment(200)),
                .init(from: moment(300), to: moment(400)),
            ], end: moment(500))
    }

    private func desk(_ outside: Hours.Outside) -> (World, AgentID, ProjectID) {
        var world = World.newest
        let ana = world.agent("ana")
        var hours = hours
        hours.outside = outside
        let project = world.project([ana]) { $0.hours = hours }
        world.done(.resolveHours(project, hours, times))
        world.show(ana)
        return (world, ana, project)
    }

    private func pass(_ world: inout World, _ ana: AgentID, seconds: Int) {
        for _ in 0..<seconds {
            world.pass(milliseconds: 1000)
            world.page(ana, isVisible: true)
        }
    }

    @Test(arguments: [
        (Int64(0), false), (99, false), (100, true), (199, true), (200, false), (299, false),
        (300, true), (400, false), (499, false), (500, true), (9999, true),
    ])
    func `A project is open inside its spans, and beyond what is known`(second: Int64, open: Bool) {
        #expect(times.isOpen(at: moment(second)) == open)
        #expect((times.opens(after: moment(second)) == nil) == open)
    }

    @Test func `Held sessions wait outside the hours, and are given at the opening`() throws {
        var (world, ana, project) = desk(.hold)
        let session = world.write(project, user: 1)
        #expect(world.owner(session) == nil)
        #expect(world.decision(session).way == .held)
        #expect(world.decision(session).candidates.map(\.reasons) == [[]])
        #expect(world.state.overlooked().isEmpty)
        #expect(world.state.nextDeadline! <= moment(100))
        #expect(try world.rebuilt() == world.state)
        pass(&world, ana, seconds: 99)
        #expect(world.owner(session) == nil)
        world.state = try world.rebuilt()
        pass(&world, ana, seconds: 1)
        #expect(world.owner(session) == ana)
        pass(&world, ana, seconds: 100)
        let second = world.write(project, user: 2)
        #expect(world.owner(second) == nil)
        // Every opening, not only the first since the hours came or the rows were loaded.
        pass(&world, ana, seconds: 100)
        #expect(world.owner(second) == ana)
        #expect(world.state.overlooked().isEmpty)
    }

    @Test func `Outside the hours sessions are routed where the project says so`() {
        var (world, ana, project) = desk(.route)
        let session = world.write(project, user: 1)
        #expect(world.owner(session) == ana)
    }

    @Test func `A held session can be claimed`() {
        var (world, ana, project) = desk(.hold)
        let session = world.write(project, user: 1)
        world.done(.claim(session, by: ana, version: 1))
        #expect(world.owner(session) == ana)
    }

    @Test func `Hours that are not resolved yet, or resolved for others, hold nothing`() {
        var (world, ana, project) = desk(.hold)
        var other = hours
        other.zone = "Asia/Tokyo"
        world.change(project) { $0.hours = other }
        #expect(world.state.openTimes(of: project) == nil)
        #expect(world.apply(.resolveHours(project, hours, times)) == .refused(.wrongState))
        let session = world.write(project, user: 1)
        #expect(world.owner(session) == ana)
    }

    @Test func `Taking the hours away gives what was held`() {
        var (world, ana, project) = desk(.hold)
        let session = world.write(project, user: 1)
        world.change(project) { $0.hours = nil }
        #expect(world.owner(session) == ana)
    }

    @Test func `Spans are in order and apart; hours name a zone and real spans`() {
        var (world, _, project) = desk(.hold)
        var bad = times
        bad.spans.swapAt(0, 1)
        #expect(world.apply(.resolveHours(project, hours, bad)) == .refused(.invalid("hours")))
        for span in [Hours.Span(day: 8, from: 0, to: 1), .init(day: 1, from: 5, to: 5)] {
            var settings = world.state.project(project)!.settings
            settings.hours?.week = [span]
            #expect(
                world.apply(.updateProject(project, by: nil, settings))
                    == .refused(.invalid("week")))
        }
    }
}
