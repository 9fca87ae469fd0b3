import Testing
import Wire

@testable import Routing

/// What agents do with sessions: claim, reply, hand on, give back, complete, reopen.
@Suite struct DeskTests {
    private func desk(
        _ change: (inout ProjectSettings) -> Void = { _ in }
    ) -> (World, AgentID, AgentID, ProjectID) {
        var world = World()
        let (ana, wei) = (world.agent("ana"), world.agent("wei"))
        let project = world.project([ana, wei], change)
        return (world, ana, wei, project)
    }

    @Test func `The loser of a claim learns whose the session is`() {
        var (world, ana, wei, project) = desk()
        let session = world.write(project, user: 1)
        #expect(world.apply(.claim(session, by: wei, version: 1)) == .done(id: session.rawValue))
        #expect(
            world.apply(.claim(session, by: ana, version: 1))
                == .refused(.versionConflict(owner: wei, version: 2)))
        #expect(world.apply(.claim(session, by: ana, version: 2)) == .refused(.ownedBy(wei)))
    }

    @Test func `A claim ignores presence, exclusion and the rate, and is marked beyond the rate`() {
        var (world, ana, _, project) = desk()
        world.limit(ana, perMinute: 1)
        let sessions = (1...2).map { world.write(project, user: $0) }
        for session in sessions { world.done(.claim(session, by: ana, version: 1)) }
        #expect(world.history(sessions[0]).last?.what == .claimed(ana, isOverride: false))
        #expect(world.history(sessions[1]).last?.what == .claimed(ana, isOverride: true))
        world.done(.giveBack(sessions[0], by: ana, version: 2))
        world.done(.claim(sessions[0], by: ana, version: 3))
    }

    @Test func `A claim needs reply, scope, seat and capacity`() {
        var (world, ana, wei, project) = desk()
        let session = world.write(project, user: 1)
        world.limit(ana, open: 1)
        let other = world.write(project, user: 2)
        world.done(.claim(other, by: ana, version: 1))
        #expect(
            world.apply(.claim(session, by: ana, version: 1)) == .refused(.refusedBy(.atCapacity)))
        world.change(project) { $0.seats = 1 }
        #expect(
            world.apply(.claim(session, by: wei, version: 1)) == .refused(.refusedBy(.overSeat)))
        world.change(project) { $0.scope = .specifiedAgents }
        world.done(
            .setMembers(
                project, by: nil,
                [
                    Member(agent: wei, permissions: .reply, isInScope: false),
                    Member(agent: ana, permissions: .view),
                ]))
        #expect(
            world.apply(.claim(session, by: wei, version: 1)) == .refused(.refusedBy(.notInScope)))
        #expect(
            world.apply(.claim(session, by: ana, version: 1)) == .refused(.refusedBy(.cannotReply)))
    }

    @Test func `Where only the head may be claimed, it is the first this agent could be given`() {
        var (world, ana, wei, project) = desk { $0.claim = .head }
        let first = world.write(project, user: 1)
        world.time = world.time.adding(milliseconds: 5)
        let second = world.write(project, user: 2)
        #expect(world.apply(.claim(second, by: ana, version: 1)) == .refused(.notHead(first)))
        world.done(.claim(first, by: ana, version: 1))
        world.done(.giveBack(first, by: ana, version: 2))
        #expect(world.state.waiting(in: project, limit: 9) == [first, second], "its old place")
        #expect(world.apply(.claim(second, by: wei, version: 1)) == .refused(.notHead(first)))
        world.done(.claim(second, by: ana, version: 1))
    }

    @Test func `Replying to a waiting session claims it`() {
        var (world, ana, _, project) = desk()
        let session = world.write(project, user: 1)
        world.done(.reply(session, by: ana, text: "hi"))
        #expect(world.owner(session) == ana)
        #expect(world.state.session(session)?.isAnswered == true)
    }

    @Test func `Replying to another's session is refused with the owner's name`() {
        var (world, ana, wei, project) = desk()
        world.show(ana)
        let session = world.write(project, user: 1)
        #expect(world.apply(.reply(session, by: wei, text: "hi")) == .refused(.ownedBy(ana)))
    }

    @Test func `A manager may step in, and it stays the agent's`() {
        var (world, ana, _, project) = desk()
        let boss = world.agent("boss", isAdmin: true)
        world.show(ana)
        let session = world.write(project, user: 1)
        world.done(.reply(session, by: boss, text: "hello from the boss"))
        #expect(world.owner(session) == ana)
        guard case .outbound(let item) = world.history(session).last?.what else {
            Issue.record("no message")
            return
        }
        #expect(item.agent == boss)
    }

    @Test func `A transfer to a named agent ignores scope and exclusion, and carries a remark`() {
        var (world, ana, wei, project) = desk()
        world.show(ana, wei)
        let session = world.write(project, user: 1)
        world.change(project) { $0.scope = .specifiedAgents }
        world.done(
            .setMembers(
                project, by: nil,
                [
                    Member(agent: ana, permissions: [.reply, .transfer]),
                    Member(agent: wei, permissions: .reply, isInScope: false),
                ]))
        world.done(
            .transfer(session, by: ana, to: wei, version: 2, remark: "refund", confirmed: false))
        #expect(world.owner(session) == wei)
        #expect(
            world.history(session).last?.what
                == .transferred(from: ana, to: wei, by: ana, remark: "refund"))
    }

    @Test(arguments: ["offline", "away", "full"])
    func `Handing on to somebody who is not there asks first, and is recorded`(why: String) {
        var (world, ana, wei, project) = desk()
        world.show(ana)
        if why != "offline" { world.show(wei) }
        let session = world.write(project, user: 1)
        if why == "away" { world.done(.setAway(wei, true)) }
        if why == "full" {
            world.limit(wei, open: 1)
            world.write(project, user: 2)
        }
        let asked = world.apply(
            .transfer(session, by: ana, to: wei, version: 2, remark: "", confirmed: false))
        guard case .refused(.needsConfirmation) = asked else {
            Issue.record("\(asked)")
            return
        }
        world.done(.transfer(session, by: ana, to: wei, version: 2, remark: "", confirmed: true))
        #expect(world.owner(session) == wei)
        #expect(world.decision(session).isOverride && world.decision(session).way == .named)
    }

    @Test func `A transfer needs the permission, an active agent with reply, and a seat`() {
        var (world, ana, wei, project) = desk()
        world.show(ana, wei)
        let session = world.write(project, user: 1)
        func transfer(to: AgentID?) -> Command {
            .transfer(session, by: ana, to: to, version: 2, remark: "", confirmed: true)
        }
        world.change(project) { $0.seats = 1 }
        #expect(world.apply(transfer(to: wei)) == .refused(.refusedBy(.overSeat)))
        let stranger = world.agent("stranger")
        #expect(world.apply(transfer(to: stranger)) == .refused(.refusedBy(.cannotReply)))
        #expect(world.apply(transfer(to: ana)) == .refused(.wrongState))
        world.done(.setMembers(project, by: nil, [Member(agent: ana, permissions: .reply)]))
        #expect(world.apply(transfer(to: wei)) == .refused(.forbidden))
    }

    @Test func `A transfer to anybody excludes the giver, and without a candidate stays`() {
        var (world, ana, wei, project) = desk()
        world.show(ana)
        let session = world.write(project, user: 1)
        let transfer = Command.transfer(
            session, by: ana, to: nil, version: 2, remark: "", confirmed: false)
        #expect(world.apply(transfer) == .refused(.noCandidate))
        #expect(world.owner(session) == ana)
        world.show(wei)
        world.done(transfer)
        #expect(world.owner(session) == wei)
    }

    @Test func `A manager may assign a waiting session`() {
        var (world, ana, wei, project) = desk()
        let boss = world.agent("boss", isAdmin: true)
        world.signIn(wei)
        let session = world.write(project, user: 1)
        let by = [ana, boss].map {
            Command.transfer(session, by: $0, to: wei, version: 1, remark: "", confirmed: true)
        }
        #expect(world.apply(by[0]) == .refused(.forbidden))
        world.done(by[1])
        #expect(world.owner(session) == wei)
    }

    @Test func `Who hands a session on without view no longer finds it`() {
        var (world, ana, wei, project) = desk()
        world.show(ana, wei)
        let session = world.write(project, user: 1)
        #expect(world.state.canSee(ana, session) && !world.state.canSee(wei, session))
        world.done(.transfer(session, by: ana, to: nil, version: 2, remark: "", confirmed: false))
        #expect(!world.state.canSee(ana, session) && world.state.canSee(wei, session))
        world.done(.complete(session, by: wei, version: 3))
        #expect(!world.state.canSee(ana, session) && world.state.canSee(wei, session))
    }

    @Test func `View and manage see all of a project; reply sees what waits`() {
        var (world, ana, wei, project) = desk()
        let (boss, guest) = (world.agent("boss", isAdmin: true), world.agent("guest"))
        let viewer = world.agent("viewer")
        world.done(
            .setMembers(
                project, by: nil,
                [ana, wei].map { Member(agent: $0, permissions: .reply) }
                    + [Member(agent: viewer, permissions: .view)]))
        let waiting = world.write(project, user: 1)
        let session = world.write(project, user: 2)
        world.done(.claim(session, by: ana, version: 1))
        let sees = [ana, wei, viewer, boss, guest].map { agent in
            [waiting, session].map { world.state.canSee(agent, $0) }
        }
        #expect(
            sees == [[true, true], [true, false], [true, true], [true, true], [false, false]])
    }

    @Test func `Given back, a session keeps its place and its giver is excluded 15 minutes`() {
        var (world, ana, _, project) = desk()
        world.show(ana)
        let session = world.write(project, user: 1)
        let opened = world.time
        world.time = world.time.adding(milliseconds: 1000)
        world.done(.giveBack(session, by: ana, version: 2))
        #expect(world.owner(session) == nil)
        #expect(world.reasons(session, ana) == .excluded)
        #expect(world.state.session(session)?.waitingSince == opened)
        for _ in 0..<30 {
            world.pass(milliseconds: 29_900)
            world.page(ana, isVisible: true)
        }
        #expect(world.owner(session) == nil)
        world.pass(milliseconds: 3000)
        #expect(world.owner(session) == ana, "the exclusion ended")
    }

    @Test func `An exclusion ends when another has had the session`() {
        var (world, ana, wei, project) = desk()
        world.show(ana)
        let session = world.write(project, user: 1)
        world.done(.giveBack(session, by: ana, version: 2))
        world.done(.claim(session, by: wei, version: 3))
        world.done(.giveBack(session, by: wei, version: 4))
        #expect(world.owner(session) == ana)
        #expect(world.decision(session).cause == .giveBack)
    }

    @Test func `Given back, a session goes to another candidate at once`() {
        var (world, ana, wei, project) = desk()
        world.show(ana, wei)
        let session = world.write(project, user: 1)
        world.done(.giveBack(session, by: ana, version: 2))
        #expect(world.owner(session) == wei)
    }

    @Test func `Completed by its agent or a manager, opened again for who asks`() {
        var (world, ana, wei, project) = desk()
        world.show(ana)
        let session = world.write(project, user: 1)
        #expect(
            world.apply(.complete(session, by: wei, version: 2)) == .refused(.ownedBy(ana)))
        world.done(.complete(session, by: ana, version: 2))
        #expect(world.state.completed(in: project, limit: 9) == [session])
        #expect(world.apply(.complete(session, by: ana, version: 3)) == .refused(.wrongState))
        world.done(.reopen(session, by: ana, version: 3))
        #expect(world.owner(session) == ana)
        #expect(world.state.completed(in: project, limit: 9).isEmpty)
    }

    @Test func `Reopening by hand never makes a second open session of a customer`() {
        var (world, ana, _, project) = desk { $0.reopenMilliseconds = 0 }
        world.show(ana)
        let session = world.write(project, user: 1)
        world.done(.complete(session, by: ana, version: 2))
        world.write(project, user: 1)
        #expect(world.apply(.reopen(session, by: ana, version: 3)) == .refused(.wrongState))
    }

    @Test func `Every change of owner or state carries the version that it saw`() {
        var (world, ana, wei, project) = desk()
        world.show(ana, wei)
        let session = world.write(project, user: 1)
        world.write(project, user: 1)
        world.done(.reply(session, by: ana, text: "hi"))
        #expect(world.version(session) == 2, "messages leave it alone")
        let conflict = Outcome.refused(.versionConflict(owner: ana, version: 2))
        for command: Command in [
            .claim(session, by: ana, version: 1), .giveBack(session, by: ana, version: 1),
            .complete(session, by: ana, version: 1), .reopen(session, by: ana, version: 1),
            .transfer(session, by: ana, to: wei, version: 1, remark: "", confirmed: false),
        ] {
            #expect(world.apply(command) == conflict)
        }
    }
}
