import CSQLite
import Synchronization
import Wire

/// Some spooled clicks that were answered together: opaque bytes under the first one's key.
public struct SpooledRow: Hashable, Sendable {
    /// The place in the spool, ascending; given by `append`.
    public var position: Int64
    /// The spool's epoch when it was written.
    public var epoch: UInt64
    /// The first click's number in the epoch.
    public var sequence: UInt64
    /// How many clicks the bytes hold.
    public var clicks: Int
    /// The bytes.
    public var body: [UInt8]
    /// A row of these parts.
    public init(
        position: Int64 = 0, epoch: UInt64, sequence: UInt64, clicks: Int = 1, body: [UInt8]
    ) {
        self.position = position
        self.epoch = epoch
        self.sequence = sequence
        self.clicks = clicks
        self.body = body
    }

    var crc: Int64 {
        let clicks = UInt64(bitPattern: Int64(clicks))
        let key = (epoch.littleEndian, sequence.littleEndian, clicks.littleEndian)
        return Int64(CRC32C.checksum(body, seed: withUnsafeBytes(of: key) { CRC32C.checksum($0) }))
    }
}

/// Rows of the spool as they were read.
public struct SpooledRows: Sendable {
    /// A row that is not what was written.
    public struct Bad: Hashable, Sendable {
        /// Its place in the spool.
        public var position: Int64
        /// What is wrong with it, as a clause.
        public var reason: String
        /// A bad row of these parts.
        public init(position: Int64, reason: String) {
            self.position = position
            self.reason = reason
        }
    }
    /// Those that are what was written, oldest first.
    public internal(set) var rows: [SpooledRow] = []
    /// Those between them, and before and behind, that are not; they stay until they are removed.
    public internal(set) var bad: [Bad] = []
    /// The place of the newest row that was read, good or bad; nil when there is none.
    public internal(set) var last: Int64?
    /// Nothing read.
    public init() {}
}

/// Clicks acknowledged to a browser and not yet committed: spool.db.
///
/// `append` survives the end of the process at once and a power cut from the next checkpoint on,
/// which `SpoolWriter` makes at least once a second. So a power cut may lose a second of click
/// counts of one node, never an attribution: the redirect's token carries link and time. An fsync
/// for each group of clicks would compete with the log's for the same disk.
///
/// Positions may be given again after every row was removed and the file opened anew.
public final class ClickSpool: Sendable {
    private struct File: Sendable {
        let database: Database
        let begin: Statement
        let commit: Statement
        let insert: Statement
        let select: Statement
        let sum: Statement
        let delete: Statement
        var last: Int64
        var count: Int
    }

    /// The file.
    public let path: String
    private let file: Mutex<File?>

    /// Opens or creates the file.
    public static func open(
        path: String, identity: StoreIdentity
    ) throws(StorageError) -> ClickSpool {
        try open(path: path, identity: identity, options: .spool)
    }

    /// As above, with other options.
    package static func open(
        path: String, identity: StoreIdentity, options: StoreOptions
    ) throws(StorageError) -> ClickSpool {
        let database = try Database(path: path, role: .writer(options))
        do throws(StorageError) {
            return ClickSpool(path: path, file: try openTables(database, identity))
        } catch {
            database.close()
            throw error
        }
    }

    /// How many clicks rows hold; a damaged number counts as one that could be.
    private static let sumOfClicks = "total(max(0, min(clicks, 1000000)))"

    private static func openTables(
        _ database: Database, _ identity: StoreIdentity
    ) throws(StorageError) -> File {
        let schema = [
            "CREATE TABLE clicks(position INTEGER PRIMARY KEY, epoch INTEGER NOT NULL,"
                + " sequence INTEGER NOT NULL, clicks INTEGER NOT NULL, crc INTEGER NOT NULL,"
                + " body BLOB NOT NULL)"
        ]
        try database.create(.spool, for: identity, schema: schema) {}
        let range = try database.prepare("SELECT max(position), \(sumOfClicks) FROM clicks")
        _ = try range.step()
        defer { range.reset() }
        return File(
            database: database,
            begin: try database.prepare("BEGIN IMMEDIATE"),
            commit: try database.prepare("COMMIT"),
            insert: try database.prepare("INSERT INTO clicks VALUES(?, ?, ?, ?, ?, ?)"),
            select: try database.prepare(
                "SELECT position, epoch, sequence, clicks, crc, body FROM clicks"
                    + " WHERE position > ?"
                    + " ORDER BY position LIMIT ?"),
            sum: try database.prepare(
                "SELECT \(sumOfClicks) FROM clicks WHERE position <= ?"),
            delete: try database.prepare("DELETE FROM clicks WHERE position <= ?"),
            last: range.integer(0), count: Int(range.integer(1)))
    }

