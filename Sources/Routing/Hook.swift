import Wire

/// A hook: an address outside that a project's events are posted to.
public struct HookID: Identifier {
    /// The log index that created it.
    public let rawValue: Int64
    /// The hook with this number.
    @inlinable public init(_ rawValue: Int64) { self.rawValue = rawValue }
}

extension HookID: Coded {}

/// The kinds of events that a hook may be told.
public struct HookEvents: OptionSet, Hashable, Sendable {
    /// The bits.
    public let rawValue: UInt8
    /// The kinds with these bits.
    public init(rawValue: UInt8) { self.rawValue = rawValue }
    /// A session became an agent's, however it came.
    public static let assigned = HookEvents(rawValue: 1)
    /// A session ended.
    public static let completed = HookEvents(rawValue: 2)
    /// A person clicked on a link of the project.
    public static let clicked = HookEvents(rawValue: 4)
    /// All of them.
    public static let all: HookEvents = [.assigned, .completed, .clicked]
}

/// What managers set of a hook.
public struct HookSettings: Hashable, Sendable {
    /// Where events are posted, `http` or `https`; the node that takes it in checks its form.
    public var url: Text
    /// Which events.
    public var events: HookEvents
    /// A hook that is off is told of nothing, and what waits for it goes on waiting.
    public var isEnabled: Bool
    /// Settings of these parts.
    public init(url: Text, events: HookEvents, isEnabled: Bool = true) {
        self.url = url
        self.events = events
        self.isEnabled = isEnabled
    }
}

/// A hook, and how it fares.
public struct Hook: Hashable, Sendable {
    /// The log index that created it.
    public let id: HookID
    /// Whose events.
    public let project: ProjectID
    /// When it was made.
    public let createdAt: LogTime
    /// What managers set.
    public internal(set) var settings: HookSettings
    /// Signs what is posted; sealed by the ingress.
    public internal(set) var sealedSecret: [UInt8]
    /// Tries that failed since the last one that did not.
    public internal(set) var failures: UInt32 = 0
    /// Nothing is tried before this moment; nil: at once.
    public internal(set) var notBefore: LogTime?
    /// Deliveries that were taken.
    public internal(set) var delivered: UInt64 = 0
    /// Deliveries that were tried for too long, or that a manager passed over.
    public internal(set) var givenUp: UInt64 = 0
    /// Deliveries that made way for newer ones because too many waited, or that were too many for
    /// their entry.
    public internal(set) var dropped: UInt64 = 0
    /// When one was taken last.
    public internal(set) var lastDelivered: LogTime?
    /// When a try failed last.
    public internal(set) var lastFailed: LogTime?
    /// Why; empty: none ever did.
    public internal(set) var lastError: Text = ""

    /// Bounds of hooks.
    public enum Limits {
        /// Hooks of one project.
        public static let perProject = 8
        /// Bytes of an address.
        public static let url = 1024
        /// Deliveries that wait for one hook.
        public static let pending = 10_000
        /// Bytes of a reason that are kept.
        public static let reason = 300
        /// Bytes of a sealed secret.
        public static let secret = 256
        /// An event older than this is not tried again once a try fails: 24 hours.
        public static let patience: Int64 = 24 * 3_600_000
        /// Pauses after the first tries that fail, in milliseconds; the last holds for all others.
        public static let pauses: [Int64] = [5_000, 30_000, 120_000, 600_000, 3_600_000]
    }
}

/// An event on its way to a hook. It never changes: what grows with each try is the hook's.
public struct HookDelivery: Hashable, Sendable {
    /// What happened.
    public enum What: Hashable, Sendable {
        /// A session became an agent's; its version since.
        case assigned(SessionID, to: AgentID, version: UInt64)
        /// A session ended; who had it last, and its version since.
        case completed(SessionID, lastOwner: AgentID?, version: UInt64)
        /// A person clicked on a link, by the clock of the node that answered.
        case clicked(LinkID, ClickKey, at: LogTime)
        /// Nothing: a manager tries the hook.
        case ping
    }
    /// Names it for good within its hook: the log index, and which of the entry's deliveries.
    public let sequence: Int64
    /// When it happened, in log time; a click may have been spooled before.
    public let at: LogTime
    /// What happened.
    public let what: What

    /// How many deliveries one entry may make.
    static let perEntry: Int64 = 65_536
}

/// What became of a try to deliver.
public struct HookReport: Hashable, Sendable {
    /// How the receiver answered.
    public enum Result: Hashable, Sendable {
        /// It took the event.
        case delivered
        /// It did not, or could not be asked; why, for people.
        case failed(reason: Text)
        /// It wants no more of them.
        case gone(reason: Text)
    }
    /// Which hook.
    public var hook: HookID
    /// Which delivery.
    public var sequence: Int64
    /// The hook's failures when it was tried: a report that comes twice counts once.
    public var failures: UInt32
    /// How it went.
    public var result: Result
    /// A report of these parts.
    public init(hook: HookID, sequence: Int64, failures: UInt32, result: Result) {
        self.hook = hook
        self.sequence = sequence
        self.failures = failures
        self.result = result
    }
}

/// The deliveries that wait for one hook, oldest first.
struct HookQueue: Sendable {
    /// Those before `first` are gone already.
    private var items: [HookDelivery] = []
    private var first = 0

    /// How many wait.
    var count: Int { items.count - first }
    /// All that wait.
    var waiting: ArraySlice<HookDelivery> { items[first...] }

    /// The oldest after this number.
    func next(after sequence: Int64) -> HookDelivery? { page(after: sequence, limit: 1).first }

    /// Whether one waits.
    func contains(_ sequence: Int64) -> Bool {
        let place = place(from: sequence)
        return place < items.count && items[place].sequence == sequence
    }

    /// Those after this number, at most so many.
    func page(after sequence: Int64, limit: Int) -> ArraySlice<HookDelivery> {
        let place = place(from: sequence)
        let isThere = place < items.count && items[place].sequence == sequence
        return items[(isThere ? place + 1 : place)...].prefix(limit)
    }

    /// Adds the newest.
    mutating func append(_ delivery: HookDelivery) { items.append(delivery) }

    /// Takes out the oldest.
    mutating func removeFirst() -> HookDelivery {
        let oldest = items[first]
        first += 1
        // Now and then, so that taking one out costs the same however many wait.
        if first >= 256, first * 2 > items.count {
            items.removeFirst(first)
            first = 0
        }
        return oldest
    }

    /// Takes one out; false: it is not there any more.
    mutating func remove(_ sequence: Int64) -> Bool {
        guard contains(sequence) else { return false }
        let place = place(from: sequence)
        if place == first {
            _ = removeFirst()
        } else {
            items.remove(at: place)
        }
        return true
    }

    private func place(from sequence: Int64) -> Int {
        var (low, high) = (first, items.count)
        while low < high {
            let middle = (low + high) / 2
            if items[middle].sequence < sequence { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

extension HookQueue: Equatable {
    /// Equal in what waits.
    static func == (a: HookQueue, b: HookQueue) -> Bool { a.waiting == b.waiting }
}
