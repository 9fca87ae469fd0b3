import Console
import HTTP
import Raft
import Routing
import Storage
import Transport
import Wire

/// What bodies a route takes.
enum BodyType {
    /// JSON alone.
    case json
    /// Bytes of any type, but no form of a page.
    case anything
}

/// The route table and what every endpoint shares.
extension Node {
    /// Every route of the public listener but the two hot ones, webhooks and magic links.
    func addRoutes() {
        routes.add(.post, "/api/v1/sign-in") { [unowned self] exchange, _ in signIn(exchange) }
        api(.post, "/api/v1/sign-out", &routes) { node, call throws(Problem) in
            try node.signOut(call)
        }
        addMoveRoutes(&routes)
        routes.add(.get, "/api/v1/live") { [unowned self] exchange, _ in openLive(exchange) }
        addSessionRoutes(&routes)
        addFileRoutes(&routes)
        addUploadRoutes(&routes)
        addMessageRoutes(&routes)
        addDeskRoutes(&routes)
        addModerationRoutes(&routes)
        addSearchRoutes(&routes)
        addAdminRoutes(&routes)
        addPoolRoutes(&routes)
        addCheckupRoutes(&routes)
        addLinkRoutes(&routes)
        addReportRoutes(&routes)
        addWhatIfRoutes(&routes)
        addNumberRoutes(&routes)
        addAuditRoutes(&routes)
        addCustomerRoutes(&routes)
        addExportRoutes(&routes)
        addTokenRoutes(&routes)
        addHookRoutes(&routes)
        routes.add(.get, "/healthz") { [unowned self] exchange, _ in respondHealth(exchange) }
        routes.add(.get, "/readyz") { [unowned self] exchange, _ in respondReady(exchange) }
        for asset in Asset.all {
            routes.add(.get, asset.path) { [unowned self] exchange, _ in
                respondAsset(
                    contentType: asset.contentType, bytes: asset.bytes, etag: asset.etag, exchange)
            }
        }
    }

    /// Adds a route for signed-in agents.
    func api(
        _ method: HTTPMethod, _ pattern: String, _ routes: inout Router,
        takes type: BodyType = .json,
        _ body: @escaping (Node, APICall) throws(Problem) -> Void
    ) {
        routes.add(method, pattern) { [unowned self] exchange, parts in
            // The sign-in, too, may be news from another node.
            whenNewEnough(exchange) { [unowned self] result in
                if case .failure(let problem) = result { return refuse(exchange, problem) }
                guard let caller = caller(exchange) else { return refuse(exchange, .notSignedIn) }
                guard caller.mayAsk(method, pattern) else { return refuse(exchange, .needsScope) }
                let call = APICall(node: self, exchange: exchange, caller: caller, parts: parts)
                do throws(Problem) {
                    if method != .get { try refuseCrossSite(exchange, takes: type) }
                    try body(self, call)
                } catch {
                    call.respond(error)
                }
            }
        }
    }

    /// From now on this node answers what comes to the listeners.
    func takeOverFronts() {
        host.publicFront.onRequest = { [unowned self] exchange in route(exchange) }
        host.publicFront.onLargeBody = { [unowned self] body in consider(body) }
        host.operationsFront.onRequest = { [unowned self] exchange in routeOperations(exchange) }
    }

    private func route(_ exchange: Exchange) {
        let request = exchange.request
        guard isVoter || !needsWholeState(request) else {
            return refuse(exchange, .joining)
        }
        if request.hasPathPrefix(Node.webhookPrefix) { return webhook(exchange) }
        if !preparedLinks.isEmpty, clickPrepared(exchange) { return }
        let segments = request.pathSegments.filter { !$0.isEmpty }
        let method = request.method == .head ? HTTPMethod.get : request.method
        switch routes.match(method, segments) {
        case .found(let handler, let name, let parts):
            metrics.countRequest(route: name, status: 0)
            handler(exchange, parts)
        case .methodNotAllowed(let allowed):
            refuseMethod(exchange, allowed)
        case .notFound:
            if method == .get, segments.count == 1, let code = segments.first, code != "api" {
                return click(exchange, code: code)
            }
            refuse(exchange, .notFound)
        }
    }

    /// Answers with what went wrong, where there is no `APICall`.
    func refuse(_ exchange: Exchange, _ problem: Problem) {
        var response = problem.response
        addAnswerHeaders(&response)
        exchange.respond(response)
    }

    private func refuseMethod(_ exchange: Exchange, _ allowed: [HTTPMethod]) {
        let method = String(decoding: exchange.request.method.bytes, as: UTF8.self)
        var response = Problem(
            405, "method_not_allowed", "Method not allowed",
            detail: "This address does not take \(method).",
            hint: "Use one of the methods in the Allow header."
        ).response
        response.headers.append(
            "Allow",
            allowed.map { String(decoding: $0.bytes, as: UTF8.self) }.joined(separator: ", "))
        addAnswerHeaders(&response)
        exchange.respond(response)
    }

