import HTTP
import Routing
import Wire

/// What a project does not want said: its rules, and what they say of a text that this node takes
/// in.
extension Node {
    func addModerationRoutes(_ routes: inout Router) {
        api(.get, "/api/v1/projects/*/moderation", &routes) { node, call throws(Problem) in
            let id = try node.managedProject(call).id
            node.respondModeration(id, call)
        }
        api(.put, "/api/v1/projects/*/moderation", &routes) { node, call throws(Problem) in
            let id = try node.managedProject(call).id
            let rules = try call.body(API.ModerationBody.self).checked()
            call.submit(.setModeration(id, by: call.caller.agent, rules)) { _ in
                node.respondModeration(id, call)
            }
        }
    }

    private func respondModeration(_ id: ProjectID, _ call: APICall) {
        let setting = Setting(.moderation, of: id)
        call.respond(
            API.ModerationView(state.moderation(of: id), etag: state.etag(of: setting)),
            setting: setting)
    }

    /// What a project's rules say of a text; nil: nothing.
    func verdict(
        on text: Text, _ way: ModerationRule.Way, in project: ProjectID
    ) -> Verdict? {
        if let known = moderators[project] { return count(known.verdict(on: text, way)) }
        let moderator = Moderator(state.moderation(of: project))
        moderators[project] = moderator
        return count(moderator.verdict(on: text, way))
    }

    private func count(_ verdict: Verdict?) -> Verdict? {
        if verdict != nil { metrics.count(.textsModerated) }
        return verdict
    }

    /// Does something with an agent's text, unless the rules of its project are against it.
    func submitText(
        _ text: Text, _ entities: [TextEntity], in id: SessionID, isConfirmed: Bool,
        _ call: APICall,
        _ command: (Verdict?) -> Command,
        refused: @escaping (Refusal) -> Problem? = { _ in nil }, done: @escaping (Int64) -> Void
    ) throws(Problem) {
        let agent = call.caller.agent
        guard let project = state.session(id)?.project,
            let verdict = verdict(
                on: text.withAddresses(of: entities), .outbound, in: project)
        else { return call.submit(command(nil), refused: refused, done: done) }
        switch verdict.action {
        case .confirm where !isConfirmed:
            throw Problem(
                422, "confirm_text", "The message needs your confirmation",
                detail: "A rule of the project speaks of it: \"\(verdict.rule)\".",
                hint: "Change the text, or send it again with \"confirm\": true. It is recorded.")
        case .flag, .confirm:
            call.submit(command(verdict), refused: refused, done: done)
        case .block:
            call.submit(.refuseReply(id, by: agent, verdict)) { _ in
                call.respond(
                    Problem(
                        422, "text_blocked", "The message was not sent",
                        detail: "A rule of the project forbids it: \"\(verdict.rule)\".",
                        hint: "Change the text. The attempt is recorded in the session."))
            }
        }
    }
}

extension Text {
    /// The text, and in lines of their own the addresses that lie behind its words: what leads
    /// somewhere is said, too.
    func withAddresses(of entities: [TextEntity]) -> Text {
        let addresses = entities.filter { $0.kind == .textLink }.map(\.value)
        guard !addresses.isEmpty else { return self }
        return Text(addresses.reduce(utf8) { $0 + [UInt8(ascii: "\n")] + $1.utf8 })
    }
}
