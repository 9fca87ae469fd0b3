import HTTP
import Telegram
import Wire

/// Tells Telegram that a pressed button was noticed, so that the customer's app waits no longer.
/// Loop's thread only.
///
/// The node that took the press does it once, after the press is in the log; nothing is kept of it
/// and nothing is repeated: an app that gets no answer gives up waiting by itself.
final class CallbackAnswers {
    /// Bounds of what is told.
    enum Limits {
        /// Calls under way or waiting; presses beyond get no answer.
        static let underWay = 100
        /// Connections of its own, so that it holds up no message.
        static let connections = 2
        /// Bytes of an answer.
        static let answerBytes = 64 << 10
        /// The longest id of a press, in bytes.
        static let idBytes = 128
    }

    private let client: BotClient
    private var underWay = 0

    init(client: BotClient) {
        self.client = client.sibling(
            maxConnections: Limits.connections, answerBytes: Limits.answerBytes)
    }

    /// Answers a press of the bot with this token; tells whether Telegram took it.
    func answer(_ id: Text, token: Text, completion: @escaping (Bool) -> Void) {
        guard underWay < Limits.underWay, id.utf8.count <= Limits.idBytes else {
            return completion(false)
        }
        underWay += 1
        client.call(.answerCallbackQuery(id: id), token: token) { [weak self] result in
            self?.underWay -= 1
            if case .success(let response) = result {
                completion(response.status == 200)
            } else {
                completion(false)
            }
        }
    }
}
