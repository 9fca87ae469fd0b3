import Testing

@testable import Raft

/// Sections 5.1 and 5.2 of the Raft paper, a test for each rule, in our own words.
@Suite struct PaperElectionTests {
    /// Member 1 of three in a term, whose leader, if any, is not heard any more.
    private func member(term: UInt64, log: [UInt64] = []) -> Raft {
        Network.start(
            NodeID(1), Configuration(voters: [NodeID(1), NodeID(2), NodeID(3)]),
            stored(log, term: term), limits: .init(), now: Instant(nanoseconds: 0))
    }
    private func from(_ sender: UInt64, _ term: UInt64, _ body: Message.Body) -> Message {
        Message(from: NodeID(sender), to: NodeID(1), term: Term(term), body: body)
    }
    private func emptyAppend() -> Message.Body {
        .append(.init(previous: .zero, entries: [], commit: .zero, isProbe: true))
    }
    /// Makes member 1 stand in the next term, and makes that durable.
    private func candidate(term: UInt64, log: [UInt64] = []) -> Raft {
        var raft = member(term: term - 1, log: log)
        raft.standForElection(isTransfer: false)
        raft.persisted(id: raft.takeEffects().persist!.id)
        _ = raft.takeEffects()
        return raft
    }

    // MARK: 5.1

    static let newer: [Message.Body] = [
        .append(.init(previous: .zero, entries: [], commit: .zero)),
        .heartbeat(commit: .zero, match: .zero, round: 1),
        .vote(log: .zero, isTransfer: false), .voteReply(.refused),
        .appendReply(.matched(.zero, accepted: .zero)),
        .heartbeatReply(round: 0, match: .zero, accepted: .zero),
    ]

    @Test(arguments: newer)
    func `5.1 Whoever hears of a newer term enters it, as a follower`(body: Message.Body) {
        for isLeader in [false, true] {
            var raft = candidate(term: 2)
            if isLeader { raft.received(from(2, 2, .voteReply(.granted))) }
            // A leader's lease keeps votes away, as section 6 demands; it ends with the leader.
            if isLeader, case .vote = body { continue }
            raft.received(from(3, 5, body))
            #expect(raft.term == Term(5) && raft.role == .follower && raft.votedFor != NodeID(1))
            let effects = raft.takeEffects()
            #expect(effects.persist?.hardState?.term == Term(5), "and does not forget it")
        }
    }

    @Test func `5.1 A message of an older term changes nothing, and its sender is told`() {
        var raft = member(term: 4)
        raft.received(
            from(
                2, 3, .append(.init(previous: .zero, entries: [entry(1, 3, "x")], commit: .zero))))
        #expect(raft.lastIndex == .zero && raft.leader == nil && raft.term == Term(4))
        let told = raft.takeEffects().send
        #expect(told.map(\.term) == [Term(4)] && told.map(\.to) == [NodeID(2)])
    }

    @Test func `5.1 A vote request of an older term is refused`() {
        var raft = member(term: 4)
        raft.received(from(2, 3, .vote(log: at(9, 3), isTransfer: false)))
        #expect(raft.takeEffects().send.map(\.body) == [.voteReply(.refused)])
        #expect(raft.votedFor == nil)
    }

    @Test func `5.1 Terms never go back, also over a restart`() {
        var net = Network()
        net.elect(1)
        net.elect(2)
        let term = net[2].term
        for id in 1...3 as ClosedRange<UInt64> {
            net.restart(id)
            #expect(net[id].term == term)
        }
    }

    // MARK: 5.2

    @Test func `5.2 A follower stays one as long as it hears a leader`() {
        var net = Network()
        net.elect(1)
        let term = net[1].term
        net.run(.seconds(2))
        #expect(net.leaders == [NodeID(1)] && net.ids.allSatisfy { net.members[$0]!.term == term })
    }

    @Test func `5.2 A leader speaks regularly, also without entries`() {
        var net = Network()
        net.elect(1)
        net.sent = []
        net.run(.milliseconds(300))
        let beats = net.sent.filter {
            if case .heartbeat = $0.body { return $0.to == NodeID(2) }
            return false
        }
        #expect(beats.count >= 9)
    }

    @Test func `5.2 A follower that hears nothing for its timeout seeks election, not before`() {
        var raft = member(term: 1)
        let deadline = raft.electionDeadline
        raft.timeAdvanced(to: Instant(nanoseconds: deadline.nanoseconds - 1))
        #expect(raft.role == .follower && raft.takeEffects().send.isEmpty)
        raft.timeAdvanced(to: deadline)
        #expect(raft.role == .preCandidate && raft.takeEffects().send.count == 2)
    }

