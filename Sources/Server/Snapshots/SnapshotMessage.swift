import Crypto
import Raft
import Storage
import Wire

/// What a snapshot's sender says of it.
struct SnapshotHeader: Hashable, Sendable {
    /// Up to where the copied rows go.
    var mark: AppliedMark
    /// Bytes of the file.
    var size: UInt64
    /// SHA-256 of the file: a transfer goes on only with the very same one.
    var hash: [UInt8]
}

/// One frame on a snapshot's connection.
///
/// The connection may be opened by either side. A leader that has a snapshot for a follower opens
/// one and offers it; a node that has lost its rows opens one and asks. Then the taker says from
/// which byte on it wants the file, chunks follow, each answered once it is written, and when the
/// file's hash is right the taker says so and the giver closes.
enum SnapshotMessage: Hashable {
    /// I have lost my rows: offer me a snapshot that goes up to this index or further.
    case request(from: LogIndex)
    /// This is what I have for you.
    case offer(SnapshotHeader)
    /// Send it, from this byte on.
    case want(offset: UInt64)
    /// The bytes from there on.
    case chunk(offset: UInt64, [UInt8])
    /// Everything before this byte is written.
    case taken(offset: UInt64)
    /// The file is whole and right; I install it now.
    case done
    /// No, and why.
    case refused(Refusal)

    /// Why a snapshot is not taken or given.
    enum Refusal: UInt8, CaseIterable, CustomStringConvertible {
        /// The taker's log goes on without it.
        case notNeeded = 0
        /// Another transfer is under way.
        case busy = 1
        /// The disk lacks room for it.
        case noRoom = 2
        /// It came through with another hash, twice.
        case damaged = 3
        /// The giver can't make one that goes far enough.
        case unavailable = 4

        var description: String {
            switch self {
            case .notNeeded: "it is not needed any more"
            case .busy: "another snapshot is under way there"
            case .noRoom: "the disk lacks room for it"
            case .damaged: "it arrived damaged twice"
            case .unavailable: "no copy of state.db that goes far enough could be made"
            }
        }
    }

    /// The longest chunk.
    static let maxChunkBytes = 1 << 20

    /// The frame's payload; never empty, since an empty frame is a sign of life.
    func encoded() -> [UInt8] {
        var writer = ByteWriter()
        switch self {
        case .request(let index):
            writer.u8(1)
            writer.u64(index.rawValue)
        case .offer(let header):
            writer.u8(2)
            writer.u64(header.mark.index.rawValue)
            writer.u64(header.mark.term.rawValue)
            writer.u64(header.mark.digest)
            writer.u64(header.size)
            writer.raw(header.hash)
        case .want(let offset):
            writer.u8(3)
            writer.u64(offset)
        case .chunk(let offset, let bytes):
            writer = ByteWriter(capacity: bytes.count + 9)
            writer.u8(4)
            writer.u64(offset)
            writer.raw(bytes)
        case .taken(let offset):
            writer.u8(5)
            writer.u64(offset)
        case .done: writer.u8(6)
        case .refused(let why):
            writer.u8(7)
            writer.u8(why.rawValue)
        }
        return writer.bytes
    }

    /// Reads a payload; nil if it is none of these.
    init?(_ payload: [UInt8]) {
        var reader = ByteReader(payload)
        do throws(WireError) {
            switch try reader.u8() {
            case 1: self = .request(from: LogIndex(try reader.u64()))
            case 2:
                let mark = AppliedMark(
                    index: LogIndex(try reader.u64()), term: Term(try reader.u64()),
                    digest: try reader.u64())
                self = .offer(
                    SnapshotHeader(
                        mark: mark, size: try reader.u64(),
                        hash: try reader.raw(count: SHA256.length)))
            case 3: self = .want(offset: try reader.u64())
            case 4:
                let offset = try reader.u64()
                guard reader.remaining <= SnapshotMessage.maxChunkBytes else { return nil }
                self = .chunk(offset: offset, try reader.raw(count: reader.remaining))
            case 5: self = .taken(offset: try reader.u64())
            case 6: self = .done
            case 7:
                guard let why = Refusal(rawValue: try reader.u8()) else { return nil }
                self = .refused(why)
            default: return nil
            }
            try reader.expectEnd()
        } catch {
            return nil
        }
    }
}
