import Foundation
import Raft
import Routing
import Storage
import Synchronization
import Wire

/// Wall and processor time of a stretch of work, in microseconds.
struct Stopwatch {
    private let wall = DispatchTime.now().uptimeNanoseconds
    private let processor = Stopwatch.processor()

    static func processor() -> Double {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        let seconds = Double(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec)
        return seconds * 1e6 + Double(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec)
    }

    var elapsed: (wall: Double, processor: Double) {
        let now = DispatchTime.now().uptimeNanoseconds
        return (Double(now - wall) / 1_000, Stopwatch.processor() - processor)
    }
}

struct StorageCost {
    let directory: String
    let identity = StoreIdentity(cluster: "cost", node: NodeID(1))

    func run() throws {
        for batch in [1, 16, 64, 256] { try log(batch: batch) }
        for batch in [1, 64, 256] { try logWriter(concurrency: batch) }
        try reopenLog()
        for share in [0, 50, 100] { try state(oldShare: share) }
        for batch in [1, 64] { try spool(batch: batch) }
        try? FileManager.default.removeItem(atPath: directory)
    }

    private func fresh() throws -> DataDirectory {
        try? FileManager.default.removeItem(atPath: directory)
        return try DataDirectory.open(directory)
    }

    private func report(
        _ name: String, _ time: (wall: Double, processor: Double), count: Int, worst: Double
    ) {
        let each = Double(count)
        let figures = String(
            format: "%8.2f us each, processor %6.2f us, worst wait %8.0f us",
            time.wall / each, time.processor / each, worst)
        let line = name.padding(toLength: 44, withPad: " ", startingAt: 0) + figures + "\n"
        FileHandle.standardOutput.write(Data(line.utf8))
    }

    private func openLog(_ data: DataDirectory) throws -> (store: LogStore, stored: StoredLog) {
        try LogStore.open(path: data.logPath, identity: identity, tailBytes: 1 << 20) { _ in nil }
    }

    private func entries(from index: Int, count: Int) -> [Entry] {
        (index..<index + count).map {
            Entry(
                index: LogIndex(UInt64($0)), term: Term(1), kind: .command,
                payload: [UInt8](repeating: UInt8(truncatingIfNeeded: $0), count: 600))
        }
    }

    /// Transactions through the store alone, one Persist each.
    private func log(batch: Int) throws {
        let data = try fresh()
        let (store, _) = try openLog(data)
        let rounds = batch == 1 ? 2_000 : 400
        var worst = 0.0
        let watch = Stopwatch()
        for round in 0..<rounds {
            let one = Stopwatch()
            let added = entries(from: round * batch + 1, count: batch)
            try store.write([Persist(id: UInt64(round), entries: added)])
            worst = max(worst, one.elapsed.wall)
        }
        let time = watch.elapsed
        store.close()
        report(
            "log entry, store, transactions of \(batch)", time, count: rounds * batch, worst: worst)
    }

    /// Through the thread, `concurrency` single entries in flight.
    private func logWriter(concurrency: Int) throws {
        let data = try fresh()
        let (store, _) = try openLog(data)
        let durable = Atomic<UInt64>(0)
        let signal = DispatchSemaphore(value: 0)
        let writer = LogWriter(
            store: store,
            onDurable: { id in
                durable.store(id, ordering: .releasing)
                signal.signal()
            },
            onFailure: { print("failed: \($0)") })
        let count = concurrency == 1 ? 2_000 : 50_000
        var worst = 0.0
        var next = 1
        let watch = Stopwatch()
        while durable.load(ordering: .acquiring) < UInt64(count) {
            while next <= count, next - Int(durable.load(ordering: .acquiring)) <= concurrency {
                writer.submit(Persist(id: UInt64(next), entries: entries(from: next, count: 1)))
                next += 1
            }
            signal.wait()
            if let age = writer.oldestPending {
                worst = max(worst, Double(age.components.attoseconds) / 1e12)
            }
        }
        let time = watch.elapsed
        writer.close()
        report("log entry, thread, \(concurrency) in flight", time, count: count, worst: worst)
    }

