import Foundation
import Routing
import Wire

/// A desk of many agents, all of them receiving, and one session to decide on.
struct DecisionCost {
    private let agents: Int
    private var state = RoutingState()
    private var index: Int64 = 0
    private var applied = Applied()
    private var session = SessionID(0)
    private let time = LogTime(milliseconds: 1_800_000_000_000)

    /// How often each length of a measurement is taken; the best one counts.
    private static let rounds = 20
    /// Decisions for one agent in a round; fewer for more agents.
    private static let decisionsPerAgent = 200_000

    init(agents: Int) {
        self.agents = agents
        var ids: [AgentID] = []
        apply(.raiseLevel(to: .newest))
        for number in 0..<agents {
            let name = Text("agent\(number)")
            ids.append(
                AgentID(
                    apply(
                        .createAgent(
                            by: nil, login: name, name: name, passwordHash: "x", isAdmin: false))))
            var hash = [UInt8](repeating: 0, count: 32)
            withUnsafeBytes(of: number) { hash.replaceSubrange(0..<8, with: $0) }
            apply(
                .signIn(
                    ids[number], tokenHash: hash, idleMilliseconds: 86_400_000,
                    absoluteMilliseconds: 86_400_000))
        }
        let project = ProjectID(
            apply(.createProject(by: nil, ProjectSettings(name: "desk", botUsername: "desk_bot"))))
        apply(.setMembers(project, by: nil, ids.map { Member(agent: $0, permissions: .reply) }))
        apply(
            .renewLeases(
                node: 1, incarnation: 1,
                ids.enumerated().map {
                    Lease(connection: UInt64($0.offset), agent: $0.element, isVisible: true)
                }))
        let message = InboundMessage(user: TelegramID(1), name: "customer", messageID: 1, text: "x")
        session = SessionID(
            apply(
                .update(
                    InboundUpdate(project: project, updateID: 1, content: .message(message)))))
    }

    @discardableResult private mutating func apply(_ command: Command) -> Int64 {
        index += 1
        applied.removeAll()
        guard case .done(let id) = state.apply(command, at: index, time: time, into: &applied)
        else { fatalError("\(command) was refused") }
        return id
    }

    /// Prints a line of JSON: how many agents, and microseconds for a decision.
    func run() {
        let count = max(1, DecisionCost.decisionsPerAgent / agents)
        var best = Double.infinity
        var chosen = 0
        for _ in 0..<DecisionCost.rounds {
            let start = DispatchTime.now().uptimeNanoseconds
            for _ in 0..<count {
                if state.question(session, at: time)?.chosen != nil { chosen += 1 }
            }
            let spent = Double(DispatchTime.now().uptimeNanoseconds - start)
            best = min(best, spent / 1000 / Double(count))
        }
        precondition(chosen == count * DecisionCost.rounds, "a decision without a candidate")
        print("{\"agents\":\(agents),\"us\":\(String(format: "%.2f", best))}")
    }
}
