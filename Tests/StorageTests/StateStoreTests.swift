import Foundation
import Raft
import Routing
import Testing
import Wire

@testable import Storage

/// A row's key, for comparing contents.
struct RowKey: Hashable, Comparable {
    var table: UInt8
    var major: Int64
    var minor: Int64
    static func < (a: RowKey, b: RowKey) -> Bool {
        (a.table, a.major, a.minor) < (b.table, b.major, b.minor)
    }
}

/// What a state.db should hold.
struct StateModel: Equatable {
    var rows: [RowKey: [UInt8]] = [:]
    var applied = AppliedMark()

    mutating func write(_ changes: [RowChange], applied: AppliedMark) {
        for change in changes {
            let key = RowKey(
                table: change.table.rawValue, major: change.major, minor: change.minor)
            rows[key] = change.value
        }
        self.applied = applied
    }
    init() {}
    /// All of a store, by a reader's scans.
    init(_ store: StateStore) throws {
        applied = store.applied
        let reader = try store.reader()
        for table in RowTable.allCases {
            var after: (major: Int64, minor: Int64)?
            while case let rows = try reader.scan(table, after: after, limit: 7), !rows.isEmpty {
                for row in rows {
                    let key = RowKey(table: table.rawValue, major: row.major, minor: row.minor)
                    #expect(self.rows.updateValue(row.value, forKey: key) == nil)
                    if let after { #expect((after.major, after.minor) < (row.major, row.minor)) }
                    after = (row.major, row.minor)
                }
            }
        }
        reader.close()
    }
}

/// Batches of changes that insert, replace and delete in every table.
func stateScript(batches: Int, seed: UInt64) -> [([RowChange], AppliedMark)] {
    var dice = Dice(seed)
    var index: UInt64 = 0
    return (0..<batches).map { _ in
        let changes = (0..<Int.random(in: 0...40, using: &dice)).map { _ in
            let table = RowTable.allCases.randomElement(using: &dice) ?? .scalar
            let extremes: [Int64] = [.min, -1, 0, .max]
            let major =
                Int.random(in: 0..<20, using: &dice) == 0
                ? extremes.randomElement(using: &dice) ?? 0 : Int64.random(in: 1...9, using: &dice)
            let minor = table.hasMinorKey ? Int64.random(in: -3...9, using: &dice) : 0
            let size = [0, 60, 150, 500, 6_000].randomElement(using: &dice) ?? 0
            let value = [UInt8](repeating: UInt8.random(in: 0...255, using: &dice), count: size)
            let isDeleted = Int.random(in: 0..<4, using: &dice) == 0
            return RowChange(
                table: table, major: major, minor: minor, value: isDeleted ? nil : value)
        }
        index += UInt64.random(in: 1...9, using: &dice)
        let mark = AppliedMark(
            index: LogIndex(index), term: Term(3), digest: dice.next(),
            meta: [UInt8](repeating: 7, count: Int.random(in: 0...20, using: &dice)))
        return (changes, mark)
    }
}

struct StateStoreTests {
    let scratch = Scratch()

    @Test(arguments: 1...6 as ClosedRange<UInt64>)
    func `rows and mark are there after a reopening`(seed: UInt64) throws {
        var model = StateModel()
        let batches = stateScript(batches: 40, seed: seed)
        for part in [batches[0..<20], batches[20..<20], batches[20...]] {
            let store = try StateStore.open(path: scratch.state, identity: identity)
            #expect(try StateModel(store) == model)
            for (changes, applied) in part {
                try store.write(changes, applied: applied)
                model.write(changes, applied: applied)
                #expect(store.applied == applied)
            }
            store.close()
        }
        let store = try StateStore.open(path: scratch.state, identity: identity)
        #expect(try StateModel(store) == model)
    }

    @Test func `a WAL that went to the disk early leaves no descriptor behind`() throws {
        let scratch = Scratch()
        let path = scratch.state
        let store = try StateStore.open(path: path, identity: identity)
        var open: Set<Int> = []
        for index in 1...8 {
            let rows = (1...400).map {
                RowChange(
                    table: .session, major: Int64(index * 1_000 + $0),
                    value: [UInt8](repeating: 7, count: 900))
            }
            try store.write(rows, applied: AppliedMark(index: LogIndex(UInt64(index))))
            open.insert(descriptors(of: path + "-wal"))
        }
        // SQLite's own, and from the first MiB on ours.
        #expect(open == [1, 2])
        store.close()
        #expect(descriptors(of: path + "-wal") == 0)
    }

