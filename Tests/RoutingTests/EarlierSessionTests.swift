import Testing
import Wire

@testable import Routing

/// A new session after the reopening time knows the one before it, and they are read together.
@Suite struct EarlierSessionTests {
    private func desk() -> (World, [AgentID], ProjectID) {
        var world = World.newest
        let agents = (0..<2).map { world.agent(Text("agent\($0)")) }
        let project = world.project(agents) { $0.reopenMilliseconds = 0 }
        return (world, agents, project)
    }

    /// A customer's session that an agent claimed and completed.
    private func done(
        _ world: inout World, _ project: ProjectID, _ user: Int64, by agent: AgentID
    ) -> SessionID {
        let session = world.write(project, user: user)
        world.done(.claim(session, by: agent, version: 1))
        world.done(.complete(session, by: agent, version: 2))
        world.time = world.time.adding(milliseconds: 1)
        return session
    }

    @Test func `After the reopening time a new session knows the one before it`() throws {
        var (world, agents, project) = desk()
        let first = done(&world, project, 1, by: agents[0])
        let second = done(&world, project, 1, by: agents[0])
        let third = world.write(project, user: 1)
        let other = world.write(project, user: 2)
        let state = world.state
        #expect(Set([first, second, third]).count == 3)
        #expect(state.sessionBefore(state.session(third)!)?.id == second)
        #expect(state.sessionBefore(state.session(second)!)?.id == first)
        #expect(state.sessionBefore(state.session(first)!) == nil)
        #expect(state.sessionBefore(state.session(other)!) == nil)
        #expect(try world.rebuilt() == world.state)
    }

    @Test func `Who sees a session reads the customer's earlier ones with it, and nothing else`() {
        var (world, agents, project) = desk()
        let first = done(&world, project, 1, by: agents[0])
        let foreign = done(&world, project, 2, by: agents[0])
        let second = world.write(project, user: 1)
        world.done(.claim(second, by: agents[1], version: 1))
        let (state, wei) = (world.state, agents[1])
        #expect(!state.canSee(wei, first) && state.canSee(wei, second))
        #expect(state.canRead(wei, first, from: second))
        #expect(state.canRead(wei, second, from: second))
        #expect(!state.canRead(wei, foreign, from: second), "another customer's")
        #expect(!state.canRead(agents[0], second, from: first), "a later one")
        #expect(!state.canRead(agents[0], first, from: second), "who does not see it")
    }

    @Test func `Sessions of a customer who is being erased are read with no later one`() {
        var (world, agents, project) = desk()
        let boss = world.agent("boss", isAdmin: true)
        let first = done(&world, project, 1, by: agents[0])
        _ = done(&world, project, 1, by: agents[0])
        world.done(.eraseCustomer(TelegramID(1), of: project, by: boss))
        let anew = world.write(project, user: 1)
        world.done(.claim(anew, by: agents[1], version: 1))
        #expect(world.state.canSee(agents[1], anew))
        #expect(!world.state.canRead(agents[1], first, from: anew))
        #expect(world.state.sessionBefore(world.state.session(anew)!) == nil)
    }

    @Test func `Below the second level a new session knows nothing of the one before`() {
        var world = World()
        let ana = world.agent("ana")
        let project = world.project([ana]) { $0.reopenMilliseconds = 0 }
        let first = done(&world, project, 1, by: ana)
        let second = world.write(project, user: 1)
        #expect(first != second && world.state.session(second)?.previous == nil)
    }
}
