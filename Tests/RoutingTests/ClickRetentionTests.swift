import Testing
import Wire

@testable import Routing

/// How long clicks are kept, and what led a customer here over all their sessions.
@Suite struct ClickRetentionTests {
    private static let day: Int64 = 86_400_000

    private func desk(days: UInt32) -> (World, AgentID, ProjectID, LinkID) {
        var world = World.newest
        let ana = world.agent("ana")
        let project = world.project([ana]) { $0.clickRetentionDays = days }
        let link = world.link(project, "ad")
        world.show(ana)
        return (world, ana, project, link)
    }

    @Test func `A click that is too old goes, one that led to a session keeps its campaign alone`()
        throws
    {
        var (world, _, project, link) = desk(days: 30)
        let alone = ClickKey(epoch: 9, sequence: 1)
        let led = ClickKey(epoch: 9, sequence: 2)
        world.done(.clicks([world.visit(link, alone), world.visit(link, led)]))
        world.write(project, user: 1, start: .click(link: link, key: led, clickedAt: world.time))
        let clicks = [alone, led].map { world.click($0)!.withoutVisitor }
        world.time = world.time.adding(milliseconds: 30 * Self.day)
        #expect(world.done(.forgetClicks(clicks)) == 0, "not yet")
        #expect(world.click(alone) != nil)
        world.time = world.time.adding(milliseconds: 1)
        #expect(world.done(.forgetClicks(clicks)) == 2)
        #expect(world.click(alone) == nil)
        #expect(world.click(led)?.query == "utm_source=mail&utm_campaign=may")
        #expect(world.click(led)?.address.isEmpty == true)
        #expect(world.click(led)?.fingerprint == 0)
        #expect(world.state.link(link)?.humanClicks == 2, "numbers stay")
        #expect(world.apply(.clicks([world.visit(link, alone)])) == .duplicate)
        #expect(world.click(alone) == nil)
        #expect(try world.rebuilt() == world.state)
    }

    @Test func `Without a retention clicks are kept, and no visitor takes another's place`() {
        var (world, _, project, link) = desk(days: 0)
        let key = ClickKey(epoch: 9, sequence: 1)
        world.done(.clicks([world.visit(link, key)]))
        world.time = world.time.adding(milliseconds: 4000 * Self.day)
        let click = world.click(key)!
        #expect(world.done(.forgetClicks([click.withoutVisitor])) == 0)
        world.change(project) { $0.clickRetentionDays = 1 }
        var other = click
        other.address = "203.0.113.78"
        #expect(world.done(.forgetClicks([click, other])) == 0)
        #expect(world.click(key) == click)
        #expect(world.done(.forgetClicks([click.withoutVisitor])) == 1)
    }

    @Test func `The longest retention is ten years`() {
        var (world, _, project, _) = desk(days: 0)
        var settings = world.state.project(project)!.settings
        settings.clickRetentionDays = 3661
        #expect(
            world.apply(.updateProject(project, by: nil, settings))
                == .refused(.invalid("clickRetentionDays")))
    }

    @Test func `A session has its own first and last link, and the customer's over all sessions`()
        throws
    {
        var (world, _, project, link) = desk(days: 0)
        let chief = world.agent("chief", isAdmin: true)
        let other = world.link(project, "other")
        func end(_ session: SessionID) {
            let version = world.version(session)
            world.done(.complete(session, by: chief, version: version))
            world.time = world.time.adding(milliseconds: 2 * Self.day)
        }
        let first = world.write(project, user: 1, start: world.click(link))
        world.write(project, user: 1, start: world.click(other))
        end(first)
        let second = world.write(project, user: 1)
        end(second)
        let third = world.write(project, user: 1, start: world.click(other))
        func links(_ id: SessionID) -> [LinkID?] {
            let session = world.state.session(id)!
            return [
                session.firstTouch, session.lastTouch, session.customersFirstTouch,
                session.customersLastTouch,
            ].map { $0?.link }
        }
        #expect(links(first) == [link, other, link, other])
        #expect(links(second) == [nil, nil, link, other])
        #expect(links(third) == [other, other, link, other])
        #expect(try world.rebuilt() == world.state)
    }

    @Test func `A token of another project's link is no customer's first or last link`() {
        var (world, _, project, _) = desk(days: 0)
        let stranger = world.link(world.project([]), "stranger")
        let session = world.write(project, user: 1, start: world.click(stranger))
        #expect(world.state.session(session)?.touches.map(\.via) == [.foreignToken])
        #expect(world.state.session(session)?.customersFirstTouch == nil)
    }
}
