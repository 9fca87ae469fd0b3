import Simulation
import Testing

@Suite struct SimulationTests {
    @Test(arguments: 0..<25)
    func `Every promise is kept under every fault`(batch: UInt64) {
        for seed in batch * 20..<batch * 20 + 20 {
            do {
                _ = try Run.run(seed: seed)
            } catch {
                Issue.record("seed \(seed): \(error)")
            }
        }
    }
}
