import Wire

/// The routing state machine: commands in log order go in, rows and events come out.
///
/// Equal commands at equal indexes and times give equal states, rows and outcomes on every node.
/// What is stored here is either in the rows or follows from them, so that a state rebuilt from
/// rows equals the one that wrote them.
public struct RoutingState: Sendable {
    /// Bounds of the work that one entry may bring, besides its own.
    enum Limits {
        /// Sessions given by the drain; the rest follows in the next entry.
        static let drainPerEntry = 64
        /// Sessions taken from agents who left.
        static let requeuesPerEntry = 64
        /// Leases, sign-ins and exclusions that end.
        static let expiriesPerEntry = 256
        /// Changes that are tried for the question why a session waits.
        static let ideasPerQuestion = 64
        /// Of these, moments, and values of each figure of the project's.
        static let ideasOfAKind = 8
    }

    // Projects, agents and links by order of creation; a slot is an index into these.
    var rooms: [ProjectRoom] = []
    var roomSlots: [ProjectID: Int] = [:]
    var desks: [AgentDesk] = []
    var deskSlots: [AgentID: Int] = [:]
    var logins: [Text: AgentID] = [:]
    var poolRooms: [PoolID: Int] = [:]
    var linkList: [Link] = []
    var linkSlots: [LinkID: Int] = [:]
    var codes: [Text: LinkID] = [:]

    var sessions = SessionTable()
    /// The latest session of each customer.
    var latest = ShardedDictionary<Chat, SessionID>()
    /// The session in which each click's token came back first.
    var started = ShardedDictionary<ClickKey, SessionID>(shards: 256)
    var seenClicks = SeenClicks()
    var signIns: [Text: SignIn] = [:]
    /// By hash.
    var tokens: [Text: APIToken] = [:]
    var connections: [Connection.Key: Connection] = [:]
    var outgoing = Outbox()
    var records = DeskRecords()
    var frontDoor = FrontDoor()
    var trail = AuditTrail()
    var hooks = Hooks()
    /// Of settings that were changed since they were made.
    var settingVersions: [Setting: Int64] = [:]
    var erasures = Erasures()

    /// What changes by itself: leases, sign-ins and exclusions end.
    var expiries = Deadlines<Expiry>()
    /// Moments at which a decision may turn out otherwise; firing one too many does no harm.
    var triggers = Deadlines<Trigger>()
    /// What everything here is a function of; see `FeatureLevel`.
    public internal(set) var level = FeatureLevel.first
    /// The argument of the last `beginEpoch`.
    public internal(set) var epoch: UInt64 = 0
    /// Whether the drain stopped at its bound.
    var isDrainPending = false
    /// Sessions that wait and whose customers are to be told so once nothing is given any more.
    var untold = OrderedSet<SessionID>()
    /// Agents whose sessions in a project go back to the queue, ascending.
    var leaving: [Leaving] = []
    /// Projects to be looked at by the drain, ascending, by slot.
    var toDrain: [Int] = []

    /// The entry being applied.
    var now = Moment()
    /// What the entry has changed so far; empty between entries.
    var draft = Draft()
    /// While loading: rows whose owners may not have been loaded yet.
    var unplaced: [RowChange] = []
    /// While loading: sessions in the order of their rows.
    var unplacedSessions: [UnplacedSession] = []

    /// Nothing applied yet.
    public init() {}

    /// Applies one committed command: fires what is due, drains, does the command, drains again.
    ///
    /// Log time never goes back from entry to entry; indexes ascend.
    public mutating func apply(
        _ command: Command, at index: Int64, time: LogTime, into applied: inout Applied
    ) -> Outcome {
        now = Moment(index: index, time: time)
        swap(&draft.applied, &applied)
        // A new leader expires nothing before one full lease in office.
        if case .beginEpoch(let epoch) = command, epoch > self.epoch { extendLeases() }
        fireDue()
        var budget = Limits.drainPerEntry
        settle(&budget)
        if !draft.overdue.isEmpty { moveOverdue() }
        let outcome = performAudited(command)
        settle(&budget)
        // Messages are numbered within their entry, by its command; `advance` has none of its own.
        if case .advance = command, isTellingDue { tellUntold() }
        for slot in draft.candidates { runGone(slot) }
        writeRows()
        swap(&draft.applied, &applied)
        return outcome
    }

