import Testing
import Wire

@testable import Routing

/// What-if: the rules as they were give the decisions that were made; other rules give what can be
/// worked out by hand.
@Suite struct WhatIfTests {
    private static let worlds: ClosedRange<UInt64> = 1...24
    /// Commands before the base, between base and stretch, and in the stretch.
    private static let steps = (warmUp: 40, before: 20, stretch: 100)

    @Test(arguments: worlds)
    func `Unchanged rules give the decisions that were made, in both passes`(seed: UInt64) throws {
        var random = RandomWorld(seed: 40_000 + seed)
        for _ in 0..<Self.steps.warmUp { random.step() }
        var tape = try Tape(after: random.world)
        let first = random.world.index
        for _ in 0..<Self.steps.before { random.step() }
        let start = random.world.time.adding(milliseconds: 1)
        for _ in 0..<Self.steps.stretch { random.step() }
        tape.take(random.log, after: first)
        let made = Tape.decisions(of: random.log).filter { made in
            random.log[Int(made.index) - 1].0 >= start
        }
        let end = random.world.time.adding(milliseconds: 1)
        var whatIf = WhatIf(
            base: tape.base, project: random.projects[0], from: start, until: end,
            changes: RuleChanges())
        var recorded: [Tape.Made] = []
        for entry in tape.entries {
            whatIf.record(entry)
            guard let recording = whatIf.recording else { continue }
            recorded += Tape.decisions(in: recording.applied.rows, by: entry.index)
        }
        #expect(Tape.difference(recorded, made) == nil, "recording, seed \(seed)")
        #expect(whatIf.beginRehearsal() == nil)
        var rehearsed: [Tape.Made] = []
        for entry in tape.entries {
            whatIf.rehearse(entry)
            guard entry.time >= start else { continue }
            rehearsed += Tape.decisions(in: whatIf.rehearsal!.applied.rows, by: entry.index)
        }
        let report = whatIf.finish()
        #expect(Tape.difference(rehearsed, made) == nil, "rehearsal, seed \(seed)")
        #expect(report.changed == 0 && report.notRepeated == 0 && report.unknown == 0)
        #expect(report.asItWas == report.asAsked)
    }

    /// Three agents in turn; the second is done with the first customer's session before a fourth
    /// customer comes.
    private func threeAgents() throws -> (tape: Tape, project: ProjectID, sessions: [SessionID]) {
        var desk = try Story(agents: 3)
        for user in 1...3 { desk.comes(Int64(user), at: user) }
        desk.answers(1, at: 20)
        desk.ends(1, at: 30)
        desk.comes(4, at: 40)
        desk.comes(5, at: 50)
        return (try desk.tape(), desk.project, desk.sessions)
    }

