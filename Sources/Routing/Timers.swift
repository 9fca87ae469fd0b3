import Wire

/// What happens by itself in a project's sessions. Manual choices cancel what is pending.
public struct Timers: Hashable, Sendable {
    /// How long an agent who is receiving may leave a session without a first reply; nil: for ever.
    public var firstReplyMilliseconds: Int64?
    /// How often a session goes to somebody else for that; after that a manager is alerted.
    public var firstReplyMoves: UInt32 = 2
    /// How long an agent may be gone before unanswered sessions are routed anew; nil: for ever. It
    /// is counted while the project has a candidate.
    public var goneMilliseconds: Int64? = 900_000
    /// How long after our last answer a session is completed; nil: never.
    public var completeMilliseconds: Int64? = 86_400_000
    /// The defaults.
    public init() {}
}

extension Timers: Coded {
    func encode(into writer: inout ByteWriter) {
        writer.put(firstReplyMilliseconds)
        writer.put(firstReplyMoves)
        writer.put(goneMilliseconds)
        writer.put(completeMilliseconds)
    }
    init(from reader: inout ByteReader) throws(WireError) {
        self.init()
        firstReplyMilliseconds = try reader.take()
        firstReplyMoves = try reader.take()
        goneMilliseconds = try reader.take()
        completeMilliseconds = try reader.take()
    }
}

extension Timers {
    /// What can't be as it is.
    var refusal: Text? {
        let spans = 1...ProjectSettings.longestSpan
        if let firstReplyMilliseconds, !spans.contains(firstReplyMilliseconds) {
            return "firstReply"
        }
        if firstReplyMoves > FieldLimits.moves { return "firstReplyMoves" }
        if let goneMilliseconds, !spans.contains(goneMilliseconds) { return "gone" }
        if let completeMilliseconds, !spans.contains(completeMilliseconds) {
            return "autoComplete"
        }
        return nil
    }
}

extension RoutingState {
    /// The level that knows timers was just reached: they begin now.
    mutating func beginTimers() {
        for slot in rooms.indices { scheduleRest(slot) }
        for desk in desks.indices where !desks[desk].isOnline { watchGone(desk) }
    }
}

/// A clock that stands still at times: its reading is how long something was so, in milliseconds.
struct StoppingClock: Equatable, Sendable {
    /// The reading when it last stopped or started.
    private(set) var elapsed: Int64 = 0
    /// Since when it runs; nil while it stands.
    private(set) var since: LogTime?

    /// The reading at a moment.
    func reading(at time: LogTime) -> Int64 {
        guard let since else { return elapsed }
        return elapsed + max(0, time.milliseconds - since.milliseconds)
    }

    /// When it will show a reading if it goes on as now; nil while it stands.
    func moment(of reading: Int64) -> LogTime? { since?.adding(milliseconds: reading - elapsed) }

    /// Starts or stops it; false: it was so already.
    mutating func run(_ isRunning: Bool, at time: LogTime) -> Bool {
        guard isRunning != (since != nil) else { return false }
        elapsed = reading(at: time)
        since = isRunning ? time : nil
        return true
    }
}

extension StoppingClock: Coded {
    func encode(into writer: inout ByteWriter) {
        writer.put(elapsed)
        writer.put(since)
    }
    init(from reader: inout ByteReader) throws(WireError) {
        elapsed = try reader.take()
        since = try reader.take()
    }
}
