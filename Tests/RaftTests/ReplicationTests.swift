import Testing

@testable import Raft

@Suite struct ReplicationTests {
    @Test func `A proposal is applied everywhere`() {
        var net = Network()
        net.elect(1)
        net.propose(1, "a", "b")
        for id in 1...3 { #expect(net.texts(UInt64(id)) == ["a", "b"]) }
    }

    @Test func `All of a turn goes in one write and one append per follower`() throws {
        var net = Network()
        net.elect(1)
        for text in ["a", "b", "c"] { _ = try net[1].proposed(Array(text.utf8)) }
        let effects = net[1].takeEffects()
        #expect(effects.persist?.entries.count == 3)
        #expect(effects.send.count == 2)
        for message in effects.send {
            guard case .append(let append) = message.body else { throw Unexpected() }
            #expect(append.entries.count == 3)
        }
    }
    struct Unexpected: Error {}

    @Test func `A window of appends is under way, and the rest waits and forms a batch`() throws {
        var net = Network()
        net.elect(1)
        var sizes: [Int] = []
        func appends(_ effects: Raft.Effects) -> [Int] {
            effects.send.filter { $0.to == NodeID(2) }.compactMap {
                if case .append(let append) = $0.body { append.entries.count } else { nil }
            }
        }
        for turn in 0..<5 {
            _ = try net[1].proposed([UInt8(turn)])
            sizes += appends(net[1].takeEffects())
        }
        #expect(sizes == [1, 1])
        net[1].received(
            Message(
                from: NodeID(2), to: NodeID(1), term: net[1].term,
                body: .appendReply(.matched(LogIndex(2), accepted: LogIndex(3)))))
        #expect(appends(net[1].takeEffects()) == [3])
    }

    @Test func `Followers learn of a commit at once`() {
        var net = Network()
        net.elect(1)
        net.sent = []
        net.propose(1, "a")
        #expect(net.texts(2) == ["a"] && net.texts(3) == ["a"])
        let heartbeats = net.sent.filter { if case .heartbeat = $0.body { true } else { false } }
        #expect(heartbeats.isEmpty)
    }

    @Test func `A leader sends before its write is durable and counts itself only after`() {
        var net = Network()
        net.elect(1)
        net.slowDisks = [NodeID(1)]
        net.isolated = [NodeID(3)]
        net.propose(1, "a")
        #expect(net.members[NodeID(2)]!.lastIndex == LogIndex(2))
        #expect(net[1].commit == LogIndex(1))
        net.flush(NodeID(1))
        net.settle()
        #expect(net[1].commit == LogIndex(2) && net.texts(2) == ["a"])
    }

    @Test func `Nothing is applied beyond what is durable here, committed or not`() {
        var net = Network()
        net.elect(1)
        net.slowDisks = [NodeID(1)]
        net.propose(1, "a")
        #expect(net[1].commit == LogIndex(2))
        #expect(net.texts(1) == [] && net.texts(2) == ["a"])
        net.flush(NodeID(1))
        net.settle()
        #expect(net.texts(1) == ["a"])
    }

    @Test func `A follower answers an append when it is durable`() {
        var net = Network()
        net.elect(1)
        net.slowDisks = [NodeID(2), NodeID(3)]
        net.propose(1, "a")
        #expect(net[1].commit == LogIndex(1))
        net.flush(NodeID(3))
        net.settle()
        #expect(net[1].commit == LogIndex(2))
    }

    @Test func `Entries of earlier terms are committed only with one of the own term`() {
        // Figure 8: an entry of an older term on a majority may still be replaced.
        let members = Configuration(voters: [1, 2, 3, 4, 5].map { NodeID($0) })
        var raft = Network.start(
            NodeID(1), members, stored([1, 2], term: 3), limits: .init(),
            now: Instant(nanoseconds: 0))
        raft.standForElection(isTransfer: false)
        raft.persisted(id: raft.takeEffects().persist!.id)
        for id in [2, 3] as [UInt64] {
            raft.received(
                Message(
                    from: NodeID(id), to: NodeID(1), term: Term(4), body: .voteReply(.granted)))
        }
        #expect(raft.role == .leader)
        raft.persisted(id: raft.takeEffects().persist!.id)
        func answer(_ id: UInt64, _ index: UInt64) {
            raft.received(
                Message(
                    from: NodeID(id), to: NodeID(1), term: Term(4),
                    body: .appendReply(.matched(LogIndex(index), accepted: LogIndex(index)))))
        }
        answer(2, 2)
        answer(3, 2)
        #expect(raft.commit == .zero)
        answer(2, 3)
        #expect(raft.commit == .zero)
        answer(3, 3)
        #expect(raft.commit == LogIndex(3))
    }

    /// The logs of figure 7 of the paper: the leader's, and six followers' that may exist.
    @Test(
        arguments: [
            [1, 1, 1, 4, 4, 5, 5, 6, 6], [1, 1, 1, 4], [1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 6],
            [1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 7, 7], [1, 1, 1, 4, 4, 4, 4],
            [1, 1, 1, 2, 2, 2, 3, 3, 3, 3, 3],
        ] as [[UInt64]])
    func `A follower's log is made the leader's`(follower: [UInt64]) {
        var net = Network()
        let leader: [UInt64] = [1, 1, 1, 4, 4, 5, 5, 6, 6, 6]
        for (id, terms, term) in [(1, leader, 7), (2, follower, 7), (3, leader, 7)]
            as [(UInt64, [UInt64], UInt64)]
        {
            let stored = stored(terms, term: term)
            net.disks[NodeID(id)] = .init(hardState: stored.hardState, entries: stored.tail)
            net.restart(id)
        }
        net.isolated = [NodeID(2)]
        net.elect(1)
        #expect(net.leaders == [NodeID(1)])
        net.isolated = []
        net.run(.milliseconds(100))
        #expect(net.disks[NodeID(2)]!.entries == net.disks[NodeID(1)]!.entries)
        #expect(net[2].commit == LogIndex(11))
    }

    @Test func `Hints find the place of agreement in few exchanges`() {
        var net = Network()
        let long = [UInt64](repeating: 1, count: 10) + [UInt64](repeating: 3, count: 500)
        let other = [UInt64](repeating: 1, count: 10) + [UInt64](repeating: 2, count: 500)
        for (id, terms) in [(1, long), (2, other), (3, long)] as [(UInt64, [UInt64])] {
            net.disks[NodeID(id)] = .init(
                hardState: HardState(term: Term(3)), entries: stored(terms, term: 3).tail)
            net.restart(id)
        }
        net.isolated = [NodeID(2)]
        net.elect(1)
        net.isolated = []
        net.sent = []
        net.run(.milliseconds(60))
        let rejections = net.sent.filter {
            if case .appendReply(.rejected) = $0.body { true } else { false }
        }
        #expect(rejections.count <= 2)
        #expect(net[2].lastIndex == net[1].lastIndex)
    }

    @Test func `An append that came late or twice never cuts what matches`() throws {
        var net = Network()
        net.elect(1)
        net.propose(1, "a", "b")
        let term = net[1].term
        let old = Message(
            from: NodeID(1), to: NodeID(2), term: term,
            body: .append(
                .init(
                    previous: at(1, term.rawValue), entries: [entry(2, term.rawValue, "a")],
                    commit: LogIndex(1))))
        net[2].received(old)
        let effects = net[2].takeEffects()
        #expect(effects.persist == nil)
        #expect(net[2].lastIndex == LogIndex(3))
    }

    @Test func `A malformed append is dropped`() {
        var net = Network()
        net.elect(1)
        let term = net[1].term
        for entries in [
            [entry(3, 1, "gap")], [entry(2, term.rawValue + 1, "later term")],
            [entry(2, 1, "a"), entry(2, 1, "b")],
        ] {
            net[2].received(
                Message(
                    from: NodeID(1), to: NodeID(2), term: term,
                    body: .append(
                        .init(previous: at(1, 1), entries: entries, commit: LogIndex(9)))))
        }
        #expect(net[2].lastIndex == LogIndex(1))
    }

    @Test func `Lost appends are noticed by the next heartbeat's answer`() {
        var net = Network()
        net.elect(1)
        net.passes = { message in
            if case .append = message.body { message.to != NodeID(3) } else { true }
        }
        net.propose(1, "a")
        net.passes = { _ in true }
        #expect(net.texts(3) == [])
        net.run(.milliseconds(40))
        #expect(net.texts(3) == ["a"])
    }

    @Test func `Lost answers are made good by the next heartbeat's answer`() {
        var net = Network()
        net.elect(1)
        net.passes = { if case .appendReply = $0.body { false } else { true } }
        net.propose(1, "a")
        #expect(net[1].commit == LogIndex(1))
        net.run(.milliseconds(40))
        #expect(net[1].commit == LogIndex(2))
    }

    @Test func `After a link closes and opens the rest is sent again`() {
        var net = Network()
        net.elect(1)
        net.isolated = [NodeID(3)]
        net[1].linkClosed(to: NodeID(3))
        net.propose(1, "a")
        net.isolated = []
        net[1].linkOpened(to: NodeID(3))
        net.settle()
        #expect(net.texts(3) == ["a"])
    }

    @Test func `A link that speaks is open, whatever was said about it`() {
        var net = Network()
        net.elect(1)
        net[1].linkClosed(to: NodeID(3))
        net.propose(1, "a")
        #expect(net.texts(3) == [])
        net.run(.milliseconds(400))
        #expect(net.texts(3) == ["a"] && net.leaders == [NodeID(1)])
    }

    @Test func `A learner whose link opened unnoticed is found again`() {
        var limits = Raft.Limits()
        limits.promotesLearners = false
        var net = Network([1, 2], learners: [3], limits: limits)
        net.elect(1)
        net[1].linkClosed(to: NodeID(3))
        net.propose(1, "a")
        net.sent = []
        net.run(limits.electionTimeout - .milliseconds(5))
        #expect(net.texts(3) == [] && !net.sent.contains { $0.to == NodeID(3) })
        net.run(limits.heartbeatInterval + .milliseconds(5))
        #expect(net.texts(3) == ["a"])
    }

    @Test func `A link that stays closed is tried once in an election timeout`() {
        var net = Network([1, 2, 3])
        net.elect(1)
        net.isolated = [NodeID(3)]
        net[1].linkClosed(to: NodeID(3))
        net.sent = []
        net.run(net.limits.electionTimeout * 10)
        let tries = net.sent.filter { $0.from == NodeID(1) && $0.to == NodeID(3) }
        #expect((8...10).contains(tries.count))
        #expect(
            tries.allSatisfy { if case .heartbeat = $0.body { true } else { false } })
    }

