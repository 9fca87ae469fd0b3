import Testing
import Wire

@testable import Routing

/// The audit log: every change of the configuration leaves one line, and no secret is in any.
@Suite struct AuditTests {
    private static let secrets: [Text] = [
        "password-hash-of-ana", "another-password-hash", "sealed-token-one", "sealed-token-two",
        "sealed-secret-one", "hash-of-the-api-token-32-bytes-x", "sealed-hook-secret-one",
        "sealed-hook-secret-two",
    ]

    /// What one kind of command does, and which line it leaves.
    struct Kind: Sendable, CustomTestStringConvertible {
        var act: AuditLine.Act
        var tag: CommandTag
        /// Fields that must be named in the line.
        var fields: [Text]
        var command: @Sendable (Office) -> Command
        var testDescription: String { "\(tag)" }
    }

    /// Something of each sort to change.
    struct Office {
        var world = World.newest
        var chief: AgentID
        var ana: AgentID
        var project: ProjectID
        var pool: PoolID
        var link: LinkID
        var token: APITokenID
        var hook: HookID

        init() {
            chief = AgentID(
                world.done(.bootstrap(login: "chief", name: "Chief", passwordHash: "x")))
            ana = AgentID(
                world.done(
                    .createAgent(
                        by: chief, login: "ana", name: "Ana", passwordHash: secrets[0],
                        isAdmin: false)))
            project = ProjectID(world.done(.createProject(by: chief, Self.settings)))
            world.done(
                .setMembers(project, by: chief, [Member(agent: ana, permissions: .all)]))
            pool = world.pool(project, "Billing", MemberRule(agents: [ana]))
            link = world.link(project, "ad_1")
            token = APITokenID(
                world.done(
                    .createToken(
                        by: chief, name: "CRM", for: ana, tokenHash: secrets[5].utf8,
                        scopes: .all)))
            hook = HookID(
                world.done(
                    .createHook(
                        by: nil, project, HookSettings(url: "https://a.example", events: .all),
                        sealedSecret: secrets[6].utf8)))
            world.show(ana)
            world.write(project, user: 5)
        }

        static var settings: ProjectSettings {
            ProjectSettings(
                name: "Help", botUsername: "help_bot", sealedToken: secrets[2].utf8,
                sealedSecret: secrets[4].utf8)
        }

        static var changed: ProjectSettings {
            var settings = settings
            settings.mode = .onlineFirst
            settings.sealedToken = secrets[3].utf8
            return settings
        }

        static var another: ProjectSettings {
            var settings = changed
            settings.botUsername = "another_bot"
            return settings
        }

        static var named: AgentChange {
            var change = AgentChange()
            change.name = "Ana B."
            change.passwordHash = secrets[1]
            return change
        }

        static func link(_ code: Text, _ project: ProjectID) -> LinkSettings {
            LinkSettings(code: code, name: "Poster", project: project)
        }
    }

