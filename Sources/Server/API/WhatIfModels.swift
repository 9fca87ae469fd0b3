import Routing
import Wire

extension API {
    /// What is asked of a what-if.
    struct WhatIfBody: Decodable {
        /// Rules and limits that are other than they were; absent ones stay.
        struct Changes: Decodable {
            var mode: String?
            var balance: String?
            var assignOffline: AssignOfflineBody?
            var scope: String?
            var seats: Int?
            var openLimit: Int?
            var newPerMinute: Int?
            var members: [MemberBody]?
            var agents: [AgentLimits]?
        }
        /// Limits of one member over all projects; 0: none.
        struct AgentLimits: Decodable {
            var agent: String
            var openLimit: Int?
            var newPerMinute: Int?
        }
        var from: String
        var to: String?
        var changes: Changes?

        /// The stretch, up to now at the latest.
        func span(now: LogTime) throws(Problem) -> Range<LogTime> {
            let start = try moment(from, "from")
            var end = now
            if let to { end = min(try moment(to, "to"), now) }
            guard start < end else {
                throw .invalid("The field from must be before to, and before now.")
            }
            return start..<end
        }

        private func moment(_ text: String, _ field: String) throws(Problem) -> LogTime {
            guard let milliseconds = RFC3339.milliseconds(text) else {
                throw .invalid("The field \(field) must be a time such as 2026-12-31T00:00:00Z.")
            }
            return LogTime(milliseconds: milliseconds)
        }

        /// The changes for a project, checked as those of its settings are.
        func changes(for project: Project) throws(Problem) -> RuleChanges {
            var asked = RuleChanges()
            guard let changes else { return asked }
            var body = ProjectBody()
            body.mode = changes.mode
            body.balance = changes.balance
            body.scope = changes.scope
            body.seats = changes.seats
            body.openLimit = changes.openLimit
            body.newPerMinute = changes.newPerMinute
            var settings = project.settings
            try body.applyRules(to: &settings)
            if changes.mode != nil { asked.mode = settings.mode }
            if changes.balance != nil { asked.balance = settings.balance }
            if changes.scope != nil { asked.scope = settings.scope }
            if changes.seats != nil { asked.seats = settings.seats ?? 0 }
            if changes.openLimit != nil { asked.openLimit = settings.openLimit }
            if changes.newPerMinute != nil { asked.newPerMinute = settings.newPerMinute }
            asked.assignOffline = changes.assignOffline.map(\.policy)
            if let members = changes.members {
                asked.members = try members.map { member throws(Problem) in
                    try member.member(before: project)
                }
            }
            for limits in changes.agents ?? [] {
                guard let id = Int64(limits.agent), project.member(AgentID(id)) != nil else {
                    throw .invalid("The field agents must name members of the project.")
                }
                asked.agents.append(
                    .init(
                        agent: AgentID(id),
                        openLimit: try checkedLimit(limits.openLimit, "openLimit"),
                        newPerMinute: try checkedLimit(limits.newPerMinute, "newPerMinute")))
            }
            return asked
        }
    }

    /// What a stretch of the log would have looked like.
    struct WhatIfView: Encodable {
        struct Share: Encodable {
            var agent: Named
            var assigned: Int
        }
        struct Figures: Encodable {
            var assigned: Int
            var handedOn: Int
            @Null var medianWaitSeconds: Double?
            @Null var p95WaitSeconds: Double?
            @Null var longestWaitSeconds: Double?
            var unassignedSeconds: Double
            var waiting: Int
            var agents: [Share]
        }
        struct Difference: Encodable {
            var session: String
            var asItWas: [Named]
            var asAsked: [Named]
        }
        struct Journal: Encodable {
            @Null var since: String?
            var index: String
            var entries: Int
        }
        struct Record: Encodable {
            var compared: Int
            var different: Int
        }
        var index: String
        var from: String
        var to: String
        var asItWas: Figures
        var asAsked: Figures
        /// Sessions that came to other agents.
        var changed: Int
        var differences: [Difference]
        /// What people did for which there was no place.
        var notRepeated: Int
        /// What was done with sessions older than the journal knows.
        var unknown: Int
        var record: Record
        var journal: Journal
    }
}

extension API.WhatIfView.Figures {
    init(_ figures: WhatIf.Figures, named: (AgentID) -> API.Named) {
        func seconds(_ milliseconds: Int64) -> Double { Double(milliseconds) / 1000 }
        assigned = figures.assigned
        handedOn = figures.handedOn
        medianWaitSeconds = figures.medianWaitMilliseconds.map(seconds)
        p95WaitSeconds = figures.p95WaitMilliseconds.map(seconds)
        longestWaitSeconds = figures.longestWaitMilliseconds.map(seconds)
        unassignedSeconds = seconds(figures.unassignedMilliseconds)
        waiting = figures.waiting
        agents = figures.perAgent.map { .init(agent: named($0.agent), assigned: $0.assigned) }
    }
}

extension API.WhatIfView {
    init(
        _ result: WhatIfRun.Result, _ span: Range<LogTime>, index: String,
        named: (AgentID) -> API.Named
    ) {
        let report = result.report
        self.index = index
        from = span.lowerBound.text
        to = span.upperBound.text
        asItWas = Figures(report.asItWas, named: named)
        asAsked = Figures(report.asAsked, named: named)
        changed = report.changed
        differences = report.differences.map {
            .init(
                session: "\($0.session)", asItWas: $0.asItWas.map(named),
                asAsked: $0.asAsked.map(named))
        }
        notRepeated = report.notRepeated
        unknown = report.unknown
        record = .init(compared: result.compared, different: result.unlikeRecord)
        journal = .init(
            since: result.coverage.since?.text, index: "\(result.coverage.index)",
            entries: result.entries)
    }
}
