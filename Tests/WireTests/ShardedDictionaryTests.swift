import Testing

@testable import Wire

extension Int: ShardKey {
    /// The number itself.
    public var shardBits: UInt64 { UInt64(bitPattern: Int64(self)) }
}

@Suite struct ShardedDictionaryTests {
    @Test func `it behaves as a dictionary does`() {
        var sharded = ShardedDictionary<Int, String>(shards: 8)
        var plain: [Int: String] = [:]
        var generator = SplitMix(state: 1)
        for step in 0..<5000 {
            let key = Int(generator.next() % 300)
            switch generator.next() % 6 {
            case 0:
                sharded[key] = "\(step)"
                plain[key] = "\(step)"
            case 1:
                sharded[key] = nil
                plain[key] = nil
            case 2:
                #expect(
                    sharded.updateValue("u", forKey: key) == plain.updateValue("u", forKey: key))
            case 3:
                #expect(sharded.removeValue(forKey: key) == plain.removeValue(forKey: key))
            case 4:
                sharded[key, default: "d"] += "+"
                plain[key, default: "d"] += "+"
            default:
                sharded[key]?.append("x")
                plain[key]?.append("x")
            }
            #expect(sharded[key] == plain[key])
            #expect(sharded[key, default: "none"] == plain[key, default: "none"])
            #expect(sharded.count == plain.count)
        }
        #expect(sharded.sortedKeys == plain.keys.sorted())
        #expect(sharded.allSatisfy { plain[$0] == $1 })
        #expect(!sharded.allSatisfy { key, _ in key != sharded.sortedKeys[0] })
        sharded.removeAll()
        #expect(sharded.isEmpty && sharded.sortedKeys.isEmpty)
    }

    @Test func `shards grow one after another`() {
        var sharded = ShardedDictionary<Int, Int>(shards: 64)
        for key in 0..<50_000 { sharded[key] = key }
        let sizes = sharded.shards.map(\.count)
        #expect(sizes.allSatisfy { (550...1_250).contains($0) })
        var capacities = sharded.shards.map(\.capacity)
        var grown: [Int] = []
        for window in 0..<10 {
            for key in 50_000 + window * 5_000..<55_000 + window * 5_000 { sharded[key] = key }
            let now = sharded.shards.map(\.capacity)
            grown.append(zip(capacities, now).count { $0 != $1 })
            capacities = now
        }
        #expect(grown.reduce(0, +) == 64, "twice as many entries: each shard grows once")
        #expect(grown.max()! <= 16, "\(grown)")
    }

    @Test(arguments: [1, 2, 7, 1 << 20]) func `every key has a shard`(shards: Int) {
        var sharded = ShardedDictionary<Int, Int>(shards: shards)
        let keys = [0, 1, -1, .max, .min, 0x1234_5678_9abc_def0] + (0..<200).map { $0 * 7919 }
        for key in keys { sharded[key] = key }
        #expect(keys.allSatisfy { sharded[$0] == $0 })
    }

    @Test func `a change in place can remove the entry`() {
        var sharded = ShardedDictionary<Int, Int>()
        func clear(_ value: inout Int?) { value = nil }
        sharded[1] = 1
        clear(&sharded[1])
        clear(&sharded[2])
        #expect(sharded.isEmpty)
    }

    @Test func `equality is of entries, not of shards`() {
        var few = ShardedDictionary<Int, Int>(shards: 3)
        var many = ShardedDictionary<Int, Int>(shards: 64)
        for key in 0..<100 {
            few[key] = key
            many[99 - key] = 99 - key
        }
        #expect(few == many)
        many[5] = 6
        #expect(few != many)
        var copy = many
        #expect(copy == many)
        copy[1000] = 1
        #expect(copy != many)
        #expect(many[1000] == nil)
    }
}

/// A small generator for the tests of this target, the same in every run.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}
