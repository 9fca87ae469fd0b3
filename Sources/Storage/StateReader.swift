import Routing

/// A read-only connection to state.db for console queries: each call is one short transaction.
/// Usable from any thread, one call at a time.
public final class StateReader: Sendable {
    /// One row's value.
    public func row(
        _ table: RowTable, major: Int64, minor: Int64 = 0
    ) throws(StorageError) -> [UInt8]? {
        nil
    }
    /// The rows under one major key, by minor key. Only for tables with a minor key.
    public func rows(
        _ table: RowTable, major: Int64, minorIn range: ClosedRange<Int64> = .min ... .max,
        descending: Bool = false, limit: Int
    ) throws(StorageError) -> [(minor: Int64, value: [UInt8])] {
        []
    }
    /// The rows after a key (nil: from the first), by key ascending; for walking a whole table.
    public func scan(
        _ table: RowTable, after: (major: Int64, minor: Int64)?, limit: Int
    ) throws(StorageError) -> [(major: Int64, minor: Int64, value: [UInt8])] {
        []
    }
    /// Closes; later calls throw `.closed`.
    public func close() {}
    init() {}
}
