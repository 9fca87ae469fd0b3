import Crypto
import HTTP
import Raft
import Replica
import Routing
import Transport
import Wire

/// What operators may change, on the operations listener: members, who leads, the feature level,
/// and a password. Each request proves the cluster's key, see `OperatorGate`.
extension Node {
    /// How long a change of members or a hand-over may take.
    static let operatorPatience: Duration = .seconds(10)
    /// How long a node that is asked for its own removal passes on clicks first, in nanoseconds,
    /// and how often it looks.
    private static let drainPatience: Int64 = 4_000_000_000
    private static let drainLook: Duration = .milliseconds(50)

    /// The body of `POST /members`.
    struct MembersRequest: Codable {
        /// A new member.
        struct Addition: Codable {
            var node: UInt64
            var peer: String
        }
        var add: Addition?
        var remove: UInt64?
    }
    /// The body of `POST /transfer`.
    struct TransferRequest: Codable {
        var to: UInt64?
    }
    /// The body of `POST /level`; without a level the highest that the node asked applies.
    struct LevelRequest: Codable {
        var to: UInt32?
    }
    /// The body of `POST /password`. The tool hashes: the password itself passes no wire.
    struct PasswordRequest: Codable {
        var login: String
        var passwordHash: String
    }
    /// What a finished `POST /password` says.
    struct PasswordAnswer: Codable {
        var login: String
        var isAdmin: Bool
        var index: UInt64
    }
    /// What a finished `POST /level` says.
    struct LevelAnswer: Codable {
        var level: UInt32
        var index: UInt64
    }
    /// What a finished request says: which member it was about, or which one leads now.
    struct OperatorAnswer: Codable {
        var node: UInt64
        var index: UInt64
    }

    /// `GET /challenge`: what the next request must be proved with.
    func respondChallenge(_ exchange: Exchange) {
        var response = HTTPResponse(
            status: 200, contentType: "application/json",
            body: JSON.encode(["challenge": operatorGate.challenge(now: loop.now)]))
        response.headers.append("Cache-Control", "no-store")
        exchange.respond(response)
    }

    /// A request that changes something.
    func operate(_ exchange: Exchange) {
        let request = exchange.request
        do throws(Problem) {
            guard
                operatorGate.admits(
                    request.header(OperatorGate.header), method: "POST", path: request.path,
                    body: request.body, now: loop.now)
            else { throw Problem.notProved }
            switch request.pathString {
            case "/members": try changeMembers(exchange)
            case "/transfer": try transfer(exchange)
            case "/level": try raiseLevel(exchange)
            case "/password": try resetPassword(exchange)
            default: throw Problem.notFound
            }
        } catch {
            exchange.respond(error.response)
        }
    }

    private func changeMembers(_ exchange: Exchange) throws(Problem) {
        let body = try JSON.decode(MembersRequest.self, from: exchange.request.body)
        let change: MembershipChange
        if let add = body.add, body.remove == nil {
            guard (1...65_535).contains(add.node) else {
                throw .invalid("A node's number is from 1 to 65535.")
            }
            guard let address = SocketAddress(add.peer), address.port > 0 else {
                throw .invalid(
                    "The address must be an IP address and a port such as 10.0.0.4:7081.")
            }
            guard configuration.peerTLS != nil || address.isLoopback else {
                throw .invalid("Without certificates (`peer.tls`) nodes must be on loopback.")
            }
            change = .add(NodeID(add.node), address: Array("\(address)".utf8))
        } else if let remove = body.remove, body.add == nil {
            change = .remove(NodeID(remove))
        } else {
            throw .invalid("Say either `add` or `remove`.")
        }
        log.info("members are to change", ["change": .text("\(change)")])
        let proceed = { [self] in
            ask(within: Node.operatorPatience) { replica, request, deadline in
                replica.membershipRequested(change, request: request, deadline: deadline)
            } completion: { answer in
                self.finish(exchange, answer)
            }
        }
        guard case .remove(configuration.node) = change else { return proceed() }
        passOnClicks(until: loop.now + Node.drainPatience) { isDone in
            if isDone { proceed() } else { exchange.respond(Problem.clicksWaiting.response) }
        }
    }

    /// Waits until no click is in this node's spool alone: once it is removed nobody takes them.
    private func passOnClicks(until end: Int64, completion: @escaping (Bool) -> Void) {
        guard stores.spool.count > 0 else { return completion(true) }
        guard loop.now < end else { return completion(false) }
        _ = loop.schedule(after: Node.drainLook) { [weak self] in
            self?.passOnClicks(until: end, completion: completion)
        }
    }

    private func transfer(_ exchange: Exchange) throws(Problem) {
        let body = try JSON.decode(TransferRequest.self, from: exchange.request.body)
        let target = body.to.map { NodeID($0) }
        log.info("leadership is to go", ["to": .text(target.map { "node \($0)" } ?? "any node")])
        ask(within: Node.operatorPatience) { replica, request, deadline in
            replica.transferRequested(to: target, request: request, deadline: deadline)
        } completion: { [self] answer in
            finish(exchange, answer)
        }
    }

    private func raiseLevel(_ exchange: Exchange) throws(Problem) {
        let body = try JSON.decode(LevelRequest.self, from: exchange.request.body)
        let level = body.to.map { FeatureLevel($0) } ?? configuration.newestLevel
        log.info("the feature level is to be raised", ["to": .text("\(level)")])
        ask(within: Node.operatorPatience) { replica, request, deadline in
            replica.raiseRequested(to: level, request: request, deadline: deadline)
        } completion: { [self] answer in
            finish(exchange, answer) { index, id in
                JSON.encode(LevelAnswer(level: UInt32(clamping: id), index: index))
            }
        }
    }

