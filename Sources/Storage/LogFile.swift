import CSQLite
import Raft

/// The writing side of log.db. Confined to the lock of its `LogStore`.
struct LogFile: Sendable {
    /// The only connection that writes and checkpoints.
    let database: Database
    /// As of the last commit.
    private(set) var mark: LogMark
    /// How many bytes the rows' bodies hold.
    private(set) var bytes: Int

    private let begin: Statement
    private let commit: Statement
    private let insert: Statement
    private let deleteFrom: Statement
    private let rowBefore: Statement
    private let chainBefore: Statement
    private let updateMark: Statement
    private let oldest: Statement
    private let deleteThrough: Statement
    private let bytesFrom: Statement

    /// A cut's transaction deletes at most so many rows,
    static let cutRows = 64
    /// and ends with the row that brings it to as many bytes.
    static let cutBytes = 1 << 20

    /// The tables. `batches` is keyed by the first index, so that appending fills the last page.
    static let schema = [
        "CREATE TABLE batches(first INTEGER PRIMARY KEY, chain INTEGER NOT NULL,"
            + " body BLOB NOT NULL)",
        "CREATE TABLE mark(id INTEGER PRIMARY KEY, body BLOB NOT NULL)",
    ]

    init(_ database: Database, mark: LogMark, bytes: Int) throws(StorageError) {
        self.database = database
        self.mark = mark
        self.bytes = bytes
        begin = try database.prepare("BEGIN IMMEDIATE")
        commit = try database.prepare("COMMIT")
        insert = try database.prepare("INSERT INTO batches(first, chain, body) VALUES(?, ?, ?)")
        deleteFrom = try database.prepare("DELETE FROM batches WHERE first >= ?")
        rowBefore = try database.prepare(
            "SELECT first, body, chain FROM batches WHERE first < ? ORDER BY first DESC LIMIT 1")
        chainBefore = try database.prepare(
            "SELECT chain FROM batches WHERE first < ? ORDER BY first DESC LIMIT 1")
        updateMark = try database.prepare("UPDATE mark SET body = ? WHERE id = 1")
        oldest = try database.prepare(
            "SELECT first, chain, body FROM batches ORDER BY first LIMIT \(LogFile.cutRows)")
        deleteThrough = try database.prepare("DELETE FROM batches WHERE first <= ?")
        bytesFrom = try database.prepare(
            "SELECT total(length(body)) FROM batches WHERE first >= ?")
    }

    /// One transaction for all; without effect when it throws.
    mutating func write(_ persists: [Persist]) throws(StorageError) {
        let before = bytes
        var next = mark
        var builder = LogRowBuilder()
        try begin.run()
        do throws(StorageError) {
            for persist in persists {
                if let hardState = persist.hardState { next.hardState = hardState }
                if let index = persist.truncateFrom {
                    try append(builder.take(), to: &next)
                    try truncate(from: index, in: &next)
                }
                for entry in persist.entries {
                    let last = builder.isEmpty ? next.last.index : builder.last
                    precondition(entry.index == last.next, "the log would have a gap")
                    builder.add(entry)
                    if builder.isFull { try append(builder.take(), to: &next) }
                }
            }
            try append(builder.take(), to: &next)
            guard next != mark else {
                database.rollBack()
                return
            }
            try updateMark.run(1, next.encoded)
            try commit.run()
        } catch {
            database.rollBack()
            bytes = before
            throw error
        }
        mark = next
    }

    /// Deletes some of the oldest rows, in one transaction; without effect when it throws. False:
    /// every row that may go is gone.
    ///
    /// A row goes when its last entry is at or before `limit` and the entries behind it are as
    /// many as the trail, or the rows hold more bytes than it.
    mutating func cut(through limit: LogIndex, keeping trail: LogTrail) throws(StorageError) -> Bool
    {
        var next = mark
        var left = bytes
        var room = LogFile.cutBytes
        defer { oldest.reset() }
        while room > 0, try oldest.step() {
            let first = oldest.integer(0)
            let body = oldest.bytes(2)
            var end = LogMark.Place(
                index: .zero, term: .zero, chain: UInt32(truncatingIfNeeded: oldest.integer(1)))
            do {
                try LogRow.visit(first: LogIndex(UInt64(bitPattern: first)), body: body) {
                    index, term, _, _ in (end.index, end.term) = (index, term)
                }
            } catch {
                throw damagedRow(first)
            }
            let behind = mark.last.index.rawValue - end.index.rawValue
            guard end.index <= limit, behind >= trail.entries || left > trail.bytes else { break }
            next.base = end
            left -= body.count
            room -= body.count
        }
        oldest.reset()
        guard next != mark else { return false }
        try begin.run()
        do throws(StorageError) {
            deleteThrough.bind(1, Int64(next.base.index.rawValue))
            try deleteThrough.run()
            try updateMark.run(1, next.encoded)
            try commit.run()
        } catch {
            database.rollBack()
            throw error
        }
        (mark, bytes) = (next, left)
        return true
    }

