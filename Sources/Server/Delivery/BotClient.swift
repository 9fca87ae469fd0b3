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

    private init(_ service: ServiceClient) { self.service = service }

    /// A client of the server at `url`; `tls` is needed when it is `https`.
    convenience init(
        loop: EventLoop, url: ServiceURL, tls: TLSClientContext?, resolver: Resolver,
        maxConnections: Int
    ) {
        self.init(
            ServiceClient(
                loop: loop, url: url, name: "the Bot API", tls: tls, resolver: resolver,
                limits: ServiceClient.Limits(connections: maxConnections)))
    }

    /// A client of the same server with connections of its own, so that what it does holds up
    /// nothing of this one's.
    func sibling(
        maxConnections: Int, answerBytes: Int, answer: Duration = .seconds(30)
    ) -> BotClient {
        BotClient(
            service.sibling(
                limits: ServiceClient.Limits(
                    answer: answer, answerBytes: answerBytes, connections: maxConnections)))
    }

    /// Sends a file with the bot of this token; the boundary is drawn for this call.
    func upload(
        _ upload: BotUpload, _ file: [UInt8], boundary: Text, token: Text,
        completion: @escaping Completion
    ) {
        var headers = HTTPHeaders()
        headers.append("Host", service.url.authority)
        headers.append("Content-Type", BotUpload.contentType(boundary: boundary))
        let target = Array(service.url.path.utf8) + upload.target(token: token)
        service.send(
            HTTPRequest(
                method: .post, target: target, headers: headers,
                body: upload.body(file, boundary: boundary)),
            completion: completion)
    }

    /// Calls a method of the bot with this token; `begun` is told when the call is about to be
    /// written, which is later where all connections are busy, and never if it is not sent.
    func call(
        _ method: BotMethod, token: Text, begun: (() -> Void)? = nil,
        completion: @escaping Completion
    ) {
        var headers = HTTPHeaders()
        headers.append("Host", service.url.authority)
        headers.append("Content-Type", "application/json")
        let target = Array(service.url.path.utf8) + method.target(token: token)
        service.send(
            HTTPRequest(method: .post, target: target, headers: headers, body: method.body()),
            begun: begun, completion: completion)
    }

    /// Downloads the file under a path that `getFile` told.
    func download(_ path: Text, token: Text, completion: @escaping Completion) {
        var headers = HTTPHeaders()
        headers.append("Host", service.url.authority)
        let target =
            Array(service.url.path.utf8) + BotMethod.fileTarget(token: token, path: path)
        service.send(
            HTTPRequest(method: .get, target: target, headers: headers, body: []),
            completion: completion)
    }
}
