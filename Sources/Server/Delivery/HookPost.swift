import Crypto
import Routing
import Wire

/// What is posted to a hook.
struct HookPost: Encodable {
    /// The one that something is about, with its name now.
    struct Data: Encodable {
        struct Session: Encodable {
            var id: String
            /// The version that the event made.
            var version: Int64
            /// The customer's number at Telegram.
            @Null var customer: String?
        }
        struct Link: Encodable {
            var id: String
            var code: String
            var name: String
        }
        struct Click: Encodable {
            var id: String
            var at: String
        }
        var session: Session?
        /// Who has the session, or had it last.
        var agent: API.Named?
        var link: Link?
        var click: Click?
    }

    var id: String
    var event: String
    /// Log time.
    var at: String
    var project: API.Named
    var data: Data

    /// A delivery to a hook in words. Names are those of now, all else is the event's own.
    init(_ delivery: HookDelivery, to hook: Hook, in state: RoutingState) {
        id = hook.name(of: delivery)
        event = delivery.what.word
        at = delivery.at.text
        let name = state.project(hook.project)?.settings.name.string
        project = API.Named(id: "\(hook.project)", name: name ?? "")
        data = Data()
        switch delivery.what {
        case .assigned(let id, let agent, let version):
            data.session = HookPost.session(id, version, in: state)
            data.agent = state.named(agent)
        case .completed(let id, let lastOwner, let version):
            data.session = HookPost.session(id, version, in: state)
            data.agent = lastOwner.map(state.named)
        case .clicked(let id, let key, let clickedAt):
            let link = state.link(id)?.settings
            data.link = Data.Link(
                id: "\(id)", code: link?.code.string ?? "", name: link?.name.string ?? "")
            data.click = Data.Click(id: "\(key.epoch)-\(key.sequence)", at: clickedAt.text)
        case .ping: break
        }
    }

    private static func session(
        _ id: SessionID, _ version: UInt64, in state: RoutingState
    ) -> Data.Session {
        Data.Session(
            id: "\(id)", version: Int64(clamping: version),
            customer: state.session(id).map { "\($0.user)" })
    }

    /// What `Roundhouse-Signature` says of a body that is sent at a moment, in seconds since 1970:
    /// HMAC-SHA-256 of moment, a dot and the body, under the secret as the manager was shown it.
    static func signature(of body: [UInt8], secret: Text, at seconds: Int64) -> String {
        let code = HMACSHA256.mac(key: secret.utf8, Array("\(seconds).".utf8) + body)
        return "t=\(seconds),v1=\(Hex.string(code))"
    }
}

extension Hook {
    /// What a delivery is called outside, for good.
    func name(of delivery: HookDelivery) -> String { "\(id)-\(delivery.sequence)" }
}

extension HookDelivery.What {
    /// The API's word: part of the API, so never renamed.
    var word: String {
        switch self {
        case .assigned: "session.assigned"
        case .completed: "session.completed"
        case .clicked: "link.clicked"
        case .ping: "ping"
        }
    }
}

extension HookEvents {
    private static let names: [(HookEvents, String)] = [
        (.assigned, "session.assigned"), (.completed, "session.completed"),
        (.clicked, "link.clicked"),
    ]
    /// The API's words.
    var words: [String] { HookEvents.names.filter { contains($0.0) }.map(\.1) }
    /// nil: one of them is no event.
    init?(words: [String]) {
        self = []
        for word in words {
            guard let event = HookEvents.names.first(where: { $0.1 == word })?.0 else {
                return nil
            }
            insert(event)
        }
    }
}
