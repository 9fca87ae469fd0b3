import Raft
import Routing
import Storage
import Testing
import Wire

/// The entries from an index on that a script leaves.
private func rest(_ model: LogModel, after base: LogIndex) -> [Entry] {
    model.entries.filter { $0.index > base }
}

struct CutTests {
    let scratch = Scratch()
    private let everything = LogTrail(entries: 0, bytes: 0)

    private func fill(_ store: LogStore, _ count: UInt64, size: Int = 40) throws {
        for index in 1...count {
            try store.write([persist(index, entries: index...index, size: size)])
        }
    }

    @Test func `a cut goes in slices and never beyond its limit`() throws {
        let (store, _) = try openLog(scratch.log)
        try fill(store, 150)
        var bases: [UInt64] = []
        while let base = try store.cut(through: LogIndex(140), keeping: everything) {
            bases.append(base.index.rawValue)
            #expect(base.term == Term(1))
        }
        #expect(bases == [64, 128, 140])
        #expect(try store.read(from: LogIndex(140), through: LogIndex(150), maxBytes: 999).isEmpty)
        let kept = try store.read(from: LogIndex(141), through: LogIndex(150), maxBytes: .max)
        #expect(kept == (141...150).map { entry($0) })
        store.close()
        let (again, stored) = try openLog(scratch.log)
        #expect(stored.base.index == LogIndex(140) && stored.base.term == Term(1))
        #expect(stored.tail == kept && stored.last.index == LogIndex(150))
        try again.write([persist(151, entries: 151...151)])
        #expect(try again.cut(through: LogIndex(151), keeping: everything)?.index == LogIndex(151))
        again.close()
        let (empty, none) = try openLog(scratch.log)
        #expect(none.base.index == LogIndex(151) && none.last.index == LogIndex(151))
        #expect(none.tail.isEmpty && empty.bytes == 0)
        try empty.write([persist(152, entries: 152...160)])
        let after = try empty.read(from: LogIndex(152), through: LogIndex(160), maxBytes: .max)
        #expect(after.count == 9)
    }

    @Test func `the trail stays: so many entries, unless they are too many bytes`() throws {
        let (store, _) = try openLog(scratch.log)
        try fill(store, 50, size: 1_000)
        let many = LogTrail(entries: 20, bytes: .max)
        #expect(try store.cut(through: LogIndex(50), keeping: many)?.index == LogIndex(30))
        #expect(try store.cut(through: LogIndex(50), keeping: many) == nil)
        let few = LogTrail(entries: 20, bytes: 10_100)
        #expect(try store.cut(through: LogIndex(50), keeping: few)?.index == LogIndex(40))
        #expect(store.bytes <= 10_100 && store.bytes > 9_000)
    }

    @Test func `a row of many entries goes as a whole or stays`() throws {
        let (store, _) = try openLog(scratch.log)
        try store.write([persist(1, entries: 1...9)])
        try store.write([persist(2, entries: 10...19)])
        #expect(try store.cut(through: LogIndex(8), keeping: everything) == nil)
        #expect(try store.cut(through: LogIndex(12), keeping: everything)?.index == LogIndex(9))
        let kept = try store.read(from: LogIndex(10), through: LogIndex(19), maxBytes: .max)
        #expect(kept.count == 10)
        try store.write([persist(3, entries: 10...11, term: 2, truncateFrom: 10)])
        store.close()
        let (_, stored) = try openLog(scratch.log)
        #expect(stored.tail == [entry(10, term: 2), entry(11, term: 2)])
    }

    @Test(arguments: 1...4 as ClosedRange<UInt64>)
    func `cuts between the writes of a script lose nothing behind the base`(seed: UInt64) throws {
        var dice = Dice(seed)
        var model = LogModel()
        var base = LogIndex.zero
        var (store, stored) = try openLog(scratch.log)
        for group in script(groups: 40, seed: seed) {
            // A truncation never reaches below what was applied, so below no cut.
            if group.contains(where: { ($0.truncateFrom ?? LogIndex(.max)) <= base }) { continue }
            guard
                (group.flatMap(\.entries).first?.index ?? .zero) <= stored.last.index.next
                    || model.entries.isEmpty == false
            else { continue }
            try store.write(group)
            model.write(group)
            let last = model.entries.last?.index.rawValue ?? 0
            if last > 12, Int.random(in: 0..<3, using: &dice) == 0 {
                let limit = LogIndex(last - 12)
                let trail = LogTrail(
                    entries: UInt64.random(in: 0...20, using: &dice), bytes: 100_000)
                while let cut = try store.cut(through: limit, keeping: trail) { base = cut.index }
                #expect(base <= limit)
            }
            if Int.random(in: 0..<9, using: &dice) == 0 {
                store.close()
                (store, stored) = try openLog(scratch.log, tailBytes: .max)
                #expect(stored.base.index == base && stored.tail == rest(model, after: base))
                #expect(stored.hardState == model.hardState)
            }
        }
        #expect(base > .zero)
        let read = try store.read(from: base.next, through: LogIndex(.max), maxBytes: .max)
        #expect(read == rest(model, after: base))
    }

