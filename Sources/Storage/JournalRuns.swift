import Routing
import Wire

/// A row of a journal's base.
public struct StateRowCopy: Hashable, Sendable {
    /// Which table.
    public var table: RowTable
    /// The first part of the key.
    public var major: Int64
    /// The second part of the key, or 0.
    public var minor: Int64
    /// The row's bytes in the journal's form.
    public var value: [UInt8]

    init(table: RowTable, major: Int64, minor: Int64, value: [UInt8]) {
        self.table = table
        self.major = major
        self.minor = minor
        self.value = value
    }

    init(from reader: inout ByteReader) throws(WireError) {
        let start = reader.offset
        let number = try reader.u8()
        guard let table = RowTable(rawValue: number) else {
            throw WireError(.unknownTag(UInt64(number)), offset: start)
        }
        self.init(
            table: table, major: try reader.zigzag(), minor: try reader.zigzag(),
            value: try reader.blob())
    }

    fileprivate func encode(into writer: inout ByteWriter) {
        writer.u8(table.rawValue)
        writer.zigzag(major)
        writer.zigzag(minor)
        writer.blob(value)
    }
}

/// The rows of a base as they are kept: in runs, so that a reader needs a few of them at a time.
struct JournalRuns: Sendable {
    /// Bytes of a run, or a row more.
    private static let runBytes = 256 << 10

    /// The runs that are full; after `finish` all of them.
    private(set) var sealed: [[UInt8]] = []
    /// Bytes of `sealed`.
    private(set) var bytes: Int64 = 0
    private var writer = ByteWriter()

    /// Takes a row.
    mutating func add(_ row: StateRowCopy) {
        row.encode(into: &writer)
        if writer.bytes.count >= JournalRuns.runBytes { seal() }
    }

    /// No more rows come.
    mutating func finish() { if !writer.bytes.isEmpty { seal() } }

    private mutating func seal() {
        let run = JournalFile.sealed(writer.bytes)
        writer = ByteWriter()
        sealed.append(run)
        bytes += Int64(run.count)
    }
}
