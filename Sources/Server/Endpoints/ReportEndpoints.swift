import HTTP
import Routing
import Storage
import Wire

/// Reports on links, for managers of their projects: what is in state.db, read in steps on the
/// query thread.
extension Node {
    /// Bounds of reports.
    enum ReportLimits {
        /// Reports at one time.
        static let atOnce = 2
        /// The longest window of unique clicks, in hours.
        static let uniqueHours = 24 * 366
        /// Clicks on a page.
        static let page = 500
        /// Rows that are looked at for a page.
        static let rowsPerPage = 20_000
    }

    func addReportRoutes(_ routes: inout Router) {
        api(.get, "/api/v1/links/*/report", &routes) { node, call throws(Problem) in
            try node.reportLink(call)
        }
        api(.get, "/api/v1/projects/*/links/report", &routes) { node, call throws(Problem) in
            try node.compareLinks(call)
        }
        api(.get, "/api/v1/links/*/clicks", &routes) { node, call throws(Problem) in
            try node.listClicks(call)
        }
    }

    // MARK: Counting

    private func reportLink(_ call: APICall) throws(Problem) {
        let link = try managedLink(call)
        var question = try LinkQuestion(call)
        question.keptSince = state.clicksKeptSince(on: link.id, at: logTime)
        let scan = ReportScan(ClickReport([link.id], in: question.span, by: question.property))
        try begin(scan)
        readOn(call, scan, question) { [self] in
            API.LinkReport(
                index: "\(appliedIndex)", link.id, scan, uniqueHours: question.uniqueHours,
                keptSince: question.keptSince)
        }
    }

    /// All links of a project side by side.
    private func compareLinks(_ call: APICall) throws(Problem) {
        let project = try managedProject(call)
        var question = try LinkQuestion(call)
        question.keptSince = project.settings.clicksKeptSince(at: logTime)
        let links = state.links.filter { $0.settings.project == project.id }
        let scan = ReportScan(
            ClickReport(Set(links.map(\.id)), in: question.span, by: .link))
        try begin(scan)
        readOn(call, scan, question) { [self] in
            API.LinksReport(
                index: "\(appliedIndex)", project.id, links, scan,
                uniqueHours: question.uniqueHours, keptSince: question.keptSince)
        }
    }

    /// Counts a report among those that are being made, unless there are too many.
    func begin(_ scan: AnyObject) throws(Problem) {
        reports.removeAll { $0.scan == nil }
        guard reports.count < ReportLimits.atOnce else { throw .overloaded }
        reports.append(RunningReport(scan: scan))
    }

    private func readOn<Report: Encodable & ReportTables>(
        _ call: APICall, _ scan: ReportScan, _ question: LinkQuestion,
        _ report: @escaping () -> Report
    ) {
        let window = Int64(question.uniqueHours) * 3_600_000
        read(call) { reader throws(StorageError) in
            let goesOn = try scan.step(reader)
            // Sorting a million clicks would hold the loop up.
            if !goesOn { scan.finish(windowMilliseconds: window) }
            return goesOn
        } completion: { [self] goesOn in
            if goesOn { return readOn(call, scan, question, report) }
            let report = report()
            guard let part = question.table else { return call.respond(report) }
            call.respond(
                bytes: CSV.bytes(report.rows(part)), contentType: "text/csv; charset=utf-8")
        }
    }

    // MARK: Listing

    private func listClicks(_ call: APICall) throws(Problem) {
        let link = try managedLink(call).id
        let limit = try call.number("limit", default: 100, in: 1...ReportLimits.page)
        let after = try call.parameter("cursor").map(clickCursor)
        read(call) { reader throws(StorageError) in
            try Node.clicks(on: link, after: after, limit: limit, reader)
        } completion: { [self] found in
            call.respond(
                API.Page(
                    index: "\(appliedIndex)", items: found.clicks.map(API.ClickView.init),
                    next: found.next.map { "\($0.major).\($0.minor)" }))
        }
    }

    private func clickCursor(_ text: String) throws(Problem) -> (major: Int64, minor: Int64) {
        let parts = text.split(separator: ".").map { Int64($0) }
        guard parts.count == 2, let major = parts[0], let minor = parts[1] else {
            throw .invalid("The parameter cursor must be the next of an earlier page.")
        }
        return (major, minor)
    }

