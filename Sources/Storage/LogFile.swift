import CSQLite
import Raft

/// The writing side of log.db. Confined to the lock of its `LogStore`.
struct LogFile: Sendable {
    /// The only connection that writes and checkpoints.
    let database: Database
    /// As of the last commit.
    private(set) var mark: LogMark

    private let begin: Statement
    private let commit: Statement
    private let insert: Statement
    private let deleteFrom: Statement
    private let rowBefore: Statement
    private let chainBefore: Statement
    private let updateMark: Statement

    /// The tables. `batches` is keyed by the first index, so that appending fills the last page.
    static let schema = [
        "CREATE TABLE batches(first INTEGER PRIMARY KEY, chain INTEGER NOT NULL,"
            + " body BLOB NOT NULL)",
        "CREATE TABLE mark(id INTEGER PRIMARY KEY, body BLOB NOT NULL)",
    ]

    init(_ database: Database, mark: LogMark) throws(StorageError) {
        self.database = database
        self.mark = mark
        begin = try database.prepare("BEGIN IMMEDIATE")
        commit = try database.prepare("COMMIT")
        insert = try database.prepare("INSERT INTO batches(first, chain, body) VALUES(?, ?, ?)")
        deleteFrom = try database.prepare("DELETE FROM batches WHERE first >= ?")
        rowBefore = try database.prepare(
            "SELECT first, body, chain FROM batches WHERE first < ? ORDER BY first DESC LIMIT 1")
        chainBefore = try database.prepare(
            "SELECT chain FROM batches WHERE first < ? ORDER BY first DESC LIMIT 1")
        updateMark = try database.prepare("UPDATE mark SET body = ? WHERE id = 1")
    }

    /// One transaction for all; without effect when it throws.
    mutating func write(_ persists: [Persist]) throws(StorageError) {
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
            throw error
        }
        mark = next
    }

    private func append(_ row: LogRow, to mark: inout LogMark) throws(StorageError) {
        guard !row.body.isEmpty else { return }
        let chain = row.chain(after: mark.last.chain)
        insert.bind(1, Int64(row.first.rawValue))
        insert.bind(2, Int64(chain))
        try insert.run(3, row.body)
        mark.last = LogMark.Place(index: row.last, term: row.lastTerm, chain: chain)
    }

    /// Deletes from an index on; a row that the cut goes through is written again, shorter.
    private func truncate(from index: LogIndex, in mark: inout LogMark) throws(StorageError) {
        guard index <= mark.last.index else { return }
        precondition(index > mark.base.index, "the log is cut before its beginning")
        deleteFrom.bind(1, Int64(index.rawValue))
        try deleteFrom.run()
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
            throw StorageError(
                .corrupt, file: database.file, "table batches, row \(first) does not read")
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
        deleteFrom.bind(1, Int64(first.rawValue))
        try deleteFrom.run()
        let row = LogRow(first: first, body: Array(body[0..<kept]), last: end, lastTerm: term)
        try append(row, to: &mark)
    }
}
