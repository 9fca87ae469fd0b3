import Testing
import Wire

@testable import Routing

/// The laws over random rosters, modes, pools, presence, timers and load: 50 random worlds of 200
/// commands each, so that what must hold is looked at 10,000 times, not in 10,000 worlds.
@Suite struct PropertyTests {
    /// Worlds, and commands in each.
    private static let worlds: ClosedRange<UInt64> = 1...50
    private static let commandsPerWorld = 200

    @Test(arguments: worlds)
    func `The laws hold after each of 200 commands of a random world`(seed: UInt64) {
        var random = RandomWorld(seed: 90_000 + 2 * seed)
        var laws = Laws()
        for _ in 0..<Self.commandsPerWorld {
            random.step { world, command in laws.check(world, after: command) }
            let overlooked = random.world.state.overlooked()
            if !overlooked.isEmpty { laws.broken.append("overlooked: \(overlooked)") }
            guard laws.broken.isEmpty else { break }
        }
        laws.checkFairness()
        #expect(laws.broken.isEmpty, "seed \(seed) at \(random.world.index)")
    }
}

extension Command {
    /// Whether an entry of it may first give a session and then take the seat or lower the limit.
    fileprivate var changesRules: Bool {
        switch self {
        case .setMembers, .updateProject, .updateAgent: true
        default: false
        }
    }
}

/// What must hold, written a second time and from what everybody can read.
private struct Laws {
    /// One choice in turn.
    struct Turn {
        var chosen: AgentID
        var candidates: Set<AgentID>
    }
    /// Whose turns belong together: one cursor, one roster.
    struct Cursor: Hashable {
        var project: ProjectID
        var pool: PoolID?
        var roster: UInt64
    }
    var broken: [String] = []
    private var owners: [SessionID: AgentID] = [:]
    private var turns: [Cursor: [Turn]] = [:]
    private var seen = 0

    mutating func check(_ world: World, after command: Command) {
        checkOwners(world, areRulesSteady: !command.changesRules)
        for index in seen..<world.decisions.count {
            let decision = world.decisions[index]
            let session = world.sessionsOfDecisions[index]
            note(decision, of: session, in: world)
            guard [.mode, .offline, .lastOwner].contains(decision.way) else { continue }
            let isAlone = seen + 1 == world.decisions.count && !command.changesRules
            checkCapacity(decision, session, world, isAlone: isAlone)
        }
        seen = world.decisions.count
    }

    /// No two agents own a session, and whoever came to own one holds a seat.
    private mutating func checkOwners(_ world: World, areRulesSteady: Bool) {
        var now: [SessionID: AgentID] = [:]
        for agent in world.state.agents {
            for session in world.state.openSessions(of: agent.id) {
                if let other = now[session] { broken.append("\(session): \(other), \(agent.id)") }
                now[session] = agent.id
                if world.owner(session) != agent.id { broken.append("\(session) is not theirs") }
            }
        }
        for (session, owner) in now where owners[session] != owner && areRulesSteady {
            let project = world.state.project(world.state.session(session)!.project)!
            if let seats = project.settings.seats, !holdsSeat(owner, project, Int(seats), world) {
                broken.append("\(owner) has \(session) without a seat")
            }
        }
        owners = now
    }

    private func holdsSeat(
        _ agent: AgentID, _ project: Project, _ seats: Int, _ world: World
    ) -> Bool {
        project.members.filter {
            $0.permissions.contains(.reply) && world.state.agent($0.agent)!.isActive
        }.prefix(seats).contains { $0.agent == agent }
    }

    /// An automatic choice had nothing against the chosen one but, when nobody was receiving, that
    /// they are not either; and where it was the only thing that happened, nobody has too much.
    private mutating func checkCapacity(
        _ decision: Decision, _ session: SessionID, _ world: World, isAlone: Bool
    ) {
        guard let chosen = decision.chosen else { return broken.append("nobody was chosen") }
        let reasons = decision.candidates.first { $0.agent == chosen }!.reasons
        let allowed: Reasons = decision.way == .offline ? [.away, .notReceiving, .offline] : []
        if !reasons.subtracting(allowed).isEmpty {
            broken.append("\(chosen) in spite of \(reasons)")
        }
        guard isAlone, world.owner(session) == chosen else { return }
        let limit = Int(world.state.agent(chosen)!.openLimit)
        if limit > 0, world.state.openCount(of: chosen) > limit {
            broken.append("\(chosen) has \(world.state.openCount(of: chosen)) of \(limit)")
        }
        let project = world.state.project(world.state.session(session)!.project)!
        let here = world.state.openSessions(of: chosen).count {
            world.state.session($0)!.project == project.id
        }
        if project.settings.openLimit > 0, here > Int(project.settings.openLimit) {
            broken.append("\(chosen) has \(here) of \(project.settings.openLimit) in \(project.id)")
        }
    }

    private mutating func note(_ decision: Decision, of session: SessionID, in world: World) {
        guard decision.mode == .roundRobin, decision.tier == nil, let chosen = decision.chosen,
            [.mode, .offline].contains(decision.way)
        else { return }
        let project = world.state.session(session)!.project
        let cursor = Cursor(
            project: project, pool: decision.pool, roster: decision.rosterVersion)
        // Nobody receives where it goes to somebody offline: who could have had it so are in turn.
        let barring: Reasons = decision.way == .offline ? [.rules, .load, .neverSignedIn] : .all
        let free = decision.candidates.filter { $0.reasons.isDisjoint(with: barring) }.map(\.agent)
        turns[cursor, default: []].append(Turn(chosen: chosen, candidates: Set(free)))
    }

    /// The law of fairness for each cursor: among the same candidates counts differ by at most
    /// one, and nobody is overtaken: between two turns of X everyone who was a candidate at each
    /// decision after the first of them got one.
    mutating func checkFairness() {
        for (cursor, turns) in turns {
            for start in turns.indices {
                let candidates = turns[start].candidates
                var counts = Dictionary(uniqueKeysWithValues: candidates.map { ($0, 0) })
                for turn in turns[start...].prefix(while: { $0.candidates == candidates }) {
                    counts[turn.chosen, default: 0] += 1
                    guard let most = counts.values.max(), let least = counts.values.min(),
                        most - least > 1
                    else { continue }
                    broken.append("\(most) and \(least) in \(cursor)")
                }
            }
            for (first, turn) in turns.enumerated() {
                let rest = turns[(first + 1)...]
                guard let second = rest.firstIndex(where: { $0.chosen == turn.chosen }) else {
                    continue
                }
                var always = turns[first + 1].candidates
                for index in first + 1...second { always.formIntersection(turns[index].candidates) }
                let served = Set(turns[first...second].map(\.chosen))
                if !always.isSubset(of: served) { broken.append("overtaken in \(cursor)") }
            }
        }
    }
}
