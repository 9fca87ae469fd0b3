import Testing
import Wire

@testable import Routing

/// Why a session waits: each single change that is named releases it when it is made.
@Suite struct WhyNowTests {
    /// Makes a change as people would.
    private func make(_ release: Release, in world: inout World, of project: ProjectID) {
        func member(_ agent: AgentID, _ body: (inout Member) -> Void) {
            var members = world.state.project(project)!.members
            body(&members[members.firstIndex { $0.agent == agent }!])
            world.done(.setMembers(project, by: nil, members))
        }
        func account(_ agent: AgentID, _ body: (inout AgentChange) -> Void) {
            var change = AgentChange()
            body(&change)
            world.done(.updateAgent(agent, by: nil, change))
        }
        switch release {
        case .openLimit(let agent, let limit): account(agent) { $0.openLimit = limit }
        case .newPerMinute(let agent, let limit): account(agent) { $0.newPerMinute = limit }
        case .activated(let agent): account(agent) { $0.isActive = true }
        case .notAway(let agent): world.done(.setAway(agent, false))
        case .pageVisible(let agent): world.page(agent, isVisible: true)
        case .online(let agent): world.show(agent)
        case .mayReply(let agent): member(agent) { $0.permissions.insert(.reply) }
        case .inScope(let agent): member(agent) { $0.isInScope = true }
        case .projectOpenLimit(let limit): world.change(project) { $0.openLimit = limit }
        case .projectNewPerMinute(let limit): world.change(project) { $0.newPerMinute = limit }
        case .seats(let seats): world.change(project) { $0.seats = seats }
        case .assignedOffline:
            world.change(project) { $0.assignOffline = .after(milliseconds: 0) }
        case .assigned: world.change(project) { $0.claimOnly = false }
        case .routedOutsideHours: world.change(project) { $0.hours?.outside = .route }
        case .inPool(let agent):
            var pool = world.state.pools(of: project)[0]
            pool.settings.only.agents.append(agent)
            world.done(.updatePool(pool.id, by: nil, pool.settings))
        case .time(let moment):
            world.pass(milliseconds: moment.milliseconds - world.time.milliseconds)
        }
    }

    private func check(
        _ world: World, _ project: ProjectID, _ session: SessionID, _ expected: [Release],
        at source: SourceLocation = #_sourceLocation
    ) {
        #expect(world.owner(session) == nil, sourceLocation: source)
        let (releases, areAll) = world.state.releases(of: session, at: world.time)
        #expect(areAll, sourceLocation: source)
        #expect(Set(releases) == Set(expected), sourceLocation: source)
        for release in releases {
            var other = world
            make(release, in: &other, of: project)
            #expect(other.owner(session) != nil, "\(release)", sourceLocation: source)
        }
    }

    private func desk(
        _ change: (inout ProjectSettings) -> Void = { _ in }
    ) -> (World, [AgentID], ProjectID) {
        var world = World.newest
        let agents = ["ana", "wei"].map { world.agent($0) }
        let project = world.project(agents, change)
        world.show(agents)
        for agent in agents { world.limit(agent) }
        return (world, agents, project)
    }

    @Test func `If Wei's limit were 2, if Ana's page were visible`() {
        var (world, agents, project) = desk { $0.hiddenGraceMilliseconds = 0 }
        world.page(agents[0], isVisible: false)
        world.limit(agents[1], open: 1)
        world.write(project, user: 1)
        let session = world.write(project, user: 2)
        check(
            world, project, session, [.openLimit(agents[1], 2), .pageVisible(agents[0])])
    }

    @Test func `Presence: if she were not away, if he were online`() {
        var (world, agents, project) = desk()
        world.done(.setAway(agents[0], true))
        world.hide(agents[1])
        let session = world.write(project, user: 1)
        check(
            world, project, session,
            [.notAway(agents[0]), .online(agents[1]), .assignedOffline])
    }

    @Test func `Who has two things against them is no single change`() {
        var (world, agents, project) = desk()
        world.done(.setAway(agents[0], true))
        world.hide(agents[0])
        world.done(.setAway(agents[1], true))
        let session = world.write(project, user: 1)
        check(world, project, session, [.notAway(agents[1]), .assignedOffline])
    }

    @Test func `The window: a higher rate, or time`() {
        var (world, agents, project) = desk()
        world.hide(agents[1])
        world.limit(agents[0], perMinute: 1)
        world.write(project, user: 1)
        let session = world.write(project, user: 2)
        world.time = world.time.adding(milliseconds: 40_000)
        world.page(agents[0], isVisible: true)
        check(
            world, project, session,
            [
                .newPerMinute(agents[0], 2), .time(LogTime(milliseconds: 1_060_000)),
                .online(agents[1]),
            ])
    }

    @Test func `The project's limits: another number, or none`() {
        var (world, agents, project) = desk {
            $0.openLimit = 1
            $0.newPerMinute = 5
        }
        world.hide(agents[1])
        world.write(project, user: 1)
        let session = world.write(project, user: 2)
        check(
            world, project, session,
            [.projectOpenLimit(2), .projectOpenLimit(0), .online(agents[1])])
    }

