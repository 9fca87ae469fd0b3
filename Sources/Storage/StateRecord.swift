import Raft
import Wire

/// Which file holds the applied rows since a snapshot was installed; kept in log.db's mark, so
/// that the change of files and the change of the log are one transaction.
public struct StateRecord: Hashable, Sendable {
    /// The name of the file in the data directory.
    public var file: String
    /// Up to where the snapshot goes.
    public var index: LogIndex
    /// That entry's term.
    public var term: Term
    /// The rolling digest at that entry.
    public var digest: UInt64
    /// A record of these parts.
    public init(file: String, index: LogIndex, term: Term, digest: UInt64) {
        self.file = file
        self.index = index
        self.term = term
        self.digest = digest
    }

    /// The longest name.
    static let maxNameBytes = 64

    /// Where a log begins whose entries went with an installed snapshot: its chain starts from
    /// what was installed.
    var base: LogMark.Place {
        var writer = ByteWriter()
        writer.u64(index.rawValue)
        writer.u64(term.rawValue)
        writer.u64(digest)
        return LogMark.Place(index: index, term: term, chain: CRC32C.checksum(writer.bytes))
    }

    /// Appends what `init(from:)` reads.
    func encode(into writer: inout ByteWriter) {
        writer.text(Text(file))
        writer.u64(index.rawValue)
        writer.u64(term.rawValue)
        writer.u64(digest)
    }

    /// Reads what `encode` wrote.
    init(from reader: inout ByteReader) throws(WireError) {
        let start = reader.offset
        file = try reader.text(limit: StateRecord.maxNameBytes).string
        guard DataDirectory.isStateFile(file) else {
            throw WireError(.badValue("not the name of a state file"), offset: start)
        }
        index = LogIndex(try reader.u64())
        term = Term(try reader.u64())
        digest = try reader.u64()
    }
}

/// How much of the log stays behind a cut, for members that were away for a while.
public struct LogTrail: Hashable, Sendable {
    /// So many entries stay behind the last one,
    public var entries: UInt64
    /// unless they hold more bytes than this.
    public var bytes: Int
    /// A trail of these parts.
    public init(entries: UInt64, bytes: Int) {
        self.entries = entries
        self.bytes = bytes
    }
}
