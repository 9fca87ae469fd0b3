/// A seeded generator (SplitMix64): a failing case is its seed.
struct Dice: RandomNumberGenerator {
    private var state: UInt64

    /// Neighbouring seeds must not give neighbouring parts of one stream: the seed is mixed first.
    init(seed: UInt64) {
        state = seed
        state = next() ^ seed << 32
    }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }

    /// A number in a range.
    mutating func roll(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &self) }
    /// True once in so many.
    mutating func once(in count: Int) -> Bool { roll(1...count) == 1 }
    mutating func pick<T>(_ values: [T]) -> T { values[roll(0...values.count - 1)] }
}
