import Routing
import Telegram
import Testing
import Wire

@testable import Server

/// What a failed delivery is called in the API, and what it says to do.
@Suite struct DeliveryWordsTests {
    @Test(
        arguments: [
            ("Forbidden: bot was blocked by the user", "blockedBot", "blocked the bot"),
            ("Forbidden: user is deactivated", "deactivated", "account is gone"),
            ("Bad Request: chat not found", "chatNotFound", "must press Start"),
            ("Forbidden: bot can't initiate conversation with a user", "chatNotFound", "Start"),
            ("Forbidden: bot can't send messages to the user", "notAllowed", "does not let"),
            ("Unauthorized", "badToken", "A manager must set a new bot token"),
            ("Not Found", "badToken", "then send again"),
            ("the project has no bot token that this cluster can read", "badToken", "token"),
            ("Bad Request: message is too long", "refused", "Repair what Telegram names"),
        ] as [(Text, String, String)])
    func `a reason has a code and words for what to do`(
        reason: Text, code: String, advice: String
    ) {
        let words = DeliveryWords(reason: reason)
        #expect(words.code == code)
        #expect(words.advice.contains(advice))
    }

    @Test func `what is known of the customer is what the session says`() {
        #expect(BotFailure.Kind.blockedByUser.unreachable == .blockedBot)
        #expect(BotFailure.Kind.userDeactivated.unreachable == .deactivated)
        #expect(BotFailure.Kind.chatNotFound.unreachable == .chatNotFound)
        #expect(BotFailure.Kind.forbidden.unreachable == .notAllowed)
        #expect(BotFailure.Kind.unauthorized.unreachable == nil)
        #expect(Set(Unreachable.allCases.map(\.word)).count == Unreachable.allCases.count)
    }
}
