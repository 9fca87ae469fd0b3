import Testing
import Wire

@testable import Routing

/// The way of an answer: queued, sending, sent, failed, uncertain.
@Suite struct OutboxTests {
    private func desk() -> (World, AgentID, SessionID) {
        var world = World()
        let ana = world.agent("ana")
        let project = world.project([ana])
        world.show(ana)
        world.done(.beginEpoch(1))
        let session = world.write(project, user: 1)
        return (world, ana, session)
    }

    private func reply(_ world: inout World, _ session: SessionID, _ ana: AgentID) -> OutboxID {
        OutboxID(world.done(.reply(session, by: ana, text: "hi")))
    }

    /// The delivery state that the last history item shows.
    private func shown(_ world: World, _ session: SessionID) -> DeliveryState? {
        guard case .outbound(let item) = world.history(session).last?.what else { return nil }
        return item.state
    }

    @Test func `A reply is queued, committed as sending, and gone once sent`() throws {
        var (world, ana, session) = desk()
        let id = reply(&world, session, ana)
        #expect(world.applied.events.contains(.outboxQueued(id)))
        #expect(world.state.outboxReady(at: world.time, limit: 9).map(\.id) == [id])
        #expect(world.apply(.startSending([id], epoch: 1)) == .done(id: 1))
        #expect(world.state.outbox(id)?.state == .sending(epoch: 1))
        #expect(world.state.outboxReady(at: world.time, limit: 9).isEmpty)
        world.done(.finishSending(id, epoch: 1, .sent(messageID: 44)))
        #expect(world.state.outbox(id) == nil)
        #expect(shown(world, session) == .sent(messageID: 44))
        #expect(try world.rebuilt() == world.state)
    }

    @Test func `Messages of one chat go one after the other`() {
        var (world, ana, session) = desk()
        let first = reply(&world, session, ana)
        let second = reply(&world, session, ana)
        #expect(world.apply(.startSending([second], epoch: 1)) == .done(id: 0))
        #expect(world.apply(.startSending([first, second], epoch: 1)) == .done(id: 1))
        world.done(.finishSending(first, epoch: 1, .sent(messageID: 1)))
        #expect(world.state.outboxReady(at: world.time, limit: 9).map(\.id) == [second])
    }

    @Test func `A project with many waiting hides no other`() {
        var (world, ana, session) = desk()
        let other = world.project([ana])
        let late = world.write(other, user: 9)
        _ = reply(&world, session, ana)
        let crowded = world.state.session(session)!.project
        for user in 2...5 as ClosedRange<Int64> {
            let id = world.write(crowded, user: user)
            _ = reply(&world, id, ana)
        }
        let last = reply(&world, late, ana)
        let ready = world.state.outboxReady(at: world.time, limit: 2)
        #expect(ready.count == 3)
        #expect(ready.last?.id == last)
        let later = world.time.adding(milliseconds: 3000)
        world.done(.startSending([last], epoch: 1))
        world.done(.finishSending(last, epoch: 1, .retry(notBefore: later, reason: "429")))
        #expect(world.state.outboxNext(after: world.time) == later)
    }

    @Test func `A message to be retried holds back its chat until its time`() {
        var (world, ana, session) = desk()
        let first = reply(&world, session, ana)
        _ = reply(&world, session, ana)
        world.done(.startSending([first], epoch: 1))
        let later = world.time.adding(milliseconds: 3000)
        world.done(.finishSending(first, epoch: 1, .retry(notBefore: later, reason: "429")))
        #expect(world.state.outboxReady(at: world.time, limit: 9).isEmpty)
        #expect(world.state.outboxNext(after: world.time) == later)
        #expect(world.apply(.startSending([first], epoch: 1)) == .done(id: 0))
        world.time = later
        #expect(world.state.outboxReady(at: later, limit: 9).map(\.id) == [first])
        #expect(world.apply(.startSending([first], epoch: 1)) == .done(id: 1))
        #expect(world.state.outbox(first)?.attempts == 2)
    }

    @Test func `A new epoch turns older sending into uncertain, and late answers are ignored`() {
        var (world, ana, session) = desk()
        let id = reply(&world, session, ana)
        world.done(.startSending([id], epoch: 1))
        world.done(.beginEpoch(2))
        guard case .uncertain = world.state.outbox(id)?.state else {
            Issue.record("still \(String(describing: world.state.outbox(id)?.state))")
            return
        }
        world.done(.finishSending(id, epoch: 1, .sent(messageID: 3)))
        #expect(world.state.outbox(id) != nil)
        #expect(world.apply(.startSending([id], epoch: 1)) == .refused(.wrongState))
        #expect(world.apply(.beginEpoch(2)) == .refused(.wrongState))
        #expect(world.state.epoch == 2)
    }

