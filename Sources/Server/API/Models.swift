import Foundation

/// The bodies of the API, as docs/API.md describes them. Identifiers are strings of digits, because
/// JavaScript's numbers are too short for them; times are RFC 3339 in UTC.
enum API {
    /// A person or thing by id and name.
    struct Named: Codable, Hashable {
        var id: String
        var name: String
    }
    /// An agent as others see it.
    struct AgentSummary: Encodable {
        var id: String
        var name: String
        var presence: String
    }
    /// An agent as administrators see it.
    struct AgentDetail: Encodable {
        var id: String
        var login: String
        var name: String
        var isAdmin: Bool
        var isActive: Bool
        var away: Bool
        var presence: String
        var openSessions: Int
        var openLimit: Int
        var newPerMinute: Int
        /// Absent while the cluster's feature level does not count it.
        var onlineSeconds: Int64?
        var etag: String?
    }
    /// `GET /api/v1/me`.
    struct Me: Encodable {
        var agent: Own
        var projects: [OwnProject]
        var nodes: [String]
        var node: String
        var index: String
        struct Own: Encodable {
            var id: String
            var login: String
            var name: String
            var isAdmin: Bool
            var away: Bool
            var presence: String
        }
        struct OwnProject: Encodable {
            var id: String
            var name: String
            var botUsername: String
            var mode: String
            var permissions: [String]
            var members: [AgentSummary]
            /// What its sessions can be tagged with.
            var tags: [String]
        }
    }
    /// A customer.
    struct Customer: Encodable {
        var id: String
        var name: String
        var username: String
        var language: String
        /// Whether they blocked the bot.
        var isBlocked: Bool
        /// Why Telegram delivers nothing to them: `blockedBot`, `deactivated`, `chatNotFound` or
        /// `notAllowed`; null: it does, as far as is known.
        @Null var unreachable: String?
        /// Whether the desk blocked them.
        var isBarred: Bool
        /// The first and last links that led them to the project, over their sessions up to this.
        @Null var firstSource: Source?
        @Null var lastSource: Source?
    }
    /// Where a session came from.
    struct Source: Encodable {
        var link: String?
        var name: String
        var status: String
    }
    /// The newest message of a session.
    struct LastMessage: Encodable {
        var text: String
        var kind: String
        var at: String
        var from: String
    }
    /// A session as lists show it.
    struct Session: Encodable {
        var id: String
        var project: String
        var state: String
        var version: Int64
        @Null var owner: Named?
        var customer: Customer
        /// The last and the first link that led to this session.
        @Null var source: Source?
        @Null var firstSource: Source?
        var openedAt: String
        @Null var waitingSince: String?
        @Null var lastMessage: LastMessage?
        var unread: Int
        var canClaim: Bool
        /// Whether it got no first reply in time from anybody whom it went to.
        var isAlerted: Bool
        /// The pool that it is for, by its link.
        @Null var pool: Named?
        /// The language to be spoken with the customer.
        var spokenLanguage: String
        var tags: [String]
        /// Only for one session: why its owner was chosen.
        var decision: Decision?
        /// Only for one session that waits: what refuses each agent now.
        var blockers: [Candidate]?
        /// Only for one session that waits: the single changes that would release it.
        var releases: [Release]?
    }
    /// One change that would release a waiting session.
    struct Release: Encodable {
        var code: String
        var text: String
        var agent: Named?
        var limit: Int?
        var until: String?
    }
    /// One reason with its figures.
    struct Reason: Encodable {
        var code: String
        var text: String
    }
    /// One agent in a decision.
    struct Candidate: Encodable {
        var agent: Named
        var reasons: [Reason]
        var chosen: Bool
    }
    /// Why a session went to an agent, or to none.
    struct Decision: Encodable {
        var index: String
        var at: String
        var cause: String
        var mode: String
        /// The pool in force; absent: the project's own.
        var pool: Named?
        /// The tier that had a candidate, the most wanted being 0; absent: all were alike.
        var tier: Int?
        @Null var chosen: Named?
        var candidates: [Candidate]
    }
    /// Something that happened in a session.
    struct Item: Encodable {
        var ordinal: String
        var at: String
        var kind: String
        var from: String
        var agent: Named?
        var to: Named?
        var text: String?
        var messageKind: String?
        /// How the text looks; absent: as it is.
        var entities: [Entity]?
        /// Telegram's number of the message in its chat; absent: it has none, or none yet.
        var number: String?
        /// Parts of one album have this in common.
        var album: String?
        /// The ordinal of the message that it answers, where that is known.
        var replyTo: String?
        /// Telegram's number of the message that a customer's message answers.
        var replyToNumber: String?
        /// The place, or the person, that it consists of.
        var location: Location?
        var contact: Contact?
        /// True when it is of a kind that can't be shown.
        var unsupported: Bool?
        /// The file in it; see `GET /api/v1/sessions/{id}/messages/{ordinal}/file`.
        var file: File?
        /// `opened` or `reopened` when this message did that to the session.
        var opening: String?
        /// The link that led here with this message.
        var source: String?
        var delivery: String?
        /// Why it failed or is uncertain, in Telegram's words or ours.
        var failure: String?
        /// What a failure means, and what to do; see `DeliveryWords`.
        var failureCode: String?
        var advice: String?
        var outbox: String?
        /// The ordinal of the message that was changed or deleted, where that is known.
        var of: String?
        /// Telegram's number of the message that a customer changed.
        var ofNumber: String?
        /// True when the text was changed before it went.
        var changed: Bool?
        var remark: String?
        /// Tags that were set, and that were removed.
        var added: [String]?
        var removed: [String]?
        /// What the project's rules say of the text of the item before, or of one not taken.
        var moderation: ModerationMark?
        var decision: Decision?
    }
    /// A list with the key of its next page, if there is one.
    struct Page<Element: Encodable>: Encodable {
        var index: String
        var items: [Element]
        @Null var next: String?
    }
    /// `POST /api/v1/sign-in`.
    struct SignIn: Decodable {
        var login: String
        var password: String
    }
    /// `POST .../reply`; a remark and a note have the text alone.
    struct Reply: Decodable {
        var text: String
        var entities: [Entity]?
        var confirm: Bool?
        /// Of a reply alone: the ordinal of the message that it answers.
        var replyTo: String?
    }
    /// A change that carries the version it saw.
    struct Versioned: Decodable { var version: Int64? }
    /// `POST .../transfer`.
    struct Transfer: Decodable {
        var version: Int64?
        var to: String
        var remark: String?
        var confirm: Bool?
    }
    /// `POST .../customers/{user}/block`.
    struct Block: Decodable { var blocked: Bool }
    /// `PUT /api/v1/me/presence`.
    struct Presence: Decodable { var away: Bool }
}

/// An optional that is written as `null`, where a synthesized encoder would leave the key out.
@propertyWrapper
struct Null<Value: Encodable>: Encodable {
    var wrappedValue: Value?
    init(wrappedValue: Value?) { self.wrappedValue = wrappedValue }
    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        if let wrappedValue {
            try container.encode(wrappedValue)
        } else {
            try container.encodeNil()
        }
    }
}
