import Raft
import Replica
import Routing
import Wire

/// One simulated run: storms, after each of them calm in which the cluster must converge, and at
/// the end the last checks.
public struct Run {
    /// What happened, for people and for the report of many runs.
    public struct Report: Sendable {
        /// Simulated milliseconds.
        public var milliseconds: Int64 = 0
        /// Steps taken.
        public var steps = 0
        /// Terms that had a leader.
        public var elections = 0
        /// Commands that clients gave.
        public var commands = 0
        /// Faults that struck at a moment: crashes, cuts, pauses, hand-overs, clock jumps.
        public var faults = 0
        /// Snapshots that were installed.
        public var installs = 0
        /// Committed changes of members.
        public var changes = 0
        /// Whether the feature level was raised while a storm went on.
        public var raisedInStorm = false
        /// Updates acknowledged to customers.
        public var acknowledged = 0
        /// Sessions given to somebody in turn.
        public var decisions = 0
        /// Nodes that stopped because their state was wrong.
        public var stopped = 0
        /// Whether all nodes raised the alarm, because no majority agreed, and took nothing more.
        public var isAlarmed = false
        /// Log entries at the end.
        public var entries: UInt64 = 0
        /// The state's digest at the end.
        public var digest: UInt64 = 0
        /// Nothing happened yet.
        public init() {}
    }

    /// A run that broke a promise, and how far it had come.
    public struct Failure: Error, CustomStringConvertible {
        /// What must not be.
        public var description: String
        /// What had happened until then.
        public var report: Report
    }

    /// How long a calm cluster, or a majority with the rest frozen, may take to agree and answer,
    /// in milliseconds.
    static let convergence: Int64 = 15_000
    /// How often a command that shows progress is given again.
    private static let askAgainMicroseconds: Int64 = 1_000_000

    private let cluster: SimulatedCluster
    private let workload: Workload
    private var raisedInStorm = false

    private init(_ scenario: Scenario, note: ((String) -> Void)?) throws {
        cluster = try SimulatedCluster(scenario)
        workload = Workload(cluster)
        cluster.onNote = note
        try cluster.start()
    }

    /// Runs one storm with these faults; throws a `Failure` when something must not be.
    public static func run(seed: UInt64, faults: Faults) throws -> Report {
        try run(Scenario(seed: seed, rounds: [faults]))
    }

    /// Runs a scenario; throws a `Failure` when something must not be. `note` is told what a
    /// reader of the run would want to know.
    public static func run(
        _ scenario: Scenario, note: ((String) -> Void)? = nil
    ) throws -> Report {
        var run = try Run(scenario, note: note)
        do {
            for faults in scenario.rounds { try run.round(faults) }
            var report = run.report
            if run.cluster.oracle.corrupted.isEmpty {
                report.decisions = try FinalCheck(run.cluster, run.workload).check()
            }
            return report
        } catch {
            run.cluster.note { "violation: \(error)" }
            throw Failure(description: "\(error)", report: run.report)
        }
    }

    private var report: Report {
        var report = Report()
        report.milliseconds = cluster.now / 1000
        report.steps = cluster.steps
        report.elections = cluster.oracle.elections
        report.commands = cluster.commands
        report.faults = cluster.strikes
        report.installs = cluster.installs
        report.changes = cluster.oracle.changes
        report.raisedInStorm = raisedInStorm
        report.acknowledged = workload.acknowledged
        report.stopped = cluster.stopped.count
        report.isAlarmed = cluster.isAlarmed
        report.entries = cluster.oracle.highestApplied.rawValue
        report.digest = cluster.members[cluster.ids[0]]?.process?.replica.mark.digest ?? 0
        return report
    }

    private mutating func round(_ faults: Faults) throws {
        let workload = workload
        var failure: (any Error)?
        cluster.onCommand = {
            do { try workload.act() } catch { failure = failure ?? error }
        }
        func advance(until time: Int64) throws {
            try cluster.run(until: time)
            if let failure { throw failure }
            try checkWorkload()
        }
        cluster.storm(faults)
        let slice: Int64 = 500_000
        let middle = cluster.now + faults.stormMilliseconds * 500
        let end = cluster.now + faults.stormMilliseconds * 1000
        while cluster.now < end {
            try advance(until: min(end, cluster.now + slice))
            try Oracle.checkLogs(cluster.disks)
            if cluster.now >= middle, cluster.oracle.corrupted.isEmpty {
                cluster.corrupt(faults.corruptNodes, agents: workload.agents)
            }
        }
        if faults.corruptNodes > 0 { try divergence() }
        cluster.onCommand = nil
        raisedInStorm = raisedInStorm || (faults.upgradeEvery > 0 && cluster.isRaised)
        // Where nobody is known to be right, nothing comes level any more.
        if cluster.isAlarmed { return }
        if faults.freezesRest { try progress() }
        try cluster.calm()
        try converge()
        if faults.upgradeEvery > 0 { try finishUpgrade() }
        try cluster.compareStates()
        try checkWorkload()
    }

    /// What clients were told, by nodes that may be believed.
    private func checkWorkload() throws {
        guard cluster.oracle.corrupted.isEmpty, let violation = workload.violation else { return }
        throw violation
    }

    /// States differ, and clients go on: a minority that is wrong must find that out and stop.
    /// Where no majority agrees all must raise the alarm, and from then on nothing is done.
    private func divergence() throws {
        let corrupted = cluster.oracle.corrupted
        let isMinority = 2 * corrupted.count < cluster.members.count
        let end = cluster.now + Self.convergence * 1000
        while cluster.now < end {
            try cluster.run(until: cluster.now + 100_000)
            if isMinority ? Set(cluster.stopped) == corrupted : cluster.isAlarmed {
                return isMinority ? () : try standstill()
            }
        }
        throw Violation("wrong: \(corrupted.sorted()), stopped: \(cluster.stopped): \(standing)")
    }

