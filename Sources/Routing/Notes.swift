import Wire

/// A note that its author alone may read: the value of a note row.
public struct PrivateNote: Hashable, Sendable {
    /// Who wrote it, and alone reads it.
    public let author: AgentID
    /// The log index at which it was written; the session's history names it at the same.
    public let index: Int64
    /// About which session.
    public let session: SessionID
    /// When.
    public let at: LogTime
    /// The text.
    public let text: Text

    /// Longest text, in bytes; of a remark, too.
    public static let maxBytes = 4096

    init(author: AgentID, index: Int64, session: SessionID, at: LogTime, text: Text) {
        self.author = author
        self.index = index
        self.session = session
        self.at = at
        self.text = text
    }

    func encoded() -> [UInt8] {
        var writer = ByteWriter(capacity: 16 + text.utf8.count)
        writer.put(session)
        writer.put(at)
        writer.text(text)
        return writer.bytes
    }

    /// The note of a row.
    public init(author: AgentID, index: Int64, value: [UInt8]) throws(WireError) {
        var reader = ByteReader(value)
        self.init(
            author: author, index: index, session: try reader.take(), at: try reader.take(),
            text: try reader.take())
        try reader.expectEnd()
    }
}

// What agents write about a session, for themselves or for each other; customers see none of it.
extension RoutingState {
    /// Writes a private note: the history tells that there is one and by whom, never what it says.
    mutating func addNote(_ id: SessionID, by agent: AgentID, _ text: Text) -> Outcome {
        guard canSee(agent, id), var session = sessions[id] else { return .refused(.notFound) }
        guard !isForgotten(session) else { return .refused(.wrongState) }
        guard isWritable(text) else { return .refused(.invalid("text")) }
        let note = PrivateNote(
            author: agent, index: now.index, session: id, at: now.time, text: text)
        draft.applied.write(.note, agent.rawValue, now.index, as: note.encoded())
        record(.noted(by: agent), in: &session)
        store(session)
        return .done(id: now.index)
    }

    /// Writes a remark for all who see the session.
    mutating func addRemark(_ id: SessionID, by agent: AgentID, _ text: Text) -> Outcome {
        guard canSee(agent, id), var session = sessions[id] else { return .refused(.notFound) }
        guard !isForgotten(session) else { return .refused(.wrongState) }
        guard isWritable(text) else { return .refused(.invalid("text")) }
        record(.remarked(by: agent, text: text), in: &session)
        store(session)
        return .done(id: now.index)
    }

    /// Sets and removes tags. Those to set must be in the project's book; who may answer in the
    /// project or manages it tags what they see.
    mutating func setTags(
        _ id: SessionID, by agent: AgentID, add: [Text], remove: [Text]
    ) -> Outcome {
        guard canSee(agent, id), var session = sessions[id] else { return .refused(.notFound) }
        guard !isForgotten(session) else { return .refused(.wrongState) }
        guard canReply(agent, session.project) || isManager(agent, of: session.project) else {
            return .refused(.forbidden)
        }
        let before = tags(of: id)
        let known = deskBook(of: session.project).tags
        guard add.allSatisfy({ known.contains($0) || before.contains($0) }) else {
            return .refused(.invalid("a tag that the project does not have"))
        }
        var after = before.filter { !remove.contains($0) }
        for tag in add where !after.contains(tag) { after.append(tag) }
        guard after.count <= DeskBook.Limits.tagsPerSession else {
            return .refused(.invalid("too many tags"))
        }
        guard after != before else { return .done(id: id.rawValue) }
        records.tags[id] = after.isEmpty ? nil : after
        draft.applied.write(.tags, id.rawValue, as: after.isEmpty ? nil : after.encodedAlone())
        record(
            .tagged(
                by: agent, added: after.filter { !before.contains($0) },
                removed: before.filter { !after.contains($0) }), in: &session)
        store(session)
        return .done(id: id.rawValue)
    }

    private func isWritable(_ text: Text) -> Bool {
        text.utf8.count <= PrivateNote.maxBytes && !text.messageParts.isEmpty
    }
}

extension RoutingState {
    /// Applies one of the commands of the desk's paperwork.
    mutating func apply(paperwork command: Command) -> Outcome {
        switch command {
        case .addNote(let id, let by, let text): addNote(id, by: by, text)
        case .addRemark(let id, let by, let text): addRemark(id, by: by, text)
        case .setTags(let id, let by, let add, let remove):
            setTags(id, by: by, add: add, remove: remove)
        case .setDeskBook(let id, let by, let book): setDeskBook(id, by: by, book)
        default: preconditionFailure("no paperwork")
        }
    }
}

extension Command {
    /// Appends one of the commands of the desk's paperwork.
    func encodePaperwork(into writer: inout ByteWriter) {
        switch self {
        case .addNote(let id, let by, let text): writer.put(.addNote, id, by, text)
        case .addRemark(let id, let by, let text): writer.put(.addRemark, id, by, text)
        case .setTags(let id, let by, let add, let remove):
            writer.put(.setTags, id, by, add, remove)
        case .setDeskBook(let id, let by, let book): writer.put(.setDeskBook, id, by, book)
        default: preconditionFailure("no paperwork")
        }
    }

    /// The rest of one of them after its tag.
    init(paperwork tag: CommandTag, from r: inout ByteReader) throws(WireError) {
        switch tag {
        case .addNote: self = .addNote(try r.take(), by: try r.take(), text: try r.take())
        case .addRemark: self = .addRemark(try r.take(), by: try r.take(), text: try r.take())
        case .setTags:
            self = .setTags(
                try r.take(), by: try r.take(), add: try r.take(), remove: try r.take())
        default: self = .setDeskBook(try r.take(), by: try r.take(), try r.take())
        }
    }
}
