import HTTP
import Telegram
import Transport
import Wire

/// Brings files of messages from Telegram to this node, for those who may read them. Nothing is
/// kept, here or on disk. Loop's thread only.
///
/// It has connections of its own: a large file on its way holds up no message.
final class BotFiles {
    /// Bounds of the work.
    enum Limits {
        /// Bytes of a file: `getFile` of the Bot API gives bots no larger ones.
        static let bytes = 20 << 20
        /// Bytes of an answer: a little more, for `getFile` tells sizes as the sender's app did.
        static let answerBytes = bytes + (64 << 10)
        /// Connections for files; each may hold one whole file in memory.
        static let connections = 4
        /// Files that are asked for at once; further ones are refused.
        static let files = 64
        /// Bytes of Telegram's words that are shown.
        static let reasonBytes = 300
    }
    /// Why there is no file.
    enum Failure: Error {
        /// More than is taken on at once.
        case busy
        /// Larger than a bot may have.
        case tooLarge
        /// Telegram says that the token is wrong.
        case badToken(String)
        /// Telegram does not give it; why.
        case refused(String)
    }
    /// Told once per file, on a later turn or this one.
    typealias Completion = (Result<[UInt8], Failure>) -> Void

    private let client: BotClient
    private var underWay = 0

    /// Asks the server of this client.
    init(client: BotClient) {
        self.client = client.sibling(
            maxConnections: Limits.connections, answerBytes: Limits.answerBytes)
    }

    /// Brings the file with this id of the bot with this token.
    func fetch(_ id: Text, token: Text, completion: @escaping Completion) {
        guard underWay < Limits.files else { return completion(.failure(.busy)) }
        underWay += 1
        client.call(.getFile(id: id), token: token) { [weak self] result in
            let told = BotFiles.told(result)
            guard let self else { return completion(.failure(.refused("the node is stopping"))) }
            switch told {
            case .failure(let failure): finish(.failure(failure), completion)
            case .success(let file): download(file, token, completion)
            }
        }
    }

    private func download(_ file: BotFile, _ token: Text, _ completion: @escaping Completion) {
        guard file.size ?? 0 <= Int64(Limits.bytes) else {
            return finish(.failure(.tooLarge), completion)
        }
        guard BotMethod.isPlainPath(file.path) else {
            return finish(.failure(.refused("the Bot API tells an unusual path")), completion)
        }
        client.download(file.path, token: token) { [weak self] result in
            let bytes: Result<[UInt8], Failure> =
                switch result {
                case .success(let response) where response.status == 200:
                    .success(response.body)
                case .success(let response):
                    .failure(.refused("the download was answered with \(response.status)"))
                case .failure(let failure): .failure(BotFiles.refused(failure))
                }
            guard let self else { return completion(bytes) }
            finish(bytes, completion)
        }
    }

    private func finish(_ result: Result<[UInt8], Failure>, _ completion: Completion) {
        underWay -= 1
        completion(result)
    }

    private static func told(
        _ result: Result<HTTPResponse, BotClient.Failure>
    ) -> Result<BotFile, Failure> {
        switch result {
        case .failure(let failure): return .failure(refused(failure))
        case .success(let response):
            let answer = BotAnswer.classify(
                status: response.status, retryAfter: response.header("Retry-After"),
                body: response.body)
            switch answer {
            case .ok(let value):
                return BotFile(value).map { .success($0) }
                    ?? .failure(.refused("the Bot API's answer has another form than it should"))
            case .retryAfter(_, let reason), .unavailable(let reason):
                return .failure(.refused(shown(reason)))
            case .failed(let failure):
                if failure.blocksBot { return .failure(.badToken(shown(failure.description))) }
                return .failure(
                    failure.isTooLargeFile ? .tooLarge : .refused(shown(failure.description)))
            }
        }
    }

    private static func refused(_ failure: BotClient.Failure) -> Failure {
        switch failure {
        case .notSent(let reason), .lost(let reason): .refused(shown(Text(reason)))
        }
    }

    /// Words from outside without a token, cut to a length.
    private static func shown(_ words: Text) -> String {
        Text(Array(BotToken.redacted(words).utf8.prefix(Limits.reasonBytes))).string
    }
}
