import Raft
import Replica
import Storage
import Transport
import Wire

/// A node's copies of state.db for others, its transfers, and what it takes itself. Loop's thread
/// only.
final class Snapshots: @unchecked Sendable {  // other threads only carry it to `loop.post`
    /// Bounds of giving snapshots.
    enum Limits {
        /// A copy that nobody is sent is kept so long for the next who needs one.
        static let keepCopy: Duration = .seconds(300)
        /// So long after a transfer the log keeps what follows the snapshot: the follower loads
        /// it and has to reach the leader again.
        static let installPatience: Int64 = 120_000_000_000
        /// Transfers at a time.
        static let transfers = 4
        /// How often a transfer in preparation is said to be alive.
        static let news: Duration = .seconds(5)
    }

    private unowned let node: Node
    private let loop: EventLoop
    private let pool: WorkerPool
    let taker: SnapshotTaker
    /// The newest copy.
    private var copy: SnapshotCopy?
    private var copyTimer: LoopTimer?
    /// While a copy is made: it will go up to here or further.
    private var makingFrom: LogIndex?
    private var copies: UInt64 = 0
    /// Who waits for a copy, with the index that it must reach.
    private var waiting: [(from: LogIndex, take: (SnapshotCopy?) -> Void)] = []
    private var givers: [NodeID: SnapshotGiver] = [:]
    /// Followers for which a copy is being made or a link opened.
    private var preparing: Set<NodeID> = []
    /// Where installed snapshots end, and until when the log keeps what follows them.
    private var installing: [NodeID: (index: LogIndex, until: Int64)] = [:]
    private var newsTimer: LoopTimer?

    init(node: Node, pool: WorkerPool) {
        self.node = node
        self.pool = pool
        loop = node.loop
        taker = SnapshotTaker(
            directory: node.stores.directory.path, file: DataDirectory.incomingName,
            loop: node.loop, pool: pool,
            reserve: node.configuration.limits.diskReserveBytes, log: node.log)
    }

    /// How many transfers from here are under way or in preparation.
    var transfers: Int { givers.count + preparing.count }

    /// The log may not be cut beyond this: a transfer needs what follows.
    var cutLimit: LogIndex {
        if node.repair.isUnderWay { return .zero }
        installing = installing.filter { $0.value.until > loop.now }
        var ends = givers.values.map(\.copy.header.mark.index) + installing.values.map(\.index)
        if let makingFrom { ends.append(makingFrom) }
        // One that is made, for followers to whom links are being opened.
        if !preparing.isEmpty, let copy { ends.append(copy.header.mark.index) }
        return ends.min() ?? LogIndex(.max)
    }

    // MARK: Giving

    /// The leader's core names followers that need a snapshot.
    func wanted(by followers: [NodeID]) {
        for follower in followers where givers[follower] == nil {
            guard transfers < Limits.transfers, preparing.insert(follower).inserted else {
                if !preparing.contains(follower) { node.snapshotFailed(to: follower) }
                continue
            }
            node.log.info("a node needs a snapshot", ["peer": .count(follower.rawValue)])
            obtain(from: node.logBase) { [weak self] copy in
                guard let self else { return }
                guard let copy else { return gaveUp(follower, "no copy could be made") }
                open(follower, copy)
            }
        }
        tellNews()
    }

    /// A node opened a link: it offers a snapshot or asks for one.
    func opened(_ link: SnapshotLink) {
        link.onMessage = { [weak self] message in
            guard let self else { return link.close() }
            switch message {
            case .offer(let header): taker.offered(header, over: link)
            case .request(let index): requested(from: index, link)
            case .want, .chunk, .taken, .done, .refused, nil: link.close()
            }
        }
    }

    private func requested(from index: LogIndex, _ link: SnapshotLink) {
        guard index <= node.appliedIndex, transfers < Limits.transfers, givers[link.node] == nil
        else { return link.send(.refused(.unavailable)) }
        node.log.info("a node asks for a snapshot", ["peer": .count(link.node.rawValue)])
        obtain(from: max(index, node.logBase)) { [weak self] copy in
            guard let self, let copy else { return link.send(.refused(.unavailable)) }
            give(copy, over: link)
        }
    }

    private func open(_ follower: NodeID, _ copy: SnapshotCopy) {
        node.peers.openSnapshotLink(to: follower) { [weak self] result in
            guard let self else { return }
            switch result {
            case .failure(let failure): gaveUp(follower, failure.description)
            case .success(let link):
                preparing.remove(follower)
                give(copy, over: SnapshotLink(link, with: follower))
            }
        }
    }

