import Raft
import Replica
import Routing

/// What clients and operators ask of nodes.
extension SimulatedCluster {
    /// Submits a command at a node; false if it does not run.
    func submit(
        _ command: Command, at id: NodeID, patience: Int64 = 2_000, key: RequestKey? = nil,
        completion: @escaping (Answer) -> Void
    ) throws -> Bool {
        try request(at: id, patience: patience, completion: completion) {
            $0.submitted(command, request: $1, deadline: $2, key: key)
        }
    }

    /// Asks a node for a linearizable read; false if it does not run.
    func read(at id: NodeID, completion: @escaping (Answer) -> Void) throws -> Bool {
        try request(at: id, patience: 1_000, completion: completion) {
            $0.readRequested($1, deadline: $2)
        }
    }

    /// Gives a running node a request with a deadline so many milliseconds away; false if it does
    /// not run.
    @discardableResult func request(
        at id: NodeID, patience: Int64, completion: @escaping (Answer) -> Void,
        _ input: (inout Replica, RequestID, Instant) -> Void
    ) throws -> Bool {
        guard let member = members[id], member.isRunning, !member.isPaused else {
            return false
        }
        let request = RequestID(member.nextRequest)
        member.nextRequest += 1
        member.waiting[request] = completion
        let deadline = member.clock.instant(at: now).advanced(by: .milliseconds(patience))
        try turn(member) { input(&$0, request, deadline) }
        return true
    }
}
