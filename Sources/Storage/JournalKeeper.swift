import Raft
import Routing
import Wire

/// The thread of journal.db: copies what was applied from log.db, a while after it came, and makes
/// a base of state.db now and then. Nobody waits for it.
public final class JournalKeeper: Sendable {
    /// How it goes on, how much it keeps, and how much it leaves to others.
    public struct Limits: Hashable, Sendable {
        /// What is older is dropped, in milliseconds of log time.
        public var retentionMilliseconds: Int64 = 8 * 86_400_000
        /// With more bytes the oldest is dropped, whatever its age.
        public var bytes: Int64 = 1 << 30
        /// A new base is made after so long,
        public var baseMilliseconds: Int64 = 86_400_000
        /// or after so many bytes of entries, in parts of `bytes`; but not before the entries are
        /// as many bytes as the last base: over many sessions bases would be all that it writes.
        public var baseParts: Int64 = 8
        /// Bytes of log.db read at once.
        public var batchBytes = 1 << 20
        /// How long news may gather before they are read.
        public var rest: Duration = .milliseconds(300)
        /// How long it rests after a batch when there is more, in parts of the time that it took.
        public var restParts = 1
        /// How long it leaves a file alone that can't be read or written.
        public var failurePause: Duration = .seconds(5)
        /// The limits as given above.
        public init() {}
    }
    /// What of an entry is kept, and the log time of a mark: the forms are others' knowledge.
    public struct Form: Sendable {
        /// A command's log time and payload as kept; nil: nothing. Throws if it does not read.
        public var kept: @Sendable (Entry) throws -> (time: LogTime, payload: [UInt8])?
        /// The log time of what was applied through a mark; nil: nothing was.
        public var time: @Sendable (AppliedMark) -> LogTime?
        /// A form of these parts.
        public init(
            kept: @escaping @Sendable (Entry) throws -> (time: LogTime, payload: [UInt8])?,
            time: @escaping @Sendable (AppliedMark) -> LogTime?
        ) {
            self.kept = kept
            self.time = time
        }
    }
    private let follower: Follower

    /// Starts the thread. `onFailure` is told on it when a file can't be read or written; it goes
    /// on by itself.
    public init(
        store: JournalStore, log: LogStore, reader: StateReader, form: Form,
        limits: Limits = Limits(), onFailure: @escaping @Sendable (StorageError) -> Void
    ) {
        let pace = Follower.Pace(
            rest: limits.rest, restParts: limits.restParts, failurePause: limits.failurePause)
        follower = Follower(
            name: "journal",
            JournalWork(store: store, log: log, reader: reader, form: form, limits: limits), pace,
            onFailure: onFailure)
    }

    /// The log was applied up to an index.
    public func applied(_ index: UInt64) { follower.applied(index) }

    /// Ends the thread; blocks until then.
    public func close() { follower.close() }
}

/// What the keeper's thread does.
struct JournalWork: Following {
    let store: JournalStore
    let log: LogStore
    let reader: StateReader
    let form: JournalKeeper.Form
    let limits: JournalKeeper.Limits
    /// Whether the journal is known to go on where the log is.
    private var isJoined = false

    init(
        store: JournalStore, log: LogStore, reader: StateReader, form: JournalKeeper.Form,
        limits: JournalKeeper.Limits
    ) {
        self.store = store
        self.log = log
        self.reader = reader
        self.form = form
        self.limits = limits
    }

    func close() {
        store.close()
        reader.close()
    }

    /// Copies some entries of those applied.
    mutating func step(through applied: UInt64) throws(StorageError) -> UInt64? {
        try isDone(through: applied) ? applied : nil
    }

    /// Copies some entries of those applied; true when there are no more.
    private mutating func isDone(through applied: UInt64) throws(StorageError) -> Bool {
        let progress = try store.progress()
        if try store.newest() == nil { return try begin(follows: false) }
        // What was before an erasure names who was erased.
        if let oldest = try store.oldestIndex(), oldest < (try reader.erasureMark()) {
            store.forget()
            isJoined = false
            return try begin(follows: false)
        }
        guard applied > 0 else { return true }
        if !isJoined {
            guard try goesOn(progress, applied) else { return try begin(follows: false) }
            isJoined = true
        }
        guard applied > progress.index else { return true }
        let entries = try log.read(
            from: LogIndex(progress.index + 1), through: LogIndex(applied),
            maxBytes: limits.batchBytes)
        // The log was cut before it was read.
        guard let last = entries.last else { return try begin(follows: false) }
        var batch: [JournalRecord] = []
        for entry in entries {
            do {
                guard let kept = try form.kept(entry) else { continue }
                batch.append(
                    JournalRecord(
                        index: Int64(entry.index.rawValue), time: kept.time, payload: kept.payload))
            } catch {
                throw StorageError(
                    .corrupt, file: log.path, "entry \(entry.index) does not read: \(error)")
            }
        }
        try store.add(
            batch, JournalFile.Progress(index: last.index.rawValue, term: last.term.rawValue))
        if let now = batch.last?.time { try look(now) }
        return last.index.rawValue >= applied
    }

    /// Whether the log has what the journal took last: after it was put back from somewhere else it
    /// may have something else there.
    private func goesOn(
        _ progress: JournalFile.Progress, _ applied: UInt64
    ) throws(StorageError) -> Bool {
        let index = LogIndex(progress.index)
        let entry = try log.read(from: index, through: index, maxBytes: 1).first
        // What was cut was applied before.
        guard let entry else { return progress.index <= applied }
        return entry.term.rawValue == progress.term
    }

    /// Makes a base where one is due, and drops what is too old or too much.
    private mutating func look(_ now: LogTime) throws(StorageError) {
        let grown = try store.grown()
        let age = try store.newest().map { now.milliseconds - $0.time.milliseconds } ?? 0
        let due = max(limits.bytes / limits.baseParts, try store.newestBytes())
        if grown > due || age >= limits.baseMilliseconds {
            _ = try begin(follows: true)
        }
        try store.drop(
            before: now.adding(milliseconds: -limits.retentionMilliseconds),
            beyond: limits.bytes)
    }

    /// Makes a base of the rows as they are; true while nothing was applied. One after a gap begins
    /// a new journal.
    private mutating func begin(follows: Bool) throws(StorageError) -> Bool {
        var mark = AppliedMark()
        var base: JournalBase?
        var runs = JournalRuns()
        try reader.whole(JournalBase.tables) { table, row in
            let value = try base?.take(
                table, major: row.major, minor: row.minor, value: row.value)
            guard let value else { return }
            runs.add(StateRowCopy(table: table, major: row.major, minor: row.minor, value: value))
        } after: { found in
            mark = found
            base = form.time(found).map { JournalBase(at: $0) }
        }
        guard mark.index > .zero, let time = form.time(mark) else { return true }
        runs.finish()
        try store.begin(
            JournalBaseMark(index: Int64(mark.index.rawValue), time: time), runs,
            follows: follows, term: mark.term.rawValue)
        isJoined = true
        return false
    }
}
