import Raft
import Routing

/// The thread of state.db: rows are gathered for 100 ms or 2,000 rows, then written at once.
public final class StateWriter: Sendable {
    /// When rows are written, and how many may wait.
    public struct Limits: Hashable, Sendable {
        /// The longest time that a row waits for company.
        public var flushInterval: Duration = .milliseconds(100)
        /// As many rows are written without waiting longer.
        public var flushRows = 2_000
        /// From as many waiting rows on `isOverloaded` is true.
        public var maxPendingRows = 200_000
        /// The limits as given above.
        public init() {}
    }
    /// Starts the thread. `onFailure` runs on it, once; nothing is written afterwards.
    public init(
        store: StateStore, limits: Limits = Limits(),
        onFailure: @escaping @Sendable (StorageError) -> Void
    ) {}
    /// Queues the rows of everything applied since the last call. Never blocks on the disk.
    public func submit(_ rows: [RowChange], applied: AppliedMark) {}
    /// Writes at once what is queued and calls back when readers see everything through the
    /// index; at once, on the caller's thread, when they do already. False: it failed.
    public func flush(
        through index: LogIndex, completion: @escaping @Sendable (Bool) -> Void
    ) {}
    /// How many rows wait or are being written.
    public var pendingRows: Int { 0 }
    /// Whether so many rows wait that ingress must refuse.
    public var isOverloaded: Bool { false }
    /// The newest index that readers see.
    public var writtenIndex: LogIndex { .zero }
    /// Writes what is queued, ends the thread and closes the store. Blocks until then.
    public func close() {}
}
