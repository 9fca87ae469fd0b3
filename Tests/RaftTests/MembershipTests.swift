import Testing

@testable import Raft

@Suite struct MembershipTests {
    private func add(_ id: UInt64) -> MembershipChange { .add(NodeID(id), address: [1]) }
    private func remove(_ id: UInt64) -> MembershipChange { .remove(NodeID(id)) }
    private func voters(_ raft: Raft) -> [UInt64] { raft.configuration.voters.map(\.rawValue) }
    private func manual() -> Raft.Limits {
        var limits = Raft.Limits()
        limits.promotesLearners = false
        return limits
    }

    @Test func `From one to three to five and back, with traffic`() throws {
        var net = Network([1])
        net.settle()
        for id in 2...5 as ClosedRange<UInt64> {
            net.join(id)
            net.propose(1, "before \(id)")
            try net.change(add(id), at: 1)
            net.propose(1, "with \(id)")
            net.run(.milliseconds(100))
            #expect(voters(net[1]) == Array(1...id) && net[1].configuration.learners.isEmpty)
            #expect(net[id].configuration == net[1].configuration)
            #expect(net.texts(id) == net.texts(1))
        }
        for id in [5, 2, 4, 3] as [UInt64] {
            try net.change(remove(id), at: 1)
            net.run(.milliseconds(50))
            #expect(net[id].isRemoved && !net[1].configuration.contains(NodeID(id)))
            net.propose(1, "without \(id)")
        }
        #expect(voters(net[1]) == [1] && net.leaders == [NodeID(1)])
        #expect(net.texts(1).count == 12)
        #expect(net[1].configuration.highestUsed == NodeID(5))
    }

    @Test func `A new member is a learner: it counts for nothing until it is near the tip`() throws
    {
        var limits = Raft.Limits()
        limits.promotionDistance = 3
        var net = Network([1], limits: limits)
        net.settle()
        for text in 0..<10 { net.propose(1, "\(text)") }
        net.join(2)
        net.isolated = [NodeID(2)]
        try net.change(add(2), at: 1)
        net.run(.milliseconds(500))
        #expect(net[1].configuration.learners == [NodeID(2)])
        net.propose(1, "a", "b", "c", "alone")
        #expect(net.texts(1).last == "alone")
        // Its answers say how far it is; four entries short is too far.
        net.isolated = []
        net.passes = { if case .append = $0.body { false } else { true } }
        net.run(.milliseconds(60))
        func told(_ index: UInt64) {
            net[1].received(
                Message(
                    from: NodeID(2), to: NodeID(1), term: net[1].term,
                    body: .appendReply(.matched(LogIndex(index), accepted: LogIndex(index)))))
            _ = net[1].takeEffects()
        }
        let last = net[1].lastIndex.rawValue
        told(last - 4)
        #expect(net[1].configuration.learners == [NodeID(2)])
        told(last - 3)
        #expect(voters(net[1]) == [1, 2])
    }

    @Test func `A learner becomes no voter before it holds the entry that made it a member`()
        throws
    {
        var net = Network([1])
        net.settle()
        for text in 0..<5 { net.propose(1, "\(text)") }
        net.join(2)
        net.isolated = [NodeID(2)]
        try net.change(add(2), at: 1)
        let added = net[1].configurationIndex.rawValue
        net.isolated = []
        net.passes = { if case .append = $0.body { false } else { true } }
        net.run(.milliseconds(60))
        for match in 1...added {
            #expect(voters(net[1]) == [1])
            net[1].received(
                Message(
                    from: NodeID(2), to: NodeID(1), term: net[1].term,
                    body: .appendReply(.matched(LogIndex(match), accepted: LogIndex(match)))))
            _ = net[1].takeEffects()
        }
        #expect(voters(net[1]) == [1, 2])
    }

