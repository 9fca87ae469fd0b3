import Testing
import Wire

@testable import Routing

@Suite struct QueueLawTests {
    @Test(arguments: [UInt64](1...300))
    func `After due deadlines no session waits while it has a candidate`(seed: UInt64) {
        var random = RandomWorld(seed: seed)
        for _ in 0..<60 {
            random.step()
            random.world.state.checkInvariants()
            let overlooked = random.world.state.overlooked()
            #expect(overlooked.isEmpty, "seed \(seed) at \(random.world.index)")
            if !overlooked.isEmpty { return }
        }
    }

    @Test(arguments: [UInt64](1...60))
    func `A state rebuilt from rows equals the one that wrote them, and goes on alike`(
        seed: UInt64
    ) throws {
        var random = RandomWorld(seed: 5000 + seed)
        for round in 0..<6 {
            for _ in 0..<25 { random.step() }
            let twin = try random.world.rebuilt()
            #expect(twin == random.world.state, "seed \(seed), round \(round)")
            guard twin == random.world.state else { return }
            if round % 2 == 1 { random.world.state = twin }
        }
        // The same log without restarts gives the same rows.
        var again = World()
        for (time, command) in random.log {
            again.time = time
            again.apply(command)
        }
        #expect(again.digest == random.world.digest)
        #expect(again.rows == random.world.rows)
        #expect(again.state == random.world.state)
    }
}
