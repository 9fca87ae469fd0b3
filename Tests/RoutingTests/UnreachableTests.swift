import Testing
import Wire

@testable import Routing

/// Customers whom Telegram delivers nothing to, and why.
@Suite struct UnreachableTests {
    private func desk() -> (World, ana: AgentID, SessionID) {
        var world = World.newest
        let ana = world.agent("ana")
        let project = world.project([ana])
        world.show(ana)
        world.done(.beginEpoch(1))
        let session = world.write(project, user: 1)
        return (world, ana, session)
    }

    /// A message of the agent's turns out as this.
    private func send(
        _ world: inout World, _ session: SessionID, _ ana: AgentID, _ result: DeliveryResult
    ) {
        let id = OutboxID(world.done(.reply(session, by: ana, text: "hi")))
        world.done(.startSending([id], epoch: 1))
        world.done(.finishSending(id, epoch: 1, result))
    }

    @Test(arguments: Unreachable.allCases)
    func `A failed message says why the customer is out of reach`(why: Unreachable) throws {
        var (world, ana, session) = desk()
        send(&world, session, ana, .failed(reason: "no", unreachable: why))
        let found = try #require(world.state.session(session))
        #expect(found.unreachable == why && found.isBlocked == (why == .blockedBot))
        #expect(found.state == .assigned && found.owner == ana)
        let told: HistoryItem.What = why == .blockedBot ? .blocked(true) : .unreachable(why)
        #expect(world.history(session).last?.what == told)
        #expect(try world.rebuilt() == world.state)
        // Said again, it is no news.
        let count = world.history(session).count
        send(&world, session, ana, .failed(reason: "no", unreachable: why))
        #expect(world.history(session).count == count + 1)
    }

    @Test(arguments: Unreachable.allCases)
    func `Who blocked the bot or is gone leaves the queue, and others wait on`(
        why: Unreachable
    ) throws {
        var (world, ana, session) = desk()
        let id = OutboxID(world.done(.reply(session, by: ana, text: "hi")))
        world.done(.startSending([id], epoch: 1))
        let version = world.version(session)
        world.done(.giveBack(session, by: ana, version: version))
        #expect(world.state.session(session)?.state == .unassigned)
        world.done(.finishSending(id, epoch: 1, .failed(reason: "no", unreachable: why)))
        let waits = why == .chatNotFound || why == .notAllowed
        #expect(world.state.session(session)?.state == (waits ? .unassigned : .completed))
        world.state.checkInvariants()
        #expect(try world.rebuilt() == world.state)
    }

    @Test(arguments: Unreachable.allCases)
    func `A customer who writes is within reach`(why: Unreachable) throws {
        var (world, ana, session) = desk()
        send(&world, session, ana, .failed(reason: "no", unreachable: why))
        let project = try #require(world.state.session(session)).project
        world.write(project, user: 1, "I am here")
        #expect(world.state.session(session)?.unreachable == nil)
    }

    @Test(arguments: Unreachable.allCases)
    func `A message that arrives ends what the desk could repair, and no block`(
        why: Unreachable
    ) {
        var (world, ana, session) = desk()
        send(&world, session, ana, .failed(reason: "no", unreachable: why))
        send(&world, session, ana, .sent(messageID: 7))
        #expect(world.state.session(session)?.unreachable == (why.isFinal ? why : nil))
    }

    @Test func `Unblocking ends a block alone`() throws {
        var (world, ana, session) = desk()
        let project = try #require(world.state.session(session)).project
        send(&world, session, ana, .failed(reason: "no", unreachable: .deactivated))
        _ = world.update(project, .blocked(TelegramID(1), false))
        #expect(world.state.session(session)?.unreachable == .deactivated)
        _ = world.update(project, .blocked(TelegramID(1), true))
        #expect(world.state.session(session)?.unreachable == .blockedBot)
        _ = world.update(project, .blocked(TelegramID(1), false))
        #expect(world.state.session(session)?.unreachable == nil)
        #expect(world.history(session).last?.what == .blocked(false))
    }

    @Test func `What the first level has no word for needs the second`() {
        func level(_ why: Unreachable?) -> FeatureLevel {
            Command.finishSending(
                OutboxID(1), epoch: 1, .failed(reason: "no", unreachable: why)
            ).level
        }
        #expect([nil, .blockedBot].map(level) == [.first, .first])
        #expect([.deactivated, .chatNotFound, .notAllowed].map(level).allSatisfy { $0 == .second })
    }
}
