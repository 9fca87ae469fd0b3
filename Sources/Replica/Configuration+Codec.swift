import Raft
import Wire

/// The payload of a configuration entry.
extension Replica {
    /// Members of a configuration at most.
    static let maxConfigurationMembers = 64

    /// The bytes of a configuration.
    public static func encodeConfiguration(_ configuration: Configuration) -> [UInt8] {
        var writer = ByteWriter()
        for members in [configuration.voters, configuration.learners] {
            writer.varint(UInt64(members.count))
            for member in members { writer.varint(member.rawValue) }
        }
        return writer.bytes
    }

    /// The configuration of these bytes; nil if they are none.
    public static func decodeConfiguration(_ bytes: [UInt8]) -> Configuration? {
        var reader = ByteReader(bytes)
        func members() throws(WireError) -> [NodeID] {
            var members: [NodeID] = []
            for _ in 0..<(try reader.count(limit: maxConfigurationMembers)) {
                members.append(NodeID(try reader.varint()))
            }
            return members
        }
        guard let voters = try? members(), let learners = try? members(), reader.isAtEnd,
            !voters.isEmpty
        else { return nil }
        return Configuration(voters: voters, learners: learners)
    }
}
