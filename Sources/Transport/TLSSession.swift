import COpenSSL

/// One connection's TLS state. It works on memory only: received records go in with `feed`,
/// records to send come out with `takeRecords`; the connection does the rest.
final class TLSSession {
    enum Handshake {
        case done
        case wantsMore
        case failed(TLSFailure)
    }

    enum Read {
        case bytes(Int)
        case wantsMore
        /// The peer's close_notify.
        case finished
        case failed(TLSFailure)
    }

    /// Plaintext put into one record at most.
    private static let recordSize = 16 << 10

    private let ssl: OpaquePointer
    /// Owned by `ssl`.
    private let incoming: OpaquePointer
    private let outgoing: OpaquePointer
    /// For messages: whose certificate it is; nil for a server of anybody.
    private let serverName: String?
    private var saidGoodbye = false

    /// Takes over one reference of `ssl`; nil when memory ran out.
    private init?(_ ssl: OpaquePointer, serverName: String?) {
        guard let incoming = BIO_new(BIO_s_mem()), let outgoing = BIO_new(BIO_s_mem()) else {
            SSL_free(ssl)
            return nil
        }
        SSL_set_bio(ssl, incoming, outgoing)
        self.ssl = ssl
        self.incoming = incoming
        self.outgoing = outgoing
        self.serverName = serverName
    }

    deinit { SSL_free(ssl) }

    /// The server's end of a connection.
    convenience init?(serverWith context: OpaquePointer) {
        guard let ssl = SSL_new(context) else { return nil }
        self.init(ssl, serverName: nil)
        SSL_set_accept_state(ssl)
    }

    /// The client's end; the peer's certificate must name `serverName` (a host or an IP address).
    convenience init?(clientWith context: OpaquePointer, serverName: String) {
        guard let ssl = SSL_new(context) else { return nil }
        self.init(ssl, serverName: serverName)
        SSL_set_connect_state(ssl)
        SSL_set_verify(ssl, SSL_VERIFY_PEER, nil)
        let parameters = SSL_get0_param(ssl)
        if SocketAddress(ip: serverName, port: 0) != nil {
            guard X509_VERIFY_PARAM_set1_ip_asc(parameters, serverName) == 1 else { return nil }
        } else {
            X509_VERIFY_PARAM_set_hostflags(
                parameters, UInt32(X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS))
            guard X509_VERIFY_PARAM_set1_host(parameters, serverName, 0) == 1,
                openssl_set_server_name(ssl, serverName) == 1
            else { return nil }
        }
    }

    /// Either end of a connection among equals; `peer` is for messages.
    convenience init?(peerWith context: OpaquePointer, isDialer: Bool, peer: String) {
        guard let ssl = SSL_new(context) else { return nil }
        self.init(ssl, serverName: peer)
        if isDialer { SSL_set_connect_state(ssl) } else { SSL_set_accept_state(ssl) }
    }

    /// The only URI name of the peer's verified certificate.
    var peerURI: String? { TLSPeerContext.uri(of: SSL_get0_peer_certificate(ssl)) }

    /// Records that arrived.
    func feed(_ bytes: UnsafeRawBufferPointer) {
        // A memory buffer takes everything or the process is out of memory.
        let taken = BIO_write(incoming, bytes.baseAddress, Int32(bytes.count))
        precondition(taken == Int32(bytes.count), "out of memory")
    }

    func handshake() -> Handshake {
        ERR_clear_error()
        let result = SSL_do_handshake(ssl)
        if result == 1 { return .done }
        switch SSL_get_error(ssl, result) {
        case SSL_ERROR_WANT_READ, SSL_ERROR_WANT_WRITE: return .wantsMore
        default: return .failed(failure())
        }
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) -> Read {
        ERR_clear_error()
        let count = SSL_read(ssl, buffer.baseAddress, Int32(buffer.count))
        if count > 0 { return .bytes(Int(count)) }
        switch SSL_get_error(ssl, count) {
        case SSL_ERROR_WANT_READ, SSL_ERROR_WANT_WRITE: return .wantsMore
        case SSL_ERROR_ZERO_RETURN: return .finished
        default: return .failed(failure())
        }
    }

