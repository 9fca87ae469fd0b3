import Routing

/// A walk over all rows of state.db, a few at a time, in the order of their keys: each row's
/// checksum is verified, and at the end of a table what was seen is compared with its sums.
///
/// The rows may change between two steps: a change behind the place that the walk has reached
/// changes what it has seen, one before it will be seen. So no transaction is held open, which
/// would keep the WAL from being used again for as long as a walk takes.
struct StateScrub: Sendable {
    /// What a step did.
    enum Step: Hashable, Sendable {
        /// So many bytes were read, and there is more.
        case read(bytes: Int)
        /// Every table was walked.
        case isOver
    }
    /// What a row counts beside its value, in bytes.
    private static let rowBytes = 64

    private let database: Database
    private var tables = RowTable.allCases[...]
    private var after: (major: Int64, minor: Int64)?
    private var seen = RowSums.Table()
    /// From the first row of the present table, and from the row after a key.
    private var statements: (first: Statement, next: Statement)?
    /// Rows seen in all tables.
    private(set) var rows: Int64 = 0

    /// A walk over a connection of its own.
    init(_ database: Database) { self.database = database }

    /// Takes a change that was written since the last step.
    mutating func change(
        _ table: RowTable, _ major: Int64, _ minor: Int64, from old: Int64?, to new: Int64?
    ) {
        guard table == tables.first, let after, (major, minor) <= after else { return }
        seen.change(major, minor, from: old, to: new)
    }

    /// Goes on for about so many bytes. A table whose sums are not known gets them at its end.
    /// Throws `.corrupt` at a bad row, and where the rows are not those that were written.
    mutating func step(bytes: Int, sums: inout RowSums) throws(StorageError) -> Step {
        guard let table = tables.first else { return .isOver }
        let statement = try prepared(table)
        defer { statement.reset() }
        var read = 0
        while read < bytes {
            guard try statement.step() else {
                try finish(table, &sums)
                return tables.isEmpty ? .isOver : .read(bytes: read)
            }
            let row = try StateRow(table, of: statement, in: database.file)
            seen.change(row.major, row.minor, from: nil, to: row.crc)
            after = (row.major, row.minor)
            rows += 1
            read += row.value.count + StateScrub.rowBytes
        }
        return .read(bytes: read)
    }

    private mutating func prepared(_ table: RowTable) throws(StorageError) -> Statement {
        let sql = StateTable(table: table)
        if statements == nil {
            let query = "SELECT \(sql.columns) FROM \(sql.name)"
            let place = table.hasMinorKey ? "(major, minor) > (?1, ?2)" : "major > ?1"
            statements = (
                try database.prepare("\(query) ORDER BY \(sql.order)"),
                try database.prepare("\(query) WHERE \(place) ORDER BY \(sql.order)")
            )
        }
        guard let statements else { preconditionFailure("prepared above") }
        guard let after else { return statements.first }
        statements.next.bind(1, after.major)
        if table.hasMinorKey { statements.next.bind(2, after.minor) }
        return statements.next
    }

    private mutating func finish(
        _ table: RowTable, _ sums: inout RowSums
    ) throws(StorageError) {
        if let written = sums[table] {
            if let what = RowSums.difference(found: seen, written: written) {
                throw StorageError(
                    .corrupt, file: database.file,
                    "table t\(table.rawValue) (\(table)): \(what)")
            }
        } else {
            sums[table] = seen
        }
        tables.removeFirst()
        (after, seen, statements) = (nil, RowSums.Table(), nil)
    }

    /// Closes the connection.
    func close() { database.close() }
}

/// How the scrub of a state.db stands.
public struct ScrubProgress: Hashable, Sendable {
    /// Rows seen by the walk under way.
    public var rows: Int64 = 0
    /// Rows that there are, as far as they are counted.
    public var of: Int64 = 0
    /// Walks that came to their end and found nothing, since this store was opened.
    public var passes = 0
    /// When the last of these ended, on the monotonic clock, in nanoseconds.
    public var lastPass: Int64?
}
