import Raft
import Routing
import Testing
import Wire

@testable import Server

/// What the leader makes of a webhook, as Telegram tells it.
@Suite struct WebhookVerdictTests {
    private let project = ProjectID(8)

    private static func view(
        gone: Set<NodeID>, living: [NodeID], urls: [NodeID: Text] = urls
    ) -> FrontDoorView {
        FrontDoorView(
            entrances: urls.keys.sorted().map { .init(node: $0, url: urls[$0]!) }, gone: gone,
            living: living)
    }
    private static let urls: [NodeID: Text] = [
        NodeID(1): "https://a.example", NodeID(2): "https://b.example",
        NodeID(3): "https://c.example",
    ]
    private static func point(
        isConfirmed: Bool, by: AgentID? = nil, gone: UInt64? = 1
    ) -> WebhookPoint {
        WebhookPoint(
            url: "https://b.example/telegram/8", node: 2, gone: gone, by: by,
            isConfirmed: isConfirmed)
    }

    private func verdict(
        _ url: Text, gone: Set<NodeID> = [NodeID(1)], living: [NodeID] = [NodeID(2), NodeID(3)],
        urls: [NodeID: Text] = urls, point: WebhookPoint? = nil
    ) -> WebhookVerdict {
        Self.view(gone: gone, living: living, urls: urls).verdict(project, at: url, point: point)
    }

    @Test func `A webhook at a node that is gone moves to the first that lives`() {
        #expect(
            verdict("https://a.example/telegram/8")
                == .move(from: NodeID(1), to: NodeID(2), url: "https://b.example/telegram/8"))
        #expect(
            verdict("https://a.example/telegram/8", living: [NodeID(3), NodeID(2)])
                == .move(from: NodeID(1), to: NodeID(3), url: "https://c.example/telegram/8"))
    }

    @Test(arguments: [
        "https://elsewhere.example/telegram/8", "https://a.example/telegram/9",
        "https://a.example/telegram/8/", "http://a.example/telegram/8", "",
    ])
    func `A webhook that is no node's for this project stays what it is`(url: String) {
        #expect(verdict(Text(url)) == .foreign)
    }

    @Test func `A node that lives, or is away for a moment only, keeps its webhook`() {
        let here = verdict("https://b.example/telegram/8")
        #expect(here == .served(by: NodeID(2)))
        let away = verdict("https://a.example/telegram/8", gone: [])
        #expect(away == .served(by: NodeID(1)))
    }

    @Test func `A URL of several nodes behind a balancer is gone with the last of them`() {
        let balanced: [NodeID: Text] = [
            NodeID(1): "https://desk.example", NodeID(2): "https://desk.example",
            NodeID(3): "https://c.example",
        ]
        let url: Text = "https://desk.example/telegram/8"
        #expect(verdict(url, urls: balanced) == .served(by: NodeID(2)))
        let both: Set<NodeID> = [NodeID(1), NodeID(2)]
        #expect(
            verdict(url, gone: both, living: [NodeID(3)], urls: balanced)
                == .move(from: NodeID(1), to: NodeID(3), url: "https://c.example/telegram/8"))
    }

    @Test func `Nobody without a URL, and nobody without TLS for who had it, gets a webhook`() {
        var urls = Self.urls
        urls[NodeID(2)] = nil
        urls[NodeID(3)] = "http://c.example"
        #expect(verdict("https://a.example/telegram/8", urls: urls) == .stranded(at: NodeID(1)))
        urls[NodeID(1)] = "http://a.example"
        #expect(
            verdict("http://a.example/telegram/8", urls: urls)
                == .move(from: NodeID(1), to: NodeID(3), url: "http://c.example/telegram/8"))
    }

    @Test func `What the cluster itself left half-way is gone on with, and nothing else is`() {
        let left = Self.point(isConfirmed: false)
        #expect(
            verdict("", point: left)
                == .move(from: NodeID(1), to: NodeID(2), url: "https://b.example/telegram/8"))
        #expect(verdict("", point: Self.point(isConfirmed: true)) == .foreign)
        let byHand = Self.point(isConfirmed: true, by: AgentID(1), gone: nil)
        #expect(verdict("", point: byHand) == .foreign)
        #expect(verdict("https://elsewhere.example/telegram/8", point: left) == .foreign)
    }
}
