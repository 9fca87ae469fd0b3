import Raft
import Routing
import Storage
import Transport

/// Sees to it that nothing stays in this node's files of what the cluster has erased, and tells the
/// cluster once it is so: state.db's WAL is emptied, search.db and journal.db were made anew from
/// rows without it, and the log was cut behind it. Loop's thread only.
final class ErasureWatch: @unchecked Sendable {  // other threads only carry it to `loop.post`
    /// How often it looks.
    static let interval: Duration = .seconds(1)

    private unowned let node: Node
    /// state.db's WAL was emptied after the entry with this index.
    private var emptiedAfter: Int64 = 0
    private var isBusy = false

    init(node: Node) { self.node = node }

    /// Begins to look.
    func start() {
        _ = node.loop.schedule(after: ErasureWatch.interval) { [weak self] in
            guard let self, !node.isStopping else { return }
            look()
            start()
        }
    }

    private var own: UInt64 { node.configuration.node.rawValue }

    private func look() {
        guard !isBusy, let last = node.state.lastErasure,
            node.state.erasedThrough(at: own) < last.index,
            Int64(clamping: node.stores.state.writtenIndex.rawValue) >= last.index
        else { return }
        isBusy = true
        if emptiedAfter < last.index { empty(last.index) } else { compare(last.index) }
    }

    private func empty(_ index: Int64) {
        node.stores.state.emptyWAL { [loop = node.loop, weak self] isEmpty in
            let watch = self
            loop.post {
                watch?.isBusy = false
                if isEmpty { watch?.emptiedAfter = index }
            }
        }
    }

    private func compare(_ index: Int64) {
        let (search, journal) = (node.stores.search, node.stores.journal)
        let started = node.workers.queries.submit(on: node.loop) {
            // One that does not read is made anew by its own thread.
            let searched = (try? search.erasedThrough()) ?? 0
            let oldest = (try? journal.oldestIndex()) ?? 0
            return searched >= index && oldest >= index
        } completion: { [weak self] isNew in
            guard let self else { return }
            isBusy = false
            took(isNew, index)
        }
        if !started { isBusy = false }
    }

    private func took(_ isNew: Bool, _ index: Int64) {
        guard !node.isStopping else { return }
        guard isNew else {
            // They may have looked before the rows were written.
            let applied = node.appliedIndex.rawValue
            node.stores.indexer.applied(applied)
            return node.stores.keeper.applied(applied)
        }
        guard Int64(clamping: node.logBase.rawValue) >= index,
            node.replica.status.leader != nil
        else { return }
        isBusy = true
        node.submit(.tellErased(node: own, index)) { [weak self] _ in
            // A refusal or a lost answer: the next look tries again.
            self?.isBusy = false
        }
    }
}
