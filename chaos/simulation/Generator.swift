/// The simulation's only source of chance: SplitMix64, so that a seed repeats everything.
public struct Generator: RandomNumberGenerator, Sendable {
    private var state: UInt64

    /// A generator that always gives the same numbers for a seed.
    public init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 &+ 0x1234_5678_9ABC_DEF1 }

    /// The next 64 bits.
    public mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }

    /// A number in a range.
    mutating func number(_ range: ClosedRange<Int64>) -> Int64 {
        Int64.random(in: range, using: &self)
    }

    /// Whether something that happens so many times in a thousand happens now.
    mutating func happens(permille: Int) -> Bool {
        Int.random(in: 0..<1000, using: &self) < permille
    }

    /// One of a list, which is not empty.
    mutating func pick<Element>(_ list: [Element]) -> Element {
        list[Int.random(in: 0..<list.count, using: &self)]
    }
}
