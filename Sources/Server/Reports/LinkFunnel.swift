import Routing
import Wire

/// How far those got who came by a link: each step counts the tokens that got there at least.
struct LinkFunnel: Hashable, Sendable {
    /// Tokens that came back with `/start`, each with its first user.
    var starts = 0
    /// Sessions of those that an agent had.
    var assigned = 0
    /// Sessions in which an agent wrote afterwards.
    var firstReplies = 0
    /// Sessions that are completed.
    var completed = 0

    /// Whether a session came by a link in a span.
    static func isLed(_ session: Session, by link: LinkID, in span: Range<Int64>) -> Bool {
        session.touches.contains { touch in
            touch.link == link && touch.via == .own
                && span.contains(touch.clickedAt.milliseconds)
        }
    }

    /// Takes a session that came by the link, with what happened in it, oldest first.
    mutating func take(_ session: Session, _ history: [HistoryItem]) {
        starts += 1
        guard session.assignedAt != nil else { return }
        assigned += 1
        let isAnswered = history.contains { item in
            if case .outbound = item.what { true } else { false }
        }
        guard isAnswered else { return }
        firstReplies += 1
        if session.state == .completed { completed += 1 }
    }
}
