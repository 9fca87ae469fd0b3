import COpenSSL
import Glibc
import Synchronization

/// One reference to OpenSSL's context.
// Sendable because the library counts references and allows `SSL_new` on a finished context from
// any thread; nothing here changes a context after it was made.
final class ContextReference: @unchecked Sendable {
    let pointer: OpaquePointer

    init(_ method: OpaquePointer?) throws(TransportError) {
        guard let pointer = SSL_CTX_new(method) else {
            throw .system(call: "SSL_CTX_new", errno: ENOMEM)
        }
        self.pointer = pointer
        guard openssl_require_tls12(pointer) == 1 else {
            throw .system(call: "SSL_CTX_set_min_proto_version", errno: EINVAL)
        }
        openssl_set_modes(pointer)
    }

    deinit { SSL_CTX_free(pointer) }

    /// Takes a PEM certificate chain and its key, and checks that they belong together.
    func use(certificateFile: String, keyFile: String) throws(TransportError) {
        // Without it OpenSSL would ask the terminal for the password of an encrypted key.
        SSL_CTX_set_default_passwd_cb(pointer) { _, _, _, _ in -1 }
        ERR_clear_error()
        guard SSL_CTX_use_certificate_chain_file(pointer, certificateFile) == 1 else {
            throw .certificate(file: certificateFile, detail: "not a PEM certificate chain")
        }
        guard SSL_CTX_use_PrivateKey_file(pointer, keyFile, SSL_FILETYPE_PEM) == 1 else {
            let code = ERR_peek_last_error()
            let detail =
                openssl_reason(code) == X509_R_KEY_VALUES_MISMATCH
                ? "the key does not belong to the certificate in \(certificateFile)"
                : "not a PEM private key, or it needs a password"
            throw .certificate(file: keyFile, detail: detail)
        }
    }

    /// Trusts the authorities of a PEM file.
    func trust(_ caFile: String) throws(TransportError) {
        try checkReadable(caFile)
        guard SSL_CTX_load_verify_locations(pointer, caFile, nil) == 1 else {
            throw .certificate(file: caFile, detail: "holds no PEM certificate")
        }
    }

    /// When its certificate ends, in seconds since 1970 (UTC).
    var expiry: Int64? { secondsOfEnd(SSL_CTX_get0_certificate(pointer)) }
}

/// When a certificate ends, in seconds since 1970 (UTC).
func secondsOfEnd(_ certificate: OpaquePointer?) -> Int64? {
    guard let certificate else { return nil }
    var time = tm()
    guard ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &time) == 1 else { return nil }
    return Int64(timegm(&time))
}

/// Refuses files that OpenSSL can't open, in the system's words.
func checkReadable(_ file: String) throws(TransportError) {
    guard access(file, R_OK) == 0 else {
        throw .certificate(file: file, detail: text(ofErrno: errno))
    }
}

/// A server's certificate and key, TLS 1.2 and later. Any thread.
public final class TLSServerContext: Sendable {
    private let certificateFile: String
    private let keyFile: String
    private let current: Mutex<ContextReference>

    /// Reads a PEM certificate chain and its key, and checks that they belong together.
    public init(certificateFile: String, keyFile: String) throws(TransportError) {
        self.certificateFile = certificateFile
        self.keyFile = keyFile
        self.current = Mutex(try Self.load(certificateFile, keyFile))
    }

    /// Reads the files again; new connections use them. On an error the old ones stay.
    public func reload() throws(TransportError) {
        let fresh = try Self.load(certificateFile, keyFile)
        current.withLock { $0 = fresh }
    }

    /// When the certificate ends, in seconds since 1970 (UTC).
    public var expiry: Int64? {
        current.withLock { $0 }.expiry
    }

    func session() -> TLSSession? {
        let reference = current.withLock { $0 }
        return TLSSession(serverWith: reference.pointer)
    }

    private static func load(
        _ certificateFile: String, _ keyFile: String
    ) throws(TransportError) -> ContextReference {
        try checkReadable(certificateFile)
        try checkReadable(keyFile)
        let reference = try ContextReference(TLS_server_method())
        try reference.use(certificateFile: certificateFile, keyFile: keyFile)
        return reference
    }
}

/// Whom a client trusts: the system's store and optionally one more CA file. Any thread.
public final class TLSClientContext: Sendable {
    private let reference: ContextReference

    /// `extraCAFile` is PEM; TLS 1.2 and later; chain and host name are always verified.
    public init(
        extraCAFile: String? = nil, trustsSystemStore: Bool = true
    ) throws(TransportError) {
        reference = try ContextReference(TLS_client_method())
        SSL_CTX_set_verify(reference.pointer, SSL_VERIFY_PEER, nil)
        if trustsSystemStore {
            guard SSL_CTX_set_default_verify_paths(reference.pointer) == 1 else {
                throw .certificate(file: "the system's trust store", detail: "cannot be used")
            }
        }
        if let extraCAFile { try reference.trust(extraCAFile) }
    }

    func session(serverName: String) -> TLSSession? {
        TLSSession(clientWith: reference.pointer, serverName: serverName)
    }
}
