import CSQLite
import Wire

/// A prepared statement of a `Database`, which finalizes it.
///
/// Unchecked: confined together with its connection.
struct Statement: @unchecked Sendable {
    private let handle: OpaquePointer
    // Unowned would do, but a statement kept too long must not touch freed memory.
    private let database: Database
    private let name: String

    init(_ handle: OpaquePointer, of database: Database, named name: String) {
        self.handle = handle
        self.database = database
        self.name = name
    }

    /// Binds a number to a parameter, counted from 1.
    func bind(_ parameter: Int32, _ value: Int64) {
        let code = sqlite3_bind_int64(handle, parameter, value)
        precondition(code == SQLITE_OK, "parameter \(parameter) of \(name)")
    }

    /// Binds a text to a parameter, counted from 1; the bytes are copied.
    func bind(_ parameter: Int32, _ text: Text) {
        let code = text.utf8.withUnsafeBytes { bytes in
            rh_sqlite_bind_text(
                handle, parameter, bytes.baseAddress, sqlite3_uint64(bytes.count))
        }
        precondition(code == SQLITE_OK, "parameter \(parameter) of \(name)")
    }

    /// Runs to the next row; false at the end. Reset afterwards.
    func step() throws(StorageError) -> Bool {
        let code = sqlite3_step(handle)
        if code == SQLITE_ROW { return true }
        if code == SQLITE_DONE { return false }
        sqlite3_reset(handle)
        try database.check(code, name)
        return false
    }

    /// Makes the statement ready to run again, and ends its read transaction.
    func reset() {
        // The result repeats the error of the last step, which was thrown then.
        sqlite3_reset(handle)
    }

    /// Runs a statement without results.
    func run() throws(StorageError) {
        defer { reset() }
        while try step() {}
    }

    /// Runs a statement without results, with bytes bound to a parameter.
    func run(_ parameter: Int32, _ value: [UInt8]) throws(StorageError) {
        let code = value.withUnsafeBytes { bytes in
            let code: Int32
            if let base = bytes.baseAddress, bytes.count > 0 {
                // No copy (nil destructor is SQLITE_STATIC): bound only while it runs.
                code = sqlite3_bind_blob64(
                    handle, parameter, base, sqlite3_uint64(bytes.count), nil)
            } else {
                code = sqlite3_bind_zeroblob(handle, parameter, 0)
            }
            guard code == SQLITE_OK else { return code }
            let result = sqlite3_step(handle)
            return result == SQLITE_DONE || result == SQLITE_ROW ? SQLITE_OK : result
        }
        sqlite3_reset(handle)
        sqlite3_bind_null(handle, parameter)
        try database.check(code, name)
    }

    /// A number of the row that is current, columns counted from 0.
    func integer(_ column: Int32) -> Int64 { sqlite3_column_int64(handle, column) }

    /// Bytes of the row that is current.
    func bytes(_ column: Int32) -> [UInt8] {
        guard let base = sqlite3_column_blob(handle, column) else { return [] }
        let count = Int(sqlite3_column_bytes(handle, column))
        return Array(UnsafeRawBufferPointer(start: base, count: count))
    }
}
