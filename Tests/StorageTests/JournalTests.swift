import Foundation
import Raft
import Routing
import Testing
import Wire

@testable import Storage

/// journal.db: that it has every entry after its bases, begins anew after a gap, and stays bounded.
@Suite struct JournalTests {
    /// A log.db and a state.db, and the journal over both. An entry's payload is its log time in
    /// seconds, one byte of it.
    private final class Shelf {
        let scratch = Scratch()
        let log: LogStore
        let state: StateStore
        let store: JournalStore
        let reader: StateReader
        var limits = JournalKeeper.Limits()
        private(set) var index: UInt64 = 0
        lazy var work = makeWork()

        init() throws {
            (log, _) = try LogStore.open(path: scratch.log, identity: Shelf.identity) { _ in nil }
            state = try StateStore.open(path: scratch.state, identity: Shelf.identity)
            store = JournalStore(path: Shelf.path(scratch), identity: Shelf.identity)
            reader = try state.reader()
        }

        static let identity = StoreIdentity(cluster: "journal", node: NodeID(1))
        static func path(_ scratch: Scratch) -> String { scratch.state + "-journal.db" }

        static func time(_ seconds: UInt64) -> LogTime {
            LogTime(milliseconds: Int64(seconds) * 1000)
        }

        /// What a keeper's thread does after a start.
        func makeWork() -> JournalWork {
            JournalWork(
                store: store, log: log, reader: reader,
                form: .init(
                    kept: { entry in
                        guard entry.kind == .command else { return nil }
                        return (Shelf.time(UInt64(entry.payload[0])), entry.payload)
                    },
                    time: { mark in mark.meta.first.map { Shelf.time(UInt64($0)) } }),
                limits: limits)
        }

        /// Commits some entries, one a second, and applies them.
        func commit(_ count: Int, term: UInt64 = 1, bytes: Int = 1) throws {
            var entries: [Entry] = []
            for _ in 0..<count {
                index += 1
                entries.append(
                    Entry(
                        index: LogIndex(index), term: Term(term), kind: .command,
                        payload: [UInt8(index)] + [UInt8](repeating: 7, count: bytes - 1)))
            }
            try log.write([Persist(id: index, entries: entries)])
            let row = RowChange(
                table: .seenUpdates, major: 1, minor: Int64(index), value: [1, 2])
            let note = RowChange(
                table: .note, major: 1, minor: Int64(index), value: Array("secret".utf8))
            try state.write(
                [row, note],
                applied: AppliedMark(
                    index: LogIndex(index), term: Term(term), meta: [UInt8(index)]))
        }

        func catchUp() throws {
            while try work.step(through: index) == nil {}
        }

        /// Every index that can be played from a moment on.
        func played(from seconds: UInt64) throws -> [Int64]? {
            guard let found = try store.base(for: Shelf.time(seconds), until: Shelf.time(1000))
            else { return nil }
            var indexes: [Int64] = []
            var after = found.base.index
            while let batch = try store.entries(after: after, before: Shelf.time(1000)) {
                indexes += batch.map(\.index)
                after = batch.last!.index
            }
            #expect(indexes.count <= found.entries)
            return indexes
        }
    }

    @Test func `Every entry after the base is there, and none of before`() throws {
        let shelf = try Shelf()
        #expect(try shelf.work.step(through: 0) == 0)
        #expect(try shelf.store.coverage().since == nil)
        for _ in 0..<3 { try shelf.commit(1) }
        try shelf.catchUp()
        #expect(try shelf.store.coverage().since == Shelf.time(3))
        try shelf.commit(4)
        try shelf.catchUp()
        #expect(try shelf.played(from: 3) == [4, 5, 6, 7])
        #expect(try shelf.played(from: 2) == nil)
        #expect(try shelf.store.coverage().index == 7)
        let rows = try shelf.store.run(0, of: 3)!
        #expect(rows.map(\.minor) == [1, 2, 3])
        #expect(rows.allSatisfy { $0.table == .seenUpdates && $0.value == [1, 2] })
        #expect(try shelf.store.run(1, of: 3) == nil)
    }

    @Test func `It goes on where it was after a restart`() throws {
        let shelf = try Shelf()
        try shelf.commit(2)
        try shelf.catchUp()
        try shelf.commit(3)
        shelf.store.close()
        shelf.work = shelf.makeWork()
        try shelf.catchUp()
        #expect(try shelf.played(from: 2) == [3, 4, 5])
    }

    @Test func `After an erasure a new journal begins`() throws {
        let shelf = try Shelf()
        try shelf.commit(2)
        try shelf.catchUp()
        try shelf.commit(3)
        try shelf.catchUp()
        #expect(try shelf.store.oldestIndex() == 2)
        var writer = ByteWriter()
        writer.zigzag(5)
        try shelf.state.write(
            [RowChange(table: .erasureMark, major: 1, value: writer.bytes)],
            applied: AppliedMark(index: LogIndex(5), term: Term(1), meta: [5]))
        try shelf.catchUp()
        #expect(try shelf.store.oldestIndex() == 5)
        #expect(try shelf.played(from: 4) == nil)
        try shelf.commit(2)
        try shelf.catchUp()
        #expect(try shelf.store.oldestIndex() == 5, "once is enough")
        #expect(try shelf.played(from: 5) == [6, 7])
    }

