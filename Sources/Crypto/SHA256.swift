import COpenSSL

/// OpenSSL's algorithms, looked up once: a look-up by name costs more than hashing a short message.
enum Algorithm {
    // Immutable, and shared between threads by OpenSSL's own contract.
    nonisolated(unsafe) static let sha256 = found(EVP_MD_fetch(nil, "SHA256", nil))
    // Immutable, as above.
    nonisolated(unsafe) static let hmac = found(EVP_MAC_fetch(nil, "HMAC", nil))
    // Immutable, as above.
    nonisolated(unsafe) static let aes256GCM = found(EVP_CIPHER_fetch(nil, "AES-256-GCM", nil))

    private static func found(_ algorithm: OpaquePointer?) -> OpaquePointer {
        guard let algorithm else {
            fatalError("OpenSSL lacks an algorithm of its default provider")
        }
        return algorithm
    }
}

/// SHA-256 (FIPS 180-4).
public enum SHA256 {
    /// Bytes of a digest.
    public static let length = 32

    /// The 32-byte digest of `message`.
    public static func hash(_ message: [UInt8]) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: length) { buffer, count in
            let result = EVP_Digest(
                message, message.count, buffer.baseAddress, nil, Algorithm.sha256, nil)
            precondition(result == 1, "SHA-256 failed")
            count = length
        }
    }
}

/// SHA-256 over bytes that come in parts. Not for use by two threads at once.
public final class SHA256Stream {
    private let context: OpaquePointer

    /// A digest of nothing yet.
    public init() {
        guard let context = EVP_MD_CTX_new() else { fatalError("out of memory") }
        self.context = context
        precondition(EVP_DigestInit_ex2(context, Algorithm.sha256, nil) == 1, "SHA-256 failed")
    }

    deinit { EVP_MD_CTX_free(context) }

    /// Takes the next part.
    public func add(_ bytes: UnsafeRawBufferPointer) {
        let result = EVP_DigestUpdate(context, bytes.baseAddress, bytes.count)
        precondition(result == 1, "SHA-256 failed")
    }

    /// The 32-byte digest of all parts; once.
    public func finish() -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: SHA256.length) { buffer, count in
            let result = EVP_DigestFinal_ex(context, buffer.baseAddress, nil)
            precondition(result == 1, "SHA-256 failed")
            count = SHA256.length
        }
    }
}

/// HMAC-SHA-256 (RFC 2104) with a key used once; `HMACKey` is faster for many messages.
public enum HMACSHA256 {
    /// The 32-byte code of `message` under `key`.
    public static func mac(key: [UInt8], _ message: [UInt8]) -> [UInt8] {
        HMACKey(key).mac(message)
    }
}

/// A key prepared once for many HMAC-SHA-256 codes. Not for use by two threads at once.
public final class HMACKey {
    private let context: OpaquePointer

    /// Prepares `key`.
    public init(_ key: [UInt8]) {
        guard let context = EVP_MAC_CTX_new(Algorithm.hmac) else { fatalError("out of memory") }
        self.context = context
        // Keys are padded with zeros, so this is the same key; OpenSSL takes no empty one.
        let key = key.isEmpty ? [0] : key
        var digest = Array("SHA256".utf8CString)
        let result = digest.withUnsafeMutableBufferPointer { name in
            let parameters = [
                OSSL_PARAM_construct_utf8_string("digest", name.baseAddress, 0),
                OSSL_PARAM_construct_end(),
            ]
            return EVP_MAC_init(context, key, key.count, parameters)
        }
        precondition(result == 1, "HMAC-SHA-256 failed")
    }

    deinit { EVP_MAC_CTX_free(context) }

    /// The 32-byte code of `message`.
    public func mac(_ message: [UInt8]) -> [UInt8] {
        // Without a key OpenSSL starts over from the state prepared for the old one.
        guard EVP_MAC_init(context, nil, 0, nil) == 1,
            EVP_MAC_update(context, message, message.count) == 1
        else { fatalError("HMAC-SHA-256 failed") }
        return [UInt8](unsafeUninitializedCapacity: SHA256.length) { buffer, count in
            let result = EVP_MAC_final(context, buffer.baseAddress, &count, SHA256.length)
            precondition(result == 1 && count == SHA256.length, "HMAC-SHA-256 failed")
        }
    }

    /// Whether `code` is the code of `message`, compared in constant time.
    public func isValid(_ code: [UInt8], for message: [UInt8]) -> Bool {
        constantTimeEqual(code, mac(message))
    }
}

/// HKDF with SHA-256 (RFC 5869).
public enum HKDF {
    /// `length` bytes (at most 8,160) derived from `key` for the purpose named by `info`.
    public static func derive(
        key: [UInt8], salt: [UInt8] = [], info: [UInt8], length: Int
    ) -> [UInt8] {
        precondition(length > 0 && length <= 255 * SHA256.length, "HKDF gives 1 to 8,160 bytes")
        let salt = salt.isEmpty ? [UInt8](repeating: 0, count: SHA256.length) : salt
        let extracted = HMACKey(HMACSHA256.mac(key: salt, key))
        var output: [UInt8] = []
        var block: [UInt8] = []
        var counter: UInt8 = 0
        while output.count < length {
            counter += 1
            block = extracted.mac(block + info + [counter])
            output += block
        }
        return Array(output.prefix(length))
    }
}
