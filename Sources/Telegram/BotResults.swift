import Wire

/// The bot, as `getMe` tells it.
public struct BotIdentity: Hashable, Sendable {
    /// Its number, which is also the first part of its token.
    public var id: Int64
    /// Without `@`.
    public var username: Text
    /// The name for people.
    public var name: Text

    /// The result of `getMe`; nil when it is something else.
    public init?(_ result: JSONValue) {
        guard let id = result["id"]?.int, let username = result["username"]?.text else {
            return nil
        }
        self.id = id
        self.username = username
        name = result["first_name"]?.text ?? ""
    }
}

/// The webhook, as `getWebhookInfo` tells it.
public struct WebhookInfo: Hashable, Sendable {
    /// Empty when there is none.
    public var url: Text
    /// Updates that wait.
    public var pendingUpdates: Int64
    /// When a delivery failed last, in seconds since 1970.
    public var lastErrorDate: Int64?
    /// Why.
    public var lastErrorMessage: Text?
    /// Updates delivered at once.
    public var maxConnections: Int64?

    /// The result of `getWebhookInfo`; nil when it is something else.
    public init?(_ result: JSONValue) {
        guard let url = result["url"]?.text else { return nil }
        self.url = url
        pendingUpdates = result["pending_update_count"]?.int ?? 0
        lastErrorDate = result["last_error_date"]?.int
        lastErrorMessage = result["last_error_message"]?.text
        maxConnections = result["max_connections"]?.int
    }
}

/// A file that may be downloaded for an hour, as `getFile` tells it.
public struct BotFile: Hashable, Sendable {
    /// The path to ask for; see `BotMethod.fileTarget`.
    public var path: Text
    /// In bytes, when known.
    public var size: Int64?

    /// The result of `getFile`; nil when it is something else, or has no path.
    public init?(_ result: JSONValue) {
        guard let path = result["file_path"]?.text else { return nil }
        self.path = path
        size = result["file_size"]?.int
    }
}

/// A message with a file that we sent, as `sendPhoto` and `sendDocument` tell it.
public struct SentMedia: Hashable, Sendable {
    /// Telegram's number of the message.
    public var messageID: Int64
    /// By which the bot asks for the file; empty when it is not told.
    public var fileID: Text
    /// By which it asks for a small picture of it; may be empty.
    public var thumbnailID: Text

    /// The result of such a call; nil when it is something else. Of a photo the last size is the
    /// largest. What was sent as a document may come back as a kind of its own.
    public init?(_ result: JSONValue) {
        guard let messageID = result["message_id"]?.int else { return nil }
        self.messageID = messageID
        (fileID, thumbnailID) = ("", "")
        if let sizes = result["photo"]?.elements, let largest = sizes.last {
            fileID = largest["file_id"]?.text ?? ""
            if sizes.count > 1 { thumbnailID = sizes[0]["file_id"]?.text ?? "" }
            return
        }
        for kind in ["document", "animation", "video", "audio", "voice", "sticker"] {
            guard let file = result[kind], let id = file["file_id"]?.text else { continue }
            fileID = id
            thumbnailID = file["thumbnail"]?["file_id"]?.text ?? ""
            return
        }
    }
}
