import Glibc
import HTTP
import Transport
import Wire

/// The REST API of one node, for the command line: one request after the other, each blocks until
/// it is answered.
final class AdminClient {
    /// Bounds of a request.
    enum Limits {
        /// Until connected, TLS included.
        static let connect: Duration = .seconds(5)
        /// From the request to the end of its answer; a webhook's registration waits for Telegram.
        static let answer: Duration = .seconds(60)
        /// The same for a what-if, which plays days of the log; another may be before it.
        static let whatIf: Duration = .seconds(600)
        /// The same for a file: as slow as the node takes it, and a little more.
        static let file: Duration = .seconds(400)
        /// More than a head takes, and TLS adds to a body.
        static let overheadBytes = 1 << 20
        /// Bytes of an answer.
        static let answerBytes = 64 << 20
        /// Items on one page of a history.
        static let historyPage = 100
        /// Things on one page of a list.
        static let page = 200
    }

    private let url: ServiceURL
    private let base: String
    private let tls: TLSClientContext?
    private let loop: EventLoop
    private let resolver: Resolver
    /// What proves who asks: a header's name and value.
    private var proof: (name: String, value: String)?
    private var isSignedIn = false

    /// A client; signs in where no token was given.
    init(_ settings: AdminSettings) throws {
        guard let url = ServiceURL(settings.url) else {
            throw AdminFailure("\(settings.url) is no URL", code: EX_USAGE)
        }
        self.url = url
        base = settings.url
        loop = try EventLoop()
        resolver = try Resolver(loop: loop)
        tls = url.isSecure ? try TLSClientContext(extraCAFile: settings.caFile) : nil
        switch settings.identity {
        case .token(let token): proof = ("Authorization", "Bearer \(token)")
        case .signIn(let login, let password):
            let answer = try exchange(
                .post, "/api/v1/sign-in",
                [
                    "login": .text(Text(login)), "password": .text(Text(password)),
                ])
            let cookie = answer.header("Set-Cookie")?.string.prefix { $0 != ";" }
            guard let cookie else {
                throw AdminFailure("\(base) gave no cookie at the sign-in", code: EX_PROTOCOL)
            }
            proof = ("Cookie", String(cookie))
            isSignedIn = true
        }
    }

    /// Ends the sign-in, if there is one, and the client.
    func close() {
        // One that is not ended ends by itself twelve hours after its last use.
        if isSignedIn { _ = try? exchange(.post, "/api/v1/sign-out", [:]) }
        loop.shutDown()
    }

    /// Asks for a document.
    func get(_ path: String) throws -> JSONValue { try document(exchange(.get, path, nil)) }

    /// Changes something; gives the document of the answer, null where it has none.
    @discardableResult
    func send(
        _ method: HTTPMethod, _ path: String, _ body: JSONValue,
        within limit: Duration = Limits.answer
    ) throws -> JSONValue {
        try document(exchange(method, path, body, within: limit))
    }

    /// Sends a file as it is.
    func upload(_ path: String, _ bytes: [UInt8], type: String) throws -> JSONValue {
        try document(exchange(.post, path, bytes, type: type, within: Limits.file))
    }

    /// All things of a list, page after page, at most `limit`.
    func items(_ path: String, limit: Int = .max) throws -> [JSONValue] {
        var items: [JSONValue] = []
        var cursor: String?
        repeat {
            var page = path + (path.contains("?") ? "&" : "?")
            page += "limit=\(min(Limits.page, limit - items.count))"
            if let cursor { page += "&cursor=\(cursor)" }
            let answer = try get(page)
            items += answer["items"]?.elements ?? []
            cursor = answer["next"]?.string
        } while cursor != nil && items.count < limit
        return items
    }

    private func document(_ response: HTTPResponse) throws -> JSONValue {
        if response.body.isEmpty { return .null }
        do {
            return try JSONValue.parse(response.body)
        } catch {
            throw AdminFailure("\(base) answered with something that is no JSON", code: EX_PROTOCOL)
        }
    }

    private func exchange(
        _ method: HTTPMethod, _ path: String, _ body: JSONValue?,
        within limit: Duration = Limits.answer
    ) throws -> HTTPResponse {
        try exchange(
            method, path, body?.serialized() ?? [], type: body == nil ? nil : "application/json",
            within: limit)
    }

    private func exchange(
        _ method: HTTPMethod, _ path: String, _ body: [UInt8], type: String?,
        within limit: Duration
    ) throws -> HTTPResponse {
        var headers = HTTPHeaders()
        headers.append("Host", url.authority)
        headers.append("Accept", "application/json")
        if let type { headers.append("Content-Type", type) }
        if let proof { headers.append(proof.name, proof.value) }
        let request = HTTPRequest(
            method: method, target: url.path + path, headers: headers, body: body)
        let response = try answer(to: request, within: limit)
        guard (200...299).contains(response.status) else {
            let verb = String(decoding: method.bytes, as: UTF8.self)
            let shown = path.prefix { $0 != "?" }
            throw AdminFailure(response, of: "\(verb) \(base)\(shown)")
        }
        return response
    }

    /// What the answer's closures and the loop share.
    private final class Outcome {
        var result: Result<HTTPResponse, AdminFailure>
        init(_ failure: AdminFailure) { result = .failure(failure) }
    }

    private func answer(
        to request: HTTPRequest, within limit: Duration
    ) throws -> HTTPResponse {
        let (base, loop) = (base, loop)
        let outcome = Outcome(
            AdminFailure(
                "\(base): no answer within \(limit); what was asked for may still be done",
                code: EX_TEMPFAIL))
        let timer = loop.schedule(after: limit) { loop.stop() }
        var open: Connection?
        loop.connect(
            host: url.host, port: url.port, resolver: resolver, tls: tls, timeout: Limits.connect
        ) { result in
            switch result {
            case .failure(let error):
                outcome.result = .failure(
                    AdminFailure("\(base) can't be reached: \(error)", code: EX_UNAVAILABLE))
                loop.stop()
            case .success(let connection):
                open = connection
                var machine = HTTPClientConnection(
                    limits: HTTPLimits(maxBodyBytes: Limits.answerBytes))
                let advance = {
                    do {
                        guard let response = try machine.nextResponse() else { return }
                        outcome.result = .success(response)
                    } catch {
                        outcome.result = .failure(
                            AdminFailure(
                                "\(base) gave no proper answer: \(error)", code: EX_PROTOCOL))
                    }
                    loop.stop()
                }
                connection.onReceive = { bytes in
                    machine.receive(bytes)
                    advance()
                }
                connection.onPeerFinished = {
                    machine.peerClosed()
                    advance()
                }
                connection.onClosed = { reason in
                    if case .failure = outcome.result {
                        outcome.result = .failure(
                            AdminFailure(
                                "\(base) closed the connection before the answer: \(reason)",
                                code: EX_TEMPFAIL))
                    }
                    loop.stop()
                }
                connection.maxPendingWriteBytes = request.body.count + Limits.overheadBytes
                connection.write { machine.send(request, into: &$0) }
            }
        }
        loop.run()
        timer.cancel()
        open?.onClosed = nil
        open?.close(afterFlush: false)
        return try outcome.result.get()
    }
}
