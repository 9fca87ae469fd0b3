import Routing
import Wire

/// The thread of search.db: reads what came into state.db's history, in order of arrival, a while
/// after it came. Nobody waits for it.
public final class SearchIndexer: Sendable {
    /// How it goes on, and how much it leaves to others.
    public struct Limits: Hashable, Sendable {
        /// History rows read at once.
        public var batchRows = 2_000
        /// How long news may gather before they are read.
        public var rest: Duration = .milliseconds(300)
        /// How long it rests after a batch when there is more, in parts of the time that it took.
        public var restParts = 1
        /// How long it leaves a file alone that can't be read or written.
        public var failurePause: Duration = .seconds(5)
        /// The limits as given above.
        public init() {}
    }
    private let follower: Follower

    /// Starts the thread. `onFailure` is told on it when a file can't be read or written; it goes
    /// on by itself.
    public init(
        store: SearchStore, reader: StateReader, limits: Limits = Limits(),
        onFailure: @escaping @Sendable (StorageError) -> Void
    ) {
        let pace = Follower.Pace(
            rest: limits.rest, restParts: limits.restParts, failurePause: limits.failurePause)
        follower = Follower(
            name: "search", SearchWork(store: store, reader: reader, batchRows: limits.batchRows),
            pace, onFailure: onFailure)
    }

    /// The log was applied up to an index. Its rows come to state.db a little later.
    public func applied(_ index: UInt64) { follower.applied(index) }

    /// Ends the thread; blocks until then.
    public func close() { follower.close() }
}

/// What the indexer's thread does.
struct SearchWork: Following {
    let store: SearchStore
    let reader: StateReader
    /// History rows read at once.
    let batchRows: Int

    func close() {
        store.close()
        reader.close()
    }

    /// Reads some rows of state.db, which tells itself how much it has.
    func step(through _: UInt64) throws(StorageError) -> UInt64? { try step() }

    /// Reads some rows. When there are no more, gives the log index up to which all are read.
    func step() throws(StorageError) -> UInt64? {
        // The index first: the rows that are read then are at least those of that index.
        let applied = try reader.appliedIndex()
        let erased = try reader.erasureMark()
        var place = try store.place(in: try reader.stamp(), applied: applied, erased: erased)
        let rows = try reader.arrivals(.history, after: place.row, limit: batchRows)
        var batch: [(session: Int64, ordinal: Int64, item: SearchItem)] = []
        for (_, row) in rows {
            // A row that does not read is found by the scrub, not here.
            guard let item = try? HistoryItem(value: row.value), let found = SearchItem(item) else {
                continue
            }
            batch.append((row.major, row.minor, found))
        }
        let isCaughtUp = rows.count < batchRows
        if let last = rows.last { place.row = last.place }
        if isCaughtUp { place.index = applied }
        let known = try store.place(in: place.stamp, applied: applied, erased: erased)
        if place != known { try store.add(batch, place) }
        return isCaughtUp ? applied : nil
    }
}
