import Foundation
import Raft
import Routing
import Storage
import Testing
import Wire

/// A node's directory with a log through index 40 and rows through index 30, and a snapshot of
/// another node that is to be installed there.
private struct Installation {
    static let giver = StoreIdentity(cluster: "test", node: NodeID(2))
    let scratch = Scratch()
    let directory: DataDirectory
    /// What the snapshot holds.
    private(set) var model = StateModel()
    let vote = HardState(term: Term(5), votedFor: NodeID(3))

    init(snapshot index: UInt64, term: UInt64) throws {
        directory = try DataDirectory.open(scratch.path + "/node")
        let (log, _) = try openLog(directory.logPath)
        try log.write([persist(1, entries: 1...40, term: 3, hardState: vote)])
        log.close()
        let state = try StateStore.open(path: directory.statePath, identity: identity)
        try state.write(
            [RowChange(table: .session, major: 1, value: [1])],
            applied: AppliedMark(index: LogIndex(30), term: Term(3)))
        state.close()

        let source = try StateStore.open(
            path: scratch.path + "/source.db", identity: Installation.giver)
        let mark = AppliedMark(index: LogIndex(index), term: Term(term), digest: 77, meta: [1, 2])
        let rows = stateScript(batches: 12, seed: index)
        for (rows, _) in rows { model.write(rows, applied: mark) }
        try source.write(rows.flatMap(\.0), applied: mark)
        let writer = StateWriter(store: source, onFailure: { Issue.record($0) })
        let copied = Told<Bool>()
        writer.copy(to: directory.incomingPath) { result in copied.tell((try? result.get()) != nil)
        }
        copied.wait()
        writer.close()
    }

    /// Installs, as far as it gets.
    func install(
        log options: StoreOptions = .log, state stateOptions: StoreOptions = .state,
        after: (StateInstall.Step) throws(StorageError) -> Void = { (_) throws(StorageError) in }
    ) throws -> StateRecord {
        let (log, _) = try openLog(directory.logPath, options: options)
        defer { log.close() }
        return try StateInstall.install(
            directory.incomingPath, mark: model.applied, into: directory, log: log,
            identity: identity, options: stateOptions, after: after)
    }

    /// Starts as a node does.
    func start() throws -> (state: StateModel, stored: StoredLog, record: StateRecord?) {
        let (log, stored) = try openLog(directory.logPath)
        defer { log.close() }
        let state = try directory.openState(log: log, stored: stored, identity: identity)
        defer { state.close() }
        return (try StateModel(state), stored, log.stateRecord)
    }

    var files: Set<String> {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: directory.path)) ?? []
        return Set(names.filter { !$0.hasSuffix("-wal") && !$0.hasSuffix("-shm") })
    }
}

struct InstallTests {
    @Test(arguments: [(100, 4, 100), (40, 4, 40), (35, 3, 0), (40, 3, 0)])
    func `an installed snapshot is the state, and the log goes on behind it`(
        index: Int, term: Int, base: Int
    ) throws {
        let node = try Installation(snapshot: UInt64(index), term: UInt64(term))
        let record = try node.install()
        #expect(record.file == "state-\(index).db")
        #expect(node.files == ["lock", "log.db", record.file])
        for _ in 0..<2 {
            let (state, stored, found) = try node.start()
            #expect(state == node.model && found == record)
            #expect(stored.hardState == node.vote && stored.base.index.rawValue == UInt64(base))
            // A log that holds the snapshot's last entry keeps all that it acknowledged.
            #expect(stored.last.index.rawValue == UInt64(base == 0 ? 40 : base))
            #expect(stored.last.term.rawValue == UInt64(base == 0 ? 3 : term))
        }
        let (log, _) = try openLog(node.directory.logPath)
        let next = base == 0 ? 41 : UInt64(base) + 1
        try log.write([persist(9, entries: next...next + 4, term: 6)])
        log.close()
        #expect(try node.start().stored.last.index.rawValue == next + 4)
    }

    @Test func `a second snapshot takes the place of the first, also at the same index`() throws {
        let node = try Installation(snapshot: 100, term: 4)
        _ = try node.install()
        let copy = try Installation(snapshot: 100, term: 4)
        try FileManager.default.moveItem(
            atPath: copy.directory.incomingPath, toPath: node.directory.incomingPath)
        let record = try node.install()
        #expect(record.file == "state-100-2.db")
        #expect(node.files == ["lock", "log.db", record.file])
        #expect(try node.start().state == node.model)
    }

    @Test(arguments: StateInstall.Step.allCases)
    func `a crash between two steps leaves the old state or the new`(
        step: StateInstall.Step
    ) throws {
        let node = try Installation(snapshot: 100, term: 4)
        failure(.closed) {
            _ = try node.install { (done) throws(StorageError) in
                if done == step { throw StorageError(.closed, file: "", "a crash") }
            }
        }
        let isNew = step != .adopted && step != .staged
        for _ in 0..<2 {
            let (state, stored, record) = try node.start()
            #expect((state == node.model) == isNew && (record != nil) == isNew)
            #expect(state.applied.index == LogIndex(isNew ? 100 : 30))
            #expect(stored.last.index == LogIndex(isNew ? 100 : 40))
            #expect(stored.hardState == node.vote)
            #expect(node.files == ["lock", "log.db", isNew ? "state-100.db" : "state.db"])
        }
    }