    @Test func `loading visits the rows that are loaded at start, keys ascending`() throws {
        let store = try StateStore.open(path: scratch.state, identity: identity)
        var model = StateModel()
        for (changes, applied) in stateScript(batches: 30, seed: 9) {
            try store.write(changes, applied: applied)
            model.write(changes, applied: applied)
        }
        var keys: [RowKey] = []
        try store.load { table, major, minor, value in
            let key = RowKey(table: table.rawValue, major: major, minor: minor)
            keys.append(key)
            #expect(table.isLoadedAtStart && model.rows[key] == value)
        }
        let kept = Set([RowTable.history, .click, .note, .onlineSpan, .revision].map(\.rawValue))
        #expect(keys == model.rows.keys.filter { !kept.contains($0.table) }.sorted())
    }

    @Test func `what the visitor can't read is corruption, with the row's name`() throws {
        let store = try StateStore.open(path: scratch.state, identity: identity)
        let row = RowChange(table: .customer, major: 5, minor: 6, value: [1])
        try store.write([row], applied: AppliedMark(index: LogIndex(1)))
        let error = failure(.corrupt) {
            try store.load { _, _, _, _ in throw WireError(.truncated, offset: 0) }
        }
        #expect(error?.description.contains("(customer), row (5, 6)") == true)
    }

    @Test func `what a row said before is nowhere in the file, nor in an emptied WAL`() throws {
        let store = try StateStore.open(path: scratch.state, identity: identity)
        let long = [UInt8](repeating: UInt8(ascii: "h"), count: 9000)
        for (index, text) in ["hexsecret", "hexsecret longer"].enumerated() {
            let row = RowChange(
                table: .history, major: 1, minor: Int64(index),
                value: Array(text.utf8) + (index == 0 ? [] : long))
            try store.write([row], applied: AppliedMark(index: LogIndex(UInt64(index + 1))))
        }
        try store.checkpointWhole()
        try store.write(
            [
                RowChange(table: .history, major: 1, minor: 0, value: [1]),
                RowChange(table: .history, major: 1, minor: 1, value: nil),
            ], applied: AppliedMark(index: LogIndex(3)))
        #expect(try store.emptyWAL())
        for file in [scratch.state, scratch.state + "-wal"] {
            let bytes = (try? Data(contentsOf: URL(fileURLWithPath: file))) ?? Data()
            #expect(bytes.range(of: Data("hexsecret".utf8)) == nil, "\(file)")
            #expect(bytes.range(of: Data(long.prefix(64))) == nil, "\(file)")
        }
    }

    @Test func `a reader finds rows by key and range`() throws {
        let store = try StateStore.open(path: scratch.state, identity: identity)
        let rows = (1...9 as ClosedRange<Int64>).flatMap { major in
            (1...9 as ClosedRange<Int64>).map { minor in
                RowChange(table: .history, major: major, minor: minor, value: [UInt8(minor)])
            }
        }
        let session = RowChange(table: .session, major: 4, value: [44])
        try store.write(rows + [session], applied: AppliedMark(index: LogIndex(1)))
        let reader = try store.reader()
        #expect(try reader.row(.session, major: 4) == [44])
        #expect(try reader.row(.session, major: 5) == nil)
        #expect(try reader.row(.history, major: 3, minor: 7) == [7])
        #expect(try reader.row(.history, major: 3, minor: 10) == nil)
        let some = try reader.rows(.history, major: 3, minorIn: 2...8, limit: 3)
        #expect(some.map(\.minor) == [2, 3, 4])
        let newest = try reader.rows(
            .history, major: 3, minorIn: .min...8, descending: true, limit: 3)
        #expect(newest.map(\.minor) == [8, 7, 6] && newest.map(\.value) == [[8], [7], [6]])
        #expect(try reader.rows(.history, major: 3, limit: 0).isEmpty)
        try store.write(
            [RowChange(table: .session, major: 4, value: nil)],
            applied: AppliedMark(index: LogIndex(2)))
        #expect(try reader.row(.session, major: 4) == nil)
        reader.close()
        failure(.closed) { _ = try reader.row(.session, major: 4) }
    }

    @Test func `a full disk refuses the rows, and reading goes on`() throws {
        var options = StoreOptions.state
        options.maxPages = 80
        let store = try StateStore.open(path: scratch.state, identity: identity, options: options)
        var written: UInt64 = 0
        failure(.full) {
            while true {
                let row = RowChange(
                    table: .history, major: 1, minor: Int64(written),
                    value: [UInt8](repeating: 1, count: 900))
                try store.write([row], applied: AppliedMark(index: LogIndex(written + 1)))
                written += 1
            }
        }
        #expect(written > 20 && store.applied.index == LogIndex(written))
        let reader = try store.reader()
        #expect(try reader.rows(.history, major: 1, limit: .max).count == Int(written))
    }
}

struct ClickSpoolTests {
    let scratch = Scratch()

