import Wire

/// Who takes part. Voters count for quorums; learners only receive the log.
///
/// The configuration in force at a member is the newest one in its log, committed or not; a
/// truncation of the log brings back the one before (Raft, section 6; dissertation, chapter 4).
public struct Configuration: Hashable, Sendable {
    /// Where a member is reached; the bytes are the caller's own.
    public struct Address: Hashable, Sendable {
        /// Whose address.
        public var id: NodeID
        /// Opaque to Raft.
        public var bytes: [UInt8]
        /// An address of these parts.
        public init(id: NodeID, bytes: [UInt8]) {
            self.id = id
            self.bytes = bytes
        }
    }
    /// Members at most, voters and learners together.
    public static let maxMembers = 16
    /// The longest address, in bytes.
    public static let maxAddressBytes = 255

    /// The voting members, ascending.
    public internal(set) var voters: [NodeID]
    /// The members that receive the log without a vote, ascending.
    public internal(set) var learners: [NodeID]
    /// Addresses of members as far as they are known here, ascending by id.
    public internal(set) var addresses: [Address]
    /// The highest id that ever was a member's: ids ascend and are never given twice.
    public internal(set) var highestUsed: NodeID

    /// A configuration of these members; sorted here. `highestUsed` is at least the highest of
    /// theirs.
    public init(
        voters: [NodeID], learners: [NodeID] = [], addresses: [Address] = [],
        highestUsed: NodeID = NodeID(0)
    ) {
        self.voters = voters.sorted()
        self.learners = learners.sorted()
        self.addresses = addresses.sorted { $0.id < $1.id }
        self.highestUsed = max(highestUsed, (voters + learners).max() ?? NodeID(0))
    }

    /// Voters and learners, ascending.
    public var members: [NodeID] { (voters + learners).sorted() }
    /// Whether a node is a voter or a learner.
    public func contains(_ id: NodeID) -> Bool { voters.contains(id) || learners.contains(id) }
    /// Where a member is reached, if that is known here.
    public func address(of id: NodeID) -> [UInt8]? { addresses.first { $0.id == id }?.bytes }
    /// Whether a node was a member before or could have been, and is none now: since ids ascend
    /// and are never given twice, it never will be one again.
    public func excludes(_ id: NodeID) -> Bool { id <= highestUsed && !contains(id) }
}

/// The bytes of a configuration, in log entries and in marks.
extension Configuration {
    private static let version: UInt8 = 1

    /// The bytes of this configuration.
    public var encoded: [UInt8] {
        var writer = ByteWriter()
        writer.u8(Self.version)
        for members in [voters, learners] {
            writer.varint(UInt64(members.count))
            for member in members { writer.varint(member.rawValue) }
        }
        writer.varint(UInt64(addresses.count))
        for address in addresses {
            writer.varint(address.id.rawValue)
            writer.blob(address.bytes)
        }
        writer.varint(highestUsed.rawValue)
        return writer.bytes
    }

    /// The configuration of these bytes; nil if they are none. One without a voter is none.
    public init?(encoded bytes: [UInt8]) {
        var reader = ByteReader(bytes)
        do throws(WireError) {
            guard try reader.u8() == Self.version else { return nil }
            let voters = try Self.members(&reader)
            let learners = try Self.members(&reader)
            var addresses: [Address] = []
            for _ in 0..<(try reader.count(limit: Self.maxMembers)) {
                let id = NodeID(try reader.varint())
                addresses.append(
                    Address(id: id, bytes: try reader.blob(limit: Self.maxAddressBytes)))
            }
            let highest = NodeID(try reader.varint())
            try reader.expectEnd()
            self.init(
                voters: voters, learners: learners, addresses: addresses, highestUsed: highest)
            guard isWellFormed, highest == highestUsed else { return nil }
        } catch {
            return nil
        }
    }

    private static func members(_ reader: inout ByteReader) throws(WireError) -> [NodeID] {
        var members: [NodeID] = []
        for _ in 0..<(try reader.count(limit: maxMembers)) {
            members.append(NodeID(try reader.varint()))
        }
        return members
    }

    /// A voter at least, nobody twice, addresses of members only.
    var isWellFormed: Bool {
        let ids = members
        return !voters.isEmpty && ids.count <= Self.maxMembers
            && zip(ids, ids.dropFirst()).allSatisfy { $0 < $1 }
            && addresses.allSatisfy { contains($0.id) }
            && zip(addresses, addresses.dropFirst()).allSatisfy { $0.id < $1.id }
    }
}
