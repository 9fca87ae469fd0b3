import Crypto
import Wire

/// Keys derived from the cluster's key, and what they protect.
///
/// The cluster's key is 32 random bytes that all nodes share in a file readable by its owner
/// alone. It is never stored in a database; each use has a key of its own derived with HKDF.
struct Secrets: Sendable {
    /// Bytes of the cluster's key.
    static let keyBytes = 32

    private let sealKey: [UInt8]
    /// Authenticates start tokens of magic links.
    let tokenKey: [UInt8]
    /// Makes fingerprints of visitors.
    let visitorKey: [UInt8]
    /// Authenticates what a console shows at another node to go on there.
    let moveKey: [UInt8]
    /// Authenticates nodes to each other.
    let peerKey: [UInt8]
    /// Authenticates operators' tools, which read the key file, to the operations listener.
    let operatorKey: [UInt8]

    /// Secrets under this cluster key.
    init(clusterKey: [UInt8]) {
        precondition(clusterKey.count == Secrets.keyBytes)
        sealKey = HKDF.derive(key: clusterKey, info: Array("roundhouse seal".utf8), length: 32)
        tokenKey = HKDF.derive(key: clusterKey, info: Array("roundhouse token".utf8), length: 32)
        visitorKey = HKDF.derive(
            key: clusterKey, info: Array("roundhouse visitor".utf8), length: 32)
        moveKey = HKDF.derive(key: clusterKey, info: Array("roundhouse move".utf8), length: 32)
        operatorKey = HKDF.derive(
            key: clusterKey, info: Array("roundhouse operator".utf8), length: 32)
        peerKey = HKDF.derive(key: clusterKey, info: Array("roundhouse peer".utf8), length: 32)
    }

    /// What a sealed secret is for; a secret sealed for one purpose does not open for another.
    enum Purpose: String {
        case botToken = "bot token"
        case webhookSecret = "webhook secret"
        case hookSecret = "hook secret"
    }

    /// Encrypts a secret before it enters the log.
    func seal(_ secret: Text, for purpose: Purpose) -> [UInt8] {
        guard
            let sealed = try? Seal.seal(
                key: sealKey, plaintext: secret.utf8, context: Array(purpose.rawValue.utf8))
        else { preconditionFailure("the key has the right length and secrets are short") }
        return sealed
    }
    /// Decrypts a secret from the log; nil if it was sealed under another cluster key.
    func open(_ sealed: [UInt8], for purpose: Purpose) -> Text? {
        guard
            let bytes = try? Seal.open(
                key: sealKey, sealed: sealed, context: Array(purpose.rawValue.utf8))
        else { return nil }
        return Text(bytes)
    }
}
