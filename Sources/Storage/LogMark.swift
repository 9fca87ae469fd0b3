import Raft
import Wire

/// The one row of log.db's table `mark`, rewritten by each transaction: term, vote, and where the
/// log begins and ends. The end here and the last row vouch for each other, so rows missing at
/// the end are noticed.
struct LogMark: Equatable {
    /// A place in the log with the chain value of all up to it.
    struct Place: Equatable {
        var index: LogIndex
        var term: Term
        var chain: UInt32
    }
    /// Term and vote.
    var hardState = HardState()
    /// Just before the first kept entry.
    var base: Place
    /// The last entry; equal to `base` when there is none.
    var last: Place
    /// The state file that an installed snapshot became; nil while it is state.db.
    var state: StateRecord?

    /// The layout that is written. Version 1 had no number: it is told by its length.
    private static let version: UInt8 = 2
    private static let bytesOfVersion1 = 60

    /// The mark of a new file: its chain starts with whose it is.
    init(for identity: StoreIdentity) {
        var writer = ByteWriter()
        writer.text(identity.cluster)
        writer.u64(identity.node.rawValue)
        base = Place(index: .zero, term: .zero, chain: CRC32C.checksum(writer.bytes))
        last = base
    }

    /// Reads what `encoded` wrote; nil when the checksum or form is wrong.
    init?(_ bytes: [UInt8]) {
        guard bytes.count > 4 else { return nil }
        let end = bytes.count - 4
        do {
            var sum = ByteReader(bytes, range: end..<bytes.count)
            guard try sum.u32() == CRC32C.checksum(bytes[0..<end]) else { return nil }
            var reader = ByteReader(bytes, range: 0..<end)
            let isVersion1 = bytes.count == LogMark.bytesOfVersion1
            if !isVersion1 {
                guard try reader.u8() == LogMark.version else { return nil }
            }
            hardState.term = Term(try reader.u64())
            let vote = try reader.u64()
            hardState.votedFor = vote == 0 ? nil : NodeID(vote)
            base = try Place(&reader)
            last = try Place(&reader)
            if !isVersion1, try reader.bool() { state = try StateRecord(from: &reader) }
            try reader.expectEnd()
        } catch { return nil }
    }

    /// The row's bytes.
    var encoded: [UInt8] {
        var writer = ByteWriter(capacity: 128)
        writer.u8(LogMark.version)
        encodeFields(into: &writer)
        writer.bool(state != nil)
        state?.encode(into: &writer)
        writer.u32(CRC32C.checksum(writer.bytes))
        return writer.bytes
    }

    /// The row's bytes as the first release wrote them.
    var encodedAsVersion1: [UInt8] {
        var writer = ByteWriter(capacity: 64)
        encodeFields(into: &writer)
        writer.u32(CRC32C.checksum(writer.bytes))
        return writer.bytes
    }

    private func encodeFields(into writer: inout ByteWriter) {
        writer.u64(hardState.term.rawValue)
        writer.u64(hardState.votedFor?.rawValue ?? 0)
        for place in [base, last] {
            writer.u64(place.index.rawValue)
            writer.u64(place.term.rawValue)
            writer.u32(place.chain)
        }
    }
}

extension LogMark.Place {
    fileprivate init(_ reader: inout ByteReader) throws(WireError) {
        index = LogIndex(try reader.u64())
        term = Term(try reader.u64())
        chain = try reader.u32()
    }
}
