import Foundation
import Raft
import Routing
import Testing
import Wire

@testable import Storage

/// Changes a state file behind its store's back, which is closed.
func tamper(_ path: String, _ sql: String) throws {
    let database = try Database(path: path, role: .plain(.state))
    defer { database.close() }
    try database.execute(sql)
}

/// A store with some rows, under an index that goes on.
private struct Ledger {
    let scratch = Scratch()
    var model = StateModel()

    init(batches: Int, seed: UInt64) throws {
        let store = try open()
        for (changes, applied) in stateScript(batches: batches, seed: seed) {
            try store.write(changes, applied: applied)
            model.write(changes, applied: applied)
        }
        store.close()
    }

    func open(_ options: StoreOptions = .state) throws -> StateStore {
        try StateStore.open(path: scratch.state, identity: identity, options: options)
    }

    /// Walks over all rows; the failure, if there is one.
    func scrub() throws -> StorageError? {
        let store = try open()
        defer { store.close() }
        return walk(store)
    }
}

/// Walks over all rows of a store; the failure, if there is one.
private func walk(_ store: StateStore, bytes: Int = 1_000) -> StorageError? {
    do throws(StorageError) {
        try store.beginScrub()
        while try store.stepScrub(bytes: bytes) != .isOver {}
        store.endScrub()
        return nil
    } catch {
        store.endScrub()
        return error
    }
}

struct ScrubTests {
    @Test func `a file of an earlier release gets the tables that it lacks`() throws {
        var ledger = try Ledger(batches: 5, seed: 4)
        let table = RowTable.pool
        try tamper(ledger.scratch.state, "DELETE FROM mark WHERE id = 2")
        try tamper(ledger.scratch.state, "DROP TABLE t\(table.rawValue)")
        for key in ledger.model.rows.keys where key.table == table.rawValue {
            ledger.model.rows[key] = nil
        }
        let store = try ledger.open()
        let mark = AppliedMark(
            index: LogIndex(store.applied.index.rawValue + 1), term: Term(3), digest: 1, meta: [])
        let change = RowChange(table: table, major: 5, value: [1])
        try store.write([change], applied: mark)
        ledger.model.write([change], applied: mark)
        #expect(try StateModel(store) == ledger.model)
        #expect(walk(store) == nil)
        store.close()
    }

    @Test func `a table that has vanished is not made anew`() throws {
        let ledger = try Ledger(batches: 5, seed: 4)
        try tamper(ledger.scratch.state, "DROP TABLE t\(RowTable.pool.rawValue)")
        #expect(throws: StorageError.self) { try ledger.open() }
    }

    @Test(arguments: 1...12 as ClosedRange<UInt64>)
    func `a walk agrees with the sums, whatever is written meanwhile`(seed: UInt64) throws {
        let scratch = Scratch()
        let store = try StateStore.open(path: scratch.state, identity: identity)
        var dice = Dice(seed)
        var batches = stateScript(batches: 120, seed: seed)[...]
        for (changes, applied) in batches.prefix(40) {
            try store.write(changes, applied: applied)
        }
        batches = batches.dropFirst(40)
        var passes = 0
        while !batches.isEmpty {
            try store.beginScrub()
            while try store.stepScrub(bytes: Int.random(in: 1...9_000, using: &dice)) != .isOver {
                guard Int.random(in: 0..<3, using: &dice) == 0, let next = batches.popFirst()
                else { continue }
                try store.write(next.0, applied: next.1)
            }
            passes += 1
            if let next = batches.popFirst() { try store.write(next.0, applied: next.1) }
        }
        #expect(passes > 1)
        #expect(walk(store) == nil)
        #expect(store.scrubbed.of == Int64(try StateModel(store).rows.count))
        store.close()
        // The sums are those of a walk from nothing, too.
        let again = try StateStore.open(path: scratch.state, identity: identity)
        try again.load { _, _, _, _ in }
        #expect(walk(again) == nil)
        again.close()
    }

