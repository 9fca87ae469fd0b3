import Testing

@testable import Raft

@Suite struct ElectionTests {
    @Test func `Members start as followers without a leader`() {
        let net = Network()
        for id in net.ids {
            #expect(net.members[id]!.role == .follower)
            #expect(net.members[id]!.leader == nil)
        }
    }

    @Test func `One leader is elected, and all know it`() {
        var net = Network()
        net.run(.milliseconds(600))
        #expect(net.leaders.count == 1)
        for id in net.ids { #expect(net.members[id]!.leader == net.leaders[0]) }
    }

    @Test func `A candidacy, step by step`() {
        var raft = Network()[1]
        #expect(raft.takeEffects().send.isEmpty)
        raft.timeAdvanced(to: Instant(nanoseconds: 300_000_000))
        // Pre-vote: asked in the next term, which is not entered.
        #expect(raft.role == .preCandidate && raft.term == .zero)
        let asked = raft.takeEffects()
        #expect(asked.persist == nil)
        #expect(
            asked.send.map(\.body) == [
                .preVote(proposed: Term(1), log: .zero), .preVote(proposed: Term(1), log: .zero),
            ])
        raft.received(
            Message(
                from: NodeID(2), to: NodeID(1), term: .zero,
                body: .preVoteReply(proposed: Term(1), .granted)))
        // Vote: nothing is said before term and vote are durable.
        #expect(raft.role == .candidate && raft.term == Term(1) && raft.votedFor == NodeID(1))
        let stood = raft.takeEffects()
        #expect(stood.send.isEmpty)
        #expect(stood.persist?.hardState == HardState(term: Term(1), votedFor: NodeID(1)))
        raft.persisted(id: stood.persist!.id)
        #expect(
            raft.takeEffects().send.map(\.body) == [
                .vote(log: .zero, isTransfer: false), .vote(log: .zero, isTransfer: false),
            ])
        raft.received(
            Message(from: NodeID(3), to: NodeID(1), term: Term(1), body: .voteReply(.granted)))
        // Office: an entry of its own goes out before it is durable here.
        #expect(raft.role == .leader)
        let led = raft.takeEffects()
        #expect(led.persist?.entries == [entry(1, 1)])
        #expect(
            led.send.filter { $0.to == NodeID(2) }.map(\.body) == [
                .heartbeat(commit: .zero, match: .zero, round: 1),
                .append(
                    .init(previous: .zero, entries: [entry(1, 1)], commit: .zero, isProbe: true)),
            ])
        #expect(led.change == Raft.RoleChange(role: .leader, term: Term(1), leader: NodeID(1)))
        raft.checkInvariants()
    }

    @Test func `A vote is given once in a term, to the first who asks, and only when durable`() {
        var raft = Network()[1]
        func ask(_ id: UInt64) -> Message {
            Message(
                from: NodeID(id), to: NodeID(1), term: Term(1),
                body: .vote(log: .zero, isTransfer: false))
        }
        raft.received(ask(2))
        raft.received(ask(3))
        let effects = raft.takeEffects()
        #expect(effects.send.isEmpty)
        #expect(effects.persist?.hardState == HardState(term: Term(1), votedFor: NodeID(2)))
        raft.persisted(id: effects.persist!.id)
        #expect(
            raft.takeEffects().send == [
                Message(
                    from: NodeID(1), to: NodeID(2), term: Term(1), body: .voteReply(.granted)),
                Message(
                    from: NodeID(1), to: NodeID(3), term: Term(1), body: .voteReply(.refused)),
            ])
    }

    @Test func `A vote survives a crash`() {
        var net = Network()
        net[1].received(
            Message(
                from: NodeID(2), to: NodeID(1), term: Term(1),
                body: .vote(log: .zero, isTransfer: false)))
        net.collect(NodeID(1))
        net.restart(1)
        #expect(net[1].votedFor == NodeID(2))
        net[1].received(
            Message(
                from: NodeID(3), to: NodeID(1), term: Term(1),
                body: .vote(log: .zero, isTransfer: false)))
        net.collect(NodeID(1))
        #expect(net.queue.last?.body == .voteReply(.refused))
    }

    @Test(
        arguments: [
            ([1, 1], at(2, 1), true), ([1, 1], at(3, 1), true), ([1, 1], at(1, 1), false),
            ([1, 1], at(1, 2), true), ([1, 2], at(9, 1), false), ([], at(0, 0), true),
        ] as [([UInt64], LogPosition, Bool)])
    func `A vote needs a log at least as up to date`(
        terms: [UInt64], candidate: LogPosition, granted: Bool
    ) {
        for isPreVote in [true, false] {
            var raft = Network.start(
                NodeID(1), Configuration(voters: [NodeID(1), NodeID(2), NodeID(3)]),
                stored(terms, term: 2), limits: .init(), now: Instant(nanoseconds: 0))
            raft.received(
                Message(
                    from: NodeID(2), to: NodeID(1), term: Term(isPreVote ? 2 : 3),
                    body: isPreVote
                        ? .preVote(proposed: Term(3), log: candidate)
                        : .vote(log: candidate, isTransfer: false)))
            let effects = raft.takeEffects()
            if let persist = effects.persist { raft.persisted(id: persist.id) }
            let reply: Message.VoteReply = granted ? .granted : .refused
            #expect(
                (effects.send + raft.takeEffects().send).first?.body
                    == (isPreVote ? .preVoteReply(proposed: Term(3), reply) : .voteReply(reply)))
        }
    }

    @Test func `A pre-vote changes neither term nor vote`() {
        var raft = Network()[1]
        raft.received(
            Message(
                from: NodeID(2), to: NodeID(1), term: Term(41),
                body: .preVote(proposed: Term(42), log: .zero)))
        #expect(raft.term == .zero && raft.votedFor == nil)
        let effects = raft.takeEffects()
        #expect(effects.persist == nil)
        #expect(effects.send.first?.body == .preVoteReply(proposed: Term(42), .granted))
    }

    @Test func `A pre-vote of an older term is answered with the term that it lacks`() {
        var net = Network()
        net.elect(1)
        let term = net[1].term
        net.restart(2)
        net[2].received(
            Message(
                from: NodeID(3), to: NodeID(2), term: .zero,
                body: .preVote(proposed: Term(1), log: .zero)))
        let reply = net[2].takeEffects().send.first
        #expect(reply?.term == term)
        #expect(reply?.body == .preVoteReply(proposed: Term(1), .refused))
        var behind = Network()[3]
        behind.timeAdvanced(to: Instant(nanoseconds: 300_000_000))
        behind.received(reply!)
        #expect(behind.term == term && behind.role == .follower)
    }

    @Test func `A member that was cut off does not depose a leader that works`() {
        var net = Network()
        net.elect(1)
        let term = net[1].term
        net.isolated = [NodeID(3)]
        net.run(.seconds(2))
        net.isolated = []
        net.run(.seconds(1))
        #expect(net.leaders == [NodeID(1)])
        #expect(net[1].term == term && net[3].term == term && net[3].leader == NodeID(1))
    }

    @Test func `A vote request inside a living leader's lease is not looked at`() {
        var net = Network()
        net.elect(1)
        net.sent = []
        let request = Message(
            from: NodeID(3), to: NodeID(2), term: Term(9),
            body: .vote(log: at(9, 9), isTransfer: false))
        net[2].received(request)
        net[1].received(
            Message(from: NodeID(3), to: NodeID(1), term: Term(9), body: request.body))
        net.settle()
        #expect(net[2].term == net[1].term && net.leaders == [NodeID(1)])
        #expect(net.sent.isEmpty)
    }

    @Test func `A leader that hears no majority for an election timeout steps down`() {
        var net = Network()
        net.elect(1)
        net.isolated = [NodeID(1)]
        net.run(.milliseconds(130))
        #expect(net[1].role == .leader)
        net.run(.milliseconds(100))
        #expect(net[1].role != .leader)
    }

    @Test func `A leader of an older term is deposed by the answer`() {
        var net = Network()
        net.elect(1)
        net.isolated = [NodeID(1)]
        net.run(.milliseconds(140))
        net[2].linkClosed(to: NodeID(1))
        net[3].linkClosed(to: NodeID(1))
        net.settle()
        #expect(net.leaders == [NodeID(1), NodeID(2)])
        net.isolated = []
        net.run(.milliseconds(100))
        #expect(net.leaders == [NodeID(2)])
        #expect(net[1].leader == NodeID(2))
    }

    @Test func `When the leader's link closes the others elect at once, without any time`() {
        var net = Network()
        net.elect(1)
        net.isolated = [NodeID(1)]
        net[3].linkClosed(to: NodeID(1))
        net[2].linkClosed(to: NodeID(1))
        net.settle()
        #expect(net[2].role == .leader && net[3].leader == NodeID(2))
    }

    @Test func `One who notices first is granted once the other notices too`() {
        var net = Network()
        net.elect(1)
        net.isolated = [NodeID(1)]
        net[2].linkClosed(to: NodeID(1))
        net.settle()
        #expect(net[2].role == .preCandidate)
        net[3].linkClosed(to: NodeID(1))
        net.settle()
        #expect(net[2].role == .leader)
    }

    @Test func `A refusal for a lease is repeated within 20 ms`() {
        var net = Network()
        net.elect(1)
        net.isolated = [NodeID(1)]
        net[2].linkClosed(to: NodeID(1))
        net.settle()
        let deadline = net[2].takeEffects().nextDeadline!
        #expect(deadline.since(net.now) <= .milliseconds(20))
        #expect(deadline.since(net.now) >= .milliseconds(10))
    }

    @Test func `The better log wins, whoever asks first`() {
        var net = Network()
        net.elect(1)
        net.isolated = [NodeID(2)]
        net.propose(1, "a")
        net.isolated = [NodeID(1)]
        net[2].linkClosed(to: NodeID(1))
        net[3].linkClosed(to: NodeID(1))
        net.settle()
        #expect(net[3].role == .leader)
        net.run(.milliseconds(50))
        #expect(net.texts(2) == ["a"])
    }

    @Test func `Followers of higher rank wait their turn`() {
        var net = Network([1, 2, 3, 4, 5])
        net.elect(1)
        net[4].linkClosed(to: NodeID(1))
        #expect(net[4].role == .follower)
        #expect(net[4].takeEffects().nextDeadline!.since(net.now) == .milliseconds(30))
    }

    @Test func `A cluster of one leads at once, after its own durable write`() {
        var net = Network([1])
        #expect(net[1].role == .candidate)
        net.settle()
        #expect(net[1].role == .leader && net[1].commit == LogIndex(1))
        net.propose(1, "a")
        #expect(net.texts(1) == ["a"])
    }

    @Test func `A cluster of two elects and loses its leader`() {
        var net = Network([1, 2])
        net.run(.milliseconds(600))
        #expect(net.leaders.count == 1)
        net.isolated = [net.leaders[0]]
        net.run(.milliseconds(600))
        #expect(net.leaders.isEmpty)
    }

    @Test func `A learner never stands and does not count`() {
        var limits = Raft.Limits()
        limits.promotesLearners = false
        var net = Network([1, 2], learners: [3], limits: limits)
        net.isolated = [NodeID(2)]
        net.run(.seconds(2))
        #expect(net.leaders.isEmpty)
        #expect(net[3].role == .follower && net[3].takeEffects().nextDeadline == nil)
        net.isolated = []
        net.run(.seconds(1))
        net.propose(net.leaders[0].rawValue, "a")
        #expect(net.texts(3) == ["a"])
    }

    @Test func `A member whose disk hangs does not stand, and as a leader steps down`() {
        var net = Network()
        net.elect(1)
        net.slowDisks = [NodeID(1)]
        net.propose(1, "a")
        #expect(net.texts(2) == ["a"], "the other two are a majority")
        net.run(.milliseconds(1_900))
        #expect(net.leaders == [NodeID(1)])
        net.run(.milliseconds(700))
        #expect(net.leaders.count == 1 && net.leaders != [NodeID(1)])
    }

    @Test func `Messages to others and of oneself are dropped`() {
        var raft = Network()[1]
        let body = Message.Body.vote(log: .zero, isTransfer: false)
        for (from, to) in [(2, 3), (1, 1)] as [(UInt64, UInt64)] {
            raft.received(Message(from: NodeID(from), to: NodeID(to), term: Term(5), body: body))
        }
        #expect(raft.term == .zero && raft.takeEffects().send.isEmpty)
    }

    @Test func `Answers of those who were never asked are dropped`() {
        var raft = Network()[1]
        let answers: [Message.Body] = [
            .preVoteReply(proposed: Term(6), .refused), .voteReply(.refused),
            .appendReply(.matched(.zero, accepted: .zero)),
            .heartbeatReply(round: 0, match: .zero, accepted: .zero),
        ]
        for body in answers {
            raft.received(Message(from: NodeID(9), to: NodeID(1), term: Term(5), body: body))
        }
        #expect(raft.term == .zero && raft.takeEffects().send.isEmpty)
    }

    @Test func `A member whose disk hangs stands again when it is well`() {
        var net = Network([1])
        net.settle()
        net.slowDisks = [NodeID(1)]
        net.propose(1, "a")
        net.run(.milliseconds(2_100))
        #expect(net.leaders.isEmpty, "a leader that can't write is none, not even alone")
        net.run(.seconds(2))
        #expect(net.leaders.isEmpty && net[1].role == .follower)
        net.slowDisks = []
        net.run(.milliseconds(400))
        #expect(net.leaders == [NodeID(1)] && net.texts(1) == ["a"])
    }

    @Test func `A member whose disk hangs does not take a leadership that is handed to it`() {
        var net = Network()
        net.elect(1)
        net.slowDisks = [NodeID(3)]
        net.propose(1, "a")
        net.run(.milliseconds(2_100))
        net[3].received(
            Message(from: NodeID(1), to: NodeID(3), term: net[1].term, body: .timeoutNow))
        #expect(net[3].role == .follower)
    }
}
