import Testing
import Wire

@testable import Routing

/// Leaving with a successor, taking over, and what a giver sees afterwards.
@Suite struct LeavingTests {
    private func desk(_ count: Int = 3) -> (World, [AgentID], ProjectID) {
        var world = World.newest
        let agents = (0..<count).map { world.agent(Text("agent\($0)")) }
        let project = world.project(agents)
        world.show(agents)
        return (world, agents, project)
    }

    private func deactivation(to successor: AgentID?) -> AgentChange {
        var change = AgentChange()
        change.isActive = false
        change.handOver = successor
        return change
    }

    private func chief(_ world: inout World, of project: ProjectID) -> AgentID {
        let chief = world.agent("chief")
        let members = world.state.project(project)!.members
        world.done(
            .setMembers(
                project, by: nil, members + [Member(agent: chief, permissions: .all)]))
        return chief
    }

    @Test func `Deactivating may hand the sessions over to a successor`() throws {
        var (world, agents, project) = desk()
        let session = world.write(project, user: 1)
        world.done(.updateAgent(agents[0], by: nil, deactivation(to: agents[2])))
        #expect(world.owner(session) == agents[2])
        #expect(world.history(session).last?.what == .handedOver(from: agents[0], to: agents[2]))
        #expect(world.decision(session).way == .named)
        #expect(world.state.cursor(of: project) == agents[0], "the turn is nobody else's")
        world.state.checkInvariants()
        #expect(try world.rebuilt() == world.state)
    }

    @Test func `Removing or taking reply may hand the sessions over to a member`() {
        var (world, agents, project) = desk()
        let first = world.write(project, user: 1)
        let second = world.write(project, user: 2)
        let rest = [
            Member(agent: agents[1], permissions: .view),
            Member(agent: agents[2], permissions: .reply),
        ]
        world.done(.setMembers(project, by: nil, rest, handOver: agents[2]))
        #expect(world.owner(first) == agents[2] && world.owner(second) == agents[2])
    }

    @Test func `Where the successor can't have them the sessions go back to the queue`() {
        var (world, agents, project) = desk()
        world.done(.setMembers(project, by: nil, [Member(agent: agents[0], permissions: .reply)]))
        let session = world.write(project, user: 1)
        world.done(.updateAgent(agents[0], by: nil, deactivation(to: agents[2])))
        #expect(world.owner(session) == nil)
        #expect(world.history(session).last?.what == .requeued(from: agents[0]))
    }

    @Test func `A successor who is full or away gets them all the same, marked as override`() {
        var (world, agents, project) = desk()
        world.limit(agents[2], open: 1)
        world.done(.setAway(agents[2], true))
        for user in Int64(1)...4 { world.write(project, user: user) }
        let count = world.state.openCount(of: agents[0])
        world.done(.updateAgent(agents[0], by: nil, deactivation(to: agents[2])))
        #expect(world.state.openCount(of: agents[2]) == count)
        #expect(world.decisions.last?.isOverride == true)
    }

