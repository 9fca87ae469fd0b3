/// Finds a smaller scenario that still breaks a promise.
///
/// Every candidate is run, under a few seeds because another set of faults makes another run; the
/// first that fails replaces the scenario, until no candidate fails or the attempts are used up.
public struct Shrinker {
    /// What a failing run told.
    public struct Finding: Sendable, Codable {
        /// What must not be.
        public var violation: String
        /// How far the run had come, in simulated milliseconds.
        public var milliseconds: Int64
        /// Faults that had struck at a moment.
        public var faults: Int
        /// Commands that clients had given.
        public var commands: Int

        /// A finding of these parts.
        public init(violation: String, milliseconds: Int64, faults: Int, commands: Int) {
            self.violation = violation
            self.milliseconds = milliseconds
            self.faults = faults
            self.commands = commands
        }
    }

    /// The smallest failing scenario so far.
    public private(set) var scenario: Scenario
    /// What it found.
    public private(set) var finding: Finding
    /// Runs that are still allowed.
    public private(set) var attempts: Int
    private let fails: (Scenario) -> Finding?

    /// Begins with a scenario that fails; `fails` runs one and tells what it found.
    public init(
        _ scenario: Scenario, _ finding: Finding, attempts: Int = 600,
        fails: @escaping (Scenario) -> Finding?
    ) {
        self.scenario = scenario
        self.finding = finding
        self.attempts = attempts
        self.fails = fails
    }

    /// Shrinks as far as it goes.
    public mutating func shrink() {
        while attempts > 0 {
            let before = scenario
            dropRounds()
            dropNodes()
            dropKinds()
            soften()
            shorten()
            dropFaults()
            dropCommands()
            if scenario == before { return }
        }
    }

    /// Takes a candidate if it fails under its own seed or one of some others.
    @discardableResult private mutating func take(_ candidate: Scenario, seeds: UInt64) -> Bool {
        for other in 0..<seeds where attempts > 0 {
            attempts -= 1
            var candidate = candidate
            candidate.seed = other == 0 ? candidate.seed : other
            guard let found = fails(candidate) else { continue }
            scenario = candidate
            finding = found
            return true
        }
        return false
    }

    private mutating func dropRounds() {
        for round in scenario.rounds.indices where scenario.rounds.count > 1 {
            var candidate = scenario
            candidate.rounds = [scenario.rounds[round]]
            candidate.rounds[0].nodes = scenario.rounds[0].nodes
            candidate.skipped = []
            if take(candidate, seeds: 6) { return }
        }
        while scenario.rounds.count > 1 {
            var candidate = scenario
            candidate.rounds.removeLast()
            if !take(candidate, seeds: 1) { return }
        }
    }

    private mutating func dropNodes() {
        for nodes in [1, 2, 3] where nodes < scenario.rounds[0].nodes {
            if change(seeds: 12, { $0.nodes = nodes }) { return }
        }
    }

    private mutating func dropKinds() {
        for (_, turnOff) in Faults.kinds { change(seeds: 12, turnOff) }
    }

    private mutating func soften() {
        change(seeds: 4) { $0.write = 0...1 }
        change(seeds: 4) { $0.delay = 0...1 }
        for _ in 0..<4 where scenario.rounds.contains(where: { $0.commandEvery < 100 }) {
            change(seeds: 4) { $0.commandEvery = min(100, $0.commandEvery * 2) }
        }
    }

    /// Ends the last storm soon after the violation.
    private mutating func shorten() {
        guard scenario.rounds.count == 1 else { return }
        while scenario.rounds[0].stormMilliseconds > 100 {
            let half = scenario.rounds[0].stormMilliseconds / 2
            let needed = finding.milliseconds + 1
            if needed < half, change(seeds: 1, { $0.stormMilliseconds = needed }) { continue }
            if !change(seeds: 4, { $0.stormMilliseconds = half }) { return }
        }
    }

    /// Applies a change to every round; whether it changed something and the run still fails.
    @discardableResult private mutating func change(
        seeds: UInt64, _ change: (inout Faults) -> Void
    ) -> Bool {
        var candidate = scenario
        for round in candidate.rounds.indices { change(&candidate.rounds[round]) }
        guard candidate != scenario else { return false }
        return take(candidate, seeds: seeds)
    }

    /// Leaves single faults out, in ever smaller groups.
    private mutating func dropFaults() {
        var group = max(1, finding.faults / 2)
        while group >= 1 {
            var start = 1
            while start <= finding.faults {
                let numbers = (start..<start + group).filter { !scenario.skipped.contains($0) }
                start += group
                guard !numbers.isEmpty else { continue }
                var candidate = scenario
                candidate.skipped = (scenario.skipped + numbers).sorted()
                take(candidate, seeds: 1)
            }
            group = group == 1 ? 0 : group / 2
        }
    }

    /// Lets the clients fall silent as early as possible.
    private mutating func dropCommands() {
        var low = 0
        var high = scenario.commandLimit ?? finding.commands
        while low < high, attempts > 0 {
            let middle = (low + high) / 2
            var candidate = scenario
            candidate.commandLimit = middle
            if take(candidate, seeds: 1) { high = middle } else { low = middle + 1 }
        }
    }
}

extension Faults {
    /// Each kind of fault by name, and how to turn it off.
    static let kinds: [(name: String, turnOff: @Sendable (inout Faults) -> Void)] = [
        ("loss", { $0.loss = 0 }),
        ("duplicate", { $0.duplicate = 0 }),
        ("straggler", { $0.straggler = 0 }),
        ("cut", { $0.cutEvery = 0 }),
        ("shapes", { $0.cutShapes = [.sides] }),
        ("one way", { $0.oneWay = 0 }),
        ("clog", { $0.clogEvery = 0 }),
        ("crash", { $0.crashEvery = 0 }),
        ("power cut", { $0.powerCut = 0 }),
        ("leave", { $0.leaveEvery = 0 }),
        ("pause", { $0.pauseEvery = 0 }),
        ("slow write", { $0.slowWrite = 0 }),
        ("turn", { $0.turn = 0 }),
        ("narrow", { $0.isNarrow = false }),
        ("clock", { $0.clockSkew = 0 }),
        ("clock course", { $0.clockCourse = .steps }),
        ("drift", { $0.clockDrift = 0 }),
        ("compaction", { $0.compactEvery = 0 }),
        ("lost snapshot", { $0.snapshotLoss = 0 }),
        ("crash at install", { $0.installCrash = 0 }),
        ("lost read", { $0.lostRead = 0 }),
        ("failed read", { $0.failedRead = 0 }),
        ("members", { $0.membersEvery = 0 }),
        ("transfer", { $0.transferEvery = 0 }),
        ("upgrade", { $0.upgradeEvery = 0 }),
        ("seldom commands", { $0.seldom = 0 }),
        ("freeze", { $0.freezesRest = false }),
        ("disorder", { $0.isOrdered = true }),
        ("lucky write", { $0.luckyWrite = 0 }),
        ("torn write", { $0.tornWrite = 0 }),
    ]
}