    @Test func `Rules: scope, seats, reply, pool`() {
        var (world, agents, project) = desk {
            $0.scope = .specifiedAgents
            $0.seats = 1
        }
        let kim = world.agent("kim")
        let lea = world.agent("lea")
        world.show(kim, lea)
        world.done(
            .setMembers(
                project, by: nil,
                [
                    Member(agent: agents[0], permissions: .reply, isInScope: false),
                    Member(agent: agents[1], permissions: .reply),
                    Member(agent: kim, permissions: .view),
                ]))
        let session = world.write(project, user: 1)
        check(world, project, session, [.inScope(agents[0]), .seats(2)])
        world.change(project) {
            $0.seats = nil
            $0.scope = .allAgents
        }
        let only = world.pool(project, "ana", MemberRule(agents: [agents[0]]))
        let link = world.link(project, "ana") { $0.pool = only }
        world.done(.setAway(agents[0], true))
        let pooled = world.write(project, user: 2, start: world.click(link))
        check(
            world, project, pooled,
            [.notAway(agents[0]), .inPool(agents[1]), .assignedOffline])
        world.done(.setAway(agents[1], true))
        let third = world.write(project, user: 3)
        check(
            world, project, third,
            [
                .notAway(agents[0]), .notAway(agents[1]), .mayReply(kim), .assignedOffline,
            ])
    }

    @Test func `A pool's and an offline assignment's time`() {
        var (world, agents, project) = desk { $0.assignOffline = .after(milliseconds: 90_000) }
        world.hide(agents[0])
        let only = world.pool(project, "ana", MemberRule(agents: [agents[0]]), until: 30_000)
        let link = world.link(project, "ana") { $0.pool = only }
        let session = world.write(project, user: 1, start: world.click(link))
        check(
            world, project, session,
            [
                .time(LogTime(milliseconds: 1_030_000)), .time(LogTime(milliseconds: 1_090_000)),
                .online(agents[0]), .inPool(agents[1]), .assignedOffline,
            ])
    }

    @Test func `Claims only, and closed: if it were assigned, if it were routed, at the opening`() {
        var (world, agents, project) = desk { $0.claimOnly = true }
        let session = world.write(project, user: 1)
        check(world, project, session, [.assigned])
        let hours = Hours(zone: "Asia/Tokyo", week: [], outside: .hold)
        world.change(project) {
            $0.claimOnly = false
            $0.hours = hours
        }
        let opening = world.time.adding(milliseconds: 10_000)
        world.done(.resolveHours(project, hours, OpenTimes(spans: [], end: opening)))
        let held = world.write(project, user: 2)
        check(world, project, held, [.routedOutsideHours, .time(opening)])
        #expect(world.owner(session) == agents[0])
    }

    @Test func `Excluded ends with its time`() {
        var (world, agents, project) = desk()
        world.hide(agents[1])
        let session = world.write(project, user: 1)
        let version = world.version(session)
        world.done(.giveBack(session, by: agents[0], version: version))
        let end = world.time.adding(milliseconds: Session.Exclusion.milliseconds)
        let releases = world.state.releases(of: session, at: world.time).found
        #expect(Set(releases) == [.time(end), .online(agents[1])])
    }

    @Test
    func `With 100 members the project's changes are all tried, and it is said if others are not`()
    {
        var world = World.newest
        let agents = (0..<100).map { world.agent(Text("agent\($0)")) }
        let project = world.project(agents) { $0.openLimit = 1 }
        for agent in agents { world.limit(agent) }
        world.show(agents)
        for user in Int64(1)...100 { world.write(project, user: user) }
        let session = world.write(project, user: 1000)
        let full = world.state.releases(of: session, at: world.time)
        #expect(Set(full.found) == [.projectOpenLimit(2), .projectOpenLimit(0)])
        #expect(full.isComplete == false, "each member's own limit was not tried 100 times")
        for agent in agents { world.done(.setAway(agent, true)) }
        let away = world.write(project, user: 1001)
        world.change(project) { $0.openLimit = 0 }
        let releases = world.state.releases(of: away, at: world.time)
        #expect(releases.found.contains(.assignedOffline))
        #expect(releases.found.contains(.notAway(agents[0])))
        #expect(!releases.isComplete && releases.found.count <= 64)
        for release in releases.found {
            var other = world
            make(release, in: &other, of: project)
            #expect(other.owner(session) != nil, "\(release)")
        }
    }

    @Test(arguments: [UInt64](1...80))
    func `In random worlds each change that is named releases the session that waits alone`(
        seed: UInt64
    ) {
        var random = RandomWorld(seed: 2 * seed)
        for _ in 0..<80 {
            random.step()
            let world = random.world
            let waiting = random.projects.filter { world.state.waitingCount(in: $0) > 0 }
            for project in waiting
            where waiting.count == 1 && world.state.waitingCount(in: project) == 1 {
                let session = world.state.waiting(in: project, limit: 1)[0]
                for release in world.state.releases(of: session, at: world.time).found {
                    if case .time = release { continue }
                    if case .inPool = release { continue }
                    var other = world
                    make(release, in: &other, of: project)
                    #expect(other.owner(session) != nil, "seed \(seed): \(release)")
                }
            }
        }
    }
}
