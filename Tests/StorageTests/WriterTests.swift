import Dispatch
import Foundation
import Raft
import Routing
import Storage
import StorageFaults
import Synchronization
import Testing
import Wire

/// Collects what threads tell, and lets the test wait for it.
final class Told<Value: Sendable>: Sendable {
    private let values = Mutex<[Value]>([])
    private let signal = DispatchSemaphore(value: 0)

    func tell(_ value: Value) {
        values.withLock { $0.append(value) }
        signal.signal()
    }
    var all: [Value] { values.withLock { $0 } }
    /// Blocks until so many more were told.
    func wait(for count: Int = 1) {
        for _ in 0..<count { signal.wait() }
    }
}

struct LogWriterTests {
    let scratch = Scratch()

    @Test func `what queues together becomes one transaction`() throws {
        let (store, _) = try openLog(scratch.log)
        let durable = Told<UInt64>()
        let gate = DispatchSemaphore(value: 0)
        let writer = LogWriter(
            store: store,
            onDurable: { id in
                if durable.all.isEmpty { gate.wait() }
                durable.tell(id)
            }, onFailure: { Issue.record($0) })
        // The first holds the thread in its callback, so the others queue behind it.
        for id in 1...100 as ClosedRange<UInt64> { writer.submit(persist(id, entries: id...id)) }
        gate.signal()
        while durable.all.last != 100 { durable.wait() }
        #expect(durable.all.count <= 3 && durable.all == durable.all.sorted())
        #expect(writer.oldestPending == nil)
        let read = Told<Int>()
        writer.read(from: LogIndex(3), through: LogIndex(90), maxBytes: .max) { result in
            read.tell((try? result.get().count) ?? -1)
        }
        read.wait()
        #expect(read.all == [88])
        writer.close()
        let (again, stored) = try openLog(scratch.log)
        #expect(stored.last.index == LogIndex(100))
        again.close()
    }

    @Test func `close writes what is queued`() throws {
        let (store, _) = try openLog(scratch.log)
        let writer = LogWriter(store: store, onDurable: { _ in }, onFailure: { Issue.record($0) })
        for id in 1...50 as ClosedRange<UInt64> { writer.submit(persist(id, entries: id...id)) }
        writer.close()
        let (again, stored) = try openLog(scratch.log)
        #expect(stored.last.index == LogIndex(50))
        again.close()
    }

    @Test func `a failure is told once and nothing is durable after it`() throws {
        let disk = FaultyDisk()
        let (store, _) = try openLog(scratch.log, options: disk.options(.log))
        try store.write([persist(1, entries: 1...1)])
        disk.fail(1)
        let failures = Told<StorageError>()
        let durable = Told<UInt64>()
        let writer = LogWriter(
            store: store, onDurable: { durable.tell($0) }, onFailure: { failures.tell($0) })
        for id in 2...9 as ClosedRange<UInt64> { writer.submit(persist(id, entries: id...id)) }
        failures.wait()
        writer.submit(persist(10, entries: 10...10))
        writer.close()
        #expect(failures.all.map(\.kind) == [.inputOutput] && durable.all.isEmpty)
    }

    @Test func `kill -9 in the middle of writing loses nothing that was told durable`() async throws
    {
        for round in 0..<3 {
            let path = scratch.path + "/killed-\(round)"
            let deaths = [40, 300, 1_500]
            await #expect(processExitsWith: .signal(SIGKILL)) {
                [path = path as String, death = deaths[round] as Int] in
                try writeUntilKilled(path, after: death)
            }
            let told = bytes(of: path + "/told").withUnsafeBytes {
                $0.loadUnaligned(as: UInt64.self)
            }
            #expect(told >= UInt64(deaths[round]))
            let data = try DataDirectory.open(path)
            let (store, stored) = try openLog(data.logPath)
            let rows = try StateStore.open(path: data.statePath, identity: identity)
            #expect(stored.last.index.rawValue >= told)
            #expect(
                try store.read(
                    from: LogIndex(1), through: stored.last.index, maxBytes: .max)
                    == (1...stored.last.index.rawValue).map { entry($0) })
            try StartCheck.verify(
                log: store, stored: stored, applied: rows.applied, stateFile: data.statePath)
            #expect(
                try rows.reader().scan(.history, after: nil, limit: .max).count
                    == Int(rows.applied.index.rawValue))
            store.close()
            rows.close()
        }
    }
}

/// Writes entries and, when they are durable, their rows; notes in the file `told` what was told
/// durable; dies after so many entries while more are on their way.
private func writeUntilKilled(_ path: String, after death: Int) throws {
    let data = try DataDirectory.open(path)
    let (store, _) = try openLog(data.logPath)
    let rows = try StateStore.open(path: data.statePath, identity: identity)
    var limits = StateWriter.Limits()
    limits.flushRows = 10
    let stateWriter = StateWriter(store: rows, limits: limits, onFailure: { _ in abort() })
    let told = open(path + "/told", O_WRONLY | O_CREAT, 0o600)
    let applied = Atomic<UInt64>(0)
    let writer = LogWriter(
        store: store,
        onDurable: { id in
            var number = id
            pwrite(told, &number, 8, 0)
            for index in applied.load(ordering: .relaxed) + 1...id {
                stateWriter.submit(
                    [RowChange(table: .history, major: 1, minor: Int64(index), value: [1])],
                    applied: AppliedMark(index: LogIndex(index), term: Term(1)))
            }
            applied.store(id, ordering: .relaxed)
            if id >= death { kill(getpid(), SIGKILL) }
        }, onFailure: { _ in abort() })
    for id in 1...UInt64(death + 500) { writer.submit(persist(id, entries: id...id)) }
    while true { pause() }
}

