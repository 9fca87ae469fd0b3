import Replica
import Routing
import Storage
import Wire

/// Plays a stretch of this node's journal twice, as it was and under other rules. Slow; on a
/// thread of its own.
struct WhatIfRun: Sendable {
    /// Bounds of a run.
    enum Limits {
        /// Entries from the base through the end of the stretch, whole batches.
        static let entries = 500_000
        /// Sessions whose histories are compared with what was played.
        static let compared = 5_000
        /// Items of a history that are looked at.
        static let history = 1_000
    }
    /// Why there is no report.
    enum Failure: Error {
        /// The journal begins later; nil: it has not begun.
        case begins(LogTime?)
        /// So many entries are too many.
        case tooLong(Int)
        /// What was asked for was dropped meanwhile.
        case dropped
        /// The rules can't be what was asked for.
        case refused(Refusal)
        /// A file does not read.
        case unreadable(String)
    }
    /// What a run found.
    struct Result: Sendable {
        var report: WhatIf.Report
        var coverage: JournalStore.Coverage
        /// Entries from the base on.
        var entries: Int
        /// Assignments that were compared with the histories,
        var compared = 0
        /// and how many differ from them.
        var unlikeRecord = 0
    }

    let project: ProjectID
    let span: Range<LogTime>
    let changes: RuleChanges

    /// Plays, and compares what was played as it was with what histories tell.
    func run(_ journal: JournalStore, _ reader: StateReader) throws(Failure) -> Result {
        do {
            let coverage = try journal.coverage()
            guard let found = try journal.base(for: span.lowerBound, until: span.upperBound) else {
                throw Failure.begins(coverage.since)
            }
            guard found.entries <= Limits.entries else { throw Failure.tooLong(found.entries) }
            let tape = try load(found.base, journal)
            var whatIf = WhatIf(
                base: tape.base, project: project, from: span.lowerBound,
                until: span.upperBound, changes: changes)
            let last = try play(tape, found.base, journal) { whatIf.record($0) }
            if let refusal = whatIf.beginRehearsal() { throw Failure.refused(refusal) }
            _ = try play(tape, found.base, journal) { whatIf.rehearse($0) }
            guard try journal.has(found.base) else { throw Failure.dropped }
            var result = Result(
                report: whatIf.finish(), coverage: coverage, entries: found.entries)
            try compare(&result, through: last, reader)
            return result
        } catch let failure as Failure {
            throw failure
        } catch {
            throw .unreadable("\(error)")
        }
    }

    private func load(
        _ base: JournalBaseMark, _ journal: JournalStore
    ) throws -> JournalTape {
        var tape = JournalTape(at: base.time)
        var number = 0
        while let rows = try journal.run(number, of: base.index) {
            for row in rows {
                try tape.load(
                    table: row.table, major: row.major, minor: row.minor, value: row.value)
            }
            number += 1
        }
        try tape.finishLoading()
        return tape
    }

    /// Gives the last index.
    private func play(
        _ tape: JournalTape, _ base: JournalBaseMark, _ journal: JournalStore,
        _ body: (JournalEntry) -> Void
    ) throws -> Int64 {
        var tape = tape
        var after = base.index
        while let batch = try journal.entries(after: after, before: span.upperBound),
            let last = batch.last
        {
            for (index, payload) in batch {
                if let entry = try tape.next(index, payload) { body(entry) }
            }
            after = last.index
        }
        return after
    }

    /// Compares the assignments that were played with those in histories, session by session: the
    /// last of each log index.
    private func compare(
        _ result: inout Result, through last: Int64, _ reader: StateReader
    ) throws {
        var played: [SessionID: [Int64: AgentID]] = [:]
        for assignment in result.report.assignments {
            played[assignment.session, default: [:]][assignment.index] = assignment.agent
        }
        for id in played.keys.sorted().prefix(Limits.compared) {
            var told: [Int64: AgentID] = [:]
            let rows = try reader.rows(
                .history, major: id.rawValue, descending: true, limit: Limits.history)
            for row in rows.reversed() {
                guard let item = try? HistoryItem(value: row.value), span.contains(item.at),
                    item.index <= last,
                    let agent = item.assignee
                else { continue }
                told[item.index] = agent
            }
            let played = played[id]!
            result.compared += played.count
            result.unlikeRecord +=
                Set(played.keys).union(told.keys).filter {
                    played[$0] != told[$0]
                }.count
        }
    }
}
