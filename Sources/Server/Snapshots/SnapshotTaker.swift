import Raft
import Storage
import Transport
import Wire

/// Gathers a snapshot in the data directory. One at a time; what a broken transfer has brought
/// stays, and one of the same file goes on from there. Loop's thread only.
final class SnapshotTaker {
    /// Bounds of taking.
    enum Limits {
        /// After so many bytes what came is synced: one sync at the end would hold up the log's.
        static let syncBytes: UInt64 = 4 << 20
        /// Bytes that may wait to be written: what a giver sends ahead, and as much again.
        static let waitingBytes = 2 * SnapshotGiver.Limits.windowBytes
        /// The giver closes when it hears that all is done; it is not waited for longer.
        static let farewell: Duration = .milliseconds(500)
        /// While the whole file is synced and read again, which takes minutes for a large one, the
        /// giver hears as often that it goes on: well within its patience.
        static let news: Duration = .seconds(5)
    }

    /// Whether a snapshot that goes so far would help; asked when one is offered and at the end.
    var isNeeded: ((AppliedMark) -> Bool) = { _ in false }
    /// A snapshot is whole in the file; it can be installed.
    var onReady: ((SnapshotHeader) -> Void)?
    /// A transfer ended without success; asked for as well as offered ones.
    var onFailed: ((String) -> Void)?

    /// What has come so far.
    private struct Partial {
        var header: SnapshotHeader
        var file: SnapshotFile
        /// Bytes written.
        var written: UInt64 = 0
        var unsynced: UInt64 = 0
        /// How often the whole file had another hash.
        var mismatches = 0
    }

    private let path: String
    private let directory: String
    private let loop: EventLoop
    private let pool: WorkerPool
    private let log: Log
    /// What must stay free on the disk.
    private let reserve: UInt64
    private var partial: Partial?
    private var link: SnapshotLink?
    /// Chunks on their way to the file.
    private var waiting: [[UInt8]] = []
    /// The file is busy.
    private(set) var isWriting = false
    /// Bytes of the chunk that is being written.
    private var writing: UInt64 = 0
    /// Came while something of an earlier transfer was still being written.
    private var offer: SnapshotHeader?
    private(set) var isReady = false
    private let news: Duration
    private var newsTimer: LoopTimer?

    /// Gathers into `file` of a directory.
    init(
        directory: String, file: String, loop: EventLoop, pool: WorkerPool, reserve: UInt64,
        log: Log, news: Duration = Limits.news
    ) {
        self.directory = directory
        path = directory + "/" + file
        self.loop = loop
        self.pool = pool
        self.reserve = reserve
        self.log = log
        self.news = news
    }

    /// Bytes that have come and bytes in all, while a transfer is under way.
    var progress: (done: UInt64, of: UInt64)? {
        guard link != nil, let partial else { return nil }
        return (partial.written, partial.header.size)
    }

    /// Asks over a link for a snapshot that goes up to `index` or further. False, and the link is
    /// closed, when another is on its way.
    @discardableResult
    func ask(from index: LogIndex, over link: SnapshotLink) -> Bool {
        guard adopt(link) else {
            link.close()
            return false
        }
        link.send(.request(from: index))
        return true
    }

    /// Gives up what came whole, so that another can come.
    func forget() { isReady = false }

    /// A node offers a snapshot over a link that it opened.
    func offered(_ header: SnapshotHeader, over link: SnapshotLink) {
        // The node that has come anew, or a new leader, knows better than a link that hangs.
        self.link?.close()
        leave()
        guard adopt(link) else { return link.send(.refused(.busy)) }
        began(header)
    }

    private func adopt(_ link: SnapshotLink) -> Bool {
        guard self.link == nil, !isReady else { return false }
        self.link = link
        link.onMessage = { [weak self] message in self?.received(message) }
        link.onClosed = { [weak self] reason in self?.failed(reason) }
        return true
    }

    private func received(_ message: SnapshotMessage?) {
        switch message {
        case .offer(let header): began(header)
        case .chunk(let offset, let bytes): took(bytes, at: offset)
        case .refused(let why): fail("\(why)")
        case .request, .want, .taken, .done, nil:
            fail("the other node sent what does not belong there")
        }
    }

    private func began(_ header: SnapshotHeader) {
        guard let link, waiting.isEmpty, offer == nil else { return fail("a second offer") }
        guard !isWriting else { return offer = header }
        guard isNeeded(header.mark) else { return refuse(.notNeeded, link) }
        if let known = partial, known.header == header {
            log.info("snapshot goes on", ["at": .count(known.written)])
        } else {
            partial = nil
            if let free = DiskRoom.free(at: directory),
                free < reserve || free - reserve < header.size
            {
                return refuse(.noRoom, link)
            }
            do throws(StorageError) {
                partial = Partial(header: header, file: try SnapshotFile.make(path))
            } catch {
                log.error("no snapshot", ["reason": .text(error.description)])
                return refuse(.noRoom, link)
            }
            log.info(
                "snapshot begins",
                [
                    "index": .count(header.mark.index.rawValue), "bytes": .count(header.size),
                    "from": .count(link.node.rawValue),
                ])
        }
        link.send(.want(offset: partial?.written ?? 0))
        if partial?.written == header.size { verify() }
    }

