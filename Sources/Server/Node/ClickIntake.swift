import Crypto
import HTTP
import Replica
import Routing
import Storage
import Transport
import Wire

/// Clicks on their way from the browser into the log: kept in the spool first, then passed on,
/// many in one entry, behind webhooks. Loop's thread only.
final class ClickIntake: @unchecked Sendable {  // other threads only carry it to `loop.post`
    /// Bounds of passing clicks on.
    enum Limits {
        /// Rows of the spool read at once.
        static let rows = 100
        /// Clicks in one entry, a last row's surplus aside.
        static let batch = 500
        /// While more clicks than this arrive in a `pause`, they are passed on a batch a pause:
        /// answering browsers goes before counting them.
        static let busy = 200
        /// While more requests than this wait for the cluster, clicks wait too.
        static let yieldAbove = 64
        /// Pause before looking again.
        static let pause: Duration = .milliseconds(100)
        /// Pause after the cluster did not take a batch.
        static let retry: Duration = .milliseconds(500)
        /// A kept text of a click is cut here.
        static let textBytes = 1024
    }

    /// Who clicked and waits for the redirect.
    struct Visitor {
        /// The way to answer.
        var answering: Answering
        /// The answer up to the token.
        var redirect: PreparedResponse
        /// The token.
        var token: [UInt8]
    }

    private unowned let node: Node
    private let epoch = SecureRandom.uint64()
    private var sequence: UInt64 = 0
    private var arrived: [Click] = []
    private var visitors: [Visitor] = []
    private var keptBefore: UInt64 = 0
    private var isPassingOn = false
    private var timer: LoopTimer?

    init(node: Node) { self.node = node }

    /// Begins to pass on what an earlier process may have left.
    func start() { look(after: Limits.pause) }

    /// Names the next click of this process.
    func nextKey() -> ClickKey {
        sequence += 1
        return ClickKey(epoch: epoch, sequence: sequence)
    }

    /// Keeps a click; the visitor is answered once it is safe, on a later turn. The clicks of one
    /// turn become one row of the spool.
    func keep(_ click: Click, _ visitor: Visitor) {
        arrived.append(click)
        visitors.append(visitor)
    }

    /// Hands the clicks of this turn to the spool; the node calls it at each turn's end.
    func flush() {
        guard let first = arrived.first else { return }
        var writer = ByteWriter(capacity: 256 * arrived.count)
        Command.clicks(arrived).encode(into: &writer)
        let ticket = LoopBound(visitors, loop: node.loop)
        let loop = node.loop
        node.stores.spool.append(
            epoch: epoch, sequence: first.key.sequence, clicks: arrived.count, body: writer.bytes
        ) { [weak self] error in
            let intake = self
            loop.post {
                intake?.node.answerClicks(ticket.take(), areSafe: error == nil)
                intake?.lookSoon()
            }
        }
        arrived.removeAll(keepingCapacity: true)
        visitors.removeAll(keepingCapacity: true)
    }

    private func lookSoon() {
        if timer == nil && !isPassingOn { look(after: Limits.pause) }
    }

    private func look(after pause: Duration) {
        timer?.cancel()
        timer = node.loop.schedule(after: pause) { [weak self] in
            self?.timer = nil
            self?.passOn()
        }
    }

    private func passOn() {
        guard !isPassingOn, !node.isStopping, node.stores.spool.count > 0 else { return }
        guard node.waitingRequests <= Limits.yieldAbove, !node.isOverloaded else {
            return look(after: Limits.pause)
        }
        isPassingOn = true
        let loop = node.loop
        node.stores.spool.next(limit: Limits.rows) { [weak self] result in
            let intake = self
            loop.post { intake?.took(result) }
        }
    }

    private func took(_ result: Result<[SpooledRow], StorageError>) {
        guard case .success(let rows) = result, !rows.isEmpty else {
            isPassingOn = false
            return
        }
        var clicks: [Click] = []
        var last = rows[0].position
        for row in rows where clicks.count < Limits.batch {
            last = row.position
            var reader = ByteReader(row.body)
            guard case .clicks(let some)? = try? Command.decode(&reader) else {
                node.log.error(
                    "spooled clicks can't be read and are left out",
                    ["position": .number(row.position), "clicks": .count(row.clicks)])
                continue
            }
            clicks += some
        }
        node.submit(.clicks(clicks)) { [weak self] answer in
            guard let self else { return }
            isPassingOn = false
            guard case .applied = answer else { return look(after: Limits.retry) }
            node.metrics.count(.clicksForwarded, by: clicks.count)
            node.stores.spool.remove(through: last)
            // The removal stands before the next read in the writer's queue.
            if sequence - keptBefore > Limits.busy {
                look(after: Limits.pause)
            } else {
                passOn()
            }
            keptBefore = sequence
        }
    }
}
