import Foundation
import Testing
import Wire

@testable import Routing

/// What hangs on the feature level, and that nothing of it shows before the raise.
@Suite struct LevelTests {
    /// Commands of three random worlds, and the digest of all rows after each, as the release that
    /// knew no levels wrote them.
    @Test func `At the first level every row is what it was before there were levels`() throws {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("Fixtures/level-1.log")
        var world = World()
        var count = 0
        for line in try String(contentsOf: file, encoding: .utf8).split(separator: "\n") {
            let words = line.split(separator: " ")
            if words[0] == "world" {
                world = World()
                continue
            }
            var reader = ByteReader(Self.bytes(words[2]))
            let command = try Command.decode(&reader)
            try reader.expectEnd()
            world.time = LogTime(milliseconds: Int64(words[0])!)
            world.apply(command)
            try #require(world.digest.value == UInt64(words[1], radix: 16), "\(command)")
            count += 1
        }
        #expect(count == 821)
    }

    private static func bytes(_ hex: Substring) -> [UInt8] {
        let digits = hex.utf8.map { UInt8(String(UnicodeScalar($0)), radix: 16)! }
        return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    }

    @Test func `A raise is kept in a row, is done once, and never goes down`() throws {
        var world = World()
        #expect(world.state.level == .first)
        #expect(world.apply(.raiseLevel(to: .second)) == .done(id: 2))
        #expect(world.applied.rows.map(\.table) == [.scalar])
        #expect(try world.rebuilt().level == .second)
        for level in [FeatureLevel.second, .first] {
            #expect(world.apply(.raiseLevel(to: level)) == .done(id: 2))
            #expect(world.applied.rows.isEmpty && world.state.level == .second)
        }
    }

    @Test func `A command of a later level is refused and changes nothing`() {
        var world = World()
        let ana = world.agent("ana")
        world.show(ana)
        #expect(world.apply(.forceOffline(ana, by: nil)) == .refused(.needsLevel(.second)))
        #expect(world.applied.rows.isEmpty)
        #expect(world.state.presence(of: ana, at: world.time) == .receiving)
        world.done(.raiseLevel(to: .second))
        world.done(.forceOffline(ana, by: nil))
        #expect(world.state.presence(of: ana, at: world.time) == .offline)
        #expect(world.state.signIns(of: ana).isEmpty)
    }

    @Test func `Only administrators force an agent offline`() {
        var world = World()
        world.done(.raiseLevel(to: .second))
        let chief = world.agent("chief", isAdmin: true)
        let ana = world.agent("ana")
        #expect(world.apply(.forceOffline(chief, by: ana)) == .refused(.forbidden))
        #expect(world.apply(.forceOffline(AgentID(999), by: chief)) == .refused(.notFound))
        #expect(world.apply(.forceOffline(ana, by: chief)) == .done(id: ana.rawValue))
    }

    @Test func `Online time is recorded, from the second level on`() throws {
        var world = World()
        let ana = world.agent("ana")
        let wei = world.agent("wei")
        world.show(ana)
        world.pass(milliseconds: 10_000)
        #expect(world.state.agent(ana)!.onlineMilliseconds(at: world.time) == 0)
        world.done(.raiseLevel(to: .second))
        #expect(try world.rebuilt() == world.state)
        world.pass(milliseconds: 20_000)
        world.page(ana, isVisible: false)
        world.pass(milliseconds: 5_000)
        #expect(world.state.agent(ana)!.onlineMilliseconds(at: world.time) == 25_000)
        world.hide(ana)
        world.pass(milliseconds: 60_000)
        #expect(world.state.agent(ana)!.onlineMilliseconds(at: world.time) == 25_000)
        world.page(ana, isVisible: true)
        world.pass(milliseconds: 1_000)
        #expect(world.state.agent(ana)!.onlineMilliseconds(at: world.time) == 26_000)
        #expect(world.state.agent(wei)!.onlineMilliseconds(at: world.time) == 0)
        #expect(try world.rebuilt() == world.state)
    }

    @Test func `A lease that ends ends the online time at that moment`() {
        var world = World()
        world.done(.raiseLevel(to: .second))
        let ana = world.agent("ana")
        world.show(ana)
        world.pass(milliseconds: Connection.leaseMilliseconds)
        world.pass(milliseconds: 100_000)
        #expect(
            world.state.agent(ana)!.onlineMilliseconds(at: world.time)
                == Connection.leaseMilliseconds)
    }

    @Test(arguments: [UInt64](1...6))
    func `A world raised in the middle goes on, and equals its rows`(seed: UInt64) throws {
        var random = RandomWorld(seed: 2 * seed + 1)
        for _ in 0..<60 { random.step() }
        random.commit(.raiseLevel(to: .newest))
        #expect(try random.world.rebuilt() == random.world.state)
        for _ in 0..<60 {
            random.step()
            random.world.state.checkInvariants()
        }
        #expect(try random.world.rebuilt() == random.world.state)
    }
}