    /// Verifying a log of 200,000 entries.
    private func reopenLog() throws {
        let data = try fresh()
        let (store, _) = try openLog(data)
        for round in 0..<200 {
            let added = entries(from: round * 1_000 + 1, count: 1_000)
            try store.write([Persist(id: UInt64(round), entries: added)])
        }
        store.close()
        let watch = Stopwatch()
        let (again, stored) = try openLog(data)
        let time = watch.elapsed
        again.close()
        precondition(stored.last.index.rawValue == 200_000)
        report("log entry, verified at open", time, count: 200_000, worst: time.wall)
    }

    /// Messages with a session (150 bytes), an item of history (500) and a customer (60) each; some
    /// belong to old sessions. Customers' ids are scattered as Telegram's are.
    private func state(oldShare: Int) throws {
        let data = try fresh()
        let store = try StateStore.open(path: data.statePath, identity: identity)
        let writer = StateWriter(store: store, onFailure: { print("failed: \($0)") })
        let perBatch = 667
        let rounds = 150
        let watch = Stopwatch()
        var worst = 0.0
        var half = watch.elapsed
        let done = DispatchSemaphore(value: 0)
        for round in 0..<rounds {
            if round == rounds / 2 { half = watch.elapsed }
            let rows = messages(from: round * perBatch + 1, count: perBatch, oldShare: oldShare)
            let last = LogIndex(UInt64((round + 1) * perBatch))
            writer.submit(rows, applied: AppliedMark(index: last, term: Term(1)))
            let one = Stopwatch()
            writer.flush(through: last) { _ in done.signal() }
            done.wait()
            worst = max(worst, one.elapsed.wall)
        }
        let all = watch.elapsed
        writer.close()
        let second = (all.wall - half.wall, all.processor - half.processor)
        report(
            "row, thread, batches of 2,000, \(oldShare) % old", (second.0, second.1),
            count: rounds / 2 * perBatch * 3, worst: worst)
    }

    private func messages(from index: Int, count: Int, oldShare: Int) -> [RowChange] {
        (index..<index + count).flatMap { place -> [RowChange] in
            let isOld = place > 1 && Int.random(in: 0..<100) < oldShare
            let session = Int64(isOld ? Int.random(in: 1..<place) : place)
            let user = Int64((UInt64(session) &* 2_654_435_761) % 7_000_000_000)
            func value(_ size: Int) -> [UInt8] {
                [UInt8](repeating: UInt8(place & 255), count: size)
            }
            return [
                RowChange(table: .session, major: session, value: value(150)),
                RowChange(table: .history, major: session, minor: Int64(place), value: value(500)),
                RowChange(table: .customer, major: 7, minor: user, value: value(60)),
            ]
        }
    }

    /// Clicks of 300 bytes, removed again in lots of 500.
    private func spool(batch: Int) throws {
        let data = try fresh()
        let spool = try ClickSpool.open(path: data.spoolPath, identity: identity)
        let writer = SpoolWriter(spool: spool, onFailure: { print("failed: \($0)") })
        let count = batch == 1 ? 10_000 : 50_000
        let done = DispatchSemaphore(value: 0)
        var worst = 0.0
        let watch = Stopwatch()
        for round in 0..<count / batch {
            let one = Stopwatch()
            for place in 0..<batch {
                writer.append(
                    epoch: 1, sequence: UInt64(round * batch + place),
                    body: [UInt8](repeating: 1, count: 300)
                ) { failure in
                    if let failure { print("failed: \(failure)") }
                    if place == batch - 1 { done.signal() }
                }
            }
            done.wait()
            worst = max(worst, one.elapsed.wall)
            let kept = (round + 1) * batch
            if kept % 500 < batch { writer.remove(through: Int64(kept - 100)) }
        }
        let time = watch.elapsed
        writer.close()
        report("click, thread, \(batch) at a time", time, count: count, worst: worst)
    }
}
