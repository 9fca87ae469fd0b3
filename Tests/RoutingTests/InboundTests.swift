import Testing
import Wire

@testable import Routing

/// What customers send, as it reaches the history.
@Suite struct InboundTests {
    private static let place = Enclosure.location(
        Location(latitude: 525_200_080, longitude: 134_049_540, isLive: true))

    private func desk(
        _ change: (inout ProjectSettings) -> Void = { _ in }
    ) -> (World, ana: AgentID, ProjectID) {
        var world = World.newest
        let ana = world.agent("ana")
        let project = world.project([ana], change)
        world.show(ana)
        world.done(.beginEpoch(1))
        return (world, ana, project)
    }

    private func message(
        _ number: Int64, _ text: Text = "", kind: Text = "photo", album: Text = "",
        replyTo: Int64 = 0, enclosure: Enclosure? = nil
    ) -> InboundMessage {
        var message = InboundMessage(
            user: TelegramID(1), name: "Customer", messageID: number, kind: kind, text: text,
            fileID: enclosure == nil ? Text("F\(number)") : "")
        message.extras = MessageExtras(album: album, replyTo: replyTo, enclosure: enclosure)
        return message
    }

    @discardableResult
    private func send(
        _ world: inout World, _ project: ProjectID, _ content: InboundUpdate.Content
    ) -> SessionID {
        guard case .done(let id) = world.update(project, content) else { return SessionID(0) }
        return SessionID(id)
    }

    /// Telegram's numbers of the messages in a history.
    private func numbers(_ world: World, _ session: SessionID) -> [Int64] {
        world.history(session).compactMap {
            if case .inbound(let message) = $0.what { message.messageID } else { nil }
        }
    }

    private func edits(_ world: World, _ session: SessionID) -> [HistoryItem.Edited] {
        world.history(session).compactMap {
            if case .edited(let edited) = $0.what { edited } else { nil }
        }
    }

    @Test func `An album counts as one message, and its end is never dropped`() throws {
        var (world, _, project) = desk { $0.messagesPerMinute = 2 }
        let session = send(&world, project, .message(message(1, kind: "text")))
        for number: Int64 in 2...6 {
            send(&world, project, .message(message(number, album: "A")))
            #expect(try world.rebuilt() == world.state)
        }
        #expect(numbers(world, session) == [1, 2, 3, 4, 5, 6])
        send(&world, project, .message(message(7)))
        send(&world, project, .message(message(8, album: "B")))
        #expect(numbers(world, session) == [1, 2, 3, 4, 5, 6])
        #expect(world.history(session).filter { $0.what == .flooded }.count == 1)
        #expect(try world.rebuilt() == world.state)
    }

    @Test func `An album keeps its place over the end of a minute, and has ten parts at most`() {
        var (world, _, project) = desk { $0.messagesPerMinute = 1 }
        let session = send(&world, project, .message(message(1, album: "A")))
        world.time = world.time.adding(milliseconds: 59_999)
        for number: Int64 in 2...10 {
            send(&world, project, .message(message(number, album: "A")))
            world.time = world.time.adding(milliseconds: 10)
        }
        #expect(numbers(world, session) == Array(1...10))
        // The eleventh counts anew, in a minute of its own.
        send(&world, project, .message(message(11, album: "A")))
        send(&world, project, .message(message(12)))
        #expect(numbers(world, session) == Array(1...11))
    }

    @Test func `An album whose first part was dropped is dropped whole`() throws {
        var (world, _, project) = desk { $0.messagesPerMinute = 1 }
        let session = send(&world, project, .message(message(1, kind: "text")))
        send(&world, project, .message(message(2, kind: "text")))
        world.time = world.time.adding(milliseconds: 59_990)
        send(&world, project, .message(message(3, album: "B")))
        #expect(try world.rebuilt() == world.state)
        world.time = world.time.adding(milliseconds: 20)
        send(&world, project, .message(message(4, album: "B")))
        #expect(numbers(world, session) == [1])
        send(&world, project, .message(message(5, kind: "text")))
        #expect(numbers(world, session) == [1, 5])
    }

    @Test func `Changes and buttons have a flood limit of their own`() throws {
        var (world, _, project) = desk { $0.messagesPerMinute = 2 }
        let session = send(&world, project, .message(message(1)))
        for number in 1...3 {
            send(&world, project, .edit(message(1, Text("edit \(number)"))))
            send(&world, project, .callback(user: TelegramID(1), data: "yes"))
        }
        #expect(edits(world, session).count == 1)
        #expect(world.history(session).filter { $0.what == .callback(data: "yes") }.count == 1)
        #expect(world.history(session).filter { $0.what == .flooded }.count == 1)
        send(&world, project, .message(message(2)))
        #expect(numbers(world, session) == [1, 2], "no message lost its place to them")
        #expect(try world.rebuilt() == world.state)
    }

