import Raft
import Routing
import Testing
import Wire

@testable import Replica

@Suite struct ReplicaTests {
    @Test func `A command is done wherever it comes in, and answered where it came in`() {
        var desk = Desk()
        _ = desk.elect()
        for node in 1...3 {
            desk.submit(newAgent(Text("a\(node)")), UInt64(node), at: UInt64(node))
        }
        desk.settle()
        for request in 1...3 {
            guard case .applied(_, .done) = desk.answer(UInt64(request)) else {
                Issue.record(
                    "request \(request): \(String(describing: desk.answer(UInt64(request))))")
                continue
            }
        }
        #expect(desk[1].state == desk[2].state && desk[2].state == desk[3].state)
        #expect(desk[1].mark.digest == desk[3].mark.digest)
        #expect(desk[2].state.routing.agents.count == 3)
    }

    @Test func `A cluster of one leads at once and answers after its own write`() {
        var desk = Desk(1)
        desk.slowDisks = [NodeID(1)]
        desk.settle()
        desk.slowDisks = []
        desk.nodes[NodeID(1)]!.persisted(id: 1)
        desk.disks = [:]
        desk.settle()
        #expect(desk.leader == 1)
        desk.slowDisks = [NodeID(1)]
        desk.submit(newAgent("a"), 1, at: 1)
        desk.settle()
        #expect(desk.answer(1) == nil)
        desk.slowDisks = []
        let last = desk.disks[NodeID(1)]!.last!.id
        desk.disks = [:]
        desk.nodes[NodeID(1)]!.persisted(id: last)
        desk.settle()
        guard case .applied(_, .done) = desk.answer(1) else {
            Issue.record("not applied")
            return
        }
    }

    @Test func `After kill -9 of the leader the next answer takes no time of the protocol's`() {
        var desk = Desk()
        let old = desk.elect()
        desk.kill(old)
        desk.submit(newAgent("a"), 1, at: desk.follower)
        desk.settle()
        desk.run(.milliseconds(15))
        guard case .applied(_, .done) = desk.answer(1) else {
            Issue.record("no answer within 15 ms: \(String(describing: desk.answer(1)))")
            return
        }
    }

    @Test func `A node that was cut off over a quiet time knows the log's time all the same`() {
        var desk = Desk()
        let leader = desk.elect()
        desk.submit(newAgent("a"), 1, at: leader)
        desk.settle()
        let away = desk.follower
        desk.cut = [NodeID(away)]
        desk.submit(newAgent("b"), 2, at: leader)
        desk.settle()
        // Nothing but heartbeats, which the one that is away does not hear.
        desk.run(.seconds(20))
        desk.cut = []
        desk.run(.milliseconds(300))
        #expect(desk[away].mark.index == desk[leader].mark.index, "the entry came, late")
        let lag = desk[leader].logTime.milliseconds - desk[away].logTime.milliseconds
        #expect(abs(lag) <= 20, "with it its clock would go back to the entry's time")
    }

    @Test func `A request in the old leader's log is sent again and done once`() {
        var desk = Desk()
        let old = desk.elect()
        let asked = desk.follower
        let other = 6 - old - asked
        desk.submit(newAgent("a"), 1, at: asked)
        desk.collect(NodeID(asked))
        let forward = desk.queue.removeFirst()
        desk.nodes[NodeID(old)]!.received(forward.frame, from: forward.from)
        desk.collect(NodeID(old))
        // The third gets the entry and acknowledges it; nobody learns of the commit.
        desk.queue.removeAll { $0.to != NodeID(other) }
        let append = desk.queue.removeFirst()
        desk.nodes[NodeID(other)]!.received(append.frame, from: append.from)
        desk.collect(NodeID(other))
        desk.queue = []
        desk.kill(old)
        desk.settle()
        desk.run(.milliseconds(200))
        guard case .applied(_, .done(let id)) = desk.answer(1) else {
            Issue.record("\(String(describing: desk.answer(1)))")
            return
        }
        #expect(desk[asked].state.routing.agents.map(\.id) == [AgentID(id)])
    }

