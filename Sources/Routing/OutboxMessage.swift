import Wire

/// A message to a customer on its way.
public struct OutboxMessage: Hashable, Sendable {
    /// The log index that queued it times `partsPerReply`, plus the part's number.
    public let id: OutboxID
    /// In which session.
    public let session: SessionID
    /// Its item in the session's history.
    public let ordinal: Int64
    /// Whose bot.
    public let project: ProjectID
    /// To whom.
    public let chat: TelegramID
    /// Who wrote it.
    public let agent: AgentID
    /// When.
    public let at: LogTime
    /// At most 4,096 code points, 1,024 of a caption; empty where something is deleted.
    public internal(set) var text: Text
    /// How the text is to look.
    public internal(set) var entities: [TextEntity] = []
    /// What is to be done at Telegram.
    public internal(set) var act = Act.send
    /// The log index at which its text was changed last before it went; nil: it never was.
    public internal(set) var changedAt: Int64?
    /// The message of the chat that it answers; nil: none.
    public internal(set) var replyTo: SentMessage?
    /// Where it stands.
    public internal(set) var state: DeliveryState = .queued
    /// How often a call was begun.
    public internal(set) var attempts: UInt32 = 0
    /// Not to be tried before this moment.
    public internal(set) var notBefore: LogTime?
    /// What Telegram calls its file once it was sent; then the outbox has it no more.
    var sentFile: SentFile?

    /// What is done at Telegram.
    public enum Act: Hashable, Sendable {
        /// It is sent.
        case send
        /// A file is sent with it as its caption.
        case sendFile(FileOffer)
        /// Its text takes the place of an older message's.
        case edit(SentMessage)
        /// It takes the place of an older message's caption.
        case editCaption(SentMessage)
        /// An older message is deleted.
        case delete(SentMessage)

        /// The older message.
        public var target: SentMessage? {
            switch self {
            case .send, .sendFile: nil
            case .edit(let target), .editCaption(let target), .delete(let target): target
            }
        }
    }

    /// The file that it sends.
    public var file: FileOffer? {
        if case .sendFile(let file) = act { return file }
        return nil
    }

    /// Whether it has a file that its holder still needs.
    public var isHeld: Bool {
        switch state {
        case .queued, .sending: file != nil
        case .sent, .failed, .uncertain, .withdrawn: false
        }
    }

    /// How many messages one reply may be split into.
    public static let partsPerReply: Int64 = 16
    /// What Telegram takes in one message, in code points.
    public static let codePointLimit = 4096
}

/// Where a message to a customer stands.
public enum DeliveryState: Hashable, Sendable {
    /// It waits to be sent.
    case queued
    /// A call was begun, in this epoch.
    case sending(epoch: UInt64)
    /// Telegram's number of the message.
    case sent(messageID: Int64)
    /// It can't be delivered; why.
    case failed(reason: Text)
    /// It may have been delivered; a person decides whether to repeat it.
    case uncertain(reason: Text)
    /// Its author took it back before it went.
    case withdrawn
}

/// What became of a call to the Bot API.
public enum DeliveryResult: Hashable, Sendable {
    /// Telegram's number of the message.
    case sent(messageID: Int64)
    /// The same of a message with a file, and what Telegram calls that.
    case sentFile(messageID: Int64, SentFile)
    /// Not sent, and repeating would not help; the reason for people, and what it says of the
    /// customer, if anything.
    case failed(reason: Text, unreachable: Unreachable?)
    /// Not sent; may be tried again after this moment.
    case retry(notBefore: LogTime, reason: Text)
    /// The answer was lost; it may have been sent.
    case uncertain(reason: Text)
}
