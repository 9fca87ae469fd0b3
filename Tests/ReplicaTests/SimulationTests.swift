import Simulation
import Testing

/// Whole clusters under faults drawn from seeds. A seed that ever failed stays in `kept`.
@Suite struct SimulationTests {
    /// Seeds that found something, and what.
    static let kept: [(seed: UInt64, found: String)] = [
        (6, "a tail that begins just after the applied index was refused"),
        (18, "a request lost on the way to a living leader was never sent again"),
        (149, "a learner was made a voter before it knew of any member, and then gave no vote"),
        (156, "a forwarded request that came twice was taken, and then refused"),
        (281, "a leader that missed the opening of a link never used it again"),
        (540, "a follower far behind stood still when its leader had paused"),
    ]

    /// A run as it was found.
    typealias Kept = (kind: Scenario.Kind, seed: UInt64, seconds: Int64, isBrief: Bool)

    @Test(arguments: 0..<25)
    func `Every promise is kept under every fault`(batch: UInt64) {
        for seed in batch * 20..<batch * 20 + 20 { run(seed) }
    }

    @Test(arguments: kept.map(\.seed))
    func `Seeds that found something stay`(seed: UInt64) {
        run(seed)
        do {
            _ = try Run.run(seed: seed, faults: .swarm(seed: seed))
        } catch {
            Issue.record("seed \(seed), in full: \(error)")
        }
    }

    /// 1524 is the first seed that finds a leader which counts entries of earlier terms.
    @Test(arguments: [0..<20, 20..<40, 1_524..<1_525])
    func `Leaders that die as soon as they lead break nothing`(seeds: Range<UInt64>) {
        for seed in seeds {
            do {
                _ = try Run.run(seed: seed, faults: .brokenOffices(seed: seed))
            } catch {
                Issue.record("seed \(seed) of broken offices: \(error)")
            }
        }
    }

    /// In both, the only member that held an uncommitted removal was the removed one, which did not
    /// stand; the others could not win without it.
    @Test(arguments: [1, 118] as [UInt64])
    func `Seeds of restless members that found something stay`(seed: UInt64) throws {
        _ = try Run.run(.drawn(.members, seed: seed, milliseconds: 1_000, brief: true))
    }

    /// In both a leader that stood still missed that a learner's link opened, and sent it nothing
    /// any more.
    @Test(arguments: [(.members, 2_146, 2, true), (.swarm, 1_729, 30, false)] as [Kept])
    func `Seeds that lost a learner stay`(kept: Kept) throws {
        try run(kept)
    }

    /// A follower had a long end that its leader had replaced, further back than the leader's
    /// memory went, and was asked about one entry after the other.
    @Test(arguments: [(.swarm, 12_015, 30, false)] as [Kept])
    func `Seeds that went back entry by entry stay`(kept: Kept) throws {
        try run(kept)
    }

    /// The oracle was wrong: a leader by late votes need not have what later terms committed; who
    /// learns in one turn that it may commit and that another leads committed under the old
    /// members; and a removal that its operator has given up may still be done.
    @Test(
        arguments: [
            (.swarm, 1_985, 30, false), (.swarm, 14_970, 30, false), (.swarm, 12_551, 30, false),
        ] as [Kept])
    func `Seeds that broke no promise stay`(kept: Kept) throws {
        try run(kept)
    }

    private func run(_ kept: Kept) throws {
        _ = try Run.run(
            .drawn(
                kept.kind, seed: kept.seed, milliseconds: kept.seconds * 1_000,
                brief: kept.isBrief))
    }

    @Test(arguments: 0..<6)
    func `Members come and go, and logs are cut, under every fault`(batch: UInt64) throws {
        var changes = 0
        for seed in batch * 10..<batch * 10 + 10 {
            do {
                let faults = Faults.restlessMembers(seed: seed).brief
                let report = try Run.run(seed: seed, faults: faults)
                changes += report.changes
            } catch {
                Issue.record("seed \(seed) of restless members: \(error)")
            }
        }
        #expect(changes > 0, "the storm tests what it says")
    }

    /// 11 in brief: a node that stood still while another one started anew never heard its level.
    @Test(arguments: 0..<3)
    func `Nodes get a new release and the level is raised, under every fault`(batch: UInt64) {
        var raised = 0
        for seed in batch * 10..<batch * 10 + 10 {
            do {
                _ = try Run.run(seed: seed, faults: Faults.upgrade(seed: seed).brief)
                let report = try Run.run(seed: seed, faults: .upgrade(seed: seed))
                if report.raisedInStorm { raised += 1 }
            } catch {
                Issue.record("seed \(seed) of upgrades: \(error)")
            }
        }
        #expect(raised > 0, "the storm tests what it says")
    }

    @Test func `Nodes that were away while logs were cut are brought back by snapshots`() throws {
        var faults = Faults()
        faults.stormMilliseconds = 2_000
        faults.crashEvery = 200
        faults.compactEvery = 20
        faults.trailing = 0
        faults.snapshotTakes = 1...50
        faults.installCrash = 300
        var installs = 0
        for seed in 0..<6 as Range<UInt64> {
            installs += try Run.run(seed: seed, faults: faults).installs
        }
        #expect(installs > 3)
    }

    @Test(arguments: 0..<4)
    func `News of links that is missed keeps nobody out`(batch: UInt64) throws {
        for seed in batch * 10..<batch * 10 + 10 {
            do {
                _ = try Run.run(seed: seed, faults: .missedNews(seed: seed))
            } catch {
                Issue.record("seed \(seed) of missed news: \(error)")
            }
        }
    }

    @Test(arguments: 0..<4 as Range<UInt64>)
    func `A node whose state is wrong is found by digests and stops`(seed: UInt64) throws {
        var faults = Faults()
        faults.nodes = seed % 2 == 0 ? 3 : 5
        faults.stormMilliseconds = 4_000
        faults.corruptNodes = faults.nodes / 2
        let report = try Run.run(seed: seed, faults: faults)
        #expect(report.stopped == faults.corruptNodes && !report.isAlarmed)
    }

    @Test(arguments: 0..<4 as Range<UInt64>)
    func `Where three states differ all raise the alarm and do nothing more`(
        seed: UInt64
    ) throws {
        var faults = Faults()
        faults.stormMilliseconds = 4_000
        faults.corruptNodes = 2
        let report = try Run.run(seed: seed, faults: faults)
        #expect(report.stopped == 0 && report.isAlarmed)
    }

    private func run(_ seed: UInt64) {
        do {
            _ = try Run.run(seed: seed, faults: Faults.swarm(seed: seed).brief)
        } catch {
            Issue.record("seed \(seed): \(error)")
        }
    }

    @Test func `A seed reproduces everything`() throws {
        let faults = Faults.swarm(seed: 4).brief
        let first = try Run.run(seed: 4, faults: faults)
        let second = try Run.run(seed: 4, faults: faults)
        #expect(first.steps == second.steps && first.entries == second.entries)
        #expect(first.acknowledged == second.acknowledged && first.digest == second.digest)
    }
}
