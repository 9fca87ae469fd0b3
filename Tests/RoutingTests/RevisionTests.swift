import Testing
import Wire

@testable import Routing

/// What agents do with messages that they wrote, and how texts are formatted.
@Suite struct RevisionTests {
    private func desk() -> (World, ana: AgentID, ProjectID, SessionID) {
        var world = World.newest
        let ana = world.agent("ana")
        let project = world.project([ana])
        world.show(ana)
        world.done(.beginEpoch(1))
        let session = world.write(project, user: 1)
        return (world, ana, project, session)
    }

    /// A reply that is at Telegram as message 44.
    private func sent(
        _ world: inout World, _ session: SessionID, _ ana: AgentID
    ) -> SentMessage {
        let ordinal = world.state.session(session)!.historyCount
        let at = world.time
        deliver(&world, OutboxID(world.done(.reply(session, by: ana, text: "old"))), 44)
        return SentMessage(ordinal: ordinal, messageID: 44, at: at)
    }

    private func deliver(_ world: inout World, _ id: OutboxID, _ messageID: Int64) {
        let epoch = world.state.epoch
        #expect(world.apply(.startSending([id], epoch: epoch)) == .done(id: 1))
        world.done(.finishSending(id, epoch: epoch, .sent(messageID: messageID)))
    }

    private func mark(_ world: World, _ session: SessionID, _ ordinal: Int64) -> RevisionMark? {
        let key = RowKey(
            table: RowTable.revision.rawValue, major: session.rawValue, minor: ordinal)
        return world.rows[key].flatMap { $0 }.map { try! RevisionMark(value: $0) }
    }

    private func state(_ world: World, _ session: SessionID) -> DeliveryState? {
        switch world.history(session).last?.what {
        case .outbound(let message), .revised(let message, _, _): message.state
        default: nil
        }
    }

