import Wire

extension Checkup {
    /// One thing that was found, good or bad, with its figures.
    public enum Finding: Hashable, Sendable {
        /// About what Telegram says.
        case telegram(TelegramFinding)
        /// About a link.
        case link(LinkFinding)
        /// About who may be given what comes in.
        case roster(RosterFinding)
        /// About what an agent does.
        case agent(AgentFinding)
        /// About a session and its messages.
        case session(SessionFinding)
        /// So many findings more, none worse than this.
        case more(Int, Verdict)

        /// How bad it is.
        public var verdict: Verdict {
            switch self {
            case .telegram(let finding): finding.verdict
            case .link(let finding): finding.verdict
            case .roster(let finding): finding.verdict
            case .agent(let finding): finding.verdict
            case .session(let finding): finding.verdict
            case .more(_, let verdict): verdict
            }
        }
    }

    /// What Telegram says of the bot and its webhook.
    public enum TelegramFinding: Hashable, Sendable {
        /// The token is of the bot with this username, the project's.
        case bot(username: Text)
        /// The project has no token that this cluster can read.
        case noToken
        /// Telegram does not know the token; its words.
        case tokenRefused(reason: Text)
        /// The token is of another bot than the project says.
        case otherBot(username: Text, expected: Text)
        /// Telegram did not answer; why.
        case silent(reason: Text)
        /// Telegram delivers here; so many updates wait.
        case webhook(url: Text, pending: Int64)
        /// Telegram delivers nowhere.
        case noWebhook
        /// Telegram delivers to something that is not this project's address.
        case foreignWebhook(url: Text)
        /// The path is the project's, the host none that a node gives as its own.
        case otherAddress(url: Text, own: [Text])
        /// So many updates wait.
        case updatesWait(Int64)
        /// The last failed delivery.
        case webhookError(reason: Text, at: LogTime, isRecent: Bool)
        /// Telegram can't be asked about the webhook without a good token.
        case webhookNotAsked

        var verdict: Verdict {
            switch self {
            case .bot, .webhook, .webhookError(_, _, isRecent: false): .ok
            case .silent, .webhookNotAsked: .unknown
            case .otherAddress, .updatesWait, .webhookError: .warning
            case .noToken, .tokenRefused, .otherBot, .noWebhook, .foreignWebhook: .problem
            }
        }
    }

    /// What is with a link.
    public enum LinkFinding: Hashable, Sendable {
        /// So many links work.
        case work(Int)
        /// It is switched off.
        case off(LinkID)
        /// It has expired.
        case expired(LinkID, LogTime)
        /// It leads to a bot that is not the token's.
        case toOtherBot(LinkID, username: Text)
        /// A parameter rule leads to a project that has no bot token.
        case toUnready(LinkID, ProjectID)
        /// It names a pool that is no more.
        case withoutPool(LinkID)

        var verdict: Verdict {
            switch self {
            case .work: .ok
            case .off, .expired, .toUnready, .withoutPool: .warning
            case .toOtherBot: .problem
            }
        }
    }

    /// Who may be given what comes in.
    public enum RosterFinding: Hashable, Sendable {
        /// So many members are active and may answer, and every one of so many pools has some.
        case manned(members: Int, pools: Int)
        /// No member is active and may answer.
        case empty
        /// Nobody whom the pool names is active and may answer; so many links lead to it.
        case emptyPool(PoolID, links: Int)
        /// So many members may be given what comes in.
        case inScope(Int)
        /// No member may be given anything.
        case nobodyInScope
        /// The pool has agents who may answer, and none of them may be given anything.
        case poolOutOfScope(PoolID, links: Int)
        /// The link's customers speak this language, and nobody who may be given them does.
        case unspoken(LinkID, language: Text)
        /// The link prefers agents of whom none may be given anything.
        case preferredNobody(LinkID)
        /// May answer and is not among the specified agents; so many sessions wait.
        case leftOut(AgentID, waiting: Int)
        /// There is no limit of seats.
        case seatsUnlimited
        /// So many of the seats are taken.
        case seats(taken: Int, of: Int)
        /// May answer and has no seat.
        case overSeat(AgentID, seats: Int)

        var verdict: Verdict {
            switch self {
            case .manned, .inScope, .leftOut(_, waiting: 0), .seatsUnlimited, .seats: .ok
            case .unspoken, .preferredNobody, .leftOut, .overSeat: .warning
            case .empty, .emptyPool, .nobodyInScope, .poolOutOfScope: .problem
            }
        }
    }

    /// What an agent does, or the agents do.
    public enum AgentFinding: Hashable, Sendable {
        /// So many members have a page open, and each shows what its agent was given.
        case pagesCurrent(Int)
        /// At this moment a session was given at a log index that no page of the agent has shown.
        case stalePage(AgentID, since: LogTime, shown: UInt64, given: Int64)
        /// So many members have a page open that may notify.
        case mayNotify(Int)
        /// None of so many open pages of the agent may notify.
        case notificationsBlocked(AgentID, pages: Int)
        /// Nobody who may answer has a page open.
        case noPageOpen
        /// So many members have been here within the week.
        case active(Int)
        /// The member has never signed in.
        case neverSignedIn(AgentID)
        /// The member has not been here since.
        case inactive(AgentID, since: LogTime)

        var verdict: Verdict {
            switch self {
            case .pagesCurrent, .mayNotify, .active: .ok
            case .noPageOpen: .unknown
            case .stalePage, .notificationsBlocked, .neverSignedIn, .inactive: .warning
            }
        }
    }

    /// What is with a session, or with the sessions.
    public enum SessionFinding: Hashable, Sendable {
        /// So many completed sessions were looked at, and nothing was written after the end.
        case quiet(Int)
        /// The customer is barred and wrote after the session was completed.
        case writtenAfter(SessionID, at: LogTime)
        /// An agent had the session before, and it waits again since this moment.
        case waitsAgain(SessionID, since: LogTime)
        /// No message failed.
        case delivered
        /// So many messages of the session failed for this reason.
        case failed(SessionID, messages: Int, reason: Text)
        /// Of so many messages of the session nobody knows whether they arrived.
        case uncertain(SessionID, messages: Int, reason: Text)

        var verdict: Verdict {
            switch self {
            case .quiet, .delivered: .ok
            case .writtenAfter, .waitsAgain, .failed, .uncertain: .warning
            }
        }
    }
}
