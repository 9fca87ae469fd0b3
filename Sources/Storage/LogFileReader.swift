import Raft

/// The reading side of log.db, on a connection of its own. Confined to the lock of its
/// `LogStore`.
struct LogFileReader: Sendable {
    /// A read-only connection.
    let database: Database
    private let begin: Statement
    private let commit: Statement
    private let selectMark: Statement
    private let rowBefore: Statement
    private let rowsFrom: Statement

    init(_ database: Database) throws(StorageError) {
        self.database = database
        begin = try database.prepare("BEGIN")
        commit = try database.prepare("COMMIT")
        selectMark = try database.prepare("SELECT body FROM mark WHERE id = 1")
        rowBefore = try database.prepare(
            "SELECT first, chain, body FROM batches WHERE first < ? ORDER BY first DESC LIMIT 1")
        rowsFrom = try database.prepare(
            "SELECT first, chain, body FROM batches WHERE first >="
                + " (SELECT max(first) FROM batches WHERE first <= ?1) AND first <= ?2"
                + " ORDER BY first")
    }

    /// One short transaction; verifies the chain over what it reads.
    func read(
        from: LogIndex, through: LogIndex, maxBytes: Int
    ) throws(StorageError) -> [Entry] {
        guard from <= through, from > .zero else { return [] }
        try begin.run()
        defer { database.rollBack() }
        guard try selectMark.step(), let mark = LogMark(selectMark.bytes(0)) else {
            throw StorageError(.corrupt, file: database.file, "table mark, row 1 does not read")
        }
        selectMark.reset()
        guard from > mark.base.index else { return [] }
        let entries = try collect(from: from, through: through, mark, maxBytes)
        try commit.run()
        return entries
    }

    private func collect(
        from: LogIndex, through: LogIndex, _ mark: LogMark, _ maxBytes: Int
    ) throws(StorageError) -> [Entry] {
        var entries: [Entry] = []
        var room = maxBytes
        var isFull = false
        var walker: LogChainWalker?
        rowsFrom.bind(1, Int64(clamping: from.rawValue))
        rowsFrom.bind(2, Int64(clamping: through.rawValue))
        defer { rowsFrom.reset() }
        while !isFull, try rowsFrom.step() {
            let first = rowsFrom.integer(0)
            let body = rowsFrom.bytes(2)
            var walk: LogChainWalker
            if let walker { walk = walker } else { walk = try walkerBefore(first, mark) }
            try walk.walk(first: first, chain: rowsFrom.integer(1), body: body) {
                index, term, kind, place in
                guard index >= from, index <= through, !isFull else { return }
                room -= place.count
                guard room >= 0 || entries.isEmpty else { return isFull = true }
                let payload = Array(body[place])
                entries.append(Entry(index: index, term: term, kind: kind, payload: payload))
            }
            walker = walk
        }
        return entries
    }

    /// The chain's state just before a row, from the row before or the base.
    private func walkerBefore(
        _ row: Int64, _ mark: LogMark
    ) throws(StorageError) -> LogChainWalker {
        rowBefore.bind(1, row)
        defer { rowBefore.reset() }
        guard try rowBefore.step() else {
            return LogChainWalker(file: database.file, from: mark.base)
        }
        let first = LogIndex(UInt64(bitPattern: rowBefore.integer(0)))
        var end = LogMark.Place(
            index: .zero, term: .zero, chain: UInt32(truncatingIfNeeded: rowBefore.integer(1)))
        do {
            try LogRow.visit(first: first, body: rowBefore.bytes(2)) { index, term, _, _ in
                end.index = index
                end.term = term
            }
        } catch {
            throw StorageError(
                .corrupt, file: database.file, "table batches, row \(first) does not read")
        }
        return LogChainWalker(file: database.file, from: end)
    }
}