    @Test func `A follower far behind is served from the disk`() {
        var limits = Raft.Limits()
        limits.tailEntries = 4
        limits.appendBytes = 5
        limits.entryBytes = 5
        var net = Network(limits: limits)
        net.elect(1)
        net.isolated = [NodeID(3)]
        let texts = (0..<40).map { "t\($0)" }
        for text in texts { net.propose(1, text) }
        #expect(net[1].entriesInMemory(from: .zero).count == 4)
        net.isolated = []
        net.run(.milliseconds(100))
        #expect(net.texts(3) == texts)
    }

    @Test func `A long end that conflicts below the leader's memory takes few probes`() {
        var limits = Raft.Limits()
        limits.tailEntries = 4
        var net = Network(limits: limits)
        net.elect(1)
        net.propose(1, "a")
        net.isolated = [NodeID(1)]
        for number in 0..<300 { net.propose(1, "lost\(number)") }
        net.run(limits.electionTimeout * 4)
        let leader = net.leaders.first { $0 != NodeID(1) }!.rawValue
        let texts = (0..<300).map { "kept\($0)" }
        for text in texts { net.propose(leader, text) }
        // A new leader knows nothing of the others' logs and begins at the end of its own.
        _ = net[leader].transferRequested(to: NodeID(5 - leader))
        net.settle()
        net.isolated = []
        net.sent = []
        net.run(.milliseconds(500))
        #expect(net.texts(1) == ["a"] + texts)
        let probes = net.sent.filter { message in
            if case .append(let append) = message.body, message.to == NodeID(1) {
                append.isProbe
            } else {
                false
            }
        }
        // It doubles its steps: over 300 entries some nine times.
        #expect((3...20).contains(probes.count), "\(probes.count) probes")
    }

