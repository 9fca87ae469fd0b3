import Testing
import Wire

@testable import Routing

/// What happens by itself: first-reply timer, agent gone, auto-complete.
@Suite struct TimerTests {
    private func desk(
        _ count: Int = 3, _ change: (inout Timers) -> Void
    ) -> (World, [AgentID], ProjectID) {
        var world = World.newest
        let agents = (0..<count).map { world.agent(Text("agent\($0)")) }
        let project = world.project(agents) { change(&$0.timers) }
        world.show(agents)
        return (world, agents, project)
    }

    /// Time passes while every page stays as it is and its lease is renewed.
    private func pass(_ world: inout World, seconds: Int, _ pages: [AgentID: Bool]) {
        for _ in 0..<seconds {
            world.pass(milliseconds: 1000)
            for agent in pages.keys.sorted() { world.page(agent, isVisible: pages[agent]!) }
        }
    }

    private func receiving(_ agents: [AgentID]) -> [AgentID: Bool] {
        Dictionary(uniqueKeysWithValues: agents.map { ($0, true) })
    }

    // MARK: First reply

    @Test func `Without a first reply in time a session goes to another candidate`() throws {
        var (world, agents, project) = desk { $0.firstReplyMilliseconds = 30_000 }
        let session = world.write(project, user: 1)
        #expect(world.owner(session) == agents[0])
        pass(&world, seconds: 29, receiving(agents))
        #expect(world.owner(session) == agents[0])
        #expect(try world.rebuilt() == world.state)
        pass(&world, seconds: 1, receiving(agents))
        #expect(world.owner(session) == agents[1])
        #expect(world.decision(session).cause == .unanswered)
        #expect(world.reasons(session, agents[0]) == .excluded)
        #expect(
            world.history(session).last?.what == .rerouted(from: agents[0], because: .unanswered))
        world.state.checkInvariants()
    }

    @Test func `The first-reply timer runs only while the owner is receiving`() throws {
        var (world, agents, project) = desk { $0.firstReplyMilliseconds = 30_000 }
        let session = world.write(project, user: 1)
        pass(&world, seconds: 20, receiving(agents))
        world.done(.setAway(agents[0], true))
        pass(&world, seconds: 100, receiving(agents))
        #expect(world.owner(session) == agents[0])
        #expect(try world.rebuilt() == world.state)
        world.done(.setAway(agents[0], false))
        pass(&world, seconds: 9, receiving(agents))
        #expect(world.owner(session) == agents[0])
        pass(&world, seconds: 1, receiving(agents))
        #expect(world.owner(session) == agents[1])
    }

    @Test func `A hidden page stops the first-reply timer when its grace ends`() {
        var (world, agents, project) = desk { $0.firstReplyMilliseconds = 90_000 }
        let session = world.write(project, user: 1)
        var pages = receiving(agents)
        pages[agents[0]] = false
        world.page(agents[0], isVisible: false)
        pass(&world, seconds: 300, pages)
        #expect(world.owner(session) == agents[0])
        world.page(agents[0], isVisible: true)
        pass(&world, seconds: 29, receiving(agents))
        #expect(world.owner(session) == agents[0], "60 seconds of grace counted")
        pass(&world, seconds: 1, receiving(agents))
        #expect(world.owner(session) == agents[1])
    }

    @Test func `An answer ends the first-reply timer for good`() {
        var (world, agents, project) = desk { $0.firstReplyMilliseconds = 30_000 }
        let session = world.write(project, user: 1)
        world.done(.reply(session, by: agents[0], text: "hello"))
        world.write(project, user: 1)
        pass(&world, seconds: 100, receiving(agents))
        #expect(world.owner(session) == agents[0])
        #expect(world.state.session(session)?.replyDue == nil)
    }

    @Test func `The first-reply timer rests while the customer has blocked the bot`() throws {
        var (world, agents, project) = desk { $0.firstReplyMilliseconds = 30_000 }
        let session = world.write(project, user: 1)
        pass(&world, seconds: 20, receiving(agents))
        _ = world.update(project, .blocked(TelegramID(1), true))
        #expect(world.state.session(session)?.replyDue == nil)
        #expect(try world.rebuilt() == world.state)
        pass(&world, seconds: 100, receiving(agents))
        #expect(world.owner(session) == agents[0])
        #expect(world.state.session(session)?.isAlerted == false)
        world.write(project, user: 1, "I am back")
        pass(&world, seconds: 29, receiving(agents))
        #expect(world.owner(session) == agents[0])
        pass(&world, seconds: 1, receiving(agents))
        #expect(world.owner(session) == agents[1])
        world.state.checkInvariants()
    }

    @Test func `The first-reply timer does not begin with a transfer while nobody can answer`() {
        var (world, agents, project) = desk(2) { $0.firstReplyMilliseconds = 30_000 }
        let session = world.write(project, user: 1)
        _ = world.update(project, .blocked(TelegramID(1), true))
        let version = world.version(session)
        world.done(
            .transfer(
                session, by: agents[0], to: nil, version: version, remark: "", confirmed: true))
        #expect(world.owner(session) == agents[1])
        pass(&world, seconds: 100, receiving(agents))
        #expect(world.owner(session) == agents[1])
        #expect(world.state.session(session)?.isAlerted == false)
        world.write(project, user: 1, "I am back")
        pass(&world, seconds: 30, receiving(agents))
        #expect(world.owner(session) == agents[0])
        world.state.checkInvariants()
    }

    @Test func `Sessions of which a manager is alerted are listed until somebody takes care`()
        throws
    {
        var (world, agents, project) = desk(2) { $0.firstReplyMilliseconds = 10_000 }
        world.done(.setAway(agents[1], true))
        let session = world.write(project, user: 1)
        #expect(world.state.alerted(in: project, limit: 9).isEmpty)
        pass(&world, seconds: 10, receiving(agents))
        #expect(world.state.alerted(in: project, limit: 9) == [session])
        #expect(try world.rebuilt() == world.state)
        world.done(.reply(session, by: agents[0], text: "sorry"))
        #expect(world.state.alerted(in: project, limit: 9).isEmpty)
        world.state.checkInvariants()
    }

    @Test func `After k moves a manager is alerted, once, and the session stays`() {
        var (world, agents, project) = desk(4) {
            $0.firstReplyMilliseconds = 10_000
            $0.firstReplyMoves = 2
        }
        let session = world.write(project, user: 1)
        pass(&world, seconds: 30, receiving(agents))
        #expect(world.owner(session) == agents[2], "moved twice")
        #expect(world.state.session(session)?.isAlerted == true)
        pass(&world, seconds: 100, receiving(agents))
        #expect(world.owner(session) == agents[2])
        let alerts = world.history(session).filter {
            $0.what == .alerted(noReplyFrom: agents[2])
        }
        #expect(alerts.count == 1)
        world.done(.reply(session, by: agents[2], text: "sorry"))
        #expect(world.state.session(session)?.isAlerted == false)
    }

    @Test func `Without another candidate a manager is alerted, and it is tried again`() {
        var (world, agents, project) = desk(2) { $0.firstReplyMilliseconds = 10_000 }
        world.done(.setAway(agents[1], true))
        let session = world.write(project, user: 1)
        pass(&world, seconds: 10, receiving(agents))
        #expect(world.owner(session) == agents[0])
        #expect(world.state.session(session)?.isAlerted == true)
        world.done(.setAway(agents[1], false))
        pass(&world, seconds: 10, receiving(agents))
        #expect(world.owner(session) == agents[1])
    }

    @Test func `Manual choices cancel the first-reply timer`() {
        var (world, agents, project) = desk { $0.firstReplyMilliseconds = 10_000 }
        let session = world.write(project, user: 1)
        var version = world.version(session)
        world.done(
            .transfer(
                session, by: agents[0], to: agents[2], version: version, remark: "",
                confirmed: false))
        pass(&world, seconds: 60, receiving(agents))
        #expect(world.owner(session) == agents[2])
        version = world.version(session)
        world.done(
            .transfer(
                session, by: agents[2], to: nil, version: version, remark: "", confirmed: false))
        let owner = world.owner(session)
        pass(&world, seconds: 10, receiving(agents))
        #expect(world.owner(session) != owner, "the mode chose: the timer runs again")
    }

    @Test func `Who waits in the queue comes before a session that is handed on`() {
        var (world, agents, project) = desk(2) { $0.firstReplyMilliseconds = 10_000 }
        for agent in agents { world.limit(agent, open: 1) }
        let first = world.write(project, user: 1)
        let second = world.write(project, user: 2)
        let waiting = world.write(project, user: 3)
        pass(&world, seconds: 9, receiving(agents))
        let version = world.version(second)
        world.time = world.time.adding(milliseconds: 1000)
        world.done(.complete(second, by: agents[1], version: version))
        #expect(world.owner(waiting) == agents[1])
        #expect(world.owner(first) == agents[0])
    }

    // MARK: Agent gone

    @Test func `Unanswered sessions of an agent who is gone are routed anew, answered ones stay`()
        throws
    {
        var (world, agents, project) = desk { _ in }
        let left = world.write(project, user: 1)
        for user in Int64(2)...3 { world.write(project, user: user) }
        let answered = world.write(project, user: 4)
        world.done(.reply(answered, by: agents[0], text: "hello"))
        world.hide(agents[0])
        let rest = Array(agents[1...])
        pass(&world, seconds: 899, receiving(rest))
        #expect(world.owner(left) == agents[0])
        #expect(try world.rebuilt() == world.state)
        pass(&world, seconds: 1, receiving(rest))
        #expect(world.owner(left) == agents[1])
        #expect(world.owner(answered) == agents[0])
        #expect(world.state.session(left)?.place == LogTime(milliseconds: 1_000_000))
        #expect(
            world.history(left).map(\.what).contains(.rerouted(from: agents[0], because: .gone)))
        world.state.checkInvariants()
    }

    @Test func `Gone is counted only while another candidate exists`() {
        var (world, agents, project) = desk(2) { _ in }
        let session = world.write(project, user: 1)
        world.hide(agents[0])
        world.done(.setAway(agents[1], true))
        pass(&world, seconds: 2000, receiving([agents[1]]))
        #expect(world.owner(session) == agents[0])
        world.done(.setAway(agents[1], false))
        pass(&world, seconds: 899, receiving([agents[1]]))
        #expect(world.owner(session) == agents[0])
        pass(&world, seconds: 1, receiving([agents[1]]))
        #expect(world.owner(session) == agents[1])
    }

    @Test func `Coming back in time keeps the sessions, and the count begins anew`() {
        var (world, agents, project) = desk(2) { _ in }
        let session = world.write(project, user: 1)
        world.hide(agents[0])
        pass(&world, seconds: 800, receiving([agents[1]]))
        world.page(agents[0], isVisible: true)
        world.hide(agents[0])
        pass(&world, seconds: 899, receiving([agents[1]]))
        #expect(world.owner(session) == agents[0])
        pass(&world, seconds: 1, receiving([agents[1]]))
        #expect(world.owner(session) == agents[1])
    }

    @Test func `What a person gave to somebody who was gone is left there`() {
        var (world, agents, project) = desk(2) { _ in }
        world.hide(agents[0])
        let session = world.write(project, user: 1)
        #expect(world.owner(session) == agents[1])
        let version = world.version(session)
        world.done(
            .transfer(
                session, by: agents[1], to: agents[0], version: version, remark: "",
                confirmed: true))
        pass(&world, seconds: 2000, receiving([agents[1]]))
        #expect(world.owner(session) == agents[0])
    }

    @Test func `What a mode gave to somebody offline is routed anew once another is there`() {
        var (world, agents, project) = desk(2) { _ in }
        world.change(project) { $0.mode = .onlineFirst }
        for agent in agents { world.hide(agent) }
        let session = world.write(project, user: 1)
        #expect(world.owner(session) == agents[0])
        world.pass(milliseconds: 3_600_000)
        #expect(world.owner(session) == agents[0])
        world.page(agents[1], isVisible: true)
        pass(&world, seconds: 900, receiving([agents[1]]))
        #expect(world.owner(session) == agents[1])
    }

    @Test func `Many sessions of an agent who is gone go in bounded steps`() {
        var (world, agents, project) = desk(2) { _ in }
        for agent in agents { world.limit(agent) }
        world.done(.setAway(agents[1], true))
        for user in Int64(1)...200 { world.write(project, user: user) }
        world.done(.setAway(agents[1], false))
        world.hide(agents[0])
        pass(&world, seconds: 900, receiving([agents[1]]))
        #expect(world.state.openCount(of: agents[0]) == 0)
        #expect(world.state.openCount(of: agents[1]) == 200)
        world.state.checkInvariants()
    }

    // MARK: Auto-complete

    @Test func `A session is completed 24 hours after our last answer`() throws {
        var (world, agents, project) = desk { _ in }
        let session = world.write(project, user: 1)
        world.pass(milliseconds: 3_600_000)
        world.done(.reply(session, by: agents[0], text: "one"))
        world.pass(milliseconds: 3_600_000)
        world.done(.reply(session, by: agents[0], text: "two"))
        #expect(try world.rebuilt() == world.state)
        world.pass(milliseconds: 86_399_999)
        #expect(world.state.session(session)?.state == .assigned)
        world.pass(milliseconds: 1)
        #expect(world.state.session(session)?.state == .completed)
        #expect(world.history(session).last?.what == .autoCompleted)
        world.state.checkInvariants()
    }

    @Test func `An unanswered session is never completed by itself`() {
        var (world, agents, project) = desk { _ in }
        let session = world.write(project, user: 1)
        world.done(.reply(session, by: agents[0], text: "hello"))
        world.write(project, user: 1, "and another thing")
        world.pass(milliseconds: 10 * 86_400_000)
        #expect(world.state.session(session)?.state != .completed)
    }

    @Test func `A new owner has the whole time again before a session completes by itself`() {
        var (world, agents, project) = desk { _ in }
        let session = world.write(project, user: 1)
        world.done(.reply(session, by: agents[0], text: "hello"))
        world.pass(milliseconds: 80_000_000)
        let version = world.version(session)
        world.done(
            .transfer(
                session, by: agents[0], to: agents[1], version: version, remark: "",
                confirmed: true))
        world.pass(milliseconds: 86_399_999)
        #expect(world.owner(session) == agents[1])
        world.pass(milliseconds: 1)
        #expect(world.state.session(session)?.state == .completed)
    }

    @Test func `Timers can be switched off, and have bounds`() {
        var (world, agents, project) = desk {
            $0.goneMilliseconds = nil
            $0.completeMilliseconds = nil
        }
        let session = world.write(project, user: 1)
        let answered = world.write(project, user: 2)
        world.done(.reply(answered, by: agents[1], text: "hello"))
        world.hide(agents[0])
        pass(&world, seconds: 1000, receiving(Array(agents[1...])))
        world.pass(milliseconds: 10 * 86_400_000)
        #expect(world.owner(session) == agents[0] && world.owner(answered) == agents[1])
        var settings = world.state.project(project)!.settings
        settings.timers.firstReplyMilliseconds = 0
        #expect(
            world.apply(.updateProject(project, by: nil, settings))
                == .refused(.invalid("firstReply")))
    }
}
