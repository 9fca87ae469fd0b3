import Testing
import Wire

@testable import Routing

/// Where nodes can be reached and where webhooks point: put down for all nodes, decided elsewhere.
@Suite struct FrontDoorTests {
    private static func point(
        by: AgentID? = nil, url: Text = "https://b.example/telegram/1", isConfirmed: Bool = true
    ) -> WebhookPoint {
        WebhookPoint(url: url, node: 2, gone: 1, by: by, isConfirmed: isConfirmed)
    }

    @Test func `Nodes tell their URLs from the second level on, and take them back`() throws {
        var world = World()
        let early = world.apply(.tellURL(node: 2, "https://b.example"))
        #expect(early == .refused(.needsLevel(.second)))
        world.done(.raiseLevel(to: .second))
        world.done(.tellURL(node: 2, "https://b.example"))
        world.done(.tellURL(node: 1, "https://a.example"))
        #expect(world.state.nodeURLs.map(\.node) == [1, 2])
        #expect(world.state.nodeURLs.map(\.url) == ["https://a.example", "https://b.example"])
        #expect(try world.rebuilt() == world.state)
        world.done(.tellURL(node: 2, "https://b.example"))
        #expect(world.applied.rows.isEmpty, "what is known already is no change")
        world.done(.tellURL(node: 2, ""))
        #expect(world.applied.rows.map(\.value) == [nil])
        #expect(world.state.nodeURLs.map(\.node) == [1])
        #expect(try world.rebuilt() == world.state)
    }

    @Test func `URLs are bounded in length and in number`() {
        var world = World()
        world.done(.raiseLevel(to: .second))
        world.done(.tellURL(node: 1, Text(String(repeating: "u", count: 1024))))
        let long = Text(String(repeating: "u", count: 1025))
        #expect(world.apply(.tellURL(node: 1, long)) == .refused(.invalid("url")))
        for node in 2...UInt64(256) { world.done(.tellURL(node: node, "https://n.example")) }
        let another = Command.tellURL(node: 257, "https://n.example")
        #expect(world.apply(another) == .refused(.invalid("url")))
        world.done(.tellURL(node: 9, ""))
        world.done(another)
    }

    @Test func `A webhook's place is put down with its time, for managers and the cluster`() throws
    {
        var world = World()
        world.done(.raiseLevel(to: .second))
        let chief = world.agent("chief", isAdmin: true)
        let ana = world.agent("ana")
        let project = world.project([ana])
        #expect(
            world.apply(.pointWebhook(project, Self.point(by: ana))) == .refused(.forbidden))
        world.done(.pointWebhook(project, Self.point(by: chief)))
        #expect(world.applied.rows.map(\.table) == [.webhookPoint, .audit])
        #expect(world.state.webhookPoint(of: project)?.by == chief)
        world.pass(milliseconds: 5000)
        world.done(.pointWebhook(project, Self.point(isConfirmed: false)))
        let point = try #require(world.state.webhookPoint(of: project))
        #expect(point.at == world.time && !point.isConfirmed && point.by == nil)
        #expect(point.node == 2 && point.gone == 1)
        #expect(try world.rebuilt() == world.state)
    }

    @Test func `A webhook's place needs a project and a URL of bounded length`() {
        var world = World()
        world.done(.raiseLevel(to: .second))
        let project = world.project([])
        let nowhere = Command.pointWebhook(ProjectID(9999), Self.point())
        #expect(world.apply(nowhere) == .refused(.notFound))
        for url in ["", Text(String(repeating: "u", count: 1025))] {
            let command = Command.pointWebhook(project, Self.point(url: url))
            #expect(world.apply(command) == .refused(.invalid("url")))
        }
        let longest = Text(String(repeating: "u", count: 1024))
        world.done(.pointWebhook(project, Self.point(url: longest)))
    }
}
