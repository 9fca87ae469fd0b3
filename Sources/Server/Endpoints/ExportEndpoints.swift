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
            state: session.state.word, owner: session.owner.map { "\($0)" }, messages: [],
            decisions: [])
        for row in history {
            guard let item = try? HistoryItem(value: row.value) else { continue }
            if case .inbound(let message) = item.what {
                exported.messages.append(message.messageID)
            }
            if let decision = item.decision {
                exported.decisions.append(
                    API.ExportedSession.Decision(
                        index: item.index, cause: decision.cause.word, way: "\(decision.way)",
                        chosen: decision.chosen.map { "\($0)" },
                        cursorBefore: decision.cursorBefore.map { "\($0)" },
                        cursorAfter: decision.cursorAfter.map { "\($0)" },
                        candidates: decision.candidates.filter { $0.reasons.isEmpty }
                            .map { "\($0.agent)" }))
            }
        }
        return exported
    }
}

extension API {
    /// A session with what the router decided about it.
    struct ExportedSession: Encodable {
        struct Decision: Encodable {
            var index: Int64
            var cause: String
            var way: String
            @Null var chosen: String?
            @Null var cursorBefore: String?
            @Null var cursorAfter: String?
            var candidates: [String]
        }
        var id: String
        var project: String
        var user: String
        var state: String
        @Null var owner: String?
        /// Telegram's message numbers, in the order in which they arrived.
        var messages: [Int64]
        var decisions: [Decision]
    }
}
