/// A small seeded generator (SplitMix64): the only randomness of the pure rooms.
public struct Generator: RandomNumberGenerator, Hashable, Sendable {
    private var state: UInt64
    /// The generator that starts from this seed.
    public init(seed: UInt64) { state = seed }
    /// The next number.
    public mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
    /// A number below `bound`, which is positive; the bias is negligible for small bounds.
    public mutating func below(_ bound: UInt64) -> UInt64 { next() % bound }
    /// True `numerator` times of a thousand.
    public mutating func chance(perMille: Int) -> Bool { below(1_000) < UInt64(max(0, perMille)) }
    /// A duration from zero to just below `bound`.
    public mutating func duration(below bound: Duration) -> Duration {
        let parts = bound.components
        let nanoseconds = parts.seconds * 1_000_000_000 + parts.attoseconds / 1_000_000_000
        return .nanoseconds(Int64(below(UInt64(max(1, nanoseconds)))))
    }
}
