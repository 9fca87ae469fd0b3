import Testing
import Wire

@testable import Routing

/// Hooks: which events wait for them, what becomes of these, and what bounds both.
@Suite struct HookTests {
    private static let settings = HookSettings(url: "https://crm.example/h", events: .all)

    /// A project with an agent who is there, and a hook.
    struct House {
        var world = World.newest
        let ana: AgentID
        let project: ProjectID
        let hook: HookID

        init(_ settings: HookSettings = HookTests.settings) {
            ana = world.agent("ana")
            project = world.project([ana])
            world.show(ana)
            hook = HookID(
                world.done(.createHook(by: nil, project, settings, sealedSecret: [1])))
        }

        var waiting: [HookDelivery] {
            world.state.deliveries(to: hook, after: 0, limit: .max)
        }

        func state(of id: HookID? = nil) -> Hook { world.state.hook(id ?? hook)! }

        /// What became of the oldest delivery.
        mutating func finish(_ result: HookReport.Result, failures: UInt32? = nil) {
            world.done(
                .finishDeliveries([
                    HookReport(
                        hook: hook, sequence: waiting[0].sequence,
                        failures: failures ?? state().failures, result: result)
                ]))
        }

        mutating func click(
            _ link: LinkID, sequence: UInt64, flag: Click.Flag = .human
        ) {
            world.apply(
                .clicks([
                    Click(
                        key: ClickKey(epoch: 5, sequence: sequence), link: link, at: world.time,
                        node: 1, flag: flag)
                ]))
        }

        mutating func ping(_ count: Int) {
            for _ in 0..<count { world.done(.pingHook(hook, by: nil)) }
        }
    }

    // MARK: Events

