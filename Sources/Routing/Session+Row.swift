import Wire

extension Session {
    /// The session of a stored row, for reports that read rows.
    public init(_ id: SessionID, row: [UInt8]) throws(WireError) {
        try self.init(id: id, value: row)
    }
}
