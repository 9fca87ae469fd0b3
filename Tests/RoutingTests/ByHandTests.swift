import Testing
import Wire

@testable import Routing

/// What people choose is stored as what the router chooses is, and sight is the state machine's.
@Suite struct ByHandTests {
    private func desk(
        _ world: World = .newest, _ change: (inout ProjectSettings) -> Void = { _ in }
    ) -> (World, AgentID, AgentID, ProjectID) {
        var world = world
        let (ana, wei) = (world.agent("ana"), world.agent("wei"))
        let project = world.project([ana, wei], change)
        for agent in [ana, wei] { world.limit(agent) }
        return (world, ana, wei, project)
    }

    @Test func `A claim is stored: who chose, and what the router saw of everybody`() throws {
        var (world, ana, wei, project) = desk()
        world.show(wei)
        world.done(.setAway(wei, true))
        let session = world.write(project, user: 1)
        #expect(world.decision(session).chosen == nil)
        world.done(.claim(session, by: ana, version: 1))
        let decision = world.decision(session)
        #expect(decision.cause == .claim && decision.way == .named && decision.chosen == ana)
        #expect(!decision.isOverride && decision.cursorAfter == decision.cursorBefore)
        #expect(decision.candidates.map(\.agent) == [ana, wei])
        #expect(world.reasons(session, wei) == .away)
        #expect(world.state.cursor(of: project) == nil, "the turn is nobody's")
        #expect(world.history(session).last?.what == .claimed(ana, isOverride: false))
        #expect(try world.rebuilt() == world.state)
    }

    @Test func `A claim by a reply is stored, and marked beyond the rate`() {
        var (world, ana, _, project) = desk()
        world.limit(ana, perMinute: 1)
        let sessions = (1...2).map { world.write(project, user: $0) }
        for session in sessions { world.done(.reply(session, by: ana, text: "hi")) }
        #expect(sessions.map { world.decision($0).cause } == [.claim, .claim])
        #expect(sessions.map { world.decision($0).isOverride } == [false, true])
        let limited = world.decision(sessions[1]).candidates.first { $0.agent == ana }!
        #expect(limited.reasons.contains(.rateLimited) && limited.rateLimitedUntil != nil)
    }

    @Test func `Reopening by hand is stored, and marked beyond capacity`() {
        var (world, ana, _, project) = desk()
        world.show(ana)
        let session = world.write(project, user: 1)
        var version = world.version(session)
        world.done(.complete(session, by: ana, version: version))
        version = world.version(session)
        world.done(.reopen(session, by: ana, version: version))
        #expect(world.decision(session).cause == .reopenByHand)
        #expect(world.decision(session).chosen == ana && !world.decision(session).isOverride)
        version = world.version(session)
        world.done(.complete(session, by: ana, version: version))
        world.write(project, user: 2)
        world.limit(ana, open: 1)
        version = world.version(session)
        world.done(.reopen(session, by: ana, version: version))
        #expect(world.decision(session).isOverride)
        let full = world.decision(session).candidates.first { $0.agent == ana }!
        #expect(full.open == 1 && full.openLimit == 1)
    }

    @Test func `Reopening needs sight of the session: own ones that were completed`() {
        var (world, ana, wei, project) = desk()
        world.show(ana)
        let session = world.write(project, user: 1)
        var version = world.version(session)
        world.done(.complete(session, by: ana, version: version))
        version = world.version(session)
        let command = Command.reopen(session, by: wei, version: version)
        #expect(!world.state.canSee(wei, session))
        #expect(world.apply(command) == .refused(.notFound))
        world.done(
            .setMembers(
                project, by: nil,
                [
                    Member(agent: ana, permissions: .reply),
                    Member(agent: wei, permissions: [.reply, .view]),
                ]))
        world.done(command)
        #expect(world.owner(session) == wei)
    }

    @Test func `Below the second level people's choices leave no decision, and reply is enough`() {
        var (world, ana, wei, project) = desk(World())
        let session = world.write(project, user: 1)
        let before = world.state.session(session)!.decisionOrdinal
        world.done(.claim(session, by: ana, version: 1))
        #expect(world.state.session(session)!.decisionOrdinal == before)
        world.done(.complete(session, by: ana, version: 2))
        world.done(.reopen(session, by: wei, version: 3))
        #expect(world.owner(session) == wei)
        #expect(world.history(session).last?.decision == nil)
    }