    @Test func `An assignment and an end wait in their order, with what they made`() throws {
        var house = House()
        let session = house.world.write(house.project, user: 1)
        #expect(house.world.applied.events.contains(.hookChanged(house.hook)))
        house.world.done(
            .complete(session, by: house.ana, version: house.world.version(session)))
        let version = house.world.version(session)
        #expect(
            house.waiting.map(\.what) == [
                .assigned(session, to: house.ana, version: version - 1),
                .completed(session, lastOwner: house.ana, version: version),
            ])
        #expect(house.waiting[0].sequence < house.waiting[1].sequence)
        #expect(house.waiting[0].at == house.world.time)
        #expect(try house.world.rebuilt() == house.world.state)
        house.world.state.checkInvariants()
    }

    @Test func `Every way to get a session is told: claims, transfers, reopening`() {
        var house = House()
        let wei = house.world.agent("wei")
        house.world.done(
            .setMembers(
                house.project, by: nil,
                [house.ana, wei].map { Member(agent: $0, permissions: [.reply, .transfer]) }))
        let session = house.world.write(house.project, user: 1)
        house.world.signIn(wei)
        house.world.done(
            .transfer(
                session, by: house.ana, to: wei, version: house.world.version(session),
                remark: "", confirmed: true))
        house.world.done(
            .giveBack(session, by: wei, version: house.world.version(session)))
        house.world.done(
            .complete(session, by: house.ana, version: house.world.version(session)))
        house.world.done(
            .reopen(session, by: house.ana, version: house.world.version(session)))
        let owners = house.waiting.compactMap { delivery in
            if case .assigned(_, let agent, _) = delivery.what { agent } else { nil }
        }
        #expect(owners == [house.ana, wei, house.ana, house.ana])
    }

    @Test func `People's clicks on the project's links are told once, machines' never`() {
        var house = House()
        let other = house.world.project([house.ana])
        let link = house.world.link(house.project, "ad")
        let elsewhere = house.world.link(other, "other")
        house.click(link, sequence: 1)
        house.click(link, sequence: 1)
        house.click(link, sequence: 2, flag: .bot)
        house.click(elsewhere, sequence: 3)
        #expect(
            house.waiting.map(\.what) == [
                .clicked(
                    link, ClickKey(epoch: 5, sequence: 1), at: house.world.time)
            ])
    }

    @Test func `A hook is told of its events alone, and one that is off of nothing`() {
        var house = House(HookSettings(url: "https://crm.example/h", events: .completed))
        let session = house.world.write(house.project, user: 1)
        #expect(house.waiting.isEmpty)
        house.world.done(
            .updateHook(
                house.hook, by: nil,
                HookSettings(url: "https://crm.example/h", events: .all, isEnabled: false),
                sealedSecret: []))
        house.world.done(
            .complete(session, by: house.ana, version: house.world.version(session)))
        #expect(house.waiting.isEmpty)
        #expect(house.world.apply(.pingHook(house.hook, by: nil)) == .refused(.wrongState))
    }

    @Test func `A project without hooks writes no row and tells no sender`() {
        var world = World.newest
        let ana = world.agent("ana")
        let project = world.project([ana])
        world.show(ana)
        world.write(project, user: 1)
        #expect(!world.applied.rows.contains { $0.table == .hookDelivery || $0.table == .hook })
        #expect(world.state.waitingHooks.isEmpty)
    }

    @Test func `Deliveries of one entry have numbers of their own`() {
        var house = House()
        let second = HookID(
            house.world.done(
                .createHook(by: nil, house.project, Self.settings, sealedSecret: [2])))
        let link = house.world.link(house.project, "ad")
        let clicks = (1...3).map {
            Click(
                key: ClickKey(epoch: 5, sequence: $0), link: link, at: house.world.time, node: 1,
                flag: .human)
        }
        house.world.done(.clicks(clicks))
        let numbers = [house.hook, second].flatMap {
            house.world.state.deliveries(to: $0, after: 0, limit: .max).map(\.sequence)
        }
        #expect(numbers.count == 6 && Set(numbers).count == 6)
        #expect(
            numbers.allSatisfy { $0 / HookDelivery.perEntry == house.world.index })
        #expect(house.world.applied.events.filter { $0 == .hookChanged(second) }.count == 1)
    }

    @Test func `An entry with more deliveries than it has numbers drops the last of them`() {
        var house = House()
        for secret in 2...Hook.Limits.perProject {
            house.world.done(
                .createHook(
                    by: nil, house.project, Self.settings, sealedSecret: [UInt8(secret)]))
        }
        let link = house.world.link(house.project, "ad")
        let most = UInt64(HookDelivery.perEntry) / UInt64(Hook.Limits.perProject)
        let clicks = (1...most + 1).map {
            Click(
                key: ClickKey(epoch: 5, sequence: $0), link: link, at: house.world.time, node: 1,
                flag: .human)
        }
        house.world.done(.clicks(clicks))
        let hooks = house.world.state.hooks(of: house.project)
        #expect(hooks.count == Hook.Limits.perProject && hooks.allSatisfy { $0.dropped == 1 })
        #expect(
            hooks.allSatisfy { house.world.state.waitingCount(for: $0.id) == Int(most) })
        house.world.state.checkInvariants()
        // The next entry has numbers of its own again.
        house.ping(1)
        #expect(house.waiting.count == Int(most) + 1)
    }

    // MARK: Results

    @Test func `What was taken is gone, and counted`() throws {
        var house = House()
        house.ping(2)
        house.finish(.delivered)
        #expect(house.waiting.count == 1)
        #expect(house.state().delivered == 1 && house.state().lastDelivered == house.world.time)
        house.finish(.delivered)
        #expect(house.world.state.waitingHooks.isEmpty)
        #expect(house.world.rows.keys.filter { $0.table == RowTable.hookDelivery.rawValue } == [])
        #expect(try house.world.rebuilt() == house.world.state)
    }

    @Test func `Pauses grow from five seconds to an hour, and end with what is taken`() {
        var house = House()
        house.ping(1)
        for pause in [5_000, 30_000, 120_000, 600_000, 3_600_000, 3_600_000] as [Int64] {
            house.finish(.failed(reason: "the receiver answered 500"))
            let next = house.state().notBefore
            #expect(next == house.world.time.adding(milliseconds: pause))
            house.world.time = next!
        }
        #expect(house.state().failures == 6 && house.waiting.count == 1)
        #expect(house.state().lastError == "the receiver answered 500")
        house.finish(.delivered)
        #expect(house.state().failures == 0 && house.state().notBefore == nil)
        #expect(house.state().lastError == "the receiver answered 500", "it is told still")
    }

    @Test func `After 24 hours what fails is given up, with what is as old`() throws {
        var house = House()
        house.ping(2)
        house.world.time = house.world.time.adding(milliseconds: Hook.Limits.patience - 1)
        house.ping(1)
        house.finish(.failed(reason: "down"))
        #expect(house.waiting.count == 3, "not yet")
        house.world.time = house.world.time.adding(milliseconds: 1)
        house.finish(.failed(reason: "down"))
        #expect(house.waiting.count == 1 && house.state().givenUp == 2)
        #expect(try house.world.rebuilt() == house.world.state)
    }

    @Test func `A report that comes again, or too late, changes nothing`() {
        var house = House()
        house.ping(1)
        let (hook, sequence) = (house.hook, house.waiting[0].sequence)
        func report(_ failures: UInt32, _ result: HookReport.Result) -> Command {
            .finishDeliveries([
                HookReport(hook: hook, sequence: sequence, failures: failures, result: result)
            ])
        }
        #expect(house.world.apply(report(0, .failed(reason: "x"))) == .done(id: 1))
        let once = house.world.state
        #expect(house.world.apply(report(0, .failed(reason: "x"))) == .done(id: 0))
        #expect(house.world.state == once)
        // A leader that did not know of the failure, and was answered well, is right all the same.
        #expect(house.world.apply(report(0, .delivered)) == .done(id: 1))
        #expect(house.world.apply(report(0, .delivered)) == .done(id: 0))
        #expect(house.world.apply(report(.max, .gone(reason: "x"))) == .done(id: 0))
        let stranger = HookReport(
            hook: HookID(9999), sequence: .min, failures: 0, result: .delivered)
        #expect(house.world.apply(.finishDeliveries([stranger])) == .done(id: 0))
        #expect(house.state().delivered == 1 && house.state().isOn)
    }

    @Test func `A new leader finds everything that no report spoke of`() throws {
        var house = House()
        house.ping(3)
        house.finish(.delivered)
        house.world.done(.beginEpoch(2))
        let twin = try house.world.rebuilt()
        #expect(twin.waitingHooks == [house.hook])
        #expect(twin.deliveries(to: house.hook, after: 0, limit: 9) == house.waiting)
        #expect(house.waiting.count == 2)
    }

    @Test func `Who answers 410 is asked no more until a manager says so`() {
        var house = House()
        house.ping(2)
        house.finish(.gone(reason: "the receiver answered 410"))
        #expect(!house.state().isOn && house.waiting.count == 2)
        house.world.write(house.project, user: 1)
        #expect(house.waiting.count == 2, "a hook that is off is told of nothing")
        house.world.done(.updateHook(house.hook, by: nil, Self.settings, sealedSecret: []))
        #expect(house.state().isOn && house.state().notBefore == nil)
        #expect(house.state().failures == 0 && house.waiting.count == 2)
    }

    // MARK: Bounds and managers

    @Test func `Beyond the bound the oldest make way, and are counted`() throws {
        var house = House()
        house.ping(Hook.Limits.pending)
        let oldest = house.waiting[0].sequence
        #expect(house.state().dropped == 0)
        house.ping(2)
        #expect(house.waiting.count == Hook.Limits.pending && house.state().dropped == 2)
        #expect(house.waiting[0].sequence > oldest)
        #expect(try house.world.rebuilt() == house.world.state)
        house.world.state.checkInvariants()
    }

    @Test func `A project has eight hooks at most, and what is wrong is refused by name`() {
        var house = House()
        let project = house.project
        func create(_ settings: HookSettings, secret: [UInt8] = [1]) -> Command {
            .createHook(by: nil, project, settings, sealedSecret: secret)
        }
        let long = Text("https://" + String(repeating: "u", count: Hook.Limits.url))
        for (url, events, why) in [
            ("ftp://a.example", .all, "url"), (long, .all, "url"),
            ("https://a.example", [], "events"),
            ("https://a.example", HookEvents(rawValue: 8), "events"),
        ] as [(Text, HookEvents, Text)] {
            let command = create(HookSettings(url: url, events: events))
            #expect(house.world.apply(command) == .refused(.invalid(why)))
        }
        let bare = create(Self.settings, secret: [])
        #expect(house.world.apply(bare) == .refused(.invalid("secret")))
        for _ in 2...Hook.Limits.perProject { house.world.done(create(Self.settings)) }
        let command = create(Self.settings)
        #expect(house.world.apply(command) == .refused(.invalid("the number of hooks")))
    }

    @Test func `Only managers touch hooks`() {
        var house = House()
        house.ping(1)
        let sequence = house.waiting[0].sequence
        let commands: [Command] = [
            .createHook(by: house.ana, house.project, Self.settings, sealedSecret: [1]),
            .updateHook(house.hook, by: house.ana, Self.settings, sealedSecret: []),
            .removeHook(house.hook, by: house.ana), .pingHook(house.hook, by: house.ana),
            .passOverDelivery(sequence, of: house.hook, by: house.ana),
        ]
        for command in commands { #expect(house.world.apply(command) == .refused(.forbidden)) }
        let gone = HookID(9999)
        #expect(house.world.apply(.removeHook(gone, by: nil)) == .refused(.notFound))
    }

    @Test func `A hook that is removed takes what waits for it along`() throws {
        var house = House()
        house.ping(3)
        house.world.done(.removeHook(house.hook, by: nil))
        #expect(house.world.state.hook(house.hook) == nil)
        #expect(house.world.state.hooks(of: house.project).isEmpty)
        let tables = [RowTable.hook, .hookDelivery].map(\.rawValue)
        #expect(!house.world.rows.keys.contains { tables.contains($0.table) })
        #expect(house.world.applied.events == [.hookChanged(house.hook)])
        house.world.write(house.project, user: 1)
        #expect(house.world.state.waitingHooks.isEmpty)
        #expect(try house.world.rebuilt() == house.world.state)
    }

    @Test func `A manager passes over what holds up the rest, which is tried at once`() {
        var house = House()
        house.ping(2)
        house.finish(.failed(reason: "400"))
        let first = house.waiting[0].sequence
        house.world.done(.passOverDelivery(first, of: house.hook, by: nil))
        #expect(house.waiting.count == 1 && house.state().notBefore == nil)
        #expect(house.state().givenUp == 1)
        let again = Command.passOverDelivery(first, of: house.hook, by: nil)
        #expect(house.world.apply(again) == .refused(.notFound))
    }

    @Test func `There are no hooks before the second level`() {
        var world = World()
        let project = world.project([])
        let command = Command.createHook(
            by: nil, project, Self.settings, sealedSecret: [1])
        #expect(world.apply(command) == .refused(.needsLevel(.second)))
    }

    // MARK: The queue

    @Test func `A queue finds, skips and takes out by number, however many are gone`() {
        var queue = HookQueue()
        func delivery(_ number: Int64) -> HookDelivery {
            HookDelivery(sequence: number * 10, at: LogTime(milliseconds: 0), what: .ping)
        }
        for number in 1...1000 as ClosedRange<Int64> { queue.append(delivery(number)) }
        for number in 1...600 as ClosedRange<Int64> {
            let (first, again) = (queue.remove(number * 10), queue.remove(number * 10))
            #expect(first && !again && !queue.contains(number * 10))
        }
        #expect(queue.count == 400 && queue.next(after: 0)?.sequence == 6010)
        #expect(queue.next(after: 6010)?.sequence == 6020)
        #expect(queue.next(after: 6015)?.sequence == 6020)
        #expect(queue.next(after: 10_000) == nil)
        #expect(queue.page(after: 6020, limit: 2).map(\.sequence) == [6030, 6040])
        let isTaken = queue.remove(9000)
        #expect(isTaken && queue.count == 399)
        var same = HookQueue()
        for item in queue.waiting { same.append(item) }
        #expect(same == queue)
    }
}

extension Hook {
    fileprivate var isOn: Bool { settings.isEnabled }
}