    @Test func `Another mode gives the sessions to those whom it would have chosen`() throws {
        let (tape, project, sessions) = try threeAgents()
        let start = tape.entries[0].time
        let report = tape.report(project, from: start, until: start.adding(milliseconds: 60_000)) {
            $0.mode = .onlineFirst
            $0.balance = .leastLoaded
        }
        // The fourth session goes to the second agent, who has none; the fifth to the first, whose
        // last one is longest ago.
        let agents = report.asItWas.perAgent.map(\.agent)
        #expect(
            report.differences == [
                .init(session: sessions[3], asItWas: [agents[0]], asAsked: [agents[1]]),
                .init(session: sessions[4], asItWas: [agents[1]], asAsked: [agents[0]]),
            ])
        #expect(report.changed == 2 && report.notRepeated == 0)
        #expect(report.asAsked.perAgent.map(\.assigned) == [2, 2, 1])
    }

    @Test func `A higher limit shortens waits, and handling times go along`() throws {
        var desk = try Story(agents: 1) { $0.openLimit = 1 }
        desk.comes(1, at: 0)
        desk.comes(2, at: 10)
        desk.answers(0, at: 30)
        desk.ends(0, at: 60)
        desk.comes(3, at: 70)
        desk.answers(1, at: 90)
        desk.ends(1, at: 120)
        let tape = try desk.tape()
        let start = tape.entries[0].time
        let report = tape.report(
            desk.project, from: start, until: start.adding(milliseconds: 200_000)
        ) { $0.openLimit = 2 }
        // Under a limit of one the second waits from 10 to 60 and the third from 70 to 120. Under
        // two the second comes at once, is answered at 40 and over at 70, when the third comes.
        #expect(report.asItWas.unassignedMilliseconds == 100_000)
        #expect(report.asItWas.medianWaitMilliseconds == 50_000)
        #expect(report.asItWas.p95WaitMilliseconds == 50_000)
        #expect(report.asAsked.unassignedMilliseconds == 0)
        #expect(report.asAsked.longestWaitMilliseconds == 0)
        #expect(report.asAsked.assigned == 3 && report.changed == 0)
        #expect(report.notRepeated == 0)
        let still = tape.report(
            desk.project, from: start, until: start.adding(milliseconds: 200_000))
        #expect(still.asAsked == report.asItWas && still.changed == 0)
    }

    @Test func `Without the agent who answered somebody else does, after the same pause`() throws {
        var desk = try Story(agents: 2) { $0.openLimit = 1 }
        desk.comes(1, at: 0)
        desk.answers(0, at: 10)
        desk.ends(0, at: 20)
        desk.comes(2, at: 30)
        let tape = try desk.tape()
        let start = tape.entries[0].time
        let members = desk.members
        let report = tape.report(
            desk.project, from: start, until: start.adding(milliseconds: 60_000)
        ) { $0.members = [members[1]] }
        // Both are the second agent's, who has room again from 20 on.
        let agent = members[1].agent
        #expect(report.asAsked.perAgent == [.init(agent: agent, assigned: 2)])
        #expect(report.asAsked.waiting == 0 && report.asAsked.unassignedMilliseconds == 0)
        #expect(report.changed == 1)
    }

    @Test func `Nobody in scope: everybody waits to the end`() throws {
        let (tape, project, sessions) = try threeAgents()
        let start = tape.entries[0].time
        let report = tape.report(project, from: start, until: start.adding(milliseconds: 60_000)) {
            $0.members = tape.base.project(project)!.members.map {
                Member(agent: $0.agent, permissions: $0.permissions, isInScope: false)
            }
            $0.scope = .specifiedAgents
        }
        // They came at 1, 2, 3, 40 and 50 seconds, counted from the first.
        #expect(report.asAsked.unassignedMilliseconds == 60_000 + 59_000 + 58_000 + 21_000 + 11_000)
        #expect(report.asAsked.waiting == 5 && report.asAsked.assigned == 0)
        #expect(report.asAsked.medianWaitMilliseconds == nil)
        #expect(report.changed == sessions.count)
        // The second customer's answer and end still wait for somebody to have the session.
        #expect(report.notRepeated == 0)
    }

    @Test func `What came into the journal after it was recorded is not rehearsed`() throws {
        let (tape, project, _) = try threeAgents()
        var whatIf = WhatIf(
            base: tape.base, project: project, from: tape.entries[0].time,
            until: tape.entries.last!.time.adding(milliseconds: 1), changes: RuleChanges())
        for entry in tape.entries.dropLast(2) { whatIf.record(entry) }
        #expect(whatIf.beginRehearsal() == nil)
        for entry in tape.entries { whatIf.rehearse(entry) }
        let report = whatIf.finish()
        #expect(report.asItWas == report.asAsked && report.changed == 0)
    }

    @Test func `Rules that can't be are refused`() throws {
        let (tape, project, _) = try threeAgents()
        var changes = RuleChanges()
        changes.members = [Member(agent: AgentID(999), permissions: .reply)]
        var whatIf = WhatIf(
            base: tape.base, project: project, from: tape.entries[0].time,
            until: tape.entries.last!.time, changes: changes)
        for entry in tape.entries { whatIf.record(entry) }
        #expect(whatIf.beginRehearsal() == .notFound)
    }

    private static let secret: Text = "qqSecretqq"

    private func isClean(_ bytes: [UInt8]) -> Bool {
        let text = String(decoding: bytes, as: UTF8.self)
        return !text.contains(Self.secret.string) && !text.contains("Zoë")
    }

    private static var wordy: [Command] {
        var settings = ProjectSettings(
            name: secret, botUsername: secret, sealedToken: secret.utf8, sealedSecret: secret.utf8)
        settings.mode = .onlineFirst
        var change = AgentChange()
        (change.name, change.passwordHash) = (secret, secret)
        var terms = LinkTerms()
        terms.utm[0] = secret
        let (agent, project, session) = (AgentID(2), ProjectID(3), SessionID(9))
        let update = { (content: InboundUpdate.Content) -> Command in
            .update(InboundUpdate(project: project, updateID: 4, content: content))
        }
        let message = InboundMessage(
            user: TelegramID(7), name: secret, username: secret, messageID: 1, text: secret,
            fileID: secret, start: .text(secret))
        return [
            .createAgent(by: nil, login: secret, name: secret, passwordHash: secret, isAdmin: true),
            .createProject(by: nil, settings), .updateAgent(agent, by: nil, change),
            .setDeskBook(project, by: nil, book),
            .createPool(by: nil, project, PoolSettings(name: secret, only: MemberRule())),
            .makeLink(
                by: nil, LinkSettings(code: secret, name: secret, project: project), terms),
            .reply(session, by: agent, text: secret), .addNote(session, by: agent, text: secret),
            .addRemark(session, by: agent, text: secret),
            .transfer(
                session, by: agent, to: nil, version: 1, remark: secret, confirmed: false),
            .finishSending(
                OutboxID(3), epoch: 1, .failed(reason: secret, unreachable: .blockedBot)),
            update(.message(message)), update(.edit(message)),
            update(.callback(user: TelegramID(7), data: secret)),
            update(.unsupported(kind: secret)),
        ]
    }

    private static var book: DeskBook {
        var book = DeskBook()
        book.welcome = secret
        book.tags = [secret]
        book.canned = [CannedReply(name: secret, text: secret)]
        return book
    }

    @Test(arguments: Samples.commands + wordy)
    func `The journal has no word that anybody wrote, no name and no secret`(
        command: Command
    ) throws {
        var writer = ByteWriter()
        command.forJournal.encode(into: &writer)
        #expect(isClean(writer.bytes))
        // And what is kept is a command as any other.
        var reader = ByteReader(writer.bytes)
        #expect(try Command.decode(&reader) == command.forJournal)
    }

    @Test func `Neither has its base`() throws {
        let secret = Self.secret
        var world = World.newest
        let agent = world.agent(secret)
        let project = world.project([agent]) { ($0.name, $0.botUsername) = (secret, secret) }
        world.done(.setDeskBook(project, by: nil, Self.book))
        world.show(agent)
        _ = world.pool(project, secret, MemberRule(agents: [agent]))
        let link = world.link(project, secret) { $0.name = secret }
        let session = world.write(project, user: 1, secret, start: world.click(link))
        world.done(.reply(session, by: agent, text: secret))
        world.done(.addNote(session, by: agent, text: secret))
        world.done(.setTags(session, by: agent, add: [secret], remove: []))
        let rows = try Tape.rows(of: world)
        for (key, value) in rows { #expect(isClean(value), "row \(key)") }
        let tables = Set(rows.map(\.0.table))
        for table in [RowTable.session, .agent, .project, .outbox, .link, .pool, .deskBook] {
            #expect(tables.contains(table.rawValue), "\(table)")
        }
    }

    @Test func `A base has completed sessions for as long as they can be opened again`() throws {
        var world = World.newest
        let agent = world.agent("ana")
        let project = world.project([agent]) { $0.reopenMilliseconds = 5 * 86_400_000 }
        world.show(agent)
        let session = world.write(project, user: 1)
        world.done(.complete(session, by: agent, version: world.version(session)))
        func isKept() throws -> Bool {
            try Tape.rows(of: world).contains { $0.0.table == RowTable.session.rawValue }
        }
        world.time = world.time.adding(milliseconds: 5 * 86_400_000)
        #expect(try isKept())
        world.time = world.time.adding(milliseconds: 1)
        #expect(try !isKept())
        world.change(project) { $0.reopenMilliseconds = 0 }
        world.time = world.time.adding(milliseconds: -3 * 86_400_000 - 1)
        #expect(try isKept())
        world.time = world.time.adding(milliseconds: 1)
        #expect(try !isKept())
    }
}

