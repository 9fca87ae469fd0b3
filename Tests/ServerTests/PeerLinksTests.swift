import Raft
import Testing
import Transport
import Wire

@testable import Server

/// Nodes that know each other, on one loop.
final class LinkedNodes {
    let loop: EventLoop
    private(set) var links: [NodeID: PeerLinks] = [:]
    /// What happened, in words, in order.
    var news: [String] = []

    init() throws { loop = try EventLoop() }

    static func identity(
        _ node: UInt64, cluster: Text = "demo", key: UInt8 = 7, members: Set<NodeID> = [1, 2, 3]
    ) -> PeerLink.Identity {
        PeerLink.Identity(
            cluster: cluster, node: NodeID(node), incarnation: node, url: Text("http://n\(node)"),
            key: [UInt8](repeating: key, count: 32), members: members)
    }

    /// Starts a node that dials those started before it.
    @discardableResult
    func start(_ identity: PeerLink.Identity) throws -> PeerLinks {
        let number = identity.node
        var addresses: [NodeID: SocketAddress] = [:]
        for (node, links) in links { addresses[node] = links.listenAddress }
        let links = PeerLinks(
            loop: loop, identity: identity, addresses: addresses,
            log: Log(node: number.rawValue, level: .error))
        links.onUp = { [unowned self] in news.append("\(number) up \($0)") }
        links.onDown = { [unowned self] in news.append("\(number) down \($0)") }
        links.onFrame = { [unowned self] in news.append("\(number) got \($1) from \($0)") }
        try links.start(listen: SocketAddress(ip: "127.0.0.1", port: 0)!)
        self.links[number] = links
        return links
    }

    /// Runs the loop until `condition` holds; a test that waits in vain fails instead of hanging.
    func run(
        until condition: @escaping () -> Bool, sourceLocation: SourceLocation = #_sourceLocation
    ) {
        func ask() {
            if condition() { return loop.stop() }
            loop.schedule(after: .milliseconds(1), ask)
        }
        let guardian = loop.schedule(after: .seconds(20)) { [unowned self] in
            Issue.record("waited in vain; so far: \(news)", sourceLocation: sourceLocation)
            loop.stop()
        }
        loop.later(ask)
        loop.run()
        guardian.cancel()
    }

    deinit { loop.shutDown() }
}

extension NodeID: ExpressibleByIntegerLiteral {
    /// The node with this number.
    public init(integerLiteral value: UInt64) { self.init(value) }
}

@Suite struct PeerLinksTests {
    @Test func `frames pass both ways`() throws {
        let nodes = try LinkedNodes()
        let one = try nodes.start(LinkedNodes.identity(1))
        let two = try nodes.start(LinkedNodes.identity(2))
        nodes.run { one.isUp(2) && two.isUp(1) }
        one.send([1], to: 2)
        two.send([2], to: 1)
        nodes.run { nodes.news.count == 4 }
        #expect(nodes.news[..<2].sorted() == ["1 up 2", "2 up 1"])
        #expect(nodes.news[2...].sorted() == ["1 got [2] from 2", "2 got [1] from 1"])
        #expect(two.urls == ["http://n1"])
    }

    @Test func `a snapshot has a connection of its own, in both directions`() throws {
        let nodes = try LinkedNodes()
        let one = try nodes.start(LinkedNodes.identity(1))
        let two = try nodes.start(LinkedNodes.identity(2))
        nodes.run { one.isUp(2) && two.isUp(1) }
        nodes.news = []
        one.onSnapshotLink = { link, node in
            nodes.news.append("link from \(node)")
            link.onFrame = { nodes.news.append("chunk \($1) from \($0)") }
            link.onClosed = { _, node, _ in nodes.news.append("closed by \(node!)") }
        }
        var opened: PeerLink?
        two.openSnapshotLink(to: 1) { result in
            guard case .success(let link) = result else { return }
            opened = link
            link.send([5, 6])
        }
        nodes.run { nodes.news.count == 2 }
        #expect(nodes.news == ["link from 2", "chunk [5, 6] from 2"])
        #expect(one.isUp(2) && two.isUp(1))
        try #require(opened).close()
        nodes.run { nodes.news.count == 3 }
        #expect(nodes.news.last == "closed by 2")
        #expect(one.isUp(2) && two.isUp(1))
    }

    @Test func `a snapshot's connection needs a taker and a known peer`() throws {
        let nodes = try LinkedNodes()
        try nodes.start(LinkedNodes.identity(1))
        let two = try nodes.start(LinkedNodes.identity(2))
        two.openSnapshotLink(to: 1) { result in
            guard case .success(let link) = result else { return }
            link.onClosed = { _, node, _ in nodes.news.append("closed by \(node!)") }
        }
        two.openSnapshotLink(to: 9) { result in
            if case .failure(let failure) = result { nodes.news.append("\(failure)") }
        }
        nodes.run { nodes.news.contains("closed by 1") && nodes.news.contains("no such peer") }
    }

    @Test(arguments: [
        LinkedNodes.identity(2, cluster: "other"), LinkedNodes.identity(2, key: 8),
        LinkedNodes.identity(4, members: [1, 4]),
    ])
    func `another cluster, another key and a stranger stay outside`(
        _ identity: PeerLink.Identity
    ) throws {
        let nodes = try LinkedNodes()
        let one = try nodes.start(LinkedNodes.identity(1))
        let other = try nodes.start(identity)
        other.openSnapshotLink(to: 1) { result in
            if case .failure(let failure) = result { nodes.news.append("\(failure)") }
        }
        nodes.run { !nodes.news.isEmpty }
        #expect(nodes.news.count == 1)
        #expect(one.reachable.isEmpty && other.reachable.isEmpty)
    }
}
