import Testing

@testable import Raft

@Suite struct SnapshotTests {
    /// Three members of which 3 is away while 1 leads, commits and cuts its log through `cut`.
    private func farBehind(cut: UInt64 = 8, limits: Raft.Limits = .init()) -> Network {
        var net = Network(limits: limits)
        net.elect(1)
        net.propose(1, "a")
        net.isolated = [NodeID(3)]
        net[1].linkClosed(to: NodeID(3))
        for text in ["b", "c", "d", "e", "f", "g", "h", "i", "j"] { net.propose(1, text) }
        net.cut(1, through: cut)
        return net
    }
    private func rejoin(_ net: inout Network) {
        net.isolated = []
        net[1].linkOpened(to: NodeID(3))
        net.settle()
    }

    @Test func `One that needs entries that are gone gets a snapshot, wanted once`() {
        var net = farBehind()
        #expect(net[1].basePosition == at(8, 1))
        rejoin(&net)
        #expect(net.snapshotsWanted[NodeID(1)] == [NodeID(3)])
        net.run(.seconds(2))
        #expect(net.snapshotsWanted[NodeID(1)] == [NodeID(3)])
        #expect(net.texts(3) == ["a"])
        net.install(from: 1, to: 3, through: 10)
        net[1].snapshotSent(to: NodeID(3), index: LogIndex(10))
        net.propose(1, "k")
        #expect(net.texts(3) == ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k"])
        #expect(net[3].basePosition == at(10, 1))
    }

    @Test func `One that lacks just what is kept needs none`() {
        var net = farBehind(cut: 2)
        rejoin(&net)
        #expect(net.snapshotsWanted[NodeID(1)] == [])
        #expect(net.texts(3).count == 10)
    }

    @Test func `One entry more is gone, and it needs one`() {
        var net = farBehind(cut: 3)
        rejoin(&net)
        #expect(net.snapshotsWanted[NodeID(1)] == [NodeID(3)])
    }

    @Test func `That a snapshot arrived is seen without being told`() {
        var net = farBehind()
        rejoin(&net)
        net.install(from: 1, to: 3, through: 9)
        net.run(.milliseconds(60))
        #expect(net.texts(3).count == 10)
        #expect(net[1].progress.allSatisfy { !$0.isSnapshot })
    }

    @Test func `One that failed is wanted again after a pause`() {
        var net = farBehind()
        rejoin(&net)
        net[1].snapshotFailed(to: NodeID(3))
        net.run(.milliseconds(950))
        #expect(net.snapshotsWanted[NodeID(1)]?.count == 1)
        net.run(.milliseconds(100))
        #expect(net.snapshotsWanted[NodeID(1)]?.count == 2)
    }

    @Test func `One of which nothing is heard is given up; one that goes on is not`() {
        var limits = Raft.Limits()
        limits.snapshotPatience = .milliseconds(300)
        var net = farBehind(limits: limits)
        rejoin(&net)
        net.run(.milliseconds(250))
        net[1].snapshotProgressed(to: NodeID(3))
        net.run(.milliseconds(250))
        #expect(net[1].progress.contains { $0.isSnapshot })
        net.run(.milliseconds(100))
        #expect(net[1].progress.allSatisfy { !$0.isSnapshot })
        net.run(.milliseconds(1_000))
        #expect(net.snapshotsWanted[NodeID(1)]?.count == 2)
    }

    @Test func `A snapshot under way outlives the link, which it does not use`() {
        var net = farBehind()
        rejoin(&net)
        net[1].linkClosed(to: NodeID(3))
        net[1].linkOpened(to: NodeID(3))
        net.settle()
        #expect(net.snapshotsWanted[NodeID(1)]?.count == 1)
    }

    @Test func `A snapshot that is older than the cut leads to the next`() {
        var net = farBehind()
        rejoin(&net)
        net.install(from: 1, to: 3, through: 5)
        net[1].snapshotSent(to: NodeID(3), index: LogIndex(5))
        net.settle()
        #expect(net.snapshotsWanted[NodeID(1)]?.count == 1)
        net.run(.milliseconds(1_100))
        #expect(net.snapshotsWanted[NodeID(1)]?.count == 2)
    }

    @Test func `A member with another log before the base gives it up for the snapshot`() {
        var net = farBehind()
        // What 3 wrote in a term of its own that came to nothing.
        net.disks[NodeID(3)]!.entries += [entry(3, 1, "x"), entry(4, 1, "y")]
        for at in 2...3 { net.disks[NodeID(3)]!.entries[at].term = Term(0) }
        net.disks[NodeID(3)]!.entries.removeLast(2)
        net.restart(3, applied: LogIndex(2))
        rejoin(&net)
        #expect(net[3].needsSnapshot(through: LogIndex(9), term: Term(1)))
        net.install(from: 1, to: 3, through: 9)
        net[1].snapshotSent(to: NodeID(3), index: LogIndex(9))
        net.run(.milliseconds(60))
        #expect(net.texts(3).count == 10)
    }

