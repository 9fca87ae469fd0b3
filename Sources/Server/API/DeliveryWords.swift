import Routing
import Telegram
import Wire

/// Why a message to a customer failed, by the reason that is kept, and what to do about it. The
/// codes are part of the API, so never renamed.
struct DeliveryWords {
    /// What the reason means.
    let kind: BotFailure.Kind

    /// The words for a reason that `DeliveryState.failed` has.
    init(reason: Text) {
        kind = reason == Delivery.noToken ? .unauthorized : BotFailure.Kind(reason: reason)
    }

    /// The code of the failure.
    var code: String {
        switch kind {
        case .blockedByUser, .userDeactivated, .chatNotFound, .forbidden:
            kind.unreachable!.word
        case .unauthorized, .notFound: "badToken"
        case .messageTooLong, .messageEmpty, .conflict, .migrated, .badRequest: "refused"
        }
    }

    /// What to do, in one or two sentences.
    var advice: String {
        switch kind {
        case .blockedByUser:
            "The customer blocked the bot: complete the session; they come back by writing."
        case .userDeactivated: "The customer's account is gone: complete the session."
        case .chatNotFound:
            "The customer must press Start in this bot first: complete the session until then."
        case .forbidden:
            "Telegram does not let the bot write to this customer: a manager looks whether it is "
                + "the bot that they wrote to and whether it is restricted; then send again."
        case .unauthorized, .notFound:
            "A manager must set a new bot token in the project's settings; then send again."
        case .messageTooLong, .messageEmpty, .conflict, .migrated, .badRequest:
            "Repair what Telegram names, then send again."
        }
    }
}

extension BotFailure.Kind {
    /// What it says of the customer; nil: nothing.
    var unreachable: Unreachable? {
        switch self {
        case .blockedByUser: .blockedBot
        case .userDeactivated: .deactivated
        case .chatNotFound: .chatNotFound
        case .forbidden: .notAllowed
        case .unauthorized, .notFound, .conflict, .messageTooLong, .messageEmpty, .migrated,
            .badRequest:
            nil
        }
    }
}

extension Unreachable {
    /// The API's word.
    var word: String {
        switch self {
        case .blockedBot: "blockedBot"
        case .deactivated: "deactivated"
        case .chatNotFound: "chatNotFound"
        case .notAllowed: "notAllowed"
        }
    }
}