    static let kinds: [Kind] = [
        Kind(act: .createdAgent, tag: .createAgent, fields: ["login", "password"]) {
            .createAgent(
                by: $0.chief, login: "wei", name: "Wei", passwordHash: secrets[1], isAdmin: false)
        },
        Kind(act: .changedAgent, tag: .updateAgent, fields: ["name", "password"]) {
            .updateAgent($0.ana, by: $0.chief, Office.named)
        },
        Kind(act: .forcedOffline, tag: .forceOffline, fields: ["signIns"]) {
            .forceOffline($0.ana, by: $0.chief)
        },
        Kind(act: .createdProject, tag: .createProject, fields: ["name", "token"]) {
            .createProject(by: $0.chief, Office.another)
        },
        Kind(act: .changedProject, tag: .updateProject, fields: ["mode", "token"]) {
            .updateProject($0.project, by: $0.chief, Office.changed)
        },
        Kind(act: .changedMembers, tag: .setMembers, fields: ["members"]) {
            .setMembers(
                $0.project, by: $0.chief, [Member(agent: $0.chief, permissions: .reply)])
        },
        Kind(act: .changedMembers, tag: .setMembersHandingOver, fields: ["members"]) {
            .setMembers(
                $0.project, by: $0.chief, [Member(agent: $0.chief, permissions: .reply)],
                handOver: $0.chief)
        },
        Kind(act: .changedDesk, tag: .setDeskBook, fields: ["tags", "welcome", "cannedReply hi"]) {
            .setDeskBook($0.project, by: $0.chief, Samples.book)
        },
        Kind(act: .changedModeration, tag: .setModeration, fields: ["rule casino"]) {
            .setModeration(
                $0.project, by: $0.chief, [ModerationRule("casino", .word, .both, .flag)])
        },
        Kind(act: .erasedCustomer, tag: .eraseCustomer, fields: ["customer"]) {
            .eraseCustomer(TelegramID(5), of: $0.project, by: $0.chief)
        },
        Kind(act: .changedWebhook, tag: .pointWebhook, fields: ["webhook"]) {
            .pointWebhook(
                $0.project,
                WebhookPoint(
                    url: "https://a.example", node: 1, gone: nil, by: $0.chief, isConfirmed: true))
        },
        Kind(act: .createdPool, tag: .createPool, fields: ["name", "only"]) {
            .createPool(
                by: $0.chief, $0.project,
                PoolSettings(name: "More", only: MemberRule(agents: [$0.ana])))
        },
        Kind(act: .changedPool, tag: .updatePool, fields: ["name"]) {
            .updatePool(
                $0.pool, by: $0.chief,
                PoolSettings(name: "Bills", only: MemberRule(agents: [$0.ana])))
        },
        Kind(act: .removedPool, tag: .removePool, fields: ["name"]) {
            .removePool($0.pool, by: $0.chief)
        },
        Kind(act: .createdLink, tag: .createLink, fields: ["code"]) {
            .createLink(by: $0.chief, Office.link("ad_2", $0.project))
        },
        Kind(act: .changedLink, tag: .updateLink, fields: ["code", "name"]) {
            .updateLink($0.link, by: $0.chief, Office.link("ad_2", $0.project))
        },
        Kind(act: .createdLink, tag: .makeLink, fields: ["code", "addresses"]) {
            .makeLink(
                by: $0.chief, Office.link("ad_2", $0.project), LinkTerms(addresses: .dropped))
        },
        Kind(act: .changedLink, tag: .editLink, fields: ["addresses"]) {
            .editLink(
                $0.link, by: $0.chief, version: nil, Office.link("ad_1", $0.project),
                LinkTerms(addresses: .dropped))
        },
        Kind(act: .createdToken, tag: .createToken, fields: ["name", "scopes", "token"]) {
            .createToken(
                by: $0.chief, name: "Till", for: $0.ana,
                tokenHash: Array(secrets[5].utf8.reversed()), scopes: .read)
        },
        Kind(act: .revokedToken, tag: .revokeToken, fields: ["name", "token"]) {
            .revokeToken($0.token, by: $0.chief)
        },
        Kind(act: .createdHook, tag: .createHook, fields: ["url", "events", "secret"]) {
            .createHook(
                by: $0.chief, $0.project,
                HookSettings(url: "https://b.example", events: .completed),
                sealedSecret: secrets[7].utf8)
        },
        Kind(act: .changedHook, tag: .updateHook, fields: ["events", "enabled", "secret"]) {
            .updateHook(
                $0.hook, by: $0.chief,
                HookSettings(url: "https://a.example", events: .clicked, isEnabled: false),
                sealedSecret: secrets[7].utf8)
        },
        Kind(act: .removedHook, tag: .removeHook, fields: ["url", "secret"]) {
            .removeHook($0.hook, by: $0.chief)
        },
    ]

    private func lines(_ applied: Applied) -> [AuditLine] {
        applied.rows.compactMap { row in
            row.table == .audit ? row.value.map { try! AuditLine(value: $0) } : nil
        }
    }

