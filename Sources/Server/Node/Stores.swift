import Raft
import Replica
import Routing
import Storage
import Transport
import Wire

/// The node's files with their threads.
final class Stores: Sendable {
    /// log.db's writer.
    let log: LogWriter
    /// state.db's writer.
    let state: StateWriter
    /// state.db's reader, for the query thread.
    let reader: StateReader
    /// search.db, made from state.db by a thread of its own.
    let search: SearchStore
    let indexer: SearchIndexer
    /// journal.db, made from log.db and state.db by a thread of its own.
    let journal: JournalStore
    let keeper: JournalKeeper
    /// spool.db's writer.
    let spool: SpoolWriter
    /// Where they are.
    let directory: DataDirectory
    /// The state file in force.
    let statePath: String
    private let relay: StorageRelay

    /// What a start finds on the disk.
    struct Found: Sendable {
        var directory: DataDirectory
        var identity: StoreIdentity
        var log: LogStore
        var stored: StoredLog
        var state: StateStore
        var spool: ClickSpool

        /// Closes all of it, when nothing is to run over it.
        func close() {
            log.close()
            state.close()
            spool.close()
        }
    }

    /// Whose files these are.
    static func identity(_ configuration: NodeConfiguration) -> StoreIdentity {
        StoreIdentity(cluster: configuration.cluster, node: configuration.node)
    }

    /// Opens and verifies the log alone.
    static func openLog(
        _ directory: DataDirectory, _ configuration: NodeConfiguration, tailBytes: Int = 32 << 20
    ) throws(StorageError) -> (store: LogStore, stored: StoredLog) {
        try LogStore.open(
            path: directory.logPath, identity: identity(configuration), tailBytes: tailBytes,
            decodeConfiguration: Replica.decodeConfiguration)
    }

    /// Opens and checks the files; nothing runs yet.
    static func find(
        _ directory: DataDirectory, _ configuration: NodeConfiguration
    ) throws(StorageError) -> Found {
        let identity = identity(configuration)
        var (log, stored) = try openLog(directory, configuration)
        var opened: StateStore?
        do throws(StorageError) {
            let state = try directory.openState(log: log, stored: stored, identity: identity)
            opened = state
            if let first = stored.tail.first, first.index > state.applied.index.next {
                // state.db is far behind: all that it has not seen must be in memory.
                log.close()
                (log, stored) = try openLog(directory, configuration, tailBytes: .max)
            }
            let spool = try ClickSpool.open(path: directory.spoolPath, identity: identity)
            return Found(
                directory: directory, identity: identity, log: log, stored: stored, state: state,
                spool: spool)
        } catch {
            opened?.close()
            log.close()
            throw error
        }
    }

    /// Starts the threads over what was found; `relay` carries their news to the loop.
    init(
        _ found: Found, of node: NodeID, limits settings: NodeLimits, relay: StorageRelay
    ) throws(StorageError) {
        directory = found.directory
        statePath = found.state.path
        self.relay = relay
        reader = try found.state.reader()
        let searched = try found.state.reader()
        let onFailure: @Sendable (StorageError) -> Void = { error in relay.failed(error) }
        let onFull: @Sendable (StorageError?) -> Void = { error in
            if let error { relay.foundNoRoom(error) }
        }
        log = LogWriter(
            store: found.log, onDurable: { id in relay.wrote(id) }, onFull: onFull,
            onFailure: onFailure)
        var limits = StateWriter.Limits()
        limits.maxPendingRows = settings.stateRows
        limits.checkpointPages -= limits.checkpointStagger * Int(node.rawValue % 3)
        limits.scrubBytesPerSecond = settings.scrubMiBPerSecond << 20
        state = StateWriter(
            store: found.state, limits: limits, onFull: onFull,
            onBadRows: { error in relay.foundBadRows(error) },
            onFailure: { error in relay.stateFailed(error) })
        spool = SpoolWriter(spool: found.spool, onFailure: onFailure)
        search = SearchStore(path: found.directory.searchPath, identity: found.identity)
        indexer = SearchIndexer(
            store: search, reader: searched,
            onFailure: { error in relay.searchFailed(error) })
        journal = JournalStore(path: found.directory.journalPath, identity: found.identity)
        keeper = JournalKeeper(
            store: journal, log: found.log, reader: try found.state.reader(),
            form: .init(
                kept: { entry in try JournalTape.kept(of: entry) },
                time: { mark in Replica.Mark.Meta(mark.meta)?.time }),
            limits: settings.journal, onFailure: { error in relay.journalFailed(error) })
    }

    /// From here on nothing that the threads tell reaches a node.
    func silence() { relay.node = nil }

    /// Writes what is queued and closes everything. Blocks until then.
    func close() {
        keeper.close()
        log.close()
        indexer.close()
        reader.close()
        state.close()
        spool.close()
    }
}

/// Carries the stores' news from their threads to the node on the loop's.
final class StorageRelay: @unchecked Sendable {  // `node` is touched on the loop only
    private let loop: EventLoop
    /// Set once the node is made, before the loop runs.
    weak var node: Node?

    init(loop: EventLoop) { self.loop = loop }

    /// The write of this number is durable.
    func wrote(_ id: UInt64) {
        loop.post { self.node?.backlog.wrote(id) }
    }
    /// A store failed for good.
    func failed(_ error: StorageError) {
        loop.post { self.node?.storageFailed(error) }
    }
    /// state.db failed for good; what is bad in it can be had again.
    func stateFailed(_ error: StorageError) {
        loop.post {
            guard let node = self.node, !node.isStopping else { return }
            guard error.kind == .corrupt else { return node.storageFailed(error) }
            node.host.replaceState(node, error)
        }
    }
    /// Rows of state.db are not those that were written.
    func foundBadRows(_ error: StorageError) {
        loop.post { self.node?.repair.begin(error) }
    }
    /// search.db can't be read or written; it is tried again, or made anew.
    func searchFailed(_ error: StorageError) {
        loop.post {
            self.node?.log.warning("search fails", ["reason": .text(error.description)])
        }
    }
    /// journal.db can't be read or written; it is tried again, or a new one begins.
    func journalFailed(_ error: StorageError) {
        loop.post {
            self.node?.log.warning(
                "the routing journal fails", ["reason": .text(error.description)])
        }
    }
    /// A write found no room and is tried again.
    func foundNoRoom(_ error: StorageError) {
        loop.post { self.node?.disk.foundNoRoom(error) }
    }
}

/// Threads for what must not hold up the loop.
struct Workers {
    /// Password hashing: 128 MiB each, so only a few at a time.
    let passwords: WorkerPool
    /// Reading state.db for the console.
    let queries: WorkerPool
    /// Playing the routing journal.
    let whatIf: WorkerPool
    /// Reading, writing and hashing snapshots.
    let snapshots: WorkerPool
    /// Looking at the disk's room and keeping the reserve.
    let disk: WorkerPool

    init(passwordThreads: Int) throws(TransportError) {
        passwords = try WorkerPool(name: "passwords", threads: passwordThreads, queueLimit: 64)
        queries = try WorkerPool(name: "queries", threads: 1, queueLimit: 1000)
        whatIf = try WorkerPool(name: "what-if", threads: 1, queueLimit: 4)
        snapshots = try WorkerPool(name: "snapshots", threads: 1, queueLimit: 64)
        disk = try WorkerPool(name: "disk-watch", threads: 1, queueLimit: 16)
    }
    func shutDown() {
        passwords.shutDown()
        queries.shutDown()
        whatIf.shutDown()
        snapshots.shutDown()
        disk.shutDown()
    }
}