    @Test func `One change at a time, and none before an entry of the own term is committed`()
        throws
    {
        var net = Network(limits: manual())
        net.elect(1)
        net.isolated = [NodeID(2), NodeID(3)]
        try net.change(add(4), at: 1)
        #expect(throws: MembershipRefused.changeInProgress) { try net.change(add(5), at: 1) }
        #expect(try net[1].membershipRequested(add(4)) == LogIndex(2), "asked again")
        net.isolated = []
        net.run(.milliseconds(60))
        try net.change(add(5), at: 1)
        #expect(net[1].configuration.learners == [NodeID(4), NodeID(5)])

        var fresh = Network(limits: manual())
        fresh.passes = { if case .append = $0.body { false } else { true } }
        fresh.elect(1)
        #expect(fresh[1].role == .leader)
        #expect(throws: MembershipRefused.notReady) { try fresh.change(add(4), at: 1) }
        #expect(throws: MembershipRefused.notLeader) { try fresh.change(add(4), at: 2) }
    }

    @Test(
        arguments: [
            (.add(NodeID(2), address: [9]), .alreadyMember),
            (.add(NodeID(3), address: []), .idWasUsed),
            (.add(NodeID(6), address: []), .badAddress),
            (.add(NodeID(6), address: [UInt8](repeating: 1, count: 256)), .badAddress),
            (.remove(NodeID(9)), .unknownMember),
        ] as [(MembershipChange, MembershipRefused)])
    func `A change that makes no sense is refused`(
        change: MembershipChange, why: MembershipRefused
    ) throws {
        var net = Network([1, 2, 4], limits: manual())
        net.elect(1)
        #expect(throws: why) { try net.change(change, at: 1) }
    }

    @Test func `Bounds of a configuration, at their edge`() throws {
        var net = Network([1], limits: manual())
        net.settle()
        let longest = [UInt8](repeating: 1, count: 255)
        for id in 2...16 as ClosedRange<UInt64> {
            try net.change(.add(NodeID(id), address: longest), at: 1)
        }
        #expect(throws: MembershipRefused.tooManyMembers) { try net.change(add(17), at: 1) }
        #expect(throws: MembershipRefused.lastVoter) { try net.change(remove(1), at: 1) }
        #expect(Configuration(encoded: net[1].configuration.encoded) == net[1].configuration)
    }

    @Test func `An id is never used again`() throws {
        var net = Network([1, 2, 3], limits: manual())
        net.elect(1)
        try net.change(remove(3), at: 1)
        #expect(throws: MembershipRefused.idWasUsed) { try net.change(add(3), at: 1) }
        _ = try net[1].membershipRequested(remove(3))
        #expect(net[1].configurationIndex == LogIndex(2), "what is so already begins nothing")
    }

    @Test func `A removal that would leave no living majority is refused`() throws {
        var net = Network()
        net.elect(1)
        net.isolated = [NodeID(3)]
        net.run(.milliseconds(200))
        #expect(throws: MembershipRefused.wouldLoseQuorum) { try net.change(remove(2), at: 1) }
        try net.change(remove(3), at: 1)
        #expect(voters(net[1]) == [1, 2] && net[1].commit == net[1].lastIndex)
    }

    @Test func `A configuration counts as soon as it is in the log`() throws {
        var net = Network([1, 2])
        net.elect(1)
        net.isolated = [NodeID(1)]
        _ = try net[1].membershipRequested(remove(2))
        // Alone it is the majority of the new configuration.
        net.settle()
        #expect(net[1].commit == net[1].lastIndex)
    }

    @Test func `A truncation brings back the configuration before`() throws {
        var net = Network([1, 2, 3], limits: manual())
        net.elect(1)
        net.isolated = [NodeID(1)]
        try net.change(add(4), at: 1)
        #expect(net[1].configuration.contains(NodeID(4)))
        net[2].linkClosed(to: NodeID(1))
        net[3].linkClosed(to: NodeID(1))
        net.settle()
        net.propose(2, "a")
        net.isolated = []
        net.run(.milliseconds(200))
        #expect(net[1].configuration == net.first && net[1].configurationIndex == .zero)
        #expect(net.texts(1) == ["a"])
    }

