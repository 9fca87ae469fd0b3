import Testing
import Wire

@testable import Routing
@testable import Server

/// How far those get who come by a link: what counts as a start, and as a first reply.
@Suite struct FunnelTests {
    private static let link = LinkID(5)

    private func touch(_ sequence: UInt64, via: Touch.Via = .own) -> Touch {
        let at = LogTime(milliseconds: 100)
        return Touch(
            link: Self.link, key: ClickKey(epoch: 1, sequence: sequence), clickedAt: at,
            startedAt: at, via: via, isPending: false)
    }

    private func session(_ id: Int64, _ touches: [Touch], isAssigned: Bool = true) -> Session {
        let at = LogTime(milliseconds: id)
        var session = Session(
            id: SessionID(id), project: ProjectID(1), user: TelegramID(7), name: "", username: "",
            language: "", openedAt: at, place: at)
        session.touches = touches
        if isAssigned { session.assignedAt = at }
        return session
    }

    private func wrote(_ agent: AgentID) -> HistoryItem {
        HistoryItem(
            index: 9, at: LogTime(milliseconds: 9),
            what: .outbound(
                HistoryItem.Outbound(
                    agent: agent, text: "hello", outbox: OutboxID(9), state: .queued, attempts: 0)),
            decision: nil)
    }

    private func funnel(_ sessions: [(Session, [HistoryItem])]) -> LinkFunnel {
        var outcomes = LinkOutcomes(of: [Self.link], in: .min ..< .max)
        for (session, history) in sessions {
            let tokens = outcomes.take(session)
            if !tokens.isEmpty { outcomes.count(tokens, of: session, history) }
        }
        return outcomes.funnel(of: Self.link)
    }

    @Test func `What a project sends by itself is no first reply`() {
        let session = session(1, [touch(1)])
        #expect(funnel([(session, [wrote(.automatic)])]).firstReplies == 0)
        let answered = funnel([(session, [wrote(.automatic), wrote(AgentID(2))])])
        #expect(answered == LinkFunnel(starts: 1, assigned: 1, firstReplies: 1))
    }

    @Test func `The same token in a later session of its user is no second start`() {
        let sessions = [session(1, [touch(1)]), session(2, [touch(1)])]
        #expect(funnel(sessions.map { ($0, []) }) == LinkFunnel(starts: 1, assigned: 1))
    }

    @Test func `Two tokens in one session are two starts, and get as far as it gets`() {
        var done = session(1, [touch(1), touch(2)])
        done.state = .completed
        #expect(
            funnel([(done, [wrote(AgentID(2))])])
                == LinkFunnel(starts: 2, assigned: 2, firstReplies: 2, completed: 2))
    }

    @Test func `Shared tokens, and the touch for which no more room was, start nothing`() {
        let shared = session(1, [touch(1, via: .shared), touch(2, via: .foreignToken)])
        #expect(funnel([(shared, [])]) == LinkFunnel())
        let full = session(2, (1...16).map { touch($0) }, isAssigned: false)
        #expect(funnel([(full, [])]) == LinkFunnel(starts: 15))
    }
}
