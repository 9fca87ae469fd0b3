import Wire

/// What the histories of a project's sessions add up to, for its managers.
///
/// An *opening* is a customer's message that opens a session or opens it again. What is measured
/// from it counts where the opening is in the span, whenever the rest happened; transfers, bounces
/// and what became an agent's count where they are in the span themselves.
public struct Numbers: Sendable {
    /// Bounds and rules.
    public enum Limits {
        /// An opening is given in time up to so long afterwards.
        public static let inTimeMilliseconds: Int64 = 60_000
        /// Openings that both windows must have before their rates are compared.
        public static let comparedOpenings = 20
        /// A rate that is so many hundredths of all below the one before raises the alert.
        public static let fallHundredths = 20
    }

    /// How many openings were given in time, of those that are judged.
    public struct Rate: Hashable, Sendable {
        /// Given to an agent who was receiving, or taken by a person, within the time.
        public var inTime = 0
        /// Openings that are judged: neither given offline, nor held for the hours, nor over
        /// before their time was.
        public var judged = 0
        /// A rate of these parts.
        public init(inTime: Int = 0, judged: Int = 0) {
            self.inTime = inTime
            self.judged = judged
        }
        /// 0 to 1; nil while nothing is judged.
        public var value: Double? { judged > 0 ? Double(inTime) / Double(judged) : nil }

        /// Whether this window is well below the one before it.
        public func isAlarming(after before: Rate) -> Bool {
            guard min(judged, before.judged) >= Limits.comparedOpenings else { return false }
            // In whole numbers: before - now >= fall, with the denominators multiplied out.
            let fall = before.inTime * judged - inTime * before.judged
            return fall * 100 >= Limits.fallHundredths * judged * before.judged
        }
    }

    /// What is counted of a project or of one agent.
    public struct Figures: Hashable, Sendable {
        /// Openings; of an agent: how often a session became theirs.
        public var sessions = 0
        /// Of an agent: of the openings that they were given first.
        public var rate = Rate()
        /// Openings given to somebody who was not receiving.
        public var offline = 0
        /// From an opening to its first agent.
        public var assignment = Times()
        /// From an opening to the first message of a person; of an agent: from when a session
        /// became theirs to their own first message.
        public var firstReply = Times()
        /// From an opening to its completion; one that was completed by itself, to the last answer.
        public var resolution = Times()
        /// Sessions that were handed on; of an agent: by them.
        public var handedOn = 0
        /// Sessions that were handed on; of an agent: to them.
        public var received = 0
        /// Sessions that came back from an agent by being given back, left without an answer, or
        /// because the agent was gone or left.
        public var bounces = 0
        /// How long sessions were an agent's, added up over the sessions.
        public var ownedMilliseconds: Int64 = 0

        /// Nothing yet.
        public init() {}

        /// With its lengths of time in order, for `Times.rank`.
        public var sorted: Figures {
            var sorted = self
            sorted.assignment.sort()
            sorted.firstReply.sort()
            sorted.resolution.sort()
            return sorted
        }
    }

    /// Whose.
    public let project: ProjectID
    /// From when on, and until before when.
    public let span: Range<LogTime>
    /// The moment up to which the log was read.
    public let now: LogTime
    /// Of the whole project.
    public internal(set) var all = Figures()
    /// Of each agent who had a session.
    public internal(set) var agents: [AgentID: Figures] = [:]
    /// The rate of the window of the same length before the span.
    public internal(set) var before = Rate()

    /// Numbers of nothing yet.
    public init(of project: ProjectID, in span: Range<LogTime>, at now: LogTime) {
        self.project = project
        self.span = span
        self.now = now
    }

    /// Where the window before the span begins.
    public var beginning: LogTime {
        let length = span.upperBound.milliseconds - span.lowerBound.milliseconds
        return span.lowerBound.adding(milliseconds: -length)
    }

    /// Whether anything in a session's history can count; `completedAt` is its last completion.
    public func concerns(_ session: Session) -> Bool {
        session.project == project && session.openedAt < span.upperBound
            && session.completedAt.map { $0 >= beginning } ?? true
    }

    /// Whether the project's rate fell well below that of the window before.
    public var isAlarming: Bool { all.rate.isAlarming(after: before) }
}

/// Lengths of time with their median and 90th percentile, each the nearest rank: a length that
/// occurred, with at least so large a part of the others at or below it.
public struct Times: Hashable, Sendable {
    private var milliseconds: [Int64] = []

    /// No length.
    public init() {}
    /// How many there are.
    public var count: Int { milliseconds.count }
    /// Takes one more.
    mutating func take(_ length: Int64) { milliseconds.append(max(0, length)) }
    /// Puts them in order, which `rank` needs.
    public mutating func sort() { milliseconds.sort() }
    /// The length at or below which so many hundredths are; nil: there is none.
    public func rank(_ hundredths: Int) -> Int64? {
        guard !milliseconds.isEmpty else { return nil }
        return milliseconds[max(0, (milliseconds.count * hundredths + 99) / 100 - 1)]
    }
}