    /// Notes that the rows are in another file now, which goes up to an index. A log that holds
    /// that very entry stays as it is; any other ends before it or contradicts it, and begins
    /// anew behind it. One transaction; without effect when it throws.
    mutating func install(_ record: StateRecord) throws(StorageError) {
        guard record.index >= mark.base.index else {
            throw StorageError(
                .corrupt, file: database.file,
                "begins after index \(mark.base.index); a snapshot that ends at index "
                    + "\(record.index) would leave a gap")
        }
        var next = mark
        next.state = record
        let keepsLog = try term(at: record.index) == record.term
        if !keepsLog { (next.base, next.last) = (record.base, record.base) }
        try begin.run()
        do throws(StorageError) {
            if !keepsLog { try database.execute("DELETE FROM batches") }
            try updateMark.run(1, next.encoded)
            try commit.run()
        } catch {
            database.rollBack()
            throw error
        }
        mark = next
        if !keepsLog { bytes = 0 }
    }

    /// For a test, see `LogStore`.
    func rewriteMarkAsVersion1() throws(StorageError) {
        try updateMark.run(1, mark.encodedAsVersion1)
    }

    /// The term of an entry, or of the base; nil where there is none.
    private func term(at index: LogIndex) throws(StorageError) -> Term? {
        if index == mark.base.index { return mark.base.term }
        guard index > mark.base.index, index <= mark.last.index else { return nil }
        rowBefore.bind(1, Int64(index.next.rawValue))
        defer { rowBefore.reset() }
        guard try rowBefore.step() else { return nil }
        let first = rowBefore.integer(0)
        var found: Term?
        do {
            try LogRow.visit(
                first: LogIndex(UInt64(bitPattern: first)), body: rowBefore.bytes(1)
            ) { place, term, _, _ in if place == index { found = term } }
        } catch {
            throw damagedRow(first)
        }
        return found
    }

    private func damagedRow(_ first: Int64) -> StorageError {
        StorageError(
            .corrupt, file: database.file, "table batches, row \(first) does not read")
    }

    private mutating func append(_ row: LogRow, to mark: inout LogMark) throws(StorageError) {
        guard !row.body.isEmpty else { return }
        let chain = row.chain(after: mark.last.chain)
        insert.bind(1, Int64(row.first.rawValue))
        insert.bind(2, Int64(chain))
        try insert.run(3, row.body)
        bytes += row.body.count
        mark.last = LogMark.Place(index: row.last, term: row.lastTerm, chain: chain)
    }

    /// Deletes from an index on; a row that the cut goes through is written again, shorter.
    private mutating func truncate(
        from index: LogIndex, in mark: inout LogMark
    ) throws(StorageError) {
        guard index <= mark.last.index else { return }
        precondition(index > mark.base.index, "the log is cut before its beginning")
        try delete(from: index)
        mark.last = mark.base
        rowBefore.bind(1, Int64(index.rawValue))
        guard try rowBefore.step() else { return rowBefore.reset() }
        let first = LogIndex(UInt64(bitPattern: rowBefore.integer(0)))
        let body = rowBefore.bytes(1)
        let chain = UInt32(truncatingIfNeeded: rowBefore.integer(2))
        rowBefore.reset()

        var end = first
        var term = Term.zero
        var kept = 0
        do {
            try LogRow.visit(first: first, body: body) { place, entryTerm, _, payload in
                guard place < index else { return }
                (end, term, kept) = (place, entryTerm, payload.upperBound)
            }
        } catch {
            throw damagedRow(Int64(first.rawValue))
        }
        if kept == body.count {
            mark.last = LogMark.Place(index: end, term: term, chain: chain)
            return
        }
        chainBefore.bind(1, Int64(first.rawValue))
        if try chainBefore.step() {
            mark.last.chain = UInt32(truncatingIfNeeded: chainBefore.integer(0))
        }
        chainBefore.reset()
        try delete(from: first)
        let row = LogRow(first: first, body: Array(body[0..<kept]), last: end, lastTerm: term)
        try append(row, to: &mark)
    }
    private mutating func delete(from first: LogIndex) throws(StorageError) {
        bytesFrom.bind(1, Int64(first.rawValue))
        defer { bytesFrom.reset() }
        if try bytesFrom.step() { bytes -= Int(bytesFrom.integer(0)) }
        deleteFrom.bind(1, Int64(first.rawValue))
        try deleteFrom.run()
    }
}
