import Testing
import Wire

@testable import Routing

/// The bound of what ends by itself in one entry.
@Suite struct ExpiryTests {
    private static let bound = RoutingState.Limits.expiriesPerEntry

    @Test(arguments: [1, bound - 1, bound, bound + 1, 2 * bound + 1])
    func `An entry ends so much of what is due, and the next goes on where it stopped`(
        count: Int
    ) throws {
        var world = World.newest
        let agents = (0..<count).map { world.agent(Text("agent\($0)")) }
        for agent in agents {
            world.done(
                .signIn(
                    agent, tokenHash: world.cookie(agent), idleMilliseconds: 1000,
                    absoluteMilliseconds: 2000))
        }
        world.time = world.time.adding(milliseconds: 1000)
        let due = world.time
        var ended = 0
        while ended < count {
            #expect(world.state.nextDeadline == due)
            world.apply(.advance)
            ended = min(count, ended + Self.bound)
            let signedIn = agents.map { !world.state.signIns(of: $0).isEmpty }
            #expect(signedIn == agents.indices.map { $0 >= ended }, "in the order of agents")
            #expect(try world.rebuilt() == world.state)
            world.state = try world.rebuilt()
        }
        #expect(world.state.nextDeadline == nil)
    }

    @Test func `Who comes while something is due and left over queues behind`() {
        var world = World.newest
        let ana = world.agent("ana")
        let project = world.project([ana])
        world.show(ana)
        for number in 0...2 * Self.bound {
            let agent = world.agent(Text("agent\(number)"))
            world.done(
                .signIn(
                    agent, tokenHash: world.cookie(agent), idleMilliseconds: 1000,
                    absoluteMilliseconds: 2000))
        }
        world.time = world.time.adding(milliseconds: 1000)
        let session = world.write(project, user: 1)
        let ways = world.history(session).compactMap(\.decision?.way)
        #expect(ways.first == .behindQueue)
        #expect(world.owner(session) == ana, "the drain of the same entry")
        #expect(world.state.overlooked().isEmpty)
    }
}