    @Test func `Of a place that moves the history keeps the newest alone`() throws {
        var (world, _, project) = desk()
        let session = send(
            &world, project, .message(message(1, kind: "location", enclosure: Self.place)))
        var last = Self.place
        for step: Int64 in 1...50 {
            world.time = world.time.adding(milliseconds: 3_000)
            last = .location(Location(latitude: 525_200_080 + step, longitude: 134_049_540))
            send(&world, project, .edit(message(1, kind: "location", enclosure: last)))
        }
        let items = world.history(session)
        #expect(items.count == 2)
        #expect(edits(world, session).map(\.extras.enclosure) == [last])
        #expect(items.last?.at == world.time)
        #expect(try world.rebuilt() == world.state)
        send(&world, project, .edit(message(9, kind: "location", enclosure: Self.place)))
        #expect(edits(world, session).map(\.messageID) == [1, 9])
    }

    @Test func `A new picture of a changed message is kept`() {
        var (world, _, project) = desk()
        let session = send(&world, project, .message(message(1, "old")))
        var changed = message(1, "new")
        changed.fileID = "other"
        changed.extras.attachment = Attachment(name: "b.jpg")
        send(&world, project, .edit(changed))
        let edited = edits(world, session)
        #expect(edited.map(\.fileID) == ["other"] && edited.map(\.kind) == ["photo"])
        #expect(edited.map(\.extras.attachment.name) == ["b.jpg"])
    }

    @Test func `Places, people, answers and albums come back from their rows`() throws {
        var (world, _, project) = desk()
        let person = Enclosure.contact(ContactCard(phoneNumber: "+49", firstName: "Zoë"))
        let sent = [
            message(1, kind: "location", enclosure: Self.place),
            message(2, kind: "contact", enclosure: person), message(3, "x", replyTo: 1),
            message(4, album: "A"),
        ]
        let session = send(&world, project, .message(sent[0]))
        for each in sent.dropFirst() { send(&world, project, .message(each)) }
        let kept = world.history(session).compactMap { item -> MessageExtras? in
            if case .inbound(let message) = item.what { message.extras } else { nil }
        }
        #expect(kept == sent.map(\.extras))
        #expect(world.history(session).allSatisfy { (try? HistoryItem(value: $0.encoded())) == $0 })
    }

    @Test func `Long words of places and people are cut, and nothing stays after an erasure`() {
        let long = Text(Array(repeating: UInt8(ascii: "w"), count: 999))
        let place = Location(latitude: 0, longitude: 0, title: long, address: long)
        #expect(place.title.utf8.count == Location.maxTextBytes && place.address == place.title)
        let person = ContactCard(phoneNumber: long, firstName: long, lastName: long)
        #expect(person.lastName.utf8.count == ContactCard.maxTextBytes)
        #expect(MessageExtras(album: long).album.utf8.count == MessageExtras.maxAlbumBytes)
        var (world, _, project) = desk()
        let session = send(
            &world, project, .message(message(1, enclosure: .location(place))))
        send(&world, project, .edit(message(1, enclosure: .contact(person))))
        for item in world.history(session).map(\.withoutWords) {
            switch item.what {
            case .inbound(let message): #expect(message.extras.isEmpty && message.messageID == 0)
            case .edited(let edited):
                #expect(edited == HistoryItem.Edited(messageID: 0, text: ""))
            default: continue
            }
        }
    }

    @Test func `An erasure takes the album, the place and the person along`() throws {
        var (world, _, project) = desk { $0.messagesPerMinute = 9 }
        let chief = world.agent("chief", isAdmin: true)
        let venue = Enclosure.location(Location(latitude: 1, longitude: 2, title: "secret place"))
        let person = Enclosure.contact(ContactCard(phoneNumber: "secret", firstName: "Zoë"))
        send(&world, project, .message(message(1, kind: "venue", enclosure: venue)))
        send(&world, project, .message(message(2, kind: "contact", enclosure: person)))
        send(&world, project, .edit(message(1, kind: "venue", enclosure: venue)))
        send(&world, project, .message(message(3, album: "secret album")))
        #expect(world.says("secret"))
        world.done(.eraseCustomer(TelegramID(1), of: project, by: chief))
        world.forgetErased()
        #expect(!world.says("secret"))
        #expect(try world.rebuilt() == world.state)
    }

