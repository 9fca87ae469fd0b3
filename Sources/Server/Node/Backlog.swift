import Storage
import Transport

/// Decides when a node that can't keep up with state.db stops taking entries.
///
/// What others take in, this node must apply, and the rows of it wait in memory. So with far too
/// many waiting it no longer says that its writes of the log are durable: for the cluster its disk
/// is slow. The leader then sends it no more than a window, it applies nothing further, and if it
/// leads it steps down after a stall as with a slow log. A write is never said to be durable that
/// is not: only later.
struct Backlog {
    /// From so many waiting rows on the node holds; ingress is refused from half of them on.
    let most: Int
    /// Down to so many it goes on.
    var least: Int { most / 2 }
    /// The newest write that is durable and not told, while holding.
    private(set) var held: UInt64?
    /// Whether it holds.
    private(set) var isHolding = false

    /// Holds from twice as many rows on as ingress is refused at.
    init(refusedFrom rows: Int) { most = 2 * rows }

    /// A write is durable and so many rows wait. Gives the write to tell now; nil while holding.
    mutating func wrote(_ id: UInt64, waitingRows: Int) -> UInt64? {
        if waitingRows >= most { isHolding = true }
        guard isHolding else { return id }
        // Who tells of one tells of all before it.
        held = id
        return look(waitingRows: waitingRows)
    }

    /// So many rows wait. Ends the holding when they are few; gives the write to tell then.
    mutating func look(waitingRows: Int) -> UInt64? {
        guard isHolding, waitingRows <= least else { return nil }
        isHolding = false
        defer { held = nil }
        return held
    }
}

/// Holds back that writes are durable while far too much waits for state.db. Loop's thread only.
final class BacklogWatch {
    /// Between two looks while holding.
    static let pause: Duration = .milliseconds(20)

    private unowned let node: Node
    private var backlog: Backlog

    init(node: Node) {
        self.node = node
        backlog = Backlog(refusedFrom: node.configuration.limits.stateRows)
    }

    /// A write of log.db is durable; the replica is told now, or once state.db has caught up.
    func wrote(_ id: UInt64) {
        let wasHolding = backlog.isHolding
        let rows = node.stores.state.pendingRows
        if let told = backlog.wrote(id, waitingRows: rows) { node.persisted(told) }
        guard backlog.isHolding, !wasHolding else { return }
        node.metrics.count(.writesHeld)
        node.log.warning(
            "state.db is far behind; this node takes no entries until it has caught up",
            ["waitingRows": .number(Int64(rows))])
        again()
    }

    private func again() {
        _ = node.loop.schedule(after: BacklogWatch.pause) { [weak self] in
            guard let self, !node.isRetired else { return }
            let told = backlog.look(waitingRows: node.stores.state.pendingRows)
            guard !backlog.isHolding else { return again() }
            node.log.info("state.db has caught up; entries are taken again", [:])
            if let told { node.persisted(told) }
        }
    }
}

extension Node {
    /// Why no change is taken here now, before the cluster is asked; nil: it is.
    var refusalOfChanges: Problem? {
        if isOutOfRoom { return outOfRoom }
        return isOverloaded ? .overloaded : nil
    }
}