    @Test func `A manager without reply writes in any session: a waiting one waits on`() throws {
        var (world, ana, _, project) = desk()
        let boss = world.agent("boss", isAdmin: true)
        let session = world.write(project, user: 1)
        let place = world.state.session(session)!.waitingSince
        world.done(.reply(session, by: boss, text: "we are on our way"))
        #expect(world.state.session(session)?.state == .unassigned)
        #expect(world.state.session(session)?.waitingSince == place)
        #expect(world.state.waiting(in: project, limit: 9) == [session])
        #expect(
            world.apply(.takeOver(session, by: boss, version: 1))
                == .refused(.refusedBy(.cannotReply)))
        #expect(try world.rebuilt() == world.state)
        world.state.checkInvariants()
        world.show(ana)
        #expect(world.owner(session) == ana)
        world.state.checkInvariants()
    }

    @Test func `A manager assigns a waiting session to the agent whom it excludes`() {
        var (world, ana, _, project) = desk()
        let boss = world.agent("boss", isAdmin: true)
        world.show(ana)
        let session = world.write(project, user: 1)
        var version = world.version(session)
        world.done(.giveBack(session, by: ana, version: version))
        #expect(world.owner(session) == nil && world.reasons(session, ana) == .excluded)
        version = world.version(session)
        world.done(
            .transfer(
                session, by: boss, to: ana, version: version, remark: "", confirmed: false))
        #expect(world.owner(session) == ana)
        #expect(!world.decision(session).isOverride, "an exclusion is nothing to override")
    }

    @Test func `Losing the scope or a seat keeps sessions`() {
        var (world, ana, wei, project) = desk()
        world.show(ana, wei)
        let sessions = (1...2).map { world.write(project, user: $0) }
        #expect(sessions.map { world.owner($0) } == [ana, wei])
        world.change(project) {
            $0.scope = .specifiedAgents
            $0.seats = 1
        }
        world.done(
            .setMembers(
                project, by: nil,
                [
                    Member(agent: ana, permissions: .reply, isInScope: false),
                    Member(agent: wei, permissions: .reply),
                ]))
        world.pass(milliseconds: 30_000)
        #expect(sessions.map { world.owner($0) } == [ana, wei])
        world.done(.reply(sessions[0], by: ana, text: "still mine"))
        world.state.checkInvariants()
    }

    @Test func `A decision's record holds ids alone, nobody's name and no words`() {
        var world = World.newest
        let ana = world.agent("a-login-of-hers")
        let project = world.project([ana]) { $0.name = "a-name-of-a-desk" }
        world.tag(project, [["lang:xx-tag"]])
        let only = MemberRule(tags: ["lang:xx-tag"])
        let pool = world.pool(project, "a-name-of-a-pool", only)
        let link = world.link(project, "a-code") { $0.pool = pool }
        world.show(ana)
        world.limit(ana, open: 1)
        world.write(project, user: 1)
        let session = world.write(
            project, user: 4_000_000_123, "words-of-theirs", start: world.click(link),
            language: "xx-tag")
        world.done(.setAway(ana, true))
        let record = world.decision(session).encodedAlone()
        let words: [Text] = [
            "a-login-of-hers", "a-name-of-a-desk", "a-name-of-a-pool", "a-code", "xx-tag",
            "words-of-theirs", "Customer", "customer", "sales",
        ]
        for word in words {
            let places = 0...max(0, record.count - word.utf8.count)
            #expect(
                !places.contains { record.dropFirst($0).starts(with: word.utf8) }, "\(word)")
        }
        // One byte would be the same in another record, the number of the customer is not there.
        var number = ByteWriter()
        number.put(TelegramID(4_000_000_123))
        let places = 0...max(0, record.count - number.bytes.count)
        #expect(!places.contains { record.dropFirst($0).starts(with: number.bytes) })
    }
}