    private func standstill() throws {
        // What was on its way into the log may still get there.
        try cluster.run(until: cluster.now + 500_000)
        let before = cluster.oracle.commands
        try cluster.run(until: cluster.now + 2_000_000)
        guard cluster.oracle.commands == before, cluster.isAlarmed else {
            throw Violation("something was done where no majority agrees: \(standing)")
        }
    }

    /// Liveness with a majority alone: the rest is frozen somehow, and still every node of the
    /// majority gets a command done and a read answered.
    private func progress() throws {
        if cluster.changesMembers {
            // Only settled members tell what a majority is, and a removal that its operator has
            // given up may still be done for a while.
            try cluster.calm()
            try cluster.run(until: max(cluster.now, cluster.removalsUntil))
            try converge()
        }
        let majority = try cluster.freeze()
        var isDone: Set<NodeID> = []
        var hasRead: Set<NodeID> = []
        var askAgain = cluster.now
        let end = cluster.now + Self.convergence * 1000
        while cluster.now < end {
            // Not so often that a slow cluster is busy with these alone.
            let isDue = cluster.now >= askAgain
            if isDue { askAgain = cluster.now + Self.askAgainMicroseconds }
            for id in majority where isDue {
                _ = try cluster.submit(.advance, at: id) { answer in
                    if case .applied = answer { isDone.insert(id) }
                }
                _ = try cluster.read(at: id) { answer in
                    if case .readable = answer { hasRead.insert(id) }
                }
            }
            try cluster.run(until: cluster.now + 200_000)
            if isDone.count == majority.count, hasRead.count == majority.count { return }
        }
        throw Violation("no progress of \(majority) with the rest frozen: " + standing)
    }

    /// Liveness: in calm there is a leader, a new command is done, and all nodes come level.
    private func converge() throws {
        let end = cluster.now + Self.convergence * 1000
        var isDone = false
        var askAgain = cluster.now
        while cluster.now < end {
            if !isDone, cluster.now >= askAgain {
                askAgain = cluster.now + Self.askAgainMicroseconds
                _ = try cluster.submit(.advance, at: cluster.ids[0]) { answer in
                    if case .applied = answer { isDone = true }
                }
            }
            // Timers of the workload go on: a moment of quiet may be short.
            try cluster.run(until: cluster.now + (isDone ? 10_000 : 100_000))
            guard try cluster.membersAreSettled() else { continue }
            let statuses = cluster.ids.compactMap { cluster.members[$0]?.process?.replica.status }
            let isLevel = Set(statuses.map(\.applied)).count == 1
            let isQuiet = statuses.allSatisfy { $0.applied == $0.last && $0.pendingRequests == 0 }
            if isDone && isLevel && isQuiet && statuses.count == cluster.ids.count { return }
        }
        throw Violation("no convergence in calm: " + standing)
    }

    /// Liveness: in calm every node gets the new release, and the level is raised when asked for.
    private func finishUpgrade() throws {
        try cluster.finishUpgrade()
        let end = cluster.now + Self.convergence * 1000
        while cluster.now < end {
            try cluster.askForRaise(at: cluster.ids[0])
            try cluster.run(until: cluster.now + Self.askAgainMicroseconds)
            if cluster.ids.allSatisfy({
                cluster.members[$0]?.process?.replica.status.level == .newest
            }) {
                return try converge()
            }
        }
        throw Violation("the feature level was not raised in calm: " + standing)
    }

    private var standing: String {
        cluster.ids.map { id -> String in
            guard let status = cluster.members[id]?.process?.replica.status else {
                return "\(id): down"
            }
            return "\(id): \(status.role) term \(status.term) applied \(status.applied) "
                + "commit \(status.commit) durable \(status.durable) last \(status.last) "
                + "pending \(status.pendingRequests) voters \(status.configuration.voters) "
                + "learners \(status.configuration.learners)"
                + (status.isSuspended ? " suspended" : "")
        }.joined(separator: "; ")
    }
}

extension SimulatedCluster {
    /// Whether states differ, no majority is known to agree, and all running nodes know that.
    var isAlarmed: Bool {
        !oracle.corrupted.isEmpty
            && ids.allSatisfy { members[$0]?.process?.replica.status.isSuspended ?? true }
    }
    /// Every node's disk.
    var disks: [(NodeID, SimulatedDisk)] { ids.map { ($0, members[$0]!.disk) } }

    /// Deep equality of the states of nodes that stand at the same index, and at one node that the
    /// state agrees with itself and nobody waits who could be given to somebody.
    func compareStates() throws(Violation) {
        let ids = ids.filter { !oracle.corrupted.contains($0) }
        // What was found equal stays so until somebody applies an entry or starts from its rows.
        let places = ids.map {
            Place(
                node: $0, incarnation: members[$0]!.incarnation,
                index: members[$0]!.process?.replica.mark.index)
        }
        guard !ids.isEmpty, places != compared else { return }
        compared = places
        if let replica = members[ids[steps % ids.count]]!.process?.replica {
            replica.state.checkInvariants()
            if let session = replica.state.routing.overlooked().first {
                throw Violation(
                    "session \(session) waits at \(replica.mark.index) and has a candidate")
            }
        }
        var standing: [LogIndex: NodeID] = [:]
        for id in ids {
            guard let index = members[id]!.process?.replica.mark.index else { continue }
            guard let first = standing[index] else {
                standing[index] = id
                continue
            }
            guard members[first]!.process!.replica.state == members[id]!.process!.replica.state
            else {
                throw Violation("states of \(first) and \(id) differ at \(index)")
            }
        }
    }
}
