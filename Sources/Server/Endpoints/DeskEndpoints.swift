import HTTP
import Routing
import Storage
import Wire

/// What agents write about sessions for themselves and each other, and what a project's desk says
/// and files by.
extension Node {
    func addDeskRoutes(_ routes: inout Router) {
        api(.post, "/api/v1/sessions/*/notes", &routes) { node, call throws(Problem) in
            try node.addNote(call)
        }
        api(.get, "/api/v1/notes", &routes) { node, call throws(Problem) in
            try node.listNotes(call)
        }
        api(.post, "/api/v1/sessions/*/remarks", &routes) { node, call throws(Problem) in
            let session = try node.visibleSession(call)
            let text = try call.body(API.Reply.self).text
            call.submit(.addRemark(session, by: call.caller.agent, text: Text(text))) { index in
                call.respond(API.Written(index: "\(index)"), status: 201)
            }
        }
        api(.post, "/api/v1/sessions/*/tags", &routes) { node, call throws(Problem) in
            let session = try node.visibleSession(call)
            let body = try call.body(API.TagsBody.self)
            let command = Command.setTags(
                session, by: call.caller.agent, add: (body.add ?? []).map { Text($0) },
                remove: (body.remove ?? []).map { Text($0) })
            call.submit(command) { _ in node.respondSession(session, call) }
        }
        api(.get, "/api/v1/sessions/*/canned", &routes) { node, call throws(Problem) in
            let session = try node.visibleSession(call)
            call.respond(node.page(node.state.cannedReplies(for: session, by: call.caller.agent)))
        }
        api(.get, "/api/v1/projects/*/desk", &routes) { node, call throws(Problem) in
            node.respondDesk(try node.managedProject(call).id, call)
        }
        api(.put, "/api/v1/projects/*/desk", &routes) { node, call throws(Problem) in
            let id = try node.managedProject(call).id
            var book = node.state.deskBook(of: id)
            try call.body(API.DeskBody.self).apply(to: &book)
            call.submit(.setDeskBook(id, by: call.caller.agent, book)) { _ in
                node.respondDesk(id, call)
            }
        }
    }

    private func respondDesk(_ id: ProjectID, _ call: APICall) {
        let setting = Setting(.desk, of: id)
        call.respond(
            API.DeskView(
                state.deskBook(of: id),
                waitMilliseconds: state.expectedWaitMilliseconds(in: id),
                etag: state.etag(of: setting)),
            setting: setting)
    }

    private func addNote(_ call: APICall) throws(Problem) {
        let session = try visibleSession(call)
        let text = try call.body(API.Reply.self).text
        call.submit(.addNote(session, by: call.caller.agent, text: Text(text))) { index in
            call.respond(API.Written(index: "\(index)"), status: 201)
        }
    }

    /// The caller's own notes, newest first, also on sessions that went out of their sight.
    private func listNotes(_ call: APICall) throws(Problem) {
        let limit = try call.number("limit", default: 50, in: 1...Node.maxPageItems)
        let before = try call.number("cursor", default: Int.max, in: 1...Int.max)
        let author = call.caller.agent
        read(call) { reader throws(StorageError) in
            try reader.rows(
                .note, major: author.rawValue, minorIn: 0...Int64(before - 1), descending: true,
                limit: limit)
        } completion: { [self] rows in
            let notes = rows.compactMap { row in
                try? PrivateNote(author: author, index: row.minor, value: row.value)
            }
            call.respond(
                API.Page(
                    index: "\(appliedIndex)", items: notes.map(API.NoteView.init),
                    next: rows.count == limit ? rows.last.map { "\($0.minor)" } : nil))
        }
    }
}

extension StateReader {
    /// The private note that a history item tells of, if the reading agent wrote it.
    func note(of item: HistoryItem, for agent: AgentID) throws(StorageError) -> PrivateNote? {
        guard case .noted(by: agent) = item.what else { return nil }
        let row = try row(.note, major: agent.rawValue, minor: item.index)
        return row.flatMap { try? PrivateNote(author: agent, index: item.index, value: $0) }
    }
}

extension RoutingState {
    /// A project's canned replies as they would go out in a session.
    func cannedReplies(for id: SessionID, by agent: AgentID) -> [API.Canned] {
        guard let session = session(id), let project = project(session.project) else { return [] }
        let placeholders = [
            Placeholder("customer", session.name),
            Placeholder("agent", self.agent(agent)?.name ?? ""),
            Placeholder("project", project.settings.name),
        ]
        return deskBook(of: project.id).canned.map {
            API.Canned(name: $0.name.string, text: $0.text.filled(placeholders).string)
        }
    }
}
