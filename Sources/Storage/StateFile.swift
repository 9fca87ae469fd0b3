import CSQLite
import Raft
import Routing
import Wire

/// The writing side of state.db. Confined to the lock of its `StateStore`.
struct StateFile: Sendable {
    /// The only connection that writes and checkpoints.
    let database: Database
    /// As of the last commit.
    private(set) var mark: AppliedMark
    /// The part of it that a power cut can't take back.
    private(set) var durable: LogIndex = .zero
    /// What the committed rows add up to.
    private(set) var sums: RowSums
    /// A copy under way.
    private var copy: DatabaseCopy?
    /// A walk under way.
    private(set) var scrub: StateScrub?

    private let begin: Statement
    private let commit: Statement
    private let updateMark: Statement
    private let updateSums: Statement
    private let replaced: ReplacedRow
    /// By `RowTable.rawValue`; nil where there is no such table.
    private let puts: [Statement?]
    private let deletes: [Statement?]

    static func open(
        _ database: Database, identity: StoreIdentity
    ) throws(StorageError) -> StateFile {
        var schema = ["CREATE TABLE mark(id INTEGER PRIMARY KEY, body BLOB NOT NULL)"]
        schema += RowTable.allCases.map { StateTable(table: $0).schema }
        try database.create(.state, for: identity, schema: schema) { () throws(StorageError) in
            let insert = try database.prepare("INSERT INTO mark VALUES(1, ?)")
            try insert.run(1, AppliedMark().encoded)
            try database.prepare(StateFile.putSums)
                .run(1, RowSums(areKnown: true).encoded(at: .zero))
        }
        let mark = try StateFile.mark(in: database)
        var sums = try StateFile.sums(in: database, at: mark.index)
        try StateFile.addTables(to: database, &sums)
        try StateFile.addStamp(to: database)
        return try StateFile(database, mark: mark, sums: sums)
    }

    /// Adds the tables that a file of an earlier release lacks. One that has been there, by its
    /// sums, has vanished.
    private static func addTables(
        to database: Database, _ sums: inout RowSums
    ) throws(StorageError) {
        let select = try database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'")
        var names: Set<Text> = []
        while try select.step() { names.insert(Text(select.bytes(0))) }
        select.reset()
        for table in RowTable.allCases {
            let sql = StateTable(table: table)
            if names.contains(Text(sql.name)) { continue }
            guard sums[table] == nil else {
                throw StorageError(
                    .corrupt, file: database.file, "table \(sql.name) (\(table)) has vanished")
            }
            try database.execute(sql.schema)
            sums[table] = RowSums.Table()
        }
    }

    /// Gives a file that has none a number by which its rows' order of arrival is known again.
    private static func addStamp(to database: Database) throws(StorageError) {
        let select = try database.prepare("PRAGMA user_version")
        defer { select.reset() }
        guard try select.step(), select.integer(0) == 0 else { return }
        try database.execute("PRAGMA user_version=\(Int32.random(in: 1 ... .max))")
    }

    private static let putSums = "INSERT OR REPLACE INTO mark VALUES(2, ?)"

    /// The mark that a file holds.
    static func mark(in database: Database) throws(StorageError) -> AppliedMark {
        let select = try database.prepare("SELECT body FROM mark WHERE id = 1")
        defer { select.reset() }
        guard try select.step(), let mark = AppliedMark(select.bytes(0)) else {
            throw StorageError(.corrupt, file: database.file, "table mark, row 1 does not read")
        }
        return mark
    }

    /// The sums that a file holds with a mark at this index; unknown ones when it holds none.
    static func sums(in database: Database, at index: LogIndex) throws(StorageError) -> RowSums {
        let select = try database.prepare("SELECT body FROM mark WHERE id = 2")
        defer { select.reset() }
        guard try select.step() else { return RowSums(areKnown: false) }
        guard let sums = RowSums(select.bytes(0), at: index) else {
            throw StorageError(.corrupt, file: database.file, "table mark, row 2 does not read")
        }
        return sums
    }

    /// The mark of a file that is not in use.
    static func applied(in path: String) throws(StorageError) -> AppliedMark {
        let database = try Database(path: path, role: .reader(.state))
        defer { database.close() }
        return try mark(in: database)
    }

    private init(
        _ database: Database, mark: AppliedMark, sums: RowSums
    ) throws(StorageError) {
        self.database = database
        self.mark = mark
        self.sums = sums
        replaced = try ReplacedRow(in: database)
        begin = try database.prepare("BEGIN IMMEDIATE")
        commit = try database.prepare("COMMIT")
        updateMark = try database.prepare("UPDATE mark SET body = ? WHERE id = 1")
        updateSums = try database.prepare(StateFile.putSums)
        var puts = [Statement?](repeating: nil, count: 256)
        var deletes = puts
        for table in RowTable.allCases {
            let sql = StateTable(table: table)
            puts[Int(table.rawValue)] = try database.prepare(sql.put)
            deletes[Int(table.rawValue)] = try database.prepare(sql.delete)
        }
        self.puts = puts
        self.deletes = deletes
    }

    /// One transaction; without effect when it throws.
    mutating func write(_ changes: [RowChange], applied: AppliedMark) throws(StorageError) {
        precondition(applied.index >= mark.index, "rows are applied in the order of the log")
        var (sums, scrub) = (sums, scrub)
        try begin.run()
        do throws(StorageError) {
            for place in StateFile.lastOfEachKey(changes) {
                try write(changes[place], &sums, &scrub)
            }
            try updateMark.run(1, applied.encoded)
            try updateSums.run(1, sums.encoded(at: applied.index))
            try commit.run()
        } catch {
            database.rollBack()
            throw error
        }
        database.writeBack()
        (mark, self.sums, self.scrub) = (applied, sums, scrub)
    }

