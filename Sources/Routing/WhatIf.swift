import Wire

/// One entry of the routing journal: a command in the form of `Command.forJournal`.
public struct JournalEntry: Hashable, Sendable {
    /// The log index.
    public var index: Int64
    /// Log time.
    public var time: LogTime
    /// What was asked for.
    public var command: Command
    /// An entry of these parts.
    public init(index: Int64, time: LogTime, command: Command) {
        self.index = index
        self.time = time
        self.command = command
    }
    /// Where it stands.
    var place: LogPlace { LogPlace(time: time, index: index) }
}

/// What a stretch of the log would have looked like under other rules.
///
/// `record` is given every entry from the base on through the end of the stretch; then, after
/// `beginRehearsal`, `rehearse` is given the same entries again. Nothing is written, nobody waits,
/// and equal journals give equal reports on every node.
public struct WhatIf: Sendable {
    /// What a stretch came to for one project.
    public struct Figures: Hashable, Sendable {
        /// How many sessions one agent was given.
        public struct Share: Hashable, Sendable {
            /// Who.
            public var agent: AgentID
            /// Assignments, however they came.
            public var assigned: Int
        }
        /// Sessions that became an agent's, from the queue or at once.
        public var assigned = 0
        /// Sessions that went from one agent to another.
        public var handedOn = 0
        /// Half of the assigned ones waited no longer; nil: there is none.
        public var medianWaitMilliseconds: Int64?
        /// Of a hundred assigned ones 95 waited no longer.
        public var p95WaitMilliseconds: Int64?
        /// The longest wait that ended.
        public var longestWaitMilliseconds: Int64?
        /// What all sessions together waited within the stretch.
        public var unassignedMilliseconds: Int64 = 0
        /// Sessions that waited at the end.
        public var waiting = 0
        /// Agents who were given some, ascending.
        public var perAgent: [Share] = []
        /// Nothing happened.
        public init() {}
    }
    /// A session that came to other agents.
    public struct Difference: Hashable, Sendable {
        /// Which.
        public var session: SessionID
        /// Who was given it, in order.
        public var asItWas: [AgentID]
        /// Who would have been given it.
        public var asAsked: [AgentID]
    }
    /// A session became an agent's.
    public struct Assignment: Hashable, Sendable {
        /// Which.
        public var session: SessionID
        /// The log index that did it.
        public var index: Int64
        /// Whose.
        public var agent: AgentID
        /// How long it had waited; nil: another agent had it before.
        public var waitedMilliseconds: Int64?
    }
    /// The comparison.
    public struct Report: Hashable, Sendable {
        /// The stretch under the rules as they were.
        public var asItWas: Figures
        /// The stretch under the rules that were asked for.
        public var asAsked: Figures
        /// How many sessions came to other agents.
        public var changed: Int
        /// The first of them.
        public var differences: [Difference]
        /// Deeds of people for which there was no place under the rules that were asked for.
        public var notRepeated: Int
        /// Commands on sessions older than the base knows.
        public var unknown: Int
        /// Every assignment under the rules as they were, in order.
        public var assignments: [Assignment]
    }
    /// Bounds of a report.
    public enum Limits {
        /// Differences that are told one by one.
        public static let differences = 100
    }

    private let project: ProjectID
    private let start: LogTime
    private let end: LogTime
    private let changes: RuleChanges
    /// Before the stretch.
    private var state: RoutingState
    private var clock = LogPlace(time: LogTime(milliseconds: .min), index: 0)
    /// The last index that was recorded.
    private var last: Int64 = .min
    private(set) var recording: Recording?
    private(set) var rehearsal: Rehearsal?
    private var applied = Applied()

    /// Asks about a project from a moment until another, from a base state before the first.
    public init(
        base: RoutingState, project: ProjectID, from start: LogTime, until end: LogTime,
        changes: RuleChanges
    ) {
        state = base
        self.project = project
        self.start = start
        self.end = end
        self.changes = changes
    }

    /// Plays the next entry as it was. One after the end is passed over.
    public mutating func record(_ entry: JournalEntry) {
        guard entry.time < end else { return }
        last = entry.index
        if recording == nil {
            guard start <= entry.time else {
                applied.removeAll()
                _ = state.apply(
                    entry.command, at: entry.index, time: entry.time, into: &applied)
                return clock = entry.place
            }
            recording = Recording(state, of: project, from: start)
        }
        recording!.play(entry)
    }

    /// The stretch was recorded whole. Gives why the rules can't be what is asked for, if so.
    public mutating func beginRehearsal() -> Refusal? {
        let recording = recording ?? Recording(state, of: project, from: start)
        self.recording = recording
        rehearsal = Rehearsal(state, recording, changes, at: clock)
        return rehearsal!.change()
    }

    /// Plays the next entry under the rules that are asked for. One before the stretch or after its
    /// end is passed over, and one that came into the journal since the stretch was recorded.
    public mutating func rehearse(_ entry: JournalEntry) {
        guard start <= entry.time, entry.time < end, entry.index <= last else { return }
        rehearsal!.play(entry)
    }

    /// The comparison; after the last entry.
    public mutating func finish() -> Report {
        rehearsal!.finish(at: end)
        let (was, asked) = (recording!.tally, rehearsal!.tally)
        let before = WhatIf.agents(was.assignments)
        let after = WhatIf.agents(asked.assignments)
        let changed = Set(before.keys).union(after.keys).filter { before[$0] != after[$0] }
        let differences = changed.sorted().prefix(Limits.differences).map {
            Difference(session: $0, asItWas: before[$0] ?? [], asAsked: after[$0] ?? [])
        }
        return Report(
            asItWas: was.figures(until: end), asAsked: asked.figures(until: end),
            changed: changed.count, differences: Array(differences),
            notRepeated: rehearsal!.notRepeated, unknown: recording!.unknown,
            assignments: was.assignments)
    }

    private static func agents(_ assignments: [Assignment]) -> [SessionID: [AgentID]] {
        var agents: [SessionID: [AgentID]] = [:]
        for assignment in assignments {
            agents[assignment.session, default: []].append(assignment.agent)
        }
        return agents
    }
}