    @Test func `A snapshot helps only one that neither holds its end nor committed it`() {
        var raft = Network.start(
            NodeID(2), Configuration(voters: [NodeID(1), NodeID(2), NodeID(3)]),
            stored([1, 1, 2], term: 2), applied: LogIndex(1), limits: .init(),
            now: Instant(nanoseconds: 0))
        func needs(_ index: UInt64, _ term: UInt64) -> Bool {
            raft.needsSnapshot(through: LogIndex(index), term: Term(term))
        }
        #expect(!needs(1, 1), "applied")
        #expect(!needs(2, 1) && !needs(3, 2), "held, perhaps acknowledged")
        #expect(needs(3, 3), "another entry there")
        #expect(needs(4, 2), "beyond the end")
        raft.received(
            Message(
                from: NodeID(1), to: NodeID(2), term: Term(2),
                body: .append(
                    .init(previous: at(3, 2), entries: [entry(4, 2, "z")], commit: .zero))))
        #expect(!needs(4, 2), "arrived meanwhile")
    }

    @Test func `Appends from before the base are understood`() {
        var net = farBehind()
        net.install(from: 1, to: 3, through: 9)
        let term = net[1].term
        net[3].received(
            Message(
                from: NodeID(1), to: NodeID(3), term: term,
                body: .append(
                    .init(
                        previous: at(3, 1), entries: [entry(4, 1, "c"), entry(5, 1, "d")],
                        commit: LogIndex(9), isProbe: true))))
        #expect(
            net[3].takeEffects().send.map(\.body) == [
                .appendReply(.matched(LogIndex(9), accepted: LogIndex(9)))
            ])
        let all = net.applied[NodeID(1)]!
        net[3].received(
            Message(
                from: NodeID(1), to: NodeID(3), term: term,
                body: .append(
                    .init(previous: at(7, 1), entries: Array(all[7...]), commit: LogIndex(9)))))
        #expect(net[3].lastIndex == LogIndex(11))
        net[3].checkInvariants()
    }

    @Test func `A member that starts from a snapshot votes by its end`() {
        var net = farBehind()
        net.install(from: 1, to: 3, through: 9)
        #expect(net[3].lastPosition == at(9, 1))
        func granted(_ position: LogPosition) -> Bool {
            var voter = net[3]
            voter.received(
                Message(
                    from: NodeID(2), to: NodeID(3), term: Term(7),
                    body: .preVote(proposed: Term(8), log: position)))
            return voter.takeEffects().send.first?.body
                == .preVoteReply(proposed: Term(8), .granted)
        }
        #expect(!granted(at(8, 1)) && granted(at(9, 1)) && granted(at(3, 2)))
    }

    @Test func `The log in memory shrinks with the cut, also where nothing was evicted`() {
        var net = farBehind(cut: 11)
        #expect(net[1].entriesInMemory(from: .zero).isEmpty)
        net[1].checkInvariants()
        net.propose(1, "k")
        #expect(net.texts(2).last == "k")
        net[1].logCut(through: LogIndex(4), term: Term(1))
        #expect(net[1].basePosition == at(11, 1), "an older cut changes nothing")
    }

    @Test func `A read of the disk that is not answered is asked for again`() {
        var limits = Raft.Limits()
        limits.tailEntries = 0
        var net = Network(limits: limits)
        net.elect(1)
        net.isolated = [NodeID(3)]
        for text in ["a", "b", "c"] { net.propose(1, text) }
        net.isolated = []
        net.deafDisks = [NodeID(1)]
        net.run(.milliseconds(500))
        net.deafDisks = []
        net.run(.milliseconds(1_000))
        #expect(net.texts(3) == [])
        net.run(.milliseconds(700))
        #expect(net.texts(3) == ["a", "b", "c"])
    }

    @Test func `A read of the disk that failed is asked for again sooner`() {
        var limits = Raft.Limits()
        limits.tailEntries = 0
        var net = Network(limits: limits)
        net.elect(1)
        net.isolated = [NodeID(3)]
        for text in ["a", "b", "c"] { net.propose(1, text) }
        net.isolated = []
        net.deafDisks = [NodeID(1)]
        net.run(.milliseconds(100))
        let from = net[1].progress.compactMap(\.reading?.from).first!
        net[1].entriesReadFailed(from: from)
        net.deafDisks = []
        net.run(.milliseconds(90))
        #expect(net.texts(3) == [])
        net.run(.milliseconds(60))
        #expect(net.texts(3) == ["a", "b", "c"])
    }
}