    private func write(
        _ change: RowChange, _ sums: inout RowSums, _ scrub: inout StateScrub?
    ) throws(StorageError) {
        let (table, major, minor) = (change.table, change.major, change.minor)
        var crc: Int64?
        replaced.crc = nil
        if let value = change.value, let put = puts[Int(table.rawValue)] {
            let sum = StateTable.crc(table, major, minor, value)
            crc = sum
            put.bind(1, major)
            put.bind(2, sum)
            if table.hasMinorKey { put.bind(4, minor) }
            try put.run(3, value)
        } else if let delete = deletes[Int(table.rawValue)] {
            delete.bind(1, major)
            if table.hasMinorKey { delete.bind(2, minor) }
            try delete.run()
        }
        sums.change(table, major, minor, from: replaced.crc, to: crc)
        scrub?.change(table, major, minor, from: replaced.crc, to: crc)
    }

    /// Places of the changes that count, in the order of table and key: neighbours in the file are
    /// written one after another.
    private static func lastOfEachKey(_ changes: [RowChange]) -> [Int] {
        struct Key {
            let table: UInt8
            let major: Int64
            let minor: Int64
            let place: Int32
        }
        var keys: [Key] = []
        keys.reserveCapacity(changes.count)
        for (place, change) in changes.enumerated() {
            keys.append(
                Key(
                    table: change.table.rawValue, major: change.major,
                    minor: change.table.hasMinorKey ? change.minor : 0, place: Int32(place)))
        }
        keys.sort { a, b in
            if a.table != b.table { return a.table < b.table }
            if a.major != b.major { return a.major < b.major }
            if a.minor != b.minor { return a.minor < b.minor }
            return a.place < b.place
        }
        var places: [Int] = []
        places.reserveCapacity(keys.count)
        for (index, key) in keys.enumerated() {
            if index + 1 < keys.count {
                let next = keys[index + 1]
                if next.table == key.table, next.major == key.major, next.minor == key.minor {
                    continue
                }
            }
            places.append(Int(key.place))
        }
        return places
    }

    /// Moves the WAL into the file. Once all of it is there, synced, what was applied is durable.
    /// False: it is not all there.
    @discardableResult
    mutating func checkpoint(_ mode: Int32) throws(StorageError) -> Bool {
        let done = try database.checkpoint(mode)
        if done.isWhole { durable = mark.index }
        return done.isWhole
    }

    /// Begins a copy of the file; one at a time.
    mutating func beginCopy(to path: String, _ options: StoreOptions) throws(StorageError) {
        precondition(copy == nil, "a copy is under way")
        copy = try DatabaseCopy(of: database, to: path, options)
    }

    /// Copies some pages; true once the copy holds all that is committed here, and is synced.
    mutating func stepCopy(pages: Int) throws(StorageError) -> Bool {
        try copy?.step(pages: pages) ?? true
    }

    /// Ends the copy, whether or not it is whole.
    mutating func endCopy() {
        copy?.close()
        copy = nil
    }

    /// Begins a walk over all rows; one under way is given up.
    mutating func beginScrub(_ options: StoreOptions) throws(StorageError) {
        endScrub()
        scrub = StateScrub(try Database(path: database.file, role: .reader(options)))
    }

    /// Walks on; over when there is no walk.
    mutating func stepScrub(bytes: Int) throws(StorageError) -> StateScrub.Step {
        try scrub?.step(bytes: bytes, sums: &sums) ?? .isOver
    }

    /// Ends the walk, wherever it is.
    mutating func endScrub() {
        scrub?.close()
        scrub = nil
    }

    /// Visits the tables that are loaded at start, and compares them with their sums.
    mutating func load(
        _ visit: (RowTable, Int64, Int64, [UInt8]) throws -> Void
    ) throws(StorageError) {
        for table in RowTable.allCases where table.isLoadedAtStart {
            let sql = StateTable(table: table)
            let select = try database.prepare(
                "SELECT \(sql.columns) FROM \(sql.name) ORDER BY \(sql.order)")
            defer { select.reset() }
            var seen = RowSums.Table()
            while try select.step() {
                let row = try StateRow(table, of: select, in: database.file)
                seen.change(row.major, row.minor, from: nil, to: row.crc)
                do {
                    try visit(table, row.major, row.minor, row.value)
                } catch {
                    throw StorageError(
                        .corrupt, file: database.file,
                        "table \(sql.name) (\(table)), row (\(row.major), \(row.minor)): \(error)")
                }
            }
            if let written = sums[table],
                let what = RowSums.difference(found: seen, written: written)
            {
                throw StorageError(
                    .corrupt, file: database.file, "table \(sql.name) (\(table)): \(what)")
            }
            sums[table] = seen
        }
    }
}

extension AppliedMark {
    /// The row's bytes.
    var encoded: [UInt8] {
        var writer = ByteWriter(capacity: 32 + meta.count)
        writer.u64(index.rawValue)
        writer.u64(term.rawValue)
        writer.u64(digest)
        writer.blob(meta)
        writer.u32(CRC32C.checksum(writer.bytes))
        return writer.bytes
    }

    /// Reads what `encoded` wrote; nil when the checksum or form is wrong.
    init?(_ bytes: [UInt8]) {
        guard bytes.count > 4 else { return nil }
        let end = bytes.count - 4
        do {
            var sum = ByteReader(bytes, range: end..<bytes.count)
            guard try sum.u32() == CRC32C.checksum(bytes[0..<end]) else { return nil }
            var reader = ByteReader(bytes, range: 0..<end)
            self.init(
                index: LogIndex(try reader.u64()), term: Term(try reader.u64()),
                digest: try reader.u64(), meta: try reader.blob())
            try reader.expectEnd()
        } catch { return nil }
    }
}