    /// A page of a link's clicks in the order of their keys. It may have fewer than asked for and
    /// yet a next one: many rows are other links'.
    private static func clicks(
        on link: LinkID, after start: (major: Int64, minor: Int64)?, limit: Int,
        _ reader: StateReader
    ) throws(StorageError) -> (clicks: [Click], next: (major: Int64, minor: Int64)?) {
        var clicks: [Click] = []
        var after = start
        var seen = 0
        while seen < ReportLimits.rowsPerPage {
            let rows = try reader.scan(.click, after: after, limit: ReportScan.Limits.rows)
            for row in rows {
                after = (row.major, row.minor)
                // The row's checksum held: what can't be read is of a release that is newer.
                guard let click = try? Click(value: row.value), click.link == link else { continue }
                clicks.append(click)
                if clicks.count == limit { return (clicks, after) }
            }
            if rows.count < ReportScan.Limits.rows { return (clicks, nil) }
            seen += rows.count
        }
        return (clicks, after)
    }
}

/// A report that is being made, for as long as somebody works at it.
struct RunningReport {
    weak var scan: AnyObject?
}

extension APICall {
    /// A moment in the query, in milliseconds since 1970; nil: there is none.
    func moment(_ name: Text) throws(Problem) -> Int64? {
        guard let text = parameter(name) else { return nil }
        guard let at = RFC3339.milliseconds(text) else {
            throw .invalid("The parameter \(name) must be a time such as 2026-12-31T00:00:00Z.")
        }
        return at
    }

    /// Whether a table is asked for instead of JSON.
    var wantsCSV: Bool {
        get throws(Problem) {
            let format = parameter("format") ?? "json"
            guard format == "json" || format == "csv" else {
                throw .invalid("The parameter format must be json or csv.")
            }
            return format == "csv"
        }
    }
}

/// What a report is asked for.
struct LinkQuestion {
    private let asked: Range<Int64>
    let property: ClickReport.Property?
    let uniqueHours: Int
    /// The part that is asked for as a table; nil: all of it, as JSON.
    let table: ReportPart?
    /// From when on clicks are kept; nil: all are.
    var keptSince: LogTime?

    /// What is asked for, as far as clicks are kept: some that are too old may still be there.
    var span: Range<Int64> {
        guard let since = keptSince?.milliseconds else { return asked }
        return asked.clamped(to: since ..< .max)
    }

    init(_ call: APICall) throws(Problem) {
        let from = try call.moment("from") ?? .min
        let to = try call.moment("to") ?? .max
        guard from < to else { throw .invalid("The parameter from must be before to.") }
        asked = from..<to
        property = try call.parameter("by").map { word throws(Problem) in
            guard let property = ClickReport.Property(rawValue: word), property != .link else {
                let words = ClickReport.Property.allCases.filter { $0 != .link }
                    .map(\.rawValue).joined(separator: ", ")
                throw .invalid("The parameter by must be one of \(words).")
            }
            return property
        }
        uniqueHours = try call.number(
            "uniqueHours", default: 24, in: 1...Node.ReportLimits.uniqueHours)
        let part = try call.parameter("what").map { word throws(Problem) in
            guard let part = ReportPart(rawValue: word) else {
                let words = ReportPart.allCases.map(\.rawValue).joined(separator: ", ")
                throw .invalid("The parameter what must be one of \(words).")
            }
            return part
        }
        table = try call.wantsCSV ? part ?? .breakdown : nil
    }
}

/// A part of a report on links, as a table.
enum ReportPart: String, CaseIterable {
    /// Clicks by value, or links side by side.
    case breakdown
    /// All clicks.
    case totals
    /// From click to completed.
    case funnel
    /// Whom it led here first, and last.
    case attribution
}

/// A report that can be had as tables.
protocol ReportTables {
    /// A part of it: the head, then the rows. Cells are as they are, not yet made safe.
    func rows(_ part: ReportPart) -> [[String]]
}

/// Tables for spreadsheets (RFC 4180).
enum CSV {
    /// A table of these rows.
    static func bytes(_ rows: [[String]]) -> [UInt8] {
        let lines = rows.map { $0.map(cell).joined(separator: ",") + "\r\n" }
        return Array(lines.joined().utf8)
    }

    /// A text as a cell. Visitors choose many of the values: none may begin a formula.
    static func cell(_ text: String) -> String {
        let isFormula = text.utf8.first.map { "=+-@\t\r".utf8.contains($0) } ?? false
        let safe = isFormula ? "'" + text : text
        guard safe.utf8.contains(where: { [0x22, 0x2C, 0x0A, 0x0D].contains($0) }) else {
            return safe
        }
        return "\""
            + safe.split(separator: "\"", omittingEmptySubsequences: false)
            .joined(separator: "\"\"") + "\""
    }
}
