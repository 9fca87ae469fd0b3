import Routing
import Wire

/// The API's words for the router's cases: part of the API, so never renamed.
extension Presence {
    var word: String {
        switch self {
        case .receiving: "receiving"
        case .hidden: "hidden"
        case .away: "away"
        case .offline: "offline"
        }
    }
}

extension Session.State {
    var word: String {
        switch self {
        case .unassigned: "unassigned"
        case .assigned: "assigned"
        case .completed: "completed"
        }
    }
}

extension Mode {
    var word: String {
        switch self {
        case .roundRobin: "roundRobin"
        case .onlineFirst: "onlineFirst"
        }
    }
    init?(word: String) {
        guard let mode = Mode.allCases.first(where: { $0.word == word }) else { return nil }
        self = mode
    }
}

extension Balance {
    var word: String {
        switch self {
        case .roundRobin: "roundRobin"
        case .leastLoaded: "leastLoaded"
        case .random: "random"
        }
    }
    init?(word: String) {
        guard let balance = Balance.allCases.first(where: { $0.word == word }) else { return nil }
        self = balance
    }
}

extension Scope {
    var word: String {
        switch self {
        case .allAgents: "allAgents"
        case .specifiedAgents: "specifiedAgents"
        }
    }
    init?(word: String) {
        guard let scope = Scope.allCases.first(where: { $0.word == word }) else { return nil }
        self = scope
    }
}

extension ClaimRule {
    var word: String {
        switch self {
        case .any: "any"
        case .head: "head"
        }
    }
    init?(word: String) {
        guard let rule = ClaimRule.allCases.first(where: { $0.word == word }) else { return nil }
        self = rule
    }
}

extension Decision.Cause {
    var word: String {
        switch self {
        case .new: "new"
        case .reopen: "reopen"
        case .drain: "drain"
        case .transfer: "transfer"
        case .giveBack: "giveBack"
        case .leaving: "leaving"
        case .question: "question"
        case .unanswered: "unanswered"
        case .gone: "gone"
        case .claim: "claim"
        case .reopenByHand: "reopenByHand"
        }
    }
}

extension Permissions {
    private static let names: [(Permissions, String)] = [
        (.view, "view"), (.reply, "reply"), (.transfer, "transfer"), (.manage, "manage"),
    ]
    var words: [String] { Permissions.names.filter { contains($0.0) }.map(\.1) }
    init?(words: [String]) {
        self = []
        for word in words {
            guard let permission = Permissions.names.first(where: { $0.1 == word })?.0 else {
                return nil
            }
            insert(permission)
        }
    }
}

extension DeliveryState {
    /// The state, and what went wrong.
    var words: (state: String, failure: String?) {
        switch self {
        case .queued: ("queued", nil)
        case .sending: ("sending", nil)
        case .sent: ("sent", nil)
        case .failed(let reason): ("failed", reason.string)
        case .uncertain(let reason): ("uncertain", reason.string)
        case .withdrawn: ("withdrawn", nil)
        }
    }
}

extension LogTime {
    /// RFC 3339 in UTC.
    var text: String { RFC3339.text(milliseconds: milliseconds) }
}

extension Reasons {
    private static let names: [(Reasons, String, String)] = [
        (.deactivated, "deactivated", "the account is deactivated"),
        (.cannotReply, "cannotReply", "may not reply in this project"),
        (.overSeat, "overSeat", "is beyond the project's seats"),
        (.notInScope, "notInScope", "is not among the specified agents"),
        (.linkRestricted, "linkRestricted", "the link is for other agents"),
        (.atCapacity, "atCapacity", "has as many sessions open as allowed"),
        (.rateLimited, "rateLimited", "was given as many new sessions as allowed in a minute"),
        (.excluded, "excluded", "gave it back or left it unanswered"),
        (.away, "away", "is set to away"),
        (.notReceiving, "notReceiving", "has the page hidden"),
        (.offline, "offline", "is offline"),
        (.neverSignedIn, "neverSignedIn", "has never signed in"),
    ]
    /// Each reason by code and in general words.
    var views: [API.Reason] {
        Reasons.names.filter { contains($0.0) }.map { API.Reason(code: $0.1, text: $0.2) }
    }
}

extension Candidate {
    /// Each reason by code, in words with its figures.
    var reasonViews: [API.Reason] {
        reasons.views.map { reason in
            var reason = reason
            switch reason.code {
            case "atCapacity": reason.text = "\(open) of \(openLimit) open"
            case "overSeat":
                if let seats {
                    reason.text = "is beyond the project's \(seats) seat\(seats == 1 ? "" : "s")"
                }
            case "rateLimited":
                if newPerMinute > 0 {
                    reason.text = "\(newSessions) of \(newPerMinute) new sessions in a minute"
                }
                reason.text += until(rateLimitedUntil)
            case "excluded": reason.text += until(excludedUntil)
            case "notReceiving", "offline":
                if let since { reason.text += " since \(since.text)" }
            default: break
            }
            return reason
        }
    }
    private func until(_ time: LogTime?) -> String { time.map { ", until \($0.text)" } ?? "" }
}
