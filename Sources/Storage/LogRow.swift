import Raft
import Wire

/// One row of log.db's table `batches`: contiguous entries under the chained checksum.
///
/// A row's chain value is the CRC32C over the chain value of the row before, the first index and
/// the body; the body holds kind, term and payload of each entry. So a changed, missing, doubled
/// or moved row breaks the chain where it happened.
struct LogRow {
    /// Index of the first entry.
    var first: LogIndex
    /// The entries, encoded one after another.
    var body: [UInt8]
    /// Index of the last entry.
    var last: LogIndex
    /// Term of the last entry.
    var lastTerm: Term

    /// The chain value of this row after the one before.
    func chain(after previous: UInt32) -> UInt32 {
        LogRow.chain(first: first, body: body, after: previous)
    }

    /// The chain value of a row after the one before.
    static func chain(first: LogIndex, body: [UInt8], after previous: UInt32) -> UInt32 {
        let head = withUnsafeBytes(of: first.rawValue.littleEndian) {
            CRC32C.checksum($0, seed: previous)
        }
        return CRC32C.checksum(body, seed: head)
    }

    /// Visits the entries of a body; the visitor gets the payload's place in the body.
    static func visit(
        first: LogIndex, body: [UInt8],
        _ visitor: (LogIndex, Term, Entry.Kind, Range<Int>) -> Void
    ) throws(WireError) {
        var reader = ByteReader(body)
        var index = first
        while !reader.isAtEnd {
            let start = reader.offset
            guard let kind = Entry.Kind(rawValue: try reader.u8()) else {
                throw WireError(.truncated, offset: start)
            }
            let term = Term(try reader.varint())
            let count = try reader.count()
            let place = reader.offset
            try reader.skip(count)
            visitor(index, term, kind, place..<place + count)
            index = index.next
        }
    }

    /// The entries of a body.
    static func entries(first: LogIndex, body: [UInt8]) throws(WireError) -> [Entry] {
        var entries: [Entry] = []
        try visit(first: first, body: body) { index, term, kind, place in
            entries.append(
                Entry(index: index, term: term, kind: kind, payload: Array(body[place])))
        }
        return entries
    }
}

/// Gathers contiguous entries for one row.
struct LogRowBuilder {
    /// A row is closed from this many bytes on: bounds what a split rewrites and a read decodes.
    static let maxBytes = 64 << 10

    private var first = LogIndex.zero
    /// Index of the entry added last.
    private(set) var last = LogIndex.zero
    private var lastTerm = Term.zero
    private var body = ByteWriter()

    /// Whether no entry was added since the last row was taken.
    var isEmpty: Bool { body.bytes.isEmpty }
    /// Whether the row should be taken now.
    var isFull: Bool { body.bytes.count >= LogRowBuilder.maxBytes }

    /// Adds the entry that follows.
    mutating func add(_ entry: Entry) {
        if isEmpty { first = entry.index }
        last = entry.index
        lastTerm = entry.term
        body.u8(entry.kind.rawValue)
        body.varint(entry.term.rawValue)
        body.blob(entry.payload)
    }

    /// The row of what was added; empties the builder.
    mutating func take() -> LogRow {
        defer { body.bytes.removeAll(keepingCapacity: false) }
        return LogRow(first: first, body: body.bytes, last: last, lastTerm: lastTerm)
    }
}
