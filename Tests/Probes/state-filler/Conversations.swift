import Dispatch
import Raft
import Routing
import Wire

/// Customers and agents who talk: each session has five messages, three of its customer and two of
/// its agent, which Telegram has taken.
struct Conversations {
    /// Sessions that are talked in at a time.
    static let wave = 2_000
    /// As often the agents' consoles renew their leases, in nanoseconds.
    static let renewal: UInt64 = 10_000_000_000
    /// The first customer's number; Telegram's have as many digits.
    static let firstUser: Int64 = 5_000_000_000
    private static let sentence = Array(
        "Hello, I have ordered three weeks ago and the parcel is still not here. What can I do? "
            .utf8)

    private let node: FilledNode
    private let project: ProjectID
    private let agents: [AgentID]
    private let incarnation = UInt64.random(in: 1 ... .max)
    private var nextUpdate: Int64
    private var renewedAt: UInt64 = 0

    /// At the only project, with its members.
    init(at node: FilledNode) throws {
        self.node = node
        guard let project = node.routing.projects.first, !project.members.isEmpty else {
            throw Missing()
        }
        self.project = project.id
        agents = project.members.map(\.agent)
        // Updates and users of an earlier run are others: each session has three updates.
        nextUpdate = Int64(node.routing.sessionCount) * 3 + 1
    }

    /// There is nobody to talk to.
    struct Missing: Error, CustomStringConvertible {
        var description: String { "the directory has no project with members" }
    }

    /// Holds so many conversations that end completed, and so many that stay open; the open ones
    /// are spread among the others.
    mutating func hold(closed: Int, open: Int) {
        let all = closed + open
        var done = 0
        var opened = 0
        while done < all {
            renew()
            let count = min(Conversations.wave, all - done)
            let openNow = (done + count) * open / all - opened
            hold(count, completing: count - openNow)
            done += count
            opened += openNow
        }
    }

    private mutating func hold(_ count: Int, completing: Int) {
        let users = (0..<count).map { Conversations.firstUser + nextUpdate + Int64($0) }
        let sessions = node.run(users.map { write($0) }).map { SessionID($0) }
        answer(sessions)
        _ = node.run(users.map { write($0) })
        answer(sessions)
        _ = node.run(users.map { write($0) })
        _ = node.run(
            sessions.prefix(completing).map { id in
                let session = node.routing.session(id)!
                return .complete(id, by: session.owner!, version: session.version)
            })
    }

    /// A customer's next message, of 40 to 340 bytes.
    private mutating func write(_ user: Int64) -> Command {
        let update = nextUpdate
        nextUpdate += 1
        var text: [UInt8] = []
        for _ in 0...(update % 4) { text += Conversations.sentence }
        text.removeLast(Int(update % 48))
        let message = InboundMessage(
            user: TelegramID(user), name: Text("Customer Number \(user)"),
            username: Text("customer_\(user)"), language: "en", messageID: update,
            text: Text(text))
        return .update(
            InboundUpdate(project: project, updateID: update, content: .message(message)))
    }

    /// Each session's agent answers, and Telegram takes it.
    private func answer(_ sessions: [SessionID]) {
        let replies = node.run(
            sessions.map { id in
                let session = node.routing.session(id)!
                let text = "Good day, I have looked after order \(id.rawValue): it comes tomorrow."
                return .reply(id, by: session.owner!, text: Text(text))
            })
        let epoch = node.routing.epoch
        let messages = replies.map { OutboxID($0) }
        _ = node.run([.startSending(messages, epoch: epoch)])
        _ = node.run(
            messages.map {
                .finishSending(
                    $0, epoch: epoch, .sent(messageID: $0.rawValue / OutboxMessage.partsPerReply))
            })
    }

    /// The agents' consoles are there, their pages visible.
    private mutating func renew() {
        let now = DispatchTime.now().uptimeNanoseconds
        guard renewedAt == 0 || now - renewedAt > Conversations.renewal else { return }
        renewedAt = now
        let leases = agents.enumerated().map { number, agent in
            Lease(connection: UInt64(number + 1), agent: agent, isVisible: true)
        }
        _ = node.run([.renewLeases(node: 1, incarnation: incarnation, leases)])
    }
}
