import Testing

@testable import Raft

@Suite struct StartTests {
    private func start(_ stored: StoredLog, applied: UInt64) throws(Fence) -> Raft {
        try Raft(
            id: NodeID(1), configuration: Configuration(voters: [NodeID(1), NodeID(2)]),
            stored: stored, applied: LogIndex(applied), limits: .init(), seed: 1,
            now: Instant(nanoseconds: 0))
    }

    @Test func `A state ahead of its log means a lost end: no start`() {
        #expect(throws: Fence.appliedBeyondLog(applied: LogIndex(3), last: LogIndex(2))) {
            try start(stored([1, 1], term: 1), applied: 3)
        }
    }

    @Test func `The loaded tail must reach back to the applied index`() throws {
        var log = stored([1, 1, 1, 1], term: 1)
        log.tail.removeFirst(2)
        #expect(throws: Fence.tailTooShort(applied: LogIndex(2), tailStart: LogIndex(3))) {
            try start(log, applied: 2)
        }
        _ = try start(log, applied: 3)
    }

    @Test func `The configuration in the log beats the given one`() throws {
        var log = stored([1], term: 1)
        let members = Configuration(voters: [NodeID(3), NodeID(1), NodeID(2)])
        log.configuration = (LogIndex(1), members)
        #expect(try start(log, applied: 0).configuration == members)
    }

    @Test func `A member is fenced when the leader remembers more than it holds`() {
        var net = Network()
        net.elect(1)
        net.propose(1, "a", "b")
        net.disks[NodeID(2)]!.entries.removeLast()
        net.restart(2)
        net.run(.milliseconds(50))
        #expect(
            net.fences[NodeID(2)]
                == .leaderRemembersMore(remembered: LogIndex(3), last: LogIndex(2)))
        #expect(net[2].takeEffects().nextDeadline == nil)
    }

    @Test func `What the leader heard of as durable counts, committed or not`() {
        var net = Network([1, 2, 3, 4, 5])
        net.elect(1)
        net.isolated = [3, 4, 5].reduce(into: []) { $0.insert(NodeID($1)) }
        net.propose(1, "a")
        #expect(net[1].commit == LogIndex(1) && net[1].members[1].match == LogIndex(2))
        net.disks[NodeID(2)]!.entries.removeLast()
        net.restart(2)
        net.run(.milliseconds(50))
        #expect(
            net.fences[NodeID(2)]
                == .leaderRemembersMore(remembered: LogIndex(2), last: LogIndex(1)))
        // It takes part in nothing any more.
        net[2].received(
            Message(
                from: NodeID(3), to: NodeID(2), term: Term(9),
                body: .vote(log: at(9, 9), isTransfer: true)))
        #expect(net[2].term < Term(9) && net[2].takeEffects().send.isEmpty)
    }

    @Test func `A write of an older candidacy that is done late releases nothing`() {
        var net = Network()
        net.slowDisks = [NodeID(2)]
        net[2].received(
            Message(
                from: NodeID(1), to: NodeID(2), term: Term(1),
                body: .vote(log: .zero, isTransfer: false)))
        let first = net[2].takeEffects().persist!
        net[2].received(
            Message(
                from: NodeID(3), to: NodeID(2), term: Term(2),
                body: .vote(log: .zero, isTransfer: false)))
        let second = net[2].takeEffects().persist!
        net[2].persisted(id: first.id)
        #expect(net[2].takeEffects().send.isEmpty)
        net[2].persisted(id: second.id)
        let sent = net[2].takeEffects().send
        #expect(sent.map(\.to) == [NodeID(3)] && sent.map(\.body) == [.voteReply(.granted)])
        net[2].persisted(id: 99)
        net[2].checkInvariants()
    }

    @Test func `A stale completion does not acknowledge replaced entries`() {
        var raft = Network()[2]
        func append(_ from: UInt64, _ term: UInt64, _ entry: Entry) -> Message {
            Message(
                from: NodeID(from), to: NodeID(2), term: Term(term),
                body: .append(.init(previous: .zero, entries: [entry], commit: .zero)))
        }
        raft.received(append(1, 1, entry(1, 1, "old")))
        let first = raft.takeEffects().persist!
        raft.received(append(3, 2, entry(1, 2, "new")))
        let second = raft.takeEffects().persist!
        #expect(second.truncateFrom == LogIndex(1))
        raft.persisted(id: first.id)
        #expect(raft.durableIndex == .zero)
        #expect(raft.takeEffects().send.isEmpty)
        raft.persisted(id: second.id)
        #expect(
            raft.takeEffects().send.map(\.body) == [
                .appendReply(.matched(LogIndex(1), accepted: LogIndex(1)))
            ])
    }
}

