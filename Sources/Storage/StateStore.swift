import Raft
import Routing

/// Up to where the log was applied, kept in the same transaction as the rows.
public struct AppliedMark: Hashable, Sendable {
    /// The last applied index.
    public var index: LogIndex
    /// That entry's term.
    public var term: Term
    /// The rolling digest over all row changes so far.
    public var digest: UInt64
    /// What `Replica` wants to find again; opaque here.
    public var meta: [UInt8]
    /// A mark of these parts.
    public init(
        index: LogIndex = .zero, term: Term = .zero, digest: UInt64 = 0, meta: [UInt8] = []
    ) {
        self.index = index
        self.term = term
        self.digest = digest
        self.meta = meta
    }
}

/// The rows of what was applied: state.db. Knows tables and keys, no meaning.
public final class StateStore: Sendable {
    /// The file.
    public let path: String
    /// Opens or creates the file.
    public static func open(
        path: String, identity: StoreIdentity
    ) throws(StorageError) -> StateStore {
        throw StorageError(.closed, file: path, "not there yet")
    }
    private init(path: String) { self.path = path }

    /// Up to where the committed rows go.
    public var applied: AppliedMark { AppliedMark() }
    /// Visits every row of the tables that `RoutingState` is rebuilt from, table by table, keys
    /// ascending. An error of the visitor becomes `.corrupt`, naming the row.
    public func load(
        _ visit: (RowTable, _ major: Int64, _ minor: Int64, _ value: [UInt8]) throws -> Void
    ) throws(StorageError) {
        throw StorageError(.closed, file: path, "not there yet")
    }
    /// Writes the rows and the mark in one transaction; of several changes of one key the last
    /// counts.
    public func write(_ changes: [RowChange], applied: AppliedMark) throws(StorageError) {
        throw StorageError(.closed, file: path, "not there yet")
    }
    /// A read-only connection; needs this store to stay open.
    public func reader() throws(StorageError) -> StateReader {
        throw StorageError(.closed, file: path, "not there yet")
    }
    /// Checkpoints and closes; later calls throw `.closed`.
    public func close() {}
}
