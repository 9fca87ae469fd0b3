import Testing

@testable import Raft

/// Sections 5.3 to 5.5 of the Raft paper, a test for each rule, in our own words.
@Suite struct PaperLogTests {
    private func isAppend(_ message: Message) -> Bool {
        if case .append = message.body { true } else { false }
    }
    private func follower(_ log: [UInt64], term: UInt64) -> Raft {
        Network.start(
            NodeID(1), Configuration(voters: [NodeID(1), NodeID(2), NodeID(3)]),
            stored(log, term: term), limits: .init(), now: Instant(nanoseconds: 0))
    }
    private func append(
        _ term: UInt64, after previous: LogPosition, _ entries: [Entry], commit: UInt64 = 0
    ) -> Message {
        Message(
            from: NodeID(2), to: NodeID(1), term: Term(term),
            body: .append(
                .init(
                    previous: previous, entries: entries, commit: LogIndex(commit), isProbe: true)))
    }
    private func terms(_ raft: Raft) -> [UInt64] {
        raft.entriesInMemory(from: LogIndex(1)).map(\.term.rawValue)
    }

    // MARK: 5.3

    @Test func `5.3 A leader appends the command and sends it to all others at once`() {
        var net = Network()
        net.elect(1)
        net.slowDisks = [NodeID(1)]
        net.sent = []
        _ = try! net[1].proposed([1])
        net.collect(NodeID(1))
        let told = net.sent.filter { isAppend($0) }.map(\.to)
        #expect(told == [NodeID(2), NodeID(3)] && net[1].lastIndex == LogIndex(2))
    }

    @Test func `5.3 What was lost is sent again until every follower has it`() {
        var net = Network()
        net.elect(1)
        var lost = 0
        net.passes = { message in
            guard lost < 12, message.to == NodeID(3), message.from == NodeID(1) else { return true }
            lost += 1
            return false
        }
        net.propose(1, "a", "b")
        net.run(.seconds(1))
        #expect(net.texts(3) == ["a", "b"])
    }

    @Test(arguments: [(3, 1, false), (3, 2, true), (5, 2, false), (5, 3, true), (4, 2, false)])
    func `5.3 An entry is committed once a majority has stored it`(
        members: Int, stored: Int, isCommitted: Bool
    ) {
        var net = Network((1...UInt64(members)).map { $0 })
        net.elect(1)
        net.isolated = Set((stored + 1...members).map { NodeID(UInt64($0)) })
        net.propose(1, "a")
        #expect((net.texts(1) == ["a"]) == isCommitted)
    }

    @Test func `5.3 With an entry all before it are committed, also those of earlier leaders`() {
        var net = Network()
        net.elect(1)
        // Only 2 gets it, and 1 never hears that.
        net.passes = { $0.to == NodeID(2) && $0.from == NodeID(1) }
        net.propose(1, "early")
        net.passes = { $0.from != NodeID(1) && $0.to != NodeID(1) }
        net[2].linkClosed(to: NodeID(1))
        net[3].linkClosed(to: NodeID(1))
        net.elect(2)
        net.propose(2, "late")
        #expect(net.texts(2) == ["early", "late"] && net.texts(3) == ["early", "late"])
    }

    @Test func `5.3 A follower applies what it learns to be committed, in the order of the log`() {
        var net = Network()
        net.elect(1)
        for text in ["a", "b", "c"] { net.propose(1, text) }
        for id in 1...3 as ClosedRange<UInt64> {
            let indexes = net.applied[NodeID(id)]!.map(\.index.rawValue)
            #expect(indexes == Array(1...4) && net.texts(id) == ["a", "b", "c"])
        }
    }