@Suite struct ReadTests {
    @Test func `A read is ready after a majority answered a broadcast that left after it`() {
        var net = Network()
        net.elect(1)
        net.propose(1, "a")
        net[1].readRequested(id: 5)
        net.settle()
        #expect(net.reads[NodeID(1)] == [Raft.ReadReady(id: 5, index: LogIndex(2))])
    }

    @Test func `Reads of one turn share one broadcast`() {
        var net = Network()
        net.elect(1)
        net.sent = []
        for id in 1...10 { net[1].readRequested(id: UInt64(id)) }
        net.settle()
        #expect(net.reads[NodeID(1)]!.count == 10)
        let broadcasts = net.sent.filter {
            if case .heartbeat = $0.body { true } else { false }
        }
        #expect(broadcasts.count == 2)
    }

    @Test func `An answer to an older broadcast confirms nothing`() {
        var net = Network()
        net.elect(1)
        net.run(.milliseconds(100))
        let round = net[1].round
        net[1].readRequested(id: 5)
        _ = net[1].takeEffects()
        net[1].received(
            Message(
                from: NodeID(2), to: NodeID(1), term: net[1].term,
                body: .heartbeatReply(
                    round: round, match: LogIndex(1), accepted: LogIndex(1))))
        #expect(net[1].takeEffects().reads.isEmpty)
    }

    @Test func `A new leader serves no read before an entry of its own term is committed`() {
        var net = Network()
        net.passes = { if case .append = $0.body { false } else { true } }
        net.elect(1)
        net[1].readRequested(id: 5)
        net.settle()
        #expect(net[1].role == .leader && net.reads[NodeID(1)] == [])
        net.passes = { _ in true }
        net.run(.milliseconds(40))
        #expect(net.reads[NodeID(1)] == [Raft.ReadReady(id: 5, index: LogIndex(1))])
    }

    @Test func `A leader that is cut off serves no read, and says so when it steps down`() {
        var net = Network()
        net.elect(1)
        net.isolated = [NodeID(1)]
        net[1].readRequested(id: 5)
        net.run(.milliseconds(300))
        #expect(net.reads[NodeID(1)] == [] && net.failedReads[NodeID(1)] == [5])
    }

    @Test func `A follower refuses a read`() {
        var net = Network()
        net.elect(1)
        net[2].readRequested(id: 5)
        #expect(net[2].takeEffects().failedReads == [5])
    }

    @Test func `A cluster of one reads at once`() {
        var net = Network([1])
        net.settle()
        net[1].readRequested(id: 5)
        #expect(net[1].takeEffects().reads == [Raft.ReadReady(id: 5, index: LogIndex(1))])
    }
}

@Suite struct HandoverTests {
    @Test func `The leadership is handed over at once, inside every lease`() {
        var net = Network()
        net.elect(1)
        net[1].transferRequested(to: NodeID(3))
        net.settle()
        #expect(net.leaders == [NodeID(3)])
        #expect(net[1].leader == NodeID(3) && net[2].leader == NodeID(3))
    }

    @Test func `Without a name the one that is furthest takes over`() {
        var net = Network()
        net.elect(1)
        net.isolated = [NodeID(2)]
        net.propose(1, "a")
        net[1].transferRequested(to: nil)
        net.settle()
        #expect(net.leaders == [NodeID(3)])
    }

    @Test func `The successor is brought up to date first, and nothing is proposed meanwhile`() {
        var net = Network()
        net.elect(1)
        net.slowDisks = [NodeID(3)]
        net.propose(1, "a")
        net[1].transferRequested(to: NodeID(3))
        net.settle()
        #expect(net.leaders == [NodeID(1)])
        #expect(throws: ProposalRefused.transferring) { try net[1].proposed([]) }
        net.slowDisks = []
        net.flush(NodeID(3))
        net.settle()
        #expect(net.leaders == [NodeID(3)])
    }

    @Test func `A hand-over that is not taken is given up after an election timeout`() {
        var net = Network()
        net.elect(1)
        net.passes = { if case .timeoutNow = $0.body { false } else { true } }
        net[1].transferRequested(to: NodeID(3))
        net.run(.milliseconds(100))
        #expect(net[1].isTransferring)
        net.run(.milliseconds(60))
        #expect(!net[1].isTransferring)
        net.propose(1, "a")
        #expect(net.texts(2) == ["a"])
    }

    @Test func `Only the leader can ask a member to stand`() {
        var net = Network()
        net.elect(1)
        net[3].received(
            Message(from: NodeID(2), to: NodeID(3), term: net[3].term, body: .timeoutNow))
        net.settle()
        #expect(net.leaders == [NodeID(1)])
    }
}
