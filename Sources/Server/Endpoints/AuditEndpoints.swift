import HTTP
import Routing
import Storage
import Wire

/// The audit log: who changed what of the configuration, newest first.
extension Node {
    /// Bounds of what is shown of the audit log.
    enum AuditLimits {
        /// Lines on a page.
        static let page = 500
        /// Lines of a table: as many as a log keeps.
        static let table = 20_000
    }

    func addAuditRoutes(_ routes: inout Router) {
        api(.get, "/api/v1/audit", &routes) { node, call throws(Problem) in
            try node.listAudit(call)
        }
    }

    private func listAudit(_ call: APICall) throws(Problem) {
        guard managesAnything(call.caller) else { throw .forbidden }
        let isCSV = try call.wantsCSV
        let limit =
            isCSV
            ? AuditLimits.table
            : try call.number("limit", default: 100, in: 1...AuditLimits.page)
        let before = try call.idCursor
        let actor = try number("actor", of: call).map(AgentID.init(_:))
        let project = try number("project", of: call).map(ProjectID.init(_:))
        if let project {
            guard state.project(project) != nil else { throw .notFound }
            guard mayManage(call.caller, project) else { throw .forbidden }
        }
        let managed = Set(state.projects.map(\.id).filter { mayManage(call.caller, $0) })
        // One more than a page holds tells that there is a next one.
        let found = state.auditLines(before: before, actor: actor, limit: limit + 1) { of in
            if let project { return of == project }
            guard let of else { return call.caller.isAdmin }
            return managed.contains(of)
        }
        let next = found.count > limit ? found[limit - 1] : nil
        readOn(call, AuditReading(found.prefix(limit)), next: next, isCSV: isCSV)
    }

    private func number(_ name: Text, of call: APICall) throws(Problem) -> Int64? {
        guard let text = call.parameter(name) else { return nil }
        guard let number = Int64(text), number > 0 else {
            throw .invalid("The parameter \(name) must be an id.")
        }
        return number
    }

    private func readOn(_ call: APICall, _ reading: AuditReading, next: Int64?, isCSV: Bool) {
        read(call) { reader throws(StorageError) in
            try reading.step(reader)
        } completion: { [self] goesOn in
            if goesOn { return readOn(call, reading, next: next, isCSV: isCSV) }
            let lines = reading.lines.map { API.AuditView($0.index, $0.line, in: state) }
            if isCSV {
                let bytes = API.AuditView.csv(lines)
                return call.respond(bytes: bytes, contentType: "text/csv; charset=utf-8")
            }
            call.respond(
                API.Page(index: "\(appliedIndex)", items: lines, next: next.map { "\($0)" }))
        }
    }
}

/// Reads lines of the audit log in steps on the query thread.
private final class AuditReading: @unchecked Sendable {
    // One thread has it at a time: the loop hands it to the query thread and takes it back.

    /// Lines read in one step.
    static let linesPerStep = 500
    private var wanted: ArraySlice<Int64>
    private(set) var lines: [(index: Int64, line: AuditLine)] = []

    init(_ wanted: ArraySlice<Int64>) { self.wanted = wanted }

    /// Reads on; false when everything was read.
    func step(_ reader: StateReader) throws(StorageError) -> Bool {
        for index in wanted.prefix(Self.linesPerStep) {
            // One that was dropped meanwhile, or is of a newer release, is passed over.
            guard let value = try reader.row(.audit, major: index),
                let line = try? AuditLine(value: value)
            else { continue }
            lines.append((index, line))
        }
        wanted = wanted.dropFirst(Self.linesPerStep)
        return !wanted.isEmpty
    }
}
