import Testing
import Wire

@testable import Routing

/// Customers who are a nuisance, and pages that show nothing.
@Suite struct CustomerTests {
    private func desk(
        _ change: (inout ProjectSettings) -> Void = { _ in }
    ) -> (World, [AgentID], ProjectID) {
        var world = World.newest
        let agents = (0..<2).map { world.agent(Text("agent\($0)")) }
        let project = world.project(agents, change)
        world.show(agents)
        return (world, agents, project)
    }

    @Test func `What a barred customer writes is kept, and nothing is opened`() throws {
        var (world, agents, project) = desk()
        let session = world.write(project, user: 1)
        world.done(.bar(TelegramID(1), of: project, by: agents[0], true))
        #expect(world.state.session(session)?.state == .completed)
        #expect(world.state.isBarred(TelegramID(1), of: project))
        #expect(world.write(project, user: 1, "let me in") == session)
        #expect(world.state.session(session)?.state == .completed)
        guard case .inbound(let message) = world.history(session).last?.what else {
            Issue.record("the message is not kept")
            return
        }
        #expect(message.text == "let me in")
        #expect(try world.rebuilt() == world.state)
        world.state.checkInvariants()
    }

    @Test func `A barred customer leaves the queue, and who is let in again opens as ever`() {
        var (world, agents, project) = desk()
        let chief = world.agent("chief", isAdmin: true)
        for agent in agents { world.done(.setAway(agent, true)) }
        let session = world.write(project, user: 1)
        #expect(
            world.apply(.bar(TelegramID(1), of: project, by: agents[0], true))
                == .refused(.forbidden))
        world.done(.bar(TelegramID(1), of: project, by: chief, true))
        #expect(world.state.waitingCount(in: project) == 0)
        world.done(.bar(TelegramID(1), of: project, by: chief, false))
        #expect(world.write(project, user: 1) == session)
        #expect(world.state.session(session)?.state == .unassigned)
        #expect(world.history(session).map(\.what).contains(.barred(by: chief, false)))
    }

    @Test func `What a barred stranger writes is kept, and nothing is opened`() throws {
        var (world, agents, project) = desk()
        let chief = world.agent("chief", isAdmin: true)
        world.done(.bar(TelegramID(9), of: project, by: chief, true))
        let session = world.write(project, user: 9, "let me in")
        #expect(world.state.session(session)?.state == .completed)
        #expect(world.state.session(session)?.owner == nil)
        #expect(world.state.openCount(of: agents[0]) == 0)
        #expect(world.state.waitingCount(in: project) == 0)
        #expect(world.write(project, user: 9, "please") == session)
        #expect(world.history(session).count == 2)
        #expect(world.history(session).allSatisfy { $0.decision == nil })
        #expect(try world.rebuilt() == world.state)
        world.state.checkInvariants()
        world.done(.bar(TelegramID(9), of: project, by: chief, false))
        #expect(world.write(project, user: 9) == session)
        #expect(world.owner(session) == agents[0])
    }

    @Test func `Who bars with the version of a session that has another owner since is refused`() {
        var (world, agents, project) = desk()
        let chief = world.agent("chief", isAdmin: true)
        let session = world.write(project, user: 1)
        let seen = world.version(session)
        world.done(
            .transfer(session, by: agents[0], to: nil, version: seen, remark: "", confirmed: false))
        func bar(_ version: UInt64) -> Command {
            .bar(TelegramID(1), of: project, by: chief, true, version: version)
        }
        #expect(
            world.apply(bar(seen))
                == .refused(.versionConflict(owner: agents[1], version: seen + 1)))
        #expect(!world.state.isBarred(TelegramID(1), of: project))
        world.done(bar(seen + 1))
        #expect(world.state.session(session)?.state == .completed)
    }

    @Test func `A barred customer's words don't hold up the completion of a reopened session`() {
        var (world, agents, project) = desk()
        let session = world.write(project, user: 1)
        world.done(.reply(session, by: agents[0], text: "no"))
        world.done(.bar(TelegramID(1), of: project, by: agents[0], true))
        let version = world.version(session)
        world.done(.reopen(session, by: agents[0], version: version))
        world.write(project, user: 1)
        world.state.checkInvariants()
        world.done(.reply(session, by: agents[0], text: "really no"))
        world.pass(milliseconds: 86_400_000)
        #expect(world.state.session(session)?.state == .completed)
    }

    @Test func `Beyond the flood limit of a minute messages are not kept, which is recorded once`()
        throws
    {
        var (world, _, project) = desk { $0.messagesPerMinute = 3 }
        let session = world.write(project, user: 1)
        for _ in 2...10 { world.write(project, user: 1) }
        let history = world.history(session)
        #expect(history.filter { $0.what == .flooded }.count == 1)
        #expect(history.count == 4)
        #expect(try world.rebuilt() == world.state)
        world.write(project, user: 2)
        #expect(world.state.sessionCount == 2, "the limit is per customer")
        world.time = world.time.adding(milliseconds: 60_000)
        world.write(project, user: 1)
        #expect(world.history(session).count == 5)
    }

    @Test func `The flood limit goes along when a link opens a new session`() {
        var (world, agents, project) = desk { $0.messagesPerMinute = 2 }
        let link = world.link(project, "again")
        let session = world.write(project, user: 1)
        let version = world.version(session)
        world.done(.complete(session, by: agents[0], version: version))
        let second = world.write(project, user: 1, start: world.click(link))
        #expect(second != session)
        #expect(world.write(project, user: 1) == second)
        #expect(world.history(second).last?.what == .flooded)
    }

    @Test func `A page that has not shown what its agent was given is stale`() {
        var (world, agents, project) = desk()
        let session = world.write(project, user: 1)
        let given = world.state.session(session)!.assignedAt!
        #expect(world.state.stalePages(in: project, at: world.time).isEmpty)
        world.pass(milliseconds: 30_000)
        for agent in agents { world.page(agent, isVisible: true) }
        world.pass(milliseconds: 30_000)
        let stale = world.state.stalePages(in: project, at: world.time)
        #expect(stale == [agents[0]: given])
        world.done(
            .renewLeases(
                node: 1, incarnation: 11,
                [
                    Lease(
                        connection: UInt64(agents[0].rawValue), agent: agents[0], isVisible: true,
                        shownIndex: UInt64(world.index))
                ]))
        #expect(world.state.stalePages(in: project, at: world.time).isEmpty)
    }
}
