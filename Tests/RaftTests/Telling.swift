@testable import Raft

/// How a story tells what members do.
enum Telling {
    static func lines(of effects: Raft.Effects, at id: NodeID) -> [String] {
        var lines: [String] = []
        if let change = effects.change { lines.append("\(id) \(told(change))") }
        if let persist = effects.persist { lines.append("\(id) writes \(told(persist))") }
        for message in effects.send {
            lines.append(
                "\(message.from)->\(message.to) in term \(message.term): \(told(message.body))")
        }
        if !effects.committed.isEmpty {
            lines.append("\(id) applies \(told(effects.committed[...]))")
        }
        for read in effects.reads {
            lines.append("\(id) may serve read \(read.id) at \(read.index)")
        }
        for read in effects.failedReads { lines.append("\(id) can't serve read \(read)") }
        for peer in effects.snapshotsWanted { lines.append("\(id) wants a snapshot for \(peer)") }
        if let fence = effects.fenced { lines.append("\(id) must stop: \(fence)") }
        return lines
    }

    static func lines(of raft: Raft, disk: Network.Disk) -> [String] {
        var line = "\(raft.id) is \(raft.role) in term \(raft.term)"
        line += ", voted for \(raft.votedFor.map { "\($0)" } ?? "nobody")"
        line += ", leader \(raft.leader.map { "\($0)" } ?? "unknown")"
        line += ", last \(raft.lastPosition), durable \(raft.durableIndex), commit \(raft.commit)"
        if raft.fenced != nil { line += ", fenced" }
        var lines = [line, "  members \(told(raft.configuration))", "  disk \(told(disk))"]
        for peer in raft.progress {
            lines.append(
                "  \(peer.peer): match \(peer.match), next \(peer.next), \(told(peer.flow))"
                    + (peer.isLinked ? "" : ", link closed"))
        }
        return lines
    }

    private static func told(_ configuration: Configuration) -> String {
        let voters = configuration.voters.map { "\($0)" }.joined(separator: " ")
        let learners = configuration.learners.map { "\($0)" }.joined(separator: " ")
        return voters + (learners.isEmpty ? "" : ", learners \(learners)")
    }

    private static func told(_ disk: Network.Disk) -> String {
        let entries = disk.entries.isEmpty ? "no entries" : told(disk.entries[...])
        return disk.base == .zero ? entries : "after \(disk.base): \(entries)"
    }

    private static func told(_ change: Raft.RoleChange) -> String {
        switch change.role {
        case .follower:
            "follows \(change.leader.map { "\($0)" } ?? "nobody") in term \(change.term)"
        case .preCandidate: "asks around in term \(change.term)"
        case .candidate: "stands in term \(change.term)"
        case .leader: "leads in term \(change.term)"
        }
    }

    private static func told(_ persist: Persist) -> String {
        var parts: [String] = []
        if let state = persist.hardState {
            parts.append("term \(state.term) vote \(state.votedFor.map { "\($0)" } ?? "none")")
        }
        if let cut = persist.truncateFrom { parts.append("cut from \(cut)") }
        if !persist.entries.isEmpty { parts.append(told(persist.entries[...])) }
        return parts.joined(separator: ", ")
    }

    private static func told(_ entries: ArraySlice<Entry>) -> String {
        entries.map { entry in
            switch entry.kind {
            case .noop: "\(entry.index)@\(entry.term)"
            case .command:
                "\(entry.index)@\(entry.term) \(String(decoding: entry.payload, as: UTF8.self))"
            case .configuration:
                "\(entry.index)@\(entry.term) members "
                    + (Configuration(encoded: entry.payload).map { told($0) } ?? "unreadable")
            }
        }.joined(separator: "; ")
    }

    private static func told(_ body: Message.Body) -> String {
        switch body {
        case .preVote(let proposed, let log):
            "would you vote for me in term \(proposed)? log \(log)"
        case .preVoteReply(let proposed, let reply): "in term \(proposed): \(told(reply))"
        case .vote(let log, let isTransfer):
            "vote for me, log \(log)" + (isTransfer ? ", the leader wants it" : "")
        case .voteReply(let reply): told(reply)
        case .append(let append):
            "append after \(append.previous)"
                + (append.entries.isEmpty ? "" : " \(told(append.entries[...]))")
                + ", commit \(append.commit)" + (append.isProbe ? ", answer" : "")
        case .appendReply(.matched(let match, let accepted)):
            "have \(accepted), durable \(match)"
        case .appendReply(.rejected(let previous, let hint)): "no such \(previous), try \(hint)"
        case .heartbeat(let commit, let match, let round):
            "heartbeat \(round), match \(match), commit \(commit)"
        case .heartbeatReply(let round, let match, let accepted):
            "heard \(round), have \(accepted), durable \(match)"
        case .timeoutNow: "stand at once"
        case .removed(let index): "you were removed by \(index)"
        }
    }

    private static func told(_ reply: Message.VoteReply) -> String {
        switch reply {
        case .granted: "yes"
        case .refused: "no"
        case .leaderIsAlive: "no, a leader is alive"
        }
    }

    private static func told(_ flow: Progress.Flow) -> String {
        switch flow {
        case .probe(let asked, _): asked ? "probing, asked" : "probing"
        case .replicate(let inFlight): "replicating, under way \(inFlight.map(\.rawValue))"
        case .snapshot: "needs a snapshot"
        }
    }
}
