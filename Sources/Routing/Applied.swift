import Wire

/// What one or more commands changed, in order.
public struct Applied: Sendable {
    /// Rows written or deleted; a later one of the same key replaces an earlier one.
    public var rows: [RowChange] = []
    /// What the consoles and the sender should look at.
    public var events: [Event] = []
    /// Nothing yet.
    public init() {}
    /// Forgets everything, keeping the memory.
    public mutating func removeAll() {
        rows.removeAll(keepingCapacity: true)
        events.removeAll(keepingCapacity: true)
    }
}
