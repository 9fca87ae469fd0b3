import Raft
import Routing
import Testing
import Wire

@testable import Replica

@Suite struct AnswerTableTests {
    private func limits(clients: Int = 3, answers: Int = 3) -> AnswerTable.Limits {
        AnswerTable.Limits(
            clients: clients, answersPerClient: answers, idleMilliseconds: 1_000,
            seenMilliseconds: 100)
    }
    private func time(_ milliseconds: Int64) -> LogTime { LogTime(milliseconds: milliseconds) }

    /// A table with its rows, checked against a rebuilt twin after every step.
    private struct Kept {
        var table: AnswerTable
        var rows: [[Int64]: [UInt8]] = [:]

        mutating func ask(
            _ client: UInt64, _ sequence: UInt64, below: UInt64 = 1, at time: LogTime,
            _ outcome: Outcome = .done(id: 1)
        ) throws -> AnswerTable.Verdict {
            var changes: [RowChange] = []
            let verdict = table.admit(
                client: client, sequence: sequence, settledBelow: below, time: time,
                rows: &changes)
            if verdict == .new {
                table.record(client: client, sequence: sequence, outcome, rows: &changes)
            }
            for row in changes { rows[[row.major, row.minor]] = row.value }
            table.checkInvariants()
            var twin = AnswerTable(limits: table.limits)
            for key in rows.keys.sorted(by: { $0.lexicographicallyPrecedes($1) }) {
                try twin.load(major: key[0], minor: key[1], value: rows[key]!)
            }
            #expect(twin == table)
            return verdict
        }
    }

    @Test func `A request that comes again gets its first answer`() throws {
        var kept = Kept(table: AnswerTable(limits: limits()))
        #expect(try kept.ask(7, 1, at: time(0), .done(id: 5)) == .new)
        #expect(try kept.ask(7, 1, at: time(1)) == .answered(.done(id: 5)))
        #expect(try kept.ask(8, 1, at: time(2)) == .new)
    }

    @Test func `What a client has settled is forgotten, and ignored if it comes again`() throws {
        var kept = Kept(table: AnswerTable(limits: limits()))
        _ = try kept.ask(7, 1, at: time(0))
        _ = try kept.ask(7, 2, at: time(0))
        #expect(try kept.ask(7, 90, below: 2, at: time(1)) == .new)
        #expect(try kept.ask(7, 1, at: time(2)) == .stale)
        #expect(try kept.ask(7, 2, at: time(2)) == .answered(.done(id: 1)))
        #expect(kept.rows.count == 3)
    }

    @Test func `More answers than allowed push out the oldest`() throws {
        var kept = Kept(table: AnswerTable(limits: limits()))
        for sequence in 1...5 { _ = try kept.ask(7, UInt64(sequence), at: time(0)) }
        #expect(try kept.ask(7, 2, at: time(1)) == .stale)
        #expect(try kept.ask(7, 3, at: time(1)) == .answered(.done(id: 1)))
    }

    @Test func `More clients than allowed push out the one not seen for longest`() throws {
        var kept = Kept(table: AnswerTable(limits: limits()))
        for (client, moment) in [(1, 0), (2, 200), (3, 400)] as [(UInt64, Int64)] {
            _ = try kept.ask(client, 1, at: time(moment))
        }
        _ = try kept.ask(1, 2, at: time(600))
        _ = try kept.ask(4, 1, at: time(700))
        #expect(kept.table.clients.keys.sorted() == [1, 3, 4])
    }

    @Test func `A client not seen for the idle time is forgotten`() throws {
        var kept = Kept(table: AnswerTable(limits: limits()))
        _ = try kept.ask(1, 1, at: time(0))
        _ = try kept.ask(2, 1, at: time(1_000))
        #expect(kept.table.clients.keys.sorted() == [1, 2])
        _ = try kept.ask(2, 2, at: time(1_001))
        #expect(kept.table.clients.keys.sorted() == [2])
    }

    @Test func `Large numbers of clients keep their order as rows`() throws {
        var kept = Kept(table: AnswerTable(limits: limits()))
        _ = try kept.ask(.max, 1, at: time(0))
        _ = try kept.ask(1 << 63, 1, at: time(0))
        #expect(kept.table.clients.count == 2)
    }

    @Test(
        arguments: [
            .done(id: 0), .done(id: -3), .done(id: .max), .duplicate, .refused(.notFound),
            .refused(.alreadyExists), .refused(.forbidden), .refused(.ownedBy(AgentID(7))),
            .refused(.versionConflict(owner: nil, version: 3)),
            .refused(.versionConflict(owner: AgentID(4), version: .max)), .refused(.wrongState),
            .refused(.notHead(SessionID(9))), .refused(.refusedBy([.away, .offline])),
            .refused(.needsConfirmation(.atCapacity)), .refused(.noCandidate),
            .refused(.invalid("name")),
        ] as [Outcome])
    func `An outcome comes back as it was, and no part of it does`(outcome: Outcome) throws {
        var writer = ByteWriter()
        outcome.encode(into: &writer)
        var reader = ByteReader(writer.bytes)
        #expect(try Outcome(from: &reader) == outcome)
        #expect(reader.isAtEnd)
        for count in 0..<writer.bytes.count {
            var part = ByteReader(Array(writer.bytes.prefix(count)))
            #expect(throws: WireError.self) { try Outcome(from: &part) }
        }
    }
}

