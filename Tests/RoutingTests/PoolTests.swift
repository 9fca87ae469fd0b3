import Testing
import Wire

@testable import Routing

/// Named pools: whom the sessions of a link are for.
@Suite struct PoolTests {
    private struct Desk {
        var world = World.newest
        var agents: [AgentID] = []
        var project = ProjectID(0)
        var pool = PoolID(0)
        var link = LinkID(0)

        mutating func write(_ user: Int64) -> SessionID {
            world.write(project, user: user, start: world.click(link))
        }
        mutating func owners(_ users: ClosedRange<Int64>) -> [AgentID?] {
            users.map { user in
                let session = write(user)
                return world.owner(session)
            }
        }
    }

    /// Four agents, of whom the last two are in a pool that a link names.
    private func desk(
        until: Int64? = nil, _ change: (inout ProjectSettings) -> Void = { _ in }
    ) -> Desk {
        var desk = Desk()
        desk.agents = (0..<4).map { desk.world.agent(Text("agent\($0)")) }
        desk.project = desk.world.project(desk.agents, change)
        desk.world.show(desk.agents)
        let only = MemberRule(agents: Array(desk.agents[2...]))
        desk.pool = desk.world.pool(desk.project, "sales", only, until: until)
        let pool = desk.pool
        desk.link = desk.world.link(desk.project, "sales") { $0.pool = pool }
        return desk
    }

    @Test func `A pool's sessions go to its agents alone, the others are linkRestricted`() {
        var desk = desk()
        let session = desk.write(1)
        #expect(desk.world.owner(session) == desk.agents[2])
        let decision = desk.world.decision(session)
        #expect(decision.pool == desk.pool)
        #expect(decision.candidates.map(\.reasons) == [.linkRestricted, .linkRestricted, [], []])
        desk.world.state.checkInvariants()
    }

    @Test func `A pool may name tags`() {
        var desk = desk()
        desk.world.tag(desk.project, [["sales"], [], [], ["sales"]])
        let only = MemberRule(tags: ["sales"])
        desk.world.done(
            .updatePool(desk.pool, by: nil, PoolSettings(name: "sales", only: only)))
        #expect(desk.owners(1...3) == [desk.agents[0], desk.agents[3], desk.agents[0]])
    }

    @Test func `A pool's turn is its own from its first choice on, also where the project stands`()
        throws
    {
        var desk = desk()
        #expect(desk.world.owners(desk.project, users: 1...3) == Array(desk.agents[0...2]))
        desk.world.done(.setAway(desk.agents[3], true))
        #expect(desk.owners(4...4) == [desk.agents[2]], "after the project's cursor, and at it")
        #expect(try desk.world.rebuilt() == desk.world.state)
        desk.world.done(.setAway(desk.agents[3], false))
        #expect(desk.world.owners(desk.project, users: 5...5) == [desk.agents[3]])
        #expect(desk.owners(6...7) == [desk.agents[3], desk.agents[2]], "nobody is overtaken")
    }

    @Test func `Links share the pool that they name, and its turn`() {
        var desk = desk()
        let pool = desk.pool
        let other = desk.world.link(desk.project, "fair") { $0.pool = pool }
        let first = desk.write(1)
        let start = desk.world.click(other)
        let second = desk.world.write(desk.project, user: 2, start: start)
        #expect(desk.world.owner(first) == desk.agents[2])
        #expect(desk.world.owner(second) == desk.agents[3])
    }

    @Test func `A pool has a cursor of its own, and begins at the project's`() throws {
        var desk = desk()
        #expect(desk.world.owners(desk.project, users: 1...3) == Array(desk.agents[0...2]))
        #expect(desk.owners(11...13) == [desk.agents[3], desk.agents[2], desk.agents[3]])
        #expect(desk.world.owners(desk.project, users: 4...4) == [desk.agents[3]])
        #expect(try desk.world.rebuilt() == desk.world.state)
    }

    @Test func `A pool's session waits for the pool while others are free`() {
        var desk = desk()
        for agent in desk.agents[2...] { desk.world.done(.setAway(agent, true)) }
        let session = desk.write(1)
        #expect(desk.world.owner(session) == nil)
        #expect(desk.world.owners(desk.project, users: 2...2) == [desk.agents[0]])
        desk.world.done(.setAway(desk.agents[3], false))
        #expect(desk.world.owner(session) == desk.agents[3])
        #expect(desk.world.decision(session).cause == .drain)
    }

    @Test func `Until its time a session waits for its pool, then for the whole project`() throws {
        var desk = desk(until: 30_000)
        for agent in desk.agents[2...] { desk.world.done(.setAway(agent, true)) }
        let session = desk.write(1)
        let second = desk.write(2)
        #expect(try desk.world.rebuilt() == desk.world.state)
        desk.world.pass(milliseconds: 29_999)
        #expect(desk.world.owner(session) == nil)
        desk.world.pass(milliseconds: 1)
        #expect(desk.world.owner(session) == desk.agents[0])
        #expect(desk.world.owner(second) == desk.agents[1])
        #expect(desk.world.decision(session).pool == nil)
        desk.world.state.checkInvariants()
    }

    @Test func `A pool that names no active agent falls to the project's`() {
        var desk = desk()
        var change = AgentChange()
        change.isActive = false
        for agent in desk.agents[2...] { desk.world.done(.updateAgent(agent, by: nil, change)) }
        #expect(desk.world.state.pool(desk.pool)?.isManned == false)
        let session = desk.write(1)
        #expect(desk.world.owner(session) == desk.agents[0])
        #expect(desk.world.decision(session).pool == nil)
        #expect(!desk.world.reasons(session, desk.agents[1]).contains(.linkRestricted))
    }

