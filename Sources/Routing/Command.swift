import Wire

/// What can be asked of the routing state machine. Each is one log entry; `RoutingState.apply`
/// gives its outcome. Tags are never reused.
public enum Command: Hashable, Sendable {
    /// Nothing but the passing of log time: due deadlines fire.
    case advance
    /// The first administrator; refused as `alreadyExists` once any agent exists.
    case bootstrap(login: Text, name: Text, passwordHash: Text)

    /// A new agent; the outcome carries its id.
    case createAgent(by: AgentID?, login: Text, name: Text, passwordHash: Text, isAdmin: Bool)
    /// Changes the given fields of an agent; nil leaves a field.
    case updateAgent(AgentID, by: AgentID?, AgentChange)
    /// A browser signed in: `tokenHash` is SHA-256 of its cookie.
    case signIn(AgentID, tokenHash: [UInt8], idleMilliseconds: Int64, absoluteMilliseconds: Int64)
    /// The browser signed out, or was signed out.
    case signOut(AgentID, tokenHash: [UInt8])

    /// A new project; the outcome carries its id. `sealed` fields are encrypted by the ingress.
    case createProject(by: AgentID?, ProjectSettings)
    /// Replaces a project's settings.
    case updateProject(ProjectID, by: AgentID?, ProjectSettings)
    /// Replaces a project's ordered list of members, in one command.
    /// The sessions of who leaves go back to the queue, or to `handOver`.
    case setMembers(ProjectID, by: AgentID?, [Member], handOver: AgentID? = nil)
    /// A new named pool of a project; the outcome carries its id.
    case createPool(by: AgentID?, ProjectID, PoolSettings)
    /// Replaces a pool's settings.
    case updatePool(PoolID, by: AgentID?, PoolSettings)
    /// A pool is no more; what was for it is for the whole project.
    case removePool(PoolID, by: AgentID?)
    /// A new link; refused as `alreadyExists` when the code is taken.
    case createLink(by: AgentID?, LinkSettings)
    /// Replaces a link's settings.
    case updateLink(LinkID, by: AgentID?, LinkSettings)

    /// A Telegram update, decoded at the ingress. Idempotent by (project, update id).
    case update(InboundUpdate)
    /// Clicks from one node's spool. Idempotent by (spool epoch, sequence).
    case clicks([Click])

    /// A node opens, renews or changes the leases of its console connections, all in one entry.
    case renewLeases(node: UInt64, incarnation: UInt64, [Lease])
    /// Console connections closed.
    case closeConnections(node: UInt64, incarnation: UInt64, [UInt64])
    /// The agent's declared availability.
    case setAway(AgentID, Bool)

    /// An agent's message to a customer. On a waiting session it claims first.
    case reply(SessionID, by: AgentID, text: Text)
    /// Take a waiting session; compare-and-set on its version.
    case claim(SessionID, by: AgentID, version: UInt64)
    /// Hand a session to an agent, or to whom the mode decides (`to` nil). `confirmed` accepts an
    /// agent who is offline, away or full, which is recorded as an override.
    case transfer(
        SessionID, by: AgentID, to: AgentID?, version: UInt64, remark: Text, confirmed: Bool)
    /// Put a session back into the queue at its old place, its giver excluded.
    case giveBack(SessionID, by: AgentID, version: UInt64)
    /// A manager takes a session over.
    case takeOver(SessionID, by: AgentID, version: UInt64)
    /// The desk bars (true) a customer, or lets them in again. With the version of the session that
    /// it saw: refused if that is another now.
    case bar(TelegramID, of: ProjectID, by: AgentID, Bool, version: UInt64? = nil)
    /// A node tells what a project's hours are in UTC.
    case resolveHours(ProjectID, Hours, OpenTimes)
    /// End a session.
    case complete(SessionID, by: AgentID, version: UInt64)
    /// Open a completed session again for the agent who asks (undo).
    case reopen(SessionID, by: AgentID, version: UInt64)

