import Testing
import Wire

@testable import Routing

/// Photos and documents that agents send: the bytes are at one node, everything else is as with
/// texts.
@Suite struct AgentFileTests {
    private func desk() -> (World, ana: AgentID, SessionID) {
        var world = World.newest
        let ana = world.agent("ana")
        let project = world.project([ana])
        world.show(ana)
        world.done(.beginEpoch(1))
        let session = world.write(project, user: 1)
        return (world, ana, session)
    }

    private func send(
        _ world: inout World, _ session: SessionID, _ ana: AgentID, _ caption: Text = "see",
        _ file: FileOffer = Samples.offer()
    ) -> OutboxID {
        OutboxID(
            world.done(.replyWithFile(session, by: ana, caption: caption, [], nil, file)))
    }

    private func outbound(_ world: World, _ session: SessionID) -> HistoryItem.Outbound? {
        for item in world.history(session).reversed() {
            if case .outbound(let message) = item.what { return message }
        }
        return nil
    }

    private let told = SentFile(fileID: "F1", thumbnailID: "T1")

    @Test func `A file goes through the outbox, and its item tells what Telegram calls it`()
        throws
    {
        var (world, ana, session) = desk()
        let id = send(&world, session, ana)
        let message = try #require(world.state.outbox(id))
        #expect(message.file == Samples.offer() && message.text == "see")
        #expect(world.state.outboxReady(at: world.time, limit: 9).map(\.id) == [id])
        #expect(world.state.session(session)?.last?.kind == "photo")
        #expect(try world.rebuilt() == world.state)
        let waiting = try #require(outbound(world, session)?.file)
        #expect(waiting.kind == .photo && waiting.fileID.isEmpty)
        #expect(waiting.attachment == Attachment(name: "a.jpg", mimeType: "image/jpeg", size: 300))
        #expect(world.apply(.startSending([id], epoch: 1)) == .done(id: 1))
        #expect(world.state.outbox(heldBy: 2).map(\.id) == [id])
        #expect(try world.rebuilt() == world.state)
        world.done(.finishSending(id, epoch: 1, .sentFile(messageID: 44, told)))
        #expect(world.state.outbox(id) == nil && world.state.outbox(heldBy: 2).isEmpty)
        let item = try #require(outbound(world, session))
        #expect(item.state == .sent(messageID: 44) && item.file?.fileID == "F1")
        #expect(item.file?.attachment.thumbnailID == "T1")
        #expect(try world.rebuilt() == world.state)
    }

    @Test func `Files and texts of a chat go in the order in which they were written`() {
        var (world, ana, session) = desk()
        let first = OutboxID(world.done(.reply(session, by: ana, text: "one")))
        let file = send(&world, session, ana)
        let last = OutboxID(world.done(.reply(session, by: ana, text: "two")))
        #expect(world.apply(.startSending([file, last], epoch: 1)) == .done(id: 0))
        #expect(world.apply(.startSending([first], epoch: 1)) == .done(id: 1))
        world.done(.finishSending(first, epoch: 1, .sent(messageID: 1)))
        #expect(world.apply(.startSending([file, last], epoch: 1)) == .done(id: 1))
        world.done(.finishSending(file, epoch: 1, .sentFile(messageID: 2, told)))
        #expect(world.apply(.startSending([last], epoch: 1)) == .done(id: 1))
    }

    @Test func `A file claims a waiting session as an answer does`() {
        var (world, ana, session) = desk()
        world.done(.giveBack(session, by: ana, version: world.version(session)))
        world.done(
            .replyWithFile(session, by: ana, caption: "", [], nil, Samples.offer()))
        #expect(world.owner(session) == ana)
        #expect(world.state.session(session)?.unread == 0)
    }

    @Test(arguments: [
        (FileOffer.Kind.photo, Int64(10 << 20)), (.document, 20 << 20),
    ])
    func `A file may reach the limit of its kind and not pass it`(
        kind: FileOffer.Kind, limit: Int64
    ) {
        var (world, ana, session) = desk()
        #expect(kind.maxBytes == limit)
        _ = send(&world, session, ana, "", Samples.offer(kind, size: limit))
        for size in [limit + 1, 0, -1] {
            let command = Command.replyWithFile(
                session, by: ana, caption: "", [], nil, Samples.offer(kind, size: size))
            #expect(world.apply(command) == .refused(.invalid("the size of the file")))
            #expect(command.forJournal == .advance)
        }
    }