@Suite struct LogClockTests {
    private func at(_ milliseconds: Int64) -> Instant {
        Instant(nanoseconds: milliseconds * 1_000_000)
    }
    private func time(_ milliseconds: Int64) -> LogTime { LogTime(milliseconds: milliseconds) }

    @Test func `A first office begins at the wall clock`() {
        var clock = LogClock(last: time(0), now: at(0))
        clock.tookOffice(last: time(0), now: at(5), wall: time(1_000_000))
        #expect(clock.advance(to: at(15), wall: time(1_000_010)) == time(1_000_010))
    }

    @Test func `A leader that saw the last entry arrive goes on from it, whatever its wall clock`()
    {
        var clock = LogClock(last: time(0), now: at(0))
        clock.observed(time(5_000), now: at(100))
        clock.tookOffice(last: time(5_000), now: at(200), wall: time(5_100))
        #expect(clock.advance(to: at(200), wall: time(5_100)) == time(5_100))
        #expect(clock.advance(to: at(1_200), wall: time(9_999_999)) == time(6_200))
        #expect(clock.advance(to: at(2_200), wall: time(0)) == time(7_100))
    }

    @Test func `It meets the wall clock and stays with it`() {
        var clock = LogClock(last: time(0), now: at(0))
        clock.observed(time(1_000), now: at(0))
        var seen = time(1_000)
        for step in 1...200 {
            seen = clock.advance(to: at(Int64(step) * 10), wall: time(1_050 + Int64(step) * 10))
        }
        #expect(seen == time(3_050))
    }

    @Test func `Entries that come late take nothing of the quiet time since`() {
        let (hour, minute) = (3_600_000 as Int64, 60_000 as Int64)
        // It ran when the last entry came, at one o'clock, and is cut off until three.
        var clock = LogClock(last: time(0), now: at(0))
        clock.observed(time(hour), now: at(hour))
        clock.observedLate(time(hour + 5 * minute), now: at(3 * hour), wall: time(3 * hour))
        clock.tookOffice(
            last: time(hour + 5 * minute), now: at(3 * hour + 100), wall: time(3 * hour + 100))
        #expect(
            clock.advance(to: at(3 * hour + 100), wall: time(3 * hour + 100)).milliseconds
                == 3 * hour + 100)
        // What is later than its own clock counts, whenever it comes.
        var behind = LogClock(last: time(0), now: at(0))
        behind.observed(time(0), now: at(0))
        behind.observedLate(time(hour), now: at(5), wall: time(0))
        #expect(behind.time(at: at(5), wall: time(hour)) == time(hour))
    }

    @Test func `A process that has seen late entries alone may jump to the wall clock in office`() {
        var clock = LogClock(last: time(0), now: at(0))
        clock.observedLate(time(5_000), now: at(10), wall: time(900_000))
        clock.tookOffice(last: time(5_000), now: at(20), wall: time(900_010))
        #expect(clock.advance(to: at(20), wall: time(900_010)) == time(900_010))
        // Never back: a wall clock that is behind moves nothing.
        var early = LogClock(last: time(0), now: at(0))
        early.observedLate(time(5_000), now: at(10), wall: time(1))
        early.tookOffice(last: time(5_000), now: at(20), wall: time(1))
        #expect(early.advance(to: at(20), wall: time(1)) == time(5_000 + 9))
    }

    @Test func `A wall clock that is wrong pulls by a tenth of the quiet time and no more`() {
        var clock = LogClock(last: time(0), now: at(0))
        clock.observed(time(0), now: at(0))
        clock.observedLate(time(3), now: at(10_000), wall: time(86_400_000))
        clock.tookOffice(last: time(3), now: at(10_000), wall: time(86_400_000))
        #expect(clock.advance(to: at(10_000), wall: time(86_400_000)) == time(11_000))
        // The next entry of a living leader ends the error.
        clock.observed(time(10_100), now: at(10_100))
        #expect(clock.time(at: at(10_100), wall: time(86_400_000)) == time(10_100))
    }

    @Test func `It never goes back`() {
        var clock = LogClock(last: time(900), now: at(0))
        clock.tookOffice(last: time(2_000), now: at(1), wall: time(10))
        var before = time(2_000)
        for step in [1, 1, 2, 50, 50, 51] as [Int64] {
            let now = clock.advance(to: at(step), wall: time(10))
            #expect(now >= before)
            before = now
        }
        #expect(clock.advance(to: at(0), wall: time(10)) == before)
    }
}

