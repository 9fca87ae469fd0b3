import Raft
import Wire

/// One thing that a node tells another; a frame carries any number of them.
///
/// A frame is a version byte, the sender's incarnation, its number for this receiver, and tagged
/// parts up to its end. Tags are never reused.
enum PeerMessage: Hashable, Sendable {
    /// Consensus. Sender and receiver are the link's two ends.
    case raft(Message)
    /// Requests of the sender's clients, for the leader.
    case forward(Forward)
    /// The receiver's requests that the sender did not take: they are in no log by this way.
    case forwardRefused(client: UInt64, [Refused])
    /// What must be applied before a read that begins now?
    case readIndex(client: UInt64, id: UInt64)
    /// This; nil: the sender can't tell.
    case readIndexReply(client: UInt64, id: UInt64, index: LogIndex?)
    /// The sender's digest.
    case report(DigestWatch.Report)
    /// A majority has this digest.
    case majority(DigestWatch.Report)
    /// Something that an operator wants of the leader.
    case ask(client: UInt64, id: UInt64, Errand)
    /// The leader did not do what the receiver asked for; it never will for this question. Nil:
    /// not yet, ask again.
    case askRefused(client: UInt64, id: UInt64, Answer.Why?)
    /// The sender's disk has little room. Stands behind each report while that is so; a report
    /// without it tells that there is enough.
    case room(Room)

    /// Requests on their way to the leader.
    struct Forward: Hashable, Sendable {
        var client: UInt64
        var settledBelow: UInt64
        var commands: [Forwarded]
    }
    struct Forwarded: Hashable, Sendable {
        var sequence: UInt64
        var flags: UInt8
        var command: ArraySlice<UInt8>
    }
    /// A request that the leader did not take.
    struct Refused: Hashable, Sendable {
        var sequence: UInt64
        var why: Why
        enum Why: UInt8, Sendable {
            case notLeader = 0
            case overloaded = 1
            case tooLarge = 2
            case diverged = 3
            case malformed = 4
            case noRoom = 5
        }
    }

    static let version: UInt8 = 1
    /// Requests have numbers below this.
    static let maxSequence: UInt64 = 1 << 62
    /// Room made at once for the parts of a message, whatever number of them it claims.
    static let reservedParts = 4_096
    enum Tag: UInt8 {
        case raft = 1
        case forward = 2
        case forwardRefused = 3
        case readIndex = 4
        case readIndexReply = 5
        case report = 6
        case majority = 7
        case ask = 8
        case askRefused = 9
        case room = 10
    }
}

/// Writes one frame, and remembers the last run of entries it wrote for the next frame.
struct FrameWriter: Sendable {
    private var writer = ByteWriter()

    /// A frame of this process, of which each receiver gets ascending numbers.
    init(incarnation: UInt64, number: UInt64) {
        writer.u8(PeerMessage.version)
        writer.u64(incarnation)
        writer.varint(number)
    }

    /// Encoded entries that may go to several followers.
    struct Batch: Sendable {
        var first: LogIndex
        var count: Int
        var bytes: [UInt8]
    }

    /// Takes what was written as a frame.
    mutating func take() -> [UInt8] {
        var bytes: [UInt8] = []
        swap(&bytes, &writer.bytes)
        return bytes
    }

