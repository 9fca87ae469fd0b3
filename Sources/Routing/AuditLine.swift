import Wire

/// One change of configuration: by whom, what was done to what, and which fields are otherwise
/// since. The value of an audit row, whose key is the log index.
public struct AuditLine: Hashable, Sendable {
    /// What was done. Numbers are never reused.
    public enum Act: UInt8, Hashable, Sendable, CaseIterable {
        /// A new account.
        case createdAgent = 1
        /// An account was changed.
        case changedAgent = 2
        /// An agent was signed out everywhere.
        case forcedOffline = 3
        /// A new project.
        case createdProject = 4
        /// A project's settings were changed.
        case changedProject = 5
        /// A project's list was changed.
        case changedMembers = 6
        /// What a project's desk says and files by was changed.
        case changedDesk = 7
        /// A new pool.
        case createdPool = 8
        /// A pool was changed.
        case changedPool = 9
        /// A pool is no more.
        case removedPool = 10
        /// A new link.
        case createdLink = 11
        /// A link was changed.
        case changedLink = 12
        /// A new API token.
        case createdToken = 13
        /// An API token counts no more.
        case revokedToken = 14
        /// The cluster's feature level was raised.
        case raisedLevel = 15
        /// A project's webhook points somewhere else.
        case changedWebhook = 16
        /// What a project does not want said was changed.
        case changedModeration = 17
        /// A customer was erased.
        case erasedCustomer = 30
        /// A new hook.
        case createdHook = 40
        /// A hook was changed, or has a new secret.
        case changedHook = 41
        /// A hook is no more.
        case removedHook = 42
    }
    /// A field that is otherwise since.
    public struct Change: Hashable, Sendable {
        /// Its name, as the API has it.
        public var field: Text
        /// What it was; empty: nothing, or a secret.
        public var before: Text
        /// What it is; empty: nothing, or a secret.
        public var after: Text
        /// Whether its values are secrets, which are never here.
        public var isSecret: Bool
    }
    /// Bounds of a line.
    public enum Limits {
        /// Changes of one line; the others are counted.
        public static let changes = 64
        /// Bytes of a value that are kept.
        public static let value = 400
    }

    /// When, in log time.
    public var at: LogTime
    /// Whose account; nil: an operator at a machine, or the cluster by itself.
    public var actor: AgentID?
    /// The API token that was shown; nil: a browser's sign-in, or an operator.
    public var token: APITokenID?
    /// What was done.
    public var act: Act
    /// The agent, project, pool, link, token, hook or erasure that it was done to; 0: the cluster.
    public var subject: Int64
    /// The project that it belongs to; nil: to the whole cluster.
    public var project: ProjectID?
    /// The first fields that are otherwise since.
    public var changes: [Change]
    /// How many more there are.
    public var more: UInt32
}

extension AuditLine {
    /// The row's value.
    public func encoded() -> [UInt8] {
        var writer = ByteWriter(capacity: 128)
        writer.put(at)
        writer.put(actor)
        writer.put(token)
        writer.put(act)
        writer.zigzag(subject)
        writer.put(project)
        writer.put(changes)
        writer.put(more)
        return writer.bytes
    }

    /// The line of a row.
    public init(value: [UInt8]) throws(WireError) {
        var reader = ByteReader(value)
        self.init(
            at: try reader.take(), actor: try reader.take(), token: try reader.take(),
            act: try reader.takeCase(), subject: try reader.zigzag(), project: try reader.take(),
            changes: try reader.take(), more: try reader.take())
        try reader.expectEnd()
    }
}

extension AuditLine.Change: Coded {
    func encode(into writer: inout ByteWriter) {
        writer.text(field)
        writer.text(before)
        writer.text(after)
        writer.bool(isSecret)
    }
    init(from reader: inout ByteReader) throws(WireError) {
        self.init(
            field: try reader.text(), before: try reader.text(), after: try reader.text(),
            isSecret: try reader.bool())
    }
}

/// The audit log as far as it is in memory: who and where, for finding lines; the lines themselves
/// are rows.
struct AuditTrail: Equatable, Sendable {
    /// What is found by.
    struct Mark: Equatable, Sendable {
        var index: Int64
        var at: LogTime
        var actor: AgentID?
        var project: ProjectID?
    }
    /// Lines that are kept.
    static let limit = 20_000
    /// How long a line is kept: 400 days.
    static let milliseconds: Int64 = 400 * 86_400_000
    /// Lines that are dropped with a new one: one more than comes, so that it ends.
    static let dropsPerLine = 2

    /// Oldest first.
    private(set) var marks: [Mark] = []

    /// Adds a line; gives the rows of old ones that go with that.
    mutating func add(_ mark: Mark) -> [Int64] {
        marks.append(mark)
        let horizon = mark.at.adding(milliseconds: -Self.milliseconds)
        let old = marks.prefix(Self.dropsPerLine).enumerated().filter { place, mark in
            marks.count - place > Self.limit || mark.at < horizon
        }
        marks.removeFirst(old.count)
        return old.map(\.element.index)
    }

    /// Who changed what is configured in an entry, and when.
    func change(at index: Int64) -> (by: AgentID?, at: LogTime)? {
        var (low, high) = (0, marks.count)
        while low < high {
            let middle = (low + high) / 2
            if marks[middle].index < index { low = middle + 1 } else { high = middle }
        }
        guard low < marks.count, marks[low].index == index else { return nil }
        return (marks[low].actor, marks[low].at)
    }

    /// Takes back a stored line; oldest first.
    mutating func load(_ index: Int64, _ value: [UInt8]) throws(WireError) {
        let line = try AuditLine(value: value)
        marks.append(Mark(index: index, at: line.at, actor: line.actor, project: line.project))
    }
}

extension RoutingState {
    /// The rows of audit lines, newest first, from the end or from before one: those of one actor
    /// or of all, of the projects that `isShown` says (nil: what belongs to none).
    public func auditLines(
        before: Int64?, actor: AgentID?, limit: Int, isShown: (ProjectID?) -> Bool
    ) -> [Int64] {
        var found: [Int64] = []
        for mark in trail.marks.reversed() {
            if found.count == limit { break }
            if let before, mark.index >= before { continue }
            if let actor, mark.actor != actor { continue }
            if isShown(mark.project) { found.append(mark.index) }
        }
        return found
    }
}