    @Test(arguments: kinds)
    func `Every change of the configuration leaves exactly one line`(kind: Kind) throws {
        var office = Office()
        let command = kind.command(office)
        office.world.done(command)
        let found = lines(office.world.applied)
        try #require(found.count == 1)
        #expect(found[0].act == kind.act)
        #expect(found[0].actor == office.chief && found[0].token == nil)
        #expect(found[0].at == office.world.time)
        let fields = Set(found[0].changes.map(\.field))
        #expect(fields.isSuperset(of: kind.fields))
        #expect(try office.world.rebuilt() == office.world.state)
        // Done again, it is refused or changes nothing more than what names a new thing.
        if case .done = office.world.apply(.through(office.token, command)) {
            for line in lines(office.world.applied) { #expect(line.token == office.token) }
        }
    }

    @Test func `Every kind of command is in the table, or is no configuration`() {
        let others: Set<CommandTag> = [
            .advance, .signIn, .signOut, .update, .clicks, .clicksWithFingerprints, .renewLeases,
            .closeConnections, .setAway, .reply, .claim, .transfer, .giveBack, .takeOver, .bar,
            .resolveHours, .complete, .reopen, .beginEpoch, .startSending, .finishSending, .resend,
            .addNote, .addRemark, .setTags, .tellURL, .moderatedReply, .refuseReply,
            .pingHook, .passOverDelivery, .finishDeliveries, .moveSignIn, .eraseSession,
            .finishErasure, .forgetClicks, .tellErased, .formattedReply, .revise, .reviseQueued,
            .answer, .replyWithFile, .forgetFiles, .barSeen, .renewHiddenLeases,
        ]
        // What has no account behind it, and what only carries another, has tests of its own.
        let apart: Set<CommandTag> = [.bootstrap, .raiseLevel, .through, .ifUnchanged]
        let inTable = Set(Self.kinds.map(\.tag))
        #expect(others.isDisjoint(with: inTable))
        #expect(others.union(apart).union(inTable) == Set(CommandTag.allCases))
        for command in Samples.commands {
            var writer = ByteWriter()
            command.encode(into: &writer)
            let tag = CommandTag(rawValue: writer.bytes[0])!
            #expect((command.audited == nil) == others.contains(tag), "\(tag)")
        }
        #expect(Set(Self.kinds.map(\.act)).union([.raisedLevel]) == Set(AuditLine.Act.allCases))
    }

    @Test func `The first administrator and the level have no account behind them`() {
        var world = World.newest
        world.done(.bootstrap(login: "chief", name: "Chief", passwordHash: "x"))
        #expect(lines(world.applied).map(\.act) == [.createdAgent])
        #expect(lines(world.applied)[0].actor == nil)
        var early = World()
        early.done(.bootstrap(login: "chief", name: "Chief", passwordHash: "x"))
        early.done(.raiseLevel(to: .second))
        #expect(lines(early.applied).isEmpty, "the log begins with the second level")
    }

    @Test func `A line says by which token it was done`() {
        var office = Office()
        office.world.done(
            .through(
                office.token, .updateProject(office.project, by: office.ana, Office.changed)))
        let line = lines(office.world.applied)[0]
        #expect(line.token == office.token && line.actor == office.ana)
        #expect(line.project == office.project)
    }

    @Test func `What is refused, and what changes nothing, leaves no line`() {
        var office = Office()
        let stranger = office.world.agent("wei")
        #expect(
            office.world.apply(.updateProject(office.project, by: stranger, Office.changed))
                == .refused(.forbidden))
        #expect(lines(office.world.applied).isEmpty)
        office.world.done(.updateProject(office.project, by: office.chief, Office.settings))
        #expect(lines(office.world.applied).isEmpty)
    }