    /// What every answer of the API carries.
    func addAnswerHeaders(_ response: inout HTTPResponse) {
        response.headers.append("Cache-Control", "no-store")
        response.headers.append("Roundhouse-Index", "\(appliedIndex)")
        addSecurityHeaders(&response)
    }

    /// Whether the answer can be wrong at a node that does not have everything yet: it would call
    /// a project or a link unknown and a signed-in agent a stranger.
    private func needsWholeState(_ request: HTTPRequest) -> Bool {
        switch routes.match(.get, request.pathSegments.filter { !$0.isEmpty }) {
        case .found(_, let name, _): return name.hasPrefix("/api/")
        case .methodNotAllowed, .notFound: return true
        }
    }

    // MARK: Pages

    private func respondAsset(
        contentType: String, bytes: [UInt8], etag: String, _ exchange: Exchange
    ) {
        if exchange.request.header("If-None-Match") == Text(etag) {
            var response = HTTPResponse(status: 304)
            response.headers.append("ETag", etag)
            addSecurityHeaders(&response)
            return exchange.respond(response)
        }
        var response = HTTPResponse(status: 200, contentType: contentType, body: bytes)
        response.headers.append("ETag", etag)
        response.headers.append("Cache-Control", "no-cache")
        addSecurityHeaders(&response)
        exchange.respond(response)
    }

    /// What browsers are told about every page and answer of the console.
    func addSecurityHeaders(_ response: inout HTTPResponse) {
        response.headers.append(
            "Content-Security-Policy", Asset.contentSecurityPolicy(asking: peers.urls))
        response.headers.append("X-Content-Type-Options", "nosniff")
        response.headers.append("Referrer-Policy", "no-referrer")
        if publicTLS != nil {
            response.headers.append("Strict-Transport-Security", "max-age=31536000")
        }
    }

    // MARK: Live

    private func openLive(_ exchange: Exchange) {
        guard let origin = exchange.request.header("Origin"), isOwnOrigin(origin, exchange) else {
            return refuse(exchange, .crossSite)
        }
        guard let caller = caller(exchange) else {
            return refuse(exchange, .notSignedIn)
        }
        guard caller.scopes == nil else { return refuse(exchange, .needsScope) }
        guard live.count < configuration.limits.consoles, !isStopping else {
            return refuse(exchange, .overloaded)
        }
        do {
            let response = try WebSocketHandshake.response(to: exchange.request)
            let after = exchange.request.queryItem("after").flatMap { UInt64($0.string) }
            let hidden = exchange.request.queryItem("hidden").map { UInt32($0.string) ?? 0 }
            let (connection, first) = exchange.upgrade(response)
            live.open(
                connection, first: first, caller: caller, after: after.map { LogIndex($0) },
                hiddenSeconds: hidden)
        } catch {
            exchange.respond(error.response)
        }
    }

    // MARK: Reading state.db

    /// Reads state.db on the query thread once it holds everything applied so far; a failure is
    /// answered here.
    func read<Value: Sendable>(
        _ call: APICall,
        _ body: @escaping @Sendable (StateReader) throws(StorageError) -> Value,
        completion: @escaping (Value) -> Void
    ) {
        let ticket = LoopBound((call, completion), loop: loop)
        stores.state.flush(through: appliedIndex) { [loop, weak self] isWritten in
            let node = self
            loop.post {
                let (call, completion) = ticket.take()
                guard isWritten, let node else { return call.respond(Problem.overloaded) }
                node.query(call, body, completion)
            }
        }
    }

    private func query<Value: Sendable>(
        _ call: APICall, _ body: @escaping @Sendable (StateReader) throws(StorageError) -> Value,
        _ completion: @escaping (Value) -> Void
    ) {
        let reader = stores.reader
        let started = workers.queries.submit(on: loop) { () -> Result<Value, StorageError> in
            do throws(StorageError) {
                return .success(try body(reader))
            } catch {
                return .failure(error)
            }
        } completion: { [self] result in
            switch result {
            case .success(let value): completion(value)
            case .failure(let error):
                log.error("state.db can't be read", ["reason": .text(error.description)])
                if error.kind == .corrupt || error.kind == .inputOutput { repair.begin(error) }
                call.respond(repair.isUnderWay ? Problem.repairing : .unreadable)
            }
        }
        if !started { call.respond(Problem.overloaded) }
    }
}

extension Problem {
    static let unreadable = Problem(
        500, "storage", "This node can't read its files",
        detail: "The node's log has the details.",
        hint: "Use another node and tell an operator.")
    static let repairing = Problem(
        503, "repairing", "This node replaces rows that it can't read",
        detail: "What was asked for is in rows that went bad on this node's disk. Another node's "
            + "copy is on its way.",
        hint: "Use another node, or try again in a minute.")
}