    @Test func `Refused means in no log: not once an earlier leader may have it`() {
        var limits = Replica.Limits()
        limits.raft.uncommittedEntries = 3
        var desk = Desk(limits: limits)
        let old = desk.elect()
        let asked = desk.follower
        let other = 6 - old - asked
        // The old leader has it in its log, and nobody else hears of it.
        desk.submit(newAgent("a"), 1, at: asked, patience: .milliseconds(400))
        desk.collect(NodeID(asked))
        let forward = desk.queue.removeFirst()
        desk.nodes[NodeID(old)]!.received(forward.frame, from: forward.from)
        desk.collect(NodeID(old))
        desk.queue = []
        // Its successor is full: it says so to a new request, and not of the old one.
        let refusal = PeerMessage.forwardRefused(
            client: 1_000 + asked,
            [.init(sequence: 1, why: .overloaded), .init(sequence: 2, why: .overloaded)])
        desk.kill(old)
        desk[asked].submitted(
            newAgent("b"), request: RequestID(2), deadline: desk.now.advanced(by: .seconds(1)))
        desk[asked].pending.noteSent(1, by: 1)
        desk[asked].pending.noteSent(2, by: 1)
        var writer = FrameWriter(incarnation: 77, number: 1)
        var batch: FrameWriter.Batch?
        writer.add(refusal, sharing: &batch)
        desk[asked].received(writer.take(), from: NodeID(other))
        desk.cut = Set(desk.ids)
        desk.settle()
        #expect(desk.answer(2) == .refused(.overloaded))
        #expect(desk.answer(1) == nil)
        desk.run(.milliseconds(500))
        #expect(desk.answer(1) == .unknown)
    }

    @Test func `Without a leader a request waits, and is refused at its deadline`() {
        var desk = Desk()
        desk.cut = [NodeID(2), NodeID(3)]
        desk.submit(newAgent("a"), 1, at: 1, patience: .milliseconds(300))
        desk[1].readRequested(RequestID(2), deadline: desk.now.advanced(by: .milliseconds(300)))
        desk.run(.milliseconds(290))
        #expect(desk.answer(1) == nil)
        desk.run(.milliseconds(20))
        #expect(desk.answer(1) == .refused(.noLeader) && desk.answer(2) == .refused(.noLeader))
    }

    @Test func `What is sent twice by one request is done once; an update, by its own key`() throws
    {
        var desk = Desk()
        let leader = desk.elect()
        let asked = desk.follower
        desk.submit(newAgent("a"), 1, at: asked)
        desk.collect(NodeID(asked))
        desk.settle()
        // The same forward in a new frame, as after a change of leaders.
        var writer = FrameWriter(incarnation: 1_000 + asked, number: 1_000)
        var batch: FrameWriter.Batch?
        var command = ByteWriter()
        newAgent("a").encode(into: &command)
        writer.add(
            .forward(
                .init(
                    client: 1_000 + asked, settledBelow: 1,
                    commands: [.init(sequence: 1, flags: 1, command: command.bytes[...])])),
            sharing: &batch)
        let before = desk[leader].mark.index
        desk[leader].received(writer.take(), from: NodeID(asked))
        desk.settle()
        #expect(desk[leader].mark.index == before.next)
        #expect(desk[leader].state.routing.agents.count == 1)
    }

    @Test func `A read at any node sees what was answered before`() {
        var desk = Desk()
        _ = desk.elect()
        desk.submit(newAgent("a"), 1, at: 1)
        desk.settle()
        guard case .applied(let index, _) = desk.answer(1) else { return }
        for node in 1...3 {
            desk[UInt64(node)].readRequested(
                RequestID(UInt64(10 + node)), deadline: desk.now.advanced(by: .seconds(1)))
        }
        desk.settle()
        for request in 11...13 {
            guard case .readable(let at) = desk.answer(UInt64(request)) else {
                Issue.record("\(String(describing: desk.answer(UInt64(request))))")
                continue
            }
            #expect(at >= index)
        }
    }

    @Test func `A leader that leaves hands over, and its waiting request is done by the next`() {
        var desk = Desk()
        let old = desk.elect()
        #expect(!desk[old].mayLeave)
        desk.submit(newAgent("a"), 1, at: old)
        desk[old].leaveRequested()
        desk.settle()
        #expect(desk[old].mayLeave && desk.leader != old)
        guard case .applied(_, .done) = desk.answer(1) else {
            Issue.record("\(String(describing: desk.answer(1)))")
            return
        }
        desk.submit(newAgent("b"), 2, at: old)
        desk.settle()
        #expect(desk.answer(2) == .refused(.shuttingDown))
    }

    @Test func `A new leader begins its epoch`() {
        var desk = Desk()
        let leader = desk.elect()
        #expect(desk[leader].state.routing.epoch == desk[leader].status.term.rawValue)
    }

    @Test func `Requests have bounds`() {
        var limits = Replica.Limits()
        limits.pendingRequests = 2
        limits.raft.entryBytes = 100
        var desk = Desk(limits: limits)
        for request in 1...3 { desk.submit(.advance, UInt64(request), at: 1) }
        desk.submit(newAgent(Text([UInt8](repeating: 97, count: 200))), 4, at: 1)
        desk.settle()
        #expect(desk.answer(3) == .refused(.overloaded) && desk.answer(4) == .refused(.tooLarge))
        #expect(desk.answer(1) == nil && desk.answer(2) == nil)
    }

