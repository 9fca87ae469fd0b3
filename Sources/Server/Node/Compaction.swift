import Raft
import Storage
import Transport

/// Cuts log.db from its beginning, as far as state.db holds durably what the entries did, nobody
/// is being sent a snapshot that needs them, and a trail for slow followers stays. Loop's thread
/// only.
final class Compaction: @unchecked Sendable {  // other threads only carry it to `loop.post`
    /// How often the log's length is looked at.
    static let interval: Duration = .seconds(1)

    private unowned let node: Node
    private let trail: LogTrail
    /// How long after an erasure the log is cut behind it, in milliseconds of log time.
    private let erasureMilliseconds: Int64
    /// An erasure's entry and those behind it may be in one row of the log, which goes as a whole:
    /// so many may have to go with it,
    static let erasureCompany: UInt64 = 10_000
    /// and in a quiet cluster, where they are the newest, they stay for so long at first.
    static let erasureGrace: Int64 = 10_000
    private var isUnderWay = false

    init(node: Node) {
        self.node = node
        let limits = node.configuration.limits
        erasureMilliseconds = Int64(limits.erasureMinutes) * 60_000
        trail = LogTrail(entries: UInt64(limits.trailingEntries), bytes: limits.trailingMiB << 20)
    }

    /// Begins to look.
    func start() {
        _ = node.loop.schedule(after: Compaction.interval) { [weak self] in
            guard let self, !node.isStopping else { return }
            look()
            start()
        }
    }

    /// A quarter over the trail, so that a cut is worth a checkpoint of state.db.
    private var isDue: Bool {
        if erasureTrail != nil { return true }
        let entries = node.lastIndex.rawValue - min(node.lastIndex.rawValue, node.logBase.rawValue)
        return entries > trail.entries + trail.entries / 4
            || node.stores.log.bytes > trail.bytes + trail.bytes / 4
    }

    /// What stays in the log when it is to be cut behind an erasure, for followers: what came after
    /// it, as far as that is not written together with it. Nil: it need not be cut.
    private var erasureTrail: LogTrail? {
        guard let last = node.state.lastErasure, let at = last.at,
            Int64(clamping: node.logBase.rawValue) < last.index
        else { return nil }
        let over = node.logTime.milliseconds - at.milliseconds - erasureMilliseconds
        guard over >= 0 else { return nil }
        let behind = node.lastIndex.rawValue - min(node.lastIndex.rawValue, UInt64(last.index))
        var entries = over < Self.erasureGrace ? behind : 0
        if behind > Self.erasureCompany { entries = behind - Self.erasureCompany }
        return LogTrail(entries: min(entries, trail.entries), bytes: trail.bytes)
    }

    private func look() {
        guard !isUnderWay, isDue else { return }
        isUnderWay = true
        let loop = node.loop
        node.stores.state.makeDurable { [weak self] index in
            let compaction = self
            loop.post { compaction?.cut(through: index) }
        }
    }

    private func cut(through durable: LogIndex) {
        let limit = min(durable, node.snapshots.cutLimit)
        guard !node.isStopping, limit > node.logBase else { return isUnderWay = false }
        let loop = node.loop
        node.stores.log.cut(through: limit, keeping: erasureTrail ?? trail) { [weak self] base in
            let compaction = self
            loop.post { compaction?.took(base) }
        }
    }

    private func took(_ base: (index: LogIndex, term: Term)?) {
        guard !node.isStopping else { return }
        if let base {
            node.logWasCut(through: base.index, term: base.term)
        } else {
            isUnderWay = false
        }
    }
}
