import Raft
import Routing
import Testing
import Wire

@testable import Replica

/// What the routing journal keeps of entries, and what it plays of them.
@Suite struct JournalTapeTests {
    private static func entry(
        _ index: UInt64, _ command: Command, at seconds: Int64, sequence: UInt64 = 0,
        key: RequestKey? = nil
    ) -> Entry {
        let keeps = sequence > 0 ? EntryPayload.keepsAnswer : 0
        let payload = EntryPayload(
            time: LogTime(milliseconds: seconds * 1000),
            flags: keeps | (key == nil ? 0 : EntryPayload.carriesKey), client: 7,
            sequence: sequence, settledBelow: 0)
        var writer = ByteWriter()
        key?.encode(into: &writer)
        command.encode(into: &writer)
        return Entry(
            index: LogIndex(index), term: Term(1), kind: .command,
            payload: payload.encoded(command: writer.bytes[...]))
    }

    /// What of these entries is played, as their indexes.
    private func played(_ entries: [Entry]) throws -> [Int64] {
        var tape = JournalTape(at: LogTime(milliseconds: 0))
        try tape.finishLoading()
        return try entries.compactMap { entry in
            let kept = try #require(try JournalTape.kept(of: entry))
            return try tape.next(Int64(entry.index.rawValue), kept.payload)?.index
        }
    }

    private static let reply = Command.reply(SessionID(3), by: AgentID(2), text: "hello")

    @Test func `A request that was committed twice is played once`() throws {
        let entries = [
            Self.entry(1, Self.reply, at: 1, sequence: 5),
            Self.entry(2, Self.reply, at: 2, sequence: 5),
            Self.entry(3, Self.reply, at: 3, sequence: 6),
            Self.entry(4, .advance, at: 4), Self.entry(5, .advance, at: 5),
        ]
        #expect(try played(entries) == [1, 3, 4, 5])
    }

    @Test func `So is one that its client repeated under a key of its own`() throws {
        let key = RequestKey(high: 1, low: 2, request: 3)
        let other = RequestKey(high: 1, low: 2, request: 4)
        let entries = [
            Self.entry(1, Self.reply, at: 1, sequence: 5, key: key),
            Self.entry(2, Self.reply, at: 2, sequence: 6, key: key),
            Self.entry(3, Self.reply, at: 3, sequence: 7, key: other),
            Self.entry(4, Self.reply, at: 4, sequence: 8),
        ]
        #expect(try played(entries) == [1, 4])
    }

    @Test func `What is kept has the log time and no words, and other entries are not kept`() throws
    {
        let kept = try #require(try JournalTape.kept(of: Self.entry(1, Self.reply, at: 9)))
        #expect(kept.time == LogTime(milliseconds: 9000))
        #expect(!String(decoding: kept.payload, as: UTF8.self).contains("hello"))
        let noop = Entry(index: LogIndex(2), term: Term(1), kind: .noop, payload: [])
        #expect(try JournalTape.kept(of: noop) == nil)
    }

    @Test func `Log time never goes back, as it does not when an entry is applied`() throws {
        var tape = JournalTape(at: LogTime(milliseconds: 5000))
        try tape.finishLoading()
        let early = try #require(try JournalTape.kept(of: Self.entry(1, .advance, at: 1)))
        #expect(try tape.next(1, early.payload)?.time == LogTime(milliseconds: 5000))
    }
}
