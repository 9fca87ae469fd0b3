import Routing
import Wire

/// A text of a session's history that can be searched.
struct SearchItem: Hashable, Sendable {
    /// Its name in search.db: the log index and a place within, so that newer is greater, at every
    /// node alike.
    var id: Int64
    /// When it was written, in milliseconds of log time.
    var at: Int64
    /// What was written.
    var text: Text

    /// How many places one log index has.
    static let placesPerIndex: Int64 = 32

    /// What can be searched of a history item; nil: nothing. A private note has no word in it.
    init?(_ item: HistoryItem) {
        guard let (place, text) = item.what.searchable, !text.isEmpty else { return nil }
        id = item.wordsIndex * SearchItem.placesPerIndex + place
        at = item.at.milliseconds
        self.text = text
    }
}

extension SearchHit {
    /// Whether an item has the text by which it was found: one that had not gone yet may have been
    /// changed since.
    public func isOf(_ item: HistoryItem) -> Bool { SearchItem(item)?.id == id }
}

extension HistoryItem {
    /// The log index from which its text is.
    fileprivate var wordsIndex: Int64 {
        if case .outbound(let message) = what { return message.changedAt ?? index }
        return index
    }
}

extension MessageExtras {
    /// The words of a place or a person that came with a message.
    fileprivate var enclosureWords: Text { enclosure?.words ?? "" }
}

extension HistoryItem.What {
    /// The text to be searched and its place among those of one log index: one entry writes at most
    /// one of each kind, and the parts of one reply.
    fileprivate var searchable: (place: Int64, text: Text)? {
        switch self {
        case .inbound(let message): (0, message.text.joined(message.extras.enclosureWords))
        case .edited(let edited): (1, edited.text.joined(edited.extras.enclosureWords))
        case .transferred(_, _, _, let remark): (2, remark)
        case .remarked(_, let text): (3, text)
        case .rewritten(_, _, let text, _): (4, text)
        case .outbound(let message), .revised(let message, _, _):
            (
                OutboxMessage.partsPerReply
                    + message.outbox.rawValue % OutboxMessage.partsPerReply, message.text
            )
        // No words of people are in these; of a private note the history has none.
        case .callback, .assigned, .claimed, .gaveBack, .requeued, .rerouted, .alerted,
            .autoCompleted, .tookOver, .handedOver, .barred, .flooded, .completed, .reopened,
            .blocked, .unreachable, .noted, .tagged, .moderated:
            nil
        }
    }
}