    @Test func `A caption has at most 1024 characters, whatever their bytes`() {
        var (world, ana, session) = desk()
        let fits = Text(String(repeating: "😀", count: FileOffer.captionLimit))
        _ = send(&world, session, ana, fits)
        let long = Text(String(repeating: "a", count: FileOffer.captionLimit + 1))
        #expect(
            world.apply(.replyWithFile(session, by: ana, caption: long, [], nil, Samples.offer()))
                == .refused(.invalid("a caption, of 1024 characters at most")))
    }

    @Test func `Names and formatting that can't be are refused`() {
        var (world, ana, session) = desk()
        let long = Text(String(repeating: "n", count: FileOffer.maxNameBytes + 1))
        for offer in [
            Samples.offer(name: ""), Samples.offer(name: long), Samples.offer(type: ""),
        ] {
            let outcome = world.apply(
                .replyWithFile(session, by: ana, caption: "", [], nil, offer))
            #expect(outcome == .refused(.invalid("the name or the type of the file")))
        }
        let outcome = world.apply(
            .replyWithFile(
                session, by: ana, caption: "x", [TextEntity(.bold, 0, 2)], nil, Samples.offer()))
        #expect(outcome == .refused(.invalid("an entity that is not within the text")))
    }

    @Test func `A holder that is gone fails what waits, and what was being sent is uncertain`()
        throws
    {
        var (world, ana, session) = desk()
        let sending = send(&world, session, ana)
        let waiting = send(&world, session, ana)
        let other = send(&world, session, ana, "", Samples.offer(holder: 3))
        let text = OutboxID(world.done(.reply(session, by: ana, text: "x")))
        world.done(.startSending([sending], epoch: 1))
        #expect(world.apply(.forgetFiles(holder: 2, but: nil)) == .done(id: 2))
        #expect(world.state.outbox(sending)?.state == .uncertain(reason: FileOffer.inDoubt))
        #expect(world.state.outbox(waiting)?.state == .failed(reason: FileOffer.lost))
        #expect(world.state.outbox(other)?.state == .queued)
        #expect(world.state.outbox(text)?.state == .queued)
        #expect(try world.rebuilt() == world.state)
        #expect(world.state.outboxReady(at: world.time, limit: 9).map(\.id) == [other])
        #expect(world.apply(.forgetFiles(holder: 2, but: nil)) == .done(id: 0))
        // What comes late changes nothing.
        world.done(.finishSending(sending, epoch: 1, .sentFile(messageID: 9, told)))
        #expect(world.state.outbox(sending)?.state == .uncertain(reason: FileOffer.inDoubt))
    }

    @Test func `A node that started anew forgets what came before, and keeps what came since`() {
        var (world, ana, session) = desk()
        let before = send(&world, session, ana)
        let since = send(&world, session, ana, "", Samples.offer(incarnation: 5))
        #expect(world.apply(.forgetFiles(holder: 2, but: 5)) == .done(id: 1))
        #expect(world.state.outbox(before)?.state == .failed(reason: FileOffer.lost))
        #expect(world.state.outbox(since)?.state == .queued)
    }

    @Test func `A new office makes a file that was being sent uncertain`() {
        var (world, ana, session) = desk()
        let id = send(&world, session, ana)
        world.done(.startSending([id], epoch: 1))
        world.done(.beginEpoch(2))
        guard case .uncertain = world.state.outbox(id)?.state else {
            Issue.record("\(String(describing: world.state.outbox(id)?.state))")
            return
        }
        world.done(.finishSending(id, epoch: 1, .sentFile(messageID: 9, told)))
        #expect(world.state.outbox(id) != nil)
        world.done(.resend(id, by: ana))
        #expect(world.state.outbox(heldBy: 2).map(\.id) == [id])
    }

    @Test func `A file is withdrawn before it goes, and its caption is changed in its place`()
        throws
    {
        var (world, ana, session) = desk()
        let id = send(&world, session, ana)
        #expect(
            world.apply(.reviseQueued(id, by: ana, .text("x", []), nil)) == .refused(.wrongState))
        world.done(.reviseQueued(id, by: ana, .caption("better", [TextEntity(.bold, 0, 6)]), nil))
        #expect(world.state.outbox(id)?.text == "better")
        #expect(world.state.outbox(id)?.file == Samples.offer())
        #expect(outbound(world, session)?.text == "better")
        #expect(try world.rebuilt() == world.state)
        world.done(.reviseQueued(id, by: ana, .deletion, nil))
        #expect(world.state.outbox(id) == nil && world.state.outbox(heldBy: 2).isEmpty)
        #expect(outbound(world, session)?.state == .withdrawn)
    }

    @Test func `A text has no caption to change`() {
        var (world, ana, session) = desk()
        let id = OutboxID(world.done(.reply(session, by: ana, text: "x")))
        #expect(
            world.apply(.reviseQueued(id, by: ana, .caption("y", []), nil))
                == .refused(.wrongState))
    }

    @Test func `A caption at Telegram is changed as a text is`() throws {
        var (world, ana, session) = desk()
        let id = send(&world, session, ana)
        let ordinal = try #require(world.state.outbox(id)).ordinal
        let target = SentMessage(ordinal: ordinal, messageID: 44, at: world.time)
        world.done(.startSending([id], epoch: 1))
        world.done(.finishSending(id, epoch: 1, .sentFile(messageID: 44, told)))
        let change = OutboxID(
            world.done(.revise(session, by: ana, target, .caption("new", []), nil)))
        #expect(world.state.outbox(change)?.act == .editCaption(target))
        #expect(try world.rebuilt() == world.state)
        let long = Text(String(repeating: "a", count: FileOffer.captionLimit + 1))
        guard
            case .refused(.invalid) = world.apply(
                .revise(session, by: ana, target, .caption(long, []), nil))
        else {
            Issue.record("too long")
            return
        }
        // What was under way is done again: twice makes no difference.
        world.done(.startSending([change], epoch: 1))
        world.done(.beginEpoch(2))
        #expect(world.state.outbox(change)?.state == .queued)
    }

    @Test func `One node's files are bounded`() {
        var (world, ana, session) = desk()
        let project = world.state.session(session)!.project
        for user in 0..<5 {
            let each = world.write(project, user: Int64(100 + user))
            for _ in 0..<256 where world.state.outbox(heldBy: 2).count < FileOffer.perHolder {
                _ = send(&world, each, ana, "")
            }
        }
        #expect(
            world.apply(.replyWithFile(session, by: ana, caption: "", [], nil, Samples.offer()))
                == .refused(.invalid("too many files of this node wait")))
        _ = send(&world, session, ana, "", Samples.offer(holder: 3))
    }

    @Test func `Verdicts go with captions, and what is blocked goes nowhere`() {
        var (world, ana, session) = desk()
        let flag = Verdict(.flag, version: 3, rule: "price")
        world.done(
            .replyWithFile(session, by: ana, caption: "price", [], flag, Samples.offer()))
        #expect(world.history(session).last?.what == .moderated(by: ana, flag))
        let block = Verdict(.block, version: 3, rule: "price")
        #expect(
            world.apply(
                .replyWithFile(session, by: ana, caption: "price", [], block, Samples.offer()))
                == .refused(.invalid("text")))
    }

    @Test func `Who may not answer is told so before and after`() {
        var (world, ana, session) = desk()
        let wei = world.agent("wei")
        #expect(world.state.refusalToReply(in: session, by: ana, at: world.time) == nil)
        #expect(world.state.refusalToReply(in: session, by: wei, at: world.time) == .notFound)
        #expect(
            world.apply(.replyWithFile(session, by: wei, caption: "", [], nil, Samples.offer()))
                == .refused(.notFound))
        world.done(.complete(session, by: ana, version: world.version(session)))
        #expect(world.state.refusalToReply(in: session, by: ana, at: world.time) == .wrongState)
        #expect(
            world.apply(.replyWithFile(session, by: ana, caption: "", [], nil, Samples.offer()))
                == .refused(.wrongState))
    }

    @Test func `The journal has a text in place of a file`() {
        let command = Command.replyWithFile(
            SessionID(4), by: AgentID(2), caption: "secret", [], nil, Samples.offer())
        #expect(command.forJournal == .reply(SessionID(4), by: AgentID(2), text: "x"))
        #expect(Command.forgetFiles(holder: 2, but: 9).forJournal == .advance)
        let sent = Command.finishSending(OutboxID(1), epoch: 2, .sentFile(messageID: 3, told))
        #expect(sent.forJournal == .finishSending(OutboxID(1), epoch: 2, .sent(messageID: 0)))
    }

    @Test func `Of an erased customer's file its kind alone may stay`() throws {
        var (world, ana, session) = desk()
        let id = send(&world, session, ana)
        world.done(.startSending([id], epoch: 1))
        world.done(.finishSending(id, epoch: 1, .sentFile(messageID: 44, told)))
        let item = try #require(
            world.history(session).last {
                if case .outbound = $0.what { return true }
                return false
            })
        guard case .outbound(let left) = item.withoutWords.what else {
            Issue.record("another kind")
            return
        }
        #expect(left.text.isEmpty)
        #expect(
            left.file == OutboundFile(kind: .photo, fileID: "", attachment: Attachment()))
        #expect(try HistoryItem(value: item.withoutWords.encoded()) == item.withoutWords)
    }

    @Test func `The first level has none of it`() {
        var world = World()
        let ana = world.agent("ana")
        let session = world.write(world.project([ana]), user: 1)
        for command: Command in [
            .replyWithFile(session, by: ana, caption: "", [], nil, Samples.offer()),
            .forgetFiles(holder: 1, but: nil),
            .finishSending(OutboxID(1), epoch: 1, .sentFile(messageID: 1, told)),
        ] {
            #expect(world.apply(command) == .refused(.needsLevel(.second)))
        }
    }
}
