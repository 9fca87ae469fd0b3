import Crypto
import HTTP
import Routing
import Wire

/// A console that loses its node goes on at another one; where that is another host for the
/// browser, the cookie does not follow. So the page fetches a ticket while its node lives, and
/// shows it where it arrives.
extension Node {
    func addMoveRoutes(_ routes: inout Router) {
        api(.post, "/api/v1/me/move", &routes) { node, call throws(Problem) in
            try node.giveTicket(call)
        }
        routes.add(.post, "/api/v1/sign-in/move") { [unowned self] exchange, _ in
            // The sign-in itself may be news from another node.
            whenNewEnough(exchange) { [unowned self] result in
                if case .failure(let problem) = result { return refuse(exchange, problem) }
                do throws(Problem) {
                    try takeTicket(exchange)
                } catch {
                    refuse(exchange, error)
                }
            }
        }
    }

    private func giveTicket(_ call: APICall) throws(Problem) {
        guard call.caller.scopes == nil else { throw .needsScope }
        guard state.level >= .second else { throw .needsLevel }
        guard let origin = call.exchange.request.header("Origin") else { throw .crossSite }
        let ticket = MoveTicket(
            tokenHash: call.caller.tokenHash, agent: call.caller.agent,
            ends: logTime.adding(milliseconds: MoveTicket.milliseconds), origin: origin)
        call.respond(
            API.MoveTicketView(
                ticket: ticket.text(key: HMACKey(secrets.moveKey)),
                seconds: MoveTicket.milliseconds / 1000, nodes: peers.urls))
    }

    /// Moves the sign-in of a ticket to this address. `from` is what the browser says of the page
    /// that led here: another site can't make it say a console's address, so nobody can make a
    /// browser go on with somebody else's sign-in.
    private func takeTicket(_ exchange: Exchange) throws(Problem) {
        try refuseCrossSite(exchange)
        let body = try JSON.decode(API.MoveBody.self, from: exchange.request.body)
        guard let ticket = MoveTicket(body.ticket, key: HMACKey(secrets.moveKey)),
            ticket.ends > logTime, ticket.origin == Text(body.from)
        else { throw .notSignedIn }
        if let caller = caller(exchange) {
            // The cookie followed, or another page of this browser was quicker.
            guard caller.agent == ticket.agent, caller.scopes == nil else { throw .notSignedIn }
            return respondSignedIn(caller.agent, nil, exchange)
        }
        guard state.signIn(tokenHash: ticket.tokenHash) != nil else { throw .notSignedIn }
        if let refusalOfChanges { throw refusalOfChanges }
        let token = SecureRandom.bytes(32)
        let command = Command.moveSignIn(from: ticket.tokenHash, to: SHA256.hash(token))
        submit(command) { [self] answer in
            switch answer {
            case .applied(_, .done(let id)): respondSignedIn(AgentID(id), token, exchange)
            case .applied: refuse(exchange, .notSignedIn)
            case .refused(.noRoom): refuse(exchange, .disksFull)
            case .unknown, .readable: refuse(exchange, .unknownOutcome)
            case .refused: refuse(exchange, .noQuorum)
            }
        }
    }
}

extension API {
    /// What lets a page go on at another node.
    struct MoveTicketView: Encodable {
        var ticket: String
        /// How long it is good.
        var seconds: Int64
        /// Where browsers reach the other nodes.
        var nodes: [String]
    }
    /// A page that arrives.
    struct MoveBody: Decodable {
        var ticket: String
        var from: String
    }
}
