import Foundation
import Raft
import Routing
import Storage
import StorageFaults
import Testing
import Wire

private let full: Int32 = 13

/// A short life of a log: opened, written, checkpointed by closing, opened and written again.
private struct LogLife {
    static let groups = script(groups: 6, seed: 5, largest: 9_000)
    var groups: [[Persist]] { LogLife.groups }
    /// What was acknowledged.
    var acknowledged = LogModel()
    /// With the write that was under way when it failed.
    var attempted = LogModel()

    /// Lives until the end or an error, which it returns.
    mutating func live(_ path: String, _ options: StoreOptions) -> StorageError? {
        var store: LogStore?
        defer { store?.close() }
        do {
            for (place, group) in groups.enumerated() {
                if place % 3 == 0 {
                    store?.close()
                    store = try openLog(path, options: options).store
                }
                attempted.write(group)
                try store?.write(group)
                acknowledged = attempted
            }
            return nil
        } catch {
            return error as? StorageError
        }
    }
}

struct LogFaultTests {
    let scratch = Scratch()

    private func path(_ number: Int) -> String { scratch.path + "/\(number).db" }

    private func expectRecovered(_ path: String, _ life: LogLife, _ note: String) throws {
        let (store, stored) = try openLog(path)
        let found = try LogModel(stored, store)
        store.close()
        #expect(found == life.acknowledged || found == life.attempted, "\(note)")
        try? FileManager.default.removeItem(atPath: path)
    }

    @Test func `whichever operation fails, nothing acknowledged is lost`() throws {
        var number = 0
        var isOver = false
        while !isOver {
            number += 1
            let disk = FaultyDisk()
            var life = LogLife()
            disk.fail(number)
            let error = life.live(path(number), disk.options(.log))
            isOver = !disk.hasFailed
            disk.heal()
            // A failure of a close's checkpoint is the only one that may be passed over.
            if let error { #expect(error.kind == .inputOutput, "operation \(number): \(error)") }
            if isOver { #expect(error == nil && life.acknowledged == life.attempted) }
            try expectRecovered(path(number), life, "operation \(number)")
        }
        #expect(number > 40)
    }

    @Test func `a power cut at any operation keeps what was acknowledged`() throws {
        var number = 0
        var isOver = false
        while !isOver {
            number += 1
            for seed in 0..<2 as Range<UInt64> {
                let disk = FaultyDisk()
                var life = LogLife()
                disk.fail(number, .changes, lasting: true)
                _ = life.live(path(number), disk.options(.log))
                isOver = !disk.hasFailed
                #expect(disk.cutPower(seed: UInt64(number) * 3 + seed))
                try expectRecovered(path(number), life, "operation \(number), seed \(seed)")
            }
        }
        #expect(number > 40)
    }

    @Test func `whichever write finds the disk full, the log goes on afterwards`() throws {
        let groups = script(groups: 6, seed: 6, largest: 9_000)
        var number = 0
        var isOver = false
        while !isOver {
            number += 1
            let disk = FaultyDisk()
            let (store, _) = try openLog(path(number), options: disk.options(.log))
            disk.fail(number, .writes, code: full)
            var model = LogModel()
            for group in groups {
                do {
                    try store.write(group)
                } catch {
                    #expect(error.kind == .full)
                    let read = try store.read(
                        from: LogIndex(1), through: LogIndex(.max), maxBytes: .max)
                    #expect(read == model.entries, "write \(number)")
                    try store.write(group)
                }
                model.write(group)
            }
            isOver = !disk.hasFailed
            disk.heal()
            store.close()
            let (again, stored) = try openLog(path(number))
            #expect(try LogModel(stored, again) == model, "write \(number)")
            again.close()
        }
        #expect(number > 20)
    }
}

struct StateFaultTests {
    let scratch = Scratch()

    /// Writes until an error; the models after each batch.
    private func live(
        _ path: String, _ options: StoreOptions, _ batches: [([RowChange], AppliedMark)]
    ) -> (models: [StateModel], acknowledged: Int, error: StorageError?) {
        var models = [StateModel()]
        var acknowledged = 0
        do {
            let store = try StateStore.open(path: path, identity: identity, options: options)
            defer { store.close() }
            for (changes, applied) in batches {
                var next = models[models.count - 1]
                next.write(changes, applied: applied)
                models.append(next)
                try store.write(changes, applied: applied)
                acknowledged += 1
            }
        } catch {
            return (models, acknowledged, error)
        }
        return (models, acknowledged, nil)
    }

    @Test func `whichever operation fails, rows and mark stay together`() throws {
        let batches = stateScript(batches: 4, seed: 3)
        var number = 0
        var isOver = false
        while !isOver {
            number += 1
            let path = scratch.path + "/\(number).db"
            let disk = FaultyDisk()
            disk.fail(number)
            let (models, acknowledged, error) = live(path, disk.options(.state), batches)
            isOver = !disk.hasFailed
            disk.heal()
            if let error { #expect(error.kind == .inputOutput, "operation \(number): \(error)") }
            let store = try StateStore.open(path: path, identity: identity)
            let found = try StateModel(store)
            #expect(models[acknowledged...].contains(found), "operation \(number)")
            store.close()
        }
        #expect(number > 20)
    }

    @Test func `a power cut may make the rows old, never inconsistent`() throws {
        let batches = stateScript(batches: 4, seed: 4)
        var number = 0
        var isOver = false
        while !isOver {
            number += 1
            for seed in 0..<2 as Range<UInt64> {
                let path = scratch.path + "/\(number)-\(seed).db"
                let disk = FaultyDisk()
                disk.fail(number, .changes, lasting: true)
                let (models, _, _) = live(path, disk.options(.state), batches)
                isOver = !disk.hasFailed
                #expect(disk.cutPower(seed: UInt64(number) * 3 + seed))
                let store = try StateStore.open(path: path, identity: identity)
                let found = try StateModel(store)
                #expect(models.contains(found), "operation \(number), seed \(seed)")
                store.close()
            }
        }
    }
}
