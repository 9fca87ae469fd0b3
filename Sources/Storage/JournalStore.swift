import Raft
import Routing
import Wire

/// journal.db: the commands of the last days without their words, and now and then a state from
/// which they can be played on. Made from log.db and state.db by its `JournalKeeper`. Usable from
/// any thread.
public final class JournalStore: Sendable {
    /// What a journal can tell of.
    public struct Coverage: Hashable, Sendable {
        /// Log time from which on it can be played; nil: it has no base yet.
        public var since: LogTime?
        /// How many bases it has.
        public var bases: Int
        /// The last log index that it holds.
        public var index: UInt64
        /// Bytes of bases and entries.
        public var bytes: Int64
    }

    private let file: DerivedFile<JournalFile>
    var path: String { file.path }

    /// A store at a path; the file is opened, or made, when it is first needed.
    public init(path: String, identity: StoreIdentity) {
        file = DerivedFile(path: path, identity: identity, options: .journal)
    }

    /// What it can tell of now.
    public func coverage() throws(StorageError) -> Coverage {
        try file.use { (file) throws(StorageError) in
            Coverage(
                since: file.bases.first?.time, bases: file.bases.count,
                index: file.progress.index, bytes: file.bytes)
        }
    }

    /// The newest base that is not after a moment, and how many entries follow it before another;
    /// nil: the journal begins later.
    public func base(
        for start: LogTime, until end: LogTime
    ) throws(StorageError) -> (base: JournalBaseMark, entries: Int)? {
        try file.use { (file) throws(StorageError) in
            guard let base = file.bases.last(where: { $0.time <= start }) else { return nil }
            return (base, try file.count(after: base.index, before: end))
        }
    }

    /// A run of a base's rows, counted from 0; nil after the last.
    public func run(_ number: Int, of base: Int64) throws(StorageError) -> [StateRowCopy]? {
        try file.use { (file) throws(StorageError) in try file.run(number, of: base) }
    }

    /// The next batch of entries after an index that begins before a moment; nil after the last.
    public func entries(
        after index: Int64, before end: LogTime
    ) throws(StorageError) -> [(index: Int64, payload: [UInt8])]? {
        try file.use { (file) throws(StorageError) in
            try file.entries(after: index, before: end)
        }
    }

    /// Whether a base that was found is still there: what is too old is dropped.
    public func has(_ base: JournalBaseMark) throws(StorageError) -> Bool {
        try file.use { (file) throws(StorageError) in file.bases.contains(base) }
    }

    /// The log index of the oldest base, before which it has nothing; nil: it has no base yet.
    public func oldestIndex() throws(StorageError) -> Int64? {
        try file.use { (file) throws(StorageError) in file.bases.first?.index }
    }

    /// Deletes the file: another past begins.
    func forget() { file.forget() }

    /// Closes the file; it is opened again when it is needed.
    func close() { file.close() }

    /// The last entry that was taken.
    func progress() throws(StorageError) -> JournalFile.Progress {
        try file.use { (file) throws(StorageError) in file.progress }
    }

    /// The newest base.
    func newest() throws(StorageError) -> JournalBaseMark? {
        try file.use { (file) throws(StorageError) in file.bases.last }
    }

    /// Bytes of entries that came after the newest base was made.
    func grown() throws(StorageError) -> Int64 {
        try file.use { (file) throws(StorageError) in file.grown }
    }

    /// Bytes of the newest base.
    func newestBytes() throws(StorageError) -> Int64 {
        try file.use { (file) throws(StorageError) in file.newestBytes }
    }

    /// Takes entries.
    func add(
        _ batch: [JournalRecord], _ progress: JournalFile.Progress
    ) throws(StorageError) {
        try file.write { (file) throws(StorageError) in try file.add(batch, progress) }
    }

    /// Takes a base; see `JournalFile.begin`.
    func begin(
        _ base: JournalBaseMark, _ runs: JournalRuns, follows: Bool, term: UInt64
    ) throws(StorageError) {
        try file.write { (file) throws(StorageError) in
            try file.begin(base, runs, follows: follows, term: term)
        }
    }

    /// Drops what is older than a moment or more than so many bytes, as whole stretches between
    /// two bases; the newest stays.
    func drop(before moment: LogTime, beyond bytes: Int64) throws(StorageError) {
        try file.use { (file) throws(StorageError) in
            while file.bases.count > 1, file.bases[1].time <= moment || file.bytes > bytes {
                try file.dropOldest()
            }
        }
    }
}
