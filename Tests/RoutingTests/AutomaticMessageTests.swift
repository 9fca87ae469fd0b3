import Testing
import Wire

@testable import Routing

/// What a project says by itself: welcome, privacy notice, nobody available.
@Suite struct AutomaticMessageTests {
    private func desk(
        _ change: (inout DeskBook) -> Void
    ) -> (World, ana: AgentID, ProjectID) {
        var world = World()
        world.done(.raiseLevel(to: .second))
        let ana = world.agent("ana")
        let project = world.project([ana])
        var book = DeskBook()
        change(&book)
        world.done(.setDeskBook(project, by: nil, book))
        return (world, ana, project)
    }

    /// What the project said by itself in a session, in order.
    private func said(_ world: World, _ session: SessionID) -> [Text] {
        world.history(session).compactMap { item in
            guard case .outbound(let message) = item.what, message.agent == .automatic else {
                return nil
            }
            return message.text
        }
    }

    /// What the project says to somebody who writes for the first time.
    private func greeting(_ world: inout World, _ project: ProjectID, user: Int64) -> [Text] {
        let session = world.write(project, user: user)
        return said(world, session)
    }

    @Test func `A new session is welcomed, with the privacy notice, after its first message`() {
        var (world, ana, project) = desk {
            $0.welcome = "Hello {customer}, this is {project}."
            $0.privacyNotice = "We keep this for a year."
        }
        world.show(ana)
        let session = world.write(project, user: 1)
        let texts: [Text] = ["Hello Customer, this is desk.", "We keep this for a year."]
        #expect(said(world, session) == texts)
        guard case .inbound? = world.history(session).first?.what else {
            Issue.record("the welcome comes before what it answers")
            return
        }
        let chat = Chat(project: project, user: TelegramID(1))
        #expect(world.state.outbox(of: chat).map(\.text) == texts)
        world.write(project, user: 1, "and another thing")
        #expect(said(world, session) == texts, "once")
    }

    @Test func `An automatic message is no first reply`() throws {
        var (world, _, project) = desk {
            $0.welcome = "Hello"
            $0.nobodyAvailable = "Soon"
        }
        let id = world.write(project, user: 1, "help me")
        let session = world.state.session(id)!
        #expect(!session.isAnswered && session.unread == 1 && session.state == .unassigned)
        #expect(session.last?.text == "help me")
        #expect(try world.rebuilt() == world.state)
    }

    @Test func `Who has to wait is told so once per wait, and who is served is not`() {
        var (world, ana, project) = desk { $0.nobodyAvailable = "Nobody is here" }
        let session = world.write(project, user: 1)
        #expect(said(world, session) == ["Nobody is here"])
        world.write(project, user: 1, "still there?")
        #expect(said(world, session).count == 1)
        world.done(.claim(session, by: ana, version: 1))
        world.done(.giveBack(session, by: ana, version: 2))
        #expect(said(world, session).count == 1, "the same wait")
        world.done(.claim(session, by: ana, version: 3))
        world.done(.complete(session, by: ana, version: 4))
        world.write(project, user: 1, "again")
        #expect(said(world, session).count == 2, "another wait")
        world.show(ana)
        let served = world.write(project, user: 2)
        #expect(world.owner(served) == ana && said(world, served).isEmpty)
    }

    /// Who came in a long drain, in order: for the first the agent has room, for the others none.
    private func backlog(
        of late: Int, behind waves: Int
    ) -> (World, ana: AgentID, ProjectID, late: [SessionID]) {
        var (world, ana, project) = desk { $0.nobodyAvailable = "Nobody is here" }
        let count = RoutingState.Limits.drainPerEntry * waves + 10
        world.limit(ana, open: UInt32(count + 1))
        for user in 1...count { world.write(project, user: Int64(user)) }
        world.show(ana)
        let sessions = (1...late).map { world.write(project, user: Int64(100_000 + $0)) }
        return (world, ana, project, sessions)
    }

    @Test func `Who came behind others and is left when the drain ends is told, once`() throws {
        var (world, ana, project, late) = backlog(of: 3, behind: 4)
        #expect(late.allSatisfy { world.decision($0).way == .behindQueue })
        #expect(late.allSatisfy { said(world, $0).isEmpty }, "they will hardly wait")
        #expect(world.state.nextDeadline == world.time)
        #expect(try world.rebuilt() == world.state)
        // A node that starts does not know the time yet, and the rest of a drain is due at once.
        world.state = try world.rebuilt()
        while let due = world.state.nextDeadline, due <= world.time { world.apply(.advance) }
        #expect(late.map { world.owner($0) } == [ana, nil, nil])
        #expect(late.map { said(world, $0) } == [[], ["Nobody is here"], ["Nobody is here"]])
        for session in late.dropFirst() {
            let found = try #require(world.state.session(session))
            #expect(!found.isAnswered && found.unread == 1, "no first reply")
        }
        world.state.checkInvariants()
        #expect(try world.rebuilt() == world.state)
        world.write(project, user: 100_002, "still there?")
        world.pass(milliseconds: 60_000)
        #expect(said(world, late[1]) == ["Nobody is here"])
    }

