import Raft
import Routing
import Testing
import Wire

@testable import Replica

@Suite struct KeyedAnswersTests {
    private var table = KeyedAnswers(limits: .init(answers: 3, milliseconds: 1_000))
    private var stored: [String: RowChange] = [:]
    private var index = LogIndex.zero

    private mutating func record(_ number: UInt64, at milliseconds: Int64) {
        var rows: [RowChange] = []
        index = index.next
        table.record(
            RequestKey(high: number, low: 1, request: 7), .done(id: Int64(number)),
            at: index, time: LogTime(milliseconds: milliseconds), rows: &rows)
        for row in rows {
            stored["\(row.major) \(row.minor)"] = row.value == nil ? nil : row
        }
        table.checkInvariants()
    }

    private func verdict(_ number: UInt64, request: UInt64 = 7) -> KeyedAnswers.Verdict {
        table.verdict(RequestKey(high: number, low: 1, request: request))
    }

    @Test mutating func `an answer is kept for its key and its request`() {
        #expect(verdict(1) == .new)
        record(1, at: 0)
        #expect(verdict(1) == .answered(.done(id: 1)))
        #expect(verdict(1, request: 8) == .mismatch)
        #expect(verdict(2) == .new)
    }

    @Test mutating func `the oldest go when there are too many, and when their time is over`() {
        for number in 1...3 { record(UInt64(number), at: Int64(number)) }
        #expect(table.count == 3)
        record(4, at: 4)
        #expect(verdict(1) == .new && verdict(2) == .answered(.done(id: 2)))
        record(5, at: 1_003)
        #expect(verdict(2) == .new && verdict(3) == .answered(.done(id: 3)))
        record(6, at: 9_000)
        #expect(table.count == 1 && stored.count == 1)
    }

    @Test mutating func `rows give the same table back, which forgets in the same order`()
        throws
    {
        // Keys that descend, so that their order is not that of the entries.
        for number in [9, 8, 7] as [UInt64] { record(number, at: 10) }
        var loaded = KeyedAnswers(limits: table.limits)
        for row in stored.values.sorted(by: { $0.major < $1.major }) {
            try loaded.load(major: row.major, minor: row.minor, value: try #require(row.value))
        }
        loaded.finishLoading()
        #expect(loaded.count == table.count)
        var here: [RowChange] = []
        var there: [RowChange] = []
        let key = RequestKey(high: 20, low: 1, request: 7)
        let time = LogTime(milliseconds: 11)
        table.record(key, .done(id: 1), at: LogIndex(20), time: time, rows: &here)
        loaded.record(key, .done(id: 1), at: LogIndex(20), time: time, rows: &there)
        #expect(here.map(\.major) == [20, 9])
        #expect(there.map(\.major) == [20, 9])
    }
}

@Suite struct KeyedRequestTests {
    /// Applies a command of a client as a node's process would send it.
    private func apply(
        _ state: inout ReplicatedState, _ index: UInt64, _ command: Command, key: RequestKey?,
        client: UInt64
    ) throws -> Outcome {
        var writer = ByteWriter()
        key?.encode(into: &writer)
        command.encode(into: &writer)
        let flags = EntryPayload.keepsAnswer | (key == nil ? 0 : EntryPayload.carriesKey)
        let bytes = EntryPayload(
            time: LogTime(milliseconds: 5), flags: flags, client: client, sequence: 1,
            settledBelow: 1
        ).encoded(command: writer.bytes[...])
        var reader = ByteReader(bytes)
        let payload = try EntryPayload(from: &reader)
        #expect(payload.key == key)
        var applied = Applied()
        return state.apply(
            try Command.decode(&reader), payload, at: LogIndex(index), time: payload.time,
            into: &applied)
    }

    @Test func `a repetition through another node is done once and answered alike`() throws {
        var state = ReplicatedState()
        let key = RequestKey(high: 1, low: 2, request: 3)
        let command = Command.bootstrap(login: "a", name: "A", passwordHash: "x")
        let first = try apply(&state, 1, command, key: key, client: 10)
        guard case .done = first else {
            Issue.record("\(first)")
            return
        }
        #expect(try apply(&state, 2, command, key: key, client: 11) == first)
        // Without the key it is another request, which the state refuses.
        let plain = try apply(&state, 3, command, key: nil, client: 12)
        #expect(plain != first)
        let other = RequestKey(high: 1, low: 2, request: 4)
        guard case .refused(.invalid) = try apply(&state, 4, command, key: other, client: 13)
        else {
            Issue.record("another request under a used key was done")
            return
        }
        state.checkInvariants()
    }
}