    /// Begins what was offered while the file was busy; whether there was such an offer.
    private func beginPostponed() -> Bool {
        guard let header = offer else { return false }
        offer = nil
        began(header)
        return true
    }

    private func took(_ bytes: [UInt8], at offset: UInt64) {
        guard let partial else { return fail("a chunk without an offer") }
        let behind = waiting.reduce(0) { $0 + UInt64($1.count) }
        let expected = partial.written + writing + behind
        guard offset == expected, offset + UInt64(bytes.count) <= partial.header.size,
            !bytes.isEmpty
        else { return fail("a chunk at byte \(offset) where \(expected) is next") }
        guard behind < Limits.waitingBytes else { return fail("more than may be sent ahead") }
        waiting.append(bytes)
        write()
    }

    private func write() {
        guard !isWriting, let partial, !waiting.isEmpty else { return }
        isWriting = true
        let bytes = waiting.removeFirst()
        writing = UInt64(bytes.count)
        let (file, offset) = (partial.file, partial.written)
        let isSynced = partial.unsynced + UInt64(bytes.count) >= Limits.syncBytes
        let started = pool.submit(on: loop) { () -> StorageError? in
            do throws(StorageError) {
                try file.write(bytes, at: offset)
                if isSynced { try file.sync() }
                return nil
            } catch {
                return error
            }
        } completion: { [weak self] error in
            self?.wrote(bytes.count, isSynced, error)
        }
        if !started {
            (isWriting, writing) = (false, 0)
            fail("too much work for the disk")
        }
    }

    private func wrote(_ count: Int, _ isSynced: Bool, _ error: StorageError?) {
        (isWriting, writing) = (false, 0)
        guard var partial else { return }
        if let error {
            // What is in the file is unknown now.
            self.partial = nil
            return fail(error.description)
        }
        partial.written += UInt64(count)
        partial.unsynced = isSynced ? 0 : partial.unsynced + UInt64(count)
        self.partial = partial
        if beginPostponed() { return }
        guard let link else { return waiting = [] }
        link.send(.taken(offset: partial.written))
        if partial.written == partial.header.size { verify() } else { write() }
    }

    /// Reads the whole file again: what counts is what the disk gives back.
    private func verify() {
        guard let partial, !isWriting else { return }
        isWriting = true
        tellNews()
        let file = partial.file
        let started = pool.submit(on: loop) { () -> Result<[UInt8], StorageError> in
            Result { () throws(StorageError) in
                try file.sync()
                return try file.hash()
            }
        } completion: { [weak self] result in
            guard let self else { return }
            isWriting = false
            newsTimer?.cancel()
            if !beginPostponed() { verified(result) }
        }
        if !started {
            isWriting = false
            newsTimer?.cancel()
            fail("too much work for the disk")
        }
    }

    /// Says again what is written, which every giver takes for a sign that the transfer goes on.
    private func tellNews() {
        newsTimer?.cancel()
        newsTimer = loop.schedule(after: news) { [weak self] in
            guard let self, isWriting, offer == nil, let partial else { return }
            link?.send(.taken(offset: partial.written))
            tellNews()
        }
    }

    private func verified(_ result: Result<[UInt8], StorageError>) {
        guard var partial else { return }
        guard case .success(let hash) = result else {
            self.partial = nil
            return fail("the snapshot can't be read back")
        }
        guard let link else { return }
        guard hash == partial.header.hash else {
            partial.mismatches += 1
            partial.written = 0
            self.partial = partial
            log.warning("a snapshot came through damaged; it starts over", [:])
            guard partial.mismatches < 2 else {
                self.partial = nil
                return refuse(.damaged, link)
            }
            return link.send(.want(offset: 0))
        }
        guard isNeeded(partial.header.mark) else { return refuse(.notNeeded, link) }
        isReady = true
        let header = partial.header
        self.partial = nil
        link.send(.done)
        var isTold = false
        let tell = { [weak self] in
            guard let self, !isTold else { return }
            isTold = true
            leave()
            onReady?(header)
        }
        link.onClosed = { _ in tell() }
        _ = loop.schedule(after: Limits.farewell, tell)
    }

    private func refuse(_ why: SnapshotMessage.Refusal, _ link: SnapshotLink) {
        // The giver closes when it has read it.
        link.send(.refused(why))
        failed("refused: \(why)")
    }

    private func fail(_ reason: String) {
        link?.close()
        failed(reason)
    }

    private func failed(_ reason: String) {
        leave()
        log.warning("snapshot not taken", ["reason": .text(reason)])
        onFailed?(reason)
    }

    private func leave() {
        link?.onMessage = nil
        link?.onClosed = nil
        link = nil
        offer = nil
        waiting = []
    }
}