    @Test func `A restart finds the configurations again, and a truncation after it works`() throws
    {
        var net = Network([1, 2, 3], limits: manual())
        net.elect(1)
        try net.change(add(4), at: 1)
        net.isolated = [NodeID(1)]
        try net.change(add(5), at: 1)
        net.restart(1)
        #expect(net[1].configuration.learners == [NodeID(4), NodeID(5)])
        net.isolated = []
        net[2].linkClosed(to: NodeID(1))
        net[3].linkClosed(to: NodeID(1))
        net.isolated = [NodeID(1)]
        net.settle()
        net.propose(2, "a")
        net.isolated = []
        net.run(.milliseconds(300))
        #expect(net[1].configuration.learners == [NodeID(4)])
        #expect(net[1].configurationIndex == LogIndex(2))
    }

    @Test func `A leader that is removed does not count itself, tells the others and goes`() throws
    {
        var net = Network()
        net.elect(1)
        net.isolated = [NodeID(3)]
        try net.change(remove(1), at: 1)
        #expect(net[1].role == .leader && net[1].commit == LogIndex(1), "2 alone is no majority")
        net.isolated = []
        net.run(.milliseconds(60))
        #expect(net[1].role == .follower && net[1].isRemoved)
        #expect(net.leaders.count == 1 && net.leaders[0] != NodeID(1), "handed over, not waited")
        net.propose(net.leaders[0].rawValue, "a")
        #expect(net.texts(2) == ["a"] && net.texts(3) == ["a"])
        net.run(.seconds(1))
        #expect(net[1].role == .follower && net[1].takeEffects().isRemoved)
    }

    @Test func `A member whose removal is not committed stands if only it has the entry`() throws {
        // 1 was to be removed by itself and died; 2 has not got the entry and is behind 1.
        var net = Network([1, 2])
        net.elect(1)
        net.isolated = [NodeID(2)]
        try net.change(remove(1), at: 1)
        net.run(.milliseconds(400))
        #expect(net.leaders.isEmpty && !net[1].isRemoved)
        net.isolated = []
        net.run(.milliseconds(600))
        #expect(net.leaders == [NodeID(2)] && net[1].isRemoved)
        #expect(voters(net[2]) == [2] && net[2].configurationIndex == LogIndex(2))
    }

    @Test func `A candidate that is no voter any more does not count its own vote`() throws {
        var net = Network([1, 2, 3])
        net.elect(1)
        net.isolated = [NodeID(2), NodeID(3)]
        try net.change(remove(1), at: 1)
        net.run(.milliseconds(400))
        net.isolated = [NodeID(3)]
        net.run(.seconds(1))
        #expect(net.leaders.isEmpty, "2 alone is no majority of 2 and 3")
        net.isolated = []
        net.run(.seconds(1))
        // 2 and 3 could elect each other without it: then the removal is undone.
        #expect(net.leaders.count == 1)
        #expect(net[1].configuration == net[2].configuration || net[1].isRemoved)
        #expect(net[2].configuration == net[3].configuration)
    }

    @Test func `A removed member that was away is told when it asks, and disturbs nobody`() throws {
        var net = Network()
        net.elect(1)
        net.isolated = [NodeID(3)]
        try net.change(remove(3), at: 1)
        net.run(.seconds(6))
        #expect(net[3].role == .preCandidate && !net[3].isRemoved)
        let term = net[1].term
        net.isolated = []
        net.run(.seconds(1))
        #expect(net[3].isRemoved && net[3].role == .follower)
        #expect(net.leaders == [NodeID(1)] && net[1].term == term)
        net.sent = []
        net.run(.seconds(1))
        #expect(!net.sent.contains { $0.from == NodeID(3) })
    }

    @Test func `Not even a removed member's votes and terms count`() throws {
        var net = Network()
        net.elect(1)
        try net.change(remove(3), at: 1)
        let term = net[2].term
        net[2].received(
            Message(
                from: NodeID(3), to: NodeID(2), term: Term(99),
                body: .vote(log: at(99, 99), isTransfer: true)))
        #expect(net[2].term == term)
        #expect(net[2].takeEffects().send.map(\.body) == [.removed(index: LogIndex(2))])
    }