struct StateWriterTests {
    let scratch = Scratch()
    private let rows = [
        RowChange(table: .session, major: 1, value: [1]),
        RowChange(table: .session, major: 1, value: [2]),
    ]
    private func mark(_ index: UInt64) -> AppliedMark { AppliedMark(index: LogIndex(index)) }

    @Test func `rows wait for company until a reader asks`() throws {
        let store = try StateStore.open(path: scratch.state, identity: identity)
        var limits = StateWriter.Limits()
        limits.flushInterval = .seconds(3_600)
        limits.flushRows = 7
        limits.maxPendingRows = 4
        let writer = StateWriter(store: store, limits: limits, onFailure: { Issue.record($0) })
        let reader = try store.reader()
        writer.submit(rows, applied: mark(1))
        writer.submit([], applied: mark(2))
        writer.submit(rows, applied: mark(3))
        #expect(writer.pendingRows == 4 && writer.isOverloaded && writer.writtenIndex == .zero)
        #expect(try reader.row(.session, major: 1) == nil)
        let flushed = Told<Bool>()
        writer.flush(through: LogIndex(3)) { flushed.tell($0) }
        flushed.wait()
        #expect(try reader.row(.session, major: 1) == [2])
        #expect(writer.pendingRows == 0 && writer.writtenIndex == LogIndex(3))
        writer.flush(through: LogIndex(2)) { flushed.tell($0) }
        #expect(flushed.all == [true, true])

        // One that waits for an index to come is served when it comes.
        writer.flush(through: LogIndex(4)) { flushed.tell($0) }
        writer.submit(rows, applied: mark(4))
        flushed.wait(for: 2)
        #expect(store.applied == mark(4))

        // As many rows as the limit go without being asked for.
        for index in 5...8 as ClosedRange<UInt64> { writer.submit(rows, applied: mark(index)) }
        writer.flush(through: LogIndex(9)) { flushed.tell($0) }
        writer.close()
        flushed.wait()
        #expect(flushed.all == [true, true, true, false])
        let again = try StateStore.open(path: scratch.state, identity: identity)
        #expect(again.applied == mark(8))
    }

    @Test func `a failure is told once, and waiting readers are told no`() throws {
        let disk = FaultyDisk()
        let store = try StateStore.open(
            path: scratch.state, identity: identity, options: disk.options(.state))
        disk.fail(1, lasting: true)
        let failures = Told<StorageError>()
        let flushed = Told<Bool>()
        let writer = StateWriter(store: store, onFailure: { failures.tell($0) })
        writer.submit(rows, applied: mark(1))
        writer.flush(through: LogIndex(1)) { flushed.tell($0) }
        failures.wait()
        writer.submit(rows, applied: mark(2))
        writer.flush(through: LogIndex(2)) { flushed.tell($0) }
        writer.close()
        #expect(failures.all.map(\.kind) == [.inputOutput] && flushed.all == [false, false])
    }
}

struct SpoolWriterTests {
    let scratch = Scratch()

    @Test func `clicks are kept, read back in order and removed`() throws {
        let spool = try ClickSpool.open(path: scratch.spool, identity: identity)
        var limits = SpoolWriter.Limits()
        limits.maxSpooled = 20
        let writer = SpoolWriter(spool: spool, limits: limits, onFailure: { Issue.record($0) })
        let kept = Told<StorageError.Kind?>()
        for sequence in 1...20 as ClosedRange<UInt64> {
            writer.append(epoch: 7, sequence: sequence, body: [1, 2]) { kept.tell($0?.kind) }
        }
        kept.wait(for: 20)
        writer.append(epoch: 7, sequence: 21, body: []) { kept.tell($0?.kind) }
        #expect(kept.all == [StorageError.Kind?](repeating: nil, count: 20) + [.full])
        let rows = Told<[UInt64]>()
        writer.remove(through: 4)
        writer.next(after: 6, limit: 3) { rows.tell((try? $0.get().rows.map(\.sequence)) ?? []) }
        rows.wait()
        #expect(rows.all == [[7, 8, 9]] && writer.count == 16)
        writer.append(epoch: 7, sequence: 21, body: []) { kept.tell($0?.kind) }
        writer.close()
        #expect(kept.all.count == 22 && kept.all.last == .some(nil))
        #expect(try ClickSpool.open(path: scratch.spool, identity: identity).count == 17)
    }

    @Test func `a failure reaches every click, and is told once`() throws {
        let disk = FaultyDisk()
        let spool = try ClickSpool.open(
            path: scratch.spool, identity: identity, options: disk.options(.spool))
        disk.fail(1, lasting: true)
        let failures = Told<StorageError.Kind>()
        let kept = Told<StorageError.Kind?>()
        let writer = SpoolWriter(spool: spool, onFailure: { failures.tell($0.kind) })
        for sequence in 1...9 as ClosedRange<UInt64> {
            writer.append(epoch: 7, sequence: sequence, body: [1]) { kept.tell($0?.kind) }
        }
        writer.close()
        #expect(failures.all == [.inputOutput])
        #expect(kept.all.count == 9 && !kept.all.contains(nil))
    }
}
