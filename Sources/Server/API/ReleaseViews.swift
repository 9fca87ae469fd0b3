import Routing
import Wire

extension RoutingState {
    /// A change that would release a session, in words: "if Wei's limit were 4".
    func view(_ release: Release) -> API.Release {
        func of(_ agent: AgentID, _ code: String, _ rest: String, _ limit: UInt32? = nil)
            -> API.Release
        {
            let name = named(agent)
            return API.Release(
                code: code, text: "if \(name.name)\(rest)", agent: name,
                limit: limit.map { Int($0) })
        }
        func the(_ code: String, _ text: String, _ limit: UInt32? = nil) -> API.Release {
            API.Release(code: code, text: text, limit: limit.map { Int($0) })
        }
        func number(_ limit: UInt32) -> String { limit == 0 ? "none" : "\(limit)" }
        return switch release {
        case .openLimit(let agent, let limit):
            of(agent, "openLimit", "'s limit of open sessions were \(limit)", limit)
        case .newPerMinute(let agent, let limit):
            of(agent, "newPerMinute", "'s limit of new sessions a minute were \(limit)", limit)
        case .notAway(let agent): of(agent, "notAway", " were not away")
        case .pageVisible(let agent): of(agent, "pageVisible", "'s page were visible")
        case .online(let agent): of(agent, "online", " were online")
        case .activated(let agent): of(agent, "activated", "'s account were active")
        case .mayReply(let agent): of(agent, "mayReply", " could reply in this project")
        case .inScope(let agent): of(agent, "inScope", " were among the specified agents")
        case .inPool(let agent): of(agent, "inPool", " were in the link's pool")
        case .projectOpenLimit(let limit):
            the("projectOpenLimit", "if the project's open limit were \(number(limit))", limit)
        case .projectNewPerMinute(let limit):
            the(
                "projectNewPerMinute", "if the project's limit a minute were \(number(limit))",
                limit)
        case .seats(let seats): the("seats", "if the project had \(seats) seats", seats)
        case .assignedOffline:
            the("assignedOffline", "if sessions went offline when nobody is receiving")
        case .assigned: the("assigned", "if sessions were assigned, not only claimed")
        case .routedOutsideHours:
            the("routedOutsideHours", "if sessions were routed outside the hours")
        case .time(let moment):
            API.Release(code: "time", text: "at \(moment.text)", until: moment.text)
        }
    }
}
