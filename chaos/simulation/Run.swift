import Raft
import Replica
import Routing
import Wire

/// One simulated run: a storm, then calm in which the cluster must converge, then the last checks.
public struct Run {
    /// What happened, for people and for the report of many runs.
    public struct Report: Sendable {
        /// Simulated milliseconds.
        public var milliseconds: Int64
        /// Steps taken.
        public var steps: Int
        /// Terms that had a leader.
        public var elections: Int
        /// Updates acknowledged to customers.
        public var acknowledged: Int
        /// Log entries at the end.
        public var entries: UInt64
        /// The state's digest at the end.
        public var digest: UInt64
    }

    /// How long a calm cluster may take to agree and answer, in milliseconds.
    static let convergence: Int64 = 15_000

    /// Runs a seed with its swarm of faults; throws a `Violation` when something must not be.
    public static func run(seed: UInt64) throws -> Report {
        try run(seed: seed, faults: .swarm(seed: seed))
    }

    /// Runs a seed with these faults.
    public static func run(seed: UInt64, faults: Faults) throws -> Report {
        let cluster = try SimulatedCluster(faults: faults, seed: seed)
        let workload = Workload(cluster)
        var failure: (any Error)?
        cluster.onCommand = {
            do { try workload.act() } catch { failure = failure ?? error }
        }
        let slice: Int64 = 500
        var time: Int64 = 0
        while time < faults.stormMilliseconds {
            time += slice
            try cluster.run(until: time * 1000)
            if let failure { throw failure }
            if let violation = workload.violation { throw violation }
            try Oracle.checkLogs(cluster.disks)
            try compareStates(cluster)
        }
        try cluster.calm()
        cluster.onCommand = nil
        try converge(cluster, workload)
        try FinalCheck(cluster, workload).check()
        return Report(
            milliseconds: cluster.now / 1000, steps: cluster.steps,
            elections: cluster.oracle.elections, acknowledged: workload.acknowledged,
            entries: cluster.oracle.highestApplied.rawValue,
            digest: cluster.members[cluster.ids[0]]?.replica?.mark.digest ?? 0)
    }

    /// Deep equality of the states of nodes that stand at the same index.
    private static func compareStates(_ cluster: SimulatedCluster) throws(Violation) {
        let replicas = cluster.ids.compactMap { cluster.members[$0]?.replica }
        for (place, left) in replicas.enumerated() {
            for right in replicas[(place + 1)...] where left.mark.index == right.mark.index {
                guard left.state == right.state else {
                    throw Violation(
                        "states of \(left.id) and \(right.id) differ at \(left.mark.index)")
                }
            }
        }
    }

    /// Liveness: in calm there is a leader, a new command is done, and all nodes come level.
    private static func converge(_ cluster: SimulatedCluster, _ workload: Workload) throws {
        let end = cluster.now + convergence * 1000
        var isDone = false
        while cluster.now < end {
            if !isDone {
                _ = try cluster.submit(.advance, at: cluster.ids[0]) { answer in
                    if case .applied = answer { isDone = true }
                }
            }
            try cluster.run(until: cluster.now + 200_000)
            let statuses = cluster.ids.compactMap { cluster.members[$0]?.replica?.status }
            let isLevel = Set(statuses.map(\.applied)).count == 1
            let isQuiet = statuses.allSatisfy { $0.applied == $0.last && $0.pendingRequests == 0 }
            if isDone && isLevel && isQuiet && statuses.count == cluster.ids.count { return }
        }
        let seen = cluster.ids.map { id -> String in
            guard let status = cluster.members[id]?.replica?.status else { return "\(id): down" }
            return "\(id): \(status.role) term \(status.term) applied \(status.applied) "
                + "commit \(status.commit) durable \(status.durable) last \(status.last) "
                + "pending \(status.pendingRequests)"
        }
        throw Violation("no convergence in calm: " + seen.joined(separator: "; "))
    }
}

extension SimulatedCluster {
    /// Every node's durable entries.
    var disks: [(NodeID, [Entry])] { ids.map { ($0, members[$0]!.disk.entries) } }
}
