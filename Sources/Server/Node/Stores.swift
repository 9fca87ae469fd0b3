import Raft
import Replica
import Routing
import Storage
import Synchronization
import Transport
import Wire

/// The node's files with their threads.
final class Stores {
    /// log.db, seen by the loop.
    let log: LogPort
    /// state.db's writer.
    let state: StateWriter
    /// state.db's reader, for the query thread.
    let reader: StateReader
    /// spool.db's writer.
    let spool: SpoolWriter
    private let directory: DataDirectory

    /// What a start finds on the disk.
    struct Found {
        var directory: DataDirectory
        var log: LogStore
        var stored: StoredLog
        var state: StateStore
        var spool: ClickSpool
    }

    /// Opens and checks the files; nothing runs yet.
    static func find(_ configuration: NodeConfiguration) throws(StorageError) -> Found {
        let directory = try DataDirectory.open(configuration.dataDirectory)
        let identity = StoreIdentity(cluster: configuration.cluster, node: configuration.node)
        let state = try StateStore.open(path: directory.statePath, identity: identity)
        var (log, stored) = try LogStore.open(
            path: directory.logPath, identity: identity,
            decodeConfiguration: Replica.decodeConfiguration)
        try StartCheck.verify(
            log: log, stored: stored, applied: state.applied, stateFile: directory.statePath)
        if let first = stored.tail.first, first.index > state.applied.index.next {
            // state.db is far behind: all that it has not seen must be in memory to be replayed.
            log.close()
            (log, stored) = try LogStore.open(
                path: directory.logPath, identity: identity, tailBytes: .max,
                decodeConfiguration: Replica.decodeConfiguration)
        }
        let spool = try ClickSpool.open(path: directory.spoolPath, identity: identity)
        return Found(directory: directory, log: log, stored: stored, state: state, spool: spool)
    }

    /// Starts the threads over what was found.
    init(
        _ found: Found, stateRows: Int, onFailure: @escaping @Sendable (StorageError) -> Void
    ) throws(StorageError) {
        directory = found.directory
        reader = try found.state.reader()
        log = LogPort(store: found.log, onFailure: onFailure)
        var limits = StateWriter.Limits()
        limits.maxPendingRows = stateRows
        state = StateWriter(store: found.state, limits: limits, onFailure: onFailure)
        spool = SpoolWriter(spool: found.spool, onFailure: onFailure)
    }

    /// Writes what is queued and closes everything. Blocks until then.
    func close() {
        log.close()
        reader.close()
        state.close()
        spool.close()
    }
}

/// log.db's writer, whose news of durability can be directed after it was made.
final class LogPort: Sendable {
    private let writer: LogWriter
    private let target: Target

    private final class Target: Sendable {
        let onDurable = Mutex<(@Sendable (UInt64) -> Void)?>(nil)
    }

    init(store: LogStore, onFailure: @escaping @Sendable (StorageError) -> Void) {
        let target = Target()
        self.target = target
        writer = LogWriter(
            store: store,
            onDurable: { id in
                let call = target.onDurable.withLock { $0 }
                call?(id)
            }, onFailure: onFailure)
    }

    /// Told on the writer's thread with the newest durable write.
    var onDurable: (@Sendable (UInt64) -> Void)? {
        get { target.onDurable.withLock { $0 } }
        set { target.onDurable.withLock { $0 = newValue } }
    }
    /// See `LogWriter.submit`.
    func submit(_ persist: Persist) { writer.submit(persist) }
    /// See `LogWriter.read`.
    func read(
        from: LogIndex, through: LogIndex, maxBytes: Int,
        completion: @escaping @Sendable (Result<[Entry], StorageError>) -> Void
    ) {
        writer.read(from: from, through: through, maxBytes: maxBytes, completion: completion)
    }
    /// See `LogWriter.oldestPending`.
    var oldestPending: Duration? { writer.oldestPending }
    /// Writes what is queued and closes.
    func close() { writer.close() }
}

/// Threads for what must not hold up the loop.
struct Workers {
    /// Password hashing: 128 MiB each, so only a few at a time.
    let passwords: WorkerPool
    /// Reading state.db for the console.
    let queries: WorkerPool

    init(passwordThreads: Int) throws(TransportError) {
        passwords = try WorkerPool(name: "passwords", threads: passwordThreads, queueLimit: 64)
        queries = try WorkerPool(name: "queries", threads: 1, queueLimit: 1000)
    }
    func shutDown() {
        passwords.shutDown()
        queries.shutDown()
    }
}