    @Test(arguments: RowTable.allCases)
    func `a row that vanishes, comes from nowhere or changes is found`(table: RowTable) throws {
        let changes: [(sql: String, finding: String)] = [
            ("DELETE FROM T WHERE major = 2", "1 rows have vanished"),
            (
                "INSERT INTO T(COLUMNS) SELECT VALUES FROM T WHERE major = 2",
                "1 rows are there that were never written"
            ),
            ("UPDATE T SET value = x'00' WHERE major = 3", "the checksum does not match"),
        ]
        for (number, change) in changes.enumerated() {
            let scratch = Scratch()
            let store = try StateStore.open(path: scratch.state, identity: identity)
            let rows = (1...4).map {
                RowChange(
                    table: table, major: $0, minor: table.hasMinorKey ? 5 : 0, value: [UInt8($0)])
            }
            try store.write(rows, applied: AppliedMark(index: LogIndex(1)))
            store.close()
            let columns = table.hasMinorKey ? "major, minor, crc, value" : "major, crc, value"
            // A row that reads well.
            let crc = StateTable.crc(table, 9, table.hasMinorKey ? 5 : 0, [2])
            let values =
                table.hasMinorKey ? "9, minor, \(crc), value" : "9, \(crc), value"
            try tamper(
                scratch.state,
                change.sql.replacingOccurrences(of: "COLUMNS", with: columns)
                    .replacingOccurrences(of: "VALUES", with: values)
                    .replacingOccurrences(of: " T", with: " t\(table.rawValue)"))
            let again = try StateStore.open(path: scratch.state, identity: identity)
            let error = try #require(walk(again), "change \(number)")
            #expect(error.kind == .corrupt && error.file == scratch.state)
            #expect(error.detail.contains("table t\(table.rawValue) (\(table))"))
            #expect(error.detail.hasSuffix(change.finding), "\(error)")
            // What a start loads is compared at the start already.
            if table.isLoadedAtStart {
                let loaded = failure(.corrupt) { try again.load { _, _, _, _ in } }
                #expect(loaded?.detail == error.detail)
            } else {
                try again.load { _, _, _, _ in }
            }
            again.close()
        }
    }

    @Test func `rows exchanged for older ones of the same keys are found`() throws {
        let scratch = Scratch()
        let store = try StateStore.open(path: scratch.state, identity: identity)
        let old = RowChange(table: .history, major: 1, minor: 1, value: [1])
        try store.write([old], applied: AppliedMark(index: LogIndex(1)))
        let new = RowChange(table: .history, major: 1, minor: 1, value: [2])
        try store.write([new], applied: AppliedMark(index: LogIndex(2)))
        store.close()
        // A lost write: the row is as it was, and reads well.
        let crc = StateTable.crc(.history, 1, 1, [1])
        try tamper(scratch.state, "UPDATE t6 SET crc = \(crc), value = x'01'")
        let again = try StateStore.open(path: scratch.state, identity: identity)
        #expect(walk(again)?.detail.hasSuffix("rows were exchanged for others") == true)
        again.close()
    }

    @Test func `a file without sums, or with those of another index, gets them by a walk`() throws {
        for sql in [
            "DELETE FROM mark WHERE id = 2",
            // As a release that keeps no sums leaves it: the mark goes on alone.
            "UPDATE mark SET body = (SELECT body FROM mark WHERE id = 3) WHERE id = 2",
        ] {
            let ledger = try Ledger(batches: 30, seed: 5)
            let other = RowSums(areKnown: true).encoded(at: LogIndex(1))
            let hex = Hex.string(other)
            try tamper(ledger.scratch.state, "INSERT INTO mark VALUES(3, x'\(hex)'); \(sql)")
            #expect(try ledger.scrub() == nil)
            // The walk's sums are written with the next mark.
            let store = try ledger.open()
            #expect(walk(store) == nil)
            try store.write([], applied: ledger.model.applied)
            store.close()
            try tamper(
                ledger.scratch.state,
                "DELETE FROM t6 WHERE rowid = (SELECT min(rowid) FROM t6)")
            #expect(try ledger.scrub()?.detail.hasSuffix("1 rows have vanished") == true)
        }
    }

    @Test func `sums that don't read are corruption`() throws {
        let ledger = try Ledger(batches: 3, seed: 6)
        try tamper(
            ledger.scratch.state, "UPDATE mark SET body = x'0000000000000000' WHERE id = 2")
        let error = failure(.corrupt) { _ = try ledger.open() }
        #expect(error?.detail == "table mark, row 2 does not read")
    }

    @Test func `a write that finds no room leaves sums and walk as they were`() throws {
        let ledger = try Ledger(batches: 30, seed: 7)
        var options = StoreOptions.state
        options.maxPages = 1
        let store = try ledger.open(options)
        try store.beginScrub()
        _ = try store.stepScrub(bytes: 3_000)
        let large = (0..<200).map {
            RowChange(
                table: .session, major: Int64($0), value: [UInt8](repeating: 1, count: 4_000))
        }
        let mark = AppliedMark(index: LogIndex(9_000))
        failure(.full) { try store.write(large, applied: mark) }
        while try store.stepScrub(bytes: 3_000) != .isOver {}
        #expect(walk(store) == nil)
        store.close()
        #expect(try ledger.scrub() == nil)
    }

    @Test func `a received file is read through before it is trusted`() throws {
        let ledger = try Ledger(batches: 20, seed: 8)
        try StateInstall.verify(ledger.scratch.state)
        try tamper(
            ledger.scratch.state, "DELETE FROM t8 WHERE rowid = (SELECT min(rowid) FROM t8)")
        failure(.corrupt) { try StateInstall.verify(ledger.scratch.state) }
    }
}

