import Testing
import Wire

@testable import Routing

/// The law of fairness over random rosters, presence and load, through changes of leader.
@Suite struct FairnessLawTests {
    /// One automatic assignment, as its record tells it.
    private struct Turn {
        var chosen: AgentID
        var candidates: Set<AgentID>
    }

    /// The automatic assignments of a round-robin project whose roster is not edited.
    private func turns(seed: UInt64, steps: Int, isSteady: Bool) throws -> [Turn] {
        var dice = Dice(seed: seed)
        var world = World()
        let agents = (0..<dice.roll(1...7)).map { world.agent(Text("agent\($0)")) }
        let project = world.project(agents.shuffled(using: &dice))
        for agent in agents {
            world.limit(agent, open: isSteady || dice.once(in: 2) ? 0 : UInt32(dice.roll(1...4)))
            if isSteady || !dice.once(in: 4) { world.show(agent) }
        }
        for step in 0..<steps {
            if isSteady, dice.once(in: 3) { try changeLeader(&world, step) }
            switch isSteady ? 0 : dice.roll(0...9) {
            case 0...4: world.write(project, user: Int64(step))
            case 5: world.done(.setAway(dice.pick(agents), dice.once(in: 3)))
            case 6: world.show(dice.pick(agents))
            case 7: world.hide(dice.pick(agents))
            case 8:
                let owner = dice.pick(agents)
                if let session = world.state.openSessions(of: owner).first {
                    let version = world.version(session)
                    world.done(.complete(session, by: owner, version: version))
                }
            default: try changeLeader(&world, step)
            }
        }
        return world.decisions.filter { $0.way == .mode }.map { decision in
            Turn(
                chosen: decision.chosen!,
                candidates: Set(decision.candidates.filter(\.reasons.isEmpty).map(\.agent)))
        }
    }

    /// Another leader begins, with a state that was rebuilt from rows.
    private func changeLeader(_ world: inout World, _ step: Int) throws {
        world.done(.beginEpoch(UInt64(step + 1)))
        world.state = try world.rebuilt()
    }

    @Test(arguments: [UInt64](1...40))
    func `Counts differ by at most one among the same candidates, whoever leads`(seed: UInt64)
        throws
    {
        let turns = try turns(seed: seed, steps: 40, isSteady: true)
        #expect(turns.count == 40)
        for start in turns.indices {
            var counts: [AgentID: Int] = [:]
            for agent in turns[start].candidates { counts[agent] = 0 }
            for turn in turns[start...] {
                #expect(turn.candidates == turns[start].candidates)
                counts[turn.chosen]! += 1
                #expect(counts.values.max()! - counts.values.min()! <= 1, "seed \(seed)")
            }
        }
    }

    @Test(arguments: [UInt64](1...150))
    func `Nobody is overtaken`(seed: UInt64) throws {
        let turns = try turns(seed: 900 + seed, steps: 80, isSteady: false)
        for (first, turn) in turns.enumerated() {
            let rest = turns[(first + 1)...]
            guard let second = rest.firstIndex(where: { $0.chosen == turn.chosen }) else {
                continue
            }
            // Candidates at each decision after the first turn, up to the second one's.
            var always = turns[first + 1].candidates
            for index in first + 1...second { always.formIntersection(turns[index].candidates) }
            let served = Set(turns[first...second].map(\.chosen))
            #expect(always.isSubset(of: served), "seed \(seed) at \(first)")
        }
    }
}
