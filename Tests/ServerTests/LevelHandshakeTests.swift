import Raft
import Routing
import Testing
import Transport
import Wire

@testable import Server

/// Where nodes stand with feature levels, as their handshake tells.
@Suite struct LevelHandshakeTests {
    private func hello(_ levels: PeerHandshake.Levels) -> PeerHandshake.Hello {
        PeerHandshake.Hello(
            purpose: .messages, cluster: "demo", node: NodeID(2), incarnation: 5, url: "http://x",
            nonce: [UInt8](repeating: 9, count: PeerHandshake.nonceBytes), levels: levels)
    }

    @Test func `a hello tells the newest level and the one in force`() throws {
        let levels = PeerHandshake.Levels(newest: FeatureLevel(7), inForce: .second)
        var reader = ByteReader(hello(levels).encoded())
        #expect(try PeerHandshake.Hello(&reader).levels == levels)
    }

    @Test func `a release without levels takes them for a part of the nonce, and answers for it`()
        throws
    {
        let bytes = hello(.init(newest: .second, inForce: .first)).encoded()
        // As that release reads a hello: fields in order, the last one of at most 32 bytes.
        var reader = ByteReader(bytes)
        try reader.skip(4 + 2 + 1)
        _ = try reader.text(limit: 64)
        try reader.skip(8 + 8)
        _ = try reader.text(limit: 512)
        #expect(try reader.blob(limit: 32).count == 24 && reader.isAtEnd)
        // What it says itself has sixteen bytes there: it knows the first level.
        let plain = Array(bytes.dropLast(25)) + [16] + [UInt8](repeating: 1, count: 16)
        reader = ByteReader(plain)
        let theirs = try PeerHandshake.Hello(&reader)
        #expect(theirs.levels == .init(newest: .first, inForce: .first))
        #expect(theirs.encoded() == plain, "both compute proofs over the same bytes")
    }

    private func identity(
        _ node: UInt64, newest: FeatureLevel, inForce: FeatureLevel
    ) -> PeerLink.Identity {
        var identity = LinkedNodes.identity(node)
        identity.levels = .init(newest: newest, inForce: inForce)
        return identity
    }

    @Test func `each learns what the other knows`() throws {
        let nodes = try LinkedNodes()
        let one = try nodes.start(identity(1, newest: .second, inForce: .first))
        let two = try nodes.start(identity(2, newest: .first, inForce: .first))
        nodes.run { one.isUp(2) && two.isUp(1) }
        #expect(one.levels(of: 2).newest == .first && two.levels(of: 1).newest == .second)
    }

    /// Whether the one that is too old dials or is dialled, it hears why.
    @Test(arguments: [1, 2] as [UInt64])
    func `a release that does not know the level in force takes no part`(old: UInt64) throws {
        let nodes = try LinkedNodes()
        var heard: [NodeID: [PeerRefusal]] = [:]
        for node in [1, 2] as [UInt64] {
            let levels: FeatureLevel = node == old ? .first : .second
            let links = try nodes.start(identity(node, newest: levels, inForce: levels))
            links.onOutdated = { heard[NodeID(node), default: []].append($0) }
        }
        nodes.run { heard[NodeID(old)] != nil }
        #expect(heard[NodeID(old)]?.first == .outdated(knows: .first, needs: .second))
        #expect(heard.count == 1 && nodes.news.isEmpty)
    }
}
