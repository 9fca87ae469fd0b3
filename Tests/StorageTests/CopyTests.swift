import Foundation
import Raft
import Routing
import Storage
import Testing
import Wire

struct CopyTests {
    let scratch = Scratch()
    private var target: String { scratch.path + "/outgoing-1.db" }

    private func open(_ path: String, _ options: StoreOptions = .state) throws -> StateStore {
        try StateStore.open(path: path, identity: identity, options: options)
    }

    @Test(arguments: 1...4 as ClosedRange<UInt64>)
    func `a copy holds what was written while it was made`(seed: UInt64) throws {
        let store = try open(scratch.state)
        var limits = StateWriter.Limits()
        limits.copyPages = 1
        limits.copyPause = .zero
        limits.flushRows = 1
        let writer = StateWriter(store: store, limits: limits, onFailure: { Issue.record($0) })
        let batches = stateScript(batches: 60, seed: seed)
        var model = StateModel()
        let copied = Told<AppliedMark>()
        for (place, (rows, mark)) in batches.enumerated() {
            if place == 20 {
                writer.copy(to: target) { result in
                    switch result {
                    case .success(let mark): copied.tell(mark)
                    case .failure(let error): Issue.record(error)
                    }
                }
            }
            writer.submit(rows, applied: mark)
        }
        copied.wait()
        let copy = try open(target)
        #expect(copy.applied == copied.all[0])
        for (rows, mark) in batches where mark.index <= copy.applied.index {
            model.write(rows, applied: mark)
        }
        #expect(try StateModel(copy) == model)
        copy.close()
        // Another copy takes the place of the first.
        writer.copy(to: target) { result in copied.tell((try? result.get()) ?? AppliedMark()) }
        writer.copy(to: target + "2") { result in
            if case .failure(let error) = result { #expect(error.kind == .locked) }
        }
        copied.wait()
        writer.close()
        #expect(copied.all[1] == store.applied)
    }

    @Test func `what was asked to be durable may be cut from the log`() throws {
        let store = try open(scratch.state)
        #expect(store.durable == .zero)
        var limits = StateWriter.Limits()
        limits.flushInterval = .seconds(3_600)
        let writer = StateWriter(store: store, limits: limits, onFailure: { Issue.record($0) })
        let batches = stateScript(batches: 9, seed: 1)
        for (rows, mark) in batches { writer.submit(rows, applied: mark) }
        let told = Told<LogIndex>()
        writer.makeDurable { told.tell($0) }
        told.wait()
        #expect(told.all == [batches[8].1.index] && store.durable == batches[8].1.index)
        // A reader in the middle of a read holds the file back; it is not said to be durable then.
        writer.close()
        let again = try open(scratch.state)
        #expect(again.durable == again.applied.index)
    }

    @Test func `a copy that fails leaves nothing behind and the store alone`() throws {
        var number = 0
        var isOver = false
        while !isOver {
            number += 1
            let path = scratch.path + "/\(number).db"
            let disk = FaultyDisk()
            let store = try open(path, disk.options(.state))
            var model = StateModel()
            for (rows, mark) in stateScript(batches: 3, seed: 2) {
                try store.write(rows, applied: mark)
                model.write(rows, applied: mark)
            }
            disk.fail(number)
            let writer = StateWriter(store: store, onFailure: { Issue.record($0) })
            let ended = Told<AppliedMark?>()
            writer.copy(to: target) { result in ended.tell(try? result.get()) }
            ended.wait()
            isOver = !disk.hasFailed
            disk.heal()
            if isOver {
                #expect(ended.all == [model.applied])
                #expect(try StateModel(open(target)) == model)
            } else {
                #expect(ended.all == [nil])
                #expect(!FileManager.default.fileExists(atPath: target), "operation \(number)")
            }
            let more = stateScript(batches: 5, seed: 3)[4]
            let next = AppliedMark(index: LogIndex(1_000), term: Term(3))
            writer.submit(more.0, applied: next)
            writer.close()
            #expect(store.applied == next)
        }
        #expect(number > 4)
    }

    @Test func `a close breaks a copy off`() throws {
        let store = try open(scratch.state)
        for (rows, mark) in stateScript(batches: 9, seed: 4) {
            try store.write(rows, applied: mark)
        }
        var limits = StateWriter.Limits()
        limits.copyPages = 1
        limits.copyPause = .seconds(3_600)
        let writer = StateWriter(store: store, limits: limits, onFailure: { Issue.record($0) })
        let ended = Told<StorageError.Kind?>()
        writer.copy(to: target) { result in
            guard case .failure(let error) = result else { return ended.tell(nil) }
            ended.tell(error.kind)
        }
        writer.close()
        #expect(ended.all == [.closed])
        #expect(!FileManager.default.fileExists(atPath: target))
    }

    @Test func `rows that find no room wait for it`() throws {
        let disk = FaultyDisk()
        let store = try open(scratch.state, disk.options(.state))
        let full = Told<Bool>()
        disk.fail(1, .writes, code: 13, lasting: true)
        let writer = StateWriter(
            store: store,
            onFull: { error in
                if error != nil { disk.heal() }
                full.tell(error != nil)
            }, onFailure: { Issue.record($0) })
        let (rows, mark) = stateScript(batches: 1, seed: 9)[0]
        writer.submit(rows, applied: mark)
        full.wait(for: 2)
        writer.close()
        #expect(full.all == [true, false] && store.applied == mark)
    }
}
