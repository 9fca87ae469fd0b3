import Raft
import Routing
import Wire

/// What an entry of kind `.command` holds: when, from whom, and the command's bytes.
///
/// Layout: version (1), flags, log time, client, sequence, settled-below, with `carriesKey` the
/// client's key, command. A version or a
/// flag that is not known here stops the node: it must not guess what others apply.
struct EntryPayload: Sendable {
    /// The version written, and the only one read.
    static let version: UInt8 = 1
    /// The answer is kept, so that the request is done once however often it is committed.
    static let keepsAnswer: UInt8 = 1

    /// A `RequestKey` stands before the command.
    static let carriesKey: UInt8 = 2
    /// Flags that may be set.
    static let known = keepsAnswer | carriesKey

    /// The log's time.
    var time: LogTime
    var flags: UInt8
    /// The process that wants it: a node's incarnation; 0 is the leader for itself.
    var client: UInt64
    /// The client's number for it; 0 for the leader's own.
    var sequence: UInt64
    /// The client has its answers to everything below and will never send it again.
    var settledBelow: UInt64

    /// The client's own key; read here, and written as the beginning of the command's bytes.
    var key: RequestKey?

    /// Header and command in one run of bytes; with `carriesKey`, `command` begins with the key.
    func encoded(command: ArraySlice<UInt8>) -> [UInt8] {
        var writer = ByteWriter(capacity: command.count + 34)
        writer.u8(Self.version)
        writer.u8(flags)
        writer.zigzag(time.milliseconds)
        writer.u64(client)
        writer.varint(sequence)
        writer.varint(settledBelow)
        writer.raw(command)
        return writer.bytes
    }

    /// Reads the header and leaves the reader at the command.
    init(from reader: inout ByteReader) throws(WireError) {
        let start = reader.offset
        let version = try reader.u8()
        guard version == Self.version else {
            throw WireError(.unknownTag(UInt64(version)), offset: start)
        }
        flags = try reader.u8()
        guard flags & ~Self.known == 0 else {
            throw WireError(.unknownTag(UInt64(flags)), offset: start + 1)
        }
        time = LogTime(milliseconds: try reader.zigzag())
        client = try reader.u64()
        sequence = try reader.varint()
        settledBelow = try reader.varint()
        key = flags & Self.carriesKey == 0 ? nil : try RequestKey(from: &reader)
    }

    init(
        time: LogTime, flags: UInt8 = 0, client: UInt64 = 0, sequence: UInt64 = 0,
        settledBelow: UInt64 = 0
    ) {
        self.time = time
        self.flags = flags
        self.client = client
        self.sequence = sequence
        self.settledBelow = settledBelow
    }

    /// The log time of an encoded payload, if it can be read.
    static func time(of payload: [UInt8]) -> LogTime? {
        var reader = ByteReader(payload)
        return try? EntryPayload(from: &reader).time
    }
}

/// The log time of an entry, if it is a command; for the simulation.
package func logTime(of entry: Entry) -> LogTime? {
    entry.kind == .command ? EntryPayload.time(of: entry.payload) : nil
}

extension Command {
    /// Whether applying it twice changes nothing the second time, by keys of its own: then its
    /// answer need not be kept.
    var isIdempotent: Bool {
        switch self {
        case .advance, .update, .clicks, .beginEpoch, .raiseLevel, .finishDeliveries: true
        case .through(_, let command), .ifUnchanged(_, let command): command.isIdempotent
        case .eraseSession, .finishErasure, .forgetClicks, .tellErased, .forgetFiles: true
        case .bootstrap, .createAgent, .updateAgent, .signIn, .signOut, .createProject,
            .updateProject, .setMembers, .createLink, .updateLink, .renewLeases,
            .closeConnections, .setAway, .reply, .claim, .transfer, .giveBack, .complete, .reopen,
            .startSending, .finishSending, .resend, .forceOffline,
            .createPool, .updatePool, .removePool, .takeOver, .bar, .resolveHours, .createToken,
            .revokeToken, .addNote, .addRemark, .setTags, .setDeskBook, .makeLink,
            .editLink, .tellURL, .pointWebhook, .setModeration, .moderatedReply, .refuseReply,
            .createHook, .updateHook, .removeHook, .pingHook, .passOverDelivery, .moveSignIn,
            .eraseCustomer, .formattedReply, .answer, .revise, .reviseQueued, .replyWithFile:
            false
        }
    }
}
