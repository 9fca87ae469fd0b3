import COpenSSL

/// Randomness for keys, tokens and identities, from OpenSSL's generator (seeded by the kernel).
public enum SecureRandom {
    /// `count` unpredictable bytes.
    public static func bytes(_ count: Int) -> [UInt8] { fatalError("unfinished") }

    /// An unpredictable 64-bit number.
    public static func uint64() -> UInt64 { fatalError("unfinished") }
}

/// Whether both byte strings are equal, in a time that depends on their lengths only.
public func constantTimeEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
    fatalError("unfinished")
}
