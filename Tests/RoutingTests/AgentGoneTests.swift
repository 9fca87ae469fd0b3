import Testing
import Wire

@testable import Routing

/// Agent gone, beyond the moment at which the time is over.
@Suite struct AgentGoneTests {
    private func desk(
        _ count: Int = 2, _ change: (inout Timers) -> Void = { _ in }
    ) -> (World, [AgentID], ProjectID) {
        var world = World.newest
        let agents = (0..<count).map { world.agent(Text("agent\($0)")) }
        let project = world.project(agents) { change(&$0.timers) }
        world.show(agents)
        return (world, agents, project)
    }

    /// Time passes while the pages of these agents stay open.
    private func pass(_ world: inout World, seconds: Int, _ present: AgentID...) {
        for _ in 0..<seconds {
            world.pass(milliseconds: 1000)
            for agent in present { world.page(agent, isVisible: true) }
        }
    }

    /// An answered session of the first agent, who has been gone for too long.
    private func abandoned() -> (World, [AgentID], ProjectID, SessionID) {
        var (world, agents, project) = desk()
        let session = world.write(project, user: 1)
        world.done(.reply(session, by: agents[0], text: "hello"))
        world.hide(agents[0])
        pass(&world, seconds: 901, agents[1])
        #expect(world.owner(session) == agents[0])
        return (world, agents, project, session)
    }

    @Test func `Who writes to an agent who has been gone is routed anew at once`() throws {
        var (world, agents, project, session) = abandoned()
        #expect(try world.rebuilt() == world.state)
        world.write(project, user: 1, "and another thing")
        #expect(world.owner(session) == agents[1])
        #expect(
            world.history(session).last?.what == .rerouted(from: agents[0], because: .gone))
        #expect(world.decision(session).cause == .gone)
        #expect(try world.rebuilt() == world.state)
        world.state.checkInvariants()
    }

    @Test func `Who writes to an agent who has been gone waits with them for a candidate`() throws {
        var (world, agents, project, session) = abandoned()
        world.done(.setAway(agents[1], true))
        world.write(project, user: 1, "and another thing")
        pass(&world, seconds: 60, agents[1])
        #expect(world.owner(session) == agents[0])
        #expect(try world.rebuilt() == world.state)
        world.done(.setAway(agents[1], false))
        world.pass(milliseconds: 1)
        #expect(world.owner(session) == agents[1])
        world.state.checkInvariants()
    }

    @Test func `An agent who has been gone and is back keeps who writes then`() {
        var (world, agents, project, session) = abandoned()
        world.page(agents[0], isVisible: true)
        world.write(project, user: 1, "and another thing")
        pass(&world, seconds: 1000, agents[0], agents[1])
        #expect(world.owner(session) == agents[0])
        world.state.checkInvariants()
    }

    @Test func `What a person gave to who was gone stays there when its customer writes again`() {
        var (world, agents, project) = desk()
        world.hide(agents[0])
        let session = world.write(project, user: 1)
        let version = world.version(session)
        world.done(
            .transfer(
                session, by: agents[1], to: agents[0], version: version, remark: "",
                confirmed: true))
        world.done(.reply(session, by: agents[0], text: "by a token"))
        world.write(project, user: 1)
        pass(&world, seconds: 2000, agents[1])
        #expect(world.owner(session) == agents[0])
        world.state.checkInvariants()
    }

    @Test func `Switched on later, the time of who is gone already begins then`() throws {
        var (world, agents, project) = desk { $0.goneMilliseconds = nil }
        let session = world.write(project, user: 1)
        world.hide(agents[0])
        pass(&world, seconds: 1000, agents[1])
        world.change(project) { $0.timers.goneMilliseconds = 60_000 }
        #expect(try world.rebuilt() == world.state)
        pass(&world, seconds: 59, agents[1])
        #expect(world.owner(session) == agents[0])
        pass(&world, seconds: 2, agents[1])
        #expect(world.owner(session) == agents[1])
    }

    @Test func `Who comes back while many sessions are being put back keeps the rest`() {
        var (world, agents, project) = desk()
        for agent in agents { world.limit(agent) }
        world.done(.setAway(agents[1], true))
        for user in Int64(1)...300 { world.write(project, user: user) }
        world.done(.setAway(agents[1], false))
        world.hide(agents[0])
        for _ in 0..<2000 where world.state.openCount(of: agents[0]) == 300 {
            world.time = world.time.adding(milliseconds: 1000)
            world.page(agents[1], isVisible: true)
        }
        #expect((1..<300).contains(world.state.openCount(of: agents[0])))
        world.page(agents[0], isVisible: true)
        let rest = world.state.openCount(of: agents[0])
        #expect(rest > 0)
        pass(&world, seconds: 10, agents[0], agents[1])
        #expect(world.state.openCount(of: agents[0]) == rest)
        world.state.checkInvariants()
    }
}