    @Test func `A voter whose configuration is old votes for a candidate that it does not know`() {
        var raft = Network()[1]
        raft.received(
            Message(
                from: NodeID(9), to: NodeID(1), term: Term(5),
                body: .vote(log: at(3, 1), isTransfer: false)))
        raft.persisted(id: raft.takeEffects().persist!.id)
        #expect(raft.takeEffects().send.map(\.body) == [.voteReply(.granted)])
        raft.received(
            Message(
                from: NodeID(9), to: NodeID(1), term: Term(5),
                body: .append(.init(previous: .zero, entries: [entry(1, 5)], commit: .zero))))
        #expect(raft.leader == NodeID(9) && raft.lastIndex == LogIndex(1))
    }

    @Test
    func `A node that joins waits, follows whoever leads, and does not take itself for removed`()
        throws
    {
        var net = Network(limits: manual())
        net.elect(1)
        try net.change(add(4), at: 1)
        try net.change(remove(3), at: 1)
        net.join(6)
        net.run(.seconds(1))
        #expect(net[6].role == .follower && net[6].takeEffects().nextDeadline == nil)
        try net.change(add(6), at: 1)
        net.run(.milliseconds(100))
        #expect(net[6].configuration == net[1].configuration && !net[6].isRemoved)
        #expect(net[6].leader == NodeID(1))
    }

    @Test func `A node that knows of no member yet has no vote to give`() {
        // A voter whose directory was emptied comes back like this: it has forgotten what it
        // acknowledged, and its vote could elect a leader that never had it.
        var net = Network(limits: manual())
        net.join(4)
        for body in [
            .preVote(proposed: Term(9), log: at(3, 1)),
            .vote(log: at(3, 1), isTransfer: false), .vote(log: at(3, 1), isTransfer: true),
        ] as [Message.Body] {
            net[4].received(Message(from: NodeID(1), to: NodeID(4), term: Term(8), body: body))
            let effects = net[4].takeEffects()
            #expect(effects.send.isEmpty && effects.persist == nil)
        }
        #expect(net[4].term == .zero && net[4].votedFor == nil)
    }

    @Test func `A leader that is removed knows it also when another deposes it at that moment`()
        throws
    {
        var net = Network(limits: manual())
        net.elect(1)
        // In one turn the removal is committed and a later term heard of.
        net.isolated = [NodeID(1)]
        try net.change(remove(1), at: 1)
        let (term, last) = (net[1].term, net[1].lastIndex)
        for id in [2, 3] as [UInt64] {
            net[1].received(
                Message(
                    from: NodeID(id), to: NodeID(1), term: term,
                    body: .appendReply(.matched(last, accepted: last))))
        }
        net[1].received(
            Message(from: NodeID(2), to: NodeID(1), term: term.next, body: .voteReply(.refused)))
        #expect(net[1].role == .follower && net[1].takeEffects().isRemoved)
    }

    @Test func `A configuration that does not read is not taken`() {
        var raft = Network()[2]
        let bad = Entry(index: LogIndex(1), term: Term(1), kind: .configuration, payload: [9])
        raft.received(
            Message(
                from: NodeID(1), to: NodeID(2), term: Term(1),
                body: .append(.init(previous: .zero, entries: [bad], commit: .zero))))
        #expect(raft.lastIndex == .zero)
    }

    @Test func `What can be handed over, and to whom`() throws {
        var net = Network([1, 2, 3], limits: manual())
        net.elect(1)
        try net.change(add(4), at: 1)
        #expect(net[2].transferRequested(to: nil) == .notLeader)
        #expect(net[1].transferRequested(to: NodeID(4)) == .notVoter)
        #expect(net[1].transferRequested(to: NodeID(1)) == nil && !net[1].isTransferring)
        net.isolated = [NodeID(3)]
        net.run(.milliseconds(200))
        #expect(net[1].transferRequested(to: NodeID(3)) == .unreachable)
        #expect(net[1].transferRequested(to: NodeID(2)) == nil)
        #expect(throws: MembershipRefused.notReady) { try net[1].membershipRequested(add(5)) }
        #expect(net[1].transferRequested(to: nil) == nil, "it is under way")
        net.settle()
        #expect(net.leaders == [NodeID(2)])
        var alone = Network([1])
        alone.settle()
        #expect(alone[1].transferRequested(to: nil) == .unreachable)
    }
}
