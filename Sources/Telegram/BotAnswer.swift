import Wire

/// What the Bot API made of a call.
public enum BotAnswer: Hashable, Sendable {
    /// Done; the call's result.
    case ok(JSONValue)
    /// Not done: too many calls. Try again after this many seconds.
    case retryAfter(seconds: Int, reason: Text)
    /// Not done, and repeating it as it is would not help.
    case failed(BotFailure)
    /// Telegram, or something before it, is in trouble: it may have been done or not.
    case unavailable(reason: Text)

    /// The longest pause taken from an answer, in seconds.
    public static let longestRetryAfter = 86_400

    /// Sorts an HTTP answer. `retryAfter` is the value of the header of that name.
    public static func classify(
        status: Int, retryAfter: Text? = nil, body: [UInt8]
    ) -> BotAnswer {
        let json = try? JSONValue.parse(body)
        if json?["ok"]?.bool == true, (200...299).contains(status), let result = json?["result"] {
            return .ok(result)
        }
        let code = json?["error_code"]?.int.map { Int(clamping: $0) } ?? status
        let description = json?["description"]?.text ?? Text("HTTP status \(status)")
        switch code {
        case 429:
            let told = json?["parameters"]?["retry_after"]?.int
            let header = retryAfter.flatMap { Int64($0.string) }
            let seconds = Int(clamping: max(1, told ?? header ?? 1))
            return .retryAfter(seconds: min(seconds, longestRetryAfter), reason: description)
        case 400...499:
            let kind = BotFailure.Kind(code: code, description: description, json: json)
            return .failed(BotFailure(kind: kind, code: code, description: description))
        default: return .unavailable(reason: description)
        }
    }
}

/// Why a call failed for good.
public struct BotFailure: Hashable, Sendable {
    /// What it means for us.
    public var kind: Kind
    /// The `error_code`, or the HTTP status without one.
    public var code: Int
    /// Telegram's words.
    public var description: Text

    /// What a failure means for us.
    public enum Kind: Hashable, Sendable {
        /// The person has blocked the bot.
        case blockedByUser
        /// The account is gone.
        case userDeactivated
        /// The person has never started the bot, or the number is wrong.
        case chatNotFound
        /// Another reason why the bot may not write there.
        case forbidden
        /// The token is wrong or revoked.
        case unauthorized
        /// The token has no bot, or the method does not exist.
        case notFound
        /// Another program uses the token in a way that excludes this call.
        case conflict
        /// Over 4,096 code points, or over 1,024 in a caption.
        case messageTooLong
        /// Nothing is left of the text once it is trimmed.
        case messageEmpty
        /// The group has become a supergroup with this number.
        case migrated(to: Int64)
        /// The call is wrong in another way.
        case badRequest

        init(code: Int, description: Text, json: JSONValue?) {
            if let chat = json?["parameters"]?["migrate_to_chat_id"]?.int {
                self = .migrated(to: chat)
                return
            }
            switch code {
            case 401: self = .unauthorized
            case 404: self = .notFound
            case 409: self = .conflict
            case 403: self = Self.forbidden(description)
            default: self = Self.badRequest(description)
            }
        }

        /// What a failure means, by Telegram's words alone: for what is kept as text.
        public init(reason: Text) {
            if reason.contains("Unauthorized") {
                self = .unauthorized
            } else if reason == "Not Found" {
                self = .notFound
            } else if reason.contains("Forbidden") {
                self = Self.forbidden(reason)
            } else {
                self = Self.badRequest(reason)
            }
        }

        private static func forbidden(_ description: Text) -> Kind {
            if description.contains("blocked by the user") { return .blockedByUser }
            if description.contains("user is deactivated") { return .userDeactivated }
            if description.contains("initiate conversation") { return .chatNotFound }
            return .forbidden
        }

        private static func badRequest(_ description: Text) -> Kind {
            if description.contains("chat not found") { return .chatNotFound }
            if description.contains("is too long") { return .messageTooLong }
            if description.contains("text is empty") { return .messageEmpty }
            return .badRequest
        }
    }

    /// A failure of these parts.
    public init(kind: Kind, code: Int, description: Text) {
        self.kind = kind
        self.code = code
        self.description = description
    }

    /// Whether a message is already as a change or a deletion would make it.
    public var isDoneAlready: Bool {
        description.contains("message is not modified")
            || description.contains("message to delete not found")
    }

    /// Whether a file is larger than bots may download.
    public var isTooLargeFile: Bool { description.contains("file is too big") }

    /// Whether nothing of this bot can be sent until somebody repairs the settings.
    public var blocksBot: Bool { kind == .unauthorized || kind == .notFound }
}

extension Text {
    /// Whether these letters occur, byte for byte.
    func contains(_ part: StaticString) -> Bool {
        let wanted = Array(part.description.utf8)
        guard utf8.count >= wanted.count else { return false }
        return (0...utf8.count - wanted.count).contains { utf8[$0...].starts(with: wanted) }
    }
}
