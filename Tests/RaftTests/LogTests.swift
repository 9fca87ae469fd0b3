import Testing

@testable import Raft

@Suite struct LogTests {
    private func log(_ terms: [UInt64]) -> Log { Log(stored(terms, term: terms.last ?? 0)) }

    @Test func `A loaded log knows its terms and is durable`() {
        let log = log([1, 1, 2])
        #expect((0...4).map { log.term(at: LogIndex($0))?.rawValue } == [0, 1, 1, 2, nil])
        #expect(log.durable == LogIndex(3))
        log.checkInvariants()
    }

    @Test func `Of a tail, the first entry is kept for its term alone`() {
        var stored = stored([1, 1, 2, 2], term: 2)
        stored.tail.removeFirst(2)
        let log = Log(stored)
        #expect(log.anchor == at(3, 2))
        #expect((0...4).map { log.term(at: LogIndex($0))?.rawValue } == [0, nil, nil, 2, 2])
        log.checkInvariants()
    }

    @Test func `A late completion of a replaced write makes nothing durable`() {
        var log = log([1])
        log.append(entry(2, 1, "old"))
        #expect(log.takeUnwritten()?.entries.count == 1)
        log.truncate(from: LogIndex(2))
        log.append(entry(2, 2, "new"))
        #expect(log.durable == LogIndex(1))
        let write = log.takeUnwritten()
        #expect(write?.truncateFrom == LogIndex(2))
        #expect(write?.entries == [entry(2, 2, "new")])
        #expect(log.takeUnwritten() == nil)
        log.checkInvariants()
    }

    @Test func `What was never handed to the disk needs no truncation there`() {
        var log = log([1])
        log.append(entry(2, 1, "old"))
        log.truncate(from: LogIndex(2))
        log.append(entry(2, 2, "new"))
        let write = log.takeUnwritten()
        #expect(write?.truncateFrom == nil)
        #expect(write?.entries == [entry(2, 2, "new")])
    }

    @Test func `Eviction stops at what is not applied or not durable`() {
        var log = log([1, 1, 1, 1])
        log.append(entry(5, 1, "x"))
        log.evict(through: LogIndex(2), maxEntries: 0, maxBytes: 0)
        #expect(log.anchor == at(2, 1))
        log.evict(through: LogIndex(5), maxEntries: 0, maxBytes: 0)
        #expect(log.anchor == at(4, 1))
        #expect(log.term(at: LogIndex(3)) == nil)
        #expect(log[LogIndex(5)].payload == Array("x".utf8))
        log.checkInvariants()
    }

    @Test func `Eviction keeps what the bounds allow, over many entries`() {
        var log = log([])
        for index in 1...10_000 {
            log.append(entry(UInt64(index), 1, "abc"))
            _ = log.takeUnwritten()
            log.madeDurable(through: LogIndex(UInt64(index)))
            log.evict(through: LogIndex(UInt64(index)), maxEntries: 100, maxBytes: 90)
        }
        log.checkInvariants()
        #expect(log.memoryBytes == 90)
        #expect(log.anchor.index == LogIndex(9_970))
    }

    @Test func `Entries come within bounds, at least one`() {
        let log = log([1, 1, 1, 1])
        func count(_ maxEntries: Int, _ maxBytes: Int) -> Int {
            log.entries(
                from: LogIndex(2), through: LogIndex(4), maxEntries: maxEntries,
                maxBytes: maxBytes
            ).count
        }
        #expect(count(9, 9) == 3)
        #expect(count(2, 9) == 2)
        #expect(count(9, 2) == 2)
        #expect(count(0, 0) == 1)
    }

    @Test func `Where two logs may agree at best`() {
        let log = log([1, 1, 4, 4, 4, 6])
        func agreement(_ index: UInt64, _ term: UInt64, floor: UInt64 = 0) -> LogPosition {
            log.agreement(atMost: LogIndex(index), term: Term(term), floor: LogIndex(floor))
        }
        #expect(agreement(9, 9) == at(6, 6))
        #expect(agreement(6, 5) == at(5, 4))
        #expect(agreement(6, 3) == at(2, 1))
        #expect(agreement(6, 0) == at(0, 0))
        #expect(agreement(6, 0, floor: 2) == at(2, 1))
    }
}