    /// When `advance` should be proposed next; nil: nothing is due ever.
    public var nextDeadline: LogTime? {
        if isDrainPending || !leaving.isEmpty || isTellingDue { return now.time }
        guard let expiry = expiries.first else { return triggers.first }
        guard let trigger = triggers.first else { return expiry }
        return min(expiry, trigger)
    }

    /// Whether customers wait who came behind others, and nothing is left to be given.
    private var isTellingDue: Bool { !untold.isEmpty && !isBacklogged }

    /// Whether sessions that could be given wait for the next entry: whoever comes now must queue
    /// behind them.
    var isBacklogged: Bool {
        if isDrainPending || !leaving.isEmpty { return true }
        guard let expiry = expiries.first else { return false }
        return expiry <= now.time
    }

    /// Does a command; `performAudited` calls it and nobody else.
    mutating func perform(_ command: Command) -> Outcome {
        guard command.isTaken(at: level) else { return .refused(.needsLevel(command.level)) }
        return switch command {
        case .advance: .done(id: 0)
        case .bootstrap(let login, let name, let hash): bootstrap(login, name, hash)
        case .createAgent(let by, let login, let name, let hash, let isAdmin):
            createAgent(by: by, login, name, hash, isAdmin: isAdmin)
        case .updateAgent(let id, let by, let change): updateAgent(id, by: by, change)
        case .signIn, .signOut, .moveSignIn: apply(signIn: command)
        case .createProject(let by, let settings): createProject(by: by, settings)
        case .updateProject(let id, let by, let new): updateProject(id, by: by, new)
        case .setMembers(let id, let by, let members, let successor):
            setMembers(id, by: by, members, handOver: successor)
        case .createPool(let by, let id, let settings): createPool(by: by, id, settings)
        case .updatePool(let id, let by, let settings): updatePool(id, by: by, settings)
        case .removePool(let id, let by): removePool(id, by: by)
        case .createLink(let by, let settings): createLink(by: by, settings)
        case .updateLink(let id, let by, let settings): updateLink(id, by: by, settings)
        case .update(let update): receive(update)
        case .clicks(let clicks): receive(clicks)
        case .renewLeases(let node, let incarnation, let leases):
            renew(leases, node: node, incarnation: incarnation)
        case .closeConnections(_, let incarnation, let numbers):
            close(numbers, incarnation: incarnation)
        case .setAway(let id, let isAway): setAway(id, isAway)
        case .reply, .claim, .transfer, .giveBack, .complete, .reopen, .takeOver:
            apply(desk: command)
        case .bar(let user, let id, let by, let isBarred, let version):
            bar(user, of: id, by: by, isBarred, version)
        case .resolveHours(let id, let hours, let times): resolveHours(id, hours, times)
        case .beginEpoch(let epoch): beginEpoch(epoch)
        case .startSending(let ids, let epoch): startSending(ids, epoch: epoch)
        case .finishSending(let id, let epoch, let result):
            finishSending(id, epoch: epoch, result)
        case .resend(let id, let by): resend(id, by: by)
        case .raiseLevel(let target): raise(to: target)
        case .forceOffline(let id, let by): forceOffline(id, by: by)
        case .createToken(let by, let name, let agent, let hash, let scopes, let ends):
            createToken(by: by, name, for: agent, Text(hash), scopes, ends: ends)
        case .revokeToken(let id, let by): revokeToken(id, by: by)
        case .addNote, .addRemark, .setTags, .setDeskBook: apply(paperwork: command)
        case .setModeration, .moderatedReply, .refuseReply: apply(moderation: command)
        case .formattedReply, .answer, .revise, .reviseQueued: apply(messages: command)
        case .replyWithFile, .forgetFiles: apply(files: command)
        case .makeLink(let by, let settings, let terms): createLink(by: by, settings, terms)
        case .editLink(let id, let by, let version, let settings, let terms):
            updateLink(id, by: by, version: version, settings, terms)
        case .tellURL, .pointWebhook: apply(frontDoor: command)
        case .createHook, .updateHook, .removeHook, .pingHook, .passOverDelivery,
            .finishDeliveries:
            apply(hook: command)
        case .eraseCustomer, .eraseSession, .finishErasure, .forgetClicks, .tellErased:
            apply(privacy: command)
        case .through(_, let command): perform(command)
        case .ifUnchanged(let since, let command): perform(command, ifUnchangedSince: since)
        }
    }
}

