import CSQLite
import Raft
import Routing
import Wire

/// The connection to journal.db. Confined to the lock of its `JournalStore`.
///
/// Nothing in the file is worth more than the past that it tells: one that does not read, is of
/// another layout or of another node is deleted, and a new past begins.
struct JournalFile: DerivedConnection {
    /// The last entry that was taken.
    struct Progress: Hashable, Sendable {
        /// Its index; 0: there is none, and no base.
        var index: UInt64 = 0
        /// Its term.
        var term: UInt64 = 0
    }
    private let database: Database
    private(set) var progress: Progress
    /// From the oldest on.
    private(set) var bases: [JournalBaseMark]
    /// Bytes of bases and entries.
    private(set) var bytes: Int64 = 0
    /// Bytes of entries that came after the newest base was made.
    private(set) var grown: Int64 = 0
    /// Bytes of the newest base.
    private(set) var newestBytes: Int64 = 0
    private let begin: Statement
    private let commit: Statement
    private let putProgress: Statement
    private let putBase: Statement
    private let putRun: Statement
    private let putEntries: Statement
    private let sumBytes: Statement
    private let countEntries: Statement
    private let runsOf: Statement
    private let entriesFrom: Statement

    /// Opens the file, or makes it.
    static func open(
        _ path: String, identity: StoreIdentity, options: StoreOptions
    ) throws(StorageError) -> JournalFile {
        let database = try Database(path: path, role: .writer(options))
        do throws(StorageError) {
            try database.create(
                .journal, for: identity,
                schema: [
                    "CREATE TABLE progress(id INTEGER PRIMARY KEY, body BLOB NOT NULL)",
                    "CREATE TABLE bases(at INTEGER PRIMARY KEY, time INTEGER NOT NULL)",
                    "CREATE TABLE runs(base INTEGER NOT NULL, number INTEGER NOT NULL,"
                        + " body BLOB NOT NULL, PRIMARY KEY(base, number))",
                    "CREATE TABLE entries(first INTEGER PRIMARY KEY, last INTEGER NOT NULL,"
                        + " count INTEGER NOT NULL, time INTEGER NOT NULL, body BLOB NOT NULL)",
                ]
            ) { () throws(StorageError) in
                try database.prepare("INSERT INTO progress VALUES(1, ?)")
                    .run(1, encoded(Progress()))
            }
            return try JournalFile(database)
        } catch {
            database.close()
            throw error
        }
    }

    private init(_ database: Database) throws(StorageError) {
        self.database = database
        let select = try database.prepare("SELECT body FROM progress WHERE id = 1")
        guard try select.step(), let progress = JournalFile.progress(select.bytes(0)) else {
            throw StorageError(.corrupt, file: database.file, "how far it goes does not read")
        }
        select.reset()
        self.progress = progress
        bases = []
        let all = try database.prepare("SELECT at, time FROM bases ORDER BY at")
        while try all.step() {
            bases.append(
                JournalBaseMark(
                    index: all.integer(0), time: LogTime(milliseconds: all.integer(1))))
        }
        all.reset()
        sumBytes = try database.prepare(
            "SELECT (SELECT total(length(body)) FROM runs)"
                + " + (SELECT total(length(body)) FROM entries)")
        countEntries = try database.prepare(
            "SELECT total(count) FROM entries WHERE last > ?1 AND time < ?2")
        begin = try database.prepare("BEGIN IMMEDIATE")
        commit = try database.prepare("COMMIT")
        putProgress = try database.prepare("UPDATE progress SET body = ? WHERE id = 1")
        putBase = try database.prepare("INSERT OR REPLACE INTO bases VALUES(?1, ?2)")
        putRun = try database.prepare("INSERT OR REPLACE INTO runs VALUES(?1, ?2, ?3)")
        putEntries = try database.prepare("INSERT INTO entries VALUES(?1, ?2, ?3, ?4, ?5)")
        runsOf = try database.prepare("SELECT body FROM runs WHERE base = ?1 AND number = ?2")
        entriesFrom = try database.prepare(
            "SELECT last, body FROM entries WHERE last > ?1 AND time < ?2 ORDER BY first LIMIT 1")
        bytes = try sum(sumBytes)
        grown = try sum(
            try database.prepare(
                "SELECT total(length(body)) FROM entries WHERE last > "
                    + "(SELECT coalesce(max(at), 0) FROM bases)"))
        newestBytes = try sum(
            try database.prepare(
                "SELECT total(length(body)) FROM runs WHERE base = (SELECT max(at) FROM bases)"))
    }

    private func sum(_ statement: Statement) throws(StorageError) -> Int64 {
        defer { statement.reset() }
        return try statement.step() ? statement.integer(0) : 0
    }

    // MARK: Writing

    /// Takes entries that follow the last, and how far they go.
    mutating func add(_ batch: [JournalRecord], _ progress: Progress) throws(StorageError) {
        var writer = ByteWriter()
        for record in batch {
            writer.varint(UInt64(record.index))
            writer.blob(record.payload)
        }
        let body = JournalFile.sealed(writer.bytes)
        try transact { () throws(StorageError) in
            if let first = batch.first, let last = batch.last {
                putEntries.bind(1, first.index)
                putEntries.bind(2, last.index)
                putEntries.bind(3, Int64(batch.count))
                putEntries.bind(4, first.time.milliseconds)
                try putEntries.run(5, body)
            }
            try putProgress.run(1, JournalFile.encoded(progress))
        }
        if !batch.isEmpty {
            bytes += Int64(body.count)
            grown += Int64(body.count)
        }
        self.progress = progress
    }

