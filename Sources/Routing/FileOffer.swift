import Wire

/// A photo or document that an agent sends, as long as it is on its way. Its bytes are in the
/// memory of one node, its holder, and never in the log.
public struct FileOffer: Hashable, Sendable {
    /// As what it is sent.
    public enum Kind: UInt8, Hashable, Sendable, CaseIterable {
        /// A picture, which Telegram makes smaller.
        case photo = 0
        /// Anything, as it is.
        case document = 1

        /// The kind's name in the Bot API and in the API.
        public var word: Text { self == .photo ? "photo" : "document" }
        /// The kind of this name.
        public init?(word: Text) {
            guard let kind = Kind.allCases.first(where: { $0.word == word }) else { return nil }
            self = kind
        }
        /// The largest file of the kind, in bytes: Telegram takes no larger photos from bots, and
        /// gives them no larger documents back.
        public var maxBytes: Int64 { self == .photo ? 10 << 20 : 20 << 20 }
    }
    /// As what it is sent.
    public var kind: Kind
    /// Its name, without a path.
    public var name: Text
    /// Its media type, as its sender's program says.
    public var mimeType: Text
    /// In bytes.
    public var size: Int64
    /// The number of the node that has the bytes.
    public var holder: UInt64
    /// That node's incarnation: a later one has them no more.
    public var incarnation: UInt64
    /// What the holder calls them: drawn at random when they came.
    public var key: UInt64

    /// The longest caption, in code points: what Telegram takes.
    public static let captionLimit = 1024
    /// The longest name and media type, in bytes.
    public static let maxNameBytes = 255
    /// Files of one holder that may wait or be under way.
    public static let perHolder = 1024

    /// An offer of these parts.
    public init(
        kind: Kind, name: Text, mimeType: Text, size: Int64, holder: UInt64, incarnation: UInt64,
        key: UInt64
    ) {
        self.kind = kind
        self.name = name
        self.mimeType = mimeType
        self.size = size
        self.holder = holder
        self.incarnation = incarnation
        self.key = key
    }

    /// What speaks against sending it with this caption; nil: nothing.
    func objection(to caption: Text) -> Text? {
        guard (1...kind.maxBytes).contains(size) else { return "the size of the file" }
        let lengths = 1...Self.maxNameBytes
        guard lengths.contains(name.utf8.count), lengths.contains(mimeType.utf8.count) else {
            return "the name or the type of the file"
        }
        return caption.captionObjection
    }

    /// Why it failed before a call was made.
    static let lost: Text = "the node that held the file is gone: send the file again"
    /// Why nobody knows whether it arrived.
    static let inDoubt: Text =
        "the node that held the file is gone and it may have arrived: look before you send it again"
}

extension Text {
    /// What speaks against it as a caption; nil: nothing.
    var captionObjection: Text? {
        let points = utf8.count { $0 & 0xc0 != 0x80 }
        return points > FileOffer.captionLimit
            ? Text("a caption, of \(FileOffer.captionLimit) characters at most") : nil
    }
}

/// What Telegram calls a file that was sent.
public struct SentFile: Hashable, Sendable {
    /// By which the bot asks for it.
    public var fileID: Text
    /// By which it asks for a small picture of it; may be empty.
    public var thumbnailID: Text

    /// The longest of both, in bytes; a longer one is taken for none.
    public static let maxIDBytes = 255

    /// A file of these names.
    public init(fileID: Text, thumbnailID: Text = "") {
        func kept(_ id: Text) -> Text { id.utf8.count > Self.maxIDBytes ? "" : id }
        self.fileID = kept(fileID)
        self.thumbnailID = kept(thumbnailID)
    }
}

/// The file in an agent's message, as the history tells of it.
public struct OutboundFile: Hashable, Sendable {
    /// As what it is sent.
    public var kind: FileOffer.Kind
    /// By which the bot asks for it; empty until it is sent.
    public var fileID: Text
    /// Its name, type, size and small picture.
    public var attachment: Attachment

    /// A file of these parts.
    public init(kind: FileOffer.Kind, fileID: Text, attachment: Attachment) {
        self.kind = kind
        self.fileID = fileID
        self.attachment = attachment
    }

    /// What was offered, and what became of it at Telegram if it was sent.
    init(_ offer: FileOffer, _ sent: SentFile?) {
        kind = offer.kind
        fileID = sent?.fileID ?? ""
        attachment = Attachment(
            thumbnailID: sent?.thumbnailID ?? "", name: offer.name, mimeType: offer.mimeType,
            size: offer.size)
    }
}

