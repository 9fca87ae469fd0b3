import Routing

extension API {
    /// `GET /api/v1/projects/{id}/checkup`.
    struct CheckupView: Encodable {
        var index: String
        var project: String
        var at: String
        var verdict: String
        /// The ten checks, always in the same order.
        var checks: [CheckView]
        /// What could not be delivered.
        var deliveries: CheckView
    }
    /// One check.
    struct CheckView: Encodable {
        var id: String
        var title: String
        var verdict: String
        var evidence: [Evidence]
        /// What to do, in sentences; null when there is nothing.
        @Null var fix: String?
    }
    /// One thing that was found, and whom or what it is about.
    struct Evidence: Encodable {
        var verdict: String
        var text: String
        var agent: Named?
        var link: Named?
        var pool: Named?
        var session: String?
    }
}

extension Checkup.Verdict {
    var word: String {
        switch self {
        case .ok: "ok"
        case .unknown: "unknown"
        case .warning: "warning"
        case .problem: "problem"
        }
    }
}

extension Checkup.Check {
    /// The API's name of the check, and its title for people.
    var words: (id: String, title: String) {
        switch self {
        case .botToken: ("botToken", "Bot token")
        case .webhook: ("webhook", "Webhook")
        case .links: ("links", "Magic links")
        case .roster: ("roster", "Members and pools")
        case .scope: ("scope", "Scope and languages")
        case .seats: ("seats", "Seats")
        case .stalePages: ("stalePages", "Open pages")
        case .notifications: ("notifications", "Notifications")
        case .completed: ("completed", "Completed sessions")
        case .signIns: ("signIns", "Sign-ins")
        case .deliveries: ("deliveries", "Deliveries")
        }
    }
}
