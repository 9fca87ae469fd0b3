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
    ///
    /// Who is behind others in a drain that goes on will hardly wait; should they be left when it
    /// ends, they are told then.
    mutating func greet(_ session: inout Session, isNew: Bool, _ decision: Decision) {
        guard let book = records.books[session.project] else { return }
        var texts: [Text] = []
        if isNew { texts += [book.welcome, book.privacyNotice] }
        if decision.way == .behindQueue {
            session.isUntold = true
            untold.insert(session.id)
        } else if decision.chosen == nil {
            texts.append(waitingText(of: book, in: session.project))
        }
        say(texts.flatMap { automatic($0, for: session).messageParts }, from: 0, in: &session)
    }

    /// The backlog is gone: who came during it and still waits is told so, the oldest sessions
    /// first. What is more than one entry's messages is for the next.
    mutating func tellUntold() {
        var number = 0
        for id in untold.ascending(limit: Int(OutboxMessage.partsPerReply)) {
            var session = sessions[id]!
            let book = records.books[session.project]
            let text = book.map { waitingText(of: $0, in: session.project) } ?? ""
            let parts = automatic(text, for: session).messageParts
            guard number == 0 || number + parts.count <= OutboxMessage.partsPerReply else { return }
            forgetUntold(&session)
            say(parts, from: number, in: &session)
            store(session)
            number += parts.count
        }
    }

    /// The session waits no more, or its customer knows that it does.
    mutating func forgetUntold(_ session: inout Session) {
        guard session.isUntold else { return }
        session.isUntold = false
        untold.remove(session.id)
    }

    /// What is said to who has to wait; may be empty.
    private func waitingText(of book: DeskBook, in project: ProjectID) -> Text {
        let opens = openTimes(of: project)?.opens(after: now.time)
        let isClosed = opens != nil && !book.outOfHours.isEmpty
        return isClosed ? book.outOfHours : book.nobodyAvailable
    }

    /// Queues parts of texts, of which an entry has `partsPerReply` at most; `number` were queued
    /// by this entry before.
    private mutating func say(_ parts: [Text], from number: Int, in session: inout Session) {
        let chat = Chat(project: session.project, user: session.user)
        let room = max(0, Int(OutboxMessage.partsPerReply) - number)
        for (place, part) in parts.prefix(room).enumerated() {
            guard !outgoing.isFull(chat) else { return }
            queue(part, number: Int64(number + place), by: .automatic, in: &session)
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
