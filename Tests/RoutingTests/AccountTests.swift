import Testing
import Wire

@testable import Routing

/// Accounts, projects and who may change them.
@Suite struct AccountTests {
    @Test func `The first administrator is made once`() {
        var world = World()
        let bootstrap = Command.bootstrap(login: "admin", name: "Admin", passwordHash: "x")
        let id = AgentID(world.done(bootstrap))
        #expect(world.state.agent(login: "admin")?.id == id)
        #expect(world.state.agent(id)?.isAdmin == true)
        #expect(world.apply(bootstrap) == .refused(.alreadyExists))
    }

    @Test func `A login belongs to one agent`() {
        var world = World()
        _ = world.agent("ana")
        #expect(
            world.apply(
                .createAgent(by: nil, login: "ana", name: "", passwordHash: "", isAdmin: false))
                == .refused(.alreadyExists))
        #expect(
            world.apply(
                .createAgent(by: nil, login: "", name: "", passwordHash: "", isAdmin: false))
                == .refused(.invalid("login")))
    }

    @Test func `Only administrators make accounts and projects; agents change their own name`() {
        var world = World()
        let ana = world.agent("ana")
        #expect(
            world.apply(
                .createAgent(by: ana, login: "b", name: "b", passwordHash: "", isAdmin: true))
                == .refused(.forbidden))
        #expect(
            world.apply(.createProject(by: ana, ProjectSettings(name: "p", botUsername: "b")))
                == .refused(.forbidden))
        var change = AgentChange()
        change.name = "Ana B."
        world.done(.updateAgent(ana, by: ana, change))
        change.isAdmin = true
        #expect(world.apply(.updateAgent(ana, by: ana, change)) == .refused(.forbidden))
    }

    @Test func `The last administrator stays one`() {
        var world = World()
        let boss = world.agent("boss", isAdmin: true)
        var change = AgentChange()
        change.isActive = false
        let refused = Outcome.refused(.invalid("the last administrator"))
        #expect(world.apply(.updateAgent(boss, by: boss, change)) == refused)
        _ = world.agent("second", isAdmin: true)
        world.done(.updateAgent(boss, by: boss, change))
    }

    @Test func `A project is changed by those who manage it`() {
        var world = World()
        let (ana, wei) = (world.agent("ana"), world.agent("wei"))
        let project = world.project([ana])
        let list = [Member(agent: wei, permissions: [.reply, .manage])]
        #expect(world.apply(.setMembers(project, by: ana, list)) == .refused(.forbidden))
        world.done(.setMembers(project, by: nil, list))
        world.done(.setMembers(project, by: wei, list))
        #expect(world.state.project(project)?.rosterVersion == 4)
    }

    @Test func `A list names each agent once, and only agents there are`() {
        var world = World()
        let ana = world.agent("ana")
        let project = world.project([ana])
        let member = Member(agent: ana, permissions: .reply)
        #expect(
            world.apply(.setMembers(project, by: nil, [member, member]))
                == .refused(.invalid("members")))
        let nobody = Member(agent: AgentID(999), permissions: .reply)
        #expect(world.apply(.setMembers(project, by: nil, [nobody])) == .refused(.notFound))
    }

    @Test func `A bot belongs to one project`() {
        var world = World()
        let settings = ProjectSettings(name: "p", botUsername: "help_bot")
        world.done(.createProject(by: nil, settings))
        #expect(world.apply(.createProject(by: nil, settings)) == .refused(.alreadyExists))
    }

    @Test func `A deactivated agent is signed out everywhere and can't come back`() {
        var world = World()
        let ana = world.agent("ana")
        world.show(ana)
        var change = AgentChange()
        change.isActive = false
        world.done(.updateAgent(ana, by: nil, change))
        #expect(world.state.signIn(tokenHash: world.cookie(ana)) == nil)
        #expect(world.state.connections(of: ana).isEmpty)
        let signIn = Command.signIn(
            ana, tokenHash: world.cookie(ana), idleMilliseconds: 9, absoluteMilliseconds: 9)
        #expect(world.apply(signIn) == .refused(.forbidden))
        world.state.checkInvariants()
    }

    @Test func `A password that an operator sets signs its agent out everywhere`() throws {
        var world = World()
        let (ana, wei) = (world.agent("ana"), world.agent("wei"))
        var change = AgentChange()
        change.passwordHash = "new"
        let reset = Command.updateAgent(ana, by: nil, change)
        #expect(world.apply(reset) == .refused(.needsLevel(.second)))
        world.done(.raiseLevel(to: .second))
        world.show(ana)
        world.show(wei)
        // Who sets their own stays where they are.
        world.done(.updateAgent(wei, by: wei, change))
        world.done(reset)
        #expect(world.state.signIn(tokenHash: world.cookie(ana)) == nil)
        #expect(world.state.connections(of: ana).isEmpty)
        #expect(world.state.signIn(tokenHash: world.cookie(wei)) != nil)
        #expect(try world.rebuilt() == world.state)
    }

    @Test func `A sign-in goes on under another cookie, and the old one counts no more`() throws {
        var world = World.newest
        let ana = world.agent("ana")
        let old = [UInt8](repeating: 1, count: 32)
        let new = [UInt8](repeating: 2, count: 32)
        world.done(
            .signIn(ana, tokenHash: old, idleMilliseconds: 5_000, absoluteMilliseconds: 9_000))
        let before = world.state.signIn(tokenHash: old)!
        world.pass(milliseconds: 4_000)
        world.done(.moveSignIn(from: old, to: new))
        #expect(world.applied.events.contains(.signedOut(ana, tokenHash: old)))
        #expect(world.state.signIn(tokenHash: old) == nil)
        let after = try #require(world.state.signIn(tokenHash: new))
        #expect(after.agent == ana && after.endsAt == before.endsAt && after.id == before.id)
        #expect(after.lastUsed == world.time)
        #expect(try world.rebuilt() == world.state)
        // Once only, and not over another sign-in.
        #expect(world.apply(.moveSignIn(from: old, to: new)) == .refused(.notFound))
        #expect(
            world.apply(.moveSignIn(from: new, to: new)) == .refused(.invalid("sign-in")))
        #expect(
            world.apply(.moveSignIn(from: new, to: [1, 2])) == .refused(.invalid("sign-in")))
        world.pass(milliseconds: 5_500)
        world.done(.advance)
        #expect(world.state.signIn(tokenHash: new) == nil, "it lives no longer by moving")
    }

    @Test func `Nobody goes on with the sign-in of a deactivated account`() {
        var world = World.newest
        let ana = world.agent("ana")
        let old = [UInt8](repeating: 1, count: 32)
        world.done(
            .signIn(ana, tokenHash: old, idleMilliseconds: 5_000, absoluteMilliseconds: 9_000))
        var change = AgentChange()
        change.isActive = false
        world.done(.updateAgent(ana, by: nil, change))
        let outcome = world.apply(
            .moveSignIn(from: old, to: [UInt8](repeating: 2, count: 32)))
        #expect(outcome == .refused(.notFound))
    }
}
