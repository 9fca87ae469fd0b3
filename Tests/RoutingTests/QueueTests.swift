import Testing
import Wire

@testable import Routing

/// When a decision is made: opening, reopening, waiting, draining.
@Suite struct QueueTests {
    private func desk(
        _ change: (inout ProjectSettings) -> Void = { _ in }
    ) -> (World, AgentID, AgentID, ProjectID) {
        var world = World()
        let (ana, wei) = (world.agent("ana"), world.agent("wei"))
        let project = world.project([ana, wei], change)
        return (world, ana, wei, project)
    }

    @Test func `A message or a start opens a session; edits, callbacks and blocks never do`() {
        var (world, _, _, project) = desk()
        #expect(world.update(project, .edit(world.message(1))) == .done(id: 0))
        #expect(world.update(project, .callback(user: TelegramID(1), data: "x")) == .done(id: 0))
        #expect(world.update(project, .blocked(TelegramID(1), true)) == .done(id: 0))
        #expect(world.update(project, .unsupported(kind: "poll")) == .done(id: 0))
        #expect(world.state.sessionCount == 0)
        let opened = world.write(project, user: 1, start: .plain)
        #expect(world.state.session(opened)?.state == .unassigned)
    }

    @Test func `A customer never has two open sessions with a project`() {
        var (world, ana, _, project) = desk()
        world.show(ana)
        let first = world.write(project, user: 1)
        let second = world.write(project, user: 1)
        #expect(first == second)
        #expect(world.state.session(first)?.unread == 2)
    }

    @Test func `Whoever comes first is served first when an agent appears`() {
        var (world, ana, _, project) = desk()
        world.limit(ana, open: 2)
        let waiting = (1...3 as ClosedRange<Int64>).map { user in
            world.time = world.time.adding(milliseconds: 10)
            return world.write(project, user: user)
        }
        world.show(ana)
        #expect(waiting.map { world.owner($0) } == [ana, ana, nil])
        #expect(world.state.waiting(in: project, limit: 9) == [waiting[2]])
    }

    @Test func `Queues of all projects are drained by the oldest unanswered message`() {
        var (world, ana, _, one) = desk()
        let two = world.project([ana])
        world.limit(ana, open: 2)
        var waiting: [SessionID] = []
        for project in [two, one, two, one] {
            world.time = world.time.adding(milliseconds: 10)
            waiting.append(world.write(project, user: Int64(waiting.count)))
        }
        world.show(ana)
        #expect(waiting.map { world.owner($0) } == [ana, ana, nil, nil])
    }

    @Test func `A long drain is bounded for each entry and goes on in the next`() throws {
        var (world, ana, _, project) = desk()
        world.limit(ana)
        let count = RoutingState.Limits.drainPerEntry * 2 + 10
        let waiting = (1...Int64(count)).map { world.write(project, user: $0) }
        world.show(ana)
        #expect(world.state.openCount(of: ana) == count - 74)
        #expect(world.state.nextDeadline == world.time)
        // Whoever comes now queues behind those, though there is a candidate.
        let late = world.write(project, user: 9999)
        #expect(world.owner(late) == nil)
        #expect(world.decision(late).way == .behindQueue)
        #expect(try world.rebuilt() == world.state)
        world.apply(.advance)
        #expect((waiting + [late]).allSatisfy { world.owner($0) == ana })
        #expect(world.state.nextDeadline! > world.time)
    }

    @Test func `Reopened while a drain goes on, a session still goes to its last owner`() throws {
        var world = World.newest
        let (ana, wei) = (world.agent("ana"), world.agent("wei"))
        let project = world.project([ana, wei])
        for agent in [ana, wei] { world.limit(agent) }
        world.show(ana, wei)
        world.done(.setAway(ana, true))
        let session = world.write(project, user: 5000)
        let version = world.version(session)
        world.done(.complete(session, by: wei, version: version))
        world.done(.setAway(wei, true))
        let count = RoutingState.Limits.drainPerEntry * 3 + 10
        for user in 1...Int64(count) { world.write(project, user: user) }
        world.done(.setAway(wei, false))
        world.done(.setAway(ana, false))
        world.time = world.time.adding(milliseconds: 10)
        #expect(world.write(project, user: 5000) == session)
        #expect(world.owner(session) == nil && world.decision(session).way == .behindQueue)
        let twin = try world.rebuilt()
        #expect(twin == world.state)
        world.state = twin
        world.apply(.advance)
        #expect(world.state.waitingCount(in: project) == 0)
        #expect(world.owner(session) == wei, "it was the other's turn")
        #expect(world.decision(session).way == .lastOwner)
        #expect(world.decision(session).cause == .drain)
        world.state.checkInvariants()
    }

