import Raft
import Testing
import Transport
import Wire

@testable import Server

@Suite struct OperatorGateTests {
    private let key = [UInt8](repeating: 5, count: 32)
    private let path = Array("/members".utf8)
    private let body = Array("{}".utf8)

    /// What a tool with this key sends for a challenge.
    private func authorization(_ challenge: String, key: [UInt8]? = nil) throws -> Text {
        let proof = OperatorGate.proof(
            key: key ?? self.key, challenge: try #require(Hex.decode(challenge)), method: "POST",
            path: path, body: body)
        return Text("Roundhouse \(challenge) \(Hex.string(proof))")
    }

    @Test func `a proof opens the gate once`() throws {
        var gate = OperatorGate(key: key)
        let words = try authorization(gate.challenge(now: 0))
        let first = gate.admits(words, method: "POST", path: path, body: body, now: 1)
        let second = gate.admits(words, method: "POST", path: path, body: body, now: 1)
        #expect(first && !second)
    }

    @Test func `a proof is of one method, path and body, and of the key`() throws {
        var gate = OperatorGate(key: key)
        func admits(
            key: [UInt8]? = nil, method: String = "POST", path: [UInt8]? = nil,
            body: [UInt8]? = nil
        ) throws -> Bool {
            let words = try authorization(gate.challenge(now: 0), key: key)
            return gate.admits(
                words, method: method, path: path ?? self.path, body: body ?? self.body, now: 1)
        }
        let right = try admits()
        let wrong = [
            try admits(key: [UInt8](repeating: 6, count: 32)), try admits(method: "GET"),
            try admits(path: Array("/transfer".utf8)), try admits(body: Array("{ }".utf8)),
        ]
        #expect(right && wrong == [false, false, false, false])
    }

    @Test func `a challenge ends, and too many push the oldest out`() throws {
        var gate = OperatorGate(key: key)
        let late = try authorization(gate.challenge(now: 0))
        let isLateTaken = gate.admits(
            late, method: "POST", path: path, body: body, now: OperatorGate.lifetime)
        #expect(!isLateTaken)
        let challenges = (0...OperatorGate.maxChallenges).map { _ in gate.challenge(now: 0) }
        let first = try authorization(challenges[0])
        let last = try authorization(challenges[OperatorGate.maxChallenges])
        let isFirstTaken = gate.admits(first, method: "POST", path: path, body: body, now: 1)
        let isLastTaken = gate.admits(last, method: "POST", path: path, body: body, now: 1)
        #expect(!isFirstTaken && isLastTaken)
    }

    @Test(arguments: ["", "Roundhouse", "Roundhouse 00", "Bearer 00 00", "Roundhouse zz zz"])
    func `anything else is refused`(_ words: String) {
        var gate = OperatorGate(key: key)
        _ = gate.challenge(now: 0)
        for header in [Text(words), nil] {
            let isTaken = gate.admits(header, method: "POST", path: path, body: body, now: 1)
            #expect(!isTaken)
        }
    }
}

@Suite struct IndexWaitsTests {
    @Test func `each wait ends with its index, and too many are refused`() throws {
        let loop = try EventLoop()
        let waits = IndexWaits(loop: loop)
        var ended: [String] = []
        for index in [7, 5, 9] as [UInt64] {
            waits.wait(for: LogIndex(index)) { ended.append("\(index) \($0)") }
        }
        waits.applied(LogIndex(4))
        #expect(ended.isEmpty)
        waits.applied(LogIndex(7))
        #expect(ended.sorted() == ["5 true", "7 true"] && waits.count == 1)
        for _ in 1..<IndexWaits.Limits.waiting { waits.wait(for: LogIndex(100)) { _ in } }
        #expect(waits.count == IndexWaits.Limits.waiting)
        waits.wait(for: LogIndex(100)) { ended.append("refused \(!$0)") }
        #expect(ended.last == "refused true" && waits.count == IndexWaits.Limits.waiting)
        loop.shutDown()
    }

    @Test func `a wait ends in vain after its patience`() throws {
        let loop = try EventLoop()
        let waits = IndexWaits(loop: loop)
        var ended: Bool?
        waits.wait(for: LogIndex(1)) {
            ended = $0
            loop.stop()
        }
        loop.run()
        #expect(ended == false && waits.count == 0)
        loop.shutDown()
    }
}

@Suite struct SlowPeerTests {
    @Test func `who reads nothing loses the connection, and the others notice nothing`() throws {
        let nodes = try LinkedNodes()
        let one = try nodes.start(LinkedNodes.identity(1))
        let two = try nodes.start(LinkedNodes.identity(2))
        let three = try nodes.start(LinkedNodes.identity(3))
        nodes.run { one.reachable == [2, 3] && two.isUp(1) && three.isUp(1) }
        nodes.news = []
        one.onSnapshotLink = { link, _ in link.pauseReading() }
        var written = 0
        two.openSnapshotLink(to: 1) { result in
            guard case .success(let link) = result else { return }
            link.onClosed = { _, _, reason in nodes.news.append(reason) }
            let chunk = [UInt8](repeating: 1, count: 8 << 20)
            func push() {
                guard written <= PeerLink.Limits.maxPendingBytes * 2, nodes.news.isEmpty else {
                    return
                }
                link.send(chunk)
                written += chunk.count
                nodes.loop.later(push)
            }
            push()
        }
        nodes.run { !nodes.news.isEmpty }
        #expect(nodes.news == ["the peer reads too slowly"])
        #expect(written > PeerLink.Limits.maxPendingBytes)
        two.send([1], to: 1)
        three.send([2], to: 1)
        nodes.run { nodes.news.count == 3 }
        #expect(nodes.news[1...].sorted() == ["1 got [1] from 2", "1 got [2] from 3"])
    }
}