    /// A new leader's office: older `sending` become `uncertain`.
    case beginEpoch(UInt64)
    /// The sender is about to call the Bot API for these messages.
    case startSending([OutboxID], epoch: UInt64)
    /// What became of a call; ignored unless the message is `sending` in this epoch.
    case finishSending(OutboxID, epoch: UInt64, DeliveryResult)
    /// A person asks to repeat a `failed` or `uncertain` message.
    case resend(OutboxID, by: AgentID)

    /// The cluster does from here on what this level says; never goes down.
    case raiseLevel(to: FeatureLevel)

    // From the second level on.

    /// An administrator signs an agent out everywhere, which takes them offline at once.
    case forceOffline(AgentID, by: AgentID?)
    /// A new API token that acts for an agent, until it ends or is revoked; `tokenHash` is its
    /// SHA-256. The outcome has its id.
    case createToken(
        by: AgentID?, name: Text, for: AgentID, tokenHash: [UInt8], scopes: TokenScopes,
        ends: LogTime? = nil)
    /// An API token counts no more.
    case revokeToken(APITokenID, by: AgentID?)
    /// An agent's note on a session for themselves alone.
    case addNote(SessionID, by: AgentID, text: Text)
    /// An agent's remark on a session for all who see it.
    case addRemark(SessionID, by: AgentID, text: Text)
    /// Sets and removes tags of a session.
    case setTags(SessionID, by: AgentID, add: [Text], remove: [Text])
    /// Replaces what a project's desk says and files by.
    case setDeskBook(ProjectID, by: AgentID?, DeskBook)
    /// Replaces what a project does not want said.
    case setModeration(ProjectID, by: AgentID?, [ModerationRule])
    /// An agent's message to a customer of which rules speak, and that goes out all the same.
    case moderatedReply(SessionID, by: AgentID, text: Text, Verdict)
    /// An agent's message with formatting; and what rules say of it, if they say anything.
    case formattedReply(SessionID, by: AgentID, text: Text, [TextEntity], Verdict?)
    /// An agent's message that answers one of the chat's messages; otherwise as `formattedReply`.
    case answer(
        SessionID, by: AgentID, to: SentMessage, text: Text, [TextEntity], Verdict?)
    /// An agent changes or deletes a message of theirs that is at Telegram. The node that took it
    /// in has read in the history whose it is.
    case revise(SessionID, by: AgentID, SentMessage, Revision, Verdict?)
    /// An agent changes or withdraws a message of theirs that has not gone yet.
    case reviseQueued(OutboxID, by: AgentID, Revision, Verdict?)
    /// An agent's photo or document, whose bytes one node holds; with what rules say of its
    /// caption, if they say anything.
    case replyWithFile(
        SessionID, by: AgentID, caption: Text, [TextEntity], Verdict?, FileOffer)
    /// A node holds no agents' files any more but those that came to one incarnation of it (nil:
    /// none). Idempotent.
    case forgetFiles(holder: UInt64, but: UInt64?)
    /// An agent's message that was not taken.
    case refuseReply(SessionID, by: AgentID, Verdict)
    /// A new link with terms; refused as `alreadyExists` when the code is taken.
    case makeLink(by: AgentID?, LinkSettings, LinkTerms)
    /// Replaces a link's settings and terms; compare-and-set on its version if one is given.
    case editLink(LinkID, by: AgentID?, version: UInt64?, LinkSettings, LinkTerms)
    /// A node tells its public URL; empty: it has none any more.
    case tellURL(node: UInt64, Text)
    /// A project's webhook points somewhere else now, or is about to.
    case pointWebhook(ProjectID, WebhookPoint)
    /// A new hook of a project, its secret encrypted by the ingress; the outcome has its id.
    case createHook(by: AgentID?, ProjectID, HookSettings, sealedSecret: [UInt8])
    /// Replaces a hook's settings, and its secret unless that is empty.
    case updateHook(HookID, by: AgentID?, HookSettings, sealedSecret: [UInt8])
    /// A hook is no more, nor what waited for it.
    case removeHook(HookID, by: AgentID?)
    /// A delivery that says nothing, to try a hook; the outcome has its number.
    case pingHook(HookID, by: AgentID?)
    /// A delivery is not tried any more.
    case passOverDelivery(Int64, of: HookID, by: AgentID?)
    /// What became of deliveries that were tried. Idempotent by number and failures.
    case finishDeliveries([HookReport])
    /// A manager has a customer of a project erased; the outcome has the erasure's number.
    case eraseCustomer(TelegramID, of: ProjectID, by: AgentID)
    /// What may stay of some of an erased customer's session's history, from an ordinal on.
    case eraseSession(ErasureID, SessionID, from: Int64, [HistoryItem])
    /// Everything of an erased customer was gone through.
    case finishErasure(ErasureID)
    /// Clicks without their visitors, in place of clicks that are too old or of erased customers.
    case forgetClicks([Click])
    /// A node has nothing in its files any more of what was erased up to a log index.
    case tellErased(node: UInt64, Int64)
    /// A configuration command that an API token's holder gives; the audit log names the token.
    indirect case through(APITokenID, Command)
    /// A command that changes a setting if nothing has since this version; see `Setting`.
    indirect case ifUnchanged(since: UInt64, Command)
    /// A browser goes on at another address: its sign-in has another cookie from here on, and the
    /// old one counts no more. Both are SHA-256.
    case moveSignIn(from: [UInt8], to: [UInt8])
}

