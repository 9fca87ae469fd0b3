import Testing
import Wire

@testable import Routing

/// Who may be given a session: each reason of the rules, with its figures.
@Suite struct CandidateTests {
    /// What speaks against the only agent of a project after this was done to them.
    private func reasons(
        against change: (inout World, AgentID, ProjectID) -> Void
    ) -> (Candidate, World) {
        var world = World.newest
        let ana = world.agent("ana")
        let project = world.project([ana])
        world.show(ana)
        change(&world, ana, project)
        let session = world.write(project, user: 900)
        world.state.checkInvariants()
        return (world.decision(session).candidates[0], world)
    }

    @Test func `Nothing speaks against an agent who is receiving`() {
        let (candidate, _) = reasons { _, _, _ in }
        #expect(candidate.reasons.isEmpty)
    }

    @Test func `A deactivated agent is refused`() {
        let (candidate, _) = reasons { world, ana, _ in
            var change = AgentChange()
            change.isActive = false
            world.done(.updateAgent(ana, by: nil, change))
        }
        #expect(candidate.reasons == [.deactivated, .offline])
    }

    @Test func `Without reply an agent is refused`() {
        let (candidate, _) = reasons { world, ana, project in
            world.done(
                .setMembers(project, by: nil, [Member(agent: ana, permissions: [.view, .manage])]))
        }
        #expect(candidate.reasons == .cannotReply)
    }

    @Test func `Outside the specified agents an agent is refused`() {
        let (candidate, _) = reasons { world, ana, project in
            world.change(project) { $0.scope = .specifiedAgents }
            world.done(
                .setMembers(
                    project, by: nil,
                    [Member(agent: ana, permissions: .reply, isInScope: false)]))
        }
        #expect(candidate.reasons == .notInScope)
    }

    @Test func `The scope of all agents ignores who is specified`() {
        let (candidate, _) = reasons { world, ana, project in
            world.done(
                .setMembers(
                    project, by: nil,
                    [Member(agent: ana, permissions: .reply, isInScope: false)]))
        }
        #expect(candidate.reasons.isEmpty)
    }

    @Test func `At the limit of open sessions an agent is full, with the figures`() {
        let (candidate, _) = reasons { world, ana, project in
            world.limit(ana, open: 2)
            _ = world.owners(project, users: 1...2)
        }
        #expect(candidate.reasons == .atCapacity)
        #expect(candidate.open == 2 && candidate.openLimit == 2)
    }

    @Test func `A project may set a tighter limit of open sessions`() {
        let (candidate, _) = reasons { world, ana, project in
            world.limit(ana, open: 5)
            world.change(project) { $0.openLimit = 1 }
            world.write(project, user: 1)
        }
        #expect(candidate.reasons == .atCapacity)
        #expect(candidate.open == 1 && candidate.openLimit == 1)
    }

    @Test func `A new account has 20 open sessions and 6 new ones a minute`() {
        var world = World()
        let ana = world.agent("ana")
        let account = world.state.agent(ana)
        #expect(account?.openLimit == 20 && account?.newPerMinute == 6)
        let (candidate, late) = reasons { world, _, project in
            _ = world.owners(project, users: 1...6)
        }
        #expect(candidate.reasons == .rateLimited)
        #expect(candidate.rateLimitedUntil == late.time.adding(milliseconds: 60_000))
        #expect(candidate.newSessions == 6 && candidate.newPerMinute == 6)
    }

    @Test func `The window of new sessions slides`() {
        var world = World()
        let ana = world.agent("ana")
        let project = world.project([ana])
        world.show(ana)
        world.limit(ana, perMinute: 2)
        world.write(project, user: 1)
        world.time = world.time.adding(milliseconds: 30_000)
        world.page(ana, isVisible: true)
        world.write(project, user: 2)
        let third = world.write(project, user: 3)
        #expect(world.owner(third) == nil)
        #expect(world.state.nextDeadline == LogTime(milliseconds: 1_060_000))
        world.pass(milliseconds: 29_999)
        #expect(world.owner(third) == nil)
        world.pass(milliseconds: 1)
        #expect(world.owner(third) == ana)
        #expect(world.decision(third).cause == .drain)
    }

    @Test func `A project may set a tighter rate of new sessions`() {
        let (candidate, _) = reasons { world, ana, project in
            world.change(project) { $0.newPerMinute = 1 }
            world.write(project, user: 1)
        }
        #expect(candidate.reasons == .rateLimited)
        #expect(candidate.newSessions == 1 && candidate.newPerMinute == 1)
    }

