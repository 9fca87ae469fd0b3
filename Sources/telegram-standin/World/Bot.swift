import Telegram
import Wire

/// A bot: its conversations, its files and the updates that wait for it.
final class Bot {
    let id: Int64
    var token: Text
    let username: Text
    var name: Text
    unowned let world: World
    /// By customer.
    private(set) var conversations: [Int64: Conversation] = [:]
    /// Files by id.
    let files = FileShelf()
    /// What was asked to go wrong.
    var faults = FaultList()
    /// Where updates go; nil leaves them to `getUpdates`.
    var webhook: WebhookDelivery?
    /// The kinds of updates wanted; nil is the default set.
    var allowedUpdates: [Text]?
    /// The number of the next update; they go up by one each.
    private(set) var nextUpdateID: Int64
    /// The updates that nobody took yet, by number.
    private(set) var pending: [Int64: PendingUpdate] = [:]
    /// No pending update has a lower number.
    private var lowestUpdateID: Int64
    private var lastUpdateAt = 0.0
    /// The request that waits in `getUpdates`.
    var longPoll: LongPoll?
    /// Calls that name a chat, oldest first: when they came, whatever became of them. The oldest
    /// are dropped past a bound.
    private(set) var calls: [ChatCall] = []
    /// What became of deliveries.
    var deliveries = DeliveryLog()
    /// When `setWebhook` may be called again, in Telegram's seconds.
    var nextSetWebhook = 0.0
    /// Numbers messages over all private chats of the bot, as Telegram does.
    private var nextMessageID: Int64 = 1
    private var sendRate: RateBucket
    /// Buttons pressed and not answered yet: id and when it is too late.
    var openCallbacks: [Text: Double] = [:]
    /// How many of them were answered in time, and how many answers came too late or twice.
    var callbacksAnswered = 0
    var callbacksRefused = 0
    /// How many updates there were.
    private(set) var createdUpdates = 0

    /// An update that waits.
    struct PendingUpdate {
        let id: Int64
        let kind: Text
        /// `"kind":{...}`.
        let fields: [UInt8]
        /// Updates of one queue are delivered one after the other.
        let queue: Int64
        /// In Telegram's seconds; then it is dropped.
        let expiresAt: Double
    }

    /// A call that names a chat.
    struct ChatCall {
        /// In lower case.
        let method: String
        let chat: Int64
        /// The machine's clock since the start.
        let milliseconds: Int64
    }

    /// The most calls kept.
    static let maxCalls = 10_000

    /// Notes a call that came.
    func note(call method: String, chat: Int64) {
        let milliseconds = Int64(world.clock.machineSeconds * 1000)
        calls.append(ChatCall(method: method, chat: chat, milliseconds: milliseconds))
        if calls.count > Self.maxCalls { calls.removeFirst(Self.maxCalls / 10) }
    }

    /// The most updates that wait; then the oldest is dropped.
    static let maxPendingUpdates = 1_000_000

    init(id: Int64, token: Text, username: Text, name: Text, world: World) {
        self.id = id
        self.token = token
        self.username = username
        self.name = name
        self.world = world
        nextUpdateID = Int64.random(in: 100_000_000..<1_000_000_000, using: &world.random)
        lowestUpdateID = nextUpdateID
        sendRate = RateBucket(world.options.botRate, now: world.clock.machineSeconds)
    }

    /// The bot as the sender of a message.
    var userJSON: JSONValue {
        [
            "id": .int(id), "is_bot": true, "first_name": .text(name),
            "username": .text(username),
        ]
    }

    /// The conversation with a customer, begun if need be.
    func conversation(with customer: Customer) -> Conversation {
        if let conversation = conversations[customer.id] { return conversation }
        let conversation = Conversation(customer: customer, bot: self)
        conversations[customer.id] = conversation
        return conversation
    }

    /// The number of the next message.
    func takeMessageID() -> Int64 {
        defer { nextMessageID += 1 }
        return nextMessageID
    }

    /// Counts one message to a conversation; the seconds to wait when there were too many.
    func admitMessage(to conversation: Conversation) -> Int? {
        let options = world.options
        let now = world.clock.machineSeconds
        let wait = max(
            sendRate.wait(options.botRate, now: now),
            conversation.rate.wait(options.chatRate, now: now))
        if wait > 0 { return max(1, Int(wait.rounded(.up))) }
        if options.botRate.perSecond > 0 { sendRate.take() }
        if options.chatRate.perSecond > 0 { conversation.rate.take() }
        return nil
    }

    // MARK: Updates

    /// The kinds that are sent without being asked for.
    static let defaultUpdates: [Text] = [
        "message", "edited_message", "channel_post", "edited_channel_post", "inline_query",
        "chosen_inline_result", "callback_query", "shipping_query", "pre_checkout_query", "poll",
        "poll_answer", "my_chat_member", "chat_join_request", "business_connection",
        "business_message", "edited_business_message", "deleted_business_messages",
        "purchased_paid_media", "chat_boost", "removed_chat_boost",
    ]

    /// Whether updates of this kind are wanted.
    func wants(_ kind: Text) -> Bool {
        guard let allowedUpdates else { return Self.defaultUpdates.contains(kind) }
        return allowedUpdates.contains(kind)
    }

    /// Queues an update and gives its number; nil when its kind is not wanted.
    @discardableResult
    func push(_ kind: Text, _ value: JSONValue, queue: Int64, lifetime: Double) -> Int64? {
        guard wants(kind) else { return nil }
        let now = world.clock.seconds
        if pending.isEmpty, lastUpdateAt > 0, now - lastUpdateAt > 7 * 86_400 {
            // After a week's quiet Telegram starts again from a random number.
            nextUpdateID = Int64.random(in: 100_000_000..<1_000_000_000, using: &world.random)
            lowestUpdateID = nextUpdateID
        }
        lastUpdateAt = now
        var json = JSONWriter()
        json.text(kind)
        let update = PendingUpdate(
            id: nextUpdateID, kind: kind,
            fields: json.bytes + [UInt8(ascii: ":")] + value.serialized(), queue: queue,
            expiresAt: now + lifetime)
        nextUpdateID += 1
        createdUpdates += 1
        pending[update.id] = update
        if pending.count > Self.maxPendingUpdates { forget(through: lowestPending) }
        if let webhook {
            webhook.updatesArrived()
        } else {
            longPoll?.updatesArrived()
        }
        return update.id
    }

    /// The body of an update, as it is delivered: the number, a line end, the rest.
    static func body(of update: PendingUpdate) -> [UInt8] {
        var body = Array("{\"update_id\":\(update.id),\n".utf8)
        body.append(contentsOf: update.fields)
        body.append(UInt8(ascii: "}"))
        return body
    }

    /// The lowest number that waits.
    var lowestPending: Int64 {
        while lowestUpdateID < nextUpdateID, pending[lowestUpdateID] == nil { lowestUpdateID += 1 }
        return lowestUpdateID
    }

    /// Drops one update.
    func forget(_ id: Int64) { pending[id] = nil }

    /// Drops updates up to this number.
    func forget(through id: Int64) {
        var lowest = lowestPending
        while lowest <= id, lowest < nextUpdateID {
            pending[lowest] = nil
            lowest += 1
        }
    }

    /// Drops all updates.
    func forgetAll() {
        pending = [:]
        lowestUpdateID = nextUpdateID
    }

    /// Drops the updates whose time is over.
    func forgetExpired() {
        let now = world.clock.seconds
        pending = pending.filter { $0.value.expiresAt > now }
    }
}
