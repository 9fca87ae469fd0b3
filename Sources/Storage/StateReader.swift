import Routing
import Synchronization
import Wire

/// A read-only connection to state.db for console queries: each call is one short transaction.
/// Usable from any thread; calls wait for each other.
public final class StateReader: Sendable {
    private struct Connection: Sendable {
        let database: Database
        /// By their text.
        var statements: [String: Statement] = [:]

        mutating func statement(_ sql: String) throws(StorageError) -> Statement {
            if let known = statements[sql] { return known }
            let made = try database.prepare(sql)
            statements[sql] = made
            return made
        }
    }

    private let path: String
    private let connection: Mutex<Connection?>

    init(path: String, options: StoreOptions) throws(StorageError) {
        self.path = path
        let database = try Database(path: path, role: .reader(options))
        connection = Mutex(Connection(database: database))
    }

    /// One row's value.
    public func row(
        _ table: RowTable, major: Int64, minor: Int64 = 0
    ) throws(StorageError) -> [UInt8]? {
        let sql = StateTable(table: table)
        let query = "SELECT \(sql.columns) FROM \(sql.name) WHERE \(sql.key)"
        let numbers = table.hasMinorKey ? [major, minor] : [major]
        return try collect(table, query, numbers).first?.value
    }

    /// The rows under one major key, by minor key. Only for tables with a minor key.
    public func rows(
        _ table: RowTable, major: Int64, minorIn range: ClosedRange<Int64> = .min ... .max,
        descending: Bool = false, limit: Int
    ) throws(StorageError) -> [(minor: Int64, value: [UInt8])] {
        precondition(table.hasMinorKey, "table \(table) has no minor key")
        let sql = StateTable(table: table)
        let query =
            "SELECT \(sql.columns) FROM \(sql.name) WHERE major = ?1 AND minor BETWEEN ?2 AND ?3"
            + " ORDER BY minor\(descending ? " DESC" : "") LIMIT ?4"
        let numbers = [major, range.lowerBound, range.upperBound, Int64(max(0, limit))]
        return try collect(table, query, numbers).map { ($0.minor, $0.value) }
    }

    /// The rows after a key (nil: from the first), by key ascending; for walking a whole table.
    public func scan(
        _ table: RowTable, after: (major: Int64, minor: Int64)?, limit: Int
    ) throws(StorageError) -> [(major: Int64, minor: Int64, value: [UInt8])] {
        let sql = StateTable(table: table)
        var numbers: [Int64] = [Int64(max(0, limit))]
        var condition = ""
        if let after {
            numbers.append(after.major)
            condition = " WHERE major > ?2"
            if table.hasMinorKey {
                numbers.append(after.minor)
                condition = " WHERE (major, minor) > (?2, ?3)"
            }
        }
        let query =
            "SELECT \(sql.columns) FROM \(sql.name)\(condition) ORDER BY \(sql.order) LIMIT ?1"
        return try collect(table, query, numbers).map { ($0.major, $0.minor, $0.value) }
    }

    /// The rows that came after one into a table with a minor key, in order of arrival: each with
    /// its place in that order, which a row keeps when it is replaced.
    func arrivals(
        _ table: RowTable, after place: Int64, limit: Int
    ) throws(StorageError) -> [(place: Int64, row: StateRow)] {
        precondition(table.hasMinorKey, "table \(table) has no order of arrival")
        let sql = StateTable(table: table)
        let query =
            "SELECT \(sql.columns), rowid FROM \(sql.name) WHERE rowid > ?1"
            + " ORDER BY rowid LIMIT ?2"
        return try each(query, [place, Int64(limit)]) { (statement) throws(StorageError) in
            (statement.integer(4), try StateRow(table, of: statement, in: path))
        }
    }

    /// Visits every row of some tables, in their order and by key ascending, in one transaction;
    /// gives how far the rows go. An error of the visitor becomes `.corrupt`.
    func whole(
        _ tables: [RowTable], _ visit: (RowTable, StateRow) throws -> Void,
        after mark: (AppliedMark) -> Void
    ) throws(StorageError) {
        let path = path
        let closed = StorageError(.closed, file: path, "this reader is closed")
        try connection.withLock { (connection) throws(StorageError) in
            guard let database = connection?.database else { throw closed }
            try database.execute("BEGIN")
            defer { database.rollBack() }
            let marks = try connection!.statement("SELECT body FROM mark WHERE id = 1")
            defer { marks.reset() }
            guard try marks.step(), let found = AppliedMark(marks.bytes(0)) else {
                throw StorageError(.corrupt, file: path, "table mark, row 1 does not read")
            }
            mark(found)
            for table in tables {
                let sql = StateTable(table: table)
                let select = try connection!.statement(
                    "SELECT \(sql.columns) FROM \(sql.name) ORDER BY \(sql.order)")
                defer { select.reset() }
                while try select.step() {
                    let row = try StateRow(table, of: select, in: path)
                    do {
                        try visit(table, row)
                    } catch {
                        throw StorageError(
                            .corrupt, file: path,
                            "table \(sql.name) (\(table)), row (\(row.major), \(row.minor)): "
                                + "\(error)")
                    }
                }
            }
        }
    }

    /// The index up to which the log was applied to the rows that are read next, or further.
    func appliedIndex() throws(StorageError) -> UInt64 {
        let query = "SELECT body FROM mark WHERE id = 1"
        let marks = try each(query, []) { (statement) throws(StorageError) in
            AppliedMark(statement.bytes(0))
        }
        guard let mark = marks.first ?? nil else {
            throw StorageError(.corrupt, file: path, "table mark, row 1 does not read")
        }
        return mark.index.rawValue
    }

    /// Names the file and its order of arrival: another file of the same name has another stamp.
    func stamp() throws(StorageError) -> Text {
        let numbers = try each("PRAGMA user_version", []) { (statement) throws(StorageError) in
            statement.integer(0)
        }
        return Text("\(path) \(numbers.first ?? 0)")
    }

    /// The log index of the entry that finished an erasure last; 0: none did. What is made from the
    /// rows and holds words of an earlier index must be made anew.
    func erasureMark() throws(StorageError) -> Int64 {
        guard let value = try row(.erasureMark, major: 1) else { return 0 }
        var reader = ByteReader(value)
        do { return try reader.zigzag() } catch {
            throw StorageError(.corrupt, file: path, "table erasureMark, row 1 does not read")
        }
    }

    /// Closes; later calls throw `.closed`.
    public func close() {
        connection.withLock { connection in
            connection?.database.close()
            connection = nil
        }
    }

    private func collect(
        _ table: RowTable, _ query: String, _ numbers: [Int64]
    ) throws(StorageError) -> [StateRow] {
        try each(query, numbers) { (statement) throws(StorageError) in
            try StateRow(table, of: statement, in: path)
        }
    }

    private func each<Value: Sendable>(
        _ query: String, _ numbers: [Int64], _ take: (Statement) throws(StorageError) -> Value
    ) throws(StorageError) -> [Value] {
        let closed = StorageError(.closed, file: path, "this reader is closed")
        return try connection.withLock { (connection) throws(StorageError) in
            guard connection != nil else { throw closed }
            let statement = try connection!.statement(query)
            for (place, number) in numbers.enumerated() {
                statement.bind(Int32(place + 1), number)
            }
            defer { statement.reset() }
            var values: [Value] = []
            while try statement.step() { values.append(try take(statement)) }
            return values
        }
    }
}