    @Test func `Limits count over all projects`() {
        var world = World()
        let ana = world.agent("ana")
        let (one, two) = (world.project([ana]), world.project([ana]))
        world.show(ana)
        world.limit(ana, open: 1)
        world.write(one, user: 1)
        let waiting = world.write(two, user: 1)
        #expect(world.reasons(waiting, ana) == .atCapacity)
    }

    @Test func `Who says so is away`() {
        let (candidate, _) = reasons { world, ana, _ in world.done(.setAway(ana, true)) }
        #expect(candidate.reasons == .away)
    }

    @Test func `A page hidden for longer than the grace is not receiving, since it was hidden`() {
        let (candidate, world) = reasons { world, ana, _ in
            world.page(ana, isVisible: false)
            for _ in 0..<3 {
                world.pass(milliseconds: 20_000)
                world.page(ana, isVisible: false)
            }
        }
        #expect(candidate.reasons == .notReceiving)
        #expect(candidate.since == world.time.adding(milliseconds: -60_000))
    }

    @Test func `Without a connection an agent is offline, since the last one went`() {
        let (candidate, world) = reasons { world, ana, _ in
            world.hide(ana)
            world.pass(milliseconds: 5000)
        }
        #expect(candidate.reasons == .offline)
        #expect(candidate.since == world.time.adding(milliseconds: -5000))
    }

    @Test func `Who was never there has never signed in`() {
        var world = World()
        let ana = world.agent("ana")
        let session = world.write(world.project([ana]), user: 1)
        #expect(world.reasons(session, ana) == .neverSignedIn)
    }

    @Test func `Every reason that applies is told, not only the first`() {
        let (candidate, _) = reasons { world, ana, project in
            world.limit(ana, open: 1)
            world.write(project, user: 1)
            world.done(.setAway(ana, true))
            world.hide(ana)
        }
        #expect(candidate.reasons == [.atCapacity, .away, .offline])
    }

    @Test(arguments: [FeatureLevel.first, .second])
    func `Figures of seats and rates are written from feature level 2 on`(level: FeatureLevel)
        throws
    {
        var world = level == .first ? World() : World.newest
        let people = ["ana", "wei"].map { world.agent(Text($0)) }
        let project = world.project(people) { $0.seats = 1 }
        for agent in people {
            world.show(agent)
            world.limit(agent, perMinute: 1)
        }
        world.write(project, user: 1)
        let session = world.write(project, user: 2)
        let decision = world.decision(session)
        #expect(decision.candidates.map(\.reasons) == [.rateLimited, .overSeat])
        let isTold = level >= .second
        #expect(decision.candidates.map(\.seats) == [nil, isTold ? 1 : nil])
        #expect(decision.candidates.map(\.newSessions) == [isTold ? 1 : 0, 0])
        var writer = ByteWriter()
        decision.encode(into: &writer)
        var reader = ByteReader(writer.bytes)
        #expect(try Decision(from: &reader) == decision)
        try reader.expectEnd()
    }

    @Test func `The first n active members with reply hold the seats, whatever the scope`() {
        var world = World.newest
        let people = (1...5).map { world.agent(Text("agent\($0)")) }
        let project = world.project(people) {
            $0.seats = 2
            $0.scope = .specifiedAgents
        }
        var change = AgentChange()
        change.isActive = false
        world.done(.updateAgent(people[0], by: nil, change))
        world.done(
            .setMembers(
                project, by: nil,
                [
                    Member(agent: people[0], permissions: .reply),
                    Member(agent: people[1], permissions: .view),
                    Member(agent: people[2], permissions: .reply, isInScope: false),
                    Member(agent: people[3], permissions: .reply),
                    Member(agent: people[4], permissions: .reply),
                ]))
        let session = world.write(project, user: 1)
        let rules = world.decision(session).candidates.map { $0.reasons.intersection(.rules) }
        #expect(rules == [.deactivated, .cannotReply, .notInScope, [], .overSeat])
        #expect(world.decision(session).candidates.map(\.seats) == [nil, nil, nil, nil, 2])
        change.isActive = true
        world.done(.updateAgent(people[0], by: nil, change))
        #expect(world.state.blockers(session, at: world.time)[3].reasons.contains(.overSeat))
    }
}
