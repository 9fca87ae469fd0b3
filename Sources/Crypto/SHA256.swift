import COpenSSL

/// SHA-256 (FIPS 180-4).
public enum SHA256 {
    /// The 32-byte digest of `message`.
    public static func hash(_ message: [UInt8]) -> [UInt8] { fatalError("unfinished") }
}

/// HMAC-SHA-256 (RFC 2104) with a key used once; `HMACKey` is faster for many messages.
public enum HMACSHA256 {
    /// The 32-byte code of `message` under `key`.
    public static func mac(key: [UInt8], _ message: [UInt8]) -> [UInt8] { fatalError("unfinished") }
}

/// A key prepared once for many HMAC-SHA-256 codes. Not for use by two threads at once.
public final class HMACKey {
    /// Prepares `key`.
    public init(_ key: [UInt8]) {}

    /// The 32-byte code of `message`.
    public func mac(_ message: [UInt8]) -> [UInt8] { fatalError("unfinished") }

    /// Whether `code` is the code of `message`, compared in constant time.
    public func isValid(_ code: [UInt8], for message: [UInt8]) -> Bool { fatalError("unfinished") }
}

/// HKDF with SHA-256 (RFC 5869).
public enum HKDF {
    /// `length` bytes (at most 8,160) derived from `key` for the purpose named by `info`.
    public static func derive(
        key: [UInt8], salt: [UInt8] = [], info: [UInt8], length: Int
    ) -> [UInt8] { fatalError("unfinished") }
}
