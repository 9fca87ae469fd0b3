import Testing

@testable import Raft

/// Sections 6 and 7 of the Raft paper, a test for each rule that applies: members change one at a
/// time here (dissertation, chapter 4), so that there is no joint configuration.
@Suite struct PaperMembershipTests {
    private func manual() -> Raft.Limits {
        var limits = Raft.Limits()
        limits.promotesLearners = false
        return limits
    }

    // MARK: 6

    @Test func `6 A configuration counts from the moment it is in the log`() throws {
        var net = Network(limits: manual())
        net.elect(1)
        net.isolated = [NodeID(2), NodeID(3)]
        try net.change(.add(NodeID(4), address: [1]), at: 1)
        #expect(net[1].configuration.learners == [NodeID(4)] && net[1].commit < LogIndex(2))
    }

    @Test func `6 Majorities before and after a change overlap: one member at a time`() throws {
        var net = Network(limits: manual())
        net.elect(1)
        net.isolated = [NodeID(2), NodeID(3)]
        try net.change(.add(NodeID(4), address: [1]), at: 1)
        #expect(throws: MembershipRefused.changeInProgress) {
            try net.change(.add(NodeID(5), address: [1]), at: 1)
        }
    }

    @Test func `6 A new member gets the log before it votes`() throws {
        var net = Network([1], limits: manual())
        net.settle()
        net.join(2)
        try net.change(.add(NodeID(2), address: [1]), at: 1)
        net.isolated = [NodeID(2)]
        net.propose(1, "a")
        #expect(net.texts(1) == ["a"], "no majority is needed of it")
        net[2].timeAdvanced(to: net.now.advanced(by: .seconds(9)))
        #expect(net[2].role == .follower, "and it stands in no election")
    }

    @Test func `6 A leader that is not in the new configuration goes once it is committed`() throws
    {
        var net = Network(limits: manual())
        net.elect(1)
        net.slowDisks = [NodeID(2), NodeID(3)]
        try net.change(.remove(NodeID(1)), at: 1)
        #expect(net[1].role == .leader && net[1].commit < net[1].lastIndex, "it does not count")
        net.slowDisks = []
        for id in [2, 3] as [UInt64] { net.flush(NodeID(id)) }
        net.run(.seconds(1))
        #expect(net[1].role == .follower && net.leaders.count == 1)
        #expect(net.leaders != [NodeID(1)])
    }

    @Test func `6 Whoever hears a leader helps nobody to replace it`() {
        var net = Network()
        net.elect(1)
        let term = net[2].term
        for body in [
            .vote(log: at(9, 9), isTransfer: false), .preVote(proposed: Term(9), log: at(9, 9)),
        ] as [Message.Body] {
            net[2].received(Message(from: NodeID(3), to: NodeID(2), term: Term(9), body: body))
        }
        net.settle()
        #expect(net[2].term == term && net[2].leader == NodeID(1) && net.leaders == [NodeID(1)])
    }

    @Test func `6 A removed member disturbs nobody`() throws {
        var net = Network(limits: manual())
        net.elect(1)
        // It never hears that it was removed.
        net.passes = { $0.to != NodeID(3) }
        try net.change(.remove(NodeID(3)), at: 1)
        let term = net[1].term
        net.run(.seconds(2))
        #expect(net.leaders == [NodeID(1)] && net[1].term == term)
    }

    // MARK: 7

    @Test func `7 Each member cuts its own log, and only what it has applied`() {
        var net = Network()
        net.elect(1)
        net.propose(1, "a", "b", "c")
        net.cut(2, through: 3)
        #expect(net[2].basePosition == at(3, 1) && net[1].basePosition == .zero)
        net.propose(1, "d")
        #expect(net.texts(2) == ["a", "b", "c", "d"])
    }

    @Test func `7 Index and term of the last entry cut stay, for the entry that follows`() {
        var net = Network()
        net.elect(1)
        net.propose(1, "a")
        net.cut(2, through: 2)
        #expect(net[2].term(at: LogIndex(2)) == net[1].term && net[2].lastPosition == at(2, 1))
        net.restart(2, applied: LogIndex(2))
        net.propose(1, "b")
        net.run(.milliseconds(100))
        #expect(net[2].lastPosition == net[1].lastPosition)
    }

    @Test func `7 A follower whose next entry is gone gets a snapshot, and then the rest`() {
        var net = Network()
        net.elect(1)
        net.isolated = [NodeID(3)]
        net[1].linkClosed(to: NodeID(3))
        net.propose(1, "a", "b", "c")
        net.cut(1, through: 3)
        net.isolated = []
        net[1].linkOpened(to: NodeID(3))
        net.settle()
        #expect(net.snapshotsWanted[NodeID(1)] == [NodeID(3)])
        net.install(from: 1, to: 3, through: 3)
        net[1].snapshotSent(to: NodeID(3), index: LogIndex(3))
        net.settle()
        net.run(.milliseconds(100))
        #expect(net.texts(3) == ["a", "b", "c"] && net[3].basePosition == at(3, 1))
    }

    @Test func `7 A snapshot of what is there already changes nothing`() {
        var net = Network()
        net.elect(1)
        net.propose(1, "a", "b")
        #expect(!net[2].needsSnapshot(through: LogIndex(2), term: Term(1)))
        #expect(net[2].needsSnapshot(through: LogIndex(9), term: Term(1)))
    }
}
