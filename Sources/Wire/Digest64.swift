/// A rolling digest: two histories that absorbed the same values in the same order have the same
/// `value`; a difference, once absorbed, never cancels out by absorbing equal values afterwards.
///
/// Each step is a bijection of the state for a given value, and of the value for a given state.
/// It finds divergence and bit rot, not an adversary. Part of the replicated format: it must not
/// change except with the feature level.
public struct Digest64: Hashable, Sendable {
    /// The digest so far.
    public private(set) var value: UInt64

    /// A digest that goes on from `value`.
    public init(_ value: UInt64 = 0) { self.value = value }

    /// Absorbs one number.
    public mutating func absorb(_ number: UInt64) { value = Self.mix(value, number) }

    /// Absorbs a run of bytes, its length included, so that runs can't slide into each other.
    public mutating func absorb(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { absorb($0) }
    }

    /// Absorbs a run of bytes, its length included, so that runs can't slide into each other.
    public mutating func absorb(_ bytes: UnsafeRawBufferPointer) {
        var state = Self.mix(value, UInt64(bytes.count))
        var index = 0
        while bytes.count - index >= 8 {
            let word = bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self)
            state = Self.mix(state, UInt64(littleEndian: word))
            index += 8
        }
        if index < bytes.count {
            var word: UInt64 = 0
            var shift: UInt64 = 0
            while index < bytes.count {
                word |= UInt64(bytes[index]) << shift
                shift += 8
                index += 1
            }
            state = Self.mix(state, word)
        }
        value = state
    }

    /// Multiplications by odd numbers and xor-shifts, all of them invertible.
    private static func mix(_ state: UInt64, _ number: UInt64) -> UInt64 {
        var x = state << 23 | state >> 41
        x = (x ^ (number &* 0x9e37_79b9_7f4a_7c15)) &+ 0x2545_f491_4f6c_dd1d
        x = (x ^ (x >> 32)) &* 0xd6e8_feb8_6659_fd93
        return x ^ (x >> 29)
    }
}
