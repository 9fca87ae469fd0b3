import Crypto
import HTTP
import Routing
import Wire

/// Signing in and out. Passwords are checked with scrypt away from the loop, a few at a time; the
/// cookie is 256 random bits of which only the hash is stored, on every node.
extension Node {
    /// A sign-in ends after this long without use.
    static let signInIdle: Int64 = 12 * 3_600_000
    /// A sign-in ends after this long in any case.
    static let signInAbsolute: Int64 = 7 * 24 * 3_600_000
    /// Longest password taken; a longer one is refused before it is hashed.
    static let maxPasswordBytes = 1024

    /// The cookie's name: over TLS one that no other host or path can set.
    private func cookieName(_ exchange: Exchange) -> Text {
        exchange.isSecure ? "__Host-roundhouse" : "roundhouse"
    }

    /// Who sent a request; nil without a good sign-in or API token.
    func caller(_ exchange: Exchange) -> Caller? {
        if let header = exchange.request.header("Authorization"),
            header.string.lowercased().hasPrefix(Node.bearerScheme)
        {
            return integration(header)
        }
        guard let cookie = exchange.request.cookie(cookieName(exchange)),
            let token = Base64URL.decode(cookie.utf8), token.count == 32
        else { return nil }
        let hash = SHA256.hash(token)
        guard let signIn = state.signIn(tokenHash: hash), signIn.expires > logTime,
            let agent = state.agent(signIn.agent), agent.isActive
        else { return nil }
        return Caller(agent: agent.id, isAdmin: agent.isAdmin, tokenHash: hash)
    }

    /// `POST /api/v1/sign-in`.
    func signIn(_ exchange: Exchange) {
        let body: API.SignIn
        do {
            try refuseCrossSite(exchange)
            body = try JSON.decode(API.SignIn.self, from: exchange.request.body)
        } catch {
            return refuse(exchange, error)
        }
        let keys = ["login:\(body.login)", "address:\(exchange.clientAddress)"]
        guard passwordGate.mayTry(keys, now: loop.now) else {
            metrics.count(.signInsRefused)
            return refuse(exchange, Node.tooManySignIns)
        }
        passwordGate.tried(keys, now: loop.now)
        let agent = state.agent(login: Text(body.login))
        // An unknown login costs the same time as a wrong password.
        let encoded = agent?.passwordHash.string ?? decoyHash
        let password = Array(body.password.utf8)
        let started = workers.passwords.submit(on: loop) { () -> Bool in
            password.count <= Node.maxPasswordBytes
                && Scrypt.verify(password: password, encoded: encoded)
        } completion: { [self] isRight in
            guard isRight, let agent, agent.isActive else {
                metrics.count(.signInsRefused)
                log.info(
                    "sign-in refused",
                    ["login": .text(body.login), "address": .text(exchange.clientAddress.string)])
                return refuse(exchange, Node.wrongPassword)
            }
            passwordGate.succeeded(keys, now: loop.now)
            admit(agent, exchange)
        }
        if !started { refuse(exchange, .overloaded) }
    }

    private func admit(_ agent: Agent, _ exchange: Exchange) {
        if let refusalOfChanges { return refuse(exchange, refusalOfChanges) }
        let token = SecureRandom.bytes(32)
        let command = Command.signIn(
            agent.id, tokenHash: SHA256.hash(token), idleMilliseconds: Node.signInIdle,
            absoluteMilliseconds: Node.signInAbsolute)
        submit(command) { [self] answer in
            guard case .applied(_, .done) = answer else {
                let isFull = answer == .refused(.noRoom)
                return refuse(exchange, isFull ? .disksFull : .noQuorum)
            }
            respondSignedIn(agent.id, token, exchange)
        }
    }

    /// Tells a browser as whom it is signed in, and gives it its cookie unless it has it.
    func respondSignedIn(_ agent: AgentID, _ token: [UInt8]?, _ exchange: Exchange) {
        struct Answer: Encodable { var agent: API.Named }
        var response = HTTPResponse(
            status: 200, contentType: "application/json",
            body: JSON.encode(Answer(agent: state.named(agent))))
        if let token {
            var cookie = "\(cookieName(exchange))=\(Base64URL.string(token)); Path=/; HttpOnly"
            cookie += "; SameSite=Strict; Max-Age=\(Node.signInAbsolute / 1000)"
            if exchange.isSecure { cookie += "; Secure" }
            response.headers.append("Set-Cookie", cookie)
        }
        addAnswerHeaders(&response)
        exchange.respond(response)
    }

    /// `POST /api/v1/sign-out`.
    func signOut(_ call: APICall) throws(Problem) {
        guard call.caller.scopes == nil else { throw .needsScope }
        call.submit(.signOut(call.caller.agent, tokenHash: call.caller.tokenHash)) { _ in
            call.respondNothing()
        }
    }

    /// Throws unless a changing request comes from this site's own pages (or from no page).
    func refuseCrossSite(
        _ exchange: Exchange, takes kind: BodyType = .json
    ) throws(Problem) {
        let headers = exchange.request
        if let site = headers.header("Sec-Fetch-Site"), site != "same-origin", site != "none" {
            throw .crossSite
        }
        if let origin = headers.header("Origin"), !isOwnOrigin(origin, exchange) {
            throw .crossSite
        }
        if kind == .anything {
            let type = headers.header("Content-Type")?.string.lowercased() ?? ""
            guard !type.hasPrefix("multipart/"), !type.contains("form-urlencoded") else {
                throw .notRaw
            }
            return
        }
        guard let type = headers.header("Content-Type")?.string.lowercased(),
            type.prefix(while: { $0 != ";" && $0 != " " }) == "application/json"
        else {
            if headers.body.isEmpty && headers.method != .get { return }
            throw .notJSON
        }
    }

    /// Whether an `Origin` is this site: the host asked for, or the node's public URL.
    func isOwnOrigin(_ origin: Text, _ exchange: Exchange) -> Bool {
        if origin.string == configuration.publicListener.baseURL { return true }
        guard let host = exchange.request.header("Host") else { return false }
        return origin.string == (exchange.isSecure ? "https://" : "http://") + host.string
    }

    private static let wrongPassword = Problem(
        401, "wrong_password", "Not signed in", detail: "Login or password is wrong.",
        hint: "Try again, or ask an administrator to reset the password.")
    private static let tooManySignIns = Problem(
        429, "too_many_sign_ins", "Too many tries",
        detail: "There were too many failed sign-ins for this account or from this address.",
        hint: "Wait a minute and try again.")
}