    @Test(arguments: [false, true], [false, true])
    func `whichever operation of an installation fails, the start finds one state whole`(
        isInLog: Bool, isPowerCut: Bool
    ) throws {
        var number = 0
        var isOver = false
        while !isOver {
            number += 1
            let node = try Installation(snapshot: 100, term: 4)
            let disk = FaultyDisk()
            disk.fail(number, isPowerCut ? .changes : .all, lasting: isPowerCut)
            var isDone = false
            do {
                _ = try node.install(
                    log: isInLog ? disk.options(.log) : .log,
                    state: isInLog ? .state : disk.options(.state))
                isDone = true
            } catch let error as StorageError {
                #expect(error.kind == .inputOutput, "operation \(number): \(error)")
            }
            isOver = !disk.hasFailed
            // The shim follows files by name, and the state file was renamed: only log.db's
            // unsynced writes can be taken back here.
            if isPowerCut, isInLog { #expect(disk.cutPower(seed: UInt64(number))) }
            disk.heal()
            let (state, stored, record) = try node.start()
            let isNew = record != nil
            #expect(isNew || !isDone)
            #expect((state == node.model) == isNew, "operation \(number)")
            #expect(stored.last.index == LogIndex(isNew ? 100 : 40))
            #expect(stored.hardState == node.vote)
        }
        #expect(number > 5)
    }

    @Test func `a snapshot of another cluster, or that goes elsewhere, is refused`() throws {
        let node = try Installation(snapshot: 100, term: 4)
        let (log, _) = try openLog(node.directory.logPath)
        defer { log.close() }
        func install(_ mark: AppliedMark, _ identity: StoreIdentity) throws {
            _ = try StateInstall.install(
                node.directory.incomingPath, mark: mark, into: node.directory, log: log,
                identity: identity)
        }
        failure(.foreign) {
            try install(node.model.applied, StoreIdentity(cluster: "other", node: NodeID(1)))
        }
        var mark = node.model.applied
        mark.digest += 1
        let error = failure(.corrupt) { try install(mark, identity) }
        #expect(error?.description.contains("through index 100") == true)
        #expect(log.stateRecord == nil)
    }

    @Test func `a snapshot that ends before the log begins is refused`() throws {
        let node = try Installation(snapshot: 20, term: 3)
        let (log, _) = try openLog(node.directory.logPath)
        defer { log.close() }
        try log.write([persist(2, entries: 41...50, term: 3)])
        let trail = LogTrail(entries: 0, bytes: 0)
        _ = try log.cut(through: LogIndex(40), keeping: trail)
        let error = failure(.corrupt) {
            _ = try StateInstall.install(
                node.directory.incomingPath, mark: node.model.applied, into: node.directory,
                log: log, identity: identity)
        }
        #expect(error?.description.contains("would leave a gap") == true)
    }
}

struct StateOpenTests {
    @Test func `a log that knows nothing of an installed snapshot is fenced`() throws {
        let node = try Installation(snapshot: 100, term: 4)
        let before = bytes(of: node.directory.logPath)
        _ = try node.install()
        // log.db is put back from a backup that was taken before.
        for end in ["-wal", "-shm"] {
            try? FileManager.default.removeItem(atPath: node.directory.logPath + end)
        }
        write(before, to: node.directory.logPath)
        let error = failure(.vanishedTail) { _ = try node.start() }
        #expect(error?.description.contains("state-100.db proves that index 100") == true)
        #expect(node.files.contains("state-100.db"))
    }

    @Test func `a state file that is older than what was installed is refused`() throws {
        let node = try Installation(snapshot: 100, term: 4)
        let record = try node.install()
        try FileManager.default.removeItem(atPath: node.directory.statePath(record))
        let error = failure(.corrupt) { _ = try node.start() }
        #expect(error?.description.contains("a snapshot through index 100 was installed") == true)
    }

    @Test func `a bad state file is put aside and missed afterwards`() throws {
        let node = try Installation(snapshot: 100, term: 4)
        let record = try node.install()
        try node.directory.putAside(node.directory.statePath(record))
        try node.directory.putAside(node.directory.statePath(record))
        #expect(node.files == ["lock", "log.db", "bad-state.db"])
        failure(.corrupt) { _ = try node.start() }
        let copy = try Installation(snapshot: 120, term: 4)
        try FileManager.default.moveItem(
            atPath: copy.directory.incomingPath, toPath: node.directory.incomingPath)
        let (log, _) = try openLog(node.directory.logPath)
        _ = try StateInstall.install(
            node.directory.incomingPath, mark: copy.model.applied, into: node.directory, log: log,
            identity: identity)
        log.close()
        #expect(try node.start().state == copy.model)
    }
}
