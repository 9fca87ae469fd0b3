import Wire

/// What an agent was given of late: enough for the sliding window and for *least loaded*.
struct Load: Equatable, Sendable {
    /// One assignment inside the window.
    struct Recent: Hashable, Sendable {
        var at: LogTime
        var project: ProjectID
    }
    /// The window of `newPerMinute`.
    static let windowMilliseconds: Int64 = 60_000
    /// The largest `newPerMinute` that can be set, and so what is worth remembering.
    static let recentLimit: UInt32 = 240

    /// Assignments in the window, oldest first; kept only while some limit applies.
    private(set) var recent: [Recent] = []
    /// The log index of the last assignment; 0 before the first.
    private(set) var lastIndex: Int64 = 0

    /// The agent was given a session.
    mutating func note(_ moment: Moment, project: ProjectID, isLimited: Bool) {
        lastIndex = moment.index
        let horizon = moment.time.adding(milliseconds: -Self.windowMilliseconds)
        if let oldest = recent.first, oldest.at <= horizon {
            recent.removeAll { $0.at <= horizon }
        }
        guard isLimited else { return }
        recent.append(Recent(at: moment.time, project: project))
        if recent.count > Self.recentLimit { recent.removeFirst() }
    }

    /// Until when the agent may be given no more under a limit (0: none) over all projects or in
    /// one; nil: not limited at this moment.
    func limitedUntil(_ limit: UInt32, in project: ProjectID?, at time: LogTime) -> LogTime? {
        guard limit > 0, recent.count >= limit else { return nil }
        var left = limit
        for entry in recent.reversed() where project == nil || entry.project == project {
            left -= 1
            if left == 0 {
                let until = entry.at.adding(milliseconds: Self.windowMilliseconds)
                return time < until ? until : nil
            }
        }
        return nil
    }

    /// How many assignments are in the window, over all projects or in one.
    func count(in project: ProjectID?, at time: LogTime) -> UInt32 {
        let horizon = time.adding(milliseconds: -Self.windowMilliseconds)
        let counted = recent.count {
            $0.at > horizon && (project == nil || $0.project == project)
        }
        return UInt32(clamping: counted)
    }
}

extension Load {
    /// The row's value.
    func encoded() -> [UInt8] {
        var writer = ByteWriter(capacity: 8 + recent.count * 6)
        writer.zigzag(lastIndex)
        writer.varint(UInt64(recent.count))
        var before: Int64 = 0
        for entry in recent {
            writer.zigzag(entry.at.milliseconds &- before)
            writer.put(entry.project)
            before = entry.at.milliseconds
        }
        return writer.bytes
    }

    /// The load of a row.
    init(value: [UInt8]) throws(WireError) {
        var reader = ByteReader(value)
        lastIndex = try reader.zigzag()
        var before: Int64 = 0
        for _ in 0..<(try reader.count(limit: Int(Self.recentLimit))) {
            before = before &+ (try reader.zigzag())
            recent.append(
                Recent(at: LogTime(milliseconds: before), project: try reader.take()))
        }
        try reader.expectEnd()
    }
}

/// The log index and log time of the entry that is being applied.
struct Moment: Equatable, Sendable {
    /// The log index.
    var index: Int64 = 0
    /// Log time.
    var time = LogTime(milliseconds: 0)
}
