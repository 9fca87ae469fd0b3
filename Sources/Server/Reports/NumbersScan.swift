import Routing
import Storage

/// Reads the histories of a project's sessions and its agents' online time for `Numbers`, in steps
/// on the query thread, so that consoles get their turn between them.
final class NumbersScan: @unchecked Sendable {
    // One thread has it at a time: the loop hands it to the query thread and takes it back.

    /// Bounds of one step, and of the whole.
    enum Limits {
        /// Rows read in one step; a history that is begun is read to its end.
        static let rows = 1000
        /// Sessions whose histories are read; those opened first.
        static let sessions = 200_000
        /// Items of one history.
        static let history = 10_000
    }

    /// What the sessions add up to.
    private(set) var numbers: Numbers
    /// How long each agent was online in the span, in milliseconds.
    private(set) var online: [AgentID: Int64] = [:]
    /// Whether no bound was met.
    private(set) var isWhole = true
    /// Since when agents are online who were when the scan began.
    private let onlineSince: [AgentID: LogTime]
    /// Members whose online time is wanted, whether they had a session or not.
    private let members: [AgentID]
    private var lastSession: Int64? = 0
    private var read = 0
    private var pending: ArraySlice<SessionID> = []
    private var agents: ArraySlice<AgentID>?

    init(_ numbers: Numbers, members: [AgentID], onlineSince: [AgentID: LogTime]) {
        self.numbers = numbers
        self.members = members
        self.onlineSince = onlineSince
    }

    /// Reads on; false when everything was read.
    func step(_ reader: StateReader) throws(StorageError) -> Bool {
        if !pending.isEmpty {
            try takeHistories(reader)
        } else if let lastSession {
            try findSessions(after: lastSession, reader)
        } else {
            return try takeAgent(reader)
        }
        return true
    }

    private func findSessions(after: Int64, _ reader: StateReader) throws(StorageError) {
        let rows = try reader.scan(.session, after: (after, 0), limit: Limits.rows)
        var found: [SessionID] = []
        for row in rows {
            // The row's checksum held: what can't be read is of a release that is newer.
            guard let session = try? Session(SessionID(row.major), row: row.value),
                numbers.concerns(session)
            else { continue }
            guard read < Limits.sessions else {
                isWhole = false
                break
            }
            read += 1
            found.append(session.id)
        }
        pending = found[...]
        lastSession = rows.count < Limits.rows || !isWhole ? nil : rows.last?.major
    }

    private func takeHistories(_ reader: StateReader) throws(StorageError) {
        var rows = 0
        while rows < Limits.rows, let session = pending.popFirst() {
            var walk = NumbersWalk()
            var next: Int64 = 0
            while true {
                let page = try reader.rows(
                    .history, major: session.rawValue, minorIn: next ... .max, limit: Limits.rows)
                for row in page {
                    guard let item = try? HistoryItem(value: row.value) else { continue }
                    walk.take(item, into: &numbers)
                }
                rows += page.count
                next += Int64(page.count)
                guard page.count == Limits.rows else { break }
                guard next < Limits.history else {
                    isWhole = false
                    break
                }
            }
            walk.finish(into: &numbers)
        }
    }

    private func takeAgent(_ reader: StateReader) throws(StorageError) -> Bool {
        if agents == nil { agents = Set(members).union(numbers.agents.keys).sorted()[...] }
        guard let agent = agents!.popFirst() else { return false }
        let span = numbers.span
        let since = onlineSince[agent]
        var total = since.map { OnlineSpan(from: $0, to: max($0, numbers.now)) }?
            .milliseconds(in: span)
        func add(_ row: (minor: Int64, value: [UInt8])) {
            // One that was running when the scan began is counted already.
            guard row.minor != since?.milliseconds,
                let found = try? OnlineSpan(from: row.minor, value: row.value)
            else { return }
            total = (total ?? 0) + found.milliseconds(in: span)
        }
        let first = span.lowerBound.milliseconds
        let end = span.upperBound.milliseconds
        // Spans of one agent do not overlap: one at most reaches into this from before.
        try reader.rows(
            .onlineSpan, major: agent.rawValue, minorIn: .min...first - 1, descending: true,
            limit: 1
        ).forEach(add)
        var next = first
        while next < end {
            let page = try reader.rows(
                .onlineSpan, major: agent.rawValue, minorIn: next...end - 1, limit: Limits.rows)
            page.forEach(add)
            guard page.count == Limits.rows, let last = page.last else { break }
            next = last.minor + 1
        }
        online[agent] = total ?? 0
        return true
    }
}
