import Dispatch
import Glibc
import Raft
import Replica
import Routing
import Storage
import Synchronization
import Wire

/// A node without sockets, alone in its cluster: a `Replica` over its files, which runs a list of
/// commands at a time. What it leaves in the directory is what `roundhouse serve` would.
final class FilledNode {
    /// Bounds, as a node has them.
    enum Limits {
        /// Commands in one turn.
        static let turn = 2_000
        /// Entries that stay in the log: the default of `trailingEntries` and `trailingMiB`.
        static let trail = LogTrail(entries: 200_000, bytes: 512 << 20)
        /// How many rows may wait for state.db: the default of `stateRows`.
        static let rows = 200_000
        /// How long a command may wait; it never does.
        static let patience: Duration = .seconds(60)
    }

    private let log: LogWriter
    private let state: StateWriter
    private let durable = DispatchSemaphore(value: 0)
    /// What the last cut has come to, told by the log's thread.
    private let base: Mutex<(index: LogIndex, term: Term)?>
    private let isCutting = Atomic<Bool>(false)
    private var replica: Replica
    private var cutThrough: LogIndex
    private var nextRequest: UInt64 = 1
    /// Where the turns ended whose rows may still wait for state.db, oldest first.
    private var unwritten: [LogIndex] = []

    /// Opens the directory as a start does, and leads.
    init(directory: String, cluster: String, node: UInt64) throws {
        let identity = StoreIdentity(cluster: Text(cluster), node: NodeID(node))
        let data = try DataDirectory.open(directory)
        let (logStore, stored) = try LogStore.open(
            path: data.logPath, identity: identity, tailBytes: 32 << 20,
            decodeConfiguration: Replica.decodeConfiguration)
        let store = try data.openState(log: logStore, stored: stored, identity: identity)
        var rows = ReplicatedState()
        try store.load { table, major, minor, value in
            try rows.load(table: table, major: major, minor: minor, value: value)
        }
        try rows.finishLoading()
        let applied = store.applied
        replica = try Replica(
            id: NodeID(node), incarnation: .random(in: 1 ... .max),
            configuration: Configuration(voters: [NodeID(node)]), stored: stored, state: rows,
            mark: Replica.Mark(
                index: applied.index, term: applied.term, digest: applied.digest,
                meta: applied.meta),
            limits: Replica.Limits(), seed: 1, now: FilledNode.now, wall: FilledNode.wall)
        cutThrough = stored.base.index
        base = Mutex(nil)
        let durable = durable
        log = LogWriter(
            store: logStore, onDurable: { _ in durable.signal() },
            onFailure: { fatalError("log.db: \($0)") })
        var limits = StateWriter.Limits()
        limits.maxPendingRows = Limits.rows
        state = StateWriter(
            store: store, limits: limits, onFailure: { fatalError("state.db: \($0)") })
        while replica.status.role != .leader || replica.state.routing.epoch == 0 { _ = turn() }
    }

    /// What the commands did.
    var routing: RoutingState { _read { yield replica.state.routing } }

    /// Carries the commands out, in order; gives what each did. All must be done.
    func run(_ commands: [Command]) -> [Int64] {
        var ids: [Int64] = []
        ids.reserveCapacity(commands.count)
        var rest = commands[...]
        while !rest.isEmpty {
            let now = FilledNode.now
            let batch = rest.prefix(Limits.turn)
            rest = rest.dropFirst(Limits.turn)
            for command in batch {
                replica.submitted(
                    command, request: RequestID(nextRequest),
                    deadline: now.advanced(by: Limits.patience))
                nextRequest += 1
            }
            let wanted = ids.count + batch.count
            while ids.count < wanted {
                for (_, answer) in turn() {
                    guard case .applied(_, .done(let id)) = answer else {
                        fatalError("a command was not done: \(answer)")
                    }
                    ids.append(id)
                }
            }
        }
        cut()
        return ids
    }

    /// One turn of a node's loop.
    private func turn() -> [(request: RequestID, answer: Answer)] {
        replica.timeAdvanced(to: FilledNode.now, wall: FilledNode.wall)
        let effects = replica.takeEffects()
        if let failure = effects.failure { fatalError("the node must stop: \(failure)") }
        if let persist = effects.persist {
            log.submit(persist)
            durable.wait()
            replica.persisted(id: persist.id)
        }
        if let mark = effects.mark {
            state.submit(
                effects.rows,
                applied: AppliedMark(
                    index: mark.index, term: mark.term, digest: mark.digest, meta: mark.meta))
            unwritten.append(mark.index)
            // The older half, so that there is work for both threads afterwards.
            if state.isOverloaded {
                let half = unwritten.count / 2
                flush(unwritten[half])
                unwritten.removeFirst(half + 1)
            }
        }
        return effects.answers
    }

    private func flush(_ index: LogIndex) {
        let done = DispatchSemaphore(value: 0)
        state.flush(through: index) { isWritten in
            precondition(isWritten, "state.db failed")
            done.signal()
        }
        done.wait()
    }

    /// Cuts the log as a running node does: what is durable in state.db, but for the trail.
    private func cut() {
        let slice = base.withLock { base in
            defer { base = nil }
            return base
        }
        if let (index, term) = slice {
            cutThrough = index
            replica.logCut(through: index, term: term)
        }
        let entries = replica.status.last.rawValue - cutThrough.rawValue
        let isDue = entries > Limits.trail.entries + Limits.trail.entries / 4
        guard isDue, !isCutting.exchange(true, ordering: .relaxed) else { return }
        let (log, this) = (log, Unowned(self))
        state.makeDurable { index in
            log.cut(through: index, keeping: Limits.trail) { slice in
                if let slice {
                    this.node.base.withLock { $0 = slice }
                } else {
                    this.node.isCutting.store(false, ordering: .relaxed)
                }
            }
        }
    }

    /// Writes what is queued and closes the files; gives a line of JSON for who started this.
    func close() -> String {
        let status = replica.status
        flush(status.applied)
        cut()
        let durable = DispatchSemaphore(value: 0)
        state.makeDurable { _ in durable.signal() }
        durable.wait()
        log.close()
        state.close()
        var json = JSONWriter()
        json.beginObject()
        json.field("sessions", Int64(routing.sessionCount))
        json.field("applied", Int64(status.applied.rawValue))
        json.endObject()
        return String(decoding: json.bytes, as: UTF8.self)
    }

    /// For the log's thread, which touches `base` and `isCutting` alone.
    private struct Unowned: @unchecked Sendable {  // the node outlives the log's thread
        unowned let node: FilledNode
        init(_ node: FilledNode) { self.node = node }
    }

    private static var now: Instant {
        Instant(nanoseconds: Int64(DispatchTime.now().uptimeNanoseconds))
    }
    private static var wall: LogTime {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return LogTime(milliseconds: Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000)
    }
}
