import Testing
import Wire

@testable import Routing

/// Magic links: clicks, tokens, attribution.
@Suite struct LinkTests {
    private let key = ClickKey(epoch: 77, sequence: 3)

    private func desk() -> (World, AgentID, ProjectID, LinkID) {
        var world = World()
        let ana = world.agent("ana")
        let project = world.project([ana])
        world.show(ana)
        let link = LinkID(
            world.done(
                .createLink(by: nil, LinkSettings(code: "ad1", name: "Ad", project: project))))
        return (world, ana, project, link)
    }

    private func click(_ link: LinkID, flag: Click.Flag = .human) -> Command {
        .clicks([Click(key: key, link: link, at: LogTime(milliseconds: 9), node: 1, flag: flag)])
    }

    private func start(_ link: LinkID) -> Start {
        .click(link: link, key: key, clickedAt: LogTime(milliseconds: 9))
    }

    @Test func `A code names one link`() {
        var (world, _, project, link) = desk()
        let same = LinkSettings(code: "ad1", name: "Other", project: project)
        #expect(world.apply(.createLink(by: nil, same)) == .refused(.alreadyExists))
        #expect(world.state.link(code: "ad1")?.id == link)
        var renamed = same
        renamed.code = "ad2"
        world.done(.updateLink(link, by: nil, renamed))
        #expect(world.state.link(code: "ad1") == nil && world.state.link(code: "ad2")?.id == link)
        renamed.code = "no/path"
        #expect(world.apply(.updateLink(link, by: nil, renamed)) == .refused(.invalid("code")))
    }

    @Test func `A token attributes its session; its click may come later`() throws {
        var (world, _, project, link) = desk()
        let session = world.write(project, user: 1, start: start(link))
        #expect(world.state.session(session)?.touches.map(\.via) == [.own])
        #expect(world.state.session(session)?.touches[0].isPending == true)
        world.done(click(link))
        #expect(world.state.session(session)?.touches[0].isPending == false)
        #expect(world.state.link(link)?.starts == 1)
        #expect(world.state.link(link)?.humanClicks == 1)
        #expect(try world.rebuilt() == world.state)
    }

    @Test func `A click that came first leaves nothing pending`() {
        var (world, _, project, link) = desk()
        world.done(click(link))
        let session = world.write(project, user: 1, start: start(link))
        #expect(world.state.session(session)?.touches[0].isPending == false)
    }

    @Test func `A click passed on twice is counted once`() {
        var (world, _, _, link) = desk()
        world.done(click(link))
        #expect(world.apply(click(link)) == .duplicate)
        #expect(world.state.link(link)?.humanClicks == 1)
    }

    @Test func `HEAD, prefetch and preview bots are not human`() {
        var (world, _, _, link) = desk()
        world.done(click(link, flag: .bot))
        #expect(world.state.link(link)?.humanClicks == 0)
        #expect(world.state.link(link)?.otherClicks == 1)
    }

    @Test func `A second user with the same token is shared, outside the funnel`() throws {
        var (world, _, project, link) = desk()
        world.write(project, user: 1, start: start(link))
        let second = world.write(project, user: 2, start: start(link))
        #expect(world.state.session(second)?.touches.map(\.via) == [.shared])
        #expect(world.state.link(link)?.starts == 1)
        #expect(try world.rebuilt() == world.state)
    }

    @Test func `At another project's bot the token is foreign, and kept`() {
        var (world, ana, _, link) = desk()
        let other = world.project([ana])
        let session = world.write(other, user: 1, start: start(link))
        #expect(world.state.session(session)?.touches.map(\.via) == [.foreignToken])
        #expect(world.state.link(link)?.starts == 0)
    }

    @Test func `A payload that is no token is kept as text`() {
        var (world, _, project, _) = desk()
        let session = world.write(project, user: 1, start: .text("ref42"))
        guard case .inbound(let item) = world.history(session)[0].what else {
            Issue.record("no message")
            return
        }
        #expect(item.payload == "ref42" && item.touch == nil)
    }

    @Test func `A link used mid-session is recorded and moves nothing`() {
        var (world, ana, project, link) = desk()
        let session = world.write(project, user: 1)
        #expect(world.write(project, user: 1, start: start(link)) == session)
        #expect(world.owner(session) == ana && world.version(session) == 2)
        #expect(world.state.session(session)?.touches.count == 1)
    }

    @Test func `After completion a new link opens a new session, the old token does not`() {
        var (world, ana, project, link) = desk()
        let session = world.write(project, user: 1, start: start(link))
        world.done(.complete(session, by: ana, version: 2))
        #expect(world.write(project, user: 1, start: start(link)) == session)
        world.done(.complete(session, by: ana, version: 4))
        let fresh = Start.click(
            link: link, key: ClickKey(epoch: 77, sequence: 4), clickedAt: world.time)
        #expect(world.write(project, user: 1, start: fresh) != session)
    }

    @Test func `First and last touch are kept, however many there are`() throws {
        var (world, _, project, link) = desk()
        var session = SessionID(0)
        for sequence in 1...40 as ClosedRange<UInt64> {
            let key = ClickKey(epoch: 5, sequence: sequence)
            session = world.write(
                project, user: 1, start: .click(link: link, key: key, clickedAt: world.time))
        }
        let touches = world.state.session(session)!.touches
        #expect(touches.count == Touch.limit)
        #expect(touches.first?.key.sequence == 1 && touches.last?.key.sequence == 40)
        #expect(try world.rebuilt() == world.state)
    }
}
