import CSQLite

/// The checksum of the row that a statement found under its key, told by two functions of SQL while
/// the row is at hand: looking it up before each write would cost a search more.
///
/// Unchecked: confined together with its connection.
final class ReplacedRow: @unchecked Sendable {
    /// Nil when there was no row.
    var crc: Int64?

    /// Makes `replaced(old, new)`, which gives the new checksum, and `removed(old)`, which is true.
    init(in database: Database) throws(StorageError) {
        // Unretained: only statements of the connection call these, and their owner keeps this
        // object beside the connection.
        let context = Unmanaged.passUnretained(self).toOpaque()
        let replaced = sqlite3_create_function_v2(
            database.handle, "replaced", 2, SQLITE_UTF8, context,
            { context, _, values in
                ReplacedRow.tell(context, values)
                sqlite3_result_value(context, values?[1])
            }, nil, nil, nil)
        try database.check(replaced, "making a function")
        let removed = sqlite3_create_function_v2(
            database.handle, "removed", 1, SQLITE_UTF8, context,
            { context, _, values in
                ReplacedRow.tell(context, values)
                sqlite3_result_int(context, 1)
            }, nil, nil, nil)
        try database.check(removed, "making a function")
    }

    private static func tell(
        _ context: OpaquePointer?, _ values: UnsafeMutablePointer<OpaquePointer?>?
    ) {
        guard let object = sqlite3_user_data(context) else { return }
        Unmanaged<ReplacedRow>.fromOpaque(object).takeUnretainedValue().crc =
            sqlite3_value_int64(values?[0])
    }
}
