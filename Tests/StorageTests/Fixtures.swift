import Foundation
import Raft
import Routing
import Storage
import Testing
import Wire

/// A directory that goes away with the value.
final class Scratch {
    let path: String
    init() {
        path = NSTemporaryDirectory() + "storage-tests-" + UUID().uuidString
        try? FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: true)
    }
    deinit { try? FileManager.default.removeItem(atPath: path) }
    var log: String { path + "/log.db" }
    var state: String { path + "/state.db" }
    var spool: String { path + "/spool.db" }
}

let identity = StoreIdentity(cluster: "test", node: NodeID(1))

/// What a log should hold.
struct LogModel: Equatable {
    var hardState = HardState()
    var entries: [Entry] = []

    mutating func write(_ persists: [Persist]) {
        for persist in persists {
            if let state = persist.hardState { hardState = state }
            if let index = persist.truncateFrom { entries.removeAll { $0.index >= index } }
            entries += persist.entries
        }
    }
    init() {}
    init(_ persists: [[Persist]]) { for group in persists { write(group) } }
    /// What a store holds, in memory and as it reads.
    init(_ stored: StoredLog, _ store: LogStore) throws {
        hardState = stored.hardState
        entries = stored.tail
        let read = try store.read(
            from: LogIndex(1), through: stored.last.index, maxBytes: .max)
        #expect(read == stored.tail)
        #expect(stored.last.index == entries.last?.index ?? .zero)
        #expect(stored.last.term == entries.last?.term ?? .zero)
    }
}

func entry(_ index: UInt64, term: UInt64 = 1, size: Int = 40) -> Entry {
    var payload = [UInt8](repeating: UInt8(truncatingIfNeeded: index &* 7 &+ term), count: size)
    for place in stride(from: 0, to: size, by: 16) { payload[place] = UInt8(place >> 4 & 255) }
    return Entry(
        index: LogIndex(index), term: Term(term), kind: index == 1 ? .noop : .command,
        payload: payload)
}

func persist(
    _ id: UInt64, entries: ClosedRange<UInt64>? = nil, term: UInt64 = 1, size: Int = 40,
    truncateFrom: UInt64? = nil, hardState: HardState? = nil
) -> Persist {
    Persist(
        id: id, hardState: hardState, truncateFrom: truncateFrom.map { LogIndex($0) },
        entries: entries.map { $0.map { entry($0, term: term, size: size) } } ?? [])
}

func openLog(
    _ path: String, tailBytes: Int = 32 << 20, options: StoreOptions = .log
) throws -> (store: LogStore, stored: StoredLog) {
    try LogStore.open(
        path: path, identity: identity, tailBytes: tailBytes, options: options,
        decodeConfiguration: decodeConfiguration)
}

/// A configuration here is a list of single-byte voters, not empty.
func decodeConfiguration(_ bytes: [UInt8]) -> Configuration? {
    bytes.isEmpty ? nil : Configuration(voters: bytes.map { NodeID(UInt64($0)) })
}

/// Runs something that must fail with a StorageError.
@discardableResult
func failure(
    _ kind: StorageError.Kind? = nil, sourceLocation: SourceLocation = #_sourceLocation,
    _ body: () throws -> Void
) -> StorageError? {
    do {
        try body()
        Issue.record("did not fail", sourceLocation: sourceLocation)
    } catch let error as StorageError {
        if let kind {
            #expect(error.kind == kind, "\(error)", sourceLocation: sourceLocation)
        }
        return error
    } catch {
        Issue.record(error, sourceLocation: sourceLocation)
    }
    return nil
}

func bytes(of path: String) -> [UInt8] {
    FileManager.default.contents(atPath: path).map { Array($0) } ?? []
}

/// How many descriptors of this process are open on a file.
func descriptors(of path: String) -> Int {
    let all = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")) ?? []
    return all.filter {
        (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/" + $0)) == path
    }.count
}

func write(_ bytes: [UInt8], to path: String) {
    #expect(FileManager.default.createFile(atPath: path, contents: Data(bytes)))
}

/// A small generator for tests (xorshift64*).
struct Dice: RandomNumberGenerator {
    var state: UInt64
    init(_ seed: UInt64) { state = seed &* 0x9e37_79b9_7f4a_7c15 | 1 }
    mutating func next() -> UInt64 {
        state ^= state >> 12
        state ^= state << 25
        state ^= state >> 27
        return state &* 0x2545_f491_4f6c_dd1d
    }
}

/// A script of writes with appends of many sizes, truncations and votes.
func script(groups: Int, seed: UInt64, largest: Int = 70_000) -> [[Persist]] {
    var dice = Dice(seed)
    var model = LogModel()
    var term: UInt64 = 1
    var id: UInt64 = 0
    return (0..<groups).map { _ in
        let group = (0..<Int.random(in: 1...3, using: &dice)).map { _ in
            id += 1
            var next = Persist(id: id)
            let last = model.entries.last?.index.rawValue ?? 0
            var start = last + 1
            if last > 3, Int.random(in: 0..<5, using: &dice) == 0 {
                start = UInt64.random(in: last - 3...last, using: &dice)
                next.truncateFrom = LogIndex(start)
                term += 1
                next.hardState = HardState(term: Term(term), votedFor: NodeID(2))
            }
            let count = UInt64.random(in: 0...6, using: &dice)
            let sizes = [0, 10, 600, 5_000, largest]
            for index in start..<start + count {
                let size = sizes[Int.random(in: 0..<100, using: &dice) / 24]
                next.entries.append(entry(index, term: term, size: size))
            }
            model.write([next])
            return next
        }
        return group
    }
}
