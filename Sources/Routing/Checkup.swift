import Wire

/// What may be wrong with a project, looked at by itself: ten checks, and what could not be
/// delivered. Worked out when somebody asks, from the state and from what the node found out;
/// nothing of it is kept.
public struct Checkup: Hashable, Sendable {
    /// What is looked at; the order is that of the answer.
    public enum Check: UInt8, Hashable, Sendable, CaseIterable {
        /// Whether Telegram knows the bot token, and as which bot.
        case botToken
        /// Whether Telegram delivers to this cluster, and without errors.
        case webhook
        /// Whether the project's links work and lead to its bot.
        case links
        /// Whether the project, and each of its pools, has somebody who may answer.
        case roster
        /// Whether somebody may be given what comes in: by scope, pool and language.
        case scope
        /// Whether every agent who may answer holds a seat.
        case seats
        /// Whether open pages show what their agents were given.
        case stalePages
        /// Whether browsers may tell agents of new sessions.
        case notifications
        /// Whether what customers wrote after a session was completed is with somebody.
        case completed
        /// Whether the members have been here within a week.
        case signIns
        /// Whether messages to customers failed; not one of the ten.
        case deliveries
    }
    /// How bad it is.
    public enum Verdict: UInt8, Hashable, Sendable, CaseIterable, Comparable {
        /// Nothing to do.
        case ok = 0
        /// Nobody can tell now.
        case unknown = 1
        /// Somebody should look.
        case warning = 2
        /// Customers don't get through, or nobody is given what they write.
        case problem = 3
        /// Worse is greater.
        public static func < (a: Verdict, b: Verdict) -> Bool { a.rawValue < b.rawValue }
    }
    /// One check with what it found.
    public struct Result: Hashable, Sendable {
        /// What was looked at.
        public let check: Check
        /// What was found; never empty.
        public let findings: [Finding]
        /// The worst of the findings.
        public var verdict: Verdict { findings.map(\.verdict).max()! }

        /// Of many findings the worst stay, `limit` at most, and the number of the others.
        init(_ check: Check, _ found: [Finding]) {
            self.check = check
            let worstFirst = Verdict.allCases.reversed().flatMap { verdict in
                found.filter { $0.verdict == verdict }
            }
            let others = worstFirst.dropFirst(Checkup.limit)
            findings =
                worstFirst.prefix(Checkup.limit)
                + (others.isEmpty ? [] : [.more(others.count, others.first!.verdict)])
        }
    }

    /// The ten checks, in order.
    public let ten: [Result]
    /// What could not be delivered.
    public let deliveries: Result
    /// The worst of all.
    public var verdict: Verdict { (ten + [deliveries]).map(\.verdict).max()! }

    /// Findings of one check that are told one by one.
    public static let limit = 20
    /// Completed sessions that are looked at, the newest, and waiting ones, the oldest.
    static let sessionsLookedAt = 1000
    /// Messages that failed or are uncertain, and are looked at.
    static let messagesLookedAt = 1000
    /// Waiting updates beyond which a webhook is too slow.
    public static let pendingUpdates: Int64 = 100
    /// A webhook's last error counts for so long.
    public static let errorMilliseconds: Int64 = 3_600_000
    /// Who was not here for so long is inactive.
    public static let inactiveMilliseconds: Int64 = 7 * 86_400_000
}

/// What a node found out for a checkup, besides what is in the state.
public struct CheckupEvidence: Hashable, Sendable {
    /// What came of a question to Telegram.
    public enum Answer<Value: Hashable & Sendable>: Hashable, Sendable {
        /// Telegram said this.
        case told(Value)
        /// Telegram refused to say, with these words: the token is wrong.
        case refused(Text)
        /// Telegram can't be reached or is in trouble; why, in words.
        case silent(Text)
        /// There is no token to ask with.
        case noToken
    }
    /// How the webhook fares, as getWebhookInfo tells it.
    public struct Webhook: Hashable, Sendable {
        /// Empty: there is none.
        public var url: Text
        /// Updates that wait.
        public var pending: Int64
        /// The last delivery that failed.
        public var lastError: LastError?
        /// When a delivery failed, by Telegram's clock, and why.
        public struct LastError: Hashable, Sendable {
            /// When.
            public var at: LogTime
            /// Telegram's words.
            public var reason: Text
            /// An error of these parts.
            public init(at: LogTime, reason: Text) {
                self.at = at
                self.reason = reason
            }
        }
        /// A webhook of these parts.
        public init(url: Text, pending: Int64, lastError: LastError? = nil) {
            self.url = url
            self.pending = pending
            self.lastError = lastError
        }
    }
    /// The bot's username, as getMe tells it.
    public var bot: Answer<Text>
    /// The webhook.
    public var webhook: Answer<Webhook>
    /// How the nodes are reached from outside, each without a final slash.
    public var addresses: [Text]
    /// Evidence of these parts.
    public init(bot: Answer<Text>, webhook: Answer<Webhook>, addresses: [Text]) {
        self.bot = bot
        self.webhook = webhook
        self.addresses = addresses
    }
}

extension RoutingState {
    /// Looks a project over at a moment; nil: there is no such project. Changes nothing.
    public func checkup(
        of project: ProjectID, _ evidence: CheckupEvidence, at time: LogTime
    ) -> Checkup? {
        guard let slot = roomSlots[project] else { return nil }
        let ten = Checkup.Check.allCases.filter { $0 != .deliveries }
        return Checkup(
            ten: ten.map { check($0, slot, evidence, at: time) },
            deliveries: check(.deliveries, slot, evidence, at: time))
    }

    private func check(
        _ check: Checkup.Check, _ slot: Int, _ evidence: CheckupEvidence, at time: LogTime
    ) -> Checkup.Result {
        let findings: [Checkup.Finding] =
            switch check {
            case .botToken: token(in: slot, evidence.bot).map { .telegram($0) }
            case .webhook: webhook(in: slot, evidence, at: time).map { .telegram($0) }
            case .links: links(in: slot, evidence.bot, at: time).map { .link($0) }
            case .roster: roster(in: slot).map { .roster($0) }
            case .scope: scope(in: slot).map { .roster($0) }
            case .seats: seats(in: slot).map { .roster($0) }
            case .stalePages: pages(in: slot, at: time).map { .agent($0) }
            case .notifications: notifications(in: slot).map { .agent($0) }
            case .completed: completed(in: slot).map { .session($0) }
            case .signIns: signIns(in: slot, at: time).map { .agent($0) }
            case .deliveries: undelivered(in: slot).map { .session($0) }
            }
        return Checkup.Result(check, findings)
    }
}
