import Testing
import Wire

@testable import Routing

/// Connection, visibility and declared availability.
@Suite struct PresenceTests {
    private func desk(
        _ change: (inout ProjectSettings) -> Void = { _ in }
    ) -> (World, AgentID, ProjectID) {
        var world = World()
        let ana = world.agent("ana")
        let project = world.project([ana], change)
        return (world, ana, project)
    }

    @Test func `A lease not renewed for 35 seconds of log time ends, and not before`() {
        var (world, ana, project) = desk()
        world.show(ana)
        world.pass(milliseconds: 34_999)
        #expect(world.state.presence(of: ana, in: project, at: world.time) == .receiving)
        world.pass(milliseconds: 1)
        #expect(world.state.presence(of: ana, in: project, at: world.time) == .offline)
        #expect(world.state.connections(of: ana).isEmpty)
        #expect(world.state.agent(ana)?.offlineSince == world.time)
    }

    @Test func `A new leader expires nothing before one full lease in office`() throws {
        var (world, ana, project) = desk()
        world.show(ana)
        world.time = world.time.adding(milliseconds: 50_000)
        world.done(.beginEpoch(1))
        #expect(world.state.presence(of: ana, in: project, at: world.time) == .receiving)
        #expect(try world.rebuilt() == world.state)
        world.pass(milliseconds: 34_999)
        #expect(world.state.presence(of: ana, in: project, at: world.time) == .receiving)
        world.pass(milliseconds: 1)
        #expect(world.state.presence(of: ana, in: project, at: world.time) == .offline)
    }

    @Test func `Coming back at another node keeps the turn`() {
        var (world, ana, project) = desk()
        let wei = world.agent("wei")
        world.done(
            .setMembers(
                project, by: nil, [ana, wei].map { Member(agent: $0, permissions: .reply) }))
        world.show(ana, wei)
        #expect(world.owners(project, users: 1...1) == [ana])
        world.done(
            .renewLeases(
                node: 2, incarnation: 22, [Lease(connection: 1, agent: ana, isVisible: true)]))
        world.hide(ana)
        #expect(world.owners(project, users: 2...3) == [wei, ana])
        #expect(world.state.connections(of: ana).map(\.node) == [2])
    }

    @Test(arguments: [0, 20_000, nil] as [Int64?])
    func `A hidden page receives for as long as the project's grace`(grace: Int64?) {
        var (world, ana, project) = desk { $0.hiddenGraceMilliseconds = grace }
        world.show(ana)
        world.page(ana, isVisible: false)
        if grace != 0 { #expect(world.state.presence(of: ana, at: world.time) == .receiving) }
        world.pass(milliseconds: 20_000)
        let expected: Presence = grace == nil ? .receiving : .hidden
        #expect(world.state.presence(of: ana, in: project, at: world.time) == expected)
        world.page(ana, isVisible: true)
        #expect(world.state.presence(of: ana, in: project, at: world.time) == .receiving)
    }

    @Test func `A hidden page that comes back has no new grace`() throws {
        var world = World.newest
        let ana = world.agent("ana")
        let project = world.project([ana]) { $0.hiddenGraceMilliseconds = 60_000 }
        world.signIn(ana)
        func page(_ number: UInt64, hidden: UInt32) -> Command {
            var lease = Lease(connection: number, agent: ana, isVisible: false)
            lease.hiddenMilliseconds = hidden
            return .renewLeases(node: 1, incarnation: 11, [lease])
        }
        world.done(page(1, hidden: 3_600_000))
        #expect(world.state.presence(of: ana, in: project, at: world.time) == .hidden)
        let session = world.write(project, user: 1)
        #expect(world.owner(session) == nil)
        world.done(page(2, hidden: 50_000))
        #expect(world.owner(session) == ana, "ten seconds of the grace are left")
        world.pass(milliseconds: 9_999)
        #expect(world.state.presence(of: ana, in: project, at: world.time) == .receiving)
        world.done(page(2, hidden: 0))
        world.pass(milliseconds: 1)
        #expect(world.state.presence(of: ana, in: project, at: world.time) == .hidden)
        #expect(try world.rebuilt() == world.state)
        var early = World()
        _ = early.agent("ana")
        #expect(early.apply(page(1, hidden: 1)) == .refused(.needsLevel(.second)))
    }

    @Test func `One visible page among several is enough`() {
        var (world, ana, project) = desk { $0.hiddenGraceMilliseconds = 0 }
        world.show(ana)
        let hidden = Lease(connection: 77, agent: ana, isVisible: false)
        world.done(.renewLeases(node: 2, incarnation: 22, [hidden]))
        #expect(world.state.presence(of: ana, in: project, at: world.time) == .receiving)
        world.hide(ana)
        #expect(world.state.presence(of: ana, in: project, at: world.time) == .hidden)
    }

    @Test func `Away is kept apart: it survives new pages and reconnections`() {
        var (world, ana, project) = desk()
        world.show(ana)
        world.done(.setAway(ana, true))
        world.hide(ana)
        world.page(ana, isVisible: true)
        #expect(world.state.presence(of: ana, in: project, at: world.time) == .away)
        let session = world.write(project, user: 1)
        world.done(.setAway(ana, false))
        #expect(world.owner(session) == ana)
    }

    @Test func `A connection without a sign-in does not receive`() {
        var (world, ana, project) = desk()
        world.show(ana)
        world.done(.signOut(ana, tokenHash: world.cookie(ana)))
        #expect(world.state.presence(of: ana, in: project, at: world.time) == .offline)
        #expect(world.applied.events.contains(.signedOut(ana, tokenHash: world.cookie(ana))))
    }

    @Test func `Sign-ins end after disuse and in any case at their absolute end`() {
        var (world, ana, _) = desk()
        let hash = world.cookie(ana)
        let signIn = Command.signIn(
            ana, tokenHash: hash, idleMilliseconds: 1000, absoluteMilliseconds: 2500)
        world.done(signIn)
        world.pass(milliseconds: 900)
        world.done(signIn)
        world.pass(milliseconds: 900)
        #expect(world.state.signIn(tokenHash: hash)?.agent == ana, "used again")
        world.pass(milliseconds: 100)
        #expect(world.state.signIn(tokenHash: hash) == nil)
        world.done(signIn)
        world.page(ana, isVisible: true)
        world.pass(milliseconds: 2499)
        #expect(world.state.signIn(tokenHash: hash) != nil, "an open console is use")
        world.pass(milliseconds: 1)
        #expect(world.state.signIn(tokenHash: hash) == nil)
    }

    @Test func `A page that renews without news changes nothing but its lease`() {
        var (world, ana, _) = desk()
        world.show(ana)
        world.time = world.time.adding(milliseconds: 10_000)
        world.page(ana, isVisible: true)
        #expect(world.applied.rows.map(\.table) == [.presence])
        #expect(world.applied.events.isEmpty)
    }
}
