import Crypto
import Routing
import Wire

/// API tokens for integrations. Only a signed-in administrator makes, lists and revokes them; the
/// cluster keeps their hashes alone.
extension Node {
    /// What every token begins with, so that people and scanners know one when they see it.
    static let tokenPrefix = "rh_"
    /// How `Authorization` says that a token follows, in lower case.
    static let bearerScheme = "bearer "

    func addTokenRoutes(_ routes: inout Router) {
        api(.get, "/api/v1/tokens", &routes) { node, call throws(Problem) in
            try node.requireAdministrator(call)
            try call.respondPage(node.state.apiTokens, id: { $0.id.rawValue }) {
                node.tokenView($0)
            }
        }
        api(.post, "/api/v1/tokens", &routes) { node, call throws(Problem) in
            try node.createToken(call)
        }
        api(.delete, "/api/v1/tokens/*", &routes) { node, call throws(Problem) in
            try node.requireAdministrator(call)
            let id = try call.id(0, as: APITokenID.self)
            call.submit(.revokeToken(id, by: call.caller.agent)) { _ in call.respondNothing() }
        }
    }

    /// Whom a token in `Authorization: Bearer` acts for; nil for one that does not count.
    func integration(_ header: Text) -> Caller? {
        let scheme = Node.bearerScheme + Node.tokenPrefix
        let text = header.string
        guard text.lowercased().hasPrefix(scheme),
            let secret = Base64URL.decode(Array(text.utf8.dropFirst(scheme.utf8.count))),
            secret.count == 32
        else { return nil }
        let hash = SHA256.hash(secret)
        guard let token = state.apiToken(hash: hash), let agent = state.agent(token.agent),
            agent.isActive, token.counts(at: logTime)
        else { return nil }
        return Caller(
            agent: agent.id, isAdmin: agent.isAdmin, tokenHash: hash, scopes: token.scopes,
            token: token.id)
    }

    /// Tokens do not make or show tokens.
    private func requireAdministrator(_ call: APICall) throws(Problem) {
        guard call.caller.scopes == nil else { throw .needsScope }
        guard call.caller.isAdmin else { throw .forbidden }
    }

    private func createToken(_ call: APICall) throws(Problem) {
        try requireAdministrator(call)
        let body = try call.body(API.TokenBody.self)
        let name = try API.checked(body.name, "name", 1...100)
        var agent = call.caller.agent
        if let text = body.agent {
            guard let number = Int64(text), state.agent(AgentID(number)) != nil else {
                throw .invalid("The field agent must be an agent's id.")
            }
            agent = AgentID(number)
        }
        guard let scopes = TokenScopes(words: body.scopes), !scopes.isEmpty else {
            throw .invalid("The field scopes must hold read, sessions or manage.")
        }
        let ends = try tokenEnd(body.expiresAt)
        let secret = SecureRandom.bytes(32)
        let hash = SHA256.hash(secret)
        let command = Command.createToken(
            by: call.caller.agent, name: name, for: agent, tokenHash: hash, scopes: scopes,
            ends: ends)
        call.submit(command) { [self] id in
            guard let token = state.apiTokens.first(where: { $0.id == APITokenID(id) }) else {
                return call.respond(Problem.notFound)
            }
            var view = tokenView(token)
            // A repetition under a key made no second token, and the first one's text is gone.
            if token.tokenHash == hash {
                view.token = Node.tokenPrefix + Base64URL.string(secret)
            }
            call.respond(view, status: 201)
        }
    }

    /// When a new token ends; nil: when it is revoked.
    private func tokenEnd(_ text: String?) throws(Problem) -> LogTime? {
        guard let text else { return nil }
        guard let end = RFC3339.milliseconds(text).map({ LogTime(milliseconds: $0) }),
            logTime < end
        else {
            throw .invalid(
                "The field expiresAt must be a time in the future such as 2026-12-31T00:00:00Z.")
        }
        return end
    }

    private func tokenView(_ token: APIToken) -> API.TokenView {
        API.TokenView(
            id: "\(token.id)", name: token.name.string, agent: state.named(token.agent),
            scopes: token.scopes.words, createdAt: token.createdAt.text,
            expiresAt: token.ends?.text)
    }
}

extension API {
    /// An API token as administrators see it.
    struct TokenView: Encodable {
        var id: String
        var name: String
        var agent: Named
        var scopes: [String]
        var createdAt: String
        /// Null: when it is revoked.
        @Null var expiresAt: String?
        /// The token itself: in the answer that made it and never again.
        var token: String?
    }
    /// A new API token; without `agent` it acts for the one who makes it.
    struct TokenBody: Decodable {
        var name: String
        var agent: String?
        var scopes: [String]
        var expiresAt: String?
    }
}

extension TokenScopes {
    private static let names: [(TokenScopes, String)] = [
        (.read, "read"), (.sessions, "sessions"), (.manage, "manage"),
    ]
    var words: [String] { TokenScopes.names.filter { contains($0.0) }.map(\.1) }
    init?(words: [String]) {
        self = []
        for word in words {
            guard let scope = TokenScopes.names.first(where: { $0.1 == word })?.0 else {
                return nil
            }
            insert(scope)
        }
    }
}
