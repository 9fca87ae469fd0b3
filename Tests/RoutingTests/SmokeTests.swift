import Testing
import Wire

@testable import Routing

@Suite struct ModeTests {
    @Test func `Round robin gives sessions in list order, cyclic`() throws {
        var world = World()
        let (ana, wei, kim) = (world.agent("ana"), world.agent("wei"), world.agent("kim"))
        let project = world.project([ana, wei, kim])
        world.show(ana, wei, kim)
        #expect(world.owners(project, users: 1...7) == [ana, wei, kim, ana, wei, kim, ana])
        world.state.checkInvariants()
        #expect(try world.rebuilt() == world.state)
    }
}
