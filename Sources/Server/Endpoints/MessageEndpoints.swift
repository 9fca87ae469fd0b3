import Routing
import Storage
import Telegram
import Wire

/// What agents do with messages that they wrote: change and delete them.
extension Node {
    func addMessageRoutes(_ routes: inout Router) {
        api(.put, "/api/v1/sessions/*/messages/*", &routes) { node, call throws(Problem) in
            let body = try call.body(API.Reply.self)
            let (text, entities) = try body.checked()
            let change = WantedRevision(
                .text(text, entities), isConfirmed: body.confirm ?? false)
            try node.revise(change, call)
        }
        api(.delete, "/api/v1/sessions/*/messages/*", &routes) { node, call throws(Problem) in
            try node.revise(WantedRevision(.deletion), call)
        }
        api(.post, "/api/v1/sessions/*/typing", &routes) { node, call throws(Problem) in
            try node.tellTyping(call)
        }
    }

    /// Lets the customer see that the session's agent is typing; what fails here is not said.
    private func tellTyping(_ call: APICall) throws(Problem) {
        let id = try visibleSession(call)
        guard let session = state.session(id), session.owner == call.caller.agent else {
            throw .forbidden
        }
        call.respondNothing()
        guard session.state == .assigned, !session.isOutOfReach,
            let project = state.project(session.project),
            let token = secrets.open(project.settings.sealedToken, for: .botToken),
            typing.mayTell(id, now: loop.now)
        else { return }
        let method = BotMethod.sendChatAction(chat: session.user.rawValue, action: "typing")
        // It is over in five seconds, whatever became of it.
        typingClient.call(method, token: token) { _ in }
    }

    /// What is to become of a message.
    private struct WantedRevision {
        var revision: Revision
        var isConfirmed: Bool

        init(_ revision: Revision, isConfirmed: Bool = true) {
            self.revision = revision
            self.isConfirmed = isConfirmed
        }
    }

    private func revise(_ wanted: WantedRevision, _ call: APICall) throws(Problem) {
        let session = try visibleSession(call)
        let ordinal = try call.ordinal(1)
        read(call) { reader throws(StorageError) in
            (
                try reader.row(.history, major: session.rawValue, minor: ordinal),
                try reader.row(.revision, major: session.rawValue, minor: ordinal)
            )
        } completion: { [self] history, mark in
            guard let history, let item = try? HistoryItem(value: history) else {
                return call.respond(Problem.notFound)
            }
            let isDeleted = mark.flatMap { try? RevisionMark(value: $0) }?.isDeleted ?? false
            do throws(Problem) {
                try revise(item, ordinal, isDeleted: isDeleted, in: session, wanted, call)
            } catch {
                call.respond(error)
            }
        }
    }

    private func revise(
        _ item: HistoryItem, _ ordinal: Int64, isDeleted: Bool, in session: SessionID,
        _ wanted: WantedRevision, _ call: APICall
    ) throws(Problem) {
        let agent = call.caller.agent
        guard case .outbound(let message) = item.what else { throw .notAMessage }
        guard message.agent == agent else { throw .notTheAuthor }
        var revision = wanted.revision
        if message.file != nil, case .text(let caption, let entities) = revision {
            revision = .caption(caption, entities)
        }
        // A repetition under a key is answered by the cluster as the first one was.
        let isKeyed = call.exchange.request.header(APICall.keyHeader) != nil
        let isGone = isDeleted || message.state == .withdrawn
        guard !isGone || isKeyed else { throw .alreadyDeleted }
        let command: (Verdict?) -> Command
        if state.outbox(message.outbox) != nil || message.state == .withdrawn {
            command = { [revision] in .reviseQueued(message.outbox, by: agent, revision, $0) }
        } else if case .sent(let messageID) = message.state {
            let sent = SentMessage(ordinal: ordinal, messageID: messageID, at: item.at)
            command = { [revision] in .revise(session, by: agent, sent, revision, $0) }
        } else {
            // It is on its way, or was given up with its session.
            throw .notRevisable
        }
        struct Answer: Encodable { var outbox: String }
        let done: (Int64) -> Void = { call.respond(Answer(outbox: "\($0)"), status: 202) }
        // It went between the look at it and the command.
        let refused: (Refusal) -> Problem? = {
            $0 == .wrongState || $0 == .notFound ? .notRevisable : nil
        }
        guard case .text(let text, let entities) = wanted.revision else {
            return call.submit(command(nil), refused: refused, done: done)
        }
        try submitText(
            text, entities, in: session, isConfirmed: wanted.isConfirmed, call, command,
            refused: refused, done: done)
    }
}

extension Problem {
    static let notAMessage = Problem(
        404, "not_found", "No message of an agent",
        detail: "This item of the history is no message that somebody here wrote.",
        hint: "Take the ordinal of a message from an agent.")
    static let notTheAuthor = Problem(
        403, "forbidden", "Not your message",
        detail: "Only who wrote a message changes or deletes it.",
        hint: "Ask its author, or write another message.")
    static let alreadyDeleted = Problem(
        409, "wrong_state", "Deleted already",
        detail: "The message was deleted, or withdrawn before it went.",
        hint: "Write a new one.")
    static let notRevisable = Problem(
        409, "wrong_state", "Not possible now",
        detail: "The message is being sent, nobody knows whether it arrived, or it was given up.",
        hint: "Try again once it is sent. One that may have arrived is sent again first, or left.")
}
