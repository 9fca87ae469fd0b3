import Testing
import Wire

@testable import Routing
@testable import Server

/// Whom a link led here first, and whom last.
@Suite struct AttributionTests {
    private let span: Range<Int64> = 100..<200

    private func touch(_ link: Int64, at: Int64, via: Touch.Via = .own) -> Touch {
        Touch(
            link: LinkID(link), key: ClickKey(epoch: 1, sequence: UInt64(at)),
            clickedAt: LogTime(milliseconds: at), startedAt: LogTime(milliseconds: at), via: via,
            isPending: false)
    }

    private func session(
        _ id: Int64, user: Int64, _ touches: [Touch], after previous: Session? = nil
    ) -> Session {
        var session = Session(
            id: SessionID(id), project: ProjectID(1), user: TelegramID(user), name: "",
            username: "", language: "", openedAt: LogTime(milliseconds: id),
            place: LogTime(milliseconds: id))
        session.touches = touches
        session.earlier = previous?.touchesForNext
        return session
    }

    private func counts(_ link: Int64, _ sessions: [Session]) -> [Int] {
        var outcomes = LinkOutcomes(of: [LinkID(link)], in: span)
        for session in sessions { _ = outcomes.take(session) }
        let counts = outcomes.attribution(of: LinkID(link))
        return [
            counts.sessionsFirst, counts.sessionsLast, counts.customersFirst, counts.customersLast,
        ]
    }

    @Test func `Sessions and customers are counted with their first and their last link`() {
        let first = session(1, user: 7, [touch(5, at: 110), touch(6, at: 120)])
        let bare = session(2, user: 7, [], after: first)
        let third = session(3, user: 7, [touch(5, at: 130)], after: bare)
        #expect(counts(5, [first, bare, third]) == [2, 1, 1, 1])
        #expect(counts(6, [first, bare, third]) == [0, 1, 0, 0])
        #expect(counts(6, [first, bare]) == [0, 1, 0, 1])
    }

    @Test func `Links side by side are attributed as each would be alone`() {
        let first = session(1, user: 7, [touch(5, at: 110), touch(6, at: 120)])
        let second = session(2, user: 7, [touch(5, at: 130)], after: first)
        let third = session(3, user: 8, [touch(6, at: 140)])
        var outcomes = LinkOutcomes(of: [LinkID(5), LinkID(6)], in: span)
        for session in [first, second, third] { _ = outcomes.take(session) }
        for link in [LinkID(5), LinkID(6)] {
            var alone = LinkOutcomes(of: [link], in: span)
            for session in [first, second, third] { _ = alone.take(session) }
            #expect(outcomes.attribution(of: link) == alone.attribution(of: link))
            #expect(outcomes.everyAttribution()[link] == alone.attribution(of: link))
        }
        #expect(outcomes.attribution(of: LinkID(5)).customersLast == 1)
    }

    @Test func `Clicks out of the span and tokens of other projects count for nothing`() {
        let late = session(1, user: 7, [touch(5, at: 200)])
        let foreign = session(2, user: 8, [touch(5, at: 110, via: .foreignToken)])
        #expect(counts(5, [late, foreign]) == [0, 0, 0, 0])
        let shared = session(3, user: 9, [touch(5, at: 110, via: .shared)])
        #expect(counts(5, [shared]) == [1, 1, 1, 1])
    }
}
