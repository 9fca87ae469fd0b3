import Raft
import Routing
import Wire

/// Everything that is the same on every node at the same index: the routing state and the answers
/// kept for exactly-once requests. Rebuilt from rows at a start.
public struct ReplicatedState: Sendable, Equatable {
    /// The routing state machine.
    public internal(set) var routing = RoutingState()
    var answers = AnswerTable()
    var keyedAnswers = KeyedAnswers()

    /// Nothing applied yet.
    public init() {}

    /// Takes one stored row; rows of one table in ascending key order.
    public mutating func load(
        table: RowTable, major: Int64, minor: Int64, value: [UInt8]
    ) throws(WireError) {
        switch table {
        case .request: try answers.load(major: major, minor: minor, value: value)
        case .keyedRequest: try keyedAnswers.load(major: major, minor: minor, value: value)
        default:  // The router's own, of which it knows each.
            try routing.load(table: table, major: major, minor: minor, value: value)
        }
    }

    /// Builds what rows only imply; call once after the last `load`.
    public mutating func finishLoading() throws(WireError) {
        keyedAnswers.finishLoading()
        try routing.finishLoading()
    }

    /// Applies one command; requests that were done before get their earlier answer.
    mutating func apply(
        _ command: Command, _ payload: EntryPayload, at index: LogIndex, time: LogTime,
        into applied: inout Applied
    ) -> Outcome {
        guard payload.flags & EntryPayload.keepsAnswer != 0 else {
            return routing.apply(
                command, at: Int64(index.rawValue), time: time, into: &applied)
        }
        var rows: [RowChange] = []
        let verdict = answers.admit(
            client: payload.client, sequence: payload.sequence,
            settledBelow: payload.settledBelow, time: time, rows: &rows)
        let outcome: Outcome
        switch verdict {
        case .new:
            outcome = applyNew(
                command, key: payload.key, at: index, time: time, into: &applied, &rows)
            answers.record(
                client: payload.client, sequence: payload.sequence, outcome, rows: &rows)
        case .answered(let earlier): outcome = earlier
        case .stale: outcome = .duplicate
        }
        applied.rows += rows
        return outcome
    }

    /// Applies a request that no node repeats, unless its client does.
    private mutating func applyNew(
        _ command: Command, key: RequestKey?, at index: LogIndex, time: LogTime,
        into applied: inout Applied, _ rows: inout [RowChange]
    ) -> Outcome {
        switch key.map(keyedAnswers.verdict) {
        case .answered(let earlier): return earlier
        case .mismatch:
            return .refused(.invalid("The key was used for another request; take a new one."))
        case .new, nil: break
        }
        let outcome = routing.apply(
            command, at: Int64(index.rawValue), time: time, into: &applied)
        if let key { keyedAnswers.record(key, outcome, at: index, time: time, rows: &rows) }
        return outcome
    }

    /// Traps when something that must hold does not.
    public func checkInvariants() {
        routing.checkInvariants()
        answers.checkInvariants()
        keyedAnswers.checkInvariants()
    }
}
