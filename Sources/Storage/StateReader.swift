import Routing
import Synchronization

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
        let closed = StorageError(.closed, file: path, "this reader is closed")
        return try connection.withLock { (connection) throws(StorageError) in
            guard connection != nil else { throw closed }
            let statement = try connection!.statement(query)
            for (place, number) in numbers.enumerated() {
                statement.bind(Int32(place + 1), number)
            }
            defer { statement.reset() }
            var rows: [StateRow] = []
            while try statement.step() {
                rows.append(try StateRow(table, of: statement, in: path))
            }
            return rows
        }
    }
}