    @Test func `A completed session frees a place for who waits`() {
        var (world, ana, _, project) = desk()
        world.show(ana)
        world.limit(ana, open: 1)
        let (first, second) = (world.write(project, user: 1), world.write(project, user: 2))
        let version = world.version(first)
        world.done(.complete(first, by: ana, version: version))
        #expect(world.owner(second) == ana)
    }

    @Test func `Claim-only projects assign nothing`() {
        var (world, ana, _, project) = desk { $0.claimOnly = true }
        world.show(ana)
        let session = world.write(project, user: 1)
        world.pass(milliseconds: 1000)
        #expect(world.owner(session) == nil)
        world.change(project) { $0.claimOnly = false }
        #expect(world.owner(session) == ana)
    }

    @Test func `Within 24 hours a message opens the same session again, as a new decision`() {
        var (world, ana, wei, project) = desk()
        world.show(ana, wei)
        let session = world.write(project, user: 1)
        let version = world.version(session)
        world.done(.complete(session, by: ana, version: version))
        world.done(.setAway(ana, true))
        let again = world.write(project, user: 1)
        #expect(again == session)
        #expect(world.owner(session) == wei, "its last owner is away")
        #expect(world.decision(session).cause == .reopen)
    }

    @Test func `After 24 hours a message opens a new session`() {
        var (world, ana, _, project) = desk()
        world.show(ana)
        let session = world.write(project, user: 1)
        let version = world.version(session)
        world.done(.complete(session, by: ana, version: version))
        world.pass(milliseconds: 86_400_000)
        let again = world.write(project, user: 1)
        #expect(again != session)
        #expect(world.state.latestSession(project: project, user: TelegramID(1)) == again)
    }

    @Test func `A customer who blocks the bot leaves the queue, and comes back by writing`() {
        var (world, _, _, project) = desk()
        let session = world.write(project, user: 1)
        _ = world.update(project, .blocked(TelegramID(1), true))
        #expect(world.state.session(session)?.state == .completed)
        #expect(world.state.waitingCount(in: project) == 0)
        world.write(project, user: 1)
        #expect(world.state.waiting(in: project, limit: 9) == [session])
        #expect(world.state.session(session)?.isBlocked == false)
    }

    @Test func `A customer who blocks the bot stays with the agent who has them`() {
        var (world, ana, _, project) = desk()
        world.show(ana)
        let session = world.write(project, user: 1)
        _ = world.update(project, .blocked(TelegramID(1), true))
        #expect(world.owner(session) == ana)
        #expect(world.state.session(session)?.isBlocked == true)
    }

    @Test func `An answer keeps the place; the next message after it makes a new one`() {
        var (world, ana, _, project) = desk()
        world.show(ana)
        let session = world.write(project, user: 1)
        let opened = world.time
        world.time = world.time.adding(milliseconds: 500)
        world.write(project, user: 1)
        #expect(world.state.session(session)?.place == opened)
        world.done(.reply(session, by: ana, text: "hi"))
        #expect(world.state.session(session)?.place == opened)
        #expect(world.state.session(session)?.unread == 0)
        world.write(project, user: 1)
        #expect(world.state.session(session)?.place == world.time)
    }

    @Test func `Who leaves has their sessions put back at their old places, bounded`() throws {
        var (world, ana, wei, project) = desk()
        world.limit(ana)
        world.show(ana)
        let count = RoutingState.Limits.requeuesPerEntry + 6
        for user in 1...Int64(count) { world.write(project, user: user) }
        world.done(.setMembers(project, by: nil, [Member(agent: wei, permissions: .reply)]))
        #expect(world.state.openCount(of: ana) == 6)
        world.state.checkInvariants()
        #expect(try world.rebuilt() == world.state)
        world.apply(.advance)
        #expect(world.state.openCount(of: ana) == 0)
        #expect(world.state.waitingCount(in: project) == count)
        world.apply(.advance)
        #expect(world.state.nextDeadline == nil || world.state.nextDeadline! > world.time)
    }

    @Test(arguments: ["removed", "reply taken", "deactivated"])
    func `Leaving hands a session to the next candidate`(way: String) {
        var (world, ana, wei, project) = desk()
        world.show(ana, wei)
        let session = world.write(project, user: 1)
        var change = AgentChange()
        change.isActive = false
        let stays = Member(agent: wei, permissions: .reply)
        switch way {
        case "removed": world.done(.setMembers(project, by: nil, [stays]))
        case "reply taken":
            world.done(
                .setMembers(project, by: nil, [Member(agent: ana, permissions: .view), stays]))
        default: world.done(.updateAgent(ana, by: nil, change))
        }
        world.apply(.advance)
        #expect(world.owner(session) == wei)
        world.state.checkInvariants()
    }

    @Test func `Losing the seat or the scope keeps sessions`() {
        var (world, ana, _, project) = desk()
        world.show(ana)
        let session = world.write(project, user: 1)
        world.change(project) { $0.seats = 0 }
        #expect(world.owner(session) == ana)
    }
}
