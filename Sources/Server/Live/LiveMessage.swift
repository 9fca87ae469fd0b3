import Raft
import Routing
import Wire

/// The messages that a console gets.
enum LiveMessage {
    private struct Message: Encodable {
        var type: String
        var index: String?
        var node: String?
        var session: SessionOrID?
        var item: API.Item?
        var agent: LiveAgent?
    }
    private struct LiveAgent: Encodable {
        var id: String
        var name: String
        var presence: String
        var away: Bool
    }
    private enum SessionOrID: Encodable {
        case whole(API.Session)
        case id(SessionID)
        func encode(to encoder: any Encoder) throws {
            var container = encoder.singleValueContainer()
            switch self {
            case .whole(let session): try container.encode(session)
            case .id(let id): try container.encode("\(id)")
            }
        }
    }

    static let refresh = JSON.encode(Message(type: "refresh"))
    static let signedOut = JSON.encode(Message(type: "signedOut"))

    static func hello(index: LogIndex, node: NodeID) -> [UInt8] {
        JSON.encode(Message(type: "hello", index: "\(index)", node: "\(node)"))
    }
    static func session(_ view: API.Session, index: LogIndex) -> [UInt8] {
        JSON.encode(Message(type: "session", index: "\(index)", session: .whole(view)))
    }
    static func gone(_ id: SessionID, index: LogIndex) -> [UInt8] {
        JSON.encode(Message(type: "gone", index: "\(index)", session: .id(id)))
    }
    static func item(_ item: API.Item, of id: SessionID, index: LogIndex) -> [UInt8] {
        JSON.encode(
            Message(type: "item", index: "\(index)", session: .id(id), item: item))
    }
    static func agent(_ agent: API.AgentSummary, isAway: Bool) -> [UInt8] {
        JSON.encode(
            Message(
                type: "agent",
                agent: LiveAgent(
                    id: agent.id, name: agent.name, presence: agent.presence, away: isAway)))
    }
}
