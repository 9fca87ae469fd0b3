import Raft
import Routing
import Testing
import Wire

@testable import Replica

/// The leader raises the feature level, once every member is known to apply it.
@Suite struct LevelTests {
    /// Nodes whose releases know levels up to these.
    private func desk(_ newest: [FeatureLevel]) -> Desk {
        var desk = Desk(UInt64(newest.count))
        for (id, newest) in zip(desk.ids, newest) {
            var limits = desk.limits
            limits.newestLevel = newest
            desk.nodes[id] = try! Replica(
                id: id, incarnation: 1_000 + id.rawValue,
                configuration: Configuration(voters: desk.ids), stored: StoredLog(),
                state: ReplicatedState(), mark: .init(), limits: limits, seed: id.rawValue,
                now: desk.now, wall: desk.wall)
        }
        return desk
    }

    /// A new link of a node to each other tells what its release knows.
    private func connect(_ node: UInt64, _ newest: FeatureLevel, _ desk: inout Desk) {
        for id in desk.ids where id != NodeID(node) {
            desk.nodes[id]!.linkOpened(to: NodeID(node), newest: newest)
        }
    }

    private func raise(
        to level: FeatureLevel, _ request: UInt64, at node: UInt64, _ desk: inout Desk
    ) {
        desk[node].raiseRequested(
            to: level, request: RequestID(request), deadline: desk.now.advanced(by: .seconds(2)))
        desk.run(.milliseconds(100))
    }

    /// Somebody uses the cluster: operators alone raise it.
    private func use(_ desk: inout Desk, at node: UInt64) {
        let settings = ProjectSettings(name: "desk", botUsername: "b")
        desk.submit(.createProject(by: nil, settings), 90, at: node)
        desk.run(.milliseconds(50))
    }

    private func levels(_ desk: Desk) -> [FeatureLevel] {
        desk.ids.map { desk.nodes[$0]!.status.level }
    }

    @Test(arguments: [1, 3])
    func `A cluster that nobody uses yet starts at the newest level`(count: Int) {
        var desk = desk(.init(repeating: .newest, count: count))
        for id in desk.ids { connect(id.rawValue, .newest, &desk) }
        _ = desk.elect()
        #expect(levels(desk) == .init(repeating: .newest, count: count))
    }

    @Test func `A cluster in use stays at its level until an operator asks`() {
        var desk = desk([.second, .second, .second])
        let leader = desk.elect()
        use(&desk, at: leader)
        for node: UInt64 in 1...3 { connect(node, .second, &desk) }
        desk.run(.milliseconds(500))
        #expect(levels(desk) == [.first, .first, .first])
        raise(to: .second, 1, at: desk.follower, &desk)
        #expect(desk.done(1) == 2 && levels(desk) == [.second, .second, .second])
        raise(to: .second, 2, at: leader, &desk)
        #expect(desk.done(2) == 2, "asking again does no harm")
        raise(to: FeatureLevel(9), 3, at: desk.follower, &desk)
        #expect(desk.answer(3) == .refused(.unknownLevel))
    }

    @Test func `The level is raised only when every member is known to apply it`() {
        var desk = desk([.second, .second, .second])
        let leader = desk.elect()
        use(&desk, at: leader)
        let others = desk.ids.map(\.rawValue).filter { $0 != leader }
        let (follower, old) = (others[0], others[1])
        connect(leader, .second, &desk)
        connect(follower, .second, &desk)
        connect(old, .first, &desk)
        raise(to: .second, 1, at: follower, &desk)
        #expect(desk.answer(1) == .refused(.memberTooOld))
        desk[leader].linkClosed(to: NodeID(old))
        raise(to: .second, 2, at: follower, &desk)
        #expect(desk.answer(2) == .refused(.memberTooOld), "not known is not enough")
        connect(old, .second, &desk)
        raise(to: .second, 3, at: follower, &desk)
        #expect(desk.done(3) == 2 && levels(desk) == [.second, .second, .second])
    }

    @Test func `A leader without levels is not asked to raise one`() {
        var desk = desk([.second, .second, .second])
        let leader = desk.elect()
        use(&desk, at: leader)
        connect(leader, .first, &desk)
        raise(to: .second, 1, at: desk.follower, &desk)
        #expect(desk.answer(1) == .refused(.memberTooOld))
    }

    @Test func `A node that does not know the level stops where it is raised`() {
        var desk = desk([.second, .second, .second])
        let leader = desk.elect()
        use(&desk, at: leader)
        for node: UInt64 in 1...3 { connect(node, .second, &desk) }
        let outdated = desk.follower
        let mark = desk[outdated].mark
        desk[outdated].limits.newestLevel = .first
        raise(to: .second, 1, at: leader, &desk)
        #expect(desk.done(1) == 2)
        let failure = desk.failures[NodeID(outdated)]
        #expect(failure == .newerLevel(index: mark.index.next, .second))
        #expect(failure?.isNewerRelease == true && desk[outdated].mark == mark)
    }

    @Test func `A command of a later level is refused where it is asked for`() {
        var desk = desk([.second, .second, .second])
        let leader = desk.elect()
        use(&desk, at: leader)
        let last = desk[leader].status.last
        let node = desk.follower
        desk.submit(.forceOffline(AgentID(1), by: nil), 1, at: node)
        desk.settle()
        #expect(desk.answer(1) == .refused(.needsLevel) && desk[leader].status.last == last)
        for node: UInt64 in 1...3 { connect(node, .second, &desk) }
        raise(to: .second, 2, at: node, &desk)
        desk.submit(.forceOffline(AgentID(1), by: nil), 3, at: node)
        desk.run(.milliseconds(50))
        guard case .applied(_, .refused(.notFound)) = desk.answer(3) else {
            Issue.record("\(String(describing: desk.answer(3)))")
            return
        }
    }

    @Test func `A command of a later level that is in the log is refused by every node alike`() {
        var desk = desk([.second, .second, .second])
        let leader = desk.elect()
        use(&desk, at: leader)
        var writer = ByteWriter()
        Command.forceOffline(AgentID(1), by: nil).encode(into: &writer)
        let entry = try! desk[leader].raft.proposed(
            EntryPayload(time: desk[leader].logTime).encoded(command: writer.bytes[...]))
        desk.run(.milliseconds(100))
        #expect(desk.failures.isEmpty)
        for id in desk.ids {
            #expect(desk.nodes[id]!.mark.index >= entry)
            #expect(desk.nodes[id]!.mark.digest == desk[leader].mark.digest)
        }
    }

    @Test func `No peer can have the level raised past the leader's check`() {
        var desk = desk([.second, .second, .second])
        let leader = desk.elect()
        use(&desk, at: leader)
        var writer = ByteWriter()
        Command.raiseLevel(to: .second).encode(into: &writer)
        desk[leader].forwarded(
            .init(
                client: 7, settledBelow: 0,
                commands: [.init(sequence: 1, flags: 0, command: writer.bytes[...])]),
            from: NodeID(desk.follower))
        desk.run(.milliseconds(100))
        #expect(levels(desk) == [.first, .first, .first])
    }
}