    @Test func `A successor is another active agent, of the new list`() {
        var (world, agents, project) = desk()
        #expect(
            world.apply(.updateAgent(agents[0], by: nil, deactivation(to: agents[0])))
                == .refused(.invalid("handOver")))
        let list = [Member(agent: agents[0], permissions: .reply)]
        #expect(
            world.apply(.setMembers(project, by: nil, list, handOver: agents[1]))
                == .refused(.invalid("handOver")))
    }

    @Test func `Very many sessions are handed over in bounded steps, through a restart`() throws {
        var (world, agents, project) = desk(2)
        for agent in agents { world.limit(agent) }
        world.done(.setAway(agents[1], true))
        for user in Int64(1)...200 { world.write(project, user: user) }
        world.done(.updateAgent(agents[0], by: nil, deactivation(to: agents[1])))
        #expect(world.state.openCount(of: agents[1]) == 64)
        world.state = try world.rebuilt()
        world.pass(milliseconds: 1)
        #expect(world.state.openCount(of: agents[1]) == 200)
        #expect(world.state.openCount(of: agents[0]) == 0)
    }

    @Test func `A manager takes a session over: recorded, and its agent does not find it any more`()
    {
        var (world, agents, project) = desk()
        let chief = chief(&world, of: project)
        let session = world.write(project, user: 1)
        let version = world.version(session)
        #expect(
            world.apply(.takeOver(session, by: agents[1], version: version)) == .refused(.forbidden)
        )
        #expect(
            world.apply(.takeOver(session, by: chief, version: version + 1))
                == .refused(.versionConflict(owner: agents[0], version: version)))
        world.done(.takeOver(session, by: chief, version: version))
        #expect(world.owner(session) == chief)
        #expect(world.history(session).last?.what == .tookOver(from: agents[0], by: chief))
        #expect(world.applied.events.contains(.sessionChanged(session)))
        #expect(!world.state.canSee(agents[0], session))
        #expect(world.state.cursor(of: project) == agents[0])
    }

    @Test func `A manager takes a session out of the queue`() {
        var (world, agents, project) = desk()
        let chief = chief(&world, of: project)
        for agent in agents { world.done(.setAway(agent, true)) }
        let session = world.write(project, user: 1)
        #expect(world.owner(session) == nil)
        world.done(.takeOver(session, by: chief, version: 1))
        #expect(world.owner(session) == chief)
        #expect(world.history(session).last?.what == .tookOver(from: nil, by: chief))
        world.state.checkInvariants()
    }

    @Test func `A seat binds a manager who takes over`() {
        var (world, agents, project) = desk()
        let chief = chief(&world, of: project)
        world.change(project) { $0.seats = 3 }
        let session = world.write(project, user: 1)
        let version = world.version(session)
        #expect(
            world.apply(.takeOver(session, by: chief, version: version))
                == .refused(.refusedBy(.overSeat)))
        #expect(world.owner(session) == agents[0])
    }

    @Test func `After a transfer a giver without view no longer finds the session, with view does`()
    {
        var (world, agents, project) = desk()
        for (user, canView) in [(Int64(1), false), (2, true)] {
            var members = world.state.project(project)!.members
            members[0].permissions = canView ? [.reply, .transfer, .view] : [.reply, .transfer]
            world.done(.setMembers(project, by: nil, members))
            let session = world.write(project, user: user)
            let owner = world.owner(session)!
            var version = world.version(session)
            if owner != agents[0] {
                world.done(
                    .transfer(
                        session, by: owner, to: agents[0], version: version, remark: "",
                        confirmed: true))
                version = world.version(session)
            }
            world.done(
                .transfer(
                    session, by: agents[0], to: agents[1], version: version, remark: "",
                    confirmed: true))
            #expect(world.state.canSee(agents[0], session) == canView)
        }
    }

    @Test(arguments: [
        (Permissions.reply, true, true, false), (.view, true, true, true),
        (.manage, true, true, true), (Permissions(), false, false, false),
    ])
    func `Who sees what`(permissions: Permissions, waiting: Bool, own: Bool, others: Bool) {
        var (world, agents, project) = desk(2)
        let viewer = world.agent("viewer")
        let members = world.state.project(project)!.members
        let assigned = world.write(project, user: 1)
        for agent in agents { world.done(.setAway(agent, true)) }
        let queued = world.write(project, user: 2)
        let member = Member(agent: viewer, permissions: permissions)
        world.done(.setMembers(project, by: nil, members + [member]))
        #expect(world.state.canSee(viewer, queued) == waiting)
        #expect(world.state.canSee(viewer, assigned) == others)
        let version = world.version(assigned)
        world.done(.complete(assigned, by: agents[0], version: version))
        #expect(world.state.canSee(agents[0], assigned), "completed ones last owned")
        #expect(world.state.canSee(viewer, assigned) == others)
        guard permissions == .reply else { return }
        world.done(.claim(queued, by: viewer, version: 1))
        #expect(world.state.canSee(viewer, queued) == own)
        #expect(!world.state.canSee(agents[0], queued))
    }
}
