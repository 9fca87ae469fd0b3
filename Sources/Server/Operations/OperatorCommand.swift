import Foundation
import HTTP
import Raft
import Transport
import Wire

/// `roundhouse members`, `transfer`, `level` and `reset-password`: asks one node's operations
/// listener, with the proof that only readers of the cluster's key file can give.
public struct OperatorCommand {
    /// What is asked for.
    public enum Request {
        /// A node becomes a member, a learner at first, where it is reached by the others.
        case add(node: UInt64, peer: String)
        /// A member goes, for good.
        case remove(node: UInt64)
        /// This member leads from now on; nil: the one that is furthest.
        case transfer(to: UInt64?)
        /// The cluster's feature level is raised; nil: to the highest that the asked node applies.
        case raiseLevel(to: UInt32?)
        /// An account has another password, of which only the hash is sent.
        case resetPassword(login: String, hash: String)
    }
    /// Between two looks while waiting for a new member's vote, in microseconds.
    private static let look: UInt32 = 200_000

    private let client: OperationsClient
    private let configuration: NodeConfiguration
    private let host: String

    /// A command of an operator with this configuration; `operations` is another node's listener.
    public init(
        _ configuration: NodeConfiguration, operations: String?
    ) throws(ConfigurationError) {
        self.configuration = configuration
        let text = operations ?? "\(configuration.operationsListen)"
        guard let address = SocketAddress(text) else {
            throw ConfigurationError(
                file: text, path: "", detail: "is no address such as 127.0.0.1:9080")
        }
        host = text
        client = OperationsClient(address: address, patience: .seconds(15))
    }

    /// Carries the request out; gives the exit code: 0 done, 69 not reached, 75 refused or not
    /// finished for now, 77 not permitted.
    public func run(_ request: Request) throws(ConfigurationError) -> Int32 {
        let (path, body) = OperatorCommand.message(request)
        let key = Secrets(clusterKey: try ClusterKey.read(configuration.clusterKeyFile)).operatorKey
        do {
            let challenge = try self.challenge()
            let proof = OperatorGate.proof(
                key: key, challenge: challenge, method: "POST", path: Array(path.utf8), body: body)
            let answer = try client.exchange(
                HTTPRequest(
                    method: .post, target: path,
                    headers: [
                        "Host": host, "Content-Type": "application/json",
                        "Authorization": "Roundhouse \(Hex.string(challenge)) \(Hex.string(proof))",
                    ], body: body))
            return report(request, answer)
        } catch let failure as OperationsClient.Failure {
            complain("\(failure)")
            return failure.wasSent ? EX_TEMPFAIL : EX_UNAVAILABLE
        } catch {
            complain("\(error)")
            return EX_SOFTWARE
        }
    }

    /// Waits until a member votes; gives the exit code.
    public func waitForVote(of node: UInt64, seconds: Int) -> Int32 {
        let end = EventLoop.clock() + Int64(seconds) * 1_000_000_000
        while EventLoop.clock() < end {
            if let view = try? status(), view.isMembershipCommitted,
                view.membership.contains(where: { $0.node == node && $0.isVoter })
            {
                print("node \(node) votes")
                return 0
            }
            usleep(OperatorCommand.look)
        }
        complain("node \(node) is a member and does not vote yet; look at its log")
        return EX_TEMPFAIL
    }

    /// Prints the members as one node sees them; gives the exit code.
    public func list(asJSON: Bool) -> Int32 {
        do {
            let view = try status()
            if asJSON {
                print(String(decoding: JSON.encode(view.membership), as: UTF8.self))
                return 0
            }
            print("NODE  VOTES  REACHED  LAG       ADDRESS")
            for member in view.membership {
                let lag = view.members.first { $0.id == member.node }.map { "\($0.lag)" } ?? "-"
                let cells = [
                    "\(member.node)".padding(toLength: 6, withPad: " ", startingAt: 0),
                    (member.isVoter ? "yes" : "no").padding(
                        toLength: 7, withPad: " ", startingAt: 0),
                    (member.isReachable ? "yes" : "no").padding(
                        toLength: 9, withPad: " ", startingAt: 0),
                    lag.padding(toLength: 10, withPad: " ", startingAt: 0),
                    member.peer ?? "not known",
                ]
                print(cells.joined())
            }
            if !view.isMembershipCommitted { print("the newest change is not committed yet") }
            return 0
        } catch {
            complain("\(error)")
            return EX_UNAVAILABLE
        }
    }