    @Test func `Before and after are told, in the words of the settings`() {
        var office = Office()
        office.world.done(.updateProject(office.project, by: office.chief, Office.changed))
        let changes = lines(office.world.applied)[0].changes
        #expect(
            changes == [
                .init(field: "token", before: "", after: "", isSecret: true),
                .init(
                    field: "mode", before: "roundRobin", after: "onlineFirst", isSecret: false),
            ])
    }

    @Test func `No secret is in any line`() throws {
        var rows: [[UInt8]] = []
        for kind in Self.kinds {
            var office = Office()
            office.world.done(kind.command(office))
            for (key, row) in office.world.rows where key.table == RowTable.audit.rawValue {
                rows.append(row)
            }
        }
        #expect(rows.count > 100)
        for secret in Self.secrets {
            let bytes = secret.utf8
            let isThere = rows.contains { row in
                row.indices.contains { row[$0...].starts(with: bytes) }
            }
            #expect(!isThere, "\(secret)")
        }
    }

    @Test func `Long values and many fields are cut, and the rest is counted`() {
        var office = Office()
        var book = DeskBook()
        book.welcome = Text(String(repeating: "ä", count: 300))
        book.canned = (0..<80).map { CannedReply(name: Text("r\($0)"), text: "x") }
        office.world.done(.setDeskBook(office.project, by: office.chief, book))
        let line = lines(office.world.applied)[0]
        #expect(line.changes.count == AuditLine.Limits.changes)
        #expect(line.more == 81 - UInt32(AuditLine.Limits.changes))
        var short = DeskBook()
        short.welcome = book.welcome
        office.world.done(.setDeskBook(office.project, by: office.chief, short))
        office.world.done(.setDeskBook(office.project, by: office.chief, DeskBook()))
        let welcome = lines(office.world.applied)[0].changes[0]
        #expect(welcome.before.utf8.count == AuditLine.Limits.value)
    }

    @Test func `Lines go after 400 days, and when there are too many`() {
        var trail = AuditTrail()
        let day: Int64 = 86_400_000
        func mark(_ index: Int64, day number: Int64 = 0) -> AuditTrail.Mark {
            AuditTrail.Mark(index: index, at: LogTime(milliseconds: number * day))
        }
        for index in 1...Int64(AuditTrail.limit) { #expect(trail.add(mark(index)).isEmpty) }
        #expect(trail.add(mark(30_000)) == [1], "one too many")
        #expect(trail.add(mark(30_001, day: 400)) == [2], "not older than 400 days")
        #expect(trail.add(mark(30_002, day: 401)) == [3, 4], "older, and a bounded number at once")
        #expect(trail.marks.count == AuditTrail.limit - 1)
    }

    @Test func `A line that goes takes its row with it`() {
        var office = Office()
        let first = office.world.rows.keys.filter { $0.table == RowTable.audit.rawValue }.sorted()
        office.world.time = office.world.time.adding(milliseconds: AuditTrail.milliseconds + 1)
        office.world.done(.updateProject(office.project, by: office.chief, Office.changed))
        #expect(first.count > AuditTrail.dropsPerLine)
        for (place, key) in first.enumerated() {
            #expect((office.world.rows[key] == nil) == (place < AuditTrail.dropsPerLine))
        }
    }

    @Test func `Lines are found newest first, by actor and by what one may see`() {
        let office = Office()
        let all = office.world.state.auditLines(before: nil, actor: nil, limit: 100) { _ in true }
        #expect(all == all.sorted(by: >) && all.count > 5)
        let page = office.world.state.auditLines(before: all[1], actor: nil, limit: 2) { _ in true }
        #expect(page == Array(all[2..<4]))
        let mine = office.world.state.auditLines(before: nil, actor: office.chief, limit: 100) {
            $0 == office.project
        }
        #expect(mine.count == 2, "the project and its members; pool and link have no actor here")
        let others = office.world.state.auditLines(before: nil, actor: office.ana, limit: 9) { _ in
            true
        }
        #expect(others.isEmpty)
    }

    @Test func `The routing journal keeps what a token's holder did as any other's`() {
        let office = Office()
        let command = Command.updateProject(office.project, by: office.ana, Office.changed)
        #expect(Command.through(office.token, command).forJournal == command.forJournal)
    }

    @Test func `Only configuration goes through a token, and only once`() {
        let nested = Command.through(APITokenID(1), .revokeToken(APITokenID(3), by: nil))
        for inner: Command in [.advance, .raiseLevel(to: .second), nested] {
            #expect(inner.given(by: APITokenID(2)) == inner)
            var writer = ByteWriter()
            Command.through(APITokenID(2), inner).encode(into: &writer)
            #expect(throws: WireError.self) {
                var reader = ByteReader(writer.bytes)
                _ = try Command.decode(&reader)
            }
        }
    }
}
