import COpenSSL
import Glibc
import Synchronization

/// Both ends of mutual TLS among equals: one certificate for dialling and accepting, and trust in
/// one file of authorities alone. TLS 1.3 and later; nothing is resumed, so every connection shows
/// a certificate. Any thread.
///
/// Names are the caller's matter: the peer's is `Connection.peerURI`, known once the chain behind
/// it was verified.
public final class TLSPeerContext: Sendable {
    /// Where the three parts are, all PEM.
    public struct Files: Hashable, Sendable {
        /// The authorities that peers' certificates must come from.
        public var authority: String
        /// This node's certificate, with those between it and the authority.
        public var certificate: String
        /// Its private key.
        public var key: String

        /// Files at these paths.
        public init(authority: String, certificate: String, key: String) {
            self.authority = authority
            self.certificate = certificate
            self.key = key
        }
    }
    /// What a set of files says of itself.
    public struct Facts: Hashable, Sendable {
        /// The certificate's only URI name; nil when it has none or several.
        public var uri: String?
        /// When the certificate ends, in seconds since 1970 (UTC).
        public var expiry: Int64
        /// When the first authority ends, in seconds since 1970 (UTC).
        public var authorityExpiry: Int64
    }
    /// Longest URI that is read.
    static let maxURIBytes = 256

    private let files: Files
    private let current: Mutex<ContextReference>

    /// Reads the files and checks that key, certificate and authority belong together. A
    /// certificate that has ended is no error here: others refuse it, and `facts` tells.
    public init(_ files: Files) throws(TransportError) {
        self.files = files
        self.current = Mutex(try Self.load(files))
    }

    /// Reads the files again; new connections use them. On an error, or when `check` throws, the
    /// old ones stay.
    public func reload<Failure: Error>(check: (Facts) throws(Failure) -> Void) throws {
        let fresh = try Self.load(files)
        try check(Self.facts(fresh))
        current.withLock { $0 = fresh }
    }

    /// What the files in use say.
    public var facts: Facts { Self.facts(current.withLock { $0 }) }

    private static func facts(_ reference: ContextReference) -> Facts {
        let authority = openssl_first_authority(reference.pointer)
        defer { X509_free(authority) }
        return Facts(
            uri: uri(of: SSL_CTX_get0_certificate(reference.pointer)),
            expiry: reference.expiry ?? 0, authorityExpiry: secondsOfEnd(authority) ?? 0)
    }

    /// A session of a connection that was dialled or accepted; `peer` is for messages.
    func session(isDialer: Bool, peer: String) -> TLSSession? {
        let reference = current.withLock { $0 }
        return TLSSession(peerWith: reference.pointer, isDialer: isDialer, peer: peer)
    }

    private static func load(_ files: Files) throws(TransportError) -> ContextReference {
        try checkReadable(files.certificate)
        try checkReadable(files.key)
        let reference = try ContextReference(TLS_method())
        guard openssl_require_fresh_tls13(reference.pointer) == 1 else {
            throw .system(call: "SSL_CTX_set_min_proto_version", errno: EINVAL)
        }
        SSL_CTX_set_verify(
            reference.pointer, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nil)
        try reference.use(certificateFile: files.certificate, keyFile: files.key)
        try reference.trust(files.authority)
        try check(reference, files)
        return reference
    }

    /// Refuses a certificate of another authority here, where the message can name the files.
    private static func check(
        _ reference: ContextReference, _ files: Files
    ) throws(TransportError) {
        guard let context = X509_STORE_CTX_new() else {
            throw .system(call: "X509_STORE_CTX_new", errno: ENOMEM)
        }
        defer { X509_STORE_CTX_free(context) }
        var between: OpaquePointer?
        openssl_chain_between(reference.pointer, &between)
        guard
            X509_STORE_CTX_init(
                context, SSL_CTX_get_cert_store(reference.pointer),
                SSL_CTX_get0_certificate(reference.pointer), between) == 1
        else { throw .system(call: "X509_STORE_CTX_init", errno: ENOMEM) }
        guard X509_verify_cert(context) != 1 else { return }
        let verdict = X509_STORE_CTX_get_error(context)
        switch verdict {
        case X509_V_ERR_CERT_HAS_EXPIRED, X509_V_ERR_CERT_NOT_YET_VALID: return
        default:
            let reason = String(cString: X509_verify_cert_error_string(Int(verdict)))
            throw .certificate(
                file: files.certificate,
                detail: "does not come from the authority in \(files.authority) (\(reason))")
        }
    }

    /// A certificate's only URI name.
    static func uri(of certificate: OpaquePointer?) -> String? {
        guard let certificate else { return nil }
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: maxURIBytes) { buffer in
            let length = openssl_uri_of_certificate(
                certificate, buffer.baseAddress, Int32(maxURIBytes))
            guard length >= 0 else { return nil }
            let bytes = UnsafeRawBufferPointer(start: buffer.baseAddress, count: Int(length))
            return String(validating: bytes, as: UTF8.self)
        }
    }
}