    @Test func `A token of another project's link stays to be read, one of our own does not`() {
        var (world, ana, project) = desk()
        let link = world.link(project, "ad1")
        let other = world.project([ana])
        let text: Text = "/start token"
        let own = world.write(project, user: 1, text, start: world.click(link))
        let foreign = world.write(other, user: 2, text, start: world.click(link))
        func words(_ session: SessionID) -> [Text] {
            world.history(session).compactMap {
                if case .inbound(let message) = $0.what { message.text } else { nil }
            }
        }
        #expect(words(own) == ["/start"] && words(foreign) == [text])
        #expect(world.state.session(own)?.last?.text == "/start")
    }

    @Test func `The first level keeps of a change its text alone, and counts none`() throws {
        var world = World()
        let project = world.project([world.agent("ana")])
        var plain = message(1, "words")
        plain.extras = MessageExtras()
        let session = send(&world, project, .message(plain))
        for _ in 1...3 { send(&world, project, .edit(plain)) }
        #expect(
            edits(world, session)
                == Array(repeating: HistoryItem.Edited(messageID: 1, text: "words"), count: 3))
        plain.extras = MessageExtras(replyTo: 4)
        #expect(world.update(project, .message(plain)) == .refused(.needsLevel(.second)))
    }
}

/// Agents' answers to one of the messages.
@Suite struct AnswerTests {
    @Test func `An answer names the message that it answers, with its first part`() throws {
        var world = World.newest
        let ana = world.agent("ana")
        let project = world.project([ana])
        world.show(ana)
        let session = world.write(project, user: 1)
        let target = SentMessage(ordinal: 0, messageID: 5, at: world.time)
        let long = Text(Array(repeating: UInt8(ascii: "a"), count: 5_000))
        let first = world.done(
            .answer(session, by: ana, to: target, text: long, [], nil))
        let messages = world.state.outbox(of: world.state.session(session)!.chat)
        #expect(messages.map(\.id.rawValue) == [first, first + 1])
        #expect(messages.map(\.replyTo) == [target, nil])
        let named = world.history(session).compactMap { item -> Int64?? in
            if case .outbound(let message) = item.what { message.replyTo } else { nil }
        }
        #expect(named == [0, nil])
        #expect(world.history(session).allSatisfy { (try? HistoryItem(value: $0.encoded())) == $0 })
        #expect(try world.rebuilt() == world.state)
    }

    @Test func `It is refused as a reply would be, and needs the second level`() {
        var world = World()
        let ana = world.agent("ana")
        let project = world.project([ana])
        let session = world.write(project, user: 1)
        let target = SentMessage(ordinal: 0, messageID: 5, at: world.time)
        let answer = Command.answer(session, by: ana, to: target, text: "hi", [], nil)
        #expect(world.apply(answer) == .refused(.needsLevel(.second)))
        world.done(.raiseLevel(to: .second))
        let nothing = Command.answer(session, by: ana, to: target, text: " ", [], nil)
        #expect(world.apply(nothing) == .refused(.invalid("text")))
        let nowhere = SentMessage(ordinal: 0, messageID: 0, at: world.time)
        let lost = Command.answer(session, by: ana, to: nowhere, text: "hi", [], nil)
        #expect(world.apply(lost) == .refused(.invalid("a message that it answers")))
        world.done(answer)
        let verdict = Verdict(.confirm, version: 1, rule: "hi")
        world.done(.answer(session, by: ana, to: target, text: "hi", [], verdict))
        #expect(world.history(session).last?.what == .moderated(by: ana, verdict))
    }

    @Test func `The journal has a reply without words`() {
        let target = SentMessage(ordinal: 1, messageID: 44, at: LogTime(milliseconds: 5))
        let answer = Command.answer(
            SessionID(4), by: AgentID(2), to: target, text: "secret", [], nil)
        #expect(answer.forJournal == .reply(SessionID(4), by: AgentID(2), text: "x"))
        var message = InboundMessage(
            user: TelegramID(1), name: "Zoë", messageID: 4, kind: "photo", text: "secret")
        message.extras = MessageExtras(
            album: "secret", replyTo: 4,
            enclosure: .contact(ContactCard(phoneNumber: "1", firstName: "secret")))
        let update = Command.update(
            InboundUpdate(project: ProjectID(8), updateID: 1, content: .message(message)))
        guard case .update(let kept) = update.forJournal, case .message(let left) = kept.content
        else {
            Issue.record("no message")
            return
        }
        // An album counts as one message there as well; its name is masked.
        #expect(!left.extras.album.isEmpty && left.extras.album != "secret")
        #expect(left.extras.replyTo == 0 && left.extras.enclosure == nil && left.text.isEmpty)
    }
}