    /// Takes a base. Without `follows` everything before it is dropped: there is a gap.
    mutating func begin(
        _ base: JournalBaseMark, _ runs: JournalRuns, follows: Bool, term: UInt64
    ) throws(StorageError) {
        let gap = Progress(index: UInt64(base.index), term: term)
        try transact { () throws(StorageError) in
            if !follows {
                try database.execute("DELETE FROM bases; DELETE FROM runs; DELETE FROM entries")
                try putProgress.run(1, JournalFile.encoded(gap))
            }
            putBase.bind(1, base.index)
            putBase.bind(2, base.time.milliseconds)
            try putBase.run()
            for (number, run) in runs.sealed.enumerated() {
                putRun.bind(1, base.index)
                putRun.bind(2, Int64(number))
                try putRun.run(3, run)
            }
        }
        if !follows { (bases, progress) = ([], gap) }
        bases.removeAll { $0.index == base.index }
        bases.append(base)
        grown = 0
        newestBytes = runs.bytes
        bytes = try sum(sumBytes)
    }

    /// Drops the oldest base, and the entries before the next one.
    mutating func dropOldest() throws(StorageError) {
        guard bases.count > 1 else { return }
        let (oldest, next) = (bases[0], bases[1])
        try transact { () throws(StorageError) in
            try database.execute(
                "DELETE FROM bases WHERE at = \(oldest.index);"
                    + " DELETE FROM runs WHERE base = \(oldest.index);"
                    + " DELETE FROM entries WHERE last <= \(next.index)")
        }
        bases.removeFirst()
        bytes = try sum(sumBytes)
    }

    private func transact(_ body: () throws(StorageError) -> Void) throws(StorageError) {
        try begin.run()
        do throws(StorageError) {
            try body()
            try commit.run()
        } catch {
            database.rollBack()
            throw error
        }
    }

    // MARK: Reading

    /// How many entries follow a base before a moment, as whole batches.
    func count(after base: Int64, before end: LogTime) throws(StorageError) -> Int {
        countEntries.bind(1, base)
        countEntries.bind(2, end.milliseconds)
        return Int(try sum(countEntries))
    }

    /// A run of a base's rows; nil after the last.
    func run(_ number: Int, of base: Int64) throws(StorageError) -> [StateRowCopy]? {
        runsOf.bind(1, base)
        runsOf.bind(2, Int64(number))
        defer { runsOf.reset() }
        guard try runsOf.step() else { return nil }
        var rows: [StateRowCopy] = []
        try read(runsOf.bytes(0)) { (reader) throws(WireError) in
            rows.append(try StateRowCopy(from: &reader))
        }
        return rows
    }

    /// The next batch of entries after an index that begins before a moment; nil after the last.
    func entries(
        after index: Int64, before end: LogTime
    ) throws(StorageError) -> [(index: Int64, payload: [UInt8])]? {
        entriesFrom.bind(1, index)
        entriesFrom.bind(2, end.milliseconds)
        defer { entriesFrom.reset() }
        guard try entriesFrom.step() else { return nil }
        var entries: [(index: Int64, payload: [UInt8])] = []
        try read(entriesFrom.bytes(1)) { (reader) throws(WireError) in
            let number = Int64(bitPattern: try reader.varint())
            let payload = try reader.blob()
            if number > index { entries.append((number, payload)) }
        }
        return entries
    }

    /// Moves the WAL into the file once it has grown.
    func checkpoint(beyond pages: Int) throws(StorageError) {
        if database.walPages > pages { try database.checkpoint(SQLITE_CHECKPOINT_PASSIVE) }
    }

    /// Closes the connection.
    func close() { database.close() }

    // MARK: Forms

    /// A body of these bytes, with their checksum.
    static func sealed(_ bytes: [UInt8]) -> [UInt8] {
        var writer = ByteWriter(capacity: bytes.count + 4)
        writer.raw(bytes)
        writer.u32(CRC32C.checksum(bytes))
        return writer.bytes
    }

    /// Checks a body and reads it item by item.
    private func read(
        _ body: [UInt8], _ item: (inout ByteReader) throws(WireError) -> Void
    ) throws(StorageError) {
        let bad = StorageError(.corrupt, file: database.file, "a batch does not read")
        let end = body.count - 4
        guard end >= 0 else { throw bad }
        do throws(WireError) {
            var sum = ByteReader(body, range: end..<body.count)
            guard try sum.u32() == CRC32C.checksum(body[0..<end]) else {
                throw WireError(.badValue("checksum"), offset: end)
            }
            var reader = ByteReader(body, range: 0..<end)
            while !reader.isAtEnd { try item(&reader) }
        } catch { throw bad }
    }

    private static func encoded(_ progress: Progress) -> [UInt8] {
        var writer = ByteWriter()
        writer.u64(progress.index)
        writer.u64(progress.term)
        return writer.bytes
    }

    private static func progress(_ bytes: [UInt8]) -> Progress? {
        var reader = ByteReader(bytes)
        do {
            let progress = Progress(index: try reader.u64(), term: try reader.u64())
            try reader.expectEnd()
            return progress
        } catch { return nil }
    }
}

/// A state from which a journal can be played on.
public struct JournalBaseMark: Hashable, Sendable {
    /// The last log index that it holds.
    public var index: Int64
    /// Its log time.
    public var time: LogTime
}

/// An entry as a journal keeps it.
public struct JournalRecord: Hashable, Sendable {
    /// Its log index.
    public var index: Int64
    /// Its log time.
    public var time: LogTime
    /// Its payload in the journal's form.
    public var payload: [UInt8]
    /// A record of these parts.
    public init(index: Int64, time: LogTime, payload: [UInt8]) {
        self.index = index
        self.time = time
        self.payload = payload
    }
}
