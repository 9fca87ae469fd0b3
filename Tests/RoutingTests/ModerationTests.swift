import Testing
import Wire

@testable import Routing

/// What becomes of texts of which a project's rules speak.
@Suite struct ModerationTests {
    private static let flag = Verdict(.flag, version: 3, rule: "casino")
    private static let confirm = Verdict(.confirm, version: 3, rule: "price")
    private static let block = Verdict(.block, version: 3, rule: "t.me/*")

    private func desk() -> (World, ana: AgentID, ProjectID) {
        var world = World.newest
        let ana = world.agent("ana")
        let project = world.project([ana])
        world.show(ana)
        return (world, ana, project)
    }

    private func write(
        _ world: inout World, _ project: ProjectID, user: Int64, _ verdict: Verdict?
    ) -> Outcome {
        world.updateID += 1
        let message = InboundMessage(
            user: TelegramID(user), name: "Customer", username: "", language: "en", messageID: 1,
            kind: "text", text: "a text", fileID: "", start: nil)
        var update = InboundUpdate(
            project: project, updateID: world.updateID, content: .message(message))
        update.verdict = verdict
        return world.apply(.update(update))
    }

    private func marks(_ world: World, _ session: SessionID) -> [Verdict] {
        world.history(session).compactMap { item in
            guard case .moderated(_, let verdict) = item.what else { return nil }
            return verdict
        }
    }

    @Test(arguments: [flag, confirm])
    func `A customer's text that is flagged opens a session, and the mark follows it`(
        verdict: Verdict
    ) throws {
        var (world, ana, project) = desk()
        guard case .done(let id) = write(&world, project, user: 1, verdict) else {
            Issue.record("not taken")
            return
        }
        let session = SessionID(id)
        #expect(world.owner(session) == ana)
        let kinds = world.history(session).map(\.what)
        #expect(kinds.firstIndex(of: .moderated(by: nil, verdict)) == 1)
        guard case .inbound(let message) = kinds[0] else {
            Issue.record("the mark comes before its message")
            return
        }
        #expect(message.text == "a text")
        // A list shows nothing of what an agent has to ask for.
        let preview = try #require(world.state.session(session)?.last)
        #expect(preview.text == (verdict.action == .confirm ? "" : "a text"))
        #expect(preview.kind == (verdict.action == .confirm ? "withheld" : "text"))
        #expect(try world.rebuilt() == world.state)
    }

    @Test func `A customer's text that is blocked opens nothing, and is known to have come`() {
        var (world, _, project) = desk()
        #expect(write(&world, project, user: 1, Self.block) == .done(id: 0))
        #expect(world.state.sessions(in: project, limit: 9).isEmpty)
        let session = world.write(project, user: 1, "a good one")
        let before = world.state.session(session)!
        #expect(write(&world, project, user: 1, Self.block) == .done(id: session.rawValue))
        let after = world.state.session(session)!
        #expect(after.unread == before.unread && after.last == before.last)
        #expect(marks(world, session) == [Self.block])
        let texts = world.history(session).filter {
            if case .inbound = $0.what { true } else { false }
        }
        #expect(texts.count == 1)
    }

    @Test func `An edit that is blocked does not change what was written`() {
        var (world, _, project) = desk()
        let session = world.write(project, user: 1, "a good one")
        world.updateID += 1
        let message = InboundMessage(
            user: TelegramID(1), name: "Customer", username: "", language: "en", messageID: 1,
            kind: "text", text: "a bad one", fileID: "", start: nil)
        var update = InboundUpdate(
            project: project, updateID: world.updateID, content: .edit(message))
        update.verdict = Self.block
        world.done(.update(update))
        #expect(marks(world, session) == [Self.block])
        #expect(
            !world.history(session).contains {
                if case .edited = $0.what { true } else { false }
            })
    }

    @Test func `An agent's text that is confirmed goes out and is recorded`() {
        var (world, ana, project) = desk()
        let session = world.write(project, user: 1)
        world.done(.moderatedReply(session, by: ana, text: "The price is 5", Self.confirm))
        let chat = Chat(project: project, user: TelegramID(1))
        #expect(world.state.outbox(of: chat).map(\.text) == ["The price is 5"])
        #expect(world.history(session).last?.what == .moderated(by: ana, Self.confirm))
    }

    @Test func `An agent's text that is blocked is not sent, and the attempt is recorded`() {
        var (world, ana, project) = desk()
        let session = world.write(project, user: 1)
        let refused = world.apply(
            .moderatedReply(session, by: ana, text: "t.me/me", Self.block))
        #expect(refused == .refused(.invalid("text")))
        world.done(.refuseReply(session, by: ana, Self.block))
        let chat = Chat(project: project, user: TelegramID(1))
        #expect(world.state.outbox(of: chat).isEmpty)
        #expect(world.history(session).last?.what == .moderated(by: ana, Self.block))
        #expect(!world.state.session(session)!.isAnswered)
        let stranger = world.agent("wei")
        #expect(
            world.apply(.refuseReply(session, by: stranger, Self.block)) == .refused(.notFound))
    }

    @Test func `Managers write the rules, whose version is the index of their change`() throws {
        var (world, ana, project) = desk()
        let rules = [ModerationRule("casino", .word, .both, .flag)]
        #expect(
            world.apply(.setModeration(project, by: ana, rules)) == .refused(.forbidden))
        world.done(.setModeration(project, by: nil, rules))
        let version = world.index
        #expect(
            world.state.moderation(of: project) == Moderation(version: version, rules: rules))
        world.done(.setModeration(project, by: nil, rules))
        #expect(world.state.moderation(of: project).version == version, "nothing changed")
        #expect(
            world.apply(
                .setModeration(
                    project, by: nil, [ModerationRule("*", .pattern, .both, .block)]))
                == .refused(.invalid("rules")))
        let many = [ModerationRule](
            repeating: ModerationRule("x", .word, .both, .flag), count: Moderation.limit)
        world.done(.setModeration(project, by: nil, many))
        #expect(
            world.apply(.setModeration(project, by: nil, many + rules))
                == .refused(.invalid("rules")))
        #expect(
            world.apply(.setModeration(ProjectID(9999), by: nil, rules)) == .refused(.notFound))
        #expect(try world.rebuilt() == world.state)
        world.done(.setModeration(project, by: nil, []))
        #expect(world.state.moderation(of: project).rules.isEmpty)
        #expect(try world.rebuilt() == world.state)
    }

    @Test func `At the first level there are no rules`() {
        var world = World()
        let project = world.project([world.agent("ana")])
        #expect(
            world.apply(.setModeration(project, by: nil, [])) == .refused(.needsLevel(.second)))
        let command = Command.update(
            InboundUpdate(
                project: project, updateID: 1, content: .unsupported(kind: "poll")))
        #expect(command.level == .first)
        #expect(write(&world, project, user: 1, Self.flag) == .refused(.needsLevel(.second)))
    }
}
