import Raft
import Routing
import Wire

/// Reads a routing journal back: the base's rows, then its entries in order, without those that
/// repeat a request that was done before.
public struct JournalTape: Sendable {
    private var state = ReplicatedState()
    private var time: LogTime
    /// The routing state of the base; whole once `finishLoading` is done.
    public var base: RoutingState { state.routing }

    /// A tape from a base at this log time on.
    public init(at time: LogTime) { self.time = time }

    /// What a journal keeps of an entry: its log time and a payload in which the command is in the
    /// form of `Command.forJournal`; nil: nothing, for it is no command.
    public static func kept(of entry: Entry) throws(WireError) -> (time: LogTime, payload: [UInt8])?
    {
        guard entry.kind == .command else { return nil }
        var reader = ByteReader(entry.payload)
        let payload = try EntryPayload(from: &reader)
        let command = try Command.decode(&reader)
        try reader.expectEnd()
        var writer = ByteWriter(capacity: 32)
        payload.key?.encode(into: &writer)
        command.forJournal.encode(into: &writer)
        return (payload.time, payload.encoded(command: writer.bytes[...]))
    }

    /// Takes one row of the base; those of one table ascending.
    public mutating func load(
        table: RowTable, major: Int64, minor: Int64, value: [UInt8]
    ) throws(WireError) {
        try state.load(table: table, major: major, minor: minor, value: value)
    }

    /// Builds what rows only imply; call once after the last `load`.
    public mutating func finishLoading() throws(WireError) {
        try state.finishLoading()
    }

    /// The next entry; nil if it repeats what was done before.
    public mutating func next(
        _ index: Int64, _ payload: [UInt8]
    ) throws(WireError) -> JournalEntry? {
        var reader = ByteReader(payload)
        let header = try EntryPayload(from: &reader)
        let command = try Command.decode(&reader)
        try reader.expectEnd()
        time = max(time, header.time)
        guard isNew(header, at: LogIndex(UInt64(clamping: index))) else { return nil }
        return JournalEntry(index: index, time: time, command: command)
    }

    /// Whether a request was not done before, by the tables that told it when it was applied. Which
    /// answer it got does not matter here.
    private mutating func isNew(_ header: EntryPayload, at index: LogIndex) -> Bool {
        guard header.flags & EntryPayload.keepsAnswer != 0 else { return true }
        var rows: [RowChange] = []
        let verdict = state.answers.admit(
            client: header.client, sequence: header.sequence,
            settledBelow: header.settledBelow, time: time, rows: &rows)
        guard verdict == .new else { return false }
        let isKnown = header.key.map { state.keyedAnswers.verdict($0) != .new } ?? false
        if let key = header.key, !isKnown {
            state.keyedAnswers.record(key, .duplicate, at: index, time: time, rows: &rows)
        }
        state.answers.record(
            client: header.client, sequence: header.sequence, .duplicate, rows: &rows)
        return !isKnown
    }
}
