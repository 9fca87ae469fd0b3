import Wire

/// How long the last sessions of a project waited that had to, for telling the next one.
struct RecentWaits: Hashable, Sendable {
    /// How many are remembered.
    static let limit = 50
    /// Milliseconds in the queue, of which a session may leave with the place of an old message,
    /// oldest first.
    private(set) var milliseconds: [Int64] = []

    /// A session that waited was given to somebody.
    mutating func note(_ waited: Int64) {
        if milliseconds.count == Self.limit { milliseconds.removeFirst() }
        milliseconds.append(max(0, waited))
    }

    /// The one in the middle, or the mean of the two there; nil before the first.
    var median: Int64? {
        guard !milliseconds.isEmpty else { return nil }
        let sorted = milliseconds.sorted()
        let middle = sorted.count / 2
        guard sorted.count.isMultiple(of: 2) else { return sorted[middle] }
        return sorted[middle - 1] + (sorted[middle] - sorted[middle - 1]) / 2
    }
}

extension RecentWaits: Coded {
    func encode(into writer: inout ByteWriter) { writer.put(milliseconds) }
    init(from reader: inout ByteReader) throws(WireError) { milliseconds = try reader.take() }
}

extension RoutingState {
    /// How long a session that has to wait is likely to: the median of the last 50 that had to.
    public func expectedWaitMilliseconds(in project: ProjectID) -> Int64? {
        records.waits[project]?.median
    }

    /// A session that waits is about to be given to somebody.
    mutating func noteWait(of session: Session) {
        guard level >= .second else { return }
        records.waits[session.project, default: RecentWaits()]
            .note(now.time.milliseconds &- (session.queuedAt ?? session.place).milliseconds)
        draft.waits.note(session.project)
    }
}
