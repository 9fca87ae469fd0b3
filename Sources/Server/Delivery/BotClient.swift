import HTTP
import Telegram
import Transport
import Wire

/// Calls to the Bot API. Loop's thread only.
///
/// A token is part of a call's path and goes nowhere else: not into a log, not into an error.
final class BotClient {
    /// Why there is no answer, in words for people.
    typealias Failure = ServiceClient.Failure
    /// Told once per call.
    typealias Completion = ServiceClient.Completion

    private let service: ServiceClient

    /// A client of the server at `url`; `tls` is needed when it is `https`.
    init(
        loop: EventLoop, url: ServiceURL, tls: TLSClientContext?, resolver: Resolver,
        maxConnections: Int
    ) {
        service = ServiceClient(
            loop: loop, url: url, name: "the Bot API", tls: tls, resolver: resolver,
            limits: ServiceClient.Limits(connections: maxConnections))
    }

    /// Calls a method of the bot with this token.
    func call(_ method: BotMethod, token: Text, completion: @escaping Completion) {
        var headers = HTTPHeaders()
        headers.append("Host", service.url.authority)
        headers.append("Content-Type", "application/json")
        let target = Array(service.url.path.utf8) + method.target(token: token)
        service.send(
            HTTPRequest(method: .post, target: target, headers: headers, body: method.body()),
            completion: completion)
    }
}