/// Fields of an agent to change; nil leaves a field as it is.
public struct AgentChange: Hashable, Sendable {
    /// Display name.
    public var name: Text?
    /// Encoded scrypt hash.
    public var passwordHash: Text?
    /// Whether the agent administers the whole installation.
    public var isAdmin: Bool?
    /// A deactivated agent is given nothing and can't sign in.
    public var isActive: Bool?
    /// Open sessions over all projects; 0 is no limit.
    public var openLimit: UInt32?
    /// New sessions a minute over all projects; 0 is no limit.
    public var newPerMinute: UInt32?
    /// With a deactivation: who gets the sessions, where they can; nil: the queue.
    public var handOver: AgentID?
    /// A change of nothing.
    public init() {}
}

/// What an agent may do in a project.
public struct Permissions: OptionSet, Hashable, Sendable {
    /// The bits.
    public let rawValue: UInt8
    /// The permissions with these bits.
    public init(rawValue: UInt8) { self.rawValue = rawValue }
    /// See all of the project's sessions.
    public static let view = Permissions(rawValue: 1)
    /// Answer customers and be given sessions.
    public static let reply = Permissions(rawValue: 2)
    /// Hand one's sessions on.
    public static let transfer = Permissions(rawValue: 4)
    /// Manage the project.
    public static let manage = Permissions(rawValue: 8)
    /// All of them.
    public static let all: Permissions = [.view, .reply, .transfer, .manage]
}

/// A place in a project's ordered list.
public struct Member: Hashable, Sendable {
    /// Who.
    public var agent: AgentID
    /// What they may do here.
    public var permissions: Permissions
    /// Whether they are named when the scope is *specified agents*.
    public var isInScope: Bool
    /// Languages and skills; see `MemberRule`.
    public var tags: [Text]
    /// A member of these parts.
    public init(
        agent: AgentID, permissions: Permissions, isInScope: Bool = true, tags: [Text] = []
    ) {
        self.agent = agent
        self.permissions = permissions
        self.isInScope = isInScope
        self.tags = tags
    }
}

/// How the next agent is chosen.
public enum Mode: UInt8, Hashable, Sendable, CaseIterable {
    /// The next candidate after the cursor.
    case roundRobin = 0
    /// Among receiving candidates, by `Balance`.
    case onlineFirst = 1
}

