import Wire

/// One conversation of one Telegram user with one project.
public struct Session: Hashable, Sendable {
    /// Where it stands.
    public enum State: UInt8, Hashable, Sendable, CaseIterable {
        /// It waits for an agent.
        case unassigned = 0
        /// An agent has it.
        case assigned = 1
        /// It is over, until the customer or an agent opens it again.
        case completed = 2
    }
    /// Who spoke last.
    public enum Side: UInt8, Hashable, Sendable, CaseIterable {
        /// The customer.
        case customer = 0
        /// An agent.
        case agent = 1
    }
    /// The last message, for lists.
    public struct Preview: Hashable, Sendable {
        /// Its beginning, at most `previewBytes` bytes cut between code points.
        public var text: Text
        /// `text`, `photo`, ...
        public var kind: Text
        /// When.
        public var at: LogTime
        /// Who wrote it.
        public var from: Side
        /// How much of a message is kept.
        public static let previewBytes = 160
    }
    /// An agent who is not to be given this session for a while.
    public struct Exclusion: Hashable, Sendable {
        /// Who.
        public var agent: AgentID
        /// Until when.
        public var until: LogTime
        /// How long one lasts unless another agent has had the session.
        public static let milliseconds: Int64 = 900_000
    }

    /// The log index that opened it.
    public let id: SessionID
    /// Whose bot.
    public let project: ProjectID
    /// With whom; in a private chat also the chat.
    public internal(set) var user: TelegramID
    /// The customer's name, as last seen.
    public internal(set) var name: Text
    /// Username without `@`; may be empty.
    public internal(set) var username: Text
    /// BCP 47; may be empty.
    public internal(set) var language: Text
    /// Where it stands.
    public internal(set) var state: State = .unassigned
    /// Whose it is; nil unless `assigned`.
    public internal(set) var owner: AgentID?
    /// Whose it was last.
    public internal(set) var lastOwner: AgentID?
    /// Counts changes of owner and state; every writer of these carries the one it saw.
    public internal(set) var version: UInt64 = 1
    /// When it opened.
    public let openedAt: LogTime
    /// When it was assigned last.
    public internal(set) var assignedAt: LogTime?
    /// When it was completed last; nil while open.
    public internal(set) var completedAt: LogTime?
    /// Since when the customer waits for an answer; kept after the answer as the place in the
    /// queue, should the session be given back.
    public internal(set) var place: LogTime
    /// Whether an agent wrote after the customer's last message.
    public internal(set) var isAnswered = false
    /// Customer messages since an agent last wrote.
    public internal(set) var unread: UInt32 = 0
    /// The last message.
    public internal(set) var last: Preview?
    /// How many history items there are: the next one's ordinal.
    public internal(set) var historyCount: Int64 = 0
    /// Ordinal of the history item with the newest decision.
    public internal(set) var decisionOrdinal: Int64?
    /// Agents not to be given it now.
    public internal(set) var exclusions: [Exclusion] = []
    /// Links that led here, oldest first; the first and last are the attribution.
    public internal(set) var touches: [Touch] = []
    /// The first and last links of the customer's sessions before; nil: none led there.
    public internal(set) var earlier: EarlierTouches?
    /// Why Telegram delivers nothing to the customer; nil: it does, as far as is known.
    public internal(set) var unreachable: Unreachable?
    /// Whether it began to wait behind others and nobody has told the customer yet that they wait.
    var isUntold = false
    /// The pool that it is for, by its link; nil: the whole project.
    public internal(set) var pool: PoolID?
    /// Whom it would rather have, by its link.
    public internal(set) var prefer = MemberRule()
    /// The language that it has had since it opened, where that is not what `language` says now: a
    /// link or a parameter named it, or the customer's own changed since.
    public internal(set) var fixedLanguage: Text = ""

    /// When its time for a first reply is over, on its owner's `ReplyWatch`; nil: none runs.
    public internal(set) var replyDue: Int64?
    /// How often it went to somebody else since it was last answered or placed by a person.
    public internal(set) var moves: UInt32 = 0
    /// Whether a manager was told that it gets no first reply.
    public internal(set) var isAlerted = false
    /// How many messages came of late; counted where the project has a limit.
    var flood = Flood()
    /// How many changes of messages and pressed buttons came of late; likewise.
    var asides = Flood()
    /// The item that tells where a place is now that its sender moved; nil: none is there.
    var moving: MovingPlace?
    /// Whether a person chose its owner.
    public internal(set) var isByHand = false

    /// The language to be spoken with the customer, in lower case; fixed when it opened.
    public var spokenLanguage: Text {
        fixedLanguage.isEmpty ? language.lowercased : fixedLanguage
    }

    /// The customer's own language is about to change: the session's stays.
    mutating func fixLanguage() {
        if fixedLanguage.isEmpty { fixedLanguage = language.lowercased }
    }

    /// A person has taken care of it: what was counted begins anew.
    mutating func forgetNeglect(byHand: Bool) {
        moves = 0
        isAlerted = false
        isByHand = byHand
    }

    /// Whether the customer has blocked the bot.
    public var isBlocked: Bool { unreachable == .blockedBot }
    /// Whether nothing reaches the customer until they do something about it.
    public var isOutOfReach: Bool { unreachable?.isFinal ?? false }
    /// Since when it waits in the queue; nil unless it does.
    public var waitingSince: LogTime? { state == .unassigned ? place : nil }
    /// Its order in the queue.
    public var queuePlace: QueuePlace { QueuePlace(since: place, session: id) }
}

/// A place that a customer sent and that has moved since: the history has but the newest.
struct MovingPlace: Hashable, Sendable {
    /// Telegram's number of the message that is changed again and again.
    var messageID: Int64
    /// The item that is written anew with each change.
    var ordinal: Int64
}

extension MovingPlace: Coded {
    func encode(into writer: inout ByteWriter) {
        writer.put(messageID)
        writer.put(ordinal)
    }
    init(from reader: inout ByteReader) throws(WireError) {
        self.init(messageID: try reader.take(), ordinal: try reader.take())
    }
}

/// The order in which waiting sessions are looked at.
public struct QueuePlace: Hashable, Comparable, Sendable {
    /// When the oldest unanswered message came.
    public var since: LogTime
    /// The session.
    public var session: SessionID
    /// A place of these parts.
    public init(since: LogTime, session: SessionID) {
        self.since = since
        self.session = session
    }
    /// By time, then session.
    @inlinable public static func < (a: QueuePlace, b: QueuePlace) -> Bool {
        if a.since != b.since { return a.since < b.since }
        return a.session < b.session
    }
}
