import Crypto
import HTTP
import Replica
import Routing
import Wire

/// Who asks: an agent whose sign-in is good, or an integration that acts for one.
struct Caller {
    var agent: AgentID
    var isAdmin: Bool
    /// SHA-256 of the cookie, or of the API token.
    var tokenHash: [UInt8]
    /// What the API token may be used for; nil for a sign-in.
    var scopes: TokenScopes?
    /// The API token; nil for a sign-in.
    var token: APITokenID?

    /// Whether a token's scopes allow a request; a sign-in may ask for anything.
    func mayAsk(_ method: HTTPMethod, _ pattern: String) -> Bool {
        guard let scopes else { return true }
        if method == .get { return scopes.contains(.read) }
        let isOfSessions = ["/api/v1/sessions/", "/api/v1/outbox/", "/api/v1/me/"]
            .contains { pattern.hasPrefix($0) }
        return scopes.contains(isOfSessions ? .sessions : .manage)
    }
}

/// One API request of a signed-in agent: reads its parts, asks the cluster, answers.
struct APICall {
    let node: Node
    let exchange: Exchange
    let caller: Caller
    /// What the route's `*` stood for.
    let parts: [Text]

    /// An identifier in the path.
    func id<ID: Identifier>(_ place: Int, as type: ID.Type) throws(Problem) -> ID {
        guard let number = Int64(parts[place].string), number > 0 else { throw .notFound }
        return ID(number)
    }

    /// The body as a value.
    func body<Value: Decodable>(_ type: Value.Type) throws(Problem) -> Value {
        try JSON.decode(type, from: exchange.request.body)
    }

    /// A parameter of the query.
    func parameter(_ name: Text) -> String? { exchange.request.queryItem(name)?.string }

    /// A whole number in the query, within bounds.
    func number(
        _ name: Text, default standard: Int, in range: ClosedRange<Int>
    ) throws(Problem) -> Int {
        guard let text = parameter(name) else { return standard }
        guard let number = Int(text), range.contains(number) else {
            throw .invalid(
                "The parameter \(name) must be a whole number from \(range.lowerBound) to "
                    + "\(range.upperBound).")
        }
        return number
    }

    /// The version that a change saw, from its body or from `If-Match`.
    func version(_ inBody: Int64?) throws(Problem) -> UInt64 {
        var seen = inBody
        if let tag = exchange.request.header("If-Match") {
            let text = tag.string
            guard text.utf8.count > 2, text.hasPrefix("\""), text.hasSuffix("\""),
                let number = Int64(text.dropFirst().dropLast()), inBody ?? number == number
            else {
                throw .invalid(
                    "If-Match must be one ETag of the session, the same as the field version.")
            }
            seen = number
        }
        guard let seen else { throw .versionMissing }
        guard seen >= 0 else { throw .invalid("The field version must not be negative.") }
        return UInt64(seen)
    }

    /// Answers with a value, and with the tag of its version where it has one.
    func respond(_ value: some Encodable, status: Int = 200, version: Int64? = nil) {
        var response = HTTPResponse(
            status: status, contentType: "application/json", body: JSON.encode(value))
        if let version { response.headers.append("ETag", "\"\(version)\"") }
        finish(&response)
        exchange.respond(response)
    }

    /// Answers with bytes of another type than JSON.
    func respond(bytes: [UInt8], contentType: String) {
        var response = HTTPResponse(status: 200, contentType: contentType, body: bytes)
        finish(&response)
        exchange.respond(response)
    }

    /// Answers without a body.
    func respondNothing() {
        var response = HTTPResponse(status: 204)
        finish(&response)
        exchange.respond(response)
    }

    /// Answers with what went wrong.
    func respond(_ problem: Problem) { node.refuse(exchange, problem) }

    private func finish(_ response: inout HTTPResponse) { node.addAnswerHeaders(&response) }

    /// Asks the cluster; a refusal is answered here, in the words of `refused` where it has some,
    /// and anything done goes to `done` with the id.
    func submit(
        _ command: Command, refused: @escaping (Refusal) -> Problem? = { _ in nil },
        done: @escaping (Int64) -> Void
    ) {
        if let refusal = node.refusalOfChanges { return respond(refusal) }
        let key: RequestKey?
        var asked = command
        do throws(Problem) {
            key = try requestKey
            asked = try conditional(command)
        } catch {
            return respond(error)
        }
        let given = node.state.level < .second ? asked : asked.given(by: caller.token)
        node.submit(given, key: key) { answer in
            switch answer {
            case .applied(_, .done(let id)): done(id)
            case .applied(_, .duplicate): done(0)
            case .applied(_, .refused(let refusal)):
                if case .versionConflict = refusal, case .ifUnchanged = asked {
                    return respond(changed(asked.setting!))
                }
                respond(refused(refusal) ?? problem(refusal))
            case .refused(.overloaded): respond(Problem.overloaded)
            case .refused(.noRoom): respond(Problem.disksFull)
            case .refused(.tooLarge): respond(Problem.invalid("The request is too large."))
            case .refused(.needsLevel): respond(Problem.needsLevel)
            // Each of these is certain: the request is in no log and never will be.
            case .refused: respond(Problem.noQuorum)
            case .unknown, .readable: respond(Problem.unknownOutcome)
            }
        }
    }

