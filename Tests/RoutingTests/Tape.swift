import Testing
import Wire

@testable import Routing

/// A world's log in the form of the routing journal, from some entry on.
struct Tape {
    /// A decision and the entry that made it.
    struct Made: Equatable {
        var index: Int64
        var session: SessionID
        var decision: Decision
    }
    /// The state before the first entry, from the journal's rows.
    var base: RoutingState
    var entries: [JournalEntry]

    /// The tape of what a world does after this.
    init(after world: World) throws {
        base = RoutingState()
        for (key, value) in try Tape.rows(of: world) {
            let table = RowTable(rawValue: key.table)!
            try base.load(table: table, major: key.major, minor: key.minor, value: value)
        }
        try base.finishLoading()
        entries = []
    }

    /// Takes what a world was told since; its first entry has the index 1.
    mutating func take(_ log: [(LogTime, Command)], after index: Int64) {
        for (place, (time, command)) in log.enumerated() where place >= index {
            entries.append(
                JournalEntry(index: Int64(place) + 1, time: time, command: command.forJournal))
        }
    }

    /// The rows of a journal's base.
    static func rows(of world: World) throws -> [(RowKey, [UInt8])] {
        var base = JournalBase(at: world.time)
        var rows: [(RowKey, [UInt8])] = []
        for table in JournalBase.tables where table.isLoadedAtStart {
            for key in world.rows.keys.sorted() where key.table == table.rawValue {
                let value = try base.take(
                    table, major: key.major, minor: key.minor, value: world.rows[key]!)
                if let value { rows.append((key, value)) }
            }
        }
        return rows
    }

    /// Every decision of a log.
    static func decisions(of log: [(LogTime, Command)]) -> [Made] {
        var world = World()
        var made: [Made] = []
        for (time, command) in log {
            world.time = time
            world.apply(command)
            for place in made.count..<world.decisions.count {
                made.append(
                    Made(
                        index: world.index, session: world.sessionsOfDecisions[place],
                        decision: world.decisions[place]))
            }
        }
        return made
    }

    /// The decisions among rows that were written by an entry.
    static func decisions(in rows: [RowChange], by index: Int64) -> [Made] {
        rows.compactMap { row in
            guard row.table == .history, let value = row.value,
                let decision = try! HistoryItem(value: value).decision
            else { return nil }
            return Made(index: index, session: SessionID(row.major), decision: decision)
        }
    }

    /// The first decision that is not the same; nil: all are.
    static func difference(_ found: [Made], _ made: [Made]) -> String? {
        for (place, each) in made.enumerated() where place >= found.count || found[place] != each {
            let other = place < found.count ? "\(found[place])" : "nothing"
            return "at \(place) of \(made.count): \(other) in place of \(each)"
        }
        return found.count == made.count ? nil : "\(found.count) in place of \(made.count)"
    }

    /// What a what-if over the whole tape says.
    func report(
        _ project: ProjectID, from start: LogTime, until end: LogTime,
        _ change: (inout RuleChanges) -> Void = { _ in }
    ) -> WhatIf.Report {
        var changes = RuleChanges()
        change(&changes)
        var whatIf = WhatIf(
            base: base, project: project, from: start, until: end, changes: changes)
        for entry in entries { whatIf.record(entry) }
        if let refusal = whatIf.beginRehearsal() { Issue.record("refused: \(refusal)") }
        for entry in entries { whatIf.rehearse(entry) }
        return whatIf.finish()
    }
}
