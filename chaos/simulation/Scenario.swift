/// One simulated run, whole: a seed, and the storms that follow each other.
///
/// The same scenario and the same commit give the same run, step by step.
public struct Scenario: Sendable, Codable, Hashable {
    /// Where all chance begins.
    public var seed: UInt64
    /// The storms, each followed by calm in which the cluster must converge. The first one says
    /// how many nodes there are.
    public var rounds: [Faults]
    /// Faults that don't strike, by their number in the run from 1 on: what shrinking took out.
    public var skipped: [Int] = []
    /// No more commands of clients than this.
    public var commandLimit: Int?

    /// A scenario of these storms.
    public init(seed: UInt64, rounds: [Faults]) {
        self.seed = seed
        self.rounds = rounds
    }

    /// Kinds of scenarios to draw from a seed.
    public enum Kind: String, Sendable, CaseIterable {
        /// Any mix of faults.
        case swarm
        /// Leaders that die as soon as they lead.
        case offices
        /// Members that come and go, logs that are cut all the time, hand-overs.
        case members
        /// Any mix of faults while the nodes get a new release and the feature level is raised.
        case upgrade
        /// Links that close and open while nodes stand still.
        case news
    }

    /// As many storms, drawn from the seed, as last at least so many milliseconds together.
    public static func drawn(
        _ kind: Kind, seed: UInt64, milliseconds: Int64, brief: Bool = false
    ) -> Scenario {
        var scenario = Scenario(seed: seed, rounds: [])
        var total: Int64 = 0
        repeat {
            let round = UInt64(scenario.rounds.count) << 40
            var faults =
                switch kind {
                case .swarm: Faults.swarm(seed: seed &+ round)
                case .offices: Faults.brokenOffices(seed: seed &+ round)
                case .members: Faults.restlessMembers(seed: seed &+ round)
                case .upgrade: Faults.upgrade(seed: seed &+ round)
                case .news: Faults.missedNews(seed: seed &+ round)
                }
            if brief { faults = faults.brief }
            scenario.rounds.append(faults)
            total += faults.stormMilliseconds
        } while total < milliseconds
        return scenario
    }
}