    private init(path: String, file: File) {
        self.path = path
        self.file = Mutex(file)
    }

    /// How many clicks are kept.
    public var count: Int { file.withLock { $0?.count ?? 0 } }

    /// Keeps these rows, in one transaction; positions are assigned here, in order. Returns them,
    /// nil for no rows. On `.full` none is kept; on any other failure the spool is dead.
    @discardableResult
    public func append(_ rows: [SpooledRow]) throws(StorageError) -> ClosedRange<Int64>? {
        guard !rows.isEmpty else { return nil }
        return try keepingAlive { (file) throws(StorageError) in
            let first = file.last + 1
            try file.begin.run()
            for (offset, row) in rows.enumerated() {
                file.insert.bind(1, first + Int64(offset))
                file.insert.bind(2, Int64(bitPattern: row.epoch))
                file.insert.bind(3, Int64(bitPattern: row.sequence))
                file.insert.bind(4, Int64(row.clicks))
                file.insert.bind(5, row.crc)
                try file.insert.run(6, row.body)
            }
            try file.commit.run()
            file.last = first + Int64(rows.count - 1)
            file.count += rows.reduce(0) { $0 + $1.clicks }
            return first...file.last
        }
    }

    /// The oldest rows after a position, oldest first, until `limit` rows were read, or as many
    /// bytes. A row that is not what was written is named and passed over.
    public func next(
        after position: Int64 = 0, limit: Int, maxBytes: Int = .max
    ) throws(StorageError) -> SpooledRows {
        try keepingAlive { (file) throws(StorageError) in
            file.select.bind(1, position)
            file.select.bind(2, Int64(max(0, limit)))
            defer { file.select.reset() }
            var read = SpooledRows()
            var bytes = 0
            while bytes < maxBytes, try file.select.step() {
                let row = SpooledRow(
                    position: file.select.integer(0),
                    epoch: UInt64(bitPattern: file.select.integer(1)),
                    sequence: UInt64(bitPattern: file.select.integer(2)),
                    clicks: Int(file.select.integer(3)), body: file.select.bytes(5))
                read.last = row.position
                bytes += row.body.count
                if row.crc == file.select.integer(4) {
                    read.rows.append(row)
                } else {
                    read.bad.append(
                        .init(position: row.position, reason: "the checksum does not match"))
                }
            }
            return read
        }
    }

    /// Forgets every row up to and including a position.
    public func remove(through position: Int64) throws(StorageError) {
        try keepingAlive { (file) throws(StorageError) in
            file.sum.bind(1, position)
            _ = try file.sum.step()
            let removed = Int(file.sum.integer(0))
            file.sum.reset()
            file.delete.bind(1, position)
            try file.begin.run()
            try file.delete.run()
            try file.commit.run()
            file.count -= removed
        }
    }

    /// How many pages wait in the WAL to be moved into the file.
    var walPages: Int { file.withLock { $0?.database.walPages ?? 0 } }

    /// Moves the WAL into the file and syncs both: from here on a power cut loses nothing older.
    func checkpoint() throws(StorageError) {
        try keepingAlive { (file) throws(StorageError) in
            _ = try file.database.checkpoint(SQLITE_CHECKPOINT_PASSIVE)
        }
    }

    /// Checkpoints and closes; later calls throw `.closed`.
    public func close() {
        file.withLock { file in
            // A failure leaves the rows in the WAL, where the next open finds them.
            _ = try? file?.database.checkpoint(SQLITE_CHECKPOINT_TRUNCATE)
            file?.database.close()
            file = nil
        }
    }

    /// Runs something that may fail for good; a transaction left open by a failure is undone.
    private func keepingAlive<Value: Sendable>(
        _ body: (inout File) throws(StorageError) -> Value
    ) throws(StorageError) -> Value {
        let result: Result<Value, StorageError> = file.withLock { file in
            guard file != nil else {
                let detail = "closed, or an earlier write failed"
                return .failure(StorageError(.closed, file: self.path, detail))
            }
            do throws(StorageError) {
                return .success(try body(&file!))
            } catch {
                file?.database.rollBack()
                if error.kind != .full {
                    file?.database.close()
                    file = nil
                }
                return .failure(error)
            }
        }
        return try result.get()
    }
}
