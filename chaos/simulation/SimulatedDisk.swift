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
    /// The entry before the first that is kept.
    private(set) var base = LogPosition.zero
    /// Durable entries after `base`.
    private(set) var entries: [Entry] = []
    private(set) var rows: [RowKey: [UInt8]] = [:]
    private(set) var mark = Replica.Mark()
    private var writes: [Persist] = []
    private var unflushed: [Batch] = []
    /// Flushed, but a power cut may take them back (`synchronous=NORMAL`).
    private var recent: [Batch] = []

    private struct Batch {
        var rows: [RowChange]
        var mark: Replica.Mark
    }

    /// A copy of state.db.
    struct Copy {
        fileprivate(set) var rows: [RowKey: [UInt8]]
        fileprivate(set) var mark: Replica.Mark
    }

    /// The last durable entry.
    var last: LogPosition {
        entries.last.map { LogPosition(index: $0.index, term: $0.term) } ?? base
    }
    /// A durable entry after `base`.
    func entry(at index: LogIndex) -> Entry? {
        guard index > base.index, index <= last.index else { return nil }
        return entries[Int(index.rawValue - base.index.rawValue) - 1]
    }
    /// Whether an entry that is committed somewhere is durable here. What lies before the base
    /// was applied here.
    func holds(_ index: LogIndex, _ term: Term) -> Bool {
        index <= base.index || entry(at: index)?.term == term
    }

    /// Writes in the transaction under way, from the oldest on.
    private var begun = 0

    /// A write of the log waits for the transaction under way.
    mutating func add(_ persist: Persist) { writes.append(persist) }

    /// Begins a transaction with all that waits, if none is under way; whether it did.
    mutating func beginWrite() -> Bool {
        guard begun == 0, !writes.isEmpty else { return false }
        begun = writes.count
        return true
    }

    /// The transaction under way is durable; gives the number of its last write.
    mutating func finishWrite() -> UInt64? {
        guard begun > 0 else { return nil }
        for persist in writes.prefix(begun) { keep(persist) }
        let last = writes[begun - 1].id
        writes.removeFirst(begun)
        begun = 0
        return last
    }

    /// Rows wait to be flushed.
    mutating func buffer(_ rows: [RowChange], _ mark: Replica.Mark) {
        unflushed.append(Batch(rows: rows, mark: mark))
    }

    /// All waiting rows reach state.db in one transaction.
    mutating func flush() {
        guard let last = unflushed.last else { return }
        recent.append(Batch(rows: unflushed.flatMap(\.rows), mark: last.mark))
        unflushed = []
        if recent.count > 4 { settle(recent.removeFirst()) }
    }

    /// What was flushed can't be taken back any more.
    mutating func settle() {
        for batch in recent { settle(batch) }
        recent = []
    }

    private mutating func settle(_ batch: Batch) {
        for row in batch.rows {
            let key = RowKey(table: row.table.rawValue, major: row.major, minor: row.minor)
            rows[key] = row.value
        }
        mark = batch.mark
    }

    /// The process dies: unflushed rows are lost, and of the writes under way all but a lucky run
    /// from the oldest on, of which `lucky` says how long it is; it is told of how many pages each
    /// write is. `forgets` says how many flushes of so many a power cut takes back.
    mutating func crash(lucky: ([Int]) -> Int, forgets: (Int) -> Int) {
        let pages = writes.map { 1 + $0.entries.count }
        for persist in writes.prefix(lucky(pages)) { keep(persist) }
        writes = []
        begun = 0
        unflushed = []
        recent.removeLast(forgets(recent.count))
        settle()
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
            precondition(from > base.index, "a cut log is truncated before its base")
            while last.index >= from { entries.removeLast() }
        }
        for entry in persist.entries {
            precondition(entry.index == last.index.next, "a gap in the log")
            entries.append(entry)
        }
    }

    /// Entries of a range, as a read from the disk gives them.
    func read(from: LogIndex, through: LogIndex, maxBytes: Int) -> [Entry] {
        var found: [Entry] = []
        var bytes = 0
        var index = from
        while index <= through, let entry = entry(at: index) {
            bytes += entry.payload.count
            if bytes > maxBytes && found.count >= 2 { break }
            found.append(entry)
            index = index.next
        }
        return found
    }

    /// What a start finds.
    func storedLog(tail: Int) -> StoredLog {
        let unapplied = max(0, Int(last.index.rawValue) - Int(mark.index.rawValue))
        let kept = max(tail, unapplied)
        let newest = entries.last { $0.kind == .configuration }
        let configuration = newest.flatMap { entry in
            Configuration(encoded: entry.payload).map { (entry.index, $0) }
        }
        return StoredLog(
            hardState: hardState, base: (base.index, base.term), last: (last.index, last.term),
            tail: Array(entries.suffix(kept)), configuration: configuration)
    }

    /// Drops entries that state.db can't be taken back behind, but for the last `trailing`. Gives
    /// where the log begins now, if that changed.
    mutating func cut(keeping trailing: Int, atMost limit: LogIndex) -> LogPosition? {
        let index = min(
            LogIndex(mark.index.rawValue - min(UInt64(trailing), mark.index.rawValue)), limit)
        guard let entry = entry(at: index) else { return nil }
        entries.removeFirst(Int(index.rawValue - base.index.rawValue))
        base = LogPosition(index: index, term: entry.term)
        return base
    }

    /// Copies state.db with all that was flushed.
    func copy() -> Copy {
        var copy = self
        copy.settle()
        return Copy(rows: copy.rows, mark: copy.mark)
    }

    /// One transaction puts a copy in the place of state.db and lets the log begin after it; term
    /// and vote stay.
    mutating func install(_ copy: Copy) {
        rows = copy.rows
        mark = copy.mark
        base = LogPosition(index: mark.index, term: mark.term)
        entries = []
        unflushed = []
        recent = []
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
