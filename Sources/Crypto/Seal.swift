import COpenSSL

/// Encryption at rest: AES-256-GCM with a random nonce, bound to a context.
///
/// A sealed value is a version byte, the nonce (12 bytes), the ciphertext and the tag (16 bytes).
/// Random nonces are safe for 2^32 values under one key: far more than a cluster has secrets.
public enum Seal {
    /// Why a value could not be sealed or opened.
    public enum Failure: Error, Equatable, Sendable {
        /// The key is not 32 bytes.
        case keyLength
        /// Too short, too long, or of an unknown version.
        case malformed
        /// Another key, another context, or altered bytes.
        case notAuthentic
    }

    /// Bytes that sealing adds.
    public static let overhead = 1 + nonceLength + tagLength

    private static let version: UInt8 = 1
    private static let keyLength = 32
    private static let nonceLength = 12
    private static let tagLength = 16

    /// `plaintext` under `key` (32 bytes); opens only with the same `context`.
    public static func seal(
        key: [UInt8], plaintext: [UInt8], context: [UInt8]
    ) throws(Failure) -> [UInt8] {
        guard key.count == keyLength else { throw .keyLength }
        guard plaintext.count < 1 << 30 else { throw .malformed }
        let nonce = SecureRandom.bytes(nonceLength)
        let cipher = Cipher()
        var ciphertext = [UInt8](repeating: 0, count: plaintext.count + tagLength)
        var tag = [UInt8](repeating: 0, count: tagLength)
        var written: Int32 = 0
        var rest: Int32 = 0
        let works =
            EVP_EncryptInit_ex(cipher.pointer, Algorithm.aes256GCM, nil, key, nonce) == 1
            && authenticate(cipher, context, EVP_EncryptUpdate)
            && EVP_EncryptUpdate(
                cipher.pointer, &ciphertext, &written, plaintext, Int32(plaintext.count)) == 1
            && EVP_EncryptFinal_ex(cipher.pointer, &tag, &rest) == 1
            && EVP_CIPHER_CTX_ctrl(
                cipher.pointer, EVP_CTRL_AEAD_GET_TAG, Int32(tagLength), &tag) == 1
        precondition(works, "AES-256-GCM failed")
        return [version] + nonce + ciphertext.prefix(plaintext.count) + tag
    }

    /// The plaintext of what `seal` returned.
    public static func open(
        key: [UInt8], sealed: [UInt8], context: [UInt8]
    ) throws(Failure) -> [UInt8] {
        guard key.count == keyLength else { throw .keyLength }
        guard sealed.count >= overhead, sealed.count < 1 << 30, sealed[0] == version else {
            throw .malformed
        }
        let nonce = Array(sealed[1..<(1 + nonceLength)])
        let ciphertext = Array(sealed[(1 + nonceLength)...].dropLast(tagLength))
        var tag = Array(sealed.suffix(tagLength))
        let cipher = Cipher()
        var plaintext = [UInt8](repeating: 0, count: ciphertext.count + tagLength)
        var written: Int32 = 0
        var rest: Int32 = 0
        let isAuthentic =
            EVP_DecryptInit_ex(cipher.pointer, Algorithm.aes256GCM, nil, key, nonce) == 1
            && authenticate(cipher, context, EVP_DecryptUpdate)
            && EVP_DecryptUpdate(
                cipher.pointer, &plaintext, &written, ciphertext, Int32(ciphertext.count)) == 1
            && EVP_CIPHER_CTX_ctrl(
                cipher.pointer, EVP_CTRL_AEAD_SET_TAG, Int32(tagLength), &tag) == 1
            && EVP_DecryptFinal_ex(cipher.pointer, nil, &rest) == 1
        guard isAuthentic else { throw .notAuthentic }
        return Array(plaintext.prefix(ciphertext.count))
    }

    private static func authenticate(
        _ cipher: Cipher, _ context: [UInt8],
        _ update: (
            OpaquePointer?, UnsafeMutablePointer<UInt8>?, UnsafeMutablePointer<Int32>?,
            UnsafePointer<UInt8>?, Int32
        ) -> Int32
    ) -> Bool {
        var taken: Int32 = 0
        return context.isEmpty
            || update(cipher.pointer, nil, &taken, context, Int32(context.count)) == 1
    }

    /// A cipher's state, freed with its owner.
    private final class Cipher {
        let pointer: OpaquePointer

        init() {
            guard let pointer = EVP_CIPHER_CTX_new() else { fatalError("out of memory") }
            self.pointer = pointer
        }

        deinit { EVP_CIPHER_CTX_free(pointer) }
    }
}
