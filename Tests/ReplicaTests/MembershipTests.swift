import Raft
import Routing
import Testing
import Wire

@testable import Replica

@Suite struct MembershipRequestTests {
    private func add(_ id: UInt64) -> MembershipChange { .add(NodeID(id), address: [1]) }

    @Test func `Members are added and removed from any node, and all follow`() {
        var desk = Desk()
        let leader = desk.elect()
        let asked = desk.follower
        desk.join(4)
        desk.change(add(4), 1, at: asked)
        desk.settle()
        #expect(desk.done(1) == 4)
        desk.run(.milliseconds(100))
        #expect(desk[leader].status.configuration.voters.count == 4)
        #expect(desk[leader].status.isConfigurationCommitted)
        for id in desk.ids { #expect(desk.configurations[id]?.voters == desk.ids) }
        // The new one takes part: its requests are done, its digests are compared.
        desk.submit(newAgent("a"), 2, at: 4)
        desk.settle()
        #expect(desk.done(2) != nil)
        #expect(desk[4].state == desk[leader].state)
        desk.change(.remove(NodeID(4)), 3, at: 4)
        desk.settle()
        desk.run(.milliseconds(100))
        #expect(desk.done(3) == 4 && desk.removed == [NodeID(4)])
        #expect(desk.configurations[NodeID(leader)]?.voters.count == 3)
    }

    @Test func `What is so already is done, and what can't be is refused with its reason`() {
        var desk = Desk()
        let leader = desk.elect()
        let asked = desk.follower
        desk.change(.remove(NodeID(9)), 1, at: asked)
        desk.change(.add(NodeID(2), address: [1]), 2, at: asked)
        desk.settle()
        #expect(desk.answer(1) == .refused(.unknownMember))
        #expect(desk.answer(2) == .refused(.alreadyMember))
        desk.change(add(8), 3, at: leader)
        desk.settle()
        desk.change(add(8), 4, at: asked)
        desk.change(add(7), 5, at: leader)
        desk.settle()
        #expect(desk.done(3) == 8 && desk.done(4) == 8)
        #expect(desk.answer(5) == .refused(.idWasUsed))
        // Two at once: the second is told.
        desk.change(add(10), 6, at: leader)
        desk.change(add(11), 7, at: leader)
        desk.settle()
        #expect(desk.done(6) == 10 && desk.answer(7) == .refused(.changeInProgress))
    }

    @Test func `A request waits for a leader, and its outcome may stay unknown`() {
        var desk = Desk()
        desk.cut = Set(desk.ids)
        desk.change(add(4), 1, at: 1, patience: .milliseconds(100))
        desk.run(.milliseconds(110))
        #expect(desk.answer(1) == .refused(.noLeader))
        desk.cut = []
        let leader = desk.elect()
        desk.cut = Set(desk.ids)
        desk.change(add(4), 2, at: leader, patience: .milliseconds(100))
        desk.run(.milliseconds(110))
        #expect(desk.answer(2) == .unknown)
    }

    @Test func `A request that waits for a leader does not wake the node again and again`() {
        var desk = Desk()
        let leader = desk.elect()
        let asked = desk.follower
        desk.change(add(4), 1, at: asked, patience: .seconds(30))
        desk.collect(NodeID(asked))
        desk.queue = []
        desk.cut = Set(desk.ids)
        desk.kill(leader)
        desk.run(.seconds(2))
        let next = desk[asked].takeEffects().nextDeadline
        #expect(desk[asked].status.leader == nil && desk.answer(1) == nil)
        #expect(next.map { $0 > desk.now } == true)
    }

    @Test func `A request that the dead leader had begun is asked of the next`() {
        var desk = Desk()
        let old = desk.elect()
        desk.change(add(4), 1, at: desk.follower)
        desk.collect(NodeID(desk.follower))
        let ask = desk.queue.removeFirst()
        desk.nodes[NodeID(old)]!.received(ask.frame, from: ask.from)
        desk.collect(NodeID(old))
        #expect(desk[old].status.configuration.contains(NodeID(4)))
        desk.queue = []
        desk.kill(old)
        desk.run(.milliseconds(300))
        #expect(desk.done(1) == 4)
    }

    @Test func `Requests for changes have a bound`() {
        var desk = Desk()
        for number in 1...17 as ClosedRange<UInt64> { desk.change(add(4), number, at: 1) }
        desk.collect(NodeID(1))
        #expect(desk.answer(17) == .refused(.overloaded) && desk.answer(16) == nil)
    }

    @Test func `A leader that is removed hands over; its own requests end`() {
        var desk = Desk()
        let leader = desk.elect()
        desk.change(.remove(NodeID(leader)), 1, at: leader)
        desk.settle()
        #expect(desk.done(1) == Int64(leader) && desk.removed == [NodeID(leader)])
        desk.submit(newAgent("a"), 2, at: leader)
        desk[leader].readRequested(RequestID(3), deadline: desk.now.advanced(by: .seconds(1)))
        desk.change(add(5), 4, at: leader)
        desk.settle()
        for request in 2...4 as ClosedRange<UInt64> {
            #expect(desk.answer(request) == .refused(.removed))
        }
        #expect(desk.leader != nil && desk.leader != leader)
        desk.submit(newAgent("b"), 5, at: desk.leader!)
        desk.settle()
        #expect(desk.done(5) != nil)
    }

    @Test func `What waits at a node when it learns of its removal ends`() {
        var desk = Desk()
        _ = desk.elect()
        let away = desk.follower
        desk.cut = [NodeID(away)]
        desk.submit(newAgent("a"), 1, at: away, patience: .seconds(60))
        desk[away].readRequested(RequestID(2), deadline: desk.now.advanced(by: .seconds(60)))
        desk.collect(NodeID(away))
        desk.run(.milliseconds(400))
        desk.submit(newAgent("b"), 3, at: away, patience: .seconds(60))
        desk.change(.remove(NodeID(away)), 4, at: desk.leader!)
        desk.run(.seconds(6))
        desk.cut = []
        desk.run(.seconds(1))
        #expect(desk.removed == [NodeID(away)])
        #expect(desk.answer(1) == .unknown, "it was sent")
        #expect(desk.answer(2) == .refused(.removed) && desk.answer(3) == .refused(.removed))
    }

    @Test func `The leadership is handed over from any node`() {
        var desk = Desk()
        let old = desk.elect()
        let target = desk.follower
        let third = 6 - old - target
        desk.transfer(to: target, 1, at: third)
        desk.settle()
        #expect(desk.done(1) == Int64(target) && desk.leader == target)
        desk.transfer(to: target, 2, at: old)
        desk.settle()
        #expect(desk.done(2) == Int64(target), "it leads already")
        desk.transfer(to: nil, 3, at: target)
        desk.settle()
        #expect(desk.leader != target && desk.done(3) == desk.leader.map { Int64($0) })
        desk.transfer(to: 9, 4, at: old)
        desk.settle()
        #expect(desk.answer(4) == .refused(.notVoter))
        var alone = Desk(1)
        alone.settle()
        alone.transfer(to: nil, 1, at: 1)
        alone.settle()
        #expect(alone.answer(1) == .refused(.unreachable))
    }

    @Test func `No request is lost in a hand-over`() {
        var desk = Desk()
        let old = desk.elect()
        desk.transfer(to: nil, 100, at: old)
        for number in 1...9 as ClosedRange<UInt64> {
            desk.submit(newAgent(Text("a\(number)")), number, at: 1 + number % 3)
        }
        desk.settle()
        desk.run(.milliseconds(100))
        for number in 1...9 as ClosedRange<UInt64> { #expect(desk.done(number) != nil) }
        #expect(desk.leader != old)
    }

    @Test func `A restarted node finds the members in its rows' mark`() throws {
        var desk = Desk()
        let leader = desk.elect()
        desk.change(add(4), 1, at: leader)
        desk.settle()
        let meta = Replica.Mark.Meta(desk[leader].mark.meta)
        #expect(meta?.members?.configuration.learners == [NodeID(4)])
        #expect(meta?.members.map { $0.index <= desk[leader].mark.index } == true)
    }
}

@Suite struct PeerCommandTests {
    /// A frame with one forwarded command, as a peer would send it.
    private func frame(_ command: [UInt8], from node: UInt64) -> [UInt8] {
        var writer = FrameWriter(incarnation: 1_000 + node, number: 1_000)
        var batch: FrameWriter.Batch?
        writer.add(
            .forward(
                .init(
                    client: 1_000 + node, settledBelow: 1,
                    commands: [.init(sequence: 1, flags: 1, command: command[...])])),
            sharing: &batch)
        return writer.take()
    }
    private func bytes(_ command: Command) -> [UInt8] {
        var writer = ByteWriter()
        command.encode(into: &writer)
        return writer.bytes
    }

    @Test func `A command of a peer that can't be read is refused, and the peer is named`() {
        for bad in [[250], [], bytes(newAgent("a")) + [0], Array(bytes(newAgent("a")).dropLast())] {
            var desk = Desk()
            let leader = desk.elect()
            let peer = desk.follower
            desk.submit(newAgent("waits"), 1, at: peer)
            desk[peer].pending.noteSent(1, by: 1)
            desk[peer].forwardFrom = 2
            let last = desk[leader].status.last
            desk[leader].received(frame(bad, from: peer), from: NodeID(peer))
            desk.settle()
            #expect(desk[leader].status.last == last && desk.failures.isEmpty)
            #expect(desk.answer(1) == .refused(.malformed))
            guard case .badFrame(NodeID(peer), _) = desk.notices[NodeID(leader)]!.last else {
                Issue.record("not told: \(desk.notices)")
                return
            }
        }
    }
}