extension RoutingState {
    /// What a node held of agents' files is gone, but for what came to this incarnation of it. What
    /// waited has failed: no call was made. What was being sent may have arrived. The outcome
    /// counts them.
    mutating func forgetFiles(of holder: UInt64, but incarnation: UInt64?) -> Outcome {
        var forgotten: Int64 = 0
        for id in outgoing.held(by: holder) {
            guard let message = outgoing[id], message.file?.incarnation != incarnation else {
                continue
            }
            switch message.state {
            case .queued: settle(id, .failed(reason: FileOffer.lost))
            case .sending: settle(id, .uncertain(reason: FileOffer.inDoubt))
            case .sent, .failed, .uncertain, .withdrawn: continue
            }
            forgotten += 1
        }
        return .done(id: forgotten)
    }

    /// An agent's file, with what rules say of its caption if they say anything.
    private mutating func reply(
        _ id: SessionID, by agent: AgentID, _ caption: Text, _ entities: [TextEntity],
        _ verdict: Verdict?, _ file: FileOffer
    ) -> Outcome {
        if let objection = file.objection(to: caption) ?? entities.objection(in: caption) {
            return .refused(.invalid(objection))
        }
        return marked(by: agent, verdict, in: id) { state in
            guard state.outgoing.held(by: file.holder).count < FileOffer.perHolder else {
                return .refused(.invalid("too many files of this node wait"))
            }
            return state.reply(id, by: agent, caption, entities, file: file)
        }
    }

    /// Applies one of the commands about agents' files.
    mutating func apply(files command: Command) -> Outcome {
        switch command {
        case .replyWithFile(let id, let by, let caption, let entities, let verdict, let file):
            reply(id, by: by, caption, entities, verdict, file)
        case .forgetFiles(let holder, let incarnation):
            forgetFiles(of: holder, but: incarnation)
        default: preconditionFailure("not about agents' files")
        }
    }
}

extension Command {
    /// Appends one of the commands about agents' files.
    func encodeFiles(into writer: inout ByteWriter) {
        switch self {
        case .replyWithFile(let id, let by, let caption, let entities, let verdict, let file):
            writer.put(.replyWithFile, id, by, caption, entities, verdict, file)
        case .forgetFiles(let holder, let incarnation):
            writer.put(.forgetFiles, holder, incarnation)
        default: preconditionFailure("not about agents' files")
        }
    }

    /// The rest of one of them after its tag.
    init(files tag: CommandTag, from r: inout ByteReader) throws(WireError) {
        if tag == .replyWithFile {
            self = .replyWithFile(
                try r.take(), by: try r.take(), caption: try r.take(), try r.take(),
                try r.take(), try r.take())
        } else {
            self = .forgetFiles(holder: try r.take(), but: try r.take())
        }
    }

    /// One of them as the routing journal keeps it: a text in place of the file, which decides the
    /// same. What waits there is no matter of decisions.
    var filesForJournal: Command {
        switch self {
        case .replyWithFile(let id, let by, let caption, let entities, let verdict, let file):
            verdict?.action == .block || entities.objection(in: caption) != nil
                || file.objection(to: caption) != nil
                ? .advance : .reply(id, by: by, text: "x")
        case .forgetFiles: .advance
        default: preconditionFailure("not about agents' files")
        }
    }
}

extension FileOffer: Coded {
    func encode(into writer: inout ByteWriter) {
        writer.put(kind)
        writer.text(name)
        writer.text(mimeType)
        writer.put(size)
        writer.put(holder)
        writer.u64(incarnation)
        writer.u64(key)
    }

    init(from reader: inout ByteReader) throws(WireError) {
        self.init(
            kind: try reader.takeCase(), name: try reader.text(), mimeType: try reader.text(),
            size: try reader.take(), holder: try reader.take(), incarnation: try reader.u64(),
            key: try reader.u64())
    }
}

extension SentFile: Coded {
    func encode(into writer: inout ByteWriter) {
        writer.text(fileID)
        writer.text(thumbnailID)
    }

    init(from reader: inout ByteReader) throws(WireError) {
        let start = reader.offset
        let (file, thumbnail) = (try reader.text(), try reader.text())
        self.init(fileID: file, thumbnailID: thumbnail)
        guard (fileID, thumbnailID) == (file, thumbnail) else {
            throw WireError(.badValue("file"), offset: start)
        }
    }
}

extension OutboundFile: Coded {
    func encode(into writer: inout ByteWriter) {
        writer.put(kind)
        writer.text(fileID)
        writer.put(attachment)
    }

    init(from reader: inout ByteReader) throws(WireError) {
        self.init(
            kind: try reader.takeCase(), fileID: try reader.text(), attachment: try reader.take())
    }
}
