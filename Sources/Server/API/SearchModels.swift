import Routing
import Storage
import Wire

extension API {
    /// What was found: a session, and the words in it that were looked for.
    struct Found: Encodable {
        var session: Session
        var item: Item?
    }

    /// A page of what was found.
    struct FoundPage: Encodable {
        var index: String
        var items: [Found]
        /// A page may be short, or empty, and another one follow.
        @Null var next: String?
        /// Up to which log index texts are found; absent when none were looked for.
        var searchIndex: String?
    }
}

/// What sessions must be like to be found, beside that who asks sees them.
struct SearchFilter {
    var project: ProjectID?
    var state: Session.State?
    var agent: AgentID?
    var link: LinkID?
    var tag: Text?
    /// When, in milliseconds of log time: of the text, or of the session's last message.
    var span = Int64.min..<Int64.max

    /// The filter of a request.
    init(_ call: APICall) throws(Problem) {
        func id<ID: Identifier>(_ name: Text) throws(Problem) -> ID? {
            guard let text = call.parameter(name) else { return nil }
            guard let number = Int64(text), number > 0 else {
                throw .invalid("The parameter \(name) must be an id.")
            }
            return ID(number)
        }
        func moment(_ name: Text) throws(Problem) -> Int64? {
            guard let text = call.parameter(name) else { return nil }
            guard let milliseconds = RFC3339.milliseconds(text) else {
                throw .invalid("The parameter \(name) must be a time such as 2026-12-31T00:00:00Z.")
            }
            return milliseconds
        }
        project = try id("project")
        agent = try id("agent")
        link = try id("link")
        tag = call.parameter("tag").map { Text($0) }
        if let word = call.parameter("status") {
            state = Session.State.allCases.first { $0.word == word }
            guard state != nil else {
                throw .invalid("The parameter status must be unassigned, assigned or completed.")
            }
        }
        let (from, to) = (try moment("from") ?? .min, try moment("to") ?? .max)
        guard from <= to else { throw .invalid("The parameter from must not be after to.") }
        span = from..<to
    }

    /// Whether a session is one of those, whenever it was.
    func matches(_ session: Session, _ state: RoutingState) -> Bool {
        if let project, session.project != project { return false }
        if let wanted = self.state, session.state != wanted { return false }
        if let agent, session.owner != agent, session.lastOwner != agent { return false }
        if let link, !session.touches.contains(where: { $0.link == link }) { return false }
        if let tag, !state.tags(of: session.id).contains(tag) { return false }
        return true
    }

    /// Whether something happened in the session's last message's time.
    func matchesTime(_ session: Session) -> Bool {
        span.contains((session.last?.at ?? session.openedAt).milliseconds)
    }
}
