import Testing
import Wire

@testable import Routing

/// Private notes, team remarks and tags.
@Suite struct NoteTests {
    private func desk() -> (World, ana: AgentID, wei: AgentID, ProjectID, SessionID) {
        var world = World()
        world.done(.raiseLevel(to: .second))
        let (ana, wei) = (world.agent("ana"), world.agent("wei"))
        let project = world.project([ana, wei])
        let session = world.write(project, user: 1)
        world.done(.claim(session, by: ana, version: 1))
        return (world, ana, wei, project, session)
    }

    private func notes(_ world: World, of author: AgentID) -> [PrivateNote] {
        world.rows.keys.sorted().filter {
            $0.table == RowTable.note.rawValue && $0.major == author.rawValue
        }.map { try! PrivateNote(author: author, index: $0.minor, value: world.rows[$0]!) }
    }

    /// The bytes of every row but the author's notes.
    private func isAnywhereElse(_ text: Text, in world: World) -> Bool {
        world.rows.contains { key, value in
            key.table != RowTable.note.rawValue
                && value.indices.contains { value[$0...].starts(with: text.utf8) }
        }
    }

    @Test func `The history tells that a note exists and by whom, never what it says`() throws {
        var (world, ana, _, _, session) = desk()
        let index = world.done(.addNote(session, by: ana, text: "drinks tea"))
        #expect(world.history(session).last?.what == .noted(by: ana))
        #expect(world.history(session).last?.index == index)
        #expect(
            notes(world, of: ana) == [
                PrivateNote(
                    author: ana, index: index, session: session, at: world.time,
                    text: "drinks tea")
            ])
        #expect(!isAnywhereElse("drinks tea", in: world))
        #expect(world.applied.events.contains(.historyAdded(session, ordinal: 2)))
        #expect(try world.rebuilt() == world.state)
    }

    @Test func `A note stays with its author wherever the session goes`() {
        var (world, ana, wei, _, session) = desk()
        world.done(.addNote(session, by: ana, text: "drinks tea"))
        world.show(wei)
        world.done(
            .transfer(
                session, by: ana, to: wei, version: world.version(session), remark: "",
                confirmed: true))
        #expect(!world.state.canSee(ana, session))
        #expect(notes(world, of: ana).map(\.text) == ["drinks tea"])
        #expect(notes(world, of: wei).isEmpty)
        // Who does not find the session any more adds nothing.
        let gone = Outcome.refused(.notFound)
        #expect(world.apply(.addNote(session, by: ana, text: "more")) == gone)
        #expect(world.apply(.addRemark(session, by: ana, text: "more")) == gone)
        #expect(world.apply(.setTags(session, by: ana, add: [], remove: [])) == gone)
    }

    @Test func `A remark is in the history for all who see the session`() {
        var (world, ana, _, _, session) = desk()
        world.done(.addRemark(session, by: ana, text: "wants an invoice"))
        let what = HistoryItem.What.remarked(by: ana, text: "wants an invoice")
        #expect(world.history(session).last?.what == what)
        #expect(world.state.session(session)!.isAnswered == false)
    }

    @Test func `Notes and remarks need words, not too many`() {
        var (world, ana, _, _, session) = desk()
        let long = Text(Array(repeating: UInt8(ascii: "x"), count: PrivateNote.maxBytes + 1))
        for text in ["", " \n", long] {
            let refused = Outcome.refused(.invalid("text"))
            #expect(world.apply(.addNote(session, by: ana, text: text)) == refused)
            #expect(world.apply(.addRemark(session, by: ana, text: text)) == refused)
        }
    }

    @Test func `Tags are those of the project, are set, removed and kept`() throws {
        var (world, ana, _, project, session) = desk()
        #expect(
            world.apply(.setTags(session, by: ana, add: ["vip"], remove: []))
                == .refused(.invalid("a tag that the project does not have")))
        var book = DeskBook()
        book.tags = ["vip", "refund"]
        world.done(.setDeskBook(project, by: nil, book))
        world.done(.setTags(session, by: ana, add: ["refund", "vip", "vip"], remove: []))
        #expect(world.state.tags(of: session) == ["refund", "vip"])
        #expect(try world.rebuilt() == world.state)
        world.done(.setTags(session, by: ana, add: [], remove: ["refund"]))
        #expect(
            world.history(session).last?.what == .tagged(by: ana, added: [], removed: ["refund"]))
        // A tag that the project gave up stays where it is, until it is removed.
        world.done(.setDeskBook(project, by: nil, DeskBook()))
        world.done(.setTags(session, by: ana, add: ["vip"], remove: []))
        #expect(world.applied.rows.isEmpty, "nothing changed")
        world.done(.setTags(session, by: ana, add: [], remove: ["vip"]))
        #expect(world.state.tags(of: session).isEmpty)
        #expect(try world.rebuilt() == world.state)
    }

    @Test func `Who may only view does not tag`() {
        var (world, _, _, project, session) = desk()
        let eve = world.agent("eve")
        let members = world.state.project(project)!.members
        world.done(
            .setMembers(project, by: nil, members + [Member(agent: eve, permissions: .view)]))
        #expect(
            world.apply(.setTags(session, by: eve, add: [], remove: ["vip"]))
                == .refused(.forbidden))
    }

    @Test func `Only managers change what a desk says, within its limits`() {
        var (world, ana, _, project, _) = desk()
        var book = DeskBook()
        book.tags = ["a", "a"]
        #expect(world.apply(.setDeskBook(project, by: ana, book)) == .refused(.forbidden))
        #expect(world.apply(.setDeskBook(project, by: nil, book)) == .refused(.invalid("tags")))
        book.tags = (0...64).map { Text("tag\($0)") }
        #expect(world.apply(.setDeskBook(project, by: nil, book)) == .refused(.invalid("tags")))
        book.tags = []
        book.canned = [CannedReply(name: "a", text: " ")]
        #expect(
            world.apply(.setDeskBook(project, by: nil, book))
                == .refused(.invalid("cannedReplies")))
        #expect(
            world.apply(.setDeskBook(ProjectID(9999), by: nil, book)) == .refused(.notFound))
    }

    @Test(arguments: [UInt64](1...8))
    func `A random world with notes, tags and texts equals its rows`(seed: UInt64) throws {
        var random = RandomWorld(seed: 500 + seed)
        for _ in 0..<60 {
            random.step()
            let command = random.paperwork()
            let outcome = random.commit(command)
            if random.world.state.level == .first {
                #expect(outcome == .refused(.needsLevel(.second)))
            }
            random.world.state.checkInvariants()
        }
        #expect(try random.world.rebuilt() == random.world.state)
    }

    @Test func `Nothing of this is taken at the first level`() {
        var world = World()
        let ana = world.agent("ana")
        let session = world.write(world.project([ana]), user: 1)
        let refused = Outcome.refused(.needsLevel(.second))
        #expect(world.apply(.addNote(session, by: ana, text: "x")) == refused)
        #expect(world.apply(.addRemark(session, by: ana, text: "x")) == refused)
        #expect(world.apply(.setTags(session, by: ana, add: [], remove: [])) == refused)
        world.show(ana)
        #expect(world.owner(session) == ana)
        #expect(!world.rows.keys.contains { $0.table == RowTable.waits.rawValue })
    }
}
