import Raft
import Routing
import Testing
import Wire

@testable import Replica

@Suite struct RoomTests {
    private func others(_ desk: Desk, than leader: UInt64) -> [UInt64] {
        desk.ids.map(\.rawValue).filter { $0 != leader }
    }

    @Test func `A follower whose disk is full stops nobody`() {
        var desk = Desk()
        let leader = desk.elect()
        let (full, other) = (others(desk, than: leader)[0], others(desk, than: leader)[1])
        desk[full].roomChanged(to: .full)
        desk.slowDisks = [NodeID(full)]
        desk.run(.milliseconds(100))
        #expect(desk.leader == leader && !desk[leader].lacksRoom)
        desk.submit(newAgent("a"), 1, at: leader)
        desk.submit(newAgent("b"), 2, at: other)
        desk.settle()
        #expect(desk.done(1) != nil && desk.done(2) != nil)
    }

    @Test(arguments: [Room.low, .full])
    func `A leader with less room than another hands over to it`(room: Room) {
        var desk = Desk()
        let leader = desk.elect()
        let (poor, rich) = (others(desk, than: leader)[0], others(desk, than: leader)[1])
        desk[poor].roomChanged(to: room)
        desk.run(.milliseconds(100))
        desk[leader].roomChanged(to: room)
        desk.run(.milliseconds(200))
        #expect(desk.leader == rich)
        #expect(
            desk.notices[NodeID(leader)]?.contains(.handsOverForRoom(to: NodeID(rich))) == true)
        // It stays there: nobody has more.
        let term = desk[rich].status.term
        desk.run(.seconds(3))
        #expect(desk.leader == rich && desk[rich].status.term == term)
    }

    @Test func `When all have little room nobody hands over`() {
        var desk = Desk()
        let leader = desk.elect()
        for id in others(desk, than: leader) { desk[id].roomChanged(to: .low) }
        desk.run(.milliseconds(100))
        desk[leader].roomChanged(to: .low)
        let term = desk[leader].status.term
        desk.run(.seconds(3))
        #expect(desk.leader == leader && desk[leader].status.term == term)
        desk.submit(newAgent("a"), 1, at: leader)
        desk.settle()
        #expect(desk.done(1) != nil)
    }

    @Test func `When a majority is full requests are refused before they are in a log`() {
        var desk = Desk()
        let leader = desk.elect()
        let rest = others(desk, than: leader)
        for id in rest { desk[id].roomChanged(to: .full) }
        desk.run(.milliseconds(100))
        #expect(desk[leader].lacksRoom && desk[leader].status.lacksRoom)
        #expect(!desk[rest[0]].lacksRoom)
        let last = desk[leader].status.last
        desk.submit(newAgent("a"), 1, at: leader)
        desk.submit(newAgent("b"), 2, at: rest[0])
        desk.settle()
        #expect(desk.answer(1) == .refused(.noRoom) && desk.answer(2) == .refused(.noRoom))
        #expect(desk[leader].status.last == last)
        // Members can still be changed: that may be the way out.
        desk.change(.remove(NodeID(rest[0])), 3, at: leader)
        desk.settle()
        #expect(desk.done(3) == Int64(rest[0]))
        // Room comes back, and with it the rest.
        desk[rest[1]].roomChanged(to: .ok)
        desk.run(.milliseconds(100))
        desk.submit(newAgent("c"), 4, at: leader)
        desk.settle()
        #expect(!desk[leader].lacksRoom && desk.done(4) != nil)
    }

    @Test func `A cluster of one refuses when its only disk is full`() {
        var desk = Desk(1)
        let leader = desk.elect()
        desk[leader].roomChanged(to: .full)
        desk.submit(newAgent("a"), 1, at: leader)
        desk.settle()
        #expect(desk.answer(1) == .refused(.noRoom))
        desk[leader].roomChanged(to: .low)
        desk.submit(newAgent("a"), 2, at: leader)
        desk.settle()
        #expect(desk.done(2) != nil)
    }

    @Test func `What was sent before the disks were full is not refused for sure`() {
        var desk = Desk()
        let leader = desk.elect()
        let rest = others(desk, than: leader)
        desk.slowDisks = Set(desk.ids)
        desk.submit(newAgent("a"), 1, at: leader)
        desk.settle()
        for id in rest { desk[id].roomChanged(to: .full) }
        desk.run(.milliseconds(100))
        #expect(desk[leader].lacksRoom && desk.answer(1) == nil)
        desk.slowDisks = []
        desk.run(.milliseconds(100))
        #expect(desk.done(1) != nil)
    }
}