extension RoutingState: Equatable {
    /// Equal in everything that decides what the next command does. Triggers, the projects still
    /// to be looked at and the entry at hand may differ between a state and its rebuilt twin.
    public static func == (a: RoutingState, b: RoutingState) -> Bool {
        a.rooms == b.rooms && a.desks == b.desks && a.linkList == b.linkList
            && a.poolRooms == b.poolRooms && a.roomSlots == b.roomSlots
            && a.deskSlots == b.deskSlots
            && a.linkSlots == b.linkSlots && a.logins == b.logins && a.codes == b.codes
            && a.sessions == b.sessions && a.latest == b.latest && a.started == b.started
            && a.seenClicks == b.seenClicks && a.signIns == b.signIns
            && a.tokens == b.tokens
            && a.connections == b.connections && a.outgoing == b.outgoing
            && a.records == b.records && a.frontDoor == b.frontDoor && a.trail == b.trail
            && a.hooks == b.hooks && a.settingVersions == b.settingVersions
            && a.erasures == b.erasures
            && a.expiries == b.expiries
            && a.epoch == b.epoch && a.level == b.level
            && a.isDrainPending == b.isDrainPending && a.leaving == b.leaving
    }
}

/// A customer's private chat with a project's bot.
public struct Chat: ShardKey, Comparable, Sendable {
    /// Whose bot.
    public var project: ProjectID
    /// Which customer.
    public var user: TelegramID
    /// A chat of these parts.
    public init(project: ProjectID, user: TelegramID) {
        self.project = project
        self.user = user
    }
    /// The customer's number: the projects are few.
    @inlinable public var shardBits: UInt64 { user.shardBits }
    /// By project, then user.
    public static func < (a: Chat, b: Chat) -> Bool {
        a.project != b.project ? a.project < b.project : a.user < b.user
    }
}

/// An agent who left, with sessions in a project still to be put back.
struct Leaving: Hashable, Comparable, Sendable {
    /// How they left.
    enum Way: UInt8, Sendable {
        /// They may not answer any more: all their sessions go.
        case left = 0
        /// They are gone: what is unanswered goes.
        case gone = 1
    }
    var agent: AgentID
    var project: ProjectID
    var way = Way.left
    /// Who gets the sessions, where they can; nil: the queue.
    var to: AgentID?
    /// The last session that was looked at and stays.
    var after = SessionID(.min)
    static func < (a: Leaving, b: Leaving) -> Bool {
        a.agent != b.agent ? a.agent < b.agent : a.project < b.project
    }
}

/// Something stored that ends by itself.
enum Expiry: Hashable, Comparable, Sendable {
    case connection(Connection.Key)
    case signIn(AgentID, Int64)
    case exclusion(SessionID)
    case restriction(PoolID)
    case firstReply(ReplyWatch.Key)
    case gone(ProjectID)
    case rest(ProjectID)
}

/// A moment at which a decision may turn out otherwise although nothing stored changes.
enum Trigger: Hashable, Comparable, Sendable {
    /// A hidden page's grace ends.
    case grace(AgentID)
    /// The sliding window has room again.
    case window(AgentID)
    /// The head of a queue has waited long enough to go to somebody who is offline.
    case patience(ProjectID)
    /// A project that holds sessions opens.
    case opening(ProjectID)
}
