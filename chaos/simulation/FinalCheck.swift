import Raft
import Replica
import Routing
import Wire

/// What must hold of the rows when a run is over and all nodes are level: judged from the history
/// alone, by rules written here a second time.
struct FinalCheck {
    private let cluster: SimulatedCluster
    private let workload: Workload

    init(_ cluster: SimulatedCluster, _ workload: Workload) {
        self.cluster = cluster
        self.workload = workload
    }

    /// Throws the first violation; gives how many sessions were given to somebody by a mode.
    func check() throws -> Int {
        for id in cluster.ids {
            cluster.members[id]!.disk.flush()
            cluster.members[id]!.disk.settle()
        }
        let first = cluster.members[cluster.ids[0]]!
        for id in cluster.ids.dropFirst() {
            let other = cluster.members[id]!
            guard other.disk.rows == first.disk.rows, other.disk.mark == first.disk.mark else {
                throw Violation("rows of nodes \(first.id) and \(id) differ at the end")
            }
        }
        try Oracle.checkLogs(cluster.disks)
        // A restart from rows gives what is in memory.
        guard try first.disk.storedState() == first.process!.replica.state else {
            throw Violation("the state rebuilt from rows differs from the one in memory")
        }
        try checkMessages(first.disk)
        try checkRequests(first.disk, first.process!.replica.state.routing)
        return try checkTurns(first.disk)
    }

    /// What may be done once only was done exactly as often as was told.
    private func checkRequests(_ disk: SimulatedDisk, _ state: RoutingState) throws {
        var seen: [Text: Int] = [:]
        for item in try history(disk) {
            if case .outbound(let message) = item.what { seen[message.text, default: 0] += 1 }
        }
        for (text, fate) in workload.texts {
            let allowed: ClosedRange<Int>
            switch fate {
            case .open: allowed = 0...1
            case .done: allowed = 1...1
            case .refused, .void: allowed = 0...0
            }
            guard allowed.contains(seen[text] ?? 0) else {
                throw Violation("\(text), \(fate), is there \(seen[text] ?? 0) times")
            }
        }
        try workload.keyed.check(texts: seen) { state.agent(login: $0)?.id }
        for (login, fate) in workload.logins {
            let id = state.agent(login: login)?.id.rawValue
            switch fate {
            case .open: break
            case .done(let told):
                guard id == told else { throw Violation("\(login) is not agent \(told)") }
            case .refused, .void:
                guard id == nil else { throw Violation("\(login) was refused and is there") }
            }
        }
    }

    /// Every acknowledged update is in exactly one session, every other in at most one.
    private func checkMessages(_ disk: SimulatedDisk) throws {
        var seen: [Int64: Int] = [:]
        for item in try history(disk) {
            if case .inbound(let message) = item.what { seen[message.messageID, default: 0] += 1 }
        }
        for (id, sent) in workload.sent {
            let count = seen[id] ?? 0
            guard count <= 1, count == 1 || !sent.isAcknowledged else {
                throw Violation(
                    "update \(id), acknowledged: \(sent.isAcknowledged), is there \(count) times")
            }
        }
    }

    /// Choices by round robin follow the turn: each takes the first candidate after the cursor.
    private func checkTurns(_ disk: SimulatedDisk) throws -> Int {
        let decisions = try history(disk)
            .filter { $0.decision != nil }
            .sorted { $0.index < $1.index }
        // Tiers and pools have turns of their own.
        try checkChain(decisions.filter { $0.decision?.pool == nil && $0.decision?.tier == nil })
        for item in decisions {
            guard let decision = item.decision, decision.mode == .roundRobin,
                decision.way == .mode, decision.tier == nil, let chosen = decision.chosen
            else { continue }
            let agents = decision.candidates.map(\.agent)
            let start = decision.cursorBefore.flatMap { agents.firstIndex(of: $0) }
            let order = start.map { Array(agents[($0 + 1)...] + agents[...$0]) } ?? agents
            // With the cursor's agent removed the turn is its successor's, which the roster that
            // is left does not tell.
            if start == nil && decision.cursorBefore != nil { continue }
            let due = order.first { agent in
                decision.candidates.first { $0.agent == agent }?.reasons.isEmpty ?? false
            }
            guard due == chosen, decision.cursorAfter == chosen else {
                throw Violation(
                    "at \(item.index) it was the turn of \(due.map { "\($0)" } ?? "nobody"), but "
                        + "\(chosen) was chosen")
            }
        }
        return decisions.filter { $0.decision?.way == .mode }.count
    }

    /// The turn is where the decision before left it, unless the roster was edited. Decisions of
    /// one entry are in no known order: they must be a path from one place of the turn to another.
    private func checkChain(_ items: [HistoryItem]) throws(Violation) {
        var turn: (place: AgentID?, roster: UInt64)?
        var rest = items[...]
        while let first = rest.first, let roster = first.decision?.rosterVersion {
            let group = rest.prefix { $0.index == first.index }.compactMap(\.decision)
            rest = rest.dropFirst(group.count)
            // How often the turn leaves each place more than it comes there.
            var balance: [AgentID?: Int] = [:]
            for decision in group {
                balance[decision.cursorBefore, default: 0] += 1
                balance[decision.cursorAfter, default: 0] -= 1
            }
            let ends = balance.filter { $0.value != 0 }
            let isPath = ends.count <= 2 && ends.values.allSatisfy { abs($0) == 1 }
            let start = ends.first { $0.value == 1 }?.key ?? nil
            let end = ends.first { $0.value == -1 }?.key ?? nil
            if turn?.roster != roster { turn = nil }
            let isHere =
                turn.map { turn in
                    ends.isEmpty
                        ? group.contains { $0.cursorBefore == turn.place } : turn.place == start
                } ?? true
            guard isPath, isHere else {
                throw Violation("the turn moved without a decision before entry \(first.index)")
            }
            if !ends.isEmpty {
                turn = (end, roster)
            } else if group.count == 1 {
                turn = (group[0].cursorAfter, roster)
            }
        }
    }

    private func history(_ disk: SimulatedDisk) throws -> [HistoryItem] {
        try disk.rows.keys.sorted().filter { $0.table == RowTable.history.rawValue }
            .map { try HistoryItem(value: disk.rows[$0] ?? []) }
    }
}
