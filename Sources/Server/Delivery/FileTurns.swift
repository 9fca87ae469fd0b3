import Raft
import Routing
import Transport
import Wire

/// The leader's view of messages whose files other nodes have: whether such a node is there, and
/// how long it takes. What is decided goes into the log and has its time there. Loop's thread only.
final class FileTurns {
    /// Bounds of patience, in nanoseconds.
    enum Limits {
        /// So long a node may be away before its files are given up.
        static let away: Int64 = 60_000_000_000
        /// So long it may take from the turn of a message to what became of it: a little longer
        /// than waiting for a place, connecting, and a call take.
        static let report: Int64 = 150_000_000_000
        /// Between two looks while there is something to look at.
        static let look: Int64 = 1_000_000_000
        /// What was not looked at for so long is looked at anew: this node was not in office, or
        /// nothing waited.
        static let memory: Int64 = 10_000_000_000
    }

    /// Why nobody knows what became of a file.
    static let silent: Text =
        "the node that holds the file does not say what became of it: look before you send it again"

    private unowned let node: Node
    /// Holders that were away at the last look, since when, and when that was.
    private var away: [UInt64: (since: Int64, seen: Int64)] = [:]
    /// A message whose turn has come.
    private struct Turn {
        var chat: Chat
        var epoch: UInt64
        var at: Int64
    }
    private var begun: [OutboxID: Turn] = [:]
    private var forgetting: Set<UInt64> = []

    init(node: Node) { self.node = node }

    /// Whether the turn of a file may come now: the node that has it is there. One that left the
    /// cluster, or is away for long, has its files given up.
    func mayBegin(_ file: FileOffer) -> Bool {
        let holder = NodeID(file.holder)
        if holder == node.configuration.node { return true }
        guard node.replica.status.configuration.members.contains(holder) else {
            forget(file.holder)
            return false
        }
        if node.peers.isUp(holder) {
            away[file.holder] = nil
            return true
        }
        let now = node.loop.now
        var known = away[file.holder] ?? (since: now, seen: now)
        if now - known.seen > Limits.memory { known.since = now }
        known.seen = now
        away[file.holder] = known
        if now - known.since >= Limits.away { forget(file.holder) }
        return false
    }

    /// Whether the turn of a message is known to have come.
    func isBegun(_ message: OutboxMessage, epoch: UInt64) -> Bool {
        begun[message.id]?.epoch == epoch
    }

    /// The turn of a message has come.
    func began(_ message: OutboxMessage, epoch: UInt64) {
        begun[message.id] = Turn(chat: message.address, epoch: epoch, at: node.loop.now)
    }

    /// Whether there is something to look after.
    var isWatching: Bool { !begun.isEmpty }

    /// Gives up what takes too long; the chats in which a call is over since the last look.
    func look() -> [Chat] {
        var ended: [Chat] = []
        for (id, turn) in begun.sorted(by: { $0.key < $1.key }) {
            guard let message = node.state.outbox(id), let file = message.file,
                message.state == .sending(epoch: turn.epoch)
            else {
                begun[id] = nil
                ended.append(turn.chat)
                continue
            }
            guard mayBegin(file), node.loop.now - turn.at >= Limits.report else { continue }
            // Not committed, it is tried again at the next look.
            node.submit(
                .finishSending(id, epoch: turn.epoch, .uncertain(reason: Self.silent))
            ) { _ in }
        }
        return ended
    }

    private func forget(_ holder: UInt64) {
        guard forgetting.insert(holder).inserted else { return }
        node.submit(.forgetFiles(holder: holder, but: nil)) { [weak self] _ in
            self?.forgetting.remove(holder)
        }
    }
}
