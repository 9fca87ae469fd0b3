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
        /// Bytes of one entry's clicks: well below what an entry may hold.
        static let batchBytes = 512 << 10
        /// Bytes of one row of the spool: the clicks of a turn may be several rows.
        static let rowBytes = 256 << 10
        /// Bytes of the rows read at once; the last one's surplus aside.
        static let readBytes = 1 << 20
        /// While more clicks than this arrive in a `pause`, they are passed on a batch a pause:
        /// answering browsers goes before counting them.
        static let busy = 200
        /// While more requests than this wait for the cluster, clicks wait too.
        static let yieldAbove = 64
        /// Pause before looking again.
        static let pause: Duration = .milliseconds(100)
        /// Pause after the cluster did not take a batch.
        static let retry: Duration = .milliseconds(500)
        /// A kept text of a click is cut here. A click has four of them; its query gets a link's
        /// UTM values besides, and its address is one: at most some 6 KiB in all.
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
    /// What was read and is not passed on yet, in its order.
    private var runs: [[Click]] = []
    /// What was found among it that can't be read: it goes when the rest is in the log.
    private var bad: [SpooledRows.Bad] = []
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
        guard !arrived.isEmpty else { return }
        var rest = visitors[...]
        for run in ClickRuns.split(arrived, maxBytes: Limits.rowBytes) {
            append(run.clicks, run.body, Array(rest.prefix(run.clicks.count)))
            rest = rest.dropFirst(run.clicks.count)
        }
        arrived.removeAll(keepingCapacity: true)
        visitors.removeAll(keepingCapacity: true)
    }

    private func append(_ clicks: [Click], _ body: [UInt8], _ visitors: [Visitor]) {
        let ticket = LoopBound(visitors, loop: node.loop)
        let loop = node.loop
        node.stores.spool.append(
            epoch: epoch, sequence: clicks[0].key.sequence, clicks: clicks.count, body: body
        ) { [weak self] error in
            let intake = self
            loop.post {
                intake?.node.answerClicks(ticket.take(), areSafe: error == nil)
                intake?.lookSoon()
            }
        }
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
        node.stores.spool.next(
            limit: Limits.rows, maxBytes: Limits.readBytes
        ) { [weak self] result in
            let intake = self
            loop.post { intake?.took(result) }
        }
    }

    private func took(_ result: Result<SpooledRows, StorageError>) {
        guard case .success(let read) = result, let newest = read.last else {
            isPassingOn = false
            return
        }
        var clicks: [Click] = []
        var bytes = 0
        bad = []
        // Bad rows between the others go with them.
        var last = read.rows.isEmpty ? newest : read.rows[0].position
        for (place, row) in read.rows.enumerated() {
            guard place == 0 || clicks.count < Limits.batch && bytes < Limits.batchBytes else {
                break
            }
            last = place == read.rows.count - 1 ? newest : row.position
            var reader = ByteReader(row.body)
            guard case .clicks(let some)? = try? Command.decode(&reader) else {
                bad.append(.init(position: row.position, reason: "its bytes hold no clicks"))
                continue
            }
            clicks += some
            bytes += row.body.count
        }
        bad += read.bad.filter { $0.position <= last }
        runs =
            bytes <= Limits.batchBytes
            ? [clicks].filter { !$0.isEmpty }
            : ClickRuns.split(clicks, maxBytes: Limits.batchBytes).map(\.clicks)
        submitNext(through: last)
    }

    /// Passes on one run after the other; once all are in the log the rows up to `last` go.
    private func submitNext(through last: Int64) {
        guard !runs.isEmpty else { return passedOn(through: last) }
        let run = runs.removeFirst()
        node.submit(.clicks(run)) { [weak self] answer in
            guard let self else { return }
            switch answer {
            case .applied:
                node.metrics.count(.clicksForwarded, by: run.count)
                submitNext(through: last)
            case .refused(.tooLarge):
                // Only where an entry holds less than it does here.
                if let (first, second) = ClickRuns.halves(run) {
                    runs.insert(contentsOf: [first, second], at: 0)
                } else {
                    bad.append(.init(position: last, reason: "a click is longer than an entry"))
                }
                submitNext(through: last)
            case .refused, .unknown, .readable:
                // All of it comes again; what was taken is known by its clicks' names.
                runs = []
                isPassingOn = false
                look(after: Limits.retry)
            }
        }
    }

    private func passedOn(through last: Int64) {
        isPassingOn = false
        // Nobody could ever count these.
        for row in bad {
            node.metrics.count(.spoolRowsLeftOut)
            node.log.error(
                "spooled clicks can't be read and are left out",
                ["position": .number(row.position), "reason": .text(row.reason)])
        }
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