    @Test func `A restarted member applies again only what its state lacks`() {
        var net = Network()
        net.elect(1)
        net.propose(1, "a", "b", "c")
        net.restart(2, applied: LogIndex(3))
        net.run(.milliseconds(100))
        #expect(net.texts(2) == ["a", "b", "c"])
        #expect(net.applied[NodeID(2)]!.count == 4)
    }

    @Test func `Proposals have bounds`() throws {
        var limits = Raft.Limits()
        limits.uncommittedEntries = 3
        limits.uncommittedBytes = 10
        limits.entryBytes = 8
        var net = Network(limits: limits)
        #expect(throws: ProposalRefused.notLeader) { try net[1].proposed([]) }
        net.elect(1)
        net.isolated = [NodeID(2), NodeID(3)]
        #expect(throws: ProposalRefused.tooLarge) {
            try net[1].proposed([UInt8](repeating: 0, count: 9))
        }
        _ = try net[1].proposed([UInt8](repeating: 0, count: 8))
        #expect(throws: ProposalRefused.overloaded) { try net[1].proposed([0, 0, 0]) }
        _ = try net[1].proposed([0, 0])
        _ = try net[1].proposed([])
        #expect(throws: ProposalRefused.overloaded) { try net[1].proposed([]) }
        net.isolated = []
        net.run(.milliseconds(60))
        _ = try net[1].proposed([0, 0, 0])
    }

    @Test func `Application is handed out in bounded portions`() {
        var limits = Raft.Limits()
        limits.committedEntries = 2
        var net = Network([1], limits: limits)
        net.settle()
        for text in ["a", "b", "c"] { _ = try! net[1].proposed(Array(text.utf8)) }
        net[1].persisted(id: net[1].takeEffects().persist!.id)
        let first = net[1].takeEffects()
        #expect(first.committed.count == 2 && first.moreToApply)
        let second = net[1].takeEffects()
        #expect(second.committed.count == 1 && !second.moreToApply)
    }
}
