import COpenSSL

/// Password hashing with scrypt (RFC 7914). Slow on purpose: call it on a worker thread.
public struct Scrypt: Sendable {
    /// N: memory and time, a power of two.
    public var cost: UInt64
    /// r: block size.
    public var blockSize: UInt64
    /// p: parallelism.
    public var parallelism: UInt64

    /// The cost for passwords of people; tests inject less.
    public init(cost: UInt64 = 1 << 17, blockSize: UInt64 = 8, parallelism: UInt64 = 1) {
        self.cost = cost
        self.blockSize = blockSize
        self.parallelism = parallelism
    }

    /// `scrypt$N$r$p$salt$hash` for `password`, with a fresh salt; salt and hash are base64url.
    public func hash(password: [UInt8]) -> String { fatalError("unfinished") }

    /// Whether `password` gives `encoded`; false also when `encoded` is malformed or too costly.
    public static func verify(password: [UInt8], encoded: String) -> Bool {
        fatalError("unfinished")
    }
}
