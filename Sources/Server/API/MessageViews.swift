import Routing
import Telegram
import Wire

/// What customers and agents wrote, as the API shows it.
extension RoutingState {
    /// Shows an item of a session's history that has somebody's words.
    func showMessage(_ what: HistoryItem.What, in view: inout API.Item) {
        switch what {
        case .inbound(let message): show(message, in: &view)
        case .outbound(let message): show(message, in: &view)
        case .revised(let message, let ordinal, let isDeletion):
            show(message, in: &view)
            view.kind = isDeletion ? "deleted" : "revised"
            view.of = "\(ordinal)"
            view.messageKind = nil
            if isDeletion { view.text = nil }
        case .rewritten(let agent, let ordinal, let text, let entities):
            (view.kind, view.from, view.agent) = ("revised", "agent", named(agent))
            (view.text, view.of) = (text.string, "\(ordinal)")
            view.entities = Array(shown: entities)
        case .edited(let edited):
            (view.kind, view.from, view.text) = ("edited", "customer", edited.text.string)
            view.messageKind = edited.kind.string
            view.ofNumber = number(edited.messageID)
            view.file = API.File(edited.fileID, of: edited.kind, edited.extras.attachment)
            show(edited.extras, in: &view)
        case .callback(let data):
            (view.kind, view.from, view.text) = ("callback", "customer", data.string)
        default: preconditionFailure("nobody's words")
        }
    }

    private func show(_ message: HistoryItem.Inbound, in view: inout API.Item) {
        view.kind = "message"
        view.from = "customer"
        view.text = message.text.string
        view.messageKind = message.kind.string
        view.number = number(message.messageID)
        view.file = API.File(message.fileID, of: message.kind, message.extras.attachment)
        if !Message.isSupported(kind: message.kind) { view.unsupported = true }
        show(message.extras, in: &view)
        view.opening =
            switch message.opening {
            case .none: nil
            case .opened: "opened"
            case .reopened: "reopened"
            }
        view.source = message.touch.flatMap { link($0.link)?.settings.name.string }
    }

    private func show(_ extras: MessageExtras, in view: inout API.Item) {
        view.entities = Array(shown: extras.entities)
        view.album = extras.album.isEmpty ? nil : extras.album.string
        view.replyToNumber = number(extras.replyTo)
        switch extras.enclosure {
        case .location(let place): view.location = API.Location(place)
        case .contact(let person): view.contact = API.Contact(person)
        case nil: return
        }
    }

    /// Telegram's number of a message; an erased customer's have none.
    private func number(_ id: Int64) -> String? { id > 0 ? "\(id)" : nil }

    private func show(_ message: HistoryItem.Outbound, in view: inout API.Item) {
        view.kind = "message"
        view.from = message.agent == .automatic ? "system" : "agent"
        view.agent = message.agent == .automatic ? nil : named(message.agent)
        view.text = message.text.string
        view.messageKind = message.file?.kind.word.string ?? "text"
        view.file = message.file.map { API.File($0) }
        view.entities = Array(shown: message.entities)
        if message.changedAt != nil { view.changed = true }
        view.replyTo = message.replyTo.map { "\($0)" }
        if case .sent(let messageID) = message.state { view.number = number(messageID) }
        view.outbox = "\(message.outbox)"
        // The row is written anew once a state is reached that lasts; until then memory knows more.
        let state = outbox(message.outbox)?.state ?? message.state
        (view.delivery, view.failure) = state.words
        guard case .failed(let reason) = state else { return }
        let words = DeliveryWords(reason: reason)
        (view.failureCode, view.advice) = (words.code, words.advice)
    }
}
