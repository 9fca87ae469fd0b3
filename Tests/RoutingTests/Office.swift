import Testing
import Wire

@testable import Routing

/// A project with two agents who have a page open, and its bot.
struct Office {
    var world = World.newest
    var agents: [AgentID] = []
    var project = ProjectID(0)
    var evidence = CheckupEvidence(bot: .noToken, webhook: .noToken, addresses: [])

    init(_ change: (inout ProjectSettings) -> Void = { _ in }) {
        agents = [world.agent("ana"), world.agent("wei")]
        project = world.project(agents) {
            $0.botUsername = "Shop_bot"
            $0.sealedToken = [1]
            change(&$0)
        }
        for agent in agents { world.limit(agent) }
        evidence = CheckupEvidence(
            bot: .told("shop_bot"),
            webhook: .told(
                CheckupEvidence.Webhook(
                    url: Text("https://two.example/telegram/\(project)"), pending: 3)),
            addresses: ["https://one.example", "https://two.example"])
        show()
    }

    /// Every agent shows a page of the newest state, which may notify.
    mutating func show() {
        world.show(agents)
        for agent in agents { page(agent, shown: UInt64(world.index)) }
    }

    mutating func page(_ agent: AgentID, mayNotify: Bool = true, shown: UInt64 = 0) {
        world.done(
            .renewLeases(
                node: 1, incarnation: 11,
                [
                    Lease(
                        connection: UInt64(agent.rawValue), agent: agent, isVisible: true,
                        mayNotify: mayNotify, shownIndex: shown)
                ]))
    }

    mutating func members(_ change: (inout [Member]) -> Void) {
        var members = world.state.project(project)!.members
        change(&members)
        world.done(.setMembers(project, by: nil, members))
    }

    /// The ten and the deliveries.
    var checkup: Checkup {
        world.state.checkup(of: project, evidence, at: world.time)!
    }

    /// What a check finds, and its verdict.
    func expect(
        _ check: Checkup.Check, _ verdict: Checkup.Verdict, _ findings: Checkup.Finding...,
        at source: SourceLocation = #_sourceLocation
    ) {
        let result = (checkup.ten + [checkup.deliveries]).first { $0.check == check }!
        #expect(result.findings == findings, sourceLocation: source)
        #expect(result.verdict == verdict, sourceLocation: source)
    }
}
