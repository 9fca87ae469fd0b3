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
        _ node: UInt64, cluster: Text = "demo", key: UInt8 = 7
    ) -> PeerLink.Identity {
        PeerLink.Identity(
            cluster: cluster, node: NodeID(node), incarnation: node, url: Text("http://n\(node)"),
            key: [UInt8](repeating: key, count: 32))
    }

    /// Starts a node that dials those started before it; those let it in when it is one of them.
    @discardableResult
    func start(
        _ identity: PeerLink.Identity, isMember: Bool = true, dials: Bool = true,
        certificates: PeerCertificates? = nil
    ) throws -> PeerLinks {
        let number = identity.node
        let links = PeerLinks(
            loop: loop, identity: identity, certificates: certificates,
            log: Log(node: number.rawValue, level: .error))
        links.onUp = { [unowned self] in news.append("\(number) up \($0)") }
        links.onDown = { [unowned self] in news.append("\(number) down \($0)") }
        links.onFrame = { [unowned self] in news.append("\(number) got \($1) from \($0)") }
        links.onRemoved = { [unowned self] in news.append("\(number) removed, says \($0)") }
        try links.start(listen: SocketAddress(ip: "127.0.0.1", port: 0)!)
        self.links[number] = links
        let members = self.members
        for (node, links) in self.links where node == number ? dials : isMember {
            links.follow(plan(of: node, members))
        }
        return links
    }

    /// Whom a node connects to when these are the members.
    func plan(of node: NodeID, _ members: [NodeID: SocketAddress]) -> PeerPlan {
        let configuration = Configuration(founding: members.keys.sorted(), at: members)
        return PeerPlan(of: node, in: configuration)
    }

    /// Where everybody listens.
    var members: [NodeID: SocketAddress] { links.compactMapValues(\.listenAddress) }

    /// Tries to open a link for a snapshot; what came of it becomes news.
    func tryLink(_ node: NodeID, to other: NodeID) {
        links[node]?.openSnapshotLink(to: other) { [unowned self] result in
            switch result {
            case .success: news.append("linked")
            case .failure(let failure): news.append("\(failure)")
            }
        }
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

@Suite struct PeerPlanTests {
    private let address = SocketAddress(ip: "10.0.0.1", port: 7081)!

    @Test func `the higher number dials, and of each pair one`() {
        let known = Configuration(founding: [1, 2, 5], at: [1: address, 2: address, 5: address])
        let partly = Configuration(founding: [1, 2, 5], at: [2: address, 5: address])
        for configuration in [known, partly] {
            for (a, b) in [(1, 2), (1, 5), (2, 5)] as [(NodeID, NodeID)] {
                let dialers = [
                    PeerPlan(of: a, in: configuration).dials.contains(b),
                    PeerPlan(of: b, in: configuration).dials.contains(a),
                ]
                #expect(dialers.filter(\.self).count == 1)
            }
        }
        #expect(PeerPlan(of: 5, in: known).dials == [1, 2])
        #expect(PeerPlan(of: 1, in: partly).dials == [2, 5])
    }

    @Test func `a node's own file knows better where a member is`() {
        let known = Configuration(founding: [1, 2], at: [1: address, 2: address])
        let moved = SocketAddress(ip: "10.0.0.9", port: 1)!
        let plan = PeerPlan(of: 2, in: known, overrides: [1: moved, 3: moved])
        #expect(plan.addresses == [1: moved] && plan.members == [1])
    }
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
        (LinkedNodes.identity(2, cluster: "other"), true, "belongs to cluster \"other\""),
        (LinkedNodes.identity(2, key: 8), true, "another cluster key"),
        (LinkedNodes.identity(2), false, "node 2 is no member of this cluster"),
        (LinkedNodes.identity(1, cluster: "demo"), true, "says it is node 1"),
    ])
    func `another cluster, another key, a stranger and a double stay outside`(
        _ identity: PeerLink.Identity, isMember: Bool, words: String
    ) throws {
        let nodes = try LinkedNodes()
        let one = try nodes.start(LinkedNodes.identity(1))
        // The double of node 1 must dial; so it takes itself for node 3 here.
        var dialer = identity
        if identity.node == 1 {
            dialer.node = 3
            let address = try #require(one.listenAddress)
            one.follow(nodes.plan(of: 1, [1: address, 3: address]))
            one.openSnapshotLink(to: 3) { result in
                if case .failure(let failure) = result { nodes.news.append("\(failure)") }
            }
        } else {
            try nodes.start(dialer, isMember: isMember)
            nodes.tryLink(dialer.node, to: 1)
        }
        nodes.run { !nodes.news.isEmpty }
        #expect(nodes.news.count == 1 && nodes.news[0].contains(words), "\(nodes.news)")
        #expect(one.reachable.isEmpty)
    }

    @Test func `links follow the members`() throws {
        let nodes = try LinkedNodes()
        let one = try nodes.start(LinkedNodes.identity(1))
        let two = try nodes.start(LinkedNodes.identity(2), isMember: false)
        let three = try nodes.start(LinkedNodes.identity(3), isMember: false)
        nodes.run { !two.isUp(1) && !three.isUp(1) }
        func follow(_ members: [NodeID: SocketAddress], _ some: NodeID...) {
            for node in some { nodes.links[node]?.follow(nodes.plan(of: node, members)) }
        }
        follow(nodes.members, 1, 2, 3)
        nodes.run { one.reachable == [2, 3] && two.reachable == [1, 3] }
        // Whoever is a member no more is let go after a while, and not let in again.
        follow(nodes.members.filter { $0.key != 3 }, 1, 2)
        nodes.run { one.reachable == [2] && two.reachable == [1] && three.reachable.isEmpty }
        follow(nodes.members, 1, 2)
        nodes.run { one.reachable == [2, 3] && three.reachable == [1, 2] }
    }

    @Test func `a lower node whose address nobody knows dials by itself`() throws {
        let nodes = try LinkedNodes()
        let one = try nodes.start(LinkedNodes.identity(1))
        let two = try nodes.start(LinkedNodes.identity(2), isMember: false, dials: false)
        let members = Configuration(
            voters: [1], learners: [2],
            addresses: [
                .init(id: 2, bytes: Array("\(try #require(two.listenAddress))".utf8))
            ])
        one.follow(PeerPlan(of: 1, in: members))
        two.follow(PeerPlan(of: 2, in: members))
        nodes.run { one.isUp(2) && two.isUp(1) }
        #expect(nodes.news.sorted() == ["1 up 2", "2 up 1"], "one connection, dialled once")
    }

    @Test func `a removed node is told so`() throws {
        let nodes = try LinkedNodes()
        let one = try nodes.start(LinkedNodes.identity(1))
        one.wasRemoved = { $0 == 2 }
        try nodes.start(LinkedNodes.identity(2), isMember: false)
        nodes.run { !nodes.news.isEmpty }
        #expect(nodes.news[0] == "2 removed, says 1")
    }

    @Test func `a node that knows nobody is introduced`() throws {
        let nodes = try LinkedNodes()
        let one = try nodes.start(LinkedNodes.identity(1))
        one.introduction = { [1, 2, 3] }
        let two = try nodes.start(LinkedNodes.identity(2), isMember: false)
        two.askIntroduction(at: try #require(one.listenAddress)) { result in
            if case .success(let answer) = result {
                nodes.news.append("\(answer.node) says \(answer.news)")
            }
        }
        nodes.run { !nodes.news.isEmpty }
        #expect(nodes.news == ["1 says [1, 2, 3]"])
    }
}
