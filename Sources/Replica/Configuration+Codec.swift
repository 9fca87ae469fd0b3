import Raft

/// The payload of a configuration entry.
extension Replica {
    /// The bytes of a configuration.
    public static func encodeConfiguration(_ configuration: Configuration) -> [UInt8] {
        configuration.encoded
    }

    /// The configuration of these bytes; nil if they are none.
    public static func decodeConfiguration(_ bytes: [UInt8]) -> Configuration? {
        Configuration(encoded: bytes)
    }
}
