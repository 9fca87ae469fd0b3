import COpenSSL

/// Randomness for keys, tokens and identities, from OpenSSL's generator (seeded by the kernel).
public enum SecureRandom {
    /// `count` unpredictable bytes. Traps when the system has no randomness, as nothing built on
    /// predictable bytes would be safe.
    public static func bytes(_ count: Int) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        precondition(RAND_bytes(&bytes, Int32(count)) == 1, "no randomness from the system")
        return bytes
    }

    /// An unpredictable 64-bit number.
    public static func uint64() -> UInt64 {
        bytes(8).withUnsafeBytes { $0.loadUnaligned(as: UInt64.self) }
    }
}

/// Whether both byte strings are equal, in a time that depends on their lengths only.
public func constantTimeEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
    left.count == right.count && CRYPTO_memcmp(left, right, left.count) == 0
}