    /// Prints the feature level and what each member knows, as one node sees it; gives the exit
    /// code.
    public func showLevel() -> Int32 {
        do {
            let view = try status()
            print("the cluster is at feature level \(view.level ?? 1)")
            for member in view.membership {
                let newest = member.newestLevel.map { "knows levels up to \($0)" }
                print("node \(member.node): \(newest ?? "not reached from node \(view.node)")")
            }
            return 0
        } catch {
            complain("\(error)")
            return EX_UNAVAILABLE
        }
    }

    private func status() throws -> Node.StatusView {
        let answer = try client.exchange(
            HTTPRequest(method: .get, target: "/status", headers: ["Host": host]))
        return try JSONDecoder().decode(Node.StatusView.self, from: Data(answer.body))
    }

    private func challenge() throws -> [UInt8] {
        let answer = try client.exchange(
            HTTPRequest(method: .get, target: "/challenge", headers: ["Host": host]))
        let body = try? JSONDecoder().decode([String: String].self, from: Data(answer.body))
        guard answer.status == 200, let challenge = body?["challenge"].flatMap({ Hex.decode($0) })
        else {
            throw OperationsClient.Failure(
                description: "\(host) gives no challenge; is it an operations listener of this "
                    + "release?", wasSent: false)
        }
        return challenge
    }

    private static func message(_ request: Request) -> (path: String, body: [UInt8]) {
        switch request {
        case .add(let node, let peer):
            ("/members", JSON.encode(Node.MembersRequest(add: .init(node: node, peer: peer))))
        case .remove(let node): ("/members", JSON.encode(Node.MembersRequest(remove: node)))
        case .transfer(let node): ("/transfer", JSON.encode(Node.TransferRequest(to: node)))
        case .raiseLevel(let level): ("/level", JSON.encode(Node.LevelRequest(to: level)))
        case .resetPassword(let login, let hash):
            (
                "/password",
                JSON.encode(Node.PasswordRequest(login: login, passwordHash: hash))
            )
        }
    }

    private func report(_ request: Request, _ answer: HTTPResponse) -> Int32 {
        let decoder = JSONDecoder()
        if answer.status == 200, case .raiseLevel = request,
            let done = try? decoder.decode(Node.LevelAnswer.self, from: Data(answer.body))
        {
            print("the cluster is at feature level \(done.level)")
            return 0
        }
        if answer.status == 200, case .resetPassword = request,
            let done = try? decoder.decode(Node.PasswordAnswer.self, from: Data(answer.body))
        {
            let kind = done.isAdmin ? "administrator" : "agent"
            print("the password of the \(kind) \(done.login) is changed; they are signed out")
            return 0
        }
        if answer.status == 200,
            let done = try? decoder.decode(Node.OperatorAnswer.self, from: Data(answer.body))
        {
            switch request {
            case .add: print("node \(done.node) is a member; it votes once it is near the tip")
            case .remove: print("node \(done.node) is removed; its number is never used again")
            case .transfer: print("node \(done.node) leads")
            case .raiseLevel, .resetPassword: preconditionFailure("its answer has no node")
            }
            return 0
        }
        guard let problem = try? decoder.decode(ProblemText.self, from: Data(answer.body)) else {
            complain("\(host) answered with status \(answer.status)")
            return EX_SOFTWARE
        }
        complain("\(problem.title): \(problem.detail) \(problem.hint)")
        switch answer.status {
        case 401: return EX_NOPERM
        case 404 where problem.code == "unknown_login": return EX_NOINPUT
        case 422: return EX_USAGE
        default: return EX_TEMPFAIL
        }
    }

    /// The parts of a problem that people read.
    private struct ProblemText: Decodable {
        var code: String
        var title: String
        var detail: String
        var hint: String
    }

    private func complain(_ text: String) {
        FileHandle.standardError.write(Data("roundhouse: \(text)\n".utf8))
    }
}