    @Test func `One entry tells as many as it has numbers for messages, and the next the rest`() {
        let room = Int(OutboxMessage.partsPerReply)
        var (world, _, _, late) = backlog(of: room + 3, behind: room + 5)
        func told() -> Int {
            late.count { !world.state.outbox(of: world.state.session($0)!.chat).isEmpty }
        }
        while told() == 0, world.state.nextDeadline == world.time { world.apply(.advance) }
        #expect(told() == room)
        #expect(world.state.nextDeadline == world.time)
        world.apply(.advance)
        #expect(told() == room + 2)
        #expect(world.state.nextDeadline! > world.time)
        let messages = late.flatMap { world.state.outbox(of: world.state.session($0)!.chat) }
        #expect(Set(messages.map(\.id)).count == room + 2, "each with an id of its own")
    }

    @Test func `Who came behind others and is served in the meantime is never told`() {
        var (world, ana, _, late) = backlog(of: 2, behind: 4)
        let version = world.version(late[1])
        world.done(.claim(late[1], by: ana, version: version))
        world.pass(milliseconds: 60_000)
        #expect(said(world, late[1]).isEmpty)
        world.state.checkInvariants()
    }

    @Test func `Outside the hours who has to wait is told so, and within them as ever`() throws {
        var (world, _, project) = desk {
            $0.nobodyAvailable = "Nobody is here"
            $0.outOfHours = "We are closed"
        }
        let hours = Hours(zone: "UTC", week: [Hours.Span(day: 1, from: 0, to: 60)])
        world.change(project) { $0.hours = hours }
        let open = world.time.adding(milliseconds: 3_600_000)
        let times = OpenTimes(
            spans: [.init(from: open, to: open.adding(milliseconds: 3_600_000))],
            end: open.adding(milliseconds: 86_400_000))
        world.done(.resolveHours(project, hours, times))
        #expect(greeting(&world, project, user: 1) == ["We are closed"])
        world.pass(milliseconds: 3_600_000)
        #expect(greeting(&world, project, user: 2) == ["Nobody is here"])
        world.pass(milliseconds: 3_600_000)
        #expect(greeting(&world, project, user: 3) == ["We are closed"])
        #expect(try world.rebuilt() == world.state)
    }

    @Test func `Without a text for outside the hours the other one is sent then, too`() {
        var (world, _, project) = desk { $0.nobodyAvailable = "Nobody is here" }
        let hours = Hours(zone: "UTC", week: [])
        world.change(project) { $0.hours = hours }
        let end = world.time.adding(milliseconds: 86_400_000)
        world.done(.resolveHours(project, hours, OpenTimes(spans: [], end: end)))
        #expect(greeting(&world, project, user: 1) == ["Nobody is here"])
    }

    @Test func `The expected wait is the median of the last 50 that had to wait`() throws {
        var (world, ana, project) = desk {
            $0.nobodyAvailable = "Nobody is here.\nAbout {minutes} minutes.\nThank you"
        }
        let first = world.write(project, user: 1)
        #expect(said(world, first) == ["Nobody is here.\nThank you"])
        #expect(world.state.expectedWaitMilliseconds(in: project) == nil)
        // 60 waits of 1, 2, ... 60 seconds: 11 to 60 are the last 50.
        for seconds in 1...60 {
            let session = world.write(project, user: Int64(100 + seconds))
            world.pass(milliseconds: Int64(seconds) * 1000)
            world.done(.claim(session, by: ana, version: 1))
            world.done(.complete(session, by: ana, version: 2))
        }
        #expect(world.state.expectedWaitMilliseconds(in: project) == 35_500)
        let next = world.write(project, user: 2)
        #expect(said(world, next) == ["Nobody is here.\nAbout 1 minutes.\nThank you"])
        #expect(try world.rebuilt() == world.state)
    }

    @Test(
        arguments: [
            ("{customer}{agent}", "Ana{agent}"), ("{ customer}", "{ customer}"), ("{", "{"),
            ("{customer", "{customer"), ("{{customer}}", "{Ana}"), ("", ""),
            ("é{customer}é", "éAnaé"),
        ] as [(Text, Text)])
    func `Placeholders are filled once, and other braces stay`(text: Text, filled: Text) {
        #expect(text.filled([Placeholder("customer", "Ana")]) == filled)
        #expect(Text("{customer}").filled([Placeholder("customer", "{customer}")]) == "{customer}")
    }
}