/// How *online first* chooses among candidates.
public enum Balance: UInt8, Hashable, Sendable, CaseIterable {
    /// In turn.
    case roundRobin = 0
    /// Fewest open sessions, tie by longest since the last assignment.
    case leastLoaded = 1
    /// A seeded draw from the log index.
    case random = 2
}

/// Whether a session may go to somebody who is not receiving when nobody is.
public enum AssignOffline: Hashable, Sendable {
    /// It waits.
    case never
    /// After it has waited this many milliseconds.
    case after(milliseconds: Int64)
}

/// Who of the list may be given sessions.
public enum Scope: UInt8, Hashable, Sendable, CaseIterable {
    /// Every member with *reply*.
    case allAgents = 0
    /// Only members with `isInScope`.
    case specifiedAgents = 1
}

/// Which waiting session may be claimed.
public enum ClaimRule: UInt8, Hashable, Sendable, CaseIterable {
    /// Any.
    case any = 0
    /// The first that this agent could be given.
    case head = 1
}

/// A project's settings. Secrets are sealed under the cluster's key before they get here.
public struct ProjectSettings: Hashable, Sendable {
    /// Name for people.
    public var name: Text
    /// The bot's username without `@`.
    public var botUsername: Text
    /// The bot token, sealed.
    public var sealedToken: [UInt8]
    /// The webhook secret, sealed.
    public var sealedSecret: [UInt8]
    /// How the next agent is chosen.
    public var mode: Mode = .roundRobin
    /// How *online first* chooses among candidates.
    public var balance: Balance = .roundRobin
    /// nil: the mode's default (round robin `never`, online first `after(0)`).
    public var assignOffline: AssignOffline?
    /// Who of the list may be given sessions.
    public var scope: Scope = .allAgents
    /// Seats; nil is no limit.
    public var seats: UInt32?
    /// Which waiting session may be claimed.
    public var claim: ClaimRule = .any
    /// Waiting sessions are only ever claimed, never assigned.
    public var claimOnly = false
    /// Tighter limit of open sessions per agent in this project; 0 is none.
    public var openLimit: UInt32 = 0
    /// Tighter limit of new sessions a minute per agent in this project; 0 is none.
    public var newPerMinute: UInt32 = 0
    /// How long a hidden page still counts as visible; nil is forever, 0 strict.
    public var hiddenGraceMilliseconds: Int64? = 60_000
    /// Within this time of completion a message reopens the same session.
    public var reopenMilliseconds: Int64 = 86_400_000
    /// What happens by itself.
    public var timers = Timers()
    /// When it is open; nil: always.
    public var hours: Hours?
    /// How many messages of one customer are taken in a minute; 0 is no limit.
    public var messagesPerMinute: UInt32 = 0
    /// How many days clicks on the project's links are kept; 0 is for ever.
    public var clickRetentionDays: UInt32 = 0
    /// Settings with defaults.
    public init(
        name: Text, botUsername: Text, sealedToken: [UInt8] = [], sealedSecret: [UInt8] = []
    ) {
        self.name = name
        self.botUsername = botUsername
        self.sealedToken = sealedToken
        self.sealedSecret = sealedSecret
    }
}

/// A link's settings.
public struct LinkSettings: Hashable, Sendable {
    /// The path: `https://<host>/<code>`.
    public var code: Text
    /// The source label.
    public var name: Text
    /// The project its clicks lead to.
    public var project: ProjectID
    /// Off links show a short page.
    public var isEnabled: Bool
    /// After this moment the link is expired; nil is never.
    public var expires: LogTime?
    /// `tg://` instead of `https://t.me/`.
    public var opensApp: Bool
    /// Its sessions are for this pool of the project alone; nil: for the whole project.
    public var pool: PoolID?
    /// Whom its sessions would rather have; they have the whole project.
    public var prefer = MemberRule()
    /// The language of its customers, in lower case; empty: as Telegram says.
    public var language: Text = ""
    /// Settings of these parts.
    public init(
        code: Text, name: Text, project: ProjectID, isEnabled: Bool = true,
        expires: LogTime? = nil, opensApp: Bool = false
    ) {
        self.code = code
        self.name = name
        self.project = project
        self.isEnabled = isEnabled
        self.expires = expires
        self.opensApp = opensApp
    }
}