    @Test func `A message at Telegram is changed in the chat's order, and both texts are kept`()
        throws
    {
        var (world, ana, _, session) = desk()
        let target = sent(&world, session, ana)
        let next = OutboxID(world.done(.reply(session, by: ana, text: "next")))
        let bold = [TextEntity(.bold, 0, 3)]
        let id = OutboxID(
            world.done(.revise(session, by: ana, target, .text("new", bold), nil)))
        #expect(world.state.outboxReady(at: world.time, limit: 9).map(\.id) == [next])
        deliver(&world, next, 45)
        let message = try #require(world.state.outbox(id))
        #expect(message.act == .edit(target) && message.entities == bold)
        #expect(try world.rebuilt() == world.state)
        #expect(mark(world, session, target.ordinal) == nil)
        deliver(&world, id, 44)
        #expect(
            mark(world, session, target.ordinal)
                == RevisionMark(ordinal: message.ordinal, isDeleted: false))
        let history = world.history(session)
        guard case .outbound(let old) = history[Int(target.ordinal)].what,
            case .revised(let new, let ordinal, false) = history[Int(message.ordinal)].what
        else {
            Issue.record("not in the history")
            return
        }
        #expect(old.text == "old" && new.text == "new" && new.entities == bold)
        #expect(ordinal == target.ordinal && new.state == .sent(messageID: 44))
        #expect(try world.rebuilt() == world.state)
    }

    @Test func `A message is deleted within 48 hours of its sending`() {
        var (world, ana, _, session) = desk()
        let target = sent(&world, session, ana)
        world.time = target.at.adding(milliseconds: 48 * 3_600_000 - 1)
        let id = OutboxID(world.done(.revise(session, by: ana, target, .deletion, nil)))
        deliver(&world, id, 44)
        #expect(mark(world, session, target.ordinal)?.isDeleted == true)
        world.time = target.at.adding(milliseconds: 48 * 3_600_000)
        let late = world.apply(.revise(session, by: ana, target, .deletion, nil))
        guard case .refused(.invalid) = late else {
            Issue.record("too late, and \(late)")
            return
        }
    }

    @Test func `A moment far from now is no reason to stop`() {
        var (world, ana, _, session) = desk()
        var target = sent(&world, session, ana)
        target.at = LogTime(milliseconds: .max)
        world.done(.revise(session, by: ana, target, .deletion, nil))
        target.at = LogTime(milliseconds: .min)
        let early = world.apply(.revise(session, by: ana, target, .deletion, nil))
        #expect(
            early == .refused(.invalid("Telegram deletes no message older than 48 hours")))
    }

    @Test func `A change that was under way when the leader changed is made again`() {
        var (world, ana, _, session) = desk()
        let target = sent(&world, session, ana)
        let id = OutboxID(world.done(.revise(session, by: ana, target, .deletion, nil)))
        world.done(.startSending([id], epoch: 1))
        world.done(.beginEpoch(2))
        #expect(world.state.outbox(id)?.state == .queued)
        #expect(world.state.outboxReady(at: world.time, limit: 9).map(\.id) == [id])
    }

    @Test func `A change that failed is shown, and a person tries it again`() {
        var (world, ana, _, session) = desk()
        let target = sent(&world, session, ana)
        let id = OutboxID(
            world.done(.revise(session, by: ana, target, .text("new", []), nil)))
        world.done(.startSending([id], epoch: 1))
        world.done(
            .finishSending(
                id, epoch: 1, .failed(reason: "message to edit not found", unreachable: nil)))
        #expect(state(world, session) == .failed(reason: "message to edit not found"))
        #expect(mark(world, session, target.ordinal) == nil)
        world.done(.resend(id, by: ana))
        #expect(world.state.outbox(id)?.state == .queued)
    }

    @Test func `A message that has not gone is changed in its place`() throws {
        var (world, ana, _, session) = desk()
        let first = OutboxID(world.done(.reply(session, by: ana, text: "one")))
        let second = OutboxID(world.done(.reply(session, by: ana, text: "two")))
        let ordinal = try #require(world.state.outbox(first)).ordinal
        world.done(.reviseQueued(first, by: ana, .text("ONE", [TextEntity(.code, 0, 3)]), nil))
        #expect(world.state.outboxReady(at: world.time, limit: 9).map(\.id) == [first])
        let message = try #require(world.state.outbox(first))
        #expect(message.text == "ONE" && message.changedAt == world.index)
        #expect(
            world.history(session).last?.what
                == .rewritten(
                    by: ana, of: ordinal, text: "ONE", entities: [TextEntity(.code, 0, 3)]))
        guard case .outbound(let item) = world.history(session)[Int(ordinal)].what else {
            Issue.record("no message")
            return
        }
        #expect(item.text == "ONE" && item.changedAt == world.index)
        #expect(try world.rebuilt() == world.state)
        world.done(.startSending([first], epoch: 1))
        #expect(
            world.apply(.reviseQueued(first, by: ana, .text("x", []), nil))
                == .refused(.wrongState))
        #expect(world.apply(.reviseQueued(first, by: ana, .deletion, nil)) == .refused(.wrongState))
        world.done(.reviseQueued(second, by: ana, .deletion, nil))
        #expect(world.state.outbox(second) == nil)
        #expect(try world.rebuilt() == world.state)
    }

    @Test func `One that failed is withdrawn, one that may have arrived is not`() {
        var (world, ana, _, session) = desk()
        let id = OutboxID(world.done(.reply(session, by: ana, text: "one")))
        world.done(.startSending([id], epoch: 1))
        world.done(.finishSending(id, epoch: 1, .uncertain(reason: "lost")))
        #expect(world.apply(.reviseQueued(id, by: ana, .deletion, nil)) == .refused(.wrongState))
        world.done(.resend(id, by: ana))
        world.done(.startSending([id], epoch: 1))
        world.done(.finishSending(id, epoch: 1, .failed(reason: "no", unreachable: nil)))
        #expect(
            world.apply(.reviseQueued(id, by: ana, .text("x", []), nil)) == .refused(.wrongState))
        world.done(.reviseQueued(id, by: ana, .deletion, nil))
        #expect(state(world, session) == .withdrawn)
    }

    @Test func `Another agent's message is left alone`() {
        var (world, ana, _, session) = desk()
        let wei = world.agent("wei")
        let id = OutboxID(world.done(.reply(session, by: ana, text: "one")))
        #expect(world.apply(.reviseQueued(id, by: wei, .deletion, nil)) == .refused(.notFound))
        let target = SentMessage(ordinal: 1, messageID: 44, at: world.time)
        #expect(
            world.apply(.revise(session, by: wei, target, .deletion, nil)) == .refused(.notFound))
    }

    @Test func `A verdict goes with a change as it goes with an answer`() {
        var (world, ana, _, session) = desk()
        let target = sent(&world, session, ana)
        let confirm = Verdict(.confirm, version: 3, rule: "price")
        world.done(.revise(session, by: ana, target, .text("price", []), confirm))
        #expect(world.history(session).last?.what == .moderated(by: ana, confirm))
        let block = Verdict(.block, version: 3, rule: "price")
        #expect(
            world.apply(.revise(session, by: ana, target, .text("price", []), block))
                == .refused(.invalid("text")))
        world.done(.formattedReply(session, by: ana, text: "price", [], confirm))
        #expect(world.history(session).last?.what == .moderated(by: ana, confirm))
    }

    @Test(arguments: [
        [TextEntity(.bold, 0, 6)], [TextEntity(.bold, 5, 1)], [TextEntity(.bold, 0, 0)],
        [TextEntity(.url, 0, 1)], [TextEntity(.textLink, 0, 1)],
        [TextEntity(.textLink, 0, 1, value: "javascript:x")],
        [TextEntity(.bold, 0, 1, value: "x")],
        [TextEntity](repeating: TextEntity(.bold, 0, 1), count: 101),
    ])
    func `What is no formatting of the text is refused`(entities: [TextEntity]) {
        var (world, ana, _, session) = desk()
        let before = world.state
        let outcome = world.apply(
            .formattedReply(session, by: ana, text: "words", entities, nil))
        guard case .refused(.invalid) = outcome else {
            Issue.record("\(outcome)")
            return
        }
        #expect(world.state.outbox(of: before.session(session)!.chat).isEmpty)
    }

    @Test func `A long text's formatting is cut with it`() {
        let line = Text(Array("😀".utf8) + Array(repeating: UInt8(ascii: "a"), count: 4000))
        let text = Text(line.utf8 + [UInt8(ascii: "\n")] + line.utf8)
        let parts = text.messageParts([
            TextEntity(.bold, 0, 2), TextEntity(.italic, 4000, 10), TextEntity(.code, 4003, 2),
        ])
        #expect(parts.map(\.text) == text.messageParts)
        #expect(
            parts.map(\.entities) == [
                [TextEntity(.bold, 0, 2), TextEntity(.italic, 4000, 3)],
                [TextEntity(.italic, 0, 7), TextEntity(.code, 0, 2)],
            ])
        #expect(text.messageParts([]).map(\.text) == text.messageParts)
    }

    @Test func `The journal keeps what was done and no word of it`() {
        let target = SentMessage(ordinal: 1, messageID: 44, at: LogTime(milliseconds: 5))
        let (session, ana) = (SessionID(4), AgentID(2))
        #expect(
            Command.formattedReply(session, by: ana, text: "secret", [], nil).forJournal
                == .reply(session, by: ana, text: "x"))
        let kept = Command.revise(session, by: ana, target, .text("secret", []), nil).forJournal
        let blind = SentMessage(ordinal: 1, messageID: 0, at: target.at)
        #expect(kept == .revise(session, by: ana, blind, .text("x", []), nil))
        let bad = Revision.text("secret", [TextEntity(.bold, 0, 99)])
        #expect(Command.reviseQueued(OutboxID(4), by: ana, bad, nil).forJournal == .advance)
    }

    @Test func `The first level has none of it`() {
        var world = World()
        let ana = world.agent("ana")
        let session = world.write(world.project([ana]), user: 1)
        for command: Command in [
            .formattedReply(session, by: ana, text: "x", [], nil),
            .reviseQueued(OutboxID(1), by: ana, .deletion, nil),
        ] {
            #expect(world.apply(command) == .refused(.needsLevel(.second)))
        }
    }
}