    /// Makes one record of the front of `plaintext`; false when that isn't possible now.
    func encrypt(_ plaintext: inout ByteQueue) -> Bool {
        ERR_clear_error()
        let count = plaintext.withUnsafeBytes {
            SSL_write(ssl, $0.baseAddress, Int32(min($0.count, Self.recordSize)))
        }
        guard count > 0 else { return false }
        plaintext.consume(Int(count))
        return true
    }

    var hasRecords: Bool { BIO_ctrl_pending(outgoing) > 0 }

    /// Moves the records made so far to the end of `queue`.
    func takeRecords(into queue: inout ByteQueue) {
        let count = Int(BIO_ctrl_pending(outgoing))
        guard count > 0 else { return }
        withUnsafeTemporaryAllocation(byteCount: count, alignment: 16) { buffer in
            let taken = BIO_read(outgoing, buffer.baseAddress, Int32(count))
            queue.append(UnsafeRawBufferPointer(rebasing: buffer[..<max(0, Int(taken))]))
        }
    }

    /// Makes the close_notify record; false when that was done before.
    func sayGoodbye() -> Bool {
        guard !saidGoodbye else { return false }
        saidGoodbye = true
        ERR_clear_error()
        // Before the end of the handshake it fails, and there is nothing to say goodbye to.
        _ = SSL_shutdown(ssl)
        return hasRecords
    }

    // MARK: Failures

    private func failure() -> TLSFailure {
        let verdict = SSL_get_verify_result(ssl)
        if let serverName, verdict != Int(X509_V_OK) {
            let shown = TLSPeerContext.uri(of: openssl_shown_certificate(ssl))
            return .ofCertificate(
                verdict: Int32(verdict),
                serverName: shown.map { "\(serverName), \($0)," } ?? serverName)
        }
        let code = ERR_get_error()
        let reason = opensslReason(code)
        if openssl_is_alert(code) == 1 {
            return TLSFailure(
                kind: .refusedByPeer, description: "the peer refused the TLS connection: \(reason)")
        }
        return TLSFailure(kind: .protocolError, description: "TLS failed: \(reason)")
    }
}

extension TLSFailure {
    /// The meaning of OpenSSL's verdict on the chain of `serverName`.
    static func ofCertificate(verdict: Int32, serverName: String) -> TLSFailure {
        let reason = String(cString: X509_verify_cert_error_string(Int(verdict)))
        let (kind, text): (Kind, String) =
            switch verdict {
            case X509_V_ERR_CERT_HAS_EXPIRED:
                (
                    .certificateExpired,
                    "the certificate of \(serverName) (or one above it) has expired"
                )
            case X509_V_ERR_CERT_NOT_YET_VALID:
                (.certificateNotYetValid, "the certificate of \(serverName) is not valid yet")
            case X509_V_ERR_HOSTNAME_MISMATCH, X509_V_ERR_IP_ADDRESS_MISMATCH:
                (.wrongHost, "the peer's certificate is not for \(serverName)")
            case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
                (
                    .selfSigned,
                    "the certificate of \(serverName) is self-signed and not in the trust store"
                )
            case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT,
                X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY,
                X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
                (.untrusted, "no trusted authority stands behind the certificate of \(serverName)")
            default: (.badCertificate, "the certificate of \(serverName) is not acceptable")
            }
        return TLSFailure(kind: kind, description: "\(text) (\(reason))")
    }
}

/// OpenSSL's words for an error code.
func opensslReason(_ code: UInt) -> String {
    guard code != 0 else { return "the stream ended unexpectedly" }
    guard let reason = ERR_reason_error_string(code) else { return "error \(code)" }
    return String(cString: reason)
}
