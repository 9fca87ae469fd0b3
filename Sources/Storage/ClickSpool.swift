/// One spooled click: opaque bytes under the click's key.
public struct SpooledRow: Hashable, Sendable {
    /// The place in the spool, ascending; given by `append`.
    public var position: Int64
    /// The spool's epoch when it was written.
    public var epoch: UInt64
    /// Its number in the epoch.
    public var sequence: UInt64
    /// The bytes.
    public var body: [UInt8]
    /// A row of these parts.
    public init(position: Int64 = 0, epoch: UInt64, sequence: UInt64, body: [UInt8]) {
        self.position = position
        self.epoch = epoch
        self.sequence = sequence
        self.body = body
    }
}

/// Clicks acknowledged to a browser and not yet committed: spool.db.
public final class ClickSpool: Sendable {
    /// Opens or creates the file.
    public static func open(
        path: String, identity: StoreIdentity
    ) throws(StorageError) -> ClickSpool {
        throw StorageError(.closed, file: path, "not there yet")
    }
    private init() {}
    /// How many rows are kept.
    public var count: Int { 0 }
    /// Keeps these rows, in one transaction; positions are assigned here and returned in order.
    @discardableResult
    public func append(_ rows: [SpooledRow]) throws(StorageError) -> ClosedRange<Int64>? { nil }
    /// The oldest rows after a position, oldest first.
    public func next(after position: Int64 = 0, limit: Int) throws(StorageError) -> [SpooledRow] {
        []
    }
    /// Forgets every row up to and including a position.
    public func remove(through position: Int64) throws(StorageError) {}
    /// Checkpoints and closes; later calls throw `.closed`.
    public func close() {}
}
