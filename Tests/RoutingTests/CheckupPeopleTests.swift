import Testing
import Wire

@testable import Routing

/// The checks of a project that are about what its agents do, and what could not be delivered.
@Suite struct CheckupPeopleTests {
    @Test func `Stale pages`() {
        var office = Office()
        office.expect(.stalePages, .ok, .agent(.pagesCurrent(2)))
        let session = office.world.write(office.project, user: 1)
        let ana = office.agents[0]
        #expect(office.world.owner(session) == ana)
        let (given, shown) = (office.world.index, UInt64(office.world.index - 1))
        let since = office.world.time
        func minutePasses(by milliseconds: Int64) {
            office.world.time = since.adding(milliseconds: milliseconds)
            office.page(ana, shown: shown)
            office.page(office.agents[1])
        }
        minutePasses(by: 30_000)
        minutePasses(by: 59_999)
        office.expect(.stalePages, .ok, .agent(.pagesCurrent(2)))
        minutePasses(by: 60_000)
        office.expect(
            .stalePages, .warning,
            .agent(.stalePage(ana, since: since, shown: shown, given: given)),
            .agent(.pagesCurrent(1)))
        office.page(ana, shown: UInt64(given))
        office.expect(.stalePages, .ok, .agent(.pagesCurrent(2)))
    }

    @Test func `Blocked notifications`() {
        var office = Office()
        let (ana, wei) = (office.agents[0], office.agents[1])
        office.expect(.notifications, .ok, .agent(.mayNotify(2)))
        office.page(wei, mayNotify: false)
        office.expect(
            .notifications, .warning, .agent(.notificationsBlocked(wei, pages: 1)),
            .agent(.mayNotify(1)))
        // Who only watches is told of nothing.
        office.members { $0[1].permissions = .view }
        office.expect(.notifications, .ok, .agent(.mayNotify(1)))
        office.world.hide(ana)
        office.expect(.notifications, .unknown, .agent(.noPageOpen))
    }

    @Test func `Completed sessions with later messages: of a barred customer`() {
        var office = Office()
        let ana = office.agents[0]
        let session = office.world.write(office.project, user: 1)
        office.world.done(.complete(session, by: ana, version: office.world.version(session)))
        office.expect(.completed, .ok, .session(.quiet(1)))
        office.members { $0[0].permissions = .all }
        office.world.done(.bar(TelegramID(1), of: office.project, by: ana, true))
        office.world.pass(milliseconds: 1000)
        office.expect(.completed, .ok, .session(.quiet(1)))
        office.world.write(office.project, user: 1)
        office.expect(
            .completed, .warning, .session(.writtenAfter(session, at: office.world.time)))
    }

    @Test func `Completed sessions with later messages: open again, and nobody has it`() {
        var office = Office()
        let session = office.world.write(office.project, user: 1)
        office.world.done(
            .complete(session, by: office.agents[0], version: office.world.version(session)))
        for agent in office.agents { office.world.hide(agent) }
        office.world.write(office.project, user: 2)
        office.expect(.completed, .ok, .session(.quiet(1)))
        office.world.write(office.project, user: 1)
        office.expect(
            .completed, .warning, .session(.waitsAgain(session, since: office.world.time)))
        office.show()
        office.expect(.completed, .ok, .session(.quiet(0)))
    }

    @Test func `Accounts without sign-in for 7 days`() {
        var office = Office()
        let (ana, wei) = (office.agents[0], office.agents[1])
        let lena = office.world.agent("lena")
        office.members { $0.append(Member(agent: lena, permissions: .reply)) }
        office.expect(
            .signIns, .warning, .agent(.neverSignedIn(lena)), .agent(.active(2)))
        office.members { $0.removeLast() }
        office.world.hide(ana)
        let since = office.world.time
        func weekPasses(but milliseconds: Int64) {
            let end = since.adding(milliseconds: Checkup.inactiveMilliseconds - milliseconds)
            while office.world.time < end {
                let step = end.milliseconds - office.world.time.milliseconds
                office.world.pass(milliseconds: min(step, 20_000_000))
                office.world.signIn(wei)
                office.page(wei)
            }
        }
        weekPasses(but: 1)
        office.expect(.signIns, .ok, .agent(.active(2)))
        weekPasses(but: 0)
        office.expect(
            .signIns, .warning, .agent(.inactive(ana, since: since)), .agent(.active(1)))
        office.world.show(ana)
        office.expect(.signIns, .ok, .agent(.active(2)))
        // Who can't sign in is not asked to.
        var change = AgentChange()
        change.isActive = false
        office.world.done(.updateAgent(ana, by: nil, change))
        office.expect(.signIns, .ok, .agent(.active(1)))
    }

    @Test func `Deliveries that failed or may have arrived`() throws {
        var office = Office()
        office.world.done(.beginEpoch(1))
        let sessions = [1, 2].map { office.world.write(office.project, user: $0) }
        func send(_ place: Int, _ result: DeliveryResult) {
            let id = OutboxID(
                office.world.done(
                    .reply(sessions[place], by: office.agents[place], text: "hi")))
            office.world.done(.startSending([id], epoch: 1))
            office.world.done(.finishSending(id, epoch: 1, result))
        }
        let blocked: Text = "Forbidden: bot was blocked by the user"
        send(0, .sent(messageID: 1))
        office.expect(.deliveries, .ok, .session(.delivered))
        for _ in 0..<2 { send(0, .failed(reason: blocked, unreachable: .blockedBot)) }
        send(1, .uncertain(reason: "no answer"))
        let found: [Checkup.Finding] = [
            .session(.failed(sessions[0], messages: 2, reason: blocked)),
            .session(.uncertain(sessions[1], messages: 1, reason: "no answer")),
        ]
        office.expect(.deliveries, .warning, found[0], found[1])
        #expect(try office.world.rebuilt() == office.world.state)
        let other = office.world.project([])
        let elsewhere = office.world.state.checkup(
            of: other, office.evidence, at: office.world.time)!
        #expect(elsewhere.deliveries.findings == [.session(.delivered)])
        let version = office.world.version(sessions[0])
        office.world.done(.complete(sessions[0], by: office.agents[0], version: version))
        office.expect(.deliveries, .warning, found[1])
    }

    @Test func `Twenty findings are told, and how many more there are`() {
        var office = Office()
        func add(_ links: ClosedRange<Int>) -> [LinkID] {
            links.map { number in
                office.world.link(office.project, Text("link\(number)")) { $0.isEnabled = false }
            }
        }
        let twenty = add(1...20)
        func links() -> [Checkup.Finding] { office.checkup.ten[2].findings }
        #expect(links() == twenty.map { .link(.off($0)) })
        _ = add(21...22)
        #expect(links() == twenty.map { .link(.off($0)) } + [.more(2, .warning)])
        #expect(office.checkup.ten[2].verdict == .warning)
    }
}
