import COpenSSL

/// Password hashing with scrypt (RFC 7914). Slow on purpose: call it on a worker thread.
public struct Scrypt: Sendable {
    /// N: memory and time, a power of two.
    public var cost: UInt64
    /// r: block size.
    public var blockSize: UInt64
    /// p: parallelism.
    public var parallelism: UInt64

    private static let saltLength = 16
    private static let hashLength = 32
    /// Memory that one hash may take; an encoded password that asks for more is refused.
    private static let maxMemoryBytes: UInt64 = 512 << 20
    private static let maxParallelism: UInt64 = 16

    /// The cost for passwords of people; tests inject less.
    public init(cost: UInt64 = 1 << 17, blockSize: UInt64 = 8, parallelism: UInt64 = 1) {
        self.cost = cost
        self.blockSize = blockSize
        self.parallelism = parallelism
    }

    /// `scrypt$N$r$p$salt$hash` for `password`, with a fresh salt; salt and hash are in
    /// hexadecimal digits.
    public func hash(password: [UInt8]) -> String {
        let salt = SecureRandom.bytes(Self.saltLength)
        guard let hash = derive(password, salt, length: Self.hashLength) else {
            preconditionFailure("scrypt with N=\(cost) r=\(blockSize) p=\(parallelism)")
        }
        return "scrypt$\(cost)$\(blockSize)$\(parallelism)$\(digits(salt))$\(digits(hash))"
    }

    /// Whether `password` gives `encoded`; false also when `encoded` is malformed or too costly.
    public static func verify(password: [UInt8], encoded: String) -> Bool {
        let parts = encoded.split(separator: "$", omittingEmptySubsequences: false)
        guard parts.count == 6, parts[0] == "scrypt", let cost = UInt64(parts[1]),
            let blockSize = UInt64(parts[2]), let parallelism = UInt64(parts[3]),
            let salt = bytes(parts[4]), let expected = bytes(parts[5]),
            expected.count == hashLength, salt.count >= 8
        else { return false }
        let scrypt = Scrypt(cost: cost, blockSize: blockSize, parallelism: parallelism)
        guard let hash = scrypt.derive(password, salt, length: hashLength) else { return false }
        return constantTimeEqual(hash, expected)
    }

    /// Whether a text is the hash of some password, as `hash` writes it, at a cost within bounds.
    public static func isEncoded(_ text: String) -> Bool {
        let parts = text.split(separator: "$", omittingEmptySubsequences: false)
        guard parts.count == 6, parts[0] == "scrypt", let cost = UInt64(parts[1]),
            let blockSize = UInt64(parts[2]), let parallelism = UInt64(parts[3]),
            let salt = bytes(parts[4]), let hash = bytes(parts[5])
        else { return false }
        return salt.count >= 8 && salt.count <= 64 && hash.count == hashLength
            && Scrypt(cost: cost, blockSize: blockSize, parallelism: parallelism).isAffordable
    }

    /// Whether the cost is within bounds.
    private var isAffordable: Bool {
        let limit = Self.maxMemoryBytes
        return cost >= 2 && cost <= limit && cost & (cost - 1) == 0 && (1...64).contains(blockSize)
            && (1...Self.maxParallelism).contains(parallelism) && cost * blockSize <= limit / 128
    }

    /// The raw function; nil when the cost is out of bounds.
    func derive(_ password: [UInt8], _ salt: [UInt8], length: Int) -> [UInt8]? {
        let limit = Self.maxMemoryBytes
        guard isAffordable else { return nil }
        var output = [UInt8](repeating: 0, count: length)
        let result = password.withUnsafeBytes { raw in
            EVP_PBE_scrypt(
                // Without an address OpenSSL takes an empty password whatever the length.
                raw.bindMemory(to: CChar.self).baseAddress, raw.count, salt, salt.count, cost,
                blockSize, parallelism, limit + (32 << 20), &output, length)
        }
        return result == 1 ? output : nil
    }
}

private func digits(_ bytes: [UInt8]) -> String {
    let alphabet = Array("0123456789abcdef".utf8)
    let digits = bytes.flatMap { [alphabet[Int($0 >> 4)], alphabet[Int($0 & 15)]] }
    return String(decoding: digits, as: UTF8.self)
}

private func bytes(_ digits: Substring) -> [UInt8]? {
    let values = digits.utf8.map { digit -> UInt8 in
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        default: 255
        }
    }
    guard values.count % 2 == 0, values.allSatisfy({ $0 < 16 }) else { return nil }
    return stride(from: 0, to: values.count, by: 2).map { values[$0] << 4 | values[$0 + 1] }
}