    @Test(
        arguments: [
            ([1, 1], at(2, 1), true), ([1, 1], at(3, 1), false), ([1, 1], at(2, 2), false),
            ([], at(0, 0), true), ([1, 2], at(1, 1), true),
        ] as [([UInt64], LogPosition, Bool)])
    func `5.3 An append is taken only where the entry before it is the same`(
        log: [UInt64], previous: LogPosition, isTaken: Bool
    ) {
        var raft = follower(log, term: 3)
        let next = entry(previous.index.rawValue + 1, 3, "new")
        raft.received(append(3, after: previous, [next]))
        #expect((raft.lastPosition == at(next.index.rawValue, 3)) == isTaken)
        if !isTaken { #expect(terms(raft) == log, "and nothing is changed") }
    }

    @Test func `5.3 An entry that conflicts is deleted with all that follow it`() {
        var raft = follower([1, 1, 2, 2, 2], term: 3)
        raft.received(append(3, after: at(2, 1), [entry(3, 3, "new")]))
        #expect(terms(raft) == [1, 1, 3])
        let write = raft.takeEffects().persist
        #expect(write?.truncateFrom == LogIndex(3) && write?.entries == [entry(3, 3, "new")])
    }

    @Test func `5.3 Entries that are there already are not deleted by an old append`() {
        var raft = follower([1, 1, 1, 1], term: 1)
        raft.received(append(1, after: at(1, 1), [entry(2, 1, "x")]))
        #expect(terms(raft) == [1, 1, 1, 1])
    }

    @Test(
        arguments: [
            [1, 1, 1, 4, 4, 5, 5, 6, 6], [1, 1, 1, 4], [1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 6],
            [1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 7, 7], [1, 1, 1, 4, 4, 4, 4],
            [1, 1, 1, 2, 2, 2, 3, 3, 3, 3, 3],
        ] as [[UInt64]])
    func `5.3 A leader brings any follower's log to its own (figure 7)`(log: [UInt64]) {
        var net = Network()
        let own: [UInt64] = [1, 1, 1, 4, 4, 5, 5, 6, 6, 6]
        for (id, terms) in [(1, own), (2, log), (3, own)] as [(UInt64, [UInt64])] {
            let entries = terms.enumerated().map { entry(UInt64($0.offset + 1), $0.element, "x") }
            net.disks[NodeID(id)]!.entries = entries
            net.disks[NodeID(id)]!.hardState.term = Term(7)
            net.restart(id)
        }
        net.passes = { $0.to != NodeID(2) && $0.from != NodeID(2) }
        net.elect(1)
        net.passes = { _ in true }
        net.run(.seconds(1))
        let leader = net[net.leaders[0].rawValue]
        #expect(terms(net[2]) == terms(leader) && terms(leader).starts(with: own))
    }

    @Test func `5.3 A leader never changes or deletes an entry of its own log`() {
        var net = Network()
        net.elect(1)
        net.propose(1, "a", "b")
        let before = net[1].entriesInMemory(from: LogIndex(1))
        let other = append(net[1].term.rawValue, after: .zero, [entry(1, 1, "other")])
        net[1].received(other)
        net.settle()
        #expect(net[1].entriesInMemory(from: LogIndex(1)) == before && net[1].role == .leader)
    }

    @Test func `5.3 One slow follower holds nobody up`() {
        var net = Network()
        net.elect(1)
        net.slowDisks = [NodeID(3)]
        net.propose(1, "a")
        #expect(net.texts(1) == ["a"] && net.texts(2) == ["a"] && net.texts(3) == [])
    }

    // MARK: 5.4

    @Test func `5.4.1 Whoever is elected has every committed entry`() {
        var net = Network()
        net.elect(1)
        net.passes = { $0.to != NodeID(3) && $0.from != NodeID(3) }
        net.propose(1, "a")
        net.passes = { $0.to != NodeID(1) && $0.from != NodeID(1) }
        for id in [2, 3] as [UInt64] { net[id].linkClosed(to: NodeID(1)) }
        net.elect(3)
        net.run(.seconds(1))
        #expect(net.leaders.contains(NodeID(2)) && net[3].role == .follower)
    }

    @Test func `5.4.2 Counting commits no entry of an earlier term (figure 8)`() {
        var raft = follower([1, 2], term: 3)
        raft.standForElection(isTransfer: false)
        raft.persisted(id: raft.takeEffects().persist!.id)
        raft.received(
            Message(from: NodeID(3), to: NodeID(1), term: Term(4), body: .voteReply(.granted)))
        raft.persisted(id: raft.takeEffects().persist!.id)
        func stored(_ index: UInt64) {
            raft.received(
                Message(
                    from: NodeID(2), to: NodeID(1), term: Term(4),
                    body: .appendReply(.matched(LogIndex(index), accepted: LogIndex(index)))))
        }
        stored(2)
        #expect(raft.commit == .zero, "entry 2 of term 2 is on a majority")
        stored(3)
        #expect(raft.commit == LogIndex(3), "with an entry of its own all before it")
    }

    // MARK: 5.5

    @Test func `5.5 A message that comes twice does what it does once`() {
        var net = Network()
        net.elect(1)
        net.propose(1, "a")
        let sent = net.sent
        let logs = net.ids.map { net.members[$0]!.lastPosition }
        net.queue = sent + sent
        net.settle()
        #expect(net.ids.map { net.members[$0]!.lastPosition } == logs)
        for id in 1...3 as ClosedRange<UInt64> { #expect(net.texts(id) == ["a"]) }
    }

    @Test func `5.5 A follower that was down gets what it missed`() {
        var net = Network()
        net.elect(1)
        net.isolated = [NodeID(3)]
        net.propose(1, "a", "b")
        net.restart(3)
        net.isolated = []
        net.run(.milliseconds(200))
        #expect(net.texts(3) == ["a", "b"])
    }
}
