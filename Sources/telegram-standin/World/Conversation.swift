import Wire

/// The private chat of one customer with one bot.
final class Conversation {
    let customer: Customer
    unowned let bot: Bot
    /// Whether the customer has ever written to the bot; before that it may not write.
    var isStarted = false
    var isBlocked = false
    /// In the order of their numbers; the oldest are dropped past a bound.
    private(set) var messages: [ChatMessage] = []
    /// What the bot is shown to be doing, the latest last.
    private(set) var actions: [Text] = []
    var rate: RateBucket
    /// Told whenever the bot writes.
    var onBotMessage: ((ChatMessage) -> Void)?

    /// The most messages kept.
    static let maxMessages = 2000
    /// The most actions kept.
    static let maxActions = 100

    init(customer: Customer, bot: Bot) {
        self.customer = customer
        self.bot = bot
        let world = bot.world
        rate = RateBucket(world.options.chatRate, now: world.clock.machineSeconds)
    }

    /// The message with this number.
    func message(_ id: Int64) -> ChatMessage? { index(of: id).map { messages[$0] } }

    private func index(of id: Int64) -> Int? {
        messages.lastIndex { $0.id == id && !$0.isDeleted }
    }

    /// Adds a message at the end.
    func append(_ message: ChatMessage) {
        messages.append(message)
        if messages.count > Self.maxMessages { messages.removeFirst(Self.maxMessages / 10) }
        if message.isFromBot { onBotMessage?(message) }
    }

    /// Changes a message in place; nil when there is none of this number.
    func change(_ id: Int64, _ change: (inout ChatMessage) -> Void) -> ChatMessage? {
        guard let index = index(of: id) else { return nil }
        change(&messages[index])
        return messages[index]
    }

    /// Notes what the bot is shown to be doing.
    func note(action: Text) {
        actions.append(action)
        if actions.count > Self.maxActions { actions.removeFirst() }
    }

    // MARK: What the customer does

    /// The customer sends something: the update goes to the bot.
    func customerSends(
        _ content: ChatMessage.Content, text: Text = "", replyTo: Int64? = nil,
        mediaGroup: Text? = nil
    ) -> (message: ChatMessage, update: Int64?) {
        if isBlocked { setBlocked(false) }
        isStarted = true
        let message = ChatMessage(
            id: bot.takeMessageID(), isFromBot: false, date: bot.world.clock.unixTime,
            content: content, text: text, entities: ChatMessage.commands(in: text, content),
            replyTo: replyTo, mediaGroup: mediaGroup)
        append(message)
        let update = bot.push(
            "message", message.json(in: self), queue: customer.id, lifetime: 86_400)
        return (message, update)
    }

    /// The customer changes a message: its text or caption, and what it consists of if that is
    /// given.
    func customerEdits(
        _ id: Int64, text: Text, content: ChatMessage.Content? = nil
    ) -> (message: ChatMessage, update: Int64?)? {
        guard message(id)?.isFromBot == false else { return nil }
        let date = bot.world.clock.unixTime
        let changed = change(id) {
            $0.text = text
            if let content { $0.content = content }
            $0.entities = ChatMessage.commands(in: text, $0.content)
            $0.editDate = date
        }
        guard let changed else { return nil }
        let update = bot.push(
            "edited_message", changed.json(in: self), queue: customer.id, lifetime: 86_400)
        return (changed, update)
    }

    /// The customer presses a button under a message of the bot.
    func customerPresses(_ id: Int64, data: Text) -> (query: Text, update: Int64?)? {
        guard let message = message(id), message.isFromBot else { return nil }
        let query = Text("\(UInt64.random(in: 1 << 60..<1 << 62, using: &bot.world.random))")
        let now = bot.world.clock.seconds
        bot.openCallbacks = bot.openCallbacks.filter { $0.value > now }
        bot.openCallbacks[query] = now + 150
        let value: JSONValue = [
            "id": .text(query), "from": customer.userJSON, "message": message.json(in: self),
            "chat_instance": .text(Text("\(customer.id &* 7_919 &+ bot.id)")),
            "data": .text(data),
        ]
        let update = bot.push(
            "callback_query", value, queue: customer.id &+ 3 << 33, lifetime: 150)
        return (query, update)
    }

    /// The customer blocks or unblocks the bot; the number of the update, if it changes anything.
    @discardableResult
    func setBlocked(_ blocked: Bool) -> Int64? {
        guard blocked != isBlocked else { return nil }
        isBlocked = blocked
        func member(_ banned: Bool) -> JSONValue {
            banned
                ? ["user": bot.userJSON, "status": "kicked", "until_date": 0]
                : ["user": bot.userJSON, "status": "member"]
        }
        let value: JSONValue = [
            "chat": customer.chatJSON, "from": customer.userJSON,
            "date": .int(bot.world.clock.unixTime), "old_chat_member": member(!blocked),
            "new_chat_member": member(blocked),
        ]
        return bot.push("my_chat_member", value, queue: customer.id &+ 5 << 33, lifetime: 86_400)
    }
}
