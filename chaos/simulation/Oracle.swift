import Raft
import Replica
import Routing
import Wire

/// What must never be, found in a run.
public struct Violation: Error, CustomStringConvertible {
    /// What was seen.
    public var description: String
    init(_ description: String) { self.description = description }
}

/// Watches all nodes and all they say from outside and knows the safety properties of Raft
/// (figure 3 of the paper), of what is durable, and of the state machine. All of them are here.
struct Oracle {
    /// Where a node was when it was looked at last.
    struct Seen {
        var commit = LogIndex.zero
        var applied = LogIndex.zero
        /// Who was in force.
        var members = Configuration(voters: [])
    }
    private struct Ballot: Hashable {
        var voter: NodeID
        var term: Term
    }
    private var leaders: [Term: NodeID] = [:]
    private var votes: [Ballot: NodeID] = [:]
    /// What was committed at each index, from 0: term, a digest of the payload, and the term of the
    /// node that was seen to commit it first.
    private var committed: [(term: Term, digest: UInt64, by: Term)] = [(.zero, 0, .zero)]
    /// The digest of the state that every node must have after each entry.
    private var digests: [UInt64?] = [0]
    /// The newest committed configuration that an entry carries.
    private(set) var configuration: Configuration?
    /// Committed changes of members.
    private(set) var changes = 0
    /// The log time of the last committed command.
    private var newest = LogTime(milliseconds: 0)
    private var appliedBy: [NodeID: LogIndex] = [:]
    private(set) var highestApplied = LogIndex.zero
    /// The highest index at which an answered command was applied.
    private(set) var answered = LogIndex.zero
    /// Committed commands.
    private(set) var commands = 0
    /// Nodes whose state was changed behind the log's back: theirs may be anything.
    var corrupted: Set<NodeID> = []
    /// Times that a node took a term's leadership.
    private(set) var elections = 0

    private var commit: LogIndex { LogIndex(UInt64(committed.count - 1)) }

    // MARK: Nodes

    /// After a turn of a node that was there `before`; `nodes` are all that ever were.
    mutating func looked(
        at replica: Replica, before: Seen, nodes: [NodeID: SimulatedCluster.Member]
    ) throws(Violation) {
        let raft = replica.raft
        guard replica.mark.index <= min(raft.commit, raft.durableIndex) else {
            throw Violation(
                "node \(raft.id) applied \(replica.mark.index) beyond commit \(raft.commit) or "
                    + "durable \(raft.durableIndex)")
        }
        if raft.role == .leader { try leads(raft) }
        var index = before.commit
        while index < raft.commit {
            index = index.next
            // What memory has let go of is durable.
            guard let entry = raft.entry(at: index) ?? nodes[raft.id]?.disk.entry(at: index) else {
                throw Violation("node \(raft.id) commits \(index), which it does not have")
            }
            try commits(entry, raft, before.members, nodes)
        }
        index = before.applied
        while index < replica.mark.index {
            index = index.next
            if let digest = replica.digest(at: index) { try agree(raft.id, index, digest) }
        }
    }

    /// Election safety, and leader completeness.
    private mutating func leads(_ raft: Raft) throws(Violation) {
        if let other = leaders[raft.term] {
            guard other == raft.id else {
                throw Violation("term \(raft.term) has two leaders: \(other), \(raft.id)")
            }
            return
        }
        leaders[raft.term] = raft.id
        elections += 1
        // Votes may come so late that later terms have committed meanwhile: who leads then needs
        // what was committed in terms before its own.
        guard let last = committed.lastIndex(where: { $0.by < raft.term }) else { return }
        let index = LogIndex(UInt64(last))
        let known = raft.term(at: index)
        guard raft.lastIndex >= index, known == nil || known == committed[last].term else {
            throw Violation("leader \(raft.id) of term \(raft.term) lacks entry \(index)")
        }
    }

    /// What is committed is durable at a majority, and stays what it is.
    private mutating func commits(
        _ entry: Entry, _ raft: Raft, _ before: Configuration,
        _ nodes: [NodeID: SimulatedCluster.Member]
    ) throws(Violation) {
        let node = raft.id
        var digest = Digest64(UInt64(entry.kind.rawValue))
        digest.absorb(entry.payload)
        let place = Int(entry.index.rawValue)
        if place < committed.count {
            guard committed[place].term == entry.term, committed[place].digest == digest.value
            else {
                throw Violation("node \(node) commits another entry \(entry.index) than others")
            }
            return
        }
        guard place == committed.count else { throw Violation("node \(node) commits over a gap") }
        // A leader may have begun a change of members just after it committed, or learnt just after
        // it that another leads, whose log has not the change that was in force.
        let inForce = [raft.configuration, raft.committedConfiguration, before]
        let isHeld = inForce.contains { members in
            let holders = members.voters.filter {
                nodes[$0]?.disk.holds(entry.index, entry.term) ?? false
            }
            return 2 * holders.count > members.voters.count
        }
        guard isHeld else {
            throw Violation(
                "node \(node) commits \(entry.index), which no majority of "
                    + "\(raft.configuration.voters) holds durably")
        }
        committed.append((entry.term, digest.value, raft.term))
        if let next = Configuration(encoded: entry.payload), entry.kind == .configuration {
            try follows(next, configuration ?? raft.committedConfiguration, at: entry.index)
            configuration = next
            changes += 1
        }
        if let time = logTime(of: entry) {
            guard time >= newest else { throw Violation("log time goes back at \(entry.index)") }
            newest = time
            commands += 1
        }
    }

