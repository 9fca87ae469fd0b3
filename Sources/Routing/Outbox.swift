import Wire

/// Messages not known to be delivered, in order for each chat.
struct Outbox: Equatable, Sendable {
    /// A chat's first queued message and when it may go; by project, then that.
    private struct Ready: Hashable, Comparable, Sendable {
        var project: ProjectID
        var time: LogTime
        var id: OutboxID
        static func < (a: Ready, b: Ready) -> Bool {
            if a.project != b.project { return a.project < b.project }
            return a.time != b.time ? a.time < b.time : a.id < b.id
        }
        /// Before all of a project.
        static func first(of project: ProjectID) -> Ready {
            Ready(project: project, time: LogTime(milliseconds: .min), id: OutboxID(.min))
        }
    }
    /// A message that failed or may have arrived; by project, then message.
    private struct Stuck: Hashable, Comparable, Sendable {
        var project: ProjectID
        var id: OutboxID
        static func < (a: Stuck, b: Stuck) -> Bool {
            a.project != b.project ? a.project < b.project : a.id < b.id
        }
    }
    /// The messages of one chat.
    private struct Line: Equatable, Sendable {
        /// Ascending, whatever their state.
        var ids: [OutboxID] = []
        /// The one with a call under way.
        var sending: OutboxID?
        /// Its entry in `ready`.
        var ready: Ready?
    }
    /// Messages of one chat beyond which no more is accepted.
    static let chatLimit = 256

    private var messages = ShardedDictionary<OutboxID, OutboxMessage>(shards: 256)
    private var lines = ShardedDictionary<Chat, Line>(shards: 256)
    private var ready = OrderedSet<Ready>()
    /// Messages with a call under way.
    private(set) var sending = OrderedSet<OutboxID>()
    private var stuck = OrderedSet<Stuck>()
    /// Messages with files that wait or are being sent, by the node that has the bytes.
    private var held: [UInt64: OrderedSet<OutboxID>] = [:]

    /// A message.
    subscript(id: OutboxID) -> OutboxMessage? { messages[id] }

    /// The messages of a chat, in order.
    func messages(of chat: Chat) -> [OutboxMessage] {
        (lines[chat]?.ids ?? []).map { messages[$0]! }
    }

    /// Whether a chat takes no more.
    func isFull(_ chat: Chat) -> Bool { (lines[chat]?.ids.count ?? 0) >= Self.chatLimit }

    /// Whether a message is its chat's next: nothing queued before it, no call under way.
    func isNext(_ id: OutboxID) -> Bool {
        guard let message = messages[id] else { return false }
        return lines[message.address]?.ready?.id == id
    }

    /// The next messages of chats that may go at this moment, so many of each project at most: one
    /// with thousands waiting hides no other.
    func ready(at time: LogTime, limit: Int) -> [OutboxMessage] {
        projects.flatMap { project in
            ready.ascending(after: .first(of: project), limit: limit)
                .prefix { $0.project == project && $0.time <= time }.map { messages[$0.id]! }
        }
    }

    /// Projects with queued messages.
    private var projects: some Sequence<ProjectID> {
        sequence(
            state: ProjectID(.min),
            next: { from -> ProjectID? in
                let found = ready.firstNotBefore(.first(of: from))?.project
                if let found { from = ProjectID(found.rawValue + 1) }
                return found
            })
    }

    /// The first messages of a project that failed or may have arrived.
    func stuck(of project: ProjectID, limit: Int) -> [OutboxMessage] {
        stuck.ascending(after: Stuck(project: project, id: OutboxID(.min)), limit: limit)
            .prefix { $0.project == project }.map { messages[$0.id]! }
    }

    /// The messages with files of a node that wait or are being sent, in order.
    func held(by holder: UInt64) -> [OutboxID] { held[holder]?.ascending() ?? [] }

    /// When the first message may go that may not yet.
    func next(after time: LogTime) -> LogTime? {
        projects.compactMap { project in
            let later = Ready(
                project: project, time: time.adding(milliseconds: 1), id: OutboxID(.min))
            return ready.firstNotBefore(later).flatMap { $0.project == project ? $0.time : nil }
        }.min()
    }

    /// Adds a message, or replaces it in another state.
    mutating func put(_ message: OutboxMessage) {
        var line = lines[message.address] ?? Line()
        if messages.updateValue(message, forKey: message.id) == nil {
            let place = line.ids.firstIndex { $0 > message.id } ?? line.ids.count
            line.ids.insert(message.id, at: place)
        }
        if case .sending = message.state {
            line.sending = message.id
            sending.insert(message.id)
        } else if line.sending == message.id {
            line.sending = nil
            sending.remove(message.id)
        }
        let mark = Stuck(project: message.project, id: message.id)
        if message.state.isStuck { stuck.insert(mark) } else { stuck.remove(mark) }
        if let file = message.file { hold(message.id, file.holder, message.isHeld) }
        refresh(&line, message.address)
    }

    /// Removes a message that was delivered or given up.
    mutating func remove(_ id: OutboxID) {
        guard let message = messages.removeValue(forKey: id) else { return }
        var line = lines[message.address]!
        line.ids.removeAll { $0 == id }
        if line.sending == id {
            line.sending = nil
            sending.remove(id)
        }
        stuck.remove(Stuck(project: message.project, id: id))
        if let file = message.file { hold(id, file.holder, false) }
        refresh(&line, message.address)
    }

    private mutating func hold(_ id: OutboxID, _ holder: UInt64, _ isHeld: Bool) {
        if isHeld {
            held[holder, default: OrderedSet()].insert(id)
        } else {
            held[holder]?.remove(id)
            if held[holder]?.isEmpty == true { held[holder] = nil }
        }
    }

    private mutating func refresh(_ line: inout Line, _ chat: Chat) {
        var head: Ready?
        if line.sending == nil, let id = line.ids.first(where: { messages[$0]!.state == .queued }) {
            head = Ready(
                project: chat.project,
                time: messages[id]!.notBefore ?? LogTime(milliseconds: .min), id: id)
        }
        if head != line.ready {
            if let old = line.ready { ready.remove(old) }
            if let head { ready.insert(head) }
            line.ready = head
        }
        lines[chat] = line.ids.isEmpty ? nil : line
    }
}

extension OutboxMessage {
    /// The chat it goes to.
    public var address: Chat { Chat(project: project, user: chat) }
}

extension DeliveryState {
    /// Whether only a person can help.
    fileprivate var isStuck: Bool {
        switch self {
        case .failed, .uncertain: true
        case .queued, .sending, .sent, .withdrawn: false
        }
    }
}