    @Test func `Failed and uncertain messages are repeated only by a person`() {
        var (world, ana, session) = desk()
        let wei = world.agent("wei")
        let id = reply(&world, session, ana)
        world.done(.startSending([id], epoch: 1))
        world.done(.finishSending(id, epoch: 1, .uncertain(reason: "connection lost")))
        #expect(world.state.outboxReady(at: world.time, limit: 9).isEmpty)
        #expect(world.apply(.resend(id, by: wei)) == .refused(.notFound))
        world.done(.resend(id, by: ana))
        #expect(world.state.outboxReady(at: world.time, limit: 9).map(\.id) == [id])
        #expect(world.apply(.resend(id, by: ana)) == .refused(.wrongState))
    }

    @Test func `A failed message does not hold back the next, and is forgotten at completion`() {
        var (world, ana, session) = desk()
        let first = reply(&world, session, ana)
        let second = reply(&world, session, ana)
        world.done(.startSending([first], epoch: 1))
        world.done(.finishSending(first, epoch: 1, .failed(reason: "no", unreachable: nil)))
        #expect(world.state.outboxReady(at: world.time, limit: 9).map(\.id) == [second])
        world.done(.complete(session, by: ana, version: 2))
        #expect(world.state.outbox(first) == nil && world.state.outbox(second) != nil)
    }

    @Test(arguments: [.failed(reason: "no"), .uncertain(reason: "lost")] as [DeliveryState])
    func `A message that fails after its session's end is in the history alone`(
        state: DeliveryState
    ) throws {
        var (world, ana, session) = desk()
        world.done(.raiseLevel(to: .second))
        let id = reply(&world, session, ana)
        world.done(.startSending([id], epoch: 1))
        world.done(.complete(session, by: ana, version: 2))
        #expect(world.state.outbox(id)?.state == .sending(epoch: 1))
        if case .failed = state {
            world.done(.finishSending(id, epoch: 1, .failed(reason: "no", unreachable: nil)))
        } else {
            world.done(.finishSending(id, epoch: 1, .uncertain(reason: "lost")))
        }
        #expect(world.state.outbox(id) == nil)
        #expect(world.state.outbox(of: Chat(project: ProjectID(2), user: TelegramID(1))).isEmpty)
        let shown = world.history(session).compactMap { item -> DeliveryState? in
            guard case .outbound(let message) = item.what else { return nil }
            return message.state
        }
        #expect(shown == [state])
        #expect(world.apply(.resend(id, by: ana)) == .refused(.notFound))
        #expect(try world.rebuilt() == world.state)
    }

    @Test func `One in doubt after a change of leaders is forgotten with its session's end, too`() {
        var (world, ana, session) = desk()
        world.done(.raiseLevel(to: .second))
        let id = reply(&world, session, ana)
        world.done(.startSending([id], epoch: 1))
        world.done(.complete(session, by: ana, version: 2))
        world.done(.beginEpoch(2))
        #expect(world.state.outbox(id) == nil)
    }

    @Test func `At the first level what failed after the end was kept`() {
        var (world, ana, session) = desk()
        let id = reply(&world, session, ana)
        world.done(.startSending([id], epoch: 1))
        world.done(.complete(session, by: ana, version: 2))
        world.done(.finishSending(id, epoch: 1, .failed(reason: "no", unreachable: nil)))
        #expect(world.state.outbox(id)?.state == .failed(reason: "no"))
    }

    @Test func `Text over 4096 code points becomes several messages in order`() {
        var (world, ana, session) = desk()
        let word = "жизнь прекрасна "
        let text = String(repeating: word, count: 600)
        let id = world.done(.reply(session, by: ana, text: Text(text)))
        let parts = world.state.outbox(of: Chat(project: ProjectID(2), user: TelegramID(1)))
        #expect(parts.map(\.id) == [OutboxID(id), OutboxID(id + 1), OutboxID(id + 2)])
        #expect(parts.map(\.text.string).joined() == text)
        #expect(parts.allSatisfy { $0.text.string.unicodeScalars.count <= 4096 })
        #expect(parts.allSatisfy { $0.text.string.hasSuffix(" ") })
    }

    @Test func `A text is cut at line breaks, else at spaces, else between code points`() {
        let limit = OutboxMessage.codePointLimit
        let line = String(repeating: "a", count: 4000) + "\n"
        #expect(Text(line + line).messageParts.map(\.string) == [line, line])
        let solid = String(repeating: "é", count: limit + 1)
        #expect(Text(solid).messageParts.map(\.string.unicodeScalars.count) == [limit, 1])
        #expect(Text(String(repeating: "é", count: limit)).messageParts.count == 1)
    }

    @Test func `Nothing to see, or too much, is refused`() {
        var (world, ana, session) = desk()
        let refused = Outcome.refused(.invalid("text"))
        #expect(world.apply(.reply(session, by: ana, text: " \n\t")) == refused)
        let long = String(repeating: "x", count: 4096 * 17)
        #expect(world.apply(.reply(session, by: ana, text: Text(long))) == refused)
        for _ in 0..<Outbox.chatLimit { _ = reply(&world, session, ana) }
        let full = Outcome.refused(.invalid("too many messages wait for this chat"))
        #expect(world.apply(.reply(session, by: ana, text: "one more")) == full)
    }
}