    @Test func `An entry that this version can't read stops the node`() {
        var desk = Desk(1)
        desk.settle()
        _ = try! desk[1].raft.proposed([1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 250])
        desk.settle()
        guard case .unreadableEntry = desk.failures[NodeID(1)] else {
            Issue.record("\(String(describing: desk.failures[NodeID(1)]))")
            return
        }
        #expect(desk[1].takeEffects().persist == nil)
    }

    @Test func `A node with another digest than the two others stops; they go on`() {
        var desk = Desk()
        let leader = desk.elect()
        let wrong = desk.follower
        desk[wrong].mark.digest ^= 1
        desk.submit(newAgent("a"), 1, at: leader)
        desk.settle()
        desk.run(.milliseconds(100))
        guard case .diverged = desk.failures[NodeID(wrong)] else {
            Issue.record("\(desk.failures)")
            return
        }
        #expect(desk.failures.count == 1)
        #expect(
            desk.notices[NodeID(leader)]!.contains {
                if case .peerDiverged(NodeID(wrong), _) = $0 { true } else { false }
            })
        desk.submit(newAgent("b"), 2, at: leader)
        desk.settle()
        guard case .applied = desk.answer(2) else {
            Issue.record("the others stopped")
            return
        }
    }

    @Test func `Two that differ while the third is away take nothing`() {
        var desk = Desk()
        let leader = desk.elect()
        let third = desk.ids.last { $0.rawValue != leader }!
        desk.kill(third.rawValue)
        desk[desk.follower].mark.digest ^= 1
        desk.submit(newAgent("a"), 1, at: leader)
        desk.settle()
        desk.run(.milliseconds(100))
        desk.submit(newAgent("b"), 2, at: leader)
        desk.settle()
        #expect(desk.answer(2) == .refused(.diverged))
        #expect(desk[leader].status.isSuspended)
    }

    @Test func `With three different digests nobody stops, and nothing is taken`() {
        var desk = Desk()
        let leader = desk.elect()
        for (offset, id) in desk.ids.filter({ $0.rawValue != leader }).enumerated() {
            desk.nodes[id]!.mark.digest ^= UInt64(offset + 1)
        }
        desk.submit(newAgent("a"), 1, at: leader)
        desk.settle()
        desk.run(.milliseconds(100))
        #expect(desk.failures.isEmpty)
        #expect(desk[leader].status.isSuspended)
        #expect(
            desk.notices[NodeID(leader)]!.contains {
                if case .noMajorityAgrees = $0 { true } else { false }
            })
        desk.submit(newAgent("b"), 2, at: leader)
        desk.submit(newAgent("c"), 3, at: desk.follower)
        desk.settle()
        #expect(desk.answer(2) == .refused(.diverged) && desk.answer(3) == .refused(.diverged))
    }

    @Test func `A leader against whom the others agree stops; they go on`() {
        var desk = Desk()
        let leader = desk.elect()
        desk[leader].mark.digest ^= 1
        desk.submit(newAgent("a"), 1, at: leader)
        desk.settle()
        desk.run(.milliseconds(100))
        guard case .diverged = desk.failures[NodeID(leader)] else {
            Issue.record("\(desk.failures)")
            return
        }
        #expect(desk.failures.count == 1)
    }

    @Test func `A frame that can't be understood is told and dropped`() {
        var desk = Desk()
        desk[1].received([9, 9, 9], from: NodeID(2))
        desk.settle()
        #expect(desk.notices[NodeID(1)]?.count == 1)
    }

    @Test func `Time passes in the log when something is due, and not otherwise`() {
        let cookie = [UInt8](repeating: 1, count: 32)
        var desk = Desk()
        let leader = desk.elect()
        desk.submit(newAgent("a"), 1, at: leader)
        desk.settle()
        guard case .applied(_, .done(let id)) = desk.answer(1) else { return }
        desk.submit(
            .signIn(
                AgentID(id), tokenHash: cookie, idleMilliseconds: 500, absoluteMilliseconds: 500),
            2, at: leader)
        desk.settle()
        let before = desk[leader].mark.index
        desk.run(.milliseconds(400))
        #expect(desk[leader].mark.index == before)
        #expect(desk[leader].state.routing.signIn(tokenHash: cookie) != nil)
        desk.run(.milliseconds(200))
        #expect(desk[leader].state.routing.signIn(tokenHash: cookie) == nil)
        #expect(desk[leader].mark.index == before.next)
    }
}