/// A Telegram update that passed the ingress.
public struct InboundUpdate: Hashable, Sendable {
    /// Whose bot.
    public var project: ProjectID
    /// Telegram's update id.
    public var updateID: Int64
    /// What happened.
    public var content: Content
    /// What the project's rules say of the text of a message or an edit.
    public var verdict: Verdict?
    /// What an update can mean here.
    public enum Content: Hashable, Sendable {
        /// A message of a customer.
        case message(InboundMessage)
        /// A customer changed a message; never opens a session.
        case edit(InboundMessage)
        /// The customer blocked (true) or unblocked the bot.
        case blocked(TelegramID, Bool)
        /// A button's callback; never opens a session.
        case callback(user: TelegramID, data: Text)
        /// Acknowledged and counted, nothing else.
        case unsupported(kind: Text)
    }
    /// An update of these parts.
    public init(project: ProjectID, updateID: Int64, content: Content) {
        self.project = project
        self.updateID = updateID
        self.content = content
    }
}

/// A customer's message.
public struct InboundMessage: Hashable, Sendable {
    /// Who wrote; in a private chat also the chat.
    public var user: TelegramID
    /// First and last name, joined.
    public var name: Text
    /// Username without `@`; may be empty.
    public var username: Text
    /// BCP 47, as Telegram tells it; may be empty.
    public var language: Text
    /// Telegram's number of the message in its chat.
    public var messageID: Int64
    /// `text`, `photo`, ... as the Bot API names the field; other kinds as they came.
    public var kind: Text
    /// The text or caption; may be empty.
    public var text: Text
    /// The file id of the attachment; may be empty.
    public var fileID: Text
    /// What `/start` carried, verified at the ingress.
    public var start: Start?
    /// How the text looks, and what is told of the file; none at the first level.
    public var extras = MessageExtras()
    /// A message of these parts.
    public init(
        user: TelegramID, name: Text, username: Text = "", language: Text = "",
        messageID: Int64, kind: Text = "text", text: Text, fileID: Text = "", start: Start? = nil
    ) {
        self.user = user
        self.name = name
        self.username = username
        self.language = language
        self.messageID = messageID
        self.kind = kind
        self.text = text
        self.fileID = fileID
        self.start = start
    }
}

/// One console connection, as its node reports it.
public struct Lease: Hashable, Sendable {
    /// The node's number for the connection.
    public var connection: UInt64
    /// Whose.
    public var agent: AgentID
    /// Whether the page is visible.
    public var isVisible: Bool
    /// Whether the browser grants notifications.
    public var mayNotify: Bool
    /// The last log index that the page showed.
    public var shownIndex: UInt64
    /// For how long a hidden page has been so, where the cluster does not know: milliseconds. From
    /// the second level on.
    public var hiddenMilliseconds: UInt32 = 0
    /// A lease of these parts.
    public init(
        connection: UInt64, agent: AgentID, isVisible: Bool, mayNotify: Bool = false,
        shownIndex: UInt64 = 0
    ) {
        self.connection = connection
        self.agent = agent
        self.isVisible = isVisible
        self.mayNotify = mayNotify
        self.shownIndex = shownIndex
    }
}

extension [Lease] {
    /// Whether any says for how long its page has been hidden, which the first level can't.
    var tellHiddenTimes: Bool { contains { $0.hiddenMilliseconds > 0 } }
}
