import Wire

extension AgentID {
    /// Stands where an agent would: the project says it by itself.
    public static let automatic = AgentID(0)
}

// What a project says by itself. It goes through the outbox as an answer does and counts as none:
// the session stays unanswered, its place and its preview stay what they are.
extension RoutingState {
    /// A customer's message opened a session or opened one again: a new one is welcomed, and who
    /// has to wait is told so. Both come once per wait, for a wait begins with such a message.
    mutating func greet(_ session: inout Session, isNew: Bool, _ decision: Decision) {
        guard let book = records.books[session.project] else { return }
        var texts: [Text] = []
        if isNew { texts += [book.welcome, book.privacyNotice] }
        // Who is behind others in a drain that goes on will hardly wait.
        if decision.chosen == nil, decision.way != .behindQueue {
            let opens = openTimes(of: session.project)?.opens(after: now.time)
            let isClosed = opens != nil && !book.outOfHours.isEmpty
            texts.append(isClosed ? book.outOfHours : book.nobodyAvailable)
        }
        let parts = texts.flatMap { automatic($0, for: session).messageParts }
        let chat = Chat(project: session.project, user: session.user)
        for (number, part) in parts.prefix(Int(OutboxMessage.partsPerReply)).enumerated() {
            guard !outgoing.isFull(chat) else { return }
            queue(part, number: Int64(number), by: .automatic, in: &session)
        }
    }

    /// An automatic text with its placeholders filled in: `{customer}`, `{project}`, and
    /// `{minutes}` for the expected wait. While that is unknown, the lines that name it are left
    /// out.
    private func automatic(_ text: Text, for session: Session) -> Text {
        var text = text
        var placeholders = [
            Placeholder("customer", session.name),
            Placeholder("project", project(session.project)!.settings.name),
        ]
        if let wait = expectedWaitMilliseconds(in: session.project) {
            let minutes = max(1, (wait + 59_999) / 60_000)
            placeholders.append(Placeholder("minutes", Text("\(minutes)")))
        } else {
            text = text.withoutLines(of: "minutes")
        }
        return text.filled(placeholders)
    }
}
