import Wire

/// A client's own name for a request that it may send again, at any node and after any failure, to
/// have it done once.
public struct RequestKey: Hashable, Sendable {
    /// Half of the key: a hash of who asks and of the name.
    public var high: UInt64
    /// The other half.
    public var low: UInt64
    /// What was asked for, as a hash: another request under the same key is refused.
    public var request: UInt64

    /// A key of these parts.
    public init(high: UInt64, low: UInt64, request: UInt64) {
        self.high = high
        self.low = low
        self.request = request
    }

    /// Appends the key as it stands between an entry's header and its command.
    func encode(into writer: inout ByteWriter) {
        writer.u64(high)
        writer.u64(low)
        writer.u64(request)
    }

    /// Reads a key back.
    init(from reader: inout ByteReader) throws(WireError) {
        high = try reader.u64()
        low = try reader.u64()
        request = try reader.u64()
    }
}
