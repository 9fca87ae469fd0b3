/// One row of state.db written or deleted. Rows are pure values: Storage knows no meaning, and
/// `RoutingState` is rebuilt from rows alone.
public struct RowChange: Hashable, Sendable {
    /// Which table; `RowTable` names them.
    public var table: RowTable
    /// First part of the key.
    public var major: Int64
    /// Second part of the key; 0 in tables with one part.
    public var minor: Int64
    /// The row's bytes; nil deletes it.
    public var value: [UInt8]?
    /// A change of these parts.
    @inlinable public init(table: RowTable, major: Int64, minor: Int64 = 0, value: [UInt8]?) {
        self.table = table
        self.major = major
        self.minor = minor
        self.value = value
    }
}

/// The tables of state.db. Numbers are never reused.
public enum RowTable: UInt8, CaseIterable, Sendable {
    /// Settings of the whole cluster and scalar state (feature level, last log time): (key).
    case scalar = 1
    /// Projects: (project).
    case project = 2
    /// Agents: (agent).
    case agent = 3
    /// Signed-in browsers: (agent, sign-in).
    case signIn = 4
    /// Sessions, open and closed: (session).
    case session = 5
    /// What happened in a session, message and decision together: (session, ordinal).
    case history = 6
    /// Links: (link).
    case link = 7
    /// Clicks: (spool epoch, sequence).
    case click = 8
    /// Round-robin cursors: (project, pool and tier; see `TierCursor`).
    case cursor = 9
    /// Intervals of update ids already seen: (project, first id).
    case seenUpdates = 10
    /// Messages not yet known to be delivered: (outbox id).
    case outbox = 11
    /// Console connections and their leases: (node incarnation, connection).
    case presence = 12
    /// Answers kept for exactly-once requests: (client, sequence).
    case request = 13
    /// Customers whom a project has barred: (project, user).
    case customer = 14
    /// What an agent was given lately: (agent).
    case load = 15
    /// Intervals of clicks already seen: (spool epoch, first sequence).
    case seenClicks = 16
    /// Answers kept for requests with a key of their client's: (half of the key, other half).
    case keyedRequest = 17
    /// Named pools: (pool).
    case pool = 18
    /// How long an agent with unanswered sessions was receiving: (agent, project).
    case replyWatch = 19
    /// Agents who went while they had sessions: (project).
    case goneWatch = 20
    /// A project's hours in UTC: (project).
    case openTimes = 21
    /// Private notes: (author, log index).
    case note = 50
    /// What projects' desks say and file by: (project).
    case deskBook = 51
    /// Tags: (session).
    case tags = 52
    /// How long sessions waited of late: (project).
    case waits = 53
    /// API tokens: (token).
    case apiToken = 60
    /// Spans of time in which agents were online, each once it is over: (agent, first moment).
    case onlineSpan = 85
    /// Changes of the configuration: (log index).
    case audit = 86
    /// What projects do not want said: (project).
    case moderation = 90
    /// Where webhooks were pointed: (project).
    case webhookPoint = 95
    /// Public URLs: (node).
    case nodeURL = 96
    /// Hooks: (hook).
    case hook = 97
    /// Events that wait to be posted: (hook, number).
    case hookDelivery = 98
    /// Erasures of customers: (erasure).
    case erasure = 102
    /// The log index of the entry that finished an erasure last: (1).
    case erasureMark = 103
    /// Up to which log index nodes have nothing of what was erased: (node).
    case erasureTold = 104
    /// What became of messages at Telegram after they were sent: (session, ordinal).
    case revision = 107
    /// When settings were changed last: (project, pool, link or agent; sort).
    case settingVersion = 112

    /// Whether both parts of the key are used; otherwise `minor` is 0.
    public var hasMinorKey: Bool {
        switch self {
        case .scalar, .project, .agent, .session, .link, .outbox, .load, .pool, .goneWatch,
            .openTimes, .apiToken, .deskBook, .tags, .waits, .webhookPoint, .nodeURL,
            .moderation, .audit, .hook, .erasure, .erasureMark, .erasureTold:
            false
        case .signIn, .history, .click, .cursor, .seenUpdates, .presence, .request, .customer,
            .seenClicks, .keyedRequest, .replyWatch, .note, .onlineSpan, .hookDelivery,
            .settingVersion, .revision:
            true
        }
    }
    /// Whether `RoutingState` is rebuilt from the table's rows; history, notes, clicks, spans and
    /// what became of messages stay on disk.
    public var isLoadedAtStart: Bool {
        switch self {
        case .history, .click, .note, .onlineSpan, .revision: false
        case .scalar, .project, .agent, .signIn, .session, .link, .cursor, .seenUpdates, .outbox,
            .presence, .request, .customer, .load, .seenClicks, .keyedRequest, .pool, .replyWatch,
            .goneWatch, .openTimes, .apiToken, .deskBook, .tags, .waits, .webhookPoint, .nodeURL,
            .moderation, .audit, .hook, .hookDelivery, .settingVersion, .erasure, .erasureMark,
            .erasureTold:
            true
        }
    }
}
