import COpenSSL

/// Encryption at rest: AES-256-GCM with a random nonce, bound to a context.
public enum Seal {
    /// Why a sealed value did not open.
    public enum Failure: Error, Equatable, Sendable {
        /// The key is not 32 bytes.
        case keyLength
        /// Too short, or of an unknown version.
        case malformed
        /// Another key, another context, or altered bytes.
        case notAuthentic
    }

    /// `plaintext` under `key` (32 bytes); opens only with the same `context`.
    public static func seal(
        key: [UInt8], plaintext: [UInt8], context: [UInt8]
    ) throws(Failure) -> [UInt8] { fatalError("unfinished") }

    /// The plaintext of what `seal` returned.
    public static func open(
        key: [UInt8], sealed: [UInt8], context: [UInt8]
    ) throws(Failure) -> [UInt8] { fatalError("unfinished") }
}