    /// Gives an account another password, for when no administrator can sign in any more. The
    /// audit log has it as an operator's.
    private func resetPassword(_ exchange: Exchange) throws(Problem) {
        let body = try JSON.decode(PasswordRequest.self, from: exchange.request.body)
        guard Scrypt.isEncoded(body.passwordHash) else {
            throw .invalid("The field passwordHash is no hash of this release's tool.")
        }
        guard let agent = state.agent(login: Text(body.login)) else { throw .unknownLogin }
        if isOutOfRoom { throw outOfRoom }
        log.info("a password is to be reset by an operator", ["login": .text(body.login)])
        var change = AgentChange()
        change.passwordHash = Text(body.passwordHash)
        submit(.updateAgent(agent.id, by: nil, change)) { [self] answer in
            finish(exchange, answer) { index, _ in
                JSON.encode(
                    PasswordAnswer(
                        login: agent.login.string, isAdmin: agent.isAdmin, index: index))
            }
        }
    }

    private func finish(
        _ exchange: Exchange, _ answer: Answer,
        _ body: (_ index: UInt64, _ id: Int64) -> [UInt8] = { index, id in
            JSON.encode(OperatorAnswer(node: UInt64(clamping: id), index: index))
        }
    ) {
        switch answer {
        case .applied(let index, .done(let id)):
            exchange.respond(
                HTTPResponse(
                    status: 200, contentType: "application/json",
                    body: body(index.rawValue, id)))
        case .refused(let why): exchange.respond(Problem(ofOperator: why).response)
        case .applied, .readable, .unknown: exchange.respond(Problem.unknownOutcome.response)
        }
    }
}

extension Problem {
    static let notProved = Problem(
        401, "not_proved", "Not permitted",
        detail: "The request does not prove the cluster's key, or its challenge is used up.",
        hint: "Use `roundhouse members` or `transfer` with a configuration whose key file is right."
    )
    fileprivate static let clicksWaiting = Problem(
        409, "clicks_waiting", "Clicks are not passed on yet",
        detail: "This node has clicks that are not in the log, and they would be lost with it.",
        hint: "Try again in a moment, or ask another node for the removal to give them up.")
    fileprivate static let unknownLogin = Problem(
        404, "unknown_login", "No such account", detail: "No account has this login.",
        hint: "Mind capital letters; the audit log names accounts.")

    private static let wouldLoseQuorum = Problem(
        409, "would_lose_quorum", "The rest could decide nothing",
        detail: "Of the voters that would be left too few can be reached now.",
        hint: "Bring the others back first, or remove those that are dead.")
    private static let notVoter = Problem(
        409, "not_voter", "Only a voter can lead",
        detail: "This number is no voter's.",
        hint: "`roundhouse members list` shows who votes.")
    private static let unreachable = Problem(
        409, "unreachable", "Nobody to take over",
        detail: "The member that should lead, or every other voter, was not heard lately.",
        hint: "Check that it runs.")
    private static let lastVoter = Problem(
        409, "last_voter", "The only voter can't go",
        detail: "Without it the cluster could decide nothing.",
        hint: "Add another member first and wait until it votes.")

    /// Why members or leader did not change, for an operator.
    init(ofOperator why: Answer.Why) {
        switch why {
        case .noLeader, .shuttingDown: self = .noQuorum
        case .overloaded: self = .overloaded
        case .noRoom: self = .disksFull
        case .removed:
            self.init(
                409, "removed", "This node is no member",
                detail: "The node that was asked was removed from the cluster.",
                hint: "Ask another node.")
        case .changeInProgress:
            self.init(
                409, "change_in_progress", "One change at a time",
                detail: "The change of members before this one, or a hand-over, is not finished.",
                hint: "Wait a moment and try again.")
        case .unknownMember:
            self.init(
                404, "unknown_member", "No such member", detail: "No member has this number.",
                hint: "`roundhouse members list` shows them.")
        case .alreadyMember:
            self.init(
                409, "already_member", "A member already",
                detail: "This number is a member's, at another address.",
                hint: "Remove it and add the machine under a new number.")
        case .idWasUsed:
            self.init(
                409, "id_was_used", "The number was used",
                detail: "A new member's number must be above every number ever used here.",
                hint: "Take a higher one.")
        case .lastVoter: self = .lastVoter
        case .tooManyMembers:
            self.init(
                409, "too_many_members", "As many members as there may be",
                detail: "A cluster has at most \(Configuration.maxMembers) members.",
                hint: "Remove one first.")
        case .wouldLoseQuorum: self = .wouldLoseQuorum
        case .notVoter: self = .notVoter
        case .unreachable: self = .unreachable
        case .unknownLevel:
            self.init(
                409, "unknown_level", "No such feature level",
                detail: "The leader's release does not know the feature level.",
                hint: "`roundhouse level` shows the highest that each member knows.")
        case .memberTooOld:
            self.init(
                409, "member_too_old", "Not every member is ready",
                detail: "A member runs a release that does not know the feature level, or can't "
                    + "be reached to tell.",
                hint: "`roundhouse level` shows which; restart it with the newer release, or "
                    + "remove it.")
        case .badAddress: self = .invalid("The address is empty or too long.")
        case .tooLarge, .malformed, .diverged, .needsLevel:
            self.init(
                503, "not_possible", "Not possible now",
                detail: "The leader can't take the request: \(why).",
                hint: "Run the same release on every node and look at its log.")
        }
    }
}
