import Wire

/// What the desk of a project says and files by, beside the rules of routing: managers keep it,
/// agents use it, and the project's automatic messages come from it.
public struct DeskBook: Hashable, Sendable {
    /// What sessions can be tagged with, in the order of display.
    public var tags: [Text] = []
    /// Texts that agents send often, in the order of display.
    public var canned: [CannedReply] = []
    /// Sent when a session opens; empty: nothing. Takes the placeholders of `automatic`.
    public var welcome: Text = ""
    /// What becomes of the customer's data; follows the welcome.
    public var privacyNotice: Text = ""
    /// Sent when a customer's message makes them wait; empty: nothing.
    public var nobodyAvailable: Text = ""
    /// Sent instead of it outside the project's hours; empty: that one is sent then, too.
    public var outOfHours: Text = ""

    /// What the project says by itself.
    private var automatic: [Text] { [welcome, privacyNotice, nobodyAvailable, outOfHours] }

    /// Nothing written yet.
    public init() {}

    /// Bounds of what a book holds, lengths in bytes.
    public enum Limits {
        /// Tags of a project.
        public static let tags = 64
        /// Tags of one session.
        public static let tagsPerSession = 16
        /// A tag, and the name of a canned reply.
        public static let name = 64
        /// Canned replies.
        public static let canned = 100
        /// Each text.
        public static let text = 4096
    }

    /// The book of a row. One that was written before there was a text for outside the hours ends
    /// earlier.
    init(row: [UInt8]) throws(WireError) {
        var reader = ByteReader(row)
        try self.init(old: &reader)
        if !reader.isAtEnd { outOfHours = try reader.text() }
        try reader.expectEnd()
    }

    /// What can't be as it is.
    var refusal: Text? {
        let names = canned.map(\.name)
        if tags.count > Limits.tags || !DeskBook.areNames(tags) { return "tags" }
        if canned.count > Limits.canned || !DeskBook.areNames(names) { return "cannedReplies" }
        if canned.contains(where: { $0.text.messageParts.isEmpty }) { return "cannedReplies" }
        for text in canned.map(\.text) + automatic
        where text.utf8.count > Limits.text {
            return "a text of more than 4096 bytes"
        }
        return nil
    }

    /// Whether there is no empty, no too long and no second one of the same.
    private static func areNames(_ texts: [Text]) -> Bool {
        texts.allSatisfy { !$0.messageParts.isEmpty && $0.utf8.count <= Limits.name }
            && Set(texts).count == texts.count
    }
}

/// A text that agents send often.
public struct CannedReply: Hashable, Sendable {
    /// By what agents find it.
    public var name: Text
    /// The text, with the placeholders `{customer}`, `{agent}` and `{project}`.
    public var text: Text
    /// A reply of these parts.
    public init(name: Text, text: Text) {
        self.name = name
        self.text = text
    }
}

extension CannedReply: Coded {
    func encode(into writer: inout ByteWriter) {
        writer.text(name)
        writer.text(text)
    }

    init(from reader: inout ByteReader) throws(WireError) {
        self.init(name: try reader.text(), text: try reader.text())
    }
}

extension DeskBook: Coded {
    func encode(into writer: inout ByteWriter) {
        writer.put(tags)
        writer.put(canned)
        writer.text(welcome)
        writer.text(privacyNotice)
        writer.text(nobodyAvailable)
        writer.text(outOfHours)
    }

    init(from reader: inout ByteReader) throws(WireError) {
        try self.init(old: &reader)
        outOfHours = try reader.text()
    }

    /// All but the text for outside the hours.
    private init(old reader: inout ByteReader) throws(WireError) {
        self.init()
        tags = try reader.take()
        canned = try reader.take()
        welcome = try reader.text()
        privacyNotice = try reader.text()
        nobodyAvailable = try reader.text()
    }
}

/// What the state keeps in memory for desks: nothing of it decides who is given a session.
struct DeskRecords: Equatable, Sendable {
    /// Books that are not empty.
    var books: [ProjectID: DeskBook] = [:]
    /// What is not to be said, where somebody has said so.
    var moderation: [ProjectID: Moderation] = [:]
    /// How long sessions waited of late, where some did.
    var waits: [ProjectID: RecentWaits] = [:]
    /// Tags of sessions that have some, in the order in which they were set.
    var tags = ShardedDictionary<SessionID, [Text]>(shards: 256)
}

extension RoutingState {
    /// What a project's desk says and files by.
    public func deskBook(of project: ProjectID) -> DeskBook { records.books[project] ?? DeskBook() }
    /// A session's tags, in the order in which they were set.
    public func tags(of session: SessionID) -> [Text] { records.tags[session] ?? [] }

    /// Replaces a project's book.
    mutating func setDeskBook(_ id: ProjectID, by: AgentID?, _ book: DeskBook) -> Outcome {
        guard roomSlots[id] != nil else { return .refused(.notFound) }
        guard isManager(by, of: id) else { return .refused(.forbidden) }
        if let why = book.refusal { return .refused(.invalid(why)) }
        let isEmpty = book == DeskBook()
        records.books[id] = isEmpty ? nil : book
        draft.applied.write(.deskBook, id.rawValue, as: isEmpty ? nil : book.encodedAlone())
        draft.applied.events.append(.projectChanged(id))
        return .done(id: id.rawValue)
    }
}
