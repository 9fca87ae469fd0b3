import Routing
import Storage
import Wire

/// Every session with its decisions, page by page, for administrators and for the programs that
/// check a cluster after a fault.
extension Node {
    func addExportRoutes(_ routes: inout Router) {
        api(.get, "/api/v1/export/sessions", &routes) { node, call throws(Problem) in
            try node.exportSessions(call)
        }
    }

    private func exportSessions(_ call: APICall) throws(Problem) {
        guard call.caller.isAdmin else { throw .forbidden }
        let limit = try call.number("limit", default: 200, in: 1...1000)
        let after = try call.number("after", default: 0, in: 0...Int.max)
        read(call) { reader throws(StorageError) in
            let rows = try reader.scan(.session, after: (Int64(after), 0), limit: limit)
            var histories: [[(minor: Int64, value: [UInt8])]] = []
            for row in rows {
                histories.append(try reader.rows(.history, major: row.major, limit: 1000))
            }
            return zip(rows.map(\.major), histories).map { (id: $0, history: $1) }
        } completion: { [self] found in
            let items = found.compactMap { exported(SessionID($0.id), $0.history) }
            let next = found.count == limit ? found.last?.id : nil
            call.respond(
                API.Page(index: "\(appliedIndex)", items: items, next: next.map { "\($0)" }))
        }
    }

    private func exported(
        _ id: SessionID, _ history: [(minor: Int64, value: [UInt8])]
    ) -> API.ExportedSession? {
        guard let session = state.session(id) else { return nil }
        var exported = API.ExportedSession(
            id: "\(id)", project: "\(session.project)", user: "\(session.user)",
            state: session.state.word, version: Int64(clamping: session.version),
            owner: session.owner.map { "\($0)" }, messages: [], events: [], decisions: [])
        for row in history {
            guard let item = try? HistoryItem(value: row.value) else { continue }
            if case .inbound(let message) = item.what {
                exported.messages.append(message.messageID)
            }
            if let decision = item.decision {
                exported.decisions.append(
                    API.ExportedSession.Decision(
                        decision, index: item.index, event: exported.events.count))
            }
            exported.events.append(API.ExportedSession.Event(state.view(item, ordinal: 0), item))
        }
        return exported
    }
}

extension API {
    /// A session with what the router decided about it.
    struct ExportedSession: Encodable {
        /// What the router answered, with the list that it went through.
        struct Decision: Encodable {
            var index: Int64
            /// The place among the session's events of what it was recorded with.
            var event: Int
            var cause: String
            var way: String
            @Null var chosen: String?
            @Null var cursorBefore: String?
            @Null var cursorAfter: String?
            /// Members against whom nothing spoke, in list order.
            var candidates: [String]
            /// Every member, in list order.
            var roster: [String]
            var rosterVersion: Int64

            init(_ decision: Routing.Decision, index: Int64, event: Int) {
                self.index = index
                self.event = event
                cause = decision.cause.word
                way = "\(decision.way)"
                chosen = decision.chosen.map { "\($0)" }
                cursorBefore = decision.cursorBefore.map { "\($0)" }
                cursorAfter = decision.cursorAfter.map { "\($0)" }
                candidates = decision.candidates.filter { $0.reasons.isEmpty }.map { "\($0.agent)" }
                roster = decision.candidates.map { "\($0.agent)" }
                rosterVersion = Int64(clamping: decision.rosterVersion)
            }
        }
        /// One thing that happened, in the history's words.
        struct Event: Encodable {
            var index: Int64
            var kind: String
            var from: String
            /// Telegram's number of a customer's message.
            var message: Int64?
            /// Who acted.
            var agent: String?
            /// Who was given the session.
            var to: String?
            /// What an agent wrote; why a customer is out of reach.
            var text: String?
            var delivery: String?
            var opening: String?

            init(_ view: Item, _ item: HistoryItem) {
                index = item.index
                kind = view.kind
                from = view.from
                agent = view.agent?.id
                to = view.to?.id ?? item.decision?.chosen.map { "\($0)" }
                if case .inbound(let inbound) = item.what { message = inbound.messageID }
                if case .outbound(let outbound) = item.what { text = outbound.text.string }
                if case .unreachable(let why) = item.what { text = why.word }
                delivery = view.delivery
                opening = view.opening
            }
        }
        var id: String
        var project: String
        var user: String
        var state: String
        var version: Int64
        @Null var owner: String?
        /// Telegram's message numbers, in the order in which they arrived.
        var messages: [Int64]
        /// Everything that happened, in its order.
        var events: [Event]
        var decisions: [Decision]
    }
}