@Suite struct EntryAgeTests {
    private func at(_ milliseconds: Int64) -> Instant {
        Instant(nanoseconds: milliseconds * 1_000_000)
    }
    private func entry(_ index: UInt64, term: UInt64 = 4) -> Entry {
        Entry(index: LogIndex(index), term: Term(term), kind: .command, payload: [])
    }
    private func append(_ entries: [Entry], commit: UInt64) -> Message.Append {
        .init(previous: .zero, entries: entries, commit: LogIndex(commit))
    }
    /// Hears an append as a replica does; whether its last entry is new.
    private func hear(
        _ age: inout EntryAge, _ append: Message.Append, term: UInt64 = 4, at time: Int64
    ) -> Bool {
        defer { age.heard(append, of: Term(term), now: at(time)) }
        return append.entries.last.map {
            age.isNew($0, in: append, of: Term(term), now: at(time))
        } ?? false
    }

    @Test func `What its own append calls uncommitted is new, in its own term`() {
        var age = EntryAge()
        #expect(hear(&age, append([entry(8)], commit: 7), at: 0))
        #expect(!hear(&age, append([entry(9, term: 3)], commit: 7), at: 1))
        #expect(!hear(&age, append([entry(9)], commit: 7), term: 5, at: 2))
    }

    @Test func `What is committed already is late for who was not there before`() {
        var age = EntryAge()
        #expect(!hear(&age, append([entry(5), entry(6)], commit: 900), at: 0))
        #expect(!hear(&age, append([entry(900)], commit: 901), at: 10))
        #expect(!hear(&age, append([entry(901)], commit: 905), at: 20), "it was committed at 10")
    }

    @Test func `Who is a little behind the quorum sees new ones all the same`() {
        var age = EntryAge()
        #expect(!hear(&age, append([], commit: 900), at: 0))
        #expect(hear(&age, append([entry(901)], commit: 902), at: 30))
        #expect(hear(&age, append([entry(903)], commit: 903), at: 1_030))
        #expect(!hear(&age, append([entry(904)], commit: 904), at: 2_031), "cut off meanwhile")
        #expect(!hear(&age, append([entry(905)], commit: 906), term: 5, at: 2_040), "old term")
    }
}

@Suite struct PendingRequestsTests {
    private func pending(_ number: UInt64, deadline: Int64 = 10) -> PendingRequests.Pending {
        .init(
            request: RequestID(number), deadline: Instant(nanoseconds: deadline),
            keepsAnswer: false, command: [1, 2])
    }

    @Test func `The oldest without an answer is the base`() {
        var requests = PendingRequests()
        for number in 1...4 { requests.add(pending(UInt64(number))) }
        #expect(requests.base == 1 && requests.next == 5)
        _ = requests.remove(2)
        #expect(requests.base == 1)
        _ = requests.remove(1)
        #expect(requests.base == 3 && requests.count == 2 && requests.bytes == 4)
        #expect(requests.remove(1) == nil && requests.remove(9) == nil)
        requests.checkInvariants()
        _ = requests.remove(4)
        _ = requests.remove(3)
        #expect(requests.base == 5 && requests.next == 5)
        requests.checkInvariants()
    }

    @Test func `Deadlines come in their own order, and those of the answered never`() {
        var requests = PendingRequests()
        for (number, deadline) in [(1, 50), (2, 30), (3, 40), (4, 10)] as [(UInt64, Int64)] {
            requests.add(pending(number, deadline: deadline))
        }
        _ = requests.remove(4)
        #expect(requests.nextDeadline == Instant(nanoseconds: 30))
        #expect(requests.firstExpired(at: Instant(nanoseconds: 29)) == nil)
        #expect(requests.firstExpired(at: Instant(nanoseconds: 45)) == 2)
        _ = requests.remove(2)
        #expect(requests.firstExpired(at: Instant(nanoseconds: 45)) == 3)
        requests.checkInvariants()
    }

    @Test func `One sent more often than can be counted is never certain again`() {
        var requests = PendingRequests()
        requests.add(pending(1))
        for _ in 0..<300 { requests.noteSent(1, by: 1) }
        for _ in 0..<254 { requests.noteSent(1, by: -1) }
        #expect(requests[1]!.sends > 1)
    }

    @Test func `Many come and go`() {
        var requests = PendingRequests()
        var generator = Generator(seed: 3)
        for number in 1...5_000 {
            requests.add(pending(UInt64(number), deadline: Int64(generator.below(1_000))))
            if generator.chance(perMille: 950) {
                _ = requests.remove(requests.base + generator.below(UInt64(requests.span)))
            }
            if number % 50 == 0 { requests.checkInvariants() }
        }
        while let sequence = requests.firstExpired(at: Instant(nanoseconds: 1_000)) {
            _ = requests.remove(sequence)
        }
        #expect(requests.count == 0 && requests.bytes == 0 && requests.nextDeadline == nil)
    }
}
