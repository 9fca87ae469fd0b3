/// A failure of a store. Its description is for the operator: it names the file, what was found
/// and, where there is one, the row.
public struct StorageError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What sort of failure, for the caller's decision.
    public enum Kind: Hashable, Sendable {
        /// Another process holds the data directory or the file.
        case locked
        /// The disk (or the file's page limit) is full; nothing was written, reading goes on.
        case full
        /// Reading, writing or syncing failed. After a write the store is dead: never retried.
        case inputOutput
        /// What is on the disk is not what was written.
        case corrupt
        /// The file was made by a newer Roundhouse, or is not one of ours.
        case unknownFormat
        /// The file belongs to another cluster or node.
        case foreign
        /// The log ends before what state.db proves was applied: an acknowledged tail has vanished.
        case vanishedTail
        /// The store failed before or was closed.
        case closed
    }
    /// What sort.
    public var kind: Kind
    /// The file, or the directory, as it was opened.
    public var file: String
    /// What happened, as a clause.
    public var detail: String
    /// A failure of these parts.
    public init(_ kind: Kind, file: String, _ detail: String) {
        self.kind = kind
        self.file = file
        self.detail = detail
    }
    /// File and detail.
    public var description: String { "\(file): \(detail)" }
}
