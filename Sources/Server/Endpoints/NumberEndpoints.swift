import HTTP
import Routing
import Storage
import Wire

/// Numbers for managers: read from the rows of state.db, in steps on the query thread.
extension Node {
    /// The span when none is asked for.
    static let numbersHours: Int64 = 24

    func addNumberRoutes(_ routes: inout Router) {
        api(.get, "/api/v1/projects/*/numbers", &routes) { node, call throws(Problem) in
            try node.countNumbers(call)
        }
    }

    private func countNumbers(_ call: APICall) throws(Problem) {
        let project = try managedProject(call)
        let now = logTime
        let isCSV = try call.wantsCSV
        let to = try call.moment("to") ?? now.milliseconds
        let from = try call.moment("from") ?? to - Node.numbersHours * 3_600_000
        guard from < to else { throw .invalid("The parameter from must be before to.") }
        let span = LogTime(milliseconds: from)..<LogTime(milliseconds: to)
        var onlineSince: [AgentID: LogTime] = [:]
        for agent in state.agents { onlineSince[agent.id] = agent.onlineSince }
        let scan = NumbersScan(
            Numbers(of: project.id, in: span, at: now), members: project.members.map(\.agent),
            onlineSince: onlineSince)
        try begin(scan)
        readOn(call, scan, isCSV: isCSV)
    }

    private func readOn(_ call: APICall, _ scan: NumbersScan, isCSV: Bool) {
        read(call) { reader throws(StorageError) in
            try scan.step(reader)
        } completion: { [self] goesOn in
            if goesOn { return readOn(call, scan, isCSV: isCSV) }
            let numbers = API.Numbers(index: "\(appliedIndex)", scan, in: state)
            if isCSV {
                return call.respond(bytes: numbers.csv, contentType: "text/csv; charset=utf-8")
            }
            call.respond(numbers)
        }
    }
}