    /// Members change one at a time, and an id is never used again.
    private func follows(
        _ next: Configuration, _ old: Configuration, at index: LogIndex
    ) throws(Violation) {
        let voters = Set(next.voters).symmetricDifference(old.voters)
        let members = Set(next.members).symmetricDifference(old.members)
        let isReused = next.members.contains { old.excludes($0) }
        guard index > .zero, voters.count <= 1, members.count <= 1, !isReused else {
            throw Violation("configuration \(next) follows \(old) at \(index)")
        }
    }

    /// Who takes part by what is committed.
    func members(_ founders: Configuration) -> Configuration { configuration ?? founders }

    /// A node applied entries.
    mutating func applied(_ node: NodeID, _ mark: Replica.Mark) throws(Violation) {
        if let before = appliedBy[node], mark.index <= before {
            throw Violation("node \(node) applied \(mark.index) after \(before)")
        }
        appliedBy[node] = mark.index
        highestApplied = max(highestApplied, mark.index)
        try agree(node, mark.index, mark.digest)
    }

    /// A node started from its disk.
    mutating func restarted(_ node: NodeID, _ mark: Replica.Mark) throws(Violation) {
        appliedBy[node] = mark.index == .zero ? nil : mark.index
        try agree(node, mark.index, mark.digest)
    }

    /// State machine safety.
    private mutating func agree(
        _ node: NodeID, _ index: LogIndex, _ digest: UInt64
    ) throws(Violation) {
        guard !corrupted.contains(node) else { return }
        let place = Int(index.rawValue)
        while digests.count <= place { digests.append(nil) }
        if let known = digests[place], known != digest {
            throw Violation("node \(node) has digest \(digest) at \(index), others \(known)")
        }
        digests[place] = digest
    }

    // MARK: What is said

    /// A node sends a message: nothing may be said that its disk could forget.
    mutating func heard(_ message: Message, _ disk: SimulatedDisk) throws(Violation) {
        let node = message.from
        guard disk.hardState.term >= message.term else {
            throw Violation("node \(node) speaks in term \(message.term), which is not durable")
        }
        switch message.body {
        case .voteReply(.granted): try votes(node, for: message.to, in: message.term, disk)
        case .vote: try votes(node, for: node, in: message.term, disk)
        case .appendReply(.matched(let match, _)), .heartbeatReply(_, let match, _):
            guard disk.last.index >= match else {
                throw Violation("node \(node) acknowledges \(match), which is not durable")
            }
        case .preVote, .preVoteReply, .voteReply, .append, .appendReply, .heartbeat, .timeoutNow,
            .removed:
            break
        }
    }

    private mutating func votes(
        _ voter: NodeID, for candidate: NodeID, in term: Term, _ disk: SimulatedDisk
    ) throws(Violation) {
        let ballot = Ballot(voter: voter, term: term)
        if let earlier = votes[ballot], earlier != candidate {
            throw Violation("\(voter) votes for \(earlier) and \(candidate) in term \(term)")
        }
        votes[ballot] = candidate
        let durable = disk.hardState
        guard durable.term > term || durable.votedFor == candidate else {
            throw Violation("\(voter) votes in term \(term) before that is durable")
        }
    }

    /// A request ended.
    mutating func answered(_ answer: Answer) {
        if case .applied(let index, _) = answer { answered = max(answered, index) }
    }

    /// Log matching: where two disks have an entry of the same index and term, all before it equal.
    static func checkLogs(_ disks: [(NodeID, SimulatedDisk)]) throws(Violation) {
        for (place, (a, left)) in disks.enumerated() {
            for (b, right) in disks[(place + 1)...] {
                // What lies before a base can't be compared any more.
                let base = max(left.base.index, right.base.index).rawValue
                let first = left.entries.dropFirst(Int(base - left.base.index.rawValue))
                let second = right.entries.dropFirst(Int(base - right.base.index.rawValue))
                var end = min(first.count, second.count)
                let (i, j) = (first.startIndex, second.startIndex)
                while end > 0, first[i + end - 1].term != second[j + end - 1].term { end -= 1 }
                for at in 0..<end where first[i + at] != second[j + at] {
                    throw Violation(
                        "logs of \(a) and \(b) differ at \(base) + \(at + 1) below \(end)")
                }
            }
        }
    }
}
