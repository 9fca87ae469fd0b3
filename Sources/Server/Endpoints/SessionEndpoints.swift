import Routing
import Storage
import Wire

/// What agents do with sessions: look, answer, claim, hand on, complete.
extension Node {
    /// Most items on a page of a list.
    static let maxPageItems = 200

    func addSessionRoutes(_ routes: inout Router) {
        api(.get, "/api/v1/me", &routes) { node, call throws(Problem) in try node.me(call) }
        api(.put, "/api/v1/me/presence", &routes) { node, call throws(Problem) in
            let body = try call.body(API.Presence.self)
            call.submit(.setAway(call.caller.agent, body.away)) { _ in node.respondMe(call) }
        }
        api(.get, "/api/v1/sessions", &routes) { node, call throws(Problem) in
            try node.listSessions(call)
        }
        api(.get, "/api/v1/sessions/*", &routes) { node, call throws(Problem) in
            node.respondWhole(try node.visibleSession(call), call)
        }
        api(.get, "/api/v1/sessions/*/history", &routes) { node, call throws(Problem) in
            try node.history(call)
        }
        api(.post, "/api/v1/sessions/*/reply", &routes) { node, call throws(Problem) in
            try node.reply(call)
        }
        change(
            "claim", &routes,
            finding: { node, call throws(Problem) in try node.contestedSession(call) }
        ) {
            .claim($0, by: $1, version: $2)
        }
        change("take-over", &routes) { .takeOver($0, by: $1, version: $2) }
        change("give-back", &routes) { .giveBack($0, by: $1, version: $2) }
        change("complete", &routes) { .complete($0, by: $1, version: $2) }
        change("reopen", &routes) { .reopen($0, by: $1, version: $2) }
        api(.post, "/api/v1/sessions/*/transfer", &routes) { node, call throws(Problem) in
            try node.transfer(call)
        }
        api(.post, "/api/v1/projects/*/customers/*/block", &routes) { node, call throws(Problem) in
            let project = try call.id(0, as: ProjectID.self)
            let user = try call.id(1, as: TelegramID.self)
            let isBarred = try call.body(API.Block.self).blocked
            let command = Command.bar(user, of: project, by: call.caller.agent, isBarred)
            call.submit(command) { _ in call.respondNothing() }
        }
        api(.post, "/api/v1/outbox/*/resend", &routes) { node, call throws(Problem) in
            let id = try call.id(0, as: OutboxID.self)
            call.submit(.resend(id, by: call.caller.agent)) { _ in call.respondNothing() }
        }
    }

    /// A route of a change that only carries the version it saw.
    private func change(
        _ verb: String, _ routes: inout Router,
        finding session: @escaping (Node, APICall) throws(Problem) -> SessionID = {
            node, call throws(Problem) in try node.visibleSession(call)
        },
        _ command: @escaping (SessionID, AgentID, UInt64) -> Command
    ) {
        api(.post, "/api/v1/sessions/*/\(verb)", &routes) { node, call throws(Problem) in
            let session = try session(node, call)
            let version = try call.version(try call.body(API.Versioned.self).version)
            call.submit(command(session, call.caller.agent, version)) { _ in
                node.respondSession(session, call)
            }
        }
    }

    private func me(_ call: APICall) throws(Problem) { respondMe(call) }

    private func respondMe(_ call: APICall) {
        guard
            let me = state.me(
                call.caller.agent, node: "\(configuration.node)",
                nodes: [configuration.publicListener.baseURL] + peers.urls,
                index: "\(appliedIndex)",
                at: logTime)
        else { return call.respond(Problem.notSignedIn) }
        call.respond(me)
    }

    /// The session in the path, if the caller may see it.
    func visibleSession(_ call: APICall) throws(Problem) -> SessionID {
        let id = try call.id(0, as: SessionID.self)
        guard state.session(id) != nil, state.canSee(call.caller.agent, id) else {
            throw .notFound
        }
        return id
    }

    /// The session in the path, if the caller could have claimed it a moment ago. Somebody else may
    /// have been faster, and this node knows it already: then the log says who it was.
    private func contestedSession(_ call: APICall) throws(Problem) -> SessionID {
        let id = try call.id(0, as: SessionID.self)
        guard state.visible(id, to: call.caller.agent) != nil else { throw .notFound }
        return id
    }

    /// Answers with a session, or with nothing when the change put it out of the caller's sight.
    func respondSession(_ id: SessionID, _ call: APICall) {
        guard let session = state.session(id), state.canSee(call.caller.agent, id) else {
            return call.respondNothing()
        }
        let view = state.view(session, for: call.caller.agent, at: logTime)
        call.respond(view, version: view.version)
    }

    /// Answers with a session, its newest decision, and what keeps it waiting.
    private func respondWhole(_ id: SessionID, _ call: APICall) {
        guard let session = state.session(id) else { return call.respond(Problem.notFound) }
        var view = state.view(session, for: call.caller.agent, at: logTime)
        if session.state == .unassigned {
            view.blockers = state.blockers(id, at: logTime).map { state.view($0, chosen: nil) }
            view.releases = state.releases(of: id, at: logTime).map(state.view)
        }
        guard let ordinal = session.decisionOrdinal else {
            return call.respond(view, version: view.version)
        }
        read(call) { reader throws(StorageError) in
            try reader.row(.history, major: id.rawValue, minor: ordinal)
        } completion: { [self] row in
            if let row, let item = try? HistoryItem(value: row), let decision = item.decision {
                view.decision = state.view(decision, index: item.index, at: item.at)
            }
            call.respond(view, version: view.version)
        }
    }

