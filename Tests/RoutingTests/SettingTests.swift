import Testing
import Wire

@testable import Routing

/// Versions of what is configured: a change that says which one it saw is done while it is that
/// one.
@Suite struct SettingTests {
    private struct Office {
        var world = World.newest
        var chief: AgentID
        var ana: AgentID
        var project: ProjectID
        var pool: PoolID
        var link: LinkID

        init() {
            chief = AgentID(
                world.done(.bootstrap(login: "chief", name: "Chief", passwordHash: "x")))
            ana = world.agent("ana")
            project = world.project([ana])
            pool = world.pool(project, "Billing", MemberRule(agents: [ana]))
            link = world.link(project, "ad_1")
        }

        /// One change of each sort.
        var changes: [Command] {
            let settings = world.state.project(project)!.settings
            var change = AgentChange()
            change.openLimit = 7
            return [
                .updateProject(project, by: chief, settings),
                .setMembers(project, by: chief, [Member(agent: ana, permissions: .all)]),
                .setDeskBook(project, by: chief, Samples.book),
                .setModeration(
                    project, by: chief, [ModerationRule("casino", .word, .both, .flag)]),
                .updateLink(link, by: chief, world.state.link(link)!.settings),
                .updateAgent(ana, by: chief, change),
                .updatePool(pool, by: chief, world.state.pool(pool)!.settings),
                .removePool(pool, by: chief),
            ]
        }

        func version(_ command: Command) -> UInt64 {
            world.state.version(of: command.setting!)!
        }
    }

    @Test func `A version is the log index of the last change, and of the creation before any`() {
        var office = Office()
        for command in office.changes.dropLast() {
            let setting = command.setting!
            if setting.kind == .pool || setting.kind == .link || setting.kind == .agent {
                #expect(office.version(command) == UInt64(setting.number))
            }
            office.world.done(command)
            #expect(office.version(command) == UInt64(office.world.index), "\(setting)")
        }
    }

    @Test func `A change under a condition is done while nothing has changed, and else refused`()
        throws
    {
        var office = Office()
        for command in office.changes {
            let seen = office.version(command)
            let stale = Command.ifUnchanged(since: seen + 1, command)
            #expect(
                office.world.apply(stale)
                    == .refused(.versionConflict(owner: nil, version: seen)))
            #expect(office.world.applied.rows.isEmpty, "\(command)")
            office.world.done(.ifUnchanged(since: seen, command))
            guard case .removePool = command else {
                #expect(
                    office.world.apply(.ifUnchanged(since: seen, command))
                        == .refused(.versionConflict(owner: nil, version: office.version(command))))
                continue
            }
            #expect(
                office.world.apply(.ifUnchanged(since: seen, command)) != .done(id: 0),
                "what is gone is not changed")
        }
        #expect(try office.world.rebuilt() == office.world.state)
    }

    @Test func `Of two who saw the same the first is served, and the second told who was first`() {
        var office = Office()
        let other = office.world.agent("wei", isAdmin: true)
        var settings = office.world.state.project(office.project)!.settings
        let setting = Setting(.project, of: office.project)
        let seen = office.world.state.version(of: setting)!
        settings.mode = .onlineFirst
        office.world.done(
            .ifUnchanged(since: seen, .updateProject(office.project, by: other, settings)))
        let index = UInt64(office.world.index)
        settings.seats = 3
        #expect(
            office.world.apply(
                .ifUnchanged(
                    since: seen, .updateProject(office.project, by: office.chief, settings)))
                == .refused(.versionConflict(owner: nil, version: index)))
        #expect(office.world.state.project(office.project)!.settings.seats == nil)
        let last = office.world.state.lastChange(of: setting)
        #expect(last?.by == other && last?.at == office.world.time)
    }

    @Test func `Members, desk and rules of a project have versions of their own`() {
        var office = Office()
        let settings = Setting(.project, of: office.project)
        let before = office.world.state.version(of: settings)
        for command in office.changes[1...3] { office.world.done(command) }
        #expect(office.world.state.version(of: settings) == before)
    }

    @Test func `What is refused changes no version`() {
        var office = Office()
        let stranger = office.world.agent("zoe")
        let command = Command.setDeskBook(office.project, by: stranger, Samples.book)
        let before = office.version(command)
        #expect(office.world.apply(command) == .refused(.forbidden))
        #expect(office.version(command) == before)
    }

    @Test func `The first level knows no versions`() {
        var world = World()
        let ana = world.agent("ana")
        #expect(world.state.version(of: Setting(.agent, of: ana)) == nil)
        var change = AgentChange()
        change.openLimit = 3
        let command = Command.ifUnchanged(since: 1, .updateAgent(ana, by: nil, change))
        #expect(world.apply(command) == .refused(.needsLevel(.second)))
        world.done(.updateAgent(ana, by: nil, change))
        #expect(!world.rows.keys.contains { $0.table == RowTable.settingVersion.rawValue })
        world.done(.raiseLevel(to: .second))
        #expect(world.state.version(of: Setting(.agent, of: ana)) == UInt64(ana.rawValue))
    }

    @Test func `A condition stands before a change of a setting alone, and only once`() {
        let change = Command.removePool(PoolID(3), by: nil)
        let token = APITokenID(1)
        let wrong: [Command] = [
            .advance,
            .createAgent(by: nil, login: "a", name: "A", passwordHash: "", isAdmin: false),
            .through(token, change), .ifUnchanged(since: 1, change),
        ]
        for inner in wrong {
            var writer = ByteWriter()
            Command.ifUnchanged(since: 2, inner).encode(into: &writer)
            #expect(throws: WireError.self) {
                var reader = ByteReader(writer.bytes)
                _ = try Command.decode(&reader)
            }
        }
        let given = Command.ifUnchanged(since: 1, change).given(by: token)
        #expect(given == .through(token, .ifUnchanged(since: 1, change)))
    }

    @Test func `The routing journal keeps conditions, and comes to the same versions`() {
        let office = Office()
        for command in office.changes {
            let kept = Command.ifUnchanged(since: 5, command).forJournal
            let isRule = command.setting!.kind == .moderation
            #expect(
                kept == (isRule ? .advance : .ifUnchanged(since: 5, command.forJournal)))
        }
    }
}