    @Test func `A start that applies its log again drops nothing`() throws {
        let shelf = try Shelf()
        try shelf.commit(2)
        try shelf.catchUp()
        try shelf.commit(3)
        try shelf.catchUp()
        shelf.work = shelf.makeWork()
        #expect(try shelf.work.step(through: 4) == 4)
        #expect(try shelf.played(from: 2) == [3, 4, 5])
    }

    @Test func `After a gap a new journal begins`() throws {
        let shelf = try Shelf()
        try shelf.commit(2)
        try shelf.catchUp()
        try shelf.commit(3)
        try shelf.commit(2)
        let trail = LogTrail(entries: 0, bytes: 0)
        while try shelf.log.cut(through: LogIndex(5), keeping: trail) != nil {}
        try shelf.catchUp()
        #expect(try shelf.store.coverage().since == Shelf.time(7))
        try shelf.commit(1)
        try shelf.catchUp()
        #expect(try shelf.played(from: 7) == [8])
        #expect(try shelf.played(from: 6) == nil)
    }

    @Test func `A log with another past makes a new journal`() throws {
        let shelf = try Shelf()
        try shelf.commit(2)
        try shelf.catchUp()
        try shelf.commit(2)
        try shelf.catchUp()
        let other = try Shelf()
        try other.commit(5, term: 2)
        shelf.work = JournalWork(
            store: shelf.store, log: other.log, reader: other.reader, form: other.work.form,
            limits: shelf.limits)
        while try shelf.work.step(through: 5) == nil {}
        #expect(try shelf.store.coverage().since == Shelf.time(5))
        #expect(try shelf.store.coverage().bases == 1)
    }

    @Test func `What is older than the retention is dropped, as whole stretches`() throws {
        let shelf = try Shelf()
        shelf.limits.baseMilliseconds = 10_000
        shelf.limits.retentionMilliseconds = 20_000
        for _ in 0..<50 {
            try shelf.commit(1)
            try shelf.catchUp()
        }
        // Bases at 1, 11, 21, 31 and 41; at 50 the newest that is 20 seconds old is that of 21.
        #expect(try shelf.store.coverage().since == Shelf.time(21))
        #expect(try shelf.played(from: 30) == Array(22...50))
        #expect(try shelf.played(from: 31) == Array(32...50))
    }

    @Test func `More bytes than allowed push out the oldest`() throws {
        let shelf = try Shelf()
        shelf.limits.bytes = 40_000
        for _ in 0..<100 {
            try shelf.commit(1, bytes: 1_000)
            try shelf.catchUp()
            // One base more may be there until the next look.
            #expect(try shelf.store.coverage().bytes <= 50_000)
        }
        #expect(try shelf.store.coverage().bases > 1)
        let since = try shelf.store.coverage().since!
        let first = UInt64(since.milliseconds / 1000)
        #expect(first > 50)
        #expect(try shelf.played(from: first) == Array(Int64(first) + 1...100))
    }

    @Test func `Entries are as many bytes as a large base before the next`() throws {
        let shelf = try Shelf()
        shelf.limits.bytes = 400_000
        try shelf.state.write(
            [
                RowChange(
                    table: .seenUpdates, major: 2, value: [UInt8](repeating: 9, count: 90_000))
            ], applied: AppliedMark())
        try shelf.commit(1)
        try shelf.catchUp()
        // An eighth of the bytes allowed would be 50 of them.
        for _ in 0..<85 {
            try shelf.commit(1, bytes: 1_000)
            try shelf.catchUp()
        }
        #expect(try shelf.store.coverage().bases == 1)
        // A start knows how large the base is.
        shelf.store.close()
        shelf.work = shelf.makeWork()
        try shelf.catchUp()
        #expect(try shelf.store.coverage().bases == 1)
        for _ in 0..<15 {
            try shelf.commit(1, bytes: 1_000)
            try shelf.catchUp()
        }
        #expect(try shelf.store.coverage().bases == 2)
    }

    @Test func `A file that does not read is made anew`() throws {
        let shelf = try Shelf()
        try shelf.commit(2)
        try shelf.catchUp()
        shelf.store.close()
        try Data(repeating: 1, count: 5_000).write(to: URL(fileURLWithPath: shelf.store.path))
        shelf.work = shelf.makeWork()
        try shelf.catchUp()
        #expect(try shelf.store.coverage().since == Shelf.time(2))
    }

    @Test func `A batch that was changed on the disk is not played`() throws {
        let shelf = try Shelf()
        try shelf.commit(2)
        try shelf.catchUp()
        try shelf.commit(2)
        try shelf.catchUp()
        shelf.store.close()
        let database = try Database(path: shelf.store.path, role: .writer(.journal))
        try database.execute("UPDATE entries SET body = zeroblob(length(body))")
        database.close()
        #expect(throws: StorageError.self) {
            try shelf.store.entries(after: 2, before: Shelf.time(1000))
        }
    }
}
