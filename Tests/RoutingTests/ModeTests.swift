import Testing
import Wire

@testable import Routing

/// How one of the candidates is chosen, and what happens without one.
@Suite struct ModeTests {
    private func desk(
        _ change: (inout ProjectSettings) -> Void = { _ in }
    ) -> (World, [AgentID], ProjectID) {
        var world = World()
        let agents = ["ana", "wei", "kim"].map { world.agent($0) }
        let project = world.project(agents, change)
        return (world, agents, project)
    }

    @Test func `Round robin gives sessions in list order, cyclic`() throws {
        var (world, agents, project) = desk()
        world.show(agents)
        #expect(
            world.owners(project, users: 1...7) == (0..<7).map { agents[$0 % 3] })
        #expect(try world.rebuilt() == world.state)
    }

    @Test func `Whoever is skipped waits a round`() {
        var (world, agents, project) = desk()
        world.show(agents)
        world.done(.setAway(agents[1], true))
        #expect(world.owners(project, users: 1...2) == [agents[0], agents[2]])
        world.done(.setAway(agents[1], false))
        #expect(world.owners(project, users: 3...4) == [agents[0], agents[1]])
    }

    @Test(arguments: [
        (Strategy.inTurn, -1, 0), (.inTurn, 0, 2), (.inTurn, 2, 3), (.inTurn, 3, 0),
        (.leastLoaded, 0, 3), (.random, 0, 2),
    ])
    func `Each strategy chooses by its own rule`(strategy: Strategy, cursor: Int, chosen: Int) {
        let entries = [(0, 2, Int64(1)), (2, 1, 9), (3, 1, 5)].map {
            Strategy.Ballot.Entry(position: $0.0, open: $0.1, lastIndex: $0.2)
        }
        let ballot = Strategy.Ballot(entries: entries, cursor: cursor, draw: 7)
        #expect(strategy.choose(ballot) == chosen)
        #expect(strategy.choose(Strategy.Ballot(entries: [], cursor: 0, draw: 0)) == nil)
    }

    @Test func `Online first by load takes the fewest open, then the longest idle`() {
        var (world, agents, project) = desk {
            $0.mode = .onlineFirst
            $0.balance = .leastLoaded
        }
        world.show(agents)
        let first = world.write(project, user: 1)
        #expect(world.owners(project, users: 2...3) == [agents[1], agents[2]])
        let version = world.version(first)
        world.done(.complete(first, by: agents[0], version: version))
        #expect(world.owners(project, users: 4...5) == [agents[0], agents[1]])
    }

    @Test func `Online first by lot draws the same on every node`() {
        var owners: [[AgentID?]] = []
        for _ in 0..<2 {
            var (world, agents, project) = desk {
                $0.mode = .onlineFirst
                $0.balance = .random
            }
            world.show(agents)
            owners.append(world.owners(project, users: 1...12))
            #expect(Set(owners[0]).count == 3)
        }
        #expect(owners[0] == owners[1])
    }

    @Test func `Round robin lets a session wait when nobody is receiving`() {
        var (world, agents, project) = desk()
        for agent in agents { world.signIn(agent) }
        #expect(world.owners(project, users: 1...1) == [nil])
    }

    @Test func `Online first falls back to the turn when everybody is offline`() {
        var (world, agents, project) = desk { $0.mode = .onlineFirst }
        world.signIn(agents[0])
        world.signIn(agents[2])
        let session = world.write(project, user: 1)
        #expect(world.owner(session) == agents[0])
        #expect(world.decision(session).way == .offline)
        // Who has never signed in gets nothing.
        #expect(world.owners(project, users: 2...3) == [agents[2], agents[0]])
    }

    @Test func `Two busy agents online are not all offline`() {
        var (world, agents, project) = desk { $0.mode = .onlineFirst }
        world.show(agents[0])
        world.signIn(agents[1])
        world.limit(agents[0], open: 1)
        #expect(world.owners(project, users: 1...2) == [agents[0], nil])
    }

    @Test func `When the last page's grace ends everybody is offline, and the turn is taken`() {
        var (world, agents, project) = desk {
            $0.mode = .onlineFirst
            $0.hiddenGraceMilliseconds = 20_000
        }
        world.show(agents[0])
        world.signIn(agents[1])
        world.limit(agents[0], open: 1)
        world.write(project, user: 1)
        let session = world.write(project, user: 2)
        world.page(agents[0], isVisible: false)
        world.pass(milliseconds: 19_999)
        #expect(world.owner(session) == nil, "the busy one still receives")
        world.pass(milliseconds: 1)
        #expect(world.owner(session) == agents[1])
    }

    @Test func `Offline assignment waits its time, and then takes the turn`() {
        var (world, agents, project) = desk { $0.assignOffline = .after(milliseconds: 60_000) }
        for agent in agents { world.signIn(agent) }
        let session = world.write(project, user: 1)
        world.pass(milliseconds: 59_999)
        #expect(world.owner(session) == nil)
        world.pass(milliseconds: 1)
        #expect(world.owner(session) == agents[0])
        #expect(world.state.cursor(of: project) == agents[0])
    }

    @Test func `Removing the agent at the cursor leaves the turn with the successor`() {
        var (world, agents, project) = desk()
        world.show(agents)
        #expect(world.owners(project, users: 1...2) == [agents[0], agents[1]])
        let session = world.state.openSessions(of: agents[1])[0]
        world.done(.complete(session, by: agents[1], version: 2))
        let rest = [agents[0], agents[2]].map { Member(agent: $0, permissions: .reply) }
        world.done(.setMembers(project, by: nil, rest))
        #expect(world.owners(project, users: 3...4) == [agents[2], agents[0]])
    }

    @Test func `A late joiner starts at the own place and never catches up`() {
        var (world, agents, project) = desk()
        world.show(agents)
        #expect(world.owners(project, users: 1...4).last == agents[0])
        let bob = world.agent("bob")
        world.show(bob)
        let list = [agents[0], bob, agents[1], agents[2]]
        world.done(
            .setMembers(project, by: nil, list.map { Member(agent: $0, permissions: .reply) }))
        #expect(
            world.owners(project, users: 5...9) == [bob, agents[1], agents[2], agents[0], bob])
    }

    @Test func `Claims, named transfers and returns to the last owner leave the turn alone`() {
        var (world, agents, project) = desk()
        world.show(agents)
        let first = world.write(project, user: 1)
        var version = world.version(first)
        world.done(
            .transfer(
                first, by: agents[0], to: agents[2], version: version, remark: "", confirmed: false)
        )
        version = world.version(first)
        world.done(.complete(first, by: agents[2], version: version))
        world.write(project, user: 1)
        #expect(world.owner(first) == agents[2])
        #expect(world.decision(first).way == .lastOwner)
        #expect(world.state.cursor(of: project) == agents[0])
        #expect(world.owners(project, users: 2...2) == [agents[1]])
    }

    @Test func `A transfer to anybody moves the turn`() {
        var (world, agents, project) = desk()
        world.show(agents)
        let first = world.write(project, user: 1)
        let version = world.version(first)
        world.done(
            .transfer(
                first, by: agents[0], to: nil, version: version, remark: "", confirmed: false))
        #expect(world.owner(first) == agents[1])
        #expect(world.owners(project, users: 2...2) == [agents[2]])
    }

    @Test func `New settings hold for new decisions only`() {
        var (world, agents, project) = desk()
        world.show(agents)
        let first = world.write(project, user: 1)
        world.change(project) {
            $0.scope = .specifiedAgents
            $0.mode = .onlineFirst
            $0.seats = 0
        }
        #expect(world.owner(first) == agents[0])
        #expect(world.owners(project, users: 2...2) == [nil])
    }

    @Test func `A decision is stored with every candidate, the cursor and the roster version`() {
        var (world, agents, project) = desk()
        world.show(agents[1])
        let session = world.write(project, user: 1)
        let decision = world.decision(session)
        #expect(decision.cause == .new && decision.way == .mode && decision.mode == .roundRobin)
        #expect(decision.chosen == agents[1])
        #expect(decision.cursorBefore == nil && decision.cursorAfter == agents[1])
        #expect(decision.rosterVersion == world.state.project(project)?.rosterVersion)
        #expect(decision.candidates.map(\.agent) == agents)
        #expect(decision.candidates.map(\.reasons) == [.neverSignedIn, [], .neverSignedIn])
    }

    @Test func `A session that begins to wait has its refusal on record`() {
        var (world, agents, project) = desk()
        let session = world.write(project, user: 1)
        let decision = world.decision(session)
        #expect(decision.chosen == nil && decision.way == .none && decision.cause == .new)
        #expect(decision.candidates.map(\.agent) == agents)
        #expect(world.history(session).count == 1, "with the message, in one row")
    }
}