/// A project whose customers come and whose agents answer at seconds from its beginning.
private struct Story {
    private var world = World.newest
    private var log: [(LogTime, Command)] = []
    private let before: World
    private let start: LogTime
    let project: ProjectID
    private(set) var sessions: [SessionID] = []
    /// When the leases were renewed last.
    private var renewed = 0

    init(agents: Int, _ change: (inout ProjectSettings) -> Void = { _ in }) throws {
        var all: [AgentID] = []
        for number in 0..<agents { all.append(world.agent(Text("agent\(number)"))) }
        project = world.project(all, change)
        world.show(all)
        before = world
        start = world.time
    }

    var members: [Member] { world.state.project(project)!.members }

    /// Pages stay open all the time.
    private mutating func commit(_ command: Command, at seconds: Int) -> Outcome {
        while renewed + 20 <= seconds {
            renewed += 20
            _ = tell(
                .renewLeases(
                    node: 1, incarnation: 11,
                    members.map {
                        Lease(
                            connection: UInt64($0.agent.rawValue), agent: $0.agent,
                            isVisible: true)
                    }), at: renewed)
        }
        return tell(command, at: seconds)
    }

    private mutating func tell(_ command: Command, at seconds: Int) -> Outcome {
        world.time = start.adding(milliseconds: Int64(seconds) * 1000)
        log.append((world.time, command))
        return world.apply(command)
    }

    mutating func comes(_ user: Int64, at seconds: Int) {
        let update = InboundUpdate(
            project: project, updateID: 100 + user, content: .message(world.message(user)))
        guard case .done(let id) = commit(.update(update), at: seconds) else {
            Issue.record("no session")
            return
        }
        sessions.append(SessionID(id))
    }

    mutating func answers(_ place: Int, at seconds: Int) {
        let session = sessions[place]
        let outcome = commit(
            .reply(session, by: world.owner(session)!, text: "yes"), at: seconds)
        if !outcome.isDone { Issue.record("\(outcome)") }
    }

    mutating func ends(_ place: Int, at seconds: Int) {
        let session = sessions[place]
        let outcome = commit(
            .complete(session, by: world.owner(session)!, version: world.version(session)),
            at: seconds)
        if !outcome.isDone { Issue.record("\(outcome)") }
    }

    func tape() throws -> Tape {
        var tape = try Tape(after: before)
        for (place, (time, command)) in log.enumerated() {
            tape.entries.append(
                JournalEntry(
                    index: before.index + Int64(place) + 1, time: time,
                    command: command.forJournal))
        }
        return tape
    }
}