    /// The request header with the client's own name for a change that it may repeat.
    static let keyHeader = "Idempotency-Key"
    /// Longest name.
    static let maxKeyBytes = 128
    /// A larger body counts by its hash.
    static let hashedBodyBytes = 256 << 10

    /// The client's key, if it gave one: a hash of agent and name, and one of what is asked for.
    private var requestKey: RequestKey? {
        get throws(Problem) {
            let request = exchange.request
            guard let name = request.header(APICall.keyHeader) else { return nil }
            guard (1...APICall.maxKeyBytes).contains(name.utf8.count) else {
                throw .invalid(
                    "\(APICall.keyHeader) must have 1 to \(APICall.maxKeyBytes) characters.")
            }
            func words(_ parts: [UInt8]...) -> [UInt64] {
                var writer = ByteWriter()
                for part in parts { writer.blob(part) }
                let hash = SHA256.hash(writer.bytes)
                return stride(from: 0, to: 16, by: 8).map { start in
                    hash[start..<start + 8].reduce(0) { $0 << 8 | UInt64($1) }
                }
            }
            let who = words(Array("\(caller.agent)".utf8), Array(name.utf8))
            // A file's name and caption stand in the query; its bytes are not copied once more.
            let isLarge = request.body.count > APICall.hashedBodyBytes
            let body = isLarge ? SHA256.hash(request.body) : request.body
            let isFile = request.path.suffix(6).elementsEqual("/files".utf8)
            let more = isFile ? request.query ?? [] : []
            let what = words(Array("\(request.method)".utf8), request.path, body + more)
            return RequestKey(high: who[0], low: who[1], request: what[0])
        }
    }

    /// A refusal of the router in the API's words.
    func problem(_ refusal: Refusal) -> Problem {
        switch refusal {
        case .notFound: return .notFound
        case .forbidden: return .forbidden
        case .alreadyExists:
            return Problem(
                409, "already_exists", "Taken already", detail: "This name or code is in use.",
                hint: "Choose another one.")
        case .ownedBy(let owner):
            var problem = Problem(
                node.state.agent(owner) == nil ? 409 : 403, "owned", "Somebody else has it",
                detail: "\(node.state.named(owner).name) has this session.",
                hint: "Ask them to transfer it, or a manager to assign it.")
            problem.owner = node.state.named(owner)
            return problem
        case .versionConflict(let owner, let version):
            return conflict(owner: owner, version: version)
        case .wrongState:
            return Problem(
                409, "wrong_state", "Not possible now",
                detail: "The session is not in the state that this needs.",
                hint: "Reload the session.")
        case .notHead(let first):
            return Problem(
                409, "not_head", "Not the first in the queue",
                detail: "Session \(first) has waited longer; this project hands out in order.",
                hint: "Claim the first one.")
        case .refusedBy(let reasons):
            var problem = Problem(
                409, "refused", "Can't be given this session",
                detail: reasons.views.map { "The agent \($0.text)." }.joined(separator: " "),
                hint: "Complete a session first, or ask a manager to change the limits.")
            problem.reasons = reasons.views
            return problem
        case .needsConfirmation(let reasons):
            var problem = Problem(
                422, "needs_confirmation", "The agent may not see it soon",
                detail: reasons.views.map { "The agent \($0.text)." }.joined(separator: " "),
                hint: "Confirm to transfer nevertheless.")
            problem.reasons = reasons.views
            return problem
        case .noCandidate:
            return Problem(
                409, "no_candidate", "Nobody can take it now",
                detail: "No other agent can be given a session at this moment; it stays yours.",
                hint: "Name an agent, or try again later.")
        case .invalid(let field):
            return .invalid("\(field.string)")
        case .needsLevel: return .needsLevel
        }
    }

    private func conflict(owner: AgentID?, version: UInt64) -> Problem {
        let who = owner.map { "\(node.state.named($0).name) has it now." } ?? "Nobody has it now."
        let isByTag = exchange.request.header("If-Match") != nil
        var problem = Problem(
            isByTag ? 412 : 409, "version_conflict", "The session changed meanwhile", detail: who,
            hint: "Look at its new state and decide again.")
        problem.owner = owner.map(node.state.named)
        problem.version = Int64(clamping: version)
        return problem
    }
}
