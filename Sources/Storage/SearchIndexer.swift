import Routing
import Wire

/// The thread of search.db: reads what came into state.db's history, in order of arrival, a while
/// after it came. Nobody waits for it.
public final class SearchIndexer: Sendable {
    /// How it goes on, and how much it leaves to others.
    public struct Limits: Hashable, Sendable {
        /// History rows read at once.
        public var batchRows = 500
        /// How long news may gather before they are read.
        public var rest: Duration = .milliseconds(300)
        /// How long it rests after a batch when there is more, in parts of the time that it took.
        public var restParts = 1
        /// How long it leaves a file alone that can't be read or written.
        public var failurePause: Duration = .seconds(5)
        /// The limits as given above.
        public init() {}
    }
    private struct News {
        /// Something may have come that has not been looked at.
        var isNews = true
        /// The last index that was applied. Its rows come to state.db a little later.
        var applied: UInt64 = 0
        var isClosing = false
    }

    private let news = Monitor(News())
    private let thread: Thread

    /// Starts the thread. `onFailure` is told on it when a file can't be read or written; it goes
    /// on by itself.
    public init(
        store: SearchStore, reader: StateReader, limits: Limits = Limits(),
        onFailure: @escaping @Sendable (StorageError) -> Void
    ) {
        let news = news
        thread = Thread(name: "search") {
            SearchIndexer.run(store, reader, limits, news, onFailure)
        }
    }

    /// The log was applied up to an index.
    public func applied(_ index: UInt64) {
        news.withLock { news in
            let isFirst = !news.isNews
            (news.isNews, news.applied) = (true, index)
            return ((), notify: isFirst)
        }
    }

    /// Ends the thread; blocks until then.
    public func close() {
        news.withLock { news in
            news.isClosing = true
            return ((), notify: true)
        }
        thread.join()
    }

    private static func run(
        _ store: SearchStore, _ reader: StateReader, _ limits: Limits, _ news: Monitor<News>,
        _ onFailure: @Sendable (StorageError) -> Void
    ) {
        var pause = Duration.zero
        while true {
            guard wait(for: news, after: pause) else { break }
            let start = monotonicNanoseconds()
            do throws(StorageError) {
                if let read = try step(store, reader, limits) {
                    pause = limits.rest
                    // What was applied may not be in state.db yet.
                    news.withLock { news in
                        (news.isNews = news.isNews || read < news.applied, notify: false)
                    }
                } else {
                    let spent = monotonicNanoseconds() - start
                    pause = .nanoseconds(spent * Int64(limits.restParts))
                    news.withLock { ($0.isNews = true, notify: false) }
                }
            } catch {
                if error.kind == .closed { break }
                onFailure(error)
                pause = limits.failurePause
                news.withLock { ($0.isNews = true, notify: false) }
            }
        }
        store.close()
        reader.close()
    }

    /// Blocks for the pause and until there is news; false when it is time to end.
    private static func wait(for news: Monitor<News>, after pause: Duration) -> Bool {
        let (seconds, attoseconds) = pause.components
        let due = monotonicNanoseconds() + seconds * 1_000_000_000 + attoseconds / 1_000_000_000
        return news.wait { news, now in
            if news.isClosing { return .ready(false) }
            if now < due { return .waitUntil(due) }
            guard news.isNews else { return .wait }
            news.isNews = false
            return .ready(true)
        }
    }

    /// Reads some rows. When there are no more, gives the log index up to which all are read.
    static func step(
        _ store: SearchStore, _ reader: StateReader, _ limits: Limits
    ) throws(StorageError) -> UInt64? {
        // The index first: the rows that are read then are at least those of that index.
        let applied = try reader.appliedIndex()
        var place = try store.place(in: try reader.stamp(), applied: applied)
        let rows = try reader.arrivals(.history, after: place.row, limit: limits.batchRows)
        var batch: [(session: Int64, ordinal: Int64, item: SearchItem)] = []
        for (_, row) in rows {
            // A row that does not read is found by the scrub, not here.
            guard let item = try? HistoryItem(value: row.value), let found = SearchItem(item) else {
                continue
            }
            batch.append((row.major, row.minor, found))
        }
        let isCaughtUp = rows.count < limits.batchRows
        if let last = rows.last { place.row = last.place }
        if isCaughtUp { place.index = applied }
        let known = try store.place(in: place.stamp, applied: applied)
        if place != known { try store.add(batch, place) }
        return isCaughtUp ? applied : nil
    }
}