    mutating func add(_ message: PeerMessage, sharing batch: inout Batch?) {
        switch message {
        case .raft(let message):
            tag(.raft)
            put(message, &batch)
        case .forward(let forward):
            tag(.forward)
            put(forward)
        case .forwardRefused(let client, let refused):
            tag(.forwardRefused)
            writer.u64(client)
            writer.varint(UInt64(refused.count))
            for one in refused {
                writer.varint(one.sequence)
                writer.u8(one.why.rawValue)
            }
        case .readIndex(let client, let id):
            tag(.readIndex)
            writer.u64(client)
            writer.varint(id)
        case .readIndexReply(let client, let id, let index):
            tag(.readIndexReply)
            writer.u64(client)
            writer.varint(id)
            writer.bool(index != nil)
            if let index { writer.varint(index.rawValue) }
        case .report(let report):
            tag(.report)
            put(report)
        case .majority(let report):
            tag(.majority)
            put(report)
        case .ask(let client, let id, let errand):
            tag(.ask)
            writer.u64(client)
            writer.varint(id)
            errand.encode(into: &writer)
        case .askRefused(let client, let id, let why):
            tag(.askRefused)
            writer.u64(client)
            writer.varint(id)
            writer.bool(why != nil)
            if let why { writer.u8(why.rawValue) }
        case .room(let room):
            tag(.room)
            writer.u8(room.rawValue)
        }
    }

    private mutating func tag(_ tag: PeerMessage.Tag) { writer.u8(tag.rawValue) }

    private mutating func put(_ forward: PeerMessage.Forward) {
        writer.u64(forward.client)
        writer.varint(forward.settledBelow)
        writer.varint(UInt64(forward.commands.count))
        for one in forward.commands {
            writer.varint(one.sequence)
            writer.u8(one.flags)
            writer.varint(UInt64(one.command.count))
            writer.raw(one.command)
        }
    }

    private mutating func put(_ report: DigestWatch.Report) {
        writer.varint(report.index.rawValue)
        writer.u64(report.digest)
    }

    private mutating func put(_ position: LogPosition) {
        writer.varint(position.index.rawValue)
        writer.varint(position.term.rawValue)
    }

    private mutating func put(_ message: Message, _ batch: inout Batch?) {
        writer.varint(message.term.rawValue)
        switch message.body {
        case .preVote(let proposed, let log):
            writer.u8(1)
            writer.varint(proposed.rawValue)
            put(log)
        case .preVoteReply(let proposed, let reply):
            writer.u8(2)
            writer.varint(proposed.rawValue)
            writer.u8(reply.rawValue)
        case .vote(let log, let isTransfer):
            writer.u8(3)
            put(log)
            writer.bool(isTransfer)
        case .voteReply(let reply):
            writer.u8(4)
            writer.u8(reply.rawValue)
        case .append(let append):
            writer.u8(5)
            put(append, &batch)
        case .appendReply(.matched(let match, let accepted)):
            writer.u8(6)
            writer.varint(match.rawValue)
            writer.varint(accepted.rawValue)
        case .appendReply(.rejected(let previous, let hint)):
            writer.u8(7)
            writer.varint(previous.rawValue)
            put(hint)
        case .heartbeat(let commit, let match, let round):
            writer.u8(11)
            writer.varint(commit.rawValue)
            writer.varint(match.rawValue)
            writer.varint(round)
        case .heartbeatReply(let round, let match, let accepted):
            writer.u8(9)
            writer.varint(round)
            writer.varint(match.rawValue)
            writer.varint(accepted.rawValue)
        case .timeoutNow: writer.u8(10)
        case .removed(let index):
            writer.u8(12)
            writer.varint(index.rawValue)
        }
    }

    private mutating func put(_ append: Message.Append, _ batch: inout Batch?) {
        put(append.previous)
        writer.varint(append.commit.rawValue)
        writer.bool(append.isProbe)
        writer.varint(UInt64(append.entries.count))
        guard let first = append.entries.first else { return }
        if let known = batch, known.first == first.index, known.count == append.entries.count {
            writer.raw(known.bytes)
            return
        }
        var size = 0
        for entry in append.entries { size += entry.payload.count + 16 }
        var entries = ByteWriter(capacity: size)
        for entry in append.entries {
            entries.u8(entry.kind.rawValue)
            entries.varint(entry.term.rawValue)
            entries.blob(entry.payload)
        }
        writer.raw(entries.bytes)
        batch = Batch(first: first.index, count: append.entries.count, bytes: entries.bytes)
    }
}
