import Routing
import Storage
import Wire

/// A report that reads two tables in steps on the query thread, so that consoles get their turn
/// between them.
final class ReportScan: @unchecked Sendable {
    // One thread has it at a time: the loop hands it to the query thread and takes it back.

    /// Bounds of one step.
    enum Limits {
        /// Rows read in one step.
        static let rows = 1000
        /// Items of a session's history that are looked through for a reply.
        static let history = 200
    }
    private enum Stage {
        case clicks(after: (major: Int64, minor: Int64)?)
        case sessions(after: Int64)
        case done
    }

    /// The clicks.
    private(set) var report: ClickReport
    /// The clicks by value, once everything was read and counted.
    private(set) var counts: [(name: String, count: ClickReport.Count)] = []
    /// What became of them.
    private(set) var outcomes: LinkOutcomes
    private var stage = Stage.clicks(after: nil)

    init(_ report: ClickReport) {
        self.report = report
        outcomes = LinkOutcomes(of: report.links, in: report.span)
    }

    /// Reads on; false when everything was read.
    func step(_ reader: StateReader) throws(StorageError) -> Bool {
        switch stage {
        case .clicks(let after):
            let rows = try reader.scan(.click, after: after, limit: Limits.rows)
            for row in rows {
                // The row's checksum held: what can't be read is of a release that is newer.
                guard let click = try? Click(value: row.value) else { continue }
                report.take(click)
            }
            stage =
                rows.count < Limits.rows
                ? .sessions(after: 0)
                : .clicks(after: rows.last.map { ($0.major, $0.minor) })
        case .sessions(let after):
            let rows = try reader.scan(.session, after: (after, 0), limit: Limits.rows)
            for row in rows { try take(SessionID(row.major), row.value, reader) }
            stage =
                rows.count < Limits.rows
                ? .done : .sessions(after: rows.last.map(\.major) ?? .max)
        case .done: return false
        }
        if case .done = stage { return false }
        return true
    }

    /// Counts what was read.
    func finish(windowMilliseconds: Int64) {
        counts = report.finish(windowMilliseconds: windowMilliseconds)
    }

    private func take(
        _ id: SessionID, _ row: [UInt8], _ reader: StateReader
    ) throws(StorageError) {
        guard let session = try? Session(id, row: row), !session.touches.isEmpty else { return }
        let tokens = outcomes.take(session)
        guard !tokens.isEmpty else { return }
        let history = try reader.rows(.history, major: id.rawValue, limit: Limits.history)
        outcomes.count(
            tokens, of: session, history.compactMap { try? HistoryItem(value: $0.value) })
    }
}