struct ScrubThreadTests {
    private func limits(bytesPerSecond: Int) -> StateWriter.Limits {
        var limits = StateWriter.Limits()
        limits.scrubDelay = .zero
        limits.scrubRest = .milliseconds(1)
        limits.scrubStepBytes = 1_000
        limits.scrubBytesPerSecond = bytesPerSecond
        return limits
    }

    @Test func `the thread walks again and again, and tells what it finds once a walk`() throws {
        let ledger = try Ledger(batches: 20, seed: 9)
        let bad = Told<StorageError>()
        let healthy = StateWriter(
            store: try ledger.open(), limits: limits(bytesPerSecond: .max),
            onBadRows: { Issue.record($0) }, onFailure: { Issue.record($0) })
        // Looked at between two walks: in one it has only begun to count.
        var seen = healthy.scrub
        while seen.passes < 3 || seen.rows != seen.of {
            sched_yield()
            seen = healthy.scrub
        }
        #expect(seen.rows == Int64(ledger.model.rows.count) && seen.lastPass != nil)
        healthy.close()
        try tamper(
            ledger.scratch.state, "DELETE FROM t6 WHERE rowid = (SELECT max(rowid) FROM t6)")
        let writer = StateWriter(
            store: try ledger.open(), limits: limits(bytesPerSecond: .max),
            onBadRows: { bad.tell($0) }, onFailure: { Issue.record($0) })
        bad.wait(for: 2)
        // It is no failure: rows are written and read on.
        let written = Told<Bool>()
        let mark = AppliedMark(index: ledger.model.applied.index.next)
        writer.submit([RowChange(table: .session, major: 1, value: [1])], applied: mark)
        writer.flush(through: mark.index) { written.tell($0) }
        written.wait()
        #expect(written.all == [true] && writer.scrub.passes == 0)
        writer.close()
        #expect(bad.all.allSatisfy { $0.kind == .corrupt })
    }

    @Test func `a walk keeps to its rate`() throws {
        let scratch = Scratch()
        let store = try StateStore.open(path: scratch.state, identity: identity)
        let rows = (1...40).map {
            RowChange(
                table: .history, major: 1, minor: Int64($0),
                value: [UInt8](repeating: 1, count: 936))
        }
        try store.write(rows, applied: AppliedMark(index: LogIndex(1)))
        let begun = monotonicNanoseconds()
        let writer = StateWriter(
            store: store, limits: limits(bytesPerSecond: 100_000),
            onBadRows: { Issue.record($0) }, onFailure: { Issue.record($0) })
        while writer.scrub.passes < 1 { sched_yield() }
        // 40 rows of 1,000 bytes at 100,000 a second; the last step needs no pause behind it.
        #expect(monotonicNanoseconds() - begun >= 390_000_000)
        writer.close()
    }

    @Test func `on a full disk readers are not kept waiting`() throws {
        let ledger = try Ledger(batches: 5, seed: 10)
        var options = StoreOptions.state
        options.maxPages = 1
        let full = Told<Bool>()
        let writer = StateWriter(
            store: try ledger.open(options),
            onFull: { full.tell($0 != nil) }, onFailure: { Issue.record($0) })
        let large = (0..<200).map {
            RowChange(
                table: .session, major: Int64($0), value: [UInt8](repeating: 1, count: 4_000))
        }
        let mark = AppliedMark(index: ledger.model.applied.index.next)
        let read = Told<Bool>()
        writer.submit(large, applied: mark)
        writer.flush(through: mark.index) { read.tell($0) }
        read.wait()
        full.wait()
        writer.flush(through: mark.index) { read.tell($0) }
        read.wait()
        #expect(read.all == [true, true] && full.all == [true])
        #expect(writer.writtenIndex < mark.index)
        writer.close()
    }
}

struct DiskReserveTests {
    @Test func `a reserve holds its room until it is released`() throws {
        let scratch = Scratch()
        let directory = try DataDirectory.open(scratch.path + "/node")
        let reserve = DiskReserve(in: directory, size: 3 << 20)
        #expect(reserve.held == 0)
        for _ in 0..<2 {
            try reserve.make()
            #expect(reserve.held == 3 << 20)
        }
        // Another size at the next start: what is there is made to fit.
        let smaller = DiskReserve(in: directory, size: 1 << 20)
        try smaller.make()
        #expect(smaller.held == 1 << 20 && reserve.held < 3 << 20)
        smaller.release()
        #expect(smaller.held == 0)
        smaller.release()
    }

    @Test func `a reserve that does not fit keeps nothing`() throws {
        let scratch = Scratch()
        let directory = try DataDirectory.open(scratch.path + "/node")
        let reserve = DiskReserve(in: directory, size: 1 << 60)
        failure { try reserve.make() }
        #expect(reserve.held == 0)
    }
}
