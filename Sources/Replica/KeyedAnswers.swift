import Raft
import Routing
import Wire

/// The answers of requests that carried a `RequestKey`: replicated, and forgotten by rules that
/// depend on nothing but the entries.
///
/// Beside the `AnswerTable`, which knows the processes of the nodes and serves their repetitions:
/// this one knows clients, whose repetitions come to other nodes as other requests.
struct KeyedAnswers: Sendable, Equatable {
    /// Bounds that are part of the replicated format: the same on every node.
    struct Limits: Sendable, Equatable {
        var answers = 16_384
        /// An answer is kept for a day of log time.
        var milliseconds: Int64 = 86_400_000
    }
    enum Verdict: Equatable {
        /// Never seen: do it, then `record`.
        case new
        /// Done before, with this answer.
        case answered(Outcome)
        /// The key was used for another request.
        case mismatch
    }
    private struct Name: Hashable {
        var high: UInt64
        var low: UInt64
    }
    private struct Kept: Equatable {
        var index: LogIndex
        var time: LogTime
        var request: UInt64
        var outcome: Outcome
    }

    private var kept: [Name: Kept] = [:]
    /// The names by the entries that answered them, oldest first from `head` on.
    private var order: [(index: LogIndex, name: Name)] = []
    private var head = 0
    let limits: Limits

    init(limits: Limits = Limits()) { self.limits = limits }

    static func == (a: KeyedAnswers, b: KeyedAnswers) -> Bool {
        a.kept == b.kept && a.limits == b.limits
    }

    /// How many are kept.
    var count: Int { kept.count }

    /// Looks a request up.
    func verdict(_ key: RequestKey) -> Verdict {
        guard let known = kept[Name(high: key.high, low: key.low)] else { return .new }
        return known.request == key.request ? .answered(known.outcome) : .mismatch
    }

    /// Keeps the answer of a request that was `new`, and forgets the oldest beyond the limits.
    mutating func record(
        _ key: RequestKey, _ outcome: Outcome, at index: LogIndex, time: LogTime,
        rows: inout [RowChange]
    ) {
        let name = Name(high: key.high, low: key.low)
        kept[name] = Kept(index: index, time: time, request: key.request, outcome: outcome)
        order.append((index, name))
        var writer = ByteWriter(capacity: 32)
        writer.varint(index.rawValue)
        writer.zigzag(time.milliseconds)
        writer.u64(key.request)
        outcome.encode(into: &writer)
        rows.append(row(name, writer.bytes))
        forget(at: time, &rows)
    }

    private mutating func forget(at time: LogTime, _ rows: inout [RowChange]) {
        while head < order.count {
            let name = order[head].name
            let isOld = kept[name].map {
                time > $0.time.adding(milliseconds: limits.milliseconds)
            }
            guard kept.count > limits.answers || isOld == true else { break }
            kept[name] = nil
            rows.append(row(name, nil))
            head += 1
        }
        if head > 1_024, head > order.count / 2 {
            order.removeSubrange(..<head)
            head = 0
        }
    }

    private func row(_ name: Name, _ value: [UInt8]?) -> RowChange {
        RowChange(
            table: .keyedRequest, major: Int64(bitPattern: name.high),
            minor: Int64(bitPattern: name.low), value: value)
    }

    /// Takes a row of `RowTable.keyedRequest` back.
    mutating func load(major: Int64, minor: Int64, value: [UInt8]) throws(WireError) {
        var reader = ByteReader(value)
        let index = LogIndex(try reader.varint())
        let time = LogTime(milliseconds: try reader.zigzag())
        let request = try reader.u64()
        let outcome = try Outcome(from: &reader)
        try reader.expectEnd()
        let name = Name(high: UInt64(bitPattern: major), low: UInt64(bitPattern: minor))
        kept[name] = Kept(index: index, time: time, request: request, outcome: outcome)
        order.append((index, name))
    }

    /// Puts what was loaded into the order of the entries; call once after the last `load`.
    mutating func finishLoading() { order.sort { $0.index < $1.index } }

    func checkInvariants() {
        precondition(kept.count <= limits.answers && order.count - head == kept.count)
    }
}
