import Testing
import Wire

@testable import Routing

/// What goes along with a customer's text from the second level on.
@Suite struct MessageExtrasTests {
    private static let extras = MessageExtras(
        entities: [TextEntity(.bold, 0, 2), TextEntity(.url, 3, 4)], of: "hi a.eu",
        attachment: Attachment(thumbnailID: "T", name: "a.jpg", mimeType: "image/jpeg", size: 7))

    private func update(
        _ world: inout World, _ project: ProjectID, isEdit: Bool = false
    ) -> Command {
        world.updateID += 1
        var message = InboundMessage(
            user: TelegramID(1), name: "Customer", messageID: 5, kind: "photo", text: "hi a.eu",
            fileID: "F")
        message.extras = Self.extras
        return .update(
            InboundUpdate(
                project: project, updateID: world.updateID,
                content: isEdit ? .edit(message) : .message(message)))
    }

    @Test func `They are kept with the message, and with its change`() throws {
        var world = World.newest
        let ana = world.agent("ana")
        let project = world.project([ana])
        world.show(ana)
        let session = SessionID(world.done(update(&world, project)))
        guard case .inbound(let message) = world.history(session).first?.what else {
            Issue.record("no message")
            return
        }
        #expect(message.extras == Self.extras && message.fileID == "F")
        world.done(update(&world, project, isEdit: true))
        #expect(
            world.history(session).last?.what
                == .edited(
                    HistoryItem.Edited(
                        messageID: 5, text: "hi a.eu", kind: "photo", fileID: "F",
                        extras: Self.extras)))
        #expect(try world.rebuilt() == world.state)
    }

    @Test func `The first level does not take them`() {
        var world = World()
        let project = world.project([world.agent("ana")])
        let command = update(&world, project)
        #expect(command.level == .second)
        #expect(world.apply(command) == .refused(.needsLevel(.second)))
    }

    @Test func `An entity out of the text is left out, and long names are cut`() {
        let extras = MessageExtras(
            entities: [
                TextEntity(.bold, 0, 3), TextEntity(.bold, 0, 4), TextEntity(.code, 3, 1),
                TextEntity(.code, 1, 0), TextEntity(.italic, .max, .max),
            ], of: "a😀")
        #expect(extras.entities == [TextEntity(.bold, 0, 3)])
        let name = Text(Array(repeating: UInt8(ascii: "n"), count: 999))
        #expect(Attachment(name: name).name.utf8.count == Attachment.maxNameBytes)
        #expect(MessageExtras().isEmpty)
        let some = [
            Attachment(thumbnailID: "T"), Attachment(name: "a"), Attachment(mimeType: "a/b"),
            Attachment(size: 1),
        ]
        #expect(some.allSatisfy { !MessageExtras(attachment: $0).isEmpty })
    }

    @Test func `UTF-16 units are counted as Telegram does`() {
        #expect(Text("").utf16Units == 0 && Text("aé中").utf16Units == 3)
        #expect(Text("a😀👩‍💻").utf16Units == "a😀👩‍💻".utf16.count)
    }

    @Test(
        arguments: [
            ("https://a.example", true), ("HTTP://a", true), ("http:/a", false), ("", false),
            ("javascript:x", false), ("tg://user?id=1", false),
        ] as [(Text, Bool)])
    func `Addresses on the web`(address: Text, isOne: Bool) {
        #expect(address.isWebAddress == isOne)
    }
}
