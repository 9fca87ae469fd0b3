import Raft
import Replica
import Routing

/// A node's disk: what survives a crash, and writes that are still under way.
struct SimulatedDisk {
    /// A row's key.
    struct RowKey: Hashable, Comparable {
        var table: UInt8
        var major: Int64
        var minor: Int64
        static func < (a: RowKey, b: RowKey) -> Bool {
            (a.table, a.major, a.minor) < (b.table, b.major, b.minor)
        }
    }

    private(set) var hardState = HardState()
    /// Durable entries; the first has index 1.
    private(set) var entries: [Entry] = []
    private(set) var rows: [RowKey: [UInt8]] = [:]
    private(set) var mark = Replica.Mark()
    private var writes: [Persist] = []
    private var unflushed: [(rows: [RowChange], mark: Replica.Mark)] = []

    /// A synced write of the log begins.
    mutating func begin(_ persist: Persist) { writes.append(persist) }

    /// The oldest write is durable; gives its number.
    mutating func finishWrite() -> UInt64? {
        guard !writes.isEmpty else { return nil }
        let persist = writes.removeFirst()
        keep(persist)
        return persist.id
    }

    /// Rows wait to be flushed.
    mutating func buffer(_ rows: [RowChange], _ mark: Replica.Mark) {
        unflushed.append((rows, mark))
    }

    /// All waiting rows reach state.db in one transaction.
    mutating func flush() {
        for batch in unflushed {
            for row in batch.rows {
                let key = RowKey(table: row.table.rawValue, major: row.major, minor: row.minor)
                rows[key] = row.value
            }
            mark = batch.mark
        }
        unflushed = []
    }

    /// The power goes: unflushed rows are lost, and of the writes under way all but a lucky run
    /// from the oldest on.
    mutating func crash(lucky: (Int) -> Int) {
        for persist in writes.prefix(lucky(writes.count)) { keep(persist) }
        writes = []
        unflushed = []
    }

    private mutating func keep(_ persist: Persist) {
        if let hardState = persist.hardState {
            precondition(hardState.term >= self.hardState.term, "a term went back on the disk")
            precondition(
                hardState.term > self.hardState.term || self.hardState.votedFor == nil
                    || hardState.votedFor == self.hardState.votedFor,
                "a vote changed within a term")
            self.hardState = hardState
        }
        if let from = persist.truncateFrom {
            entries.removeLast(max(0, entries.count - Int(from.rawValue) + 1))
        }
        for entry in persist.entries {
            precondition(entry.index.rawValue == UInt64(entries.count) + 1, "a gap in the log")
            entries.append(entry)
        }
    }

    /// Entries of a range, as a read from the disk gives them.
    func read(from: LogIndex, through: LogIndex, maxBytes: Int) -> [Entry] {
        var found: [Entry] = []
        var bytes = 0
        var index = from.rawValue
        while index <= through.rawValue, index <= UInt64(entries.count) {
            let entry = entries[Int(index) - 1]
            bytes += entry.payload.count
            if bytes > maxBytes && found.count >= 2 { break }
            found.append(entry)
            index += 1
        }
        return found
    }

    /// What a start finds.
    func storedLog(tail: Int) -> StoredLog {
        let kept = max(tail, entries.count - Int(mark.index.rawValue))
        return StoredLog(
            hardState: hardState,
            last: entries.last.map { ($0.index, $0.term) } ?? (.zero, .zero),
            tail: Array(entries.suffix(kept)))
    }

    /// The replicated state rebuilt from rows.
    func storedState() throws -> ReplicatedState {
        var state = ReplicatedState()
        for key in rows.keys.sorted() {
            guard let table = RowTable(rawValue: key.table), table.isLoadedAtStart else { continue }
            try state.load(
                table: table, major: key.major, minor: key.minor, value: rows[key] ?? [])
        }
        try state.finishLoading()
        return state
    }
}