    @Test func `What waits for a pool is given when the pool is removed or falls to the project's`()
    {
        for isRemoved in [false, true] {
            var desk = desk()
            for agent in desk.agents[2...] { desk.world.done(.setAway(agent, true)) }
            let session = desk.write(1)
            #expect(desk.world.owner(session) == nil)
            if isRemoved {
                desk.world.done(.removePool(desk.pool, by: nil))
            } else {
                let rest = Array(desk.world.state.project(desk.project)!.members[..<2])
                desk.world.done(.setMembers(desk.project, by: nil, rest))
            }
            #expect(desk.world.owner(session) == desk.agents[0])
            desk.world.state.checkInvariants()
        }
    }

    @Test func `Only an agent of the pool may claim its session; the head is looked for likewise`()
    {
        var desk = desk { $0.claim = .head }
        for agent in desk.agents { desk.world.done(.setAway(agent, true)) }
        let restricted = desk.write(1)
        let open = desk.world.write(desk.project, user: 2)
        #expect(
            desk.world.apply(.claim(restricted, by: desk.agents[0], version: 1))
                == .refused(.refusedBy(.linkRestricted)))
        #expect(
            desk.world.apply(.claim(open, by: desk.agents[2], version: 1))
                == .refused(.notHead(restricted)))
        desk.world.done(.claim(open, by: desk.agents[0], version: 1))
        desk.world.done(.claim(restricted, by: desk.agents[2], version: 1))
    }

    @Test func `Nobody of the pool is receiving: it goes offline to one of the pool`() {
        var desk = desk { $0.mode = .onlineFirst }
        for agent in desk.agents[2...] { desk.world.hide(agent) }
        let session = desk.write(1)
        #expect(desk.world.owner(session) == desk.agents[2])
        #expect(desk.world.decision(session).way == .offline)
    }

    @Test func `A named transfer ignores the link`() {
        var desk = desk()
        let session = desk.write(1)
        let version = desk.world.version(session)
        desk.world.done(
            .transfer(
                session, by: desk.agents[2], to: desk.agents[0], version: version, remark: "",
                confirmed: false))
        #expect(desk.world.owner(session) == desk.agents[0])
    }

    @Test func `A waiting session's second start applies the link's pool, and keeps its place`() {
        var desk = desk()
        for agent in desk.agents { desk.world.done(.setAway(agent, true)) }
        let first = desk.world.write(desk.project, user: 1)
        desk.world.time = desk.world.time.adding(milliseconds: 1000)
        let second = desk.world.write(desk.project, user: 2)
        desk.world.time = desk.world.time.adding(milliseconds: 1000)
        let place = desk.world.state.session(first)!.queuePlace
        #expect(desk.write(1) == first)
        #expect(desk.world.state.session(first)?.pool == desk.pool)
        #expect(desk.world.state.session(first)?.queuePlace == place)
        desk.world.done(.setAway(desk.agents[0], false))
        #expect(desk.world.owner(first) == nil && desk.world.owner(second) == desk.agents[0])
        desk.world.done(.setAway(desk.agents[2], false))
        #expect(desk.world.owner(first) == desk.agents[2])
        desk.world.state.checkInvariants()
    }

    @Test func `A link used in an assigned session is recorded, and nothing moves`() {
        var desk = desk()
        let session = desk.world.write(desk.project, user: 1)
        #expect(desk.write(1) == session)
        #expect(desk.world.owner(session) == desk.agents[0])
        #expect(desk.world.state.session(session)?.pool == nil)
        #expect(desk.world.state.session(session)?.touches.count == 1)
    }

    @Test func `A token of another project's link changes nothing`() {
        var desk = desk()
        let other = desk.world.project([desk.agents[0]])
        let session = desk.world.write(other, user: 1, start: desk.world.click(desk.link))
        #expect(desk.world.state.session(session)?.pool == nil)
        #expect(desk.world.owner(session) == desk.agents[0])
    }

    @Test func `A second user of a token has the link's pool`() {
        var desk = desk()
        let start = desk.world.click(desk.link)
        desk.world.write(desk.project, user: 1, start: start)
        let session = desk.world.write(desk.project, user: 2, start: start)
        #expect(desk.world.state.session(session)?.touches.first?.via == .shared)
        #expect(desk.world.owner(session) == desk.agents[3])
    }

    @Test func `A pool is its project's, with a name of its own, and a link names one of its own`()
    {
        var desk = desk()
        let only = MemberRule(agents: [desk.agents[0]])
        let twin = PoolSettings(name: "sales", only: only)
        #expect(
            desk.world.apply(.createPool(by: nil, desk.project, twin)) == .refused(.alreadyExists))
        #expect(
            desk.world.apply(
                .createPool(by: nil, desk.project, PoolSettings(name: "x", only: MemberRule())))
                == .refused(.invalid("only")))
        let other = desk.world.project([desk.agents[0]])
        var settings = LinkSettings(code: "lost", name: "lost", project: other)
        settings.pool = desk.pool
        #expect(desk.world.apply(.createLink(by: nil, settings)) == .refused(.invalid("pool")))
        settings.project = desk.project
        settings.prefer = only
        #expect(desk.world.apply(.createLink(by: nil, settings)) == .refused(.invalid("prefer")))
        #expect(
            desk.world.apply(.updatePool(desk.pool, by: desk.agents[0], twin))
                == .refused(.forbidden))
    }
}
