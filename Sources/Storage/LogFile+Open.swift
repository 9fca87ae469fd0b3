import CSQLite
import Raft

extension LogFile {
    /// Creates the tables or verifies every row, and gathers what Raft starts from.
    static func open(
        _ database: Database, identity: StoreIdentity, tailBytes: Int,
        decodeConfiguration: ([UInt8]) -> Configuration?
    ) throws(StorageError) -> (LogFile, StoredLog) {
        try database.create(.log, for: identity, schema: schema) { () throws(StorageError) in
            let insert = try database.prepare("INSERT INTO mark VALUES(1, ?)")
            try insert.run(1, LogMark(for: identity).encoded)
        }
        // A new generation of the WAL: nothing left behind in it can be taken for new frames.
        try database.checkpoint(SQLITE_CHECKPOINT_TRUNCATE)

        let select = try database.prepare("SELECT body FROM mark WHERE id = 1")
        let found = try select.step() ? LogMark(select.bytes(0)) : nil
        select.reset()
        guard let mark = found else {
            throw StorageError(.corrupt, file: database.file, "table mark, row 1 does not read")
        }
        let (bytes, configuration) = try verify(database, mark, decodeConfiguration)
        let tail = try readTail(database, after: mark.base.index, maxBytes: tailBytes)
        let stored = StoredLog(
            hardState: mark.hardState, base: (mark.base.index, mark.base.term),
            last: (mark.last.index, mark.last.term), tail: tail, configuration: configuration)
        return (try LogFile(database, mark: mark, bytes: bytes), stored)
    }

    /// Walks the chain from the first row to the mark; gives the bytes of the rows and the newest
    /// configuration.
    private static func verify(
        _ database: Database, _ mark: LogMark, _ decodeConfiguration: ([UInt8]) -> Configuration?
    ) throws(StorageError) -> (
        bytes: Int, configuration: (index: LogIndex, configuration: Configuration)?
    ) {
        var bytes = 0
        var walker = LogChainWalker(file: database.file, from: mark.base)
        var newest: (index: LogIndex, payload: [UInt8])?
        let select = try database.prepare("SELECT first, chain, body FROM batches ORDER BY first")
        while try select.step() {
            let body = select.bytes(2)
            bytes += body.count
            let (first, chain) = (select.integer(0), select.integer(1))
            try walker.walk(first: first, chain: chain, body: body) { index, _, kind, place in
                if kind == .configuration { newest = (index, Array(body[place])) }
            }
        }
        select.reset()
        guard walker.place == mark.last else {
            throw StorageError(
                .corrupt, file: database.file,
                "table batches ends at index \(walker.place.index) of term "
                    + "\(walker.place.term), but table mark, row 1 says that the log ends at "
                    + "index \(mark.last.index) of term \(mark.last.term)")
        }
        guard let newest else { return (bytes, nil) }
        guard let configuration = decodeConfiguration(newest.payload) else {
            throw StorageError(
                .corrupt, file: database.file,
                "index \(newest.index) holds a configuration that does not read")
        }
        return (bytes, (newest.index, configuration))
    }

    /// The newest entries, as many as fit.
    private static func readTail(
        _ database: Database, after base: LogIndex, maxBytes: Int
    ) throws(StorageError) -> [Entry] {
        let select = try database.prepare("SELECT first, body FROM batches ORDER BY first DESC")
        defer { select.reset() }
        var newestFirst: [Entry] = []
        var room = maxBytes
        while try select.step() {
            let first = LogIndex(UInt64(bitPattern: select.integer(0)))
            let entries: [Entry]
            do {
                entries = try LogRow.entries(first: first, body: select.bytes(1))
            } catch {
                throw StorageError(
                    .corrupt, file: database.file, "table batches, row \(first) does not read")
            }
            for entry in entries.reversed() {
                room -= entry.payload.count
                if room < 0 { return newestFirst.reversed() }
                newestFirst.append(entry)
            }
        }
        return newestFirst.reversed()
    }
}

/// Follows the chain from row to row.
struct LogChainWalker {
    /// For messages.
    let file: String
    /// How far the rows were walked.
    private(set) var place: LogMark.Place

    init(file: String, from place: LogMark.Place) {
        self.file = file
        self.place = place
    }

    /// Checks the row that follows and visits its entries.
    mutating func walk(
        first: Int64, chain: Int64, body: [UInt8],
        _ visitor: (LogIndex, Term, Entry.Kind, Range<Int>) -> Void
    ) throws(StorageError) {
        let start = LogIndex(UInt64(bitPattern: first))
        let expected = place.index.next
        guard start == expected else {
            throw damaged(first, "index \(expected) is expected there")
        }
        let computed = LogRow.chain(first: start, body: body, after: place.chain)
        guard Int64(computed) == chain else {
            throw damaged(
                first, "the chained checksum is \(computed), stored is \(chain), at index \(start)")
        }
        do {
            try LogRow.visit(first: start, body: body) { index, term, kind, payload in
                place = LogMark.Place(index: index, term: term, chain: computed)
                visitor(index, term, kind, payload)
            }
        } catch {
            throw damaged(first, "does not read after index \(place.index)")
        }
        guard place.index >= start else { throw damaged(first, "is empty") }
    }

    private func damaged(_ row: Int64, _ what: String) -> StorageError {
        StorageError(.corrupt, file: file, "table batches, row \(row): \(what)")
    }
}
