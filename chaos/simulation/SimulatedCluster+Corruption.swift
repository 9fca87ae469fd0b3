import Raft
import Replica
import Routing
import Wire

/// Nodes whose state is wrong, as a bug or a flipped bit would make it.
extension SimulatedCluster {
    /// Changes the states of some running nodes, each in another way: these agents get other names
    /// there. Whatever is written of them later tells it.
    func corrupt(_ count: Int, agents: [AgentID]) {
        let chosen = ids.filter { members[$0]!.isRunning }.shuffled(using: &fate)
        for (place, id) in chosen.prefix(count).enumerated() {
            oracle.corrupted.insert(id)
            var change = AgentChange()
            change.name = Text("ghost\(place)")
            for agent in agents {
                members[id]?.process?.replica.misapply(.updateAgent(agent, by: nil, change))
            }
            note { "the state of node \(id) is changed behind the log's back" }
        }
    }

    /// A node says that it can't go on: right if its state is wrong, or if the level was raised
    /// after it was removed, which was not asked what it knows; a violation otherwise.
    func stop(_ member: Member, _ failure: Replica.Failure) throws {
        if case .newerLevel = failure, oracle.members(founders).excludes(member.id) {
            return try retire(member.id)
        }
        guard case .diverged = failure, oracle.corrupted.contains(member.id) else {
            throw Violation("node \(member.id) stopped: \(failure)")
        }
        note { "node \(member.id) stops: \(failure)" }
        stopped.append(member.id)
        ids.removeAll { $0 == member.id }
        member.process = nil
        member.waiting = [:]
        for other in ids { try turn(members[other]!) { $0.linkClosed(to: member.id) } }
    }
}
