/// What a `Follower` does when something was applied.
protocol Following: Sendable {
    /// Takes some of what was applied up to an index. Gives the index up to which everything is
    /// taken; nil: there is more.
    mutating func step(through applied: UInt64) throws(StorageError) -> UInt64?
    /// Closes its files; the thread ends.
    func close()
}

/// A thread that follows what is applied, a while after it came. Nobody waits for it.
final class Follower: Sendable {
    /// How it goes on, and how much it leaves to others.
    struct Pace: Hashable, Sendable {
        /// How long news may gather before they are taken.
        var rest: Duration
        /// How long it rests after a step when there is more, in parts of the time that it took.
        var restParts: Int
        /// How long it leaves a file alone that can't be read or written.
        var failurePause: Duration
    }
    private struct News {
        /// Something may have come that has not been looked at.
        var isNews = true
        /// The last index that was applied.
        var applied: UInt64 = 0
        var isClosing = false
    }

    /// What is derived may come later when the processors are busy with webhooks: in some parts of
    /// a hundred of the time that a thread of the log gets.
    private static let niceness: Int32 = 10

    private let news = Monitor(News())
    private let thread: Thread

    /// Starts the thread. `onFailure` is told on it when a file can't be read or written; it goes
    /// on by itself.
    init<Work: Following>(
        name: String, _ work: Work, _ pace: Pace,
        onFailure: @escaping @Sendable (StorageError) -> Void
    ) {
        let news = news
        thread = Thread(name: name, niceness: Follower.niceness) {
            var work = work
            Follower.run(&work, pace, news, onFailure)
        }
    }

    /// The log was applied up to an index.
    func applied(_ index: UInt64) {
        news.withLock { news in
            let isFirst = !news.isNews
            (news.isNews, news.applied) = (true, index)
            return ((), notify: isFirst)
        }
    }

    /// Ends the thread; blocks until then.
    func close() {
        news.withLock { news in
            news.isClosing = true
            return ((), notify: true)
        }
        thread.join()
    }

    private static func run(
        _ work: inout some Following, _ pace: Pace, _ news: Monitor<News>,
        _ onFailure: @Sendable (StorageError) -> Void
    ) {
        var pause = Duration.zero
        while let applied = wait(for: news, after: pause) {
            let start = monotonicNanoseconds()
            do throws(StorageError) {
                if let taken = try work.step(through: applied) {
                    pause = pace.rest
                    // What was applied may not be where it is read from yet.
                    news.withLock { news in
                        (news.isNews = news.isNews || taken < news.applied, notify: false)
                    }
                } else {
                    let spent = monotonicNanoseconds() - start
                    pause = .nanoseconds(spent * Int64(pace.restParts))
                    news.withLock { ($0.isNews = true, notify: false) }
                }
            } catch {
                if error.kind == .closed { break }
                onFailure(error)
                pause = pace.failurePause
                news.withLock { ($0.isNews = true, notify: false) }
            }
        }
        work.close()
    }

    /// Blocks for the pause and until there is news, and gives what was applied; nil when it is
    /// time to end.
    private static func wait(for news: Monitor<News>, after pause: Duration) -> UInt64? {
        let (seconds, attoseconds) = pause.components
        let due = monotonicNanoseconds() + seconds * 1_000_000_000 + attoseconds / 1_000_000_000
        return news.wait { news, now in
            if news.isClosing { return .ready(nil) }
            if now < due { return .waitUntil(due) }
            guard news.isNews else { return .wait }
            news.isNews = false
            return .ready(news.applied)
        }
    }
}