    @Test func `whichever operation of a cut fails, the log is whole behind its base`() throws {
        var number = 0
        var isOver = false
        while !isOver {
            number += 1
            for isPowerCut in [false, true] {
                let path = scratch.path + "/\(number)-\(isPowerCut).db"
                let disk = FaultyDisk()
                let (store, _) = try openLog(path, options: disk.options(.log))
                try fill(store, 100, size: 300)
                disk.fail(number, isPowerCut ? .changes : .all, lasting: isPowerCut)
                var base = LogIndex.zero
                do {
                    while let cut = try store.cut(through: LogIndex(90), keeping: everything) {
                        base = cut.index
                    }
                    try store.write([persist(101, entries: 101...101, size: 300)])
                } catch {
                    #expect(error.kind == .inputOutput)
                }
                isOver = !disk.hasFailed
                store.close()
                if isPowerCut { #expect(disk.cutPower(seed: UInt64(number))) }
                disk.heal()
                let (again, stored) = try openLog(path)
                #expect(stored.base.index >= base && stored.base.index <= LogIndex(90))
                #expect(stored.last.index >= LogIndex(100))
                let whole = (stored.base.index.rawValue + 1...stored.last.index.rawValue)
                    .map { entry($0, size: 300) }
                #expect(stored.tail == whole, "operation \(number)")
                again.close()
            }
        }
        #expect(number > 5)
    }

    @Test func `a writer cuts between its writes and tells each slice`() throws {
        let (store, _) = try openLog(scratch.log)
        try fill(store, 200)
        let durable = Told<UInt64>()
        let slices = Told<UInt64?>()
        let writer = LogWriter(
            store: store, onDurable: { durable.tell($0) }, onFailure: { Issue.record($0) })
        writer.cut(through: LogIndex(150), keeping: everything) {
            slices.tell($0?.index.rawValue)
        }
        for id in 201...220 as ClosedRange<UInt64> { writer.submit(persist(id, entries: id...id)) }
        slices.wait(for: 4)
        #expect(slices.all == [64, 128, 150, nil])
        while durable.all.last != 220 { durable.wait() }
        writer.close()
        let (_, stored) = try openLog(scratch.log)
        #expect(stored.base.index == LogIndex(150) && stored.last.index == LogIndex(220))
    }

    @Test func `a full disk keeps a write waiting, then it succeeds`() throws {
        let disk = FaultyDisk()
        let (store, _) = try openLog(scratch.log, options: disk.options(.log))
        let durable = Told<UInt64>()
        let full = Told<Bool>()
        disk.fail(1, .writes, code: 13, lasting: true)
        let writer = LogWriter(
            store: store, onDurable: { durable.tell($0) },
            onFull: { error in
                if error != nil { disk.heal() }
                full.tell(error != nil)
            }, onFailure: { Issue.record($0) })
        writer.submit(persist(1, entries: 1...3))
        full.wait(for: 2)
        durable.wait()
        #expect(full.all == [true, false] && durable.all == [1])
        disk.fail(1, .writes, code: 13, lasting: true)
        writer.submit(persist(2, entries: 4...4))
        full.wait(for: 2)
        durable.wait()
        writer.close()
        let (_, stored) = try openLog(scratch.log)
        #expect(stored.last.index == LogIndex(4))
    }

    @Test func `a write that finds no room to the end was never durable`() throws {
        let disk = FaultyDisk()
        let (store, _) = try openLog(scratch.log, options: disk.options(.log))
        let full = Told<Bool>()
        disk.fail(1, .writes, code: 13, lasting: true)
        let writer = LogWriter(
            store: store, onDurable: { _ in Issue.record("it is not") },
            onFull: { full.tell($0 != nil) }, onFailure: { Issue.record($0) })
        writer.submit(persist(1, entries: 1...3))
        full.wait()
        writer.close()
        disk.heal()
        let (_, stored) = try openLog(scratch.log)
        #expect(stored.last.index == .zero && full.all == [true])
    }
}

struct MarkVersionTests {
    let scratch = Scratch()

    @Test func `a log with the first layout of its mark opens`() throws {
        let (store, _) = try openLog(scratch.log)
        let vote = HardState(term: Term(1), votedFor: NodeID(3))
        try store.write([persist(1, entries: 1...4, hardState: vote)])
        try store.rewriteMarkAsVersion1()
        store.close()
        let (again, stored) = try openLog(scratch.log)
        #expect(stored.last.index == LogIndex(4) && stored.hardState == vote)
        #expect(again.stateRecord == nil)
        try again.write([persist(2, entries: 5...5)])
        again.close()
        #expect(try openLog(scratch.log).stored.last.index == LogIndex(5))
    }
}