    @Test func `5.2 Standing means the next term, a vote for oneself, and asking all others`() {
        var raft = member(term: 3, log: [1, 2])
        raft.standForElection(isTransfer: false)
        let effects = raft.takeEffects()
        #expect(effects.persist?.hardState == HardState(term: Term(4), votedFor: NodeID(1)))
        raft.persisted(id: effects.persist!.id)
        let asked = raft.takeEffects().send
        #expect(asked.map(\.to) == [NodeID(2), NodeID(3)])
        #expect(asked.allSatisfy { $0.body == .vote(log: at(2, 2), isTransfer: false) })
    }

    @Test(arguments: [
        (1, 0, true), (3, 0, false), (3, 1, true), (5, 1, false), (5, 2, true), (4, 1, false),
        (4, 2, true), (2, 0, false), (2, 1, true),
    ])
    func `5.2 A majority of all members elects, one less does not`(
        members: UInt64, others: UInt64, isElected: Bool
    ) {
        var raft = Network.start(
            NodeID(1), Configuration(voters: (1...members).map { NodeID($0) }), stored([], term: 0),
            limits: .init(), now: Instant(nanoseconds: 0))
        if members > 1 { raft.standForElection(isTransfer: false) }
        raft.persisted(id: raft.takeEffects().persist!.id)
        for voter in 0..<others {
            raft.received(from(voter + 2, 1, .voteReply(.granted)))
            // The same vote twice is one vote.
            raft.received(from(voter + 2, 1, .voteReply(.granted)))
        }
        #expect((raft.role == .leader) == isElected)
    }

    @Test func `5.2 One vote in a term, for the first who asks; the same one may ask again`() {
        var raft = member(term: 0)
        for candidate in [2, 3, 2] as [UInt64] {
            raft.received(from(candidate, 1, .vote(log: .zero, isTransfer: false)))
        }
        raft.persisted(id: raft.takeEffects().persist!.id)
        #expect(
            raft.takeEffects().send.map(\.body) == [
                .voteReply(.granted), .voteReply(.refused), .voteReply(.granted),
            ])
    }

    @Test func `5.2 The winner tells everybody at once, which ends other candidacies`() {
        var raft = candidate(term: 1)
        raft.received(from(2, 1, .voteReply(.granted)))
        let told = raft.takeEffects().send
        #expect(Set(told.map(\.to)) == [NodeID(2), NodeID(3)])
        var other = candidate(term: 1)
        other.received(from(2, 1, emptyAppend()))
        #expect(other.role == .follower && other.leader == NodeID(2))
    }

    @Test func `5.2 A candidate ignores a leader of an older term`() {
        var raft = candidate(term: 3)
        raft.received(from(2, 2, emptyAppend()))
        #expect(raft.role == .candidate && raft.term == Term(3))
    }

    @Test func `5.2 A split vote elects nobody, and a later term is tried`() {
        var raft = candidate(term: 1)
        raft.received(from(2, 1, .voteReply(.refused)))
        raft.received(from(3, 1, .voteReply(.refused)))
        #expect(raft.role != .leader)
        var net = Network([1, 2, 3, 4])
        // Nobody's question arrives in the first term, as if all had voted for themselves.
        net.passes = { !($0.term == Term(1) && $0.body == .vote(log: .zero, isTransfer: false)) }
        net.run(.seconds(3))
        #expect(net.leaders.count == 1 && net.members[net.leaders[0]]!.term > Term(1))
    }

    @Test func `5.2 Timeouts are spread at random over an interval, anew each time`() {
        var seen: Set<Int64> = []
        let timeout = Raft.Limits().electionTimeout
        for seed in 0..<100 as Range<UInt64> {
            let raft = try! Raft(
                id: NodeID(1), configuration: Configuration(voters: [NodeID(1), NodeID(2)]),
                stored: stored([], term: 0), applied: .zero, limits: .init(), seed: seed,
                now: Instant(nanoseconds: 0))
            let patience = raft.electionDeadline.since(Instant(nanoseconds: 0))
            #expect(patience >= timeout && patience < timeout * 2)
            seen.insert(raft.electionDeadline.nanoseconds)
        }
        #expect(seen.count > 90)
    }

    @Test func `5.6 Heartbeats are much more frequent than elections`() {
        let limits = Raft.Limits()
        #expect(limits.heartbeatInterval * 4 < limits.electionTimeout)
    }
}
