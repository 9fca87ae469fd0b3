import Routing
import Wire

/// How a `RowTable` lies in state.db.
///
/// A table with one key part is keyed by rowid. One with two parts keeps its rows in order of
/// arrival with a unique index over the key, rather than WITHOUT ROWID: a message of an old
/// session then dirties the last page and one dense index page instead of a page of that session,
/// which halved the cost of a row when half of the messages belong to old sessions.
struct StateTable {
    let table: RowTable

    var name: String { "t\(table.rawValue)" }

    var schema: String {
        table.hasMinorKey
            ? "CREATE TABLE \(name)(major INTEGER NOT NULL, minor INTEGER NOT NULL,"
                + " crc INTEGER NOT NULL, value BLOB NOT NULL, UNIQUE(major, minor))"
            : "CREATE TABLE \(name)(major INTEGER PRIMARY KEY,"
                + " crc INTEGER NOT NULL, value BLOB NOT NULL)"
    }

    /// The columns of every query, in the order that `StateRow` takes them.
    var columns: String {
        table.hasMinorKey ? "crc, value, major, minor" : "crc, value, major, 0"
    }

    /// Parameters: major, crc, value, minor. Tells the `ReplacedRow`.
    var put: String {
        (table.hasMinorKey
            ? "INSERT INTO \(name)(major, crc, value, minor) VALUES(?1, ?2, ?3, ?4)"
                + " ON CONFLICT(major, minor)"
            : "INSERT INTO \(name)(major, crc, value) VALUES(?1, ?2, ?3) ON CONFLICT(major)")
            + " DO UPDATE SET crc = replaced(crc, excluded.crc), value = excluded.value"
    }

    /// Parameters: major, and minor where there is one. Tells the `ReplacedRow`.
    var delete: String { "DELETE FROM \(name) WHERE \(key) AND removed(crc)" }

    /// The condition that finds one row.
    var key: String { table.hasMinorKey ? "major = ?1 AND minor = ?2" : "major = ?1" }

    /// The order of the key.
    var order: String { table.hasMinorKey ? "major, minor" : "major" }

    /// The stored checksum of a row: signed, so that it takes four bytes at most.
    static func crc(_ table: RowTable, _ major: Int64, _ minor: Int64, _ value: [UInt8]) -> Int64 {
        let key = (
            UInt64(table.rawValue).littleEndian, major.littleEndian, minor.littleEndian
        )
        let sum = withUnsafeBytes(of: key) { CRC32C.checksum($0) }
        return Int64(Int32(bitPattern: CRC32C.checksum(value, seed: sum)))
    }
}

/// A row as a query gives it, checked.
struct StateRow {
    let major: Int64
    let minor: Int64
    let value: [UInt8]
    /// The stored checksum, which is right.
    let crc: Int64

    /// The current row of a statement that selects `StateTable.columns`.
    init(_ table: RowTable, of statement: Statement, in file: String) throws(StorageError) {
        value = statement.bytes(1)
        major = statement.integer(2)
        minor = statement.integer(3)
        crc = statement.integer(0)
        guard StateTable.crc(table, major, minor, value) == crc else {
            throw StorageError(
                .corrupt, file: file,
                "table t\(table.rawValue) (\(table)), row (\(major), \(minor)): "
                    + "the checksum does not match")
        }
    }
}
