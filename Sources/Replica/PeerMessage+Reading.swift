import Raft
import Wire

/// Reads a frame part by part; trusts nothing.
struct FrameReader {
    private let frame: [UInt8]
    private var reader: ByteReader
    private let from: NodeID
    private let to: NodeID
    /// The sender's process.
    let incarnation: UInt64
    /// The sender's number for the frame.
    let number: UInt64

    init(_ frame: [UInt8], from: NodeID, to: NodeID) throws(WireError) {
        self.frame = frame
        self.from = from
        self.to = to
        reader = ByteReader(frame)
        let version = try reader.u8()
        guard version == PeerMessage.version else {
            throw WireError(.unknownTag(UInt64(version)), offset: 0)
        }
        incarnation = try reader.u64()
        number = try reader.varint()
    }

    /// The next part, or nil at the end.
    mutating func next() throws(WireError) -> PeerMessage? {
        guard !reader.isAtEnd else { return nil }
        let start = reader.offset
        let raw = try reader.u8()
        guard let tag = PeerMessage.Tag(rawValue: raw) else {
            throw WireError(.unknownTag(UInt64(raw)), offset: start)
        }
        switch tag {
        case .raft: return .raft(try message())
        case .forward: return .forward(try forward())
        case .forwardRefused:
            let client = try reader.u64()
            var refused: [PeerMessage.Refused] = []
            for _ in 0..<(try reader.count(limit: reader.remaining)) {
                let sequence = try reader.varint()
                guard let why = PeerMessage.Refused.Why(rawValue: try reader.u8()) else {
                    throw WireError(.badValue("why"), offset: reader.offset - 1)
                }
                refused.append(.init(sequence: sequence, why: why))
            }
            return .forwardRefused(client: client, refused)
        case .readIndex: return .readIndex(client: try reader.u64(), id: try reader.varint())
        case .readIndexReply:
            let client = try reader.u64()
            let id = try reader.varint()
            let index = try reader.bool() ? try index() : nil
            return .readIndexReply(client: client, id: id, index: index)
        case .report: return .report(.init(index: try index(), digest: try reader.u64()))
        case .majority: return .majority(.init(index: try index(), digest: try reader.u64()))
        case .ask:
            return .ask(
                client: try reader.u64(), id: try reader.varint(), try Errand(from: &reader))
        case .askRefused:
            let client = try reader.u64()
            let id = try reader.varint()
            guard try reader.bool() else { return .askRefused(client: client, id: id, nil) }
            guard let why = Answer.Why(rawValue: try reader.u8()) else {
                throw WireError(.badValue("why"), offset: reader.offset - 1)
            }
            return .askRefused(client: client, id: id, why)
        case .room:
            guard let room = Room(rawValue: try reader.u8()) else {
                throw WireError(.badValue("room"), offset: reader.offset - 1)
            }
            return .room(room)
        }
    }

    private mutating func index() throws(WireError) -> LogIndex {
        // Far from the end of the numbers, so that arithmetic on it can't overflow.
        let start = reader.offset
        let value = try reader.varint()
        guard value < 1 << 62 else { throw WireError(.tooLong, offset: start) }
        return LogIndex(value)
    }
    private mutating func term() throws(WireError) -> Term {
        Term(try index().rawValue)
    }
    private mutating func position() throws(WireError) -> LogPosition {
        LogPosition(index: try index(), term: try term())
    }
    private mutating func voteReply() throws(WireError) -> Message.VoteReply {
        guard let reply = Message.VoteReply(rawValue: try reader.u8()) else {
            throw WireError(.badValue("vote reply"), offset: reader.offset - 1)
        }
        return reply
    }

    private mutating func forward() throws(WireError) -> PeerMessage.Forward {
        let client = try reader.u64()
        let settledBelow = try reader.varint()
        let count = try reader.count(limit: reader.remaining)
        var commands: [PeerMessage.Forwarded] = []
        commands.reserveCapacity(min(count, PeerMessage.reservedParts))
        for _ in 0..<count {
            let sequence = try reader.varint()
            let flags = try reader.u8()
            let size = try reader.count(limit: reader.remaining)
            let start = reader.offset
            try reader.skip(size)
            commands.append(
                .init(sequence: sequence, flags: flags, command: frame[start..<start + size]))
        }
        return .init(client: client, settledBelow: settledBelow, commands: commands)
    }

    private mutating func message() throws(WireError) -> Message {
        let term = try term()
        return Message(from: from, to: to, term: term, body: try body())
    }

    private mutating func body() throws(WireError) -> Message.Body {
        let start = reader.offset
        let tag = try reader.u8()
        switch tag {
        case 1: return .preVote(proposed: try term(), log: try position())
        case 2: return .preVoteReply(proposed: try term(), try voteReply())
        case 3: return .vote(log: try position(), isTransfer: try reader.bool())
        case 4: return .voteReply(try voteReply())
        case 5: return .append(try append())
        case 6: return .appendReply(.matched(try index(), accepted: try index()))
        case 7: return .appendReply(.rejected(previous: try index(), hint: try position()))
        case 8:
            // The form before the leader told what it remembers beyond the commit index.
            let commit = try index()
            return .heartbeat(commit: commit, match: commit, round: try reader.varint())
        case 9:
            return .heartbeatReply(
                round: try reader.varint(), match: try index(), accepted: try index())
        case 10: return .timeoutNow
        case 11:
            return .heartbeat(
                commit: try index(), match: try index(), round: try reader.varint())
        case 12: return .removed(index: try index())
        default: throw WireError(.unknownTag(UInt64(tag)), offset: start)
        }
    }

    private mutating func append() throws(WireError) -> Message.Append {
        let previous = try position()
        let commit = try index()
        let isProbe = try reader.bool()
        let count = try reader.count(limit: reader.remaining)
        var entries: [Entry] = []
        entries.reserveCapacity(min(count, PeerMessage.reservedParts))
        var index = previous.index
        for _ in 0..<count {
            index = index.next
            let start = reader.offset
            let raw = try reader.u8()
            guard let kind = Entry.Kind(rawValue: raw) else {
                throw WireError(.unknownTag(UInt64(raw)), offset: start)
            }
            let term = try term()
            entries.append(
                Entry(index: index, term: term, kind: kind, payload: try reader.blob()))
        }
        return .init(previous: previous, entries: entries, commit: commit, isProbe: isProbe)
    }
}

/// What a frame says about consensus; for the simulation's observers.
package func raftMessages(in frame: [UInt8], from: NodeID, to: NodeID) -> [Message] {
    var messages: [Message] = []
    guard var reader = try? FrameReader(frame, from: from, to: to) else { return [] }
    while let part = try? reader.next() {
        if case .raft(let message) = part { messages.append(message) }
    }
    return messages
}