    private func give(_ copy: SnapshotCopy, over link: SnapshotLink) {
        let follower = link.node
        let giver = SnapshotGiver(
            copy, over: link, loop: loop, pool: pool,
            bytesPerSecond: Int64(node.configuration.limits.snapshotMiBPerSecond) << 20)
        givers[follower] = giver
        giver.onProgress = { [weak self] in self?.node.snapshotProgressed(to: follower) }
        giver.onEnd = { [weak self] problem in
            guard let self else { return }
            givers[follower] = nil
            if let problem { return gaveUp(follower, problem) }
            let index = copy.header.mark.index
            node.log.info(
                "snapshot sent",
                ["peer": .count(follower.rawValue), "index": .count(index.rawValue)])
            node.host.snapshotsSent += 1
            installing[follower] = (index, loop.now + Limits.installPatience)
            node.snapshotSent(to: follower, index: index)
        }
    }

    private func gaveUp(_ follower: NodeID, _ reason: String) {
        preparing.remove(follower)
        node.log.warning(
            "snapshot not sent", ["peer": .count(follower.rawValue), "reason": .text(reason)])
        node.snapshotFailed(to: follower)
    }

    /// Making a copy of much takes longer than the core waits without news.
    private func tellNews() {
        guard newsTimer == nil, !preparing.isEmpty else { return }
        newsTimer = loop.schedule(after: Limits.news) { [weak self] in
            guard let self else { return }
            newsTimer = nil
            for follower in preparing.sorted() { node.snapshotProgressed(to: follower) }
            tellNews()
        }
    }

    // MARK: Copies

    /// Gives a copy that goes up to an index or further, made now if there is none; nil when
    /// none can be made.
    private func obtain(from index: LogIndex, _ take: @escaping (SnapshotCopy?) -> Void) {
        if let copy, copy.header.mark.index >= index {
            keep()
            return take(copy)
        }
        waiting.append((index, take))
        make()
    }

    private func make() {
        guard makingFrom == nil, !waiting.isEmpty else { return }
        makingFrom = node.stores.state.writtenIndex
        copies += 1
        let directory = node.stores.directory
        let path = directory.outgoingPath(copies)
        let size = SnapshotFile.size(at: node.stores.statePath) ?? 0
        let needed = size + node.configuration.limits.diskReserveBytes
        if let free = DiskRoom.free(at: directory.path), free < needed {
            node.log.warning(
                "no room for a copy of state.db",
                ["free": .count(free), "needed": .count(needed)])
            return made(nil)
        }
        let started = loop.now
        let (loop, pool) = (loop, pool)
        node.stores.state.copy(to: path) { [weak self] result in
            let snapshots = self
            loop.post { snapshots?.hash(result, path, since: started, pool) }
        }
    }

    private func hash(
        _ result: Result<AppliedMark, StorageError>, _ path: String, since started: Int64,
        _ pool: WorkerPool
    ) {
        let mark: AppliedMark
        switch result {
        case .success(let copied): mark = copied
        case .failure(let error):
            node.log.error("state.db can't be copied", ["reason": .text(error.description)])
            return made(nil)
        }
        let begun = pool.submit(on: loop) { () -> Result<CopyResult, StorageError> in
            Result { () throws(StorageError) in
                let file = try SnapshotFile.open(path)
                let header = SnapshotHeader(
                    mark: mark, size: try file.size(), hash: try file.hash())
                return CopyResult(header: header, file: file)
            }
        } completion: { [weak self] result in
            guard let self else { return }
            switch result {
            case .success(let done):
                node.log.info(
                    "state.db copied",
                    [
                        "index": .count(mark.index.rawValue), "bytes": .count(done.header.size),
                        "milliseconds": .number((loop.now - started) / 1_000_000),
                    ])
                made(SnapshotCopy(header: done.header, file: done.file, pool: pool, loop: loop))
            case .failure(let error):
                node.log.error("state.db can't be copied", ["reason": .text(error.description)])
                made(nil)
            }
        }
        if !begun { made(nil) }
    }

    private struct CopyResult: Sendable {
        var header: SnapshotHeader
        var file: SnapshotFile
    }

    private func made(_ new: SnapshotCopy?) {
        makingFrom = nil
        if let new { copy = new }
        keep()
        let served = waiting
        waiting = []
        for one in served {
            let fits = new.map { $0.header.mark.index >= one.from } ?? false
            one.take(fits ? new : nil)
        }
        make()
    }

    /// Lets the copy go when nobody has asked for one for a while.
    private func keep() {
        copyTimer?.cancel()
        copyTimer = loop.schedule(after: Limits.keepCopy) { [weak self] in self?.copy = nil }
    }

    /// Ends every transfer; for a node that ends.
    func close() {
        copyTimer?.cancel()
        newsTimer?.cancel()
        for node in givers.keys.sorted() { givers[node]?.end("this node ends") }
        copy = nil
    }
}