    private func listSessions(_ call: APICall) throws(Problem) {
        let limit = try call.number("limit", default: 50, in: 1...Node.maxPageItems)
        let agent = call.caller.agent
        var projects = state.projects.map(\.id).filter {
            !state.permissions(of: agent, in: $0).isEmpty
        }
        if let text = call.parameter("project") {
            guard let number = Int64(text), projects.contains(ProjectID(number)) else {
                throw .notFound
            }
            projects = [ProjectID(number)]
        }
        let list = call.parameter("list") ?? "mine"
        if list == "mine" || list == "waiting" {
            let places = places(
                list, projects, limit, after: try call.placeCursor, of: agent)
            let next = places.count == limit ? places.last : nil
            return respondPage(
                places.map(\.session).filter { state.canSee(agent, $0) },
                next: next.map { "\($0.since.milliseconds)-\($0.session)" }, call)
        }
        let before = try call.idCursor.map { SessionID($0) }
        var ids: [SessionID]
        switch list {
        case "completed":
            ids = projects.flatMap { state.completed(in: $0, before: before, limit: limit) }
        case "all":
            ids = projects.flatMap { state.sessions(in: $0, before: before, limit: limit) }
        case let other:
            throw .invalid(
                "The parameter list must be mine, waiting, completed or all, not \(other).")
        }
        ids = Array(ids.sorted(by: >).prefix(limit))
        let next = ids.count == limit ? ids.last : nil
        respondPage(
            ids.filter { state.canSee(agent, $0) }, next: next.map { "\($0)" }, call)
    }

    /// A page of the caller's open sessions, newest activity first, or of the queues, in order.
    private func places(
        _ list: String, _ projects: [ProjectID], _ limit: Int, after: QueuePlace?, of agent: AgentID
    ) -> [QueuePlace] {
        if list == "waiting" {
            let found = projects.flatMap { state.waiting(in: $0, after: after, limit: limit) }
            let places = found.compactMap { state.session($0)?.queuePlace }
            return Array(places.sorted().prefix(limit))
        }
        let places = state.openSessions(of: agent).compactMap { id -> QueuePlace? in
            guard let session = state.session(id), projects.contains(session.project) else {
                return nil
            }
            return QueuePlace(since: session.last?.at ?? session.openedAt, session: id)
        }
        let rest = places.filter { place in after.map { place < $0 } ?? true }
        return Array(rest.sorted(by: >).prefix(limit))
    }

    private func respondPage(_ ids: [SessionID], next: String?, _ call: APICall) {
        let items = ids.compactMap { id in
            state.session(id).map { state.view($0, for: call.caller.agent, at: logTime) }
        }
        call.respond(API.Page(index: "\(appliedIndex)", items: items, next: next))
    }

    private func history(_ call: APICall) throws(Problem) {
        let id = try visibleSession(call)
        let limit = try call.number("limit", default: 50, in: 1...Node.maxPageItems)
        let before = Int64(
            try call.number("before", default: .max, in: 1...Int.max))
        let last = before == .max ? Int64.max : before - 1
        let reading = call.caller.agent
        read(call) { reader throws(StorageError) in
            let rows = try reader.rows(
                .history, major: id.rawValue, minorIn: 0...last, descending: true, limit: limit)
            var read: [(item: HistoryItem, ordinal: Int64, note: PrivateNote?)] = []
            for row in rows {
                guard let item = try? HistoryItem(value: row.value) else { continue }
                read.append((item, row.minor, try reader.note(of: item, for: reading)))
            }
            var numbers = MessageNumbers(read.map { ($0.item, $0.ordinal) })
            try numbers.lookFurther(in: id, reader)
            return (rows: read, numbers: numbers)
        } completion: { [self] read in
            let rows = read.rows
            let items = rows.reversed().map { row in
                var view = state.view(row.item, ordinal: row.ordinal)
                if let note = row.note { view.text = note.text.string }
                read.numbers.name(&view, of: row.item)
                return view
            }
            let next = rows.count == limit ? rows.last?.ordinal : nil
            call.respond(
                API.Page(
                    index: "\(appliedIndex)", items: items,
                    next: next.flatMap { $0 > 0 ? "\($0)" : nil }))
        }
    }

    private func reply(_ call: APICall) throws(Problem) {
        let id = try contestedSession(call)
        let body = try call.body(API.Reply.self)
        if let target = body.replyTo { return try answer(target, in: id, body, call) }
        let (text, entities) = try body.checked()
        let agent = call.caller.agent
        struct Answer: Encodable { var outbox: String }
        try submitText(
            text, entities, in: id, isConfirmed: body.confirm ?? false, call
        ) { verdict in
            if !entities.isEmpty {
                return .formattedReply(id, by: agent, text: text, entities, verdict)
            }
            return verdict.map { .moderatedReply(id, by: agent, text: text, $0) }
                ?? .reply(id, by: agent, text: text)
        } done: { outbox in
            call.respond(Answer(outbox: "\(outbox)"), status: 201)
        }
    }

    private func transfer(_ call: APICall) throws(Problem) {
        let session = try visibleSession(call)
        let body = try call.body(API.Transfer.self)
        var target: AgentID?
        if body.to != "any" {
            guard let number = Int64(body.to), state.agent(AgentID(number)) != nil else {
                throw .invalid("The field to must be an agent's id or \"any\".")
            }
            target = AgentID(number)
        }
        let version = try call.version(body.version)
        let remark = body.remark ?? ""
        guard remark.utf8.count <= 4096 else {
            throw .invalid("The field remark must have at most 4096 bytes.")
        }
        let command = Command.transfer(
            session, by: call.caller.agent, to: target, version: version,
            remark: Text(remark), confirmed: body.confirm ?? false)
        call.submit(command) { [self] _ in respondSession(session, call) }
    }
}
