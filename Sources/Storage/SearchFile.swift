import CSQLite
import Routing
import Wire

/// The connection to search.db. Confined to the lock of its `SearchStore`.
///
/// Nothing in the file is worth more than the time that it takes to make it anew from state.db: a
/// file that does not read, is of another layout or of another node is deleted.
struct SearchFile: DerivedConnection {
    /// How far state.db's history was read, and of which file.
    struct Progress: Hashable, Sendable {
        /// Which file; see `StateReader.stamp`.
        var stamp: Text = ""
        /// The history row that was read last, in order of arrival.
        var row: Int64 = 0
        /// Every row of entries up to this log index was read.
        var index: UInt64 = 0
        /// The entry that had finished an erasure last when reading began; 0: none had.
        var erased: Int64 = 0
    }

    private let database: Database
    private(set) var progress: Progress
    private let begin: Statement
    private let commit: Statement
    private let putItem: Statement
    private let changes: Statement
    private let putWords: Statement
    private let putProgress: Statement
    private let search: Statement

    /// The layout; another one's files are made anew.
    private static let layout = 2

    /// Opens the file, or makes it.
    static func open(
        _ path: String, identity: StoreIdentity, options: StoreOptions
    ) throws(StorageError) -> SearchFile {
        let database = try Database(path: path, role: .writer(options))
        do throws(StorageError) {
            try database.create(
                .search, for: identity,
                schema: [
                    "CREATE TABLE progress(id INTEGER PRIMARY KEY, body BLOB NOT NULL)",
                    "CREATE TABLE items(id INTEGER PRIMARY KEY, session INTEGER NOT NULL,"
                        + " ordinal INTEGER NOT NULL, at INTEGER NOT NULL)",
                    "CREATE VIRTUAL TABLE words USING fts5(text, content='', columnsize=0,"
                        + " tokenize='unicode61')",
                ]
            ) { () throws(StorageError) in
                try database.prepare("INSERT INTO progress VALUES(1, ?)")
                    .run(1, encoded(Progress()))
            }
            return try SearchFile(database)
        } catch {
            database.close()
            throw error
        }
    }

    private init(_ database: Database) throws(StorageError) {
        self.database = database
        let select = try database.prepare("SELECT body FROM progress WHERE id = 1")
        guard try select.step(), let progress = SearchFile.progress(select.bytes(0)) else {
            throw StorageError(.corrupt, file: database.file, "how far it goes does not read")
        }
        select.reset()
        self.progress = progress
        begin = try database.prepare("BEGIN IMMEDIATE")
        commit = try database.prepare("COMMIT")
        putItem = try database.prepare("INSERT OR IGNORE INTO items VALUES(?1, ?2, ?3, ?4)")
        changes = try database.prepare("SELECT changes()")
        putWords = try database.prepare("INSERT INTO words(rowid, text) VALUES(?1, ?2)")
        putProgress = try database.prepare("UPDATE progress SET body = ? WHERE id = 1")
        search = try database.prepare(
            "SELECT items.id, session, ordinal FROM words JOIN items ON items.id = words.rowid"
                + " WHERE words MATCH ?1 AND words.rowid < ?2 AND at >= ?3 AND at < ?4"
                + " ORDER BY words.rowid DESC LIMIT ?5")
    }

    /// Takes a batch of texts, each once however often it comes, and how far the batch goes.
    mutating func add(
        _ batch: [(session: Int64, ordinal: Int64, item: SearchItem)], _ progress: Progress
    ) throws(StorageError) {
        try begin.run()
        do throws(StorageError) {
            for (session, ordinal, item) in batch {
                putItem.bind(1, item.id)
                putItem.bind(2, session)
                putItem.bind(3, ordinal)
                putItem.bind(4, item.at)
                try putItem.run()
                guard try isChanged() else { continue }
                putWords.bind(1, item.id)
                try putWords.run(2, SearchWords.indexed(item.text).utf8)
            }
            try putProgress.run(1, SearchFile.encoded(progress))
            try commit.run()
        } catch {
            database.rollBack()
            throw error
        }
        self.progress = progress
    }

    private func isChanged() throws(StorageError) -> Bool {
        defer { changes.reset() }
        return try changes.step() && changes.integer(0) > 0
    }

    /// The newest texts before a name that have what the query asks for, written in a span of time.
    func find(
        _ query: Text, before: Int64, at span: Range<Int64>, limit: Int
    ) throws(StorageError) -> [SearchHit] {
        defer { search.reset() }
        search.bind(1, query)
        search.bind(2, before)
        search.bind(3, span.lowerBound)
        search.bind(4, span.upperBound)
        search.bind(5, Int64(limit))
        var hits: [SearchHit] = []
        while try search.step() {
            hits.append(
                SearchHit(
                    id: search.integer(0), session: SessionID(search.integer(1)),
                    ordinal: search.integer(2)))
        }
        return hits
    }

    /// Moves the WAL into the file once it has grown.
    func checkpoint(beyond pages: Int) throws(StorageError) {
        if database.walPages > pages { try database.checkpoint(SQLITE_CHECKPOINT_PASSIVE) }
    }

    /// Closes the connection.
    func close() { database.close() }

    private static func encoded(_ progress: Progress) -> [UInt8] {
        var writer = ByteWriter()
        writer.u8(UInt8(layout))
        writer.text(progress.stamp)
        writer.zigzag(progress.row)
        writer.u64(progress.index)
        writer.zigzag(progress.erased)
        return writer.bytes
    }

    private static func progress(_ bytes: [UInt8]) -> Progress? {
        var reader = ByteReader(bytes)
        do {
            guard try reader.u8() == layout else { return nil }
            let progress = Progress(
                stamp: try reader.text(), row: try reader.zigzag(), index: try reader.u64(),
                erased: try reader.zigzag())
            try reader.expectEnd()
            return progress
        } catch { return nil }
    }
}

/// A text that was found.
public struct SearchHit: Hashable, Sendable {
    /// Its name: greater is newer. Pages go on before the last one's.
    public var id: Int64
    /// In which session.
    public var session: SessionID
    /// Its item in the session's history.
    public var ordinal: Int64
}