    private func rows(_ sequences: ClosedRange<UInt64>, epoch: UInt64) -> [SpooledRow] {
        sequences.map {
            SpooledRow(
                epoch: epoch, sequence: $0, body: [UInt8](repeating: UInt8($0), count: Int($0)))
        }
    }

    @Test func `clicks are kept in order until they are removed`() throws {
        var spool = try ClickSpool.open(path: scratch.spool, identity: identity)
        #expect(try spool.append([]) == nil)
        #expect(try spool.append(rows(0...9, epoch: .max)) == 1...10)
        #expect(try spool.append(rows(0...4, epoch: 3)) == 11...15)
        for _ in 0..<2 {
            #expect(spool.count == 15)
            let first = try spool.next(limit: 8).rows
            #expect(first.map(\.position) == Array(1...8))
            let rest = try spool.next(after: 8, limit: 99).rows
            #expect(rest.map(\.sequence) == [8, 9, 0, 1, 2, 3, 4])
            #expect(rest.map(\.epoch) == [.max, .max, 3, 3, 3, 3, 3])
            #expect(rest[0].body == [UInt8](repeating: 8, count: 8))
            spool.close()
            spool = try ClickSpool.open(path: scratch.spool, identity: identity)
        }
        try spool.remove(through: 8)
        #expect(spool.count == 7)
        #expect(try spool.append(rows(5...5, epoch: 3)) == 16...16)
        #expect(try spool.next(limit: 1).rows.map(\.position) == [9])
        spool.close()
        failure(.closed) { try spool.remove(through: 9) }
    }

    @Test func `reading ends with as many bytes as were asked for`() throws {
        let spool = try ClickSpool.open(path: scratch.spool, identity: identity)
        try spool.append(rows(10...19, epoch: 1))
        // Rows of 10, 11, 12 ... bytes.
        let read = try spool.next(limit: 99, maxBytes: 22)
        #expect(read.rows.map(\.sequence) == [10, 11, 12] && read.last == 3)
        #expect(try spool.next(limit: 99, maxBytes: 1).rows.count == 1, "one at least")
    }

    @Test(arguments: ["epoch = 9", "sequence = 9", "clicks = -7", "crc = crc + 1", "body = NULL"])
    func `a bad row is passed over and named, and the spool goes on`(damage: String) throws {
        var spool = try ClickSpool.open(path: scratch.spool, identity: identity)
        try spool.append(rows(1...3, epoch: 1))
        spool.close()
        // A table without its constraints takes any damage.
        try tamper(
            scratch.spool,
            "CREATE TABLE copy AS SELECT * FROM clicks; DROP TABLE clicks;"
                + "CREATE TABLE clicks(position INTEGER PRIMARY KEY, epoch INTEGER,"
                + " sequence INTEGER, clicks INTEGER, crc INTEGER, body BLOB);"
                + "INSERT INTO clicks SELECT * FROM copy; DROP TABLE copy;"
                + "UPDATE clicks SET \(damage) WHERE position = 2")
        spool = try ClickSpool.open(path: scratch.spool, identity: identity)
        for _ in 0..<2 {
            let read = try spool.next(limit: 9)
            #expect(read.rows.map(\.position) == [1, 3] && read.bad.map(\.position) == [2])
            #expect(read.last == 3)
        }
        #expect(try spool.next(after: 1, limit: 1).last == 2, "a bad row alone")
        try spool.remove(through: 3)
        #expect(spool.count == 0)
        #expect(try spool.append(rows(4...4, epoch: 1)) != nil)
    }
}

struct DataDirectoryTests {
    let scratch = Scratch()

    @Test func `a second process is told who holds the directory`() async throws {
        let path = scratch.path + "/a/b"
        let held = try DataDirectory.open(path)
        await #expect(processExitsWith: .success) { [path = path as String] in
            do {
                _ = try DataDirectory.open(path)
            } catch let error as StorageError {
                let isNamed = error.description.contains("another process (")
                if error.kind == .locked && isNamed { return }
            }
            throw StorageError(.locked, file: path, "was not refused")
        }
        failure(.locked) { _ = try DataDirectory.open(path) }
        #expect(held.logPath == path + "/log.db")
    }

    @Test func `the directory is free again after its holder`() throws {
        let path = scratch.path + "/a/"
        do { _ = try DataDirectory.open(path) }
        _ = try DataDirectory.open(path)
        write([], to: scratch.path + "/file")
        failure { _ = try DataDirectory.open(scratch.path + "/file") }
        failure { _ = try DataDirectory.open(scratch.path + "/file/below") }
    }
}
