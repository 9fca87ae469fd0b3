import Raft
import Storage
import Testing
import Wire

struct LogStoreTests {
    let scratch = Scratch()

    @Test func `a new log is empty and stays so over a reopening`() throws {
        for _ in 0..<2 {
            let (store, stored) = try openLog(scratch.log)
            #expect(stored.last.index == .zero && stored.base.index == .zero)
            #expect(stored.hardState == HardState() && stored.tail.isEmpty)
            #expect(stored.configuration == nil)
            #expect(try store.read(from: LogIndex(1), through: LogIndex(9), maxBytes: 9) == [])
            store.close()
        }
    }

    @Test(arguments: 1...6 as ClosedRange<UInt64>)
    func `what was written is there after a reopening`(seed: UInt64) throws {
        let groups = script(groups: 40, seed: seed)
        var model = LogModel()
        for part in [groups[0..<15], groups[15..<16], groups[16...]] {
            let (store, stored) = try openLog(scratch.log)
            #expect(try LogModel(stored, store) == model)
            for group in part {
                try store.write(group)
                model.write(group)
            }
            let read = try store.read(
                from: LogIndex(1), through: LogIndex(.max), maxBytes: .max)
            #expect(read == model.entries)
            store.close()
        }
        let (store, stored) = try openLog(scratch.log)
        #expect(try LogModel(stored, store) == model)
    }

    @Test(arguments: 1...11 as ClosedRange<UInt64>)
    func `a truncation cuts through a row`(index: UInt64) throws {
        let (store, _) = try openLog(scratch.log)
        let groups = [
            [persist(1, entries: 1...5)], [persist(2, entries: 6...10)],
            [persist(3, entries: index...12, term: 2, truncateFrom: index)],
        ]
        for group in groups { try store.write(group) }
        store.close()
        let (again, stored) = try openLog(scratch.log)
        #expect(try LogModel(stored, again) == LogModel(groups))
    }

    @Test func `one transaction may append, cut what it appended, and append again`() throws {
        let (store, _) = try openLog(scratch.log)
        let group = [
            persist(1, entries: 1...9, hardState: HardState(term: Term(1), votedFor: NodeID(1))),
            persist(2, entries: 4...6, term: 2, truncateFrom: 4),
            persist(3, truncateFrom: 1),
            persist(4, entries: 1...3, term: 3, hardState: HardState(term: Term(3))),
        ]
        try store.write(group)
        store.close()
        let (again, stored) = try openLog(scratch.log)
        #expect(try LogModel(stored, again) == LogModel([group]))
        #expect(stored.hardState == HardState(term: Term(3)))
    }

    @Test func `the tail is bounded and the rest is read from the file`() throws {
        let (store, _) = try openLog(scratch.log)
        for index in 1...50 as ClosedRange<UInt64> {
            try store.write([persist(index, entries: index...index, size: 100)])
        }
        store.close()
        let (again, stored) = try openLog(scratch.log, tailBytes: 1_050)
        #expect(stored.tail.map(\.index.rawValue) == Array(41...50))
        let read = try again.read(from: LogIndex(7), through: LogIndex(40), maxBytes: 350)
        #expect(read == [entry(7, size: 100), entry(8, size: 100), entry(9, size: 100)])
        #expect(try again.read(from: LogIndex(7), through: LogIndex(40), maxBytes: 0).count == 1)
        #expect(try again.read(from: LogIndex(50), through: LogIndex(90), maxBytes: 999).count == 1)
        #expect(try again.read(from: LogIndex(51), through: LogIndex(90), maxBytes: 999).isEmpty)
    }

    @Test func `the newest configuration is found, also after a truncation`() throws {
        let (store, _) = try openLog(scratch.log)
        let first = Entry(
            index: LogIndex(1), term: Term(1), kind: .configuration, payload: [1, 2, 3])
        let second = Entry(
            index: LogIndex(3), term: Term(1), kind: .configuration, payload: [1, 2])
        try store.write([Persist(id: 1, entries: [first, entry(2), second])])
        store.close()
        let (again, stored) = try openLog(scratch.log, tailBytes: 0)
        #expect(stored.configuration?.index == LogIndex(3))
        #expect(stored.configuration?.configuration == decodeConfiguration([1, 2]))
        try again.write([persist(2, truncateFrom: 3)])
        again.close()
        let (third, cut) = try openLog(scratch.log, tailBytes: 0)
        #expect(cut.configuration?.index == LogIndex(1))
        let broken = Entry(index: LogIndex(3), term: Term(1), kind: .configuration, payload: [])
        try third.write([Persist(id: 3, entries: [broken])])
        third.close()
        let error = failure(.corrupt) { _ = try openLog(scratch.log) }
        #expect(error?.description.contains("index 3") == true)
    }

    @Test func `another node's or a foreign file is refused`() throws {
        try openLog(scratch.log).store.close()
        let other = StoreIdentity(cluster: "test", node: NodeID(2))
        let error = failure(.foreign) {
            _ = try LogStore.open(
                path: scratch.log, identity: other, decodeConfiguration: decodeConfiguration)
        }
        #expect(error?.description.contains("node 1 in cluster \"test\"") == true)
        failure(.foreign) { _ = try StateStore.open(path: scratch.log, identity: identity) }
        write(Array("not a database, just a text that is long enough".utf8), to: scratch.state)
        failure(.corrupt) { _ = try openLog(scratch.state) }
    }

    @Test func `after close every call says so`() throws {
        let (store, _) = try openLog(scratch.log)
        store.close()
        store.close()
        failure(.closed) { try store.write([persist(1, entries: 1...1)]) }
        failure(.closed) {
            _ = try store.read(from: LogIndex(1), through: LogIndex(1), maxBytes: 1)
        }
    }

    @Test func `a full disk refuses the write, and reading goes on`() throws {
        var options = StoreOptions.log
        options.maxPages = 30
        let (store, _) = try openLog(scratch.log, options: options)
        var written: UInt64 = 0
        let error = failure(.full) {
            while true {
                let next = written + 1...written + 5
                try store.write([persist(written + 1, entries: next, size: 600)])
                written += 5
            }
        }
        #expect(written > 50 && error?.description.hasPrefix(scratch.log) == true)
        let read = try store.read(from: LogIndex(1), through: LogIndex(9_999), maxBytes: .max)
        #expect(read.count == Int(written))
        store.close()
        let (again, stored) = try openLog(scratch.log)
        #expect(stored.last.index == LogIndex(written))
        try again.write([persist(1, entries: written + 1...written + 9, size: 600)])
    }
}

struct StartCheckTests {
    let scratch = Scratch()

    private func check(applied: UInt64, term: UInt64) throws {
        let (store, stored) = try openLog(scratch.log)
        defer { store.close() }
        try StartCheck.verify(
            log: store, stored: stored,
            applied: AppliedMark(index: LogIndex(applied), term: Term(term)),
            stateFile: scratch.state)
    }

    @Test func `rows beyond the log, or of another term, refuse the start`() throws {
        let (store, _) = try openLog(scratch.log)
        try store.write([persist(1, entries: 1...5), persist(2, entries: 6...9, term: 2)])
        store.close()
        for (index, term) in [(0, 0), (1, 1), (5, 1), (6, 2), (9, 2)] as [(UInt64, UInt64)] {
            try check(applied: index, term: term)
        }
        let error = failure(.vanishedTail) { try check(applied: 10, term: 2) }
        #expect(error?.description.contains("ends at index 9") == true)
        failure(.corrupt) { try check(applied: 9, term: 1) }
    }
}
